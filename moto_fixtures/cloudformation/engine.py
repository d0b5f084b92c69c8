"""The stacks and change sets of one account and region, kept on moto's backend.

moto's own reset clears them, and its BackendDict gives every account and region its own.
A stack is held while it changes: a second operation on it is refused, as on AWS, whatever
thread it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from types import ModuleType
from typing import Any

from moto.cloudformation import urls
from moto.core.base_backend import BaseBackend
from moto.moto_api._internal import mock_random

from moto_fixtures.cloudformation import blueprint, deployment, drift, plan, rollback
from moto_fixtures.cloudformation.change_sets import ChangeSet
from moto_fixtures.cloudformation.errors import (
    AlreadyExists,
    ChangeSetNotFound,
    InvalidChangeSetStatus,
    ValidationError,
)
from moto_fixtures.cloudformation.nested import NestedStacks
from moto_fixtures.cloudformation.operations import Operations, between
from moto_fixtures.cloudformation.resource_types.base import Owner, Scope
from moto_fixtures.cloudformation.stack import UNFINISHED, UPDATABLE, Intent, Output, Stack
from moto_fixtures.cloudformation.throttling import Throttle
from moto_fixtures.cloudformation.tokens import Tokens


class Engine(BaseBackend):
    """CloudFormation in one account and region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.stacks: dict[str, Stack] = {}
        self.change_sets: dict[str, ChangeSet] = {}
        self.detections: dict[str, drift.Detection] = {}
        self.operations = Operations()
        self.throttle = Throttle()
        self.tokens = Tokens()

    @property
    def _url_module(self) -> ModuleType:
        # moto looks beside the backend's own module, where this one has none.
        return urls

    @property
    def scope(self) -> Scope:
        return Scope(self.account_id, self.region_name, self.partition)

    @property
    def nested(self) -> NestedStacks:
        """What a nested stack's row asks for."""
        return NestedStacks(self)

    def scope_of(
        self, stack: Stack, intent: Intent | None = None, skip: Iterable[str] = ()
    ) -> Scope:
        """The scope of one stack: what its nested stacks inherit goes with it."""
        asked = intent or stack.intent
        owner = Owner(
            stack.stack_id,
            stack.root_id or stack.stack_id,
            asked.capabilities if asked else (),
            bool(asked and asked.disable_rollback),
            tuple(skip),
        )
        return replace(self.scope, owner=owner)

    # Stacks

    def find(self, name_or_id: str) -> Stack:
        """A stack by name, or by id also after its deletion.

        Raises ValidationError in the words the aws CLI looks for.
        """
        if name_or_id in self.stacks:
            return self.stacks[name_or_id]
        for stack in list(self.stacks.values()):
            if stack.name == name_or_id and stack.is_live:
                return stack
        raise ValidationError(f"Stack with id {name_or_id} does not exist")

    def live(self) -> list[Stack]:
        return [stack for stack in list(self.stacks.values()) if stack.is_live]

    def create_stack(
        self,
        name: str,
        intent: Intent,
        on_failure: str,
        termination_protection: bool,
        owner: Owner | None = None,
    ) -> Stack:
        """Create a stack; what goes wrong with its resources shows in its status."""

        def taken(_: object = None) -> AlreadyExists:
            return AlreadyExists(f"Stack [{name}] already exists")

        with self.operations.hold(name, "CREATE_IN_PROGRESS", taken):
            if any(stack.name == name for stack in self.live()):
                raise taken()
            stack = self._new(name)
            stack.termination_protection = termination_protection
            if owner:
                stack.parent_id, stack.root_id = owner.stack_id, owner.root_id
            drawn = blueprint.draw(stack, intent, self.scope_of(stack, intent))
            self.stacks[stack.stack_id] = stack
            self._deploy(stack, drawn, intent, on_failure)
        return stack

    def update_stack(self, stack: Stack, intent: Intent) -> None:
        """Update a stack.

        Raises ValidationError when its state forbids it or nothing would change.
        """
        with self._updating(stack):
            self.check_updatable(stack)
            self.check_continuable(stack, intent.disable_rollback)
            if not self.would_change(stack, intent):
                raise ValidationError("No updates are to be performed.")
            drawn = blueprint.draw(stack, intent, self.scope_of(stack, intent))
            self._deploy(stack, drawn, intent, "ROLLBACK")

    def would_change(self, stack: Stack, intent: Intent) -> bool:
        """Whether deploying an intent would change anything of a stack."""
        drawn = blueprint.draw(stack, intent, self.scope_of(stack, intent))
        changes, outputs_change = plan.plan(stack, drawn, intent.tags, self.exported)
        return self._has_changes(stack, intent, bool(changes) or outputs_change)

    def delete_stack(self, stack: Stack, retain: Iterable[str] = ()) -> None:
        """Delete a stack and its resources; a failure leaves it DELETE_FAILED."""
        if stack.termination_protection:
            raise ValidationError(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        if self.operations.under_way(stack.name) == "DELETE_IN_PROGRESS":
            return
        retain = tuple(retain)
        if retain and stack.status != "DELETE_FAILED":
            raise ValidationError(
                "Invalid operation on stack. RetainResources can only be specified for a stack "
                "in DELETE_FAILED state"
            )
        if unknown := sorted(set(retain) - set(stack.resources)):
            raise ValidationError(f"RetainResources: [{', '.join(unknown)}] are not in the stack")
        with self._deleting(stack):
            self._check_exports(stack, ())
            rollback.delete(stack, self.scope_of(stack), retain)
            if stack.status == "DELETE_COMPLETE":
                self._drop_change_sets(stack, keep=None)

    def continue_update_rollback(self, stack: Stack, skip: Iterable[str] = ()) -> None:
        """Go on with a rollback that failed, leaving the resources in `skip` as they are."""
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be rolled back "
                "by ContinueUpdateRollback. It must be in UPDATE_ROLLBACK_FAILED."
            )
        nested = [name for name in skip if "." in name]
        skip = [name for name in skip if "." not in name]
        if unknown := sorted(set(skip) - {step.after.logical_id for step in stack.undo}):
            raise ValidationError(
                f"ResourcesToSkip: [{', '.join(unknown)}] are not waiting to be rolled back"
            )
        with self._updating(stack, "UPDATE_ROLLBACK_IN_PROGRESS"):
            scope = self.scope_of(stack, skip=nested)
            rollback.roll_back_update(stack, scope, "User Initiated", skip)

    def rollback_stack(self, stack: Stack, deletes_new: bool = False) -> None:
        """Roll back what was left standing by --disable-rollback."""
        if stack.status not in UNFINISHED:
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be rolled back. "
                "It must be in CREATE_FAILED or UPDATE_FAILED."
            )
        with self._updating(stack, "ROLLBACK_IN_PROGRESS"):
            stack.deletes_new = deletes_new
            undo = rollback.roll_back_update if stack.was_complete else rollback.roll_back_creation
            undo(stack, self.scope_of(stack), "User Initiated")

    def check_updatable(self, stack: Stack) -> None:
        """Raise ValidationError when the stack's state forbids an update."""
        if stack.status not in UPDATABLE:
            raise _not_updatable(stack, stack.status)

    def check_continuable(self, stack: Stack, disable_rollback: bool) -> None:
        """Raise ValidationError when a stack that stopped half-way would have to roll back."""
        if stack.status in UNFINISHED and not disable_rollback:
            raise ValidationError(
                f"This stack is currently in a non-terminal [{stack.status}] state. To update the "
                "stack from this state, please use the disable-rollback parameter with "
                "update-stack API. To rollback to the last known good state, use the "
                "rollback-stack API"
            )

    # Drift

    def detect_drift(self, stack: Stack, only: Iterable[str] = ()) -> drift.Detection:
        """Compare a stack with what its resources are now, and keep the result."""
        if status := self.operations.under_way(stack.name):
            raise _not_updatable(stack, status)
        with between():
            found = drift.detect(stack, self.scope_of(stack), only)
        self.detections[found.detection_id] = found
        return found

    def find_detection(self, detection_id: str) -> drift.Detection:
        """A run of drift detection by its id."""
        if detection_id not in self.detections:
            raise ValidationError(f"Drift detection {detection_id} does not exist")
        return self.detections[detection_id]

    # Exports

    def exports(self) -> dict[str, tuple[Stack, Output]]:
        """Every export of the region by name."""
        return {
            str(output.export_name): (stack, output)
            for stack in self.live()
            for output in stack.exports
        }

    def exported(self, name: str) -> str:
        """The value of an export, for Fn::ImportValue."""
        found = self.exports()
        if name not in found:
            raise ValidationError(f"No export named {name} found.")
        return found[name][1].value

    def importers(self, name: str) -> list[str]:
        return [stack.name for stack in self.live() if name in stack.imports]

    def _check_exports(self, stack: Stack, outputs: Iterable[Output]) -> None:
        """Raise ValidationError when the new outputs take a taken name or one still in use."""
        new = {str(output.export_name): output.value for output in outputs if output.export_name}
        for name, (owner, _) in self.exports().items():
            if name in new and owner is not stack:
                raise ValidationError(
                    f"Export with name {name} is already exported by stack {owner.name}. "
                    "Export names must be unique across a given region."
                )
        for output in stack.exports:
            name = str(output.export_name)
            users = [user for user in self.importers(name) if user != stack.name]
            if users and new.get(name) != output.value:
                done = "updated" if name in new else "deleted"
                raise ValidationError(
                    f"Export {name} cannot be {done} as it is in use by {', '.join(users)}"
                )

    # Change sets

    def create_change_set(
        self, name: str, stack_name: str, kind: str, intent: Intent, **said: Any
    ) -> ChangeSet:
        """Plan a creation or an update; an empty plan makes a change set that has FAILED."""
        stack = self._stack_to_change(stack_name, kind)
        if status := self.operations.under_way(stack.name):
            raise _not_updatable(stack, status)
        with between():
            return self._plan(name, stack, kind, intent, said)

    def _plan(
        self, name: str, stack: Stack, kind: str, intent: Intent, said: dict[str, Any]
    ) -> ChangeSet:
        for other in self.change_sets_of(stack):
            if other.name == name and other.execution_status != "EXECUTE_COMPLETE":
                raise AlreadyExists(f"ChangeSet {name} cannot be created due to a mismatch with "
                                    "existing attribute ChangeSetName")  # fmt: skip
        drawn = blueprint.draw(stack, intent, self.scope_of(stack, intent))
        changes, outputs_change = plan.plan(stack, drawn, intent.tags, self.exported)
        anything = bool(changes) or outputs_change
        made = ChangeSet(
            name,
            self.scope.arn("cloudformation", f"changeSet/{name}/{mock_random.uuid4()}"),
            stack.stack_id,
            stack.name,
            kind,
            intent,
            changes,
            is_empty=kind == "UPDATE" and not self._has_changes(stack, intent, anything),
            **said,
        )
        if stack.stack_id not in self.stacks:
            self.stacks[stack.stack_id] = stack
            stack.moved("REVIEW_IN_PROGRESS", "User Initiated")
        self.change_sets[made.change_set_id] = made
        return made

    def find_change_set(self, name_or_id: str, stack_name: str | None) -> ChangeSet:
        """A change set by its ARN, or by its name and its stack's."""
        if name_or_id in self.change_sets:
            return self.change_sets[name_or_id]
        if not name_or_id.startswith("arn:") and stack_name is None:
            raise ValidationError(
                "StackName must be specified if ChangeSetName is not specified as an ARN."
            )
        for found in reversed(list(self.change_sets.values())):
            if found.name == name_or_id and stack_name in (found.stack_name, found.stack_id):
                return found
        raise ChangeSetNotFound(f"ChangeSet [{name_or_id}] does not exist")

    def change_sets_of(self, stack: Stack) -> list[ChangeSet]:
        found = list(self.change_sets.values())
        return [item for item in found if item.stack_id == stack.stack_id]

    def execute_change_set(
        self, change_set: ChangeSet, disable_rollback: bool, deletes_new: bool = False
    ) -> None:
        """Carry a change set out; every other one of the stack is void afterwards."""
        if change_set.execution_status != "AVAILABLE":
            raise InvalidChangeSetStatus(
                f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
                f"execution status of [{change_set.execution_status}]"
            )
        stack, intent = self.stacks[change_set.stack_id], change_set.intent
        with self._updating(stack, f"{change_set.kind}_IN_PROGRESS"):
            if change_set.kind == "UPDATE":
                self.check_updatable(stack)
                self.check_continuable(stack, disable_rollback)
            intent.disable_rollback = disable_rollback or intent.disable_rollback
            intent.retain_except_on_create = deletes_new
            drawn = blueprint.draw(stack, intent, self.scope_of(stack, intent))
            self._drop_change_sets(stack, keep=change_set)
            stack.change_set_id = change_set.change_set_id
            change_set.execution_status = "EXECUTE_IN_PROGRESS"
            reached = self._deploy(stack, drawn, intent, change_set.on_stack_failure or "ROLLBACK")
            change_set.execution_status = "EXECUTE_COMPLETE" if reached else "EXECUTE_FAILED"

    def delete_change_set(self, change_set: ChangeSet) -> None:
        """Forget a change set; its stack stays."""
        del self.change_sets[change_set.change_set_id]

    # Inside

    def _updating(
        self, stack: Stack, status: str = "UPDATE_IN_PROGRESS"
    ) -> AbstractContextManager[None]:
        return self.operations.hold(stack.name, status, lambda other: _not_updatable(stack, other))

    def _deleting(self, stack: Stack) -> AbstractContextManager[None]:
        return self.operations.hold(
            stack.name,
            "DELETE_IN_PROGRESS",
            lambda other: ValidationError(
                f"Stack [{stack.stack_id}] cannot be deleted while in status {other}"
            ),
        )

    def _stack_to_change(self, name: str, kind: str) -> Stack:
        found = next((stack for stack in self.live() if name in (stack.name, stack.stack_id)), None)
        if kind == "UPDATE":
            stack = self.find(name)
            self.check_updatable(stack)
            return stack
        if found and found.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                f"Stack [{found.name}] already exists and cannot be created again with the "
                "changeSet. Use UPDATE as the ChangeSetType."
            )
        return found or self._new(name)

    def _has_changes(self, stack: Stack, intent: Intent, planned: bool) -> bool:
        return planned or stack.intent is None or intent.tags != stack.intent.tags

    def _deploy(
        self, stack: Stack, drawn: blueprint.Blueprint, intent: Intent, on_failure: str
    ) -> bool:
        if on_failure == "DO_NOTHING":
            intent.disable_rollback = True
        creating = stack.status == "REVIEW_IN_PROGRESS"
        stack.deletes_new = intent.retain_except_on_create
        exports = deployment.Exports(self.exported, self._check_exports)
        reached = deployment.Deployment(stack, drawn, intent, exports).run()
        if not creating:
            stack.updated = stack.events[-1].timestamp
        if creating and not reached and on_failure == "DELETE":
            rollback.delete(stack, drawn.scope)
        return reached

    def _drop_change_sets(self, stack: Stack, keep: ChangeSet | None) -> None:
        for item in self.change_sets_of(stack):
            if item is not keep:
                del self.change_sets[item.change_set_id]

    def _new(self, name: str) -> Stack:
        return Stack(name, self.scope.arn("cloudformation", f"stack/{name}/{mock_random.uuid4()}"))


def _not_updatable(stack: Stack, status: str) -> ValidationError:
    return ValidationError(f"Stack:{stack.stack_id} is in {status} state and can not be updated.")
