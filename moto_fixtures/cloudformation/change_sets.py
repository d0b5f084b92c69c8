"""Change sets: an intent, its plan, and whether it may be executed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from moto.core.utils import utcnow

from moto_fixtures.cloudformation.causes import Cause
from moto_fixtures.cloudformation.plan import Change, PropertyChange
from moto_fixtures.cloudformation.stack import Intent

# The aws CLI recognises an empty change set by the first sentence.
NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


@dataclass
class ChangeSet:
    """A planned creation or update of a stack."""

    name: str
    change_set_id: str
    stack_id: str
    stack_name: str
    kind: str
    """CREATE or UPDATE."""
    intent: Intent
    changes: tuple[Change, ...]
    is_empty: bool
    description: str | None = None
    on_stack_failure: str | None = None
    execution_status: str = "AVAILABLE"
    created: dt.datetime = field(default_factory=utcnow)

    def __post_init__(self) -> None:
        if self.is_empty:
            self.execution_status = "UNAVAILABLE"

    @property
    def status(self) -> str:
        return "FAILED" if self.is_empty else "CREATE_COMPLETE"

    @property
    def status_reason(self) -> str | None:
        return NO_CHANGES if self.is_empty else None


def change_on_the_wire(change: Change) -> dict[str, Any]:
    """One line of a change set, as DescribeChangeSet has it."""
    found: dict[str, Any] = {
        "Action": change.action,
        "LogicalResourceId": change.logical_id,
        "ResourceType": change.type_name,
        "Scope": list(change.difference.scope),
        "Details": _details(change),
    }
    if change.physical_id is not None:
        found["PhysicalResourceId"] = change.physical_id
    if change.action == "Modify":
        found["Replacement"] = change.difference.replacement
    return {"Type": "Resource", "ResourceChange": found}


def _details(change: Change) -> list[dict[str, Any]]:
    details = [
        _detail(item, cause) for item in change.difference.properties for cause in item.causes
    ]
    details += [
        {
            "Target": {"Attribute": attribute, "RequiresRecreation": "Never"},
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
        for attribute in change.difference.scope
        if attribute != "Properties"
    ]
    if change.difference.automatic and not change.difference.properties:
        details.append(
            {
                "Target": {"Attribute": "Properties", "RequiresRecreation": "Never"},
                "Evaluation": "Dynamic",
                "ChangeSource": "Automatic",
            }
        )
    return details


def _detail(item: PropertyChange, cause: Cause) -> dict[str, Any]:
    from_resource = cause.source.startswith("Resource")
    found = {
        "Target": {
            "Attribute": "Properties",
            "Name": item.name,
            "RequiresRecreation": item.recreation,
        },
        "Evaluation": "Dynamic" if from_resource else "Static",
        "ChangeSource": cause.source,
    }
    return {**found, "CausingEntity": cause.entity} if cause.entity else found
