"""What an update would do, without doing it: Add, Modify, Remove, and what is replaced.

The plan of a change set and the deployment itself compare with the same `compare`; they
differ only in what is known. A value that waits for a resource not made yet may turn out
equal to the old one, so a plan says Conditional where the deployment will know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from moto_fixtures.cloudformation import causes, dynamic_references, resource_types, schema
from moto_fixtures.cloudformation.blueprint import Blueprint
from moto_fixtures.cloudformation.causes import Cause
from moto_fixtures.cloudformation.errors import ValidationError
from moto_fixtures.cloudformation.intrinsics import UNKNOWN, Evaluator, is_unknown, text
from moto_fixtures.cloudformation.resource_types.base import ResourceType, differ
from moto_fixtures.cloudformation.stack import Output, Resource, Stack

ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy", "Metadata")


@dataclass
class StackLookup:
    """Ref and GetAtt over a stack's resources; what is in `unknown` is not made yet."""

    resources: Mapping[str, Resource]
    export_value: Callable[[str], str]
    unknown: set[str] = field(default_factory=set)

    def reference(self, logical_id: str) -> Any:
        if logical_id in self.unknown:
            return UNKNOWN
        return self._resource(logical_id).physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        if logical_id in self.unknown:
            return UNKNOWN
        resource = self._resource(logical_id)
        found: Any = {**resource.properties, **resource.attributes}
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            raise ValidationError(
                f"Attribute '{name}' does not exist on {logical_id} ({resource.type_name})"
            )
        return found

    def exported(self, name: str) -> str:
        return self.export_value(name)

    def _resource(self, logical_id: str) -> Resource:
        if logical_id not in self.resources:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{logical_id}] "
                "in the Resources block of the template"
            )
        return self.resources[logical_id]


@dataclass(frozen=True)
class Desired:
    """One resource as the template wants it."""

    logical_id: str
    row: ResourceType
    schema: schema.ResourceSchema
    properties: dict[str, Any]
    deletion_policy: str
    replace_policy: str
    metadata: Any

    @property
    def custom_name(self) -> str | None:
        """The name the template gives it, if any."""
        name = self.properties.get(self.row.name_property or "")
        return None if name is None else str(name)


@dataclass(frozen=True)
class PropertyChange:
    """One top-level property that differs."""

    name: str
    recreation: Literal["Always", "Conditionally", "Never"]
    evaluation: Literal["Static", "Dynamic"]
    causes: tuple[Cause, ...] = (Cause("DirectModification"),)


@dataclass(frozen=True)
class Difference:
    """How a live resource differs from the desired one."""

    properties: tuple[PropertyChange, ...] = ()
    attributes: tuple[str, ...] = ()
    """Of DeletionPolicy, UpdateReplacePolicy and Metadata: those that differ."""
    tags: bool = False
    """Whether the stack's tags differ from when the resource was last touched."""
    automatic: bool = False
    """Whether it is visited though nothing is seen to differ: a nested stack's template may."""

    def __bool__(self) -> bool:
        return bool(self.properties or self.attributes or self.tags or self.automatic)

    @property
    def replaces(self) -> bool:
        """Whether a create-only property differs, as far as is known."""
        return any(change.recreation != "Never" for change in self.properties)

    @property
    def replacement(self) -> Literal["True", "False", "Conditional"]:
        """As a change set says it."""
        forcing = [change for change in self.properties if change.recreation != "Never"]
        if not forcing:
            return "False"
        certain = any(
            change.recreation == "Always" and change.evaluation == "Static" for change in forcing
        )
        return "True" if certain else "Conditional"

    @property
    def scope(self) -> tuple[str, ...]:
        properties = ("Properties",) if self.properties else ()
        return (*properties, *(("Tags",) if self.tags else ()), *self.attributes)


@dataclass(frozen=True)
class Change:
    """One line of a change set."""

    action: Literal["Add", "Modify", "Remove"]
    logical_id: str
    type_name: str
    physical_id: str | None = None
    difference: Difference = field(default_factory=Difference)


def desired(blueprint: Blueprint, evaluate: Evaluator, logical_id: str) -> Desired:
    """Evaluate one resource of the template."""
    declared = blueprint.template.resources[logical_id]
    found = schema.of(declared["Type"], blueprint.scope.region)
    properties = dynamic_references.read_parameters(
        evaluate(declared.get("Properties") or {}), blueprint.scope, declared["Type"]
    )
    deletion_policy = evaluate(declared.get("DeletionPolicy", "Delete"))
    return Desired(
        logical_id,
        resource_types.of(declared["Type"], logical_id),
        found,
        found.coerce(properties),
        str(deletion_policy),
        str(evaluate(declared.get("UpdateReplacePolicy", "Delete"))),
        declared.get("Metadata"),
    )


