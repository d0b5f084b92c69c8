"""AWS::CloudFormation::Stack: a stack as a resource of another.

Its update is concluded only when the parent's is, so a parent that fails takes its children
back with it: to the resources they had, not to new ones like them. The one thing a reader gets
wrong: a child is visited by every update of its parent, because its template may have changed
behind an unchanged URL; when nothing did, nothing of it is touched.
"""

# ruff: noqa: ARG002  (every type has the same methods; few need all of their arguments)

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, cast

from moto.cloudformation.models import cloudformation_backends

from moto_fixtures.cloudformation.intrinsics import text
from moto_fixtures.cloudformation.resource_types.base import (
    Owner,
    Properties,
    ResourceType,
    Scope,
    tag_list,
)


class Children(Protocol):
    """What the engine does for a parent; `moto_fixtures.cloudformation.nested` says how."""

    def create(self, owner: Owner, name: str, request: dict[str, Any]) -> str: ...
    def update(self, owner: Owner, stack_id: str, request: dict[str, Any]) -> None: ...
    def revert(self, owner: Owner, stack_id: str) -> None: ...
    def conclude(self, stack_id: str) -> None: ...
    def delete(self, stack_id: str) -> None: ...
    def outputs(self, stack_id: str) -> dict[str, str]: ...


@dataclass(frozen=True, kw_only=True)
class NestedStack(ResourceType):
    """A stack within a stack, from a template in S3 as `aws cloudformation package` puts it."""

    type_name: str = "AWS::CloudFormation::Stack"
    name_property: str | None = "StackName"
    name_limit: int = 128
    updates_itself: ClassVar[bool] = True

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({"Parameters", "Tags", "TemplateURL", "TimeoutInMinutes"})

    def make(self, scope: Scope, properties: Properties) -> str:
        name = str(properties["StackName"])
        return _children(scope).create(_owner(scope), name, _request(properties))

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if before:
            _children(scope).update(_owner(scope), physical_id, _request(after))

    def revert(self, scope: Scope, physical_id: str, after: Properties, before: Properties) -> None:
        _children(scope).revert(_owner(scope), physical_id)

    def conclude(self, scope: Scope, physical_id: str) -> None:
        _children(scope).conclude(physical_id)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        _children(scope).delete(physical_id)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"Outputs": _children(scope).outputs(physical_id)}


def _children(scope: Scope) -> Children:
    engine: Any = cloudformation_backends[scope.account][scope.region]
    return cast(Children, engine.nested)


def _owner(scope: Scope) -> Owner:
    assert scope.owner is not None, "a nested stack is deployed by its parent"
    return scope.owner


def _request(properties: Properties) -> dict[str, Any]:
    """The properties as members of a CreateStack request."""
    return {
        "TemplateURL": properties["TemplateURL"],
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": _value(value)}
            for key, value in (properties.get("Parameters") or {}).items()
        ],
        "Tags": tag_list(properties),
    }


def _value(value: Any) -> str:
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)


TYPES: tuple[ResourceType, ...] = (NestedStack(),)
