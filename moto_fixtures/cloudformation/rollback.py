"""Taking back: the undo steps of a failed deployment, and the deletion of a whole stack.

First what was changed goes back, then what was made is deleted, newest first. A step that
fails stays on the stack, so that a rollback can be continued from where it stopped. Until an
update is concluded, what it replaced or removed still exists, and can come back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from moto_fixtures.cloudformation import dynamic_references, resource_types, schema
from moto_fixtures.cloudformation.errors import ResourceFailed, ValidationError, reason
from moto_fixtures.cloudformation.resource_types.base import Scope
from moto_fixtures.cloudformation.stack import Former, Resource, Stack, Undo

log = logging.getLogger(__name__)


def roll_back_creation(stack: Stack, scope: Scope, because: str | None) -> None:
    """Delete all that a failed creation made."""
    stack.moved("ROLLBACK_IN_PROGRESS", because)
    made = [step.after for step in stack.undo if step.action == "delete"]
    kept = _delete_all(stack, scope, made, rolling_back=True)
    stack.undo = [step for step in stack.undo if step.after in kept]
    stack.retired.clear()
    stack.outputs = ()
    if kept:
        stack.moved("ROLLBACK_FAILED", _could_not_delete(kept))
    else:
        stack.moved("ROLLBACK_COMPLETE")


def roll_back_update(
    stack: Stack, scope: Scope, because: str | None, skip: Iterable[str] = ()
) -> None:
    """Take an unfinished update back; a failure stops it in UPDATE_ROLLBACK_FAILED."""
    stack.moved("UPDATE_ROLLBACK_IN_PROGRESS", because)
    for step in [step for step in reversed(stack.undo) if step.action == "restore"]:
        if step.after.logical_id not in skip and not _restore(stack, scope, step):
            stack.moved(
                "UPDATE_ROLLBACK_FAILED",
                f"The following resource(s) failed to update: [{step.after.logical_id}].",
            )
            return
        stack.undo.remove(step)
    _settle_refused(stack)
    stack.moved("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    for step in reversed(stack.undo):
        key = step.after.logical_id
        policy = "Delete" if step.before else _policy_of_new(stack, step.after)
        discard(stack, scope, step.after, policy)
        if step.before:
            stack.resources[key] = step.before
            stack.resource_moved(
                key, step.before.type_name, "UPDATE_COMPLETE", None, step.before.physical_id
            )
        else:
            stack.resources.pop(key, None)
    stack.undo.clear()
    stack.retired.clear()
    stack.removed.clear()
    if stack.former:
        _return_to(stack, stack.former)
    stack.moved("UPDATE_ROLLBACK_COMPLETE")


def _settle_refused(stack: Stack) -> None:
    """What could not be changed, or was skipped, is in the end a resource of a complete stack."""
    for key, found in list(stack.statuses.items()):
        live = stack.resources.get(key)
        if live and found.status == "UPDATE_FAILED":
            stack.resource_moved(key, live.type_name, "UPDATE_COMPLETE", None, live.physical_id)


def _return_to(stack: Stack, former: Former) -> None:
    """Have a stack's outputs and its list of resources as they were before its update."""
    stack.intent, stack.outputs, stack.imports = former.intent, former.outputs, former.imports
    now = stack.resources
    stack.resources = {key: now.get(key, item) for key, item in former.resources.items()}
    stack.former = None


def conclude(stack: Stack, scope: Scope) -> None:
    """An update has succeeded for good: what it replaced and removed is deleted."""
    for item in reversed(stack.removed):
        discard(stack, scope, item, item.deletion_policy)
    for item in reversed(stack.retired):
        discard(stack, scope, item, item.replace_policy)
    for key, item in stack.resources.items():
        resource_types.of(item.type_name, key).conclude(scope, item.physical_id)
    stack.removed.clear()
    stack.retired.clear()
    stack.undo.clear()
    stack.former = None


def delete(stack: Stack, scope: Scope, retain: Iterable[str] = ()) -> None:
    """Delete a stack's resources, newest first; those in `retain` are left alone."""
    stack.moved("DELETE_IN_PROGRESS", "User Initiated")
    for logical_id in retain:
        kept = stack.resources.pop(logical_id)
        stack.resource_moved(logical_id, kept.type_name, "DELETE_SKIPPED", None, kept.physical_id)
    waiting = [*stack.removed, *stack.retired, *stack.resources.values()]
    failed = _delete_all(stack, scope, waiting)
    stack.resources = {item.logical_id: item for item in failed}
    stack.removed.clear()
    stack.retired.clear()
    stack.undo.clear()
    if failed:
        stack.moved("DELETE_FAILED", _could_not_delete(failed))
        return
    stack.outputs, stack.imports = (), frozenset()
    stack.moved("DELETE_COMPLETE")
    stack.deleted = stack.events[-1].timestamp


