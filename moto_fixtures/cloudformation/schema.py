"""The registry schema of a resource type, as cfn-lint ships it.

CloudFormation itself works from these documents: what is required, what is read-only, what
forces a replacement (create-only), which attributes Fn::GetAtt may ask for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from cfnlint.schema import ResourceNotFoundError
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from moto_fixtures.cloudformation import properties as walk
from moto_fixtures.cloudformation.errors import ValidationError

Path = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ResourceSchema:
    """One type's schema, asked in CloudFormation's own terms."""

    type_name: str
    document: Mapping[str, Any]
    attributes: frozenset[str]
    """What Fn::GetAtt may ask for."""

    @cached_property
    def create_only(self) -> tuple[Path, ...]:
        return self._paths("createOnlyProperties")

    @cached_property
    def conditional_create_only(self) -> tuple[Path, ...]:
        return self._paths("conditionalCreateOnlyProperties")

    @cached_property
    def read_only(self) -> tuple[Path, ...]:
        return self._paths("readOnlyProperties")

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(self.document.get("required", ()))

    @property
    def properties(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document.get("properties", {})
        return found

    @cached_property
    def takes_stack_tags(self) -> bool:
        tagging = self.document.get("tagging") or {}
        taggable = tagging.get("tagOnCreate", tagging.get("taggable", True))
        return bool(taggable) and "Tags" in self.properties

    @cached_property
    def updates_stack_tags(self) -> bool:
        tagging = self.document.get("tagging") or {}
        return self.takes_stack_tags and bool(tagging.get("tagUpdatable", True))

    def has_attribute(self, name: str) -> bool:
        """Whether Fn::GetAtt may ask for this; an object's parts count with the object.

        A nested stack has whatever outputs it has: the registry writes that as a pattern.
        """
        return any(
            name == known or known.startswith(f"{name}.") or re.fullmatch(known, name)
            for known in self.attributes
        )

    def coerce(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values in the types the schema states ("5" → 5 where an integer is wanted)."""
        coerced: dict[str, Any] = walk.coerce(values, self.document, self.document)
        return coerced

    def problems(self, values: Mapping[str, Any]) -> list[str]:
        """What is wrong with these property values, in CloudFormation's wording."""
        found = walk.problems(values, self.document, self.document)
        found += [
            f"#: read-only key [{path[0]}] is not permitted"
            for path in self.read_only
            if len(path) == 1 and path[0] in values
        ]
        return found

    def _paths(self, key: str) -> tuple[Path, ...]:
        return tuple(tuple(pointer.split("/")[2:]) for pointer in self.document.get(key) or ())


@cache
def of(type_name: str, region: str) -> ResourceSchema:
    """The schema of a type in a region.

    Raises ValidationError when the registry knows no such type.

    >>> of("AWS::SageMaker::Endpoint", "us-east-1").create_only
    (('EndpointName',),)
    """
    try:
        found = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type_name)
    except ResourceNotFoundError:
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{type_name}]"
        ) from None
    return ResourceSchema(type_name, found.schema, frozenset(found.get_atts))


def pick(values: Any, path: Path) -> Any:
    """The value at a schema path, None when absent; `*` takes every member of a list.

    >>> pick({"A": [{"B": 1}, {"B": 2}]}, ("A", "*", "B"))
    [1, 2]
    """
    if not path:
        return values
    head, rest = path[0], path[1:]
    if head == "*":
        return [pick(item, rest) for item in values] if isinstance(values, list) else None
    return pick(values.get(head), rest) if isinstance(values, dict) else None
