"""What a stack does for the stacks nested in it: create, update, take back, conclude, delete.

A child that fails stays as it is until its parent rolls back, which deletes it or takes it back
(`resource_types/nested.py` is the row; this is what its calls come to).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto_fixtures.cloudformation import requests, rollback
from moto_fixtures.cloudformation.errors import HalfMade, ResourceFailed
from moto_fixtures.cloudformation.resource_types.base import Owner
from moto_fixtures.cloudformation.stack import Intent, Stack

if TYPE_CHECKING:
    from moto_fixtures.cloudformation.engine import Engine


@dataclass(frozen=True)
class NestedStacks:
    """The children of all stacks of one account and region."""

    engine: Engine

    def create(self, owner: Owner, name: str, request: dict[str, Any]) -> str:
        """Create a child and return its id.

        Raises HalfMade when it failed: the parent's rollback deletes it.
        """
        intent = self._intent(owner, request, None)
        child = self.engine.create_stack(name, intent, "DO_NOTHING", False, owner)
        intent.disable_rollback = owner.keeps_failures
        if child.status != "CREATE_COMPLETE":
            raise HalfMade(
                f"Embedded stack {child.stack_id} was not successfully created: "
                f"{child.status_reason}",
                child.stack_id,
            )
        return child.stack_id

    def update(self, owner: Owner, stack_id: str, request: dict[str, Any]) -> None:
        """Update a child where it differs; what it replaced stays until `conclude`."""
        child = self.engine.find(stack_id)
        intent = self._intent(owner, request, child)
        intent.disable_rollback = True
        if not self.engine.would_change(child, intent):
            return
        self.engine.update_stack(child, intent)
        intent.disable_rollback = owner.keeps_failures
        if child.status == "UPDATE_FAILED":
            raise ResourceFailed(
                f"Embedded stack {child.stack_id} was not successfully updated. Currently in "
                f"{child.status} with reason: {child.status_reason}"
            )

    def revert(self, owner: Owner, stack_id: str) -> None:
        """Take a child's last update back, where it had one."""
        child = self.engine.find(stack_id)
        started = ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED")
        if child.status not in started:
            return
        prefix = f"{child.name}."
        skip = [name.removeprefix(prefix) for name in owner.skip if name.startswith(prefix)]
        scope = self.engine.scope_of(child, skip=owner.skip)
        rollback.roll_back_update(child, scope, None, skip)
        if child.status != "UPDATE_ROLLBACK_COMPLETE":
            raise ResourceFailed(
                f"Embedded stack {child.stack_id} was not successfully rolled back. Currently in "
                f"{child.status} with reason: {child.status_reason}"
            )

    def conclude(self, stack_id: str) -> None:
        """The parent has succeeded: delete what the child's update replaced."""
        child = self.engine.find(stack_id)
        if child.status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
            rollback.conclude(child, self.engine.scope_of(child))
            child.moved("UPDATE_COMPLETE")

    def delete(self, stack_id: str) -> None:
        """Delete a child.

        Raises ResourceFailed when something in it cannot be deleted.
        """
        child = self.engine.find(stack_id)
        if not child.is_live:
            return
        self.engine.delete_stack(child)
        if child.is_live:
            raise ResourceFailed(
                f"Embedded stack {child.stack_id} was not successfully deleted: "
                f"{child.status_reason}"
            )

    def outputs(self, stack_id: str) -> dict[str, str]:
        """The values of a child's outputs by their keys."""
        return {item.key: item.value for item in self.engine.find(stack_id).outputs}

    def _intent(self, owner: Owner, request: dict[str, Any], child: Stack | None) -> Intent:
        asked = {**request, "Capabilities": list(owner.capabilities)}
        return requests.intent(asked, child, self.engine.scope)
