"""One creation or update of a stack, resource by resource, each step with its undo.

What was replaced is deleted only after everything else has succeeded, so an endpoint never
loses the configuration it serves. When a step fails, the undo steps run; they are data on
the stack, so a rollback that fails itself can be continued later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from moto_fixtures.cloudformation import naming, plan, resource_types, rollback
from moto_fixtures.cloudformation.blueprint import Blueprint
from moto_fixtures.cloudformation.errors import HalfMade, ResourceFailed, ValidationError, reason
from moto_fixtures.cloudformation.plan import Desired, Difference, StackLookup
from moto_fixtures.cloudformation.stack import Former, Intent, Output, Resource, Stack, Undo

_REPLACING = (
    "Requested update requires the creation of a new physical resource; hence creating one."
)


class Failed(Exception):
    """The deployment stopped at a resource, or at none (an output, an export)."""

    def __init__(self, logical_id: str | None, why: str) -> None:
        super().__init__(why)
        self.logical_id = logical_id


@dataclass
class Deployment:
    """Brings a stack to what a blueprint says."""

    stack: Stack
    blueprint: Blueprint
    intent: Intent
    exports: Exports
    imported: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.creating = self.stack.status == "REVIEW_IN_PROGRESS"
        self.verb = "CREATE" if self.creating else "UPDATE"
        self.lookup = StackLookup(self.stack.resources, self._import)
        self.evaluate = self.blueprint.evaluator(self.lookup)

    def run(self) -> bool:
        """Deploy, or roll back; return whether the stack is what was asked for."""
        self.stack.moved(f"{self.verb}_IN_PROGRESS", "User Initiated")
        if self.creating:
            self.stack.intent = self.intent
        try:
            for logical_id in self.blueprint.order:
                self._reach(logical_id)
            outputs = self._outputs()
        except Failed as failure:
            self._fail(failure)
            return False
        self._succeed(outputs)
        return True

    def _reach(self, logical_id: str) -> None:
        """Make, change, replace or leave one resource."""
        type_name = self.blueprint.template.resources[logical_id]["Type"]
        live = self.stack.resources.get(logical_id)
        verb = "UPDATE" if live else "CREATE"
        try:
            wanted = plan.desired(self.blueprint, self.evaluate, logical_id)
            difference = plan.compare(live, wanted, self.intent.tags) if live else None
            if live and not difference:
                return
            if live and difference and not difference.replaces:
                self._change(live, wanted, difference)
            else:
                self._make(live, wanted)
        except Exception as error:
            why = rollback.why(error)
            physical_id = getattr(error, "physical_id", live.physical_id if live else "")
            self.stack.resource_moved(logical_id, type_name, f"{verb}_FAILED", why, physical_id)
            raise Failed(logical_id, why) from error

    def _make(self, live: Resource | None, wanted: Desired) -> None:
        verb, key = "UPDATE" if live else "CREATE", wanted.logical_id
        type_name = wanted.row.type_name
        if live and wanted.custom_name and wanted.custom_name == live.name:
            raise ResourceFailed(
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {wanted.custom_name} and update the stack again."
            )
        self.stack.resource_moved(
            key, type_name, f"{verb}_IN_PROGRESS", _REPLACING if live else None,
            live.physical_id if live else "",
        )  # fmt: skip
        _check(wanted)
        name = wanted.custom_name
        if name is None and wanted.row.name_property:
            name = naming.generate(wanted.row, self.stack.name, key)
        made = _resource(wanted, name, self.intent.tags)
        scope, properties = self.blueprint.scope, rollback.effective(made, self.blueprint.scope)
        try:
            made = replace(made, physical_id=wanted.row.create(scope, properties))
        except HalfMade as failure:
            made = replace(made, physical_id=failure.physical_id)
            self.stack.undo.append(Undo("delete", live, made))
            self.stack.retired.append(replace(made, replace_policy="Delete"))
            raise
        self.stack.undo.append(Undo("delete", live, made))
        self.stack.resource_moved(
            key, type_name, f"{verb}_IN_PROGRESS", "Resource creation Initiated", made.physical_id
        )
        self._keep(made, properties)
        if live:
            self.stack.retired.append(live)
        self.stack.resource_moved(key, type_name, f"{verb}_COMPLETE", None, made.physical_id)

    def _change(self, live: Resource, wanted: Desired, difference: Difference) -> None:
        after = replace(
            _resource(wanted, live.name, self.intent.tags), physical_id=live.physical_id
        )
        key, type_name, scope = live.logical_id, live.type_name, self.blueprint.scope
        self.stack.resource_moved(key, type_name, "UPDATE_IN_PROGRESS", None, live.physical_id)
        _check(wanted)
        # Before the call: a change that fails half-way must be taken back as well.
        self.stack.undo.append(Undo("restore", live, after))
        properties = rollback.effective(after, scope)
        if difference.properties or difference.tags or difference.automatic:
            wanted.row.configure(
                scope, live.physical_id, rollback.effective(live, scope), properties
            )
        self._keep(after, properties)
        self.stack.resource_moved(key, type_name, "UPDATE_COMPLETE", None, live.physical_id)

    def _keep(self, resource: Resource, properties: dict[str, Any]) -> None:
        row = resource_types.of(resource.type_name, resource.logical_id)
        found = row.attributes(self.blueprint.scope, resource.physical_id, properties)
        named = {row.name_property: resource.name} if row.name_property else {}
        found = {name: _plain(value) for name, value in found.items()}
        self.stack.resources[resource.logical_id] = replace(resource, attributes={**named, **found})

    def _outputs(self) -> tuple[Output, ...]:
        try:
            found = plan.outputs(self.blueprint, self.evaluate)
            self.exports.check(self.stack, found)
        except ValidationError as error:
            raise Failed(None, reason(error)) from error
        return found

    def _import(self, name: str) -> str:
        value = self.exports.value(name)
        self.imported.add(name)
        return value

    def _succeed(self, outputs: tuple[Output, ...]) -> None:
        stack, order = self.stack, self.blueprint.order
        former = Former(stack.intent, stack.outputs, stack.imports, dict(stack.resources))
        stack.outputs, stack.imports, stack.intent = outputs, frozenset(self.imported), self.intent
        stack.removed += [item for key, item in stack.resources.items() if key not in order]
        stack.resources = {key: stack.resources[key] for key in order}
        stack.was_complete = True
        if self.creating:
            rollback.conclude(stack, self.blueprint.scope)
            stack.moved("CREATE_COMPLETE")
            return
        stack.moved("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        if stack.parent_id:
            # The parent may still fail, so what was replaced stays until it has succeeded.
            stack.former = former
        else:
            rollback.conclude(stack, self.blueprint.scope)
            stack.moved("UPDATE_COMPLETE")

    def _fail(self, failure: Failed) -> None:
        stack, made = self.stack, "create" if self.creating else "update"
        which = f"The following resource(s) failed to {made}: [{failure.logical_id}]. "
        said = which if failure.logical_id else f"{failure} "
        if self.intent.disable_rollback:
            stack.moved(f"{self.verb}_FAILED", said.strip())
        elif self.creating:
            rollback.roll_back_creation(
                stack, self.blueprint.scope, f"{said}Rollback requested by user."
            )
        else:
            rollback.roll_back_update(stack, self.blueprint.scope, said.strip())


@dataclass(frozen=True)
class Exports:
    """The exports of the region, as a deployment needs them."""

    value: Callable[[str], str]
    check: Callable[[Stack, tuple[Output, ...]], None]


def _resource(wanted: Desired, name: str | None, tags: dict[str, str]) -> Resource:
    return Resource(
        wanted.logical_id,
        wanted.row.type_name,
        "",
        wanted.properties,
        {},
        name,
        dict(tags),
        wanted.deletion_policy,
        wanted.replace_policy,
        wanted.metadata,
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _check(wanted: Desired) -> None:
    """Raise ResourceFailed when the properties break the schema, or cannot be carried out."""
    if problems := wanted.schema.problems(wanted.properties):
        raise ResourceFailed(
            f"Properties validation failed for resource {wanted.logical_id} with message:\n"
            f"[{', '.join(problems)}]"
        )
    if unsimulated := wanted.row.unsimulated(wanted.properties):
        raise ResourceFailed(
            f"{wanted.row.type_name} is simulated by the offline AWS without its "
            f"propert{'ies' if len(unsimulated) > 1 else 'y'} {', '.join(unsimulated)}; "
            "what is not carried out is not accepted."
        )
