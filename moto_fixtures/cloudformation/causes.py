"""Why a change set changes a property: its text, a parameter, or a resource it refers to.

Source: ResourceChangeDetail, CloudFormation API reference (ChangeSource, CausingEntity).
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from moto_fixtures.cloudformation import graph, parameters
from moto_fixtures.cloudformation.stack import Intent

_MISSING = object()


@dataclass(frozen=True)
class Cause:
    """One reason for a change, with what caused it."""

    source: Literal[
        "DirectModification", "ParameterReference", "ResourceReference", "ResourceAttribute"
    ]
    entity: str | None = None
    """The parameter, the resource, or the resource's attribute as {logical id}.{attribute}."""


def of(
    before: Any, after: Any, changed_parameters: Container[str], unknown: Container[str]
) -> tuple[Cause, ...]:
    """The causes that turn one property, as the two templates write it, into another.

    `unknown` are the resources that will be made or replaced.

    >>> of({"Ref": "Size"}, {"Ref": "Size"}, {"Size"}, set())
    (Cause(source='ParameterReference', entity='Size'),)
    """
    found = []
    for name, attribute in sorted(set(graph.references(after)), key=str):
        if name in changed_parameters:
            found.append(Cause("ParameterReference", name))
        elif name in unknown and attribute is None:
            found.append(Cause("ResourceReference", name))
        elif name in unknown:
            found.append(Cause("ResourceAttribute", f"{name}.{attribute}"))
    if before != after or not found:
        found.append(Cause("DirectModification"))
    return tuple(found)


def changed_parameters(before: Intent | None, values: Mapping[str, Any]) -> set[str]:
    """The parameters whose value differs from the one the stack was last deployed with."""
    if before is None:
        return set()
    declared = before.template.section("Parameters")
    texts = {**parameters.given(declared, before.parameters), **before.resolved}
    return {
        name
        for name, value in values.items()
        if not name.startswith("AWS::")
        and _plain(texts.get(name, _MISSING)) != _plain(parameters.as_text(value))
    }


def _plain(value: Any) -> Any:
    """A value without the blanks that a comma-delimited list may have."""
    return value.replace(", ", ",") if isinstance(value, str) else value