def effective(resource: Resource, scope: Scope) -> dict[str, Any]:
    """The properties a service is told: the template's with its secrets read, the generated
    name, the stack's tags."""
    row = resource_types.of(resource.type_name, resource.logical_id)
    found = schema.of(resource.type_name, scope.region)
    properties = dict(resource.properties)
    if row.name_property and resource.name is not None:
        properties[row.name_property] = resource.name
    if resource.tags and found.takes_stack_tags and "Tags" in row.simulated:
        own = properties.get("Tags") or []
        if isinstance(own, dict) or found.properties["Tags"].get("type") == "object":
            properties["Tags"] = {**resource.tags, **dict(own)}
        else:
            named = {tag["Key"] for tag in own}
            inherited = [
                {"Key": key, "Value": value}
                for key, value in resource.tags.items()
                if key not in named
            ]
            properties["Tags"] = [*own, *inherited]
    read: dict[str, Any] = dynamic_references.read_secrets(properties, scope)
    return read


def _restore(stack: Stack, scope: Scope, step: Undo) -> bool:
    assert step.before is not None
    after, before = step.after, step.before
    key, type_name, physical_id = after.logical_id, after.type_name, after.physical_id
    stack.resource_moved(key, type_name, "UPDATE_IN_PROGRESS", None, physical_id)
    try:
        row = resource_types.of(type_name, key)
        row.revert(scope, physical_id, effective(after, scope), effective(before, scope))
    except Exception as error:
        stack.resource_moved(key, type_name, "UPDATE_FAILED", why(error), physical_id)
        return False
    stack.resources[key] = before
    stack.resource_moved(key, type_name, "UPDATE_COMPLETE", None, physical_id)
    return True


def _delete_all(
    stack: Stack, scope: Scope, resources: list[Resource], *, rolling_back: bool = False
) -> list[Resource]:
    """Delete resources, newest first; return those that could not be."""
    failed = []
    for resource in reversed(resources):
        policy = _policy_of_new(stack, resource) if rolling_back else resource.deletion_policy
        if discard(stack, scope, resource, policy):
            stack.resources.pop(resource.logical_id, None)
        else:
            failed.append(resource)
    return list(reversed(failed))


def _policy_of_new(stack: Stack, resource: Resource) -> str:
    """The policy of what the operation made that is being rolled back."""
    if stack.deletes_new or resource.deletion_policy == "RetainExceptOnCreate":
        return "Delete"
    return resource.deletion_policy


def discard(stack: Stack, scope: Scope, resource: Resource, policy: str) -> bool:
    """Delete one resource, or leave it where its policy says so; return whether that is done."""
    key, type_name, physical_id = resource.logical_id, resource.type_name, resource.physical_id
    if policy.startswith("Retain"):
        stack.resource_moved(key, type_name, "DELETE_SKIPPED", None, physical_id)
        return True
    stack.resource_moved(key, type_name, "DELETE_IN_PROGRESS", None, physical_id)
    try:
        resource_types.of(type_name, key).delete(scope, physical_id, effective(resource, scope))
    except Exception as error:
        stack.resource_moved(key, type_name, "DELETE_FAILED", why(error), physical_id)
        return False
    stack.resource_moved(key, type_name, "DELETE_COMPLETE", None, physical_id)
    return True


def _could_not_delete(resources: list[Resource]) -> str:
    names = ", ".join(resource.logical_id for resource in resources)
    return f"The following resource(s) failed to delete: [{names}]. "


def why(error: Exception) -> str:
    """The reason of a failed step. Anything unforeseen fails the step too, and is logged:
    a stack left half-way for ever would be worse than a rollback with an odd reason."""
    foreseen = (ClientError, BotoCoreError, ResourceFailed, ValidationError)
    if isinstance(error, foreseen):
        return reason(error)
    if not isinstance(error, NotImplementedError):
        log.error("Unforeseen failure in a CloudFormation step", exc_info=error)
    return f"The offline AWS cannot do this: {type(error).__name__}: {error}"