def compare(resource: Resource, wanted: Desired, stack_tags: Mapping[str, str]) -> Difference:
    """How the live resource differs from the wanted one."""
    attributes = (
        resource.deletion_policy != wanted.deletion_policy,
        resource.replace_policy != wanted.replace_policy,
        resource.metadata != wanted.metadata,
    )
    return Difference(
        tuple(
            _property_change(name, resource.properties, wanted)
            for name in sorted(differ(resource.properties, wanted.properties))
        ),
        tuple(name for name, differs in zip(ATTRIBUTES, attributes, strict=True) if differs),
        wanted.schema.updates_stack_tags
        and "Tags" in wanted.row.simulated
        and resource.tags != stack_tags,
        wanted.row.updates_itself,
    )


def _property_change(name: str, before: dict[str, Any], wanted: Desired) -> PropertyChange:
    def touches(paths: tuple[schema.Path, ...]) -> bool:
        return any(
            path[0] == name and schema.pick(before, path) != schema.pick(wanted.properties, path)
            for path in paths
        )

    recreation: Literal["Always", "Conditionally", "Never"] = "Never"
    if touches(wanted.schema.create_only):
        recreation = "Always"
    elif touches(wanted.schema.conditional_create_only):
        recreation = "Conditionally"
    dynamic = is_unknown(wanted.properties.get(name))
    return PropertyChange(name, recreation, "Dynamic" if dynamic else "Static")


def plan(
    stack: Stack,
    blueprint: Blueprint,
    stack_tags: Mapping[str, str],
    export_value: Callable[[str], str],
) -> tuple[tuple[Change, ...], bool]:
    """What deploying the blueprint would change, and whether it would change any output."""
    lookup = StackLookup(stack.resources, export_value)
    evaluate = blueprint.evaluator(lookup)
    because = _Because(stack, blueprint, lookup)
    changes: list[Change] = []
    for logical_id in blueprint.order:
        wanted = desired(blueprint, evaluate, logical_id)
        live = stack.resources.get(logical_id)
        if live is None:
            changes.append(Change("Add", logical_id, wanted.row.type_name))
            lookup.unknown.add(logical_id)
        elif difference := compare(live, wanted, stack_tags):
            changes.append(
                Change(
                    "Modify",
                    logical_id,
                    live.type_name,
                    live.physical_id,
                    because.explain(logical_id, difference),
                )
            )
            if difference.replaces or (wanted.row.updates_itself and difference.properties):
                lookup.unknown.add(logical_id)
    changes += [
        Change("Remove", logical_id, live.type_name, live.physical_id)
        for logical_id, live in reversed(stack.resources.items())
        if logical_id not in blueprint.order
    ]
    return tuple(changes), outputs(blueprint, evaluate) != stack.outputs


@dataclass
class _Because:
    """Explains the differences that a plan has found."""

    stack: Stack
    blueprint: Blueprint
    lookup: StackLookup

    def __post_init__(self) -> None:
        before = self.stack.intent
        self.changed = causes.changed_parameters(before, self.blueprint.values)
        self.before = before.template.resources if before else {}

    def explain(self, logical_id: str, difference: Difference) -> Difference:
        """The difference with the causes of each of its properties."""
        before = self.before.get(logical_id, {}).get("Properties") or {}
        after = self.blueprint.template.resources[logical_id].get("Properties") or {}
        explained = tuple(
            replace(
                item,
                causes=causes.of(
                    before.get(item.name), after.get(item.name), self.changed, self.lookup.unknown
                ),
            )
            for item in difference.properties
        )
        return replace(difference, properties=explained)


def outputs(blueprint: Blueprint, evaluate: Evaluator) -> tuple[Output, ...]:
    """The outputs whose condition holds."""
    found = []
    for key, declared in blueprint.template.section("Outputs").items():
        if not evaluate.active(declared):
            continue
        value = evaluate(declared["Value"])
        dynamic_references.refuse(value, "Outputs")
        if isinstance(value, dict | list):
            raise ValidationError(
                "Template format error: The Value field of every Outputs member must "
                f"evaluate to a String ({key})."
            )
        export = str(evaluate(declared["Export"]["Name"])) if "Export" in declared else None
        found.append(Output(key, text(value), declared.get("Description"), export))
    return tuple(found)
