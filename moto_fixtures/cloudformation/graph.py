"""Who needs whom: the references in a template, checked and put in order."""

from __future__ import annotations

from collections.abc import Container, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from moto_fixtures.cloudformation import schema
from moto_fixtures.cloudformation.errors import ValidationError
from moto_fixtures.cloudformation.intrinsics import SUBSTITUTION
from moto_fixtures.cloudformation.template import Template

PSEUDO_PARAMETERS = (
    "AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition",
    "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix",
)  # fmt: skip


class Reference(NamedTuple):
    """A Ref (attribute None) or a GetAtt, wherever it hides, Fn::Sub included."""

    name: str
    attribute: str | None


def references(value: Any) -> Iterator[Reference]:
    """Every reference in a value, in both branches of every Fn::If.

    >>> sorted(references({"Fn::Sub": "${Topic}-${Role.Arn}-${!literal}"}))
    [Reference(name='Role', attribute='Arn'), Reference(name='Topic', attribute=None)]
    """
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref" and isinstance(argument, str):
            yield Reference(argument, None)
        if function == "Fn::GetAtt":
            parts = argument.split(".", 1) if isinstance(argument, str) else argument
            if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str):
                raise ValidationError(
                    "Template error: every Fn::GetAtt object requires two non-empty parameters, "
                    "the resource name and the resource attribute"
                )
            yield Reference(parts[0], parts[1] if isinstance(parts[1], str) else None)
        if function == "Fn::Sub":
            yield from _in_pattern(argument)
    for item in value.values():
        yield from references(item)


def _in_pattern(argument: Any) -> Iterator[Reference]:
    own: Any = {}
    pattern = argument
    if isinstance(argument, list) and len(argument) == 2:
        pattern, own = argument
    if not isinstance(pattern, str) or not isinstance(own, dict):
        raise ValidationError(
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
            "arguments. Specify a string as first argument, and an optional second argument to "
            "specify a mapping of values to replace in the string"
        )
    for found in SUBSTITUTION.finditer(pattern):
        name = found[1].strip()
        if not name.startswith("!") and name not in own:
            head, _, attribute = name.partition(".")
            yield Reference(head, attribute or None)


def check_references(template: Template, region: str) -> None:
    """Raise ValidationError when a reference leads nowhere, or to no attribute of its type."""
    for block in ("Resources", "Outputs"):
        section = template.section(block)
        found = set(references(list(section.values())))
        if block == "Resources":
            found |= {Reference(name, None) for key in section for name in template.depends_on(key)}
        known = {*template.section("Parameters"), *template.resources, *PSEUDO_PARAMETERS}
        if lost := sorted({reference.name for reference in found} - known):
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{', '.join(lost)}] "
                f"in the {block} block of the template"
            )
        for reference in sorted(found, key=str):
            _check_attribute(template, reference, region)


def _check_attribute(template: Template, reference: Reference, region: str) -> None:
    if reference.attribute is None:
        return
    if reference.name not in template.resources:
        raise ValidationError(
            f"Template error: instance of Fn::GetAtt references undefined resource {reference.name}"
        )
    type_name = template.resources[reference.name]["Type"]
    if not schema.of(type_name, region).has_attribute(reference.attribute):
        raise ValidationError(
            f"Template error: resource {reference.name} does not support attribute type "
            f"{reference.attribute} in Fn::GetAtt"
        )


def order(template: Template, active: Container[str]) -> tuple[str, ...]:
    """The active resources, each after those it needs.

    Raises ValidationError when they need each other in a circle.
    """
    needs = {}
    for logical_id, resource in template.resources.items():
        if logical_id in active:
            names = {reference.name for reference in references(resource.get("Properties"))}
            names |= set(template.depends_on(logical_id))
            needs[logical_id] = [
                name for name in template.resources if name in names and name in active
            ]
    try:
        return tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(f"Circular dependency between resources: [{circle}]") from None
