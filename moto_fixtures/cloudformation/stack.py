"""A stack, its resources and its events: plain data that the engine moves from state to state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from moto_fixtures.cloudformation import tokens
from moto_fixtures.cloudformation.template import Template

STACK_TYPE = "AWS::CloudFormation::Stack"

UNFINISHED = frozenset({"CREATE_FAILED", "UPDATE_FAILED"})
"""Left standing by --disable-rollback: to be rolled back, or tried again without rollback."""
UPDATABLE = UNFINISHED | {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


@dataclass(frozen=True)
class Resource:
    """One resource as it was last made or changed."""

    logical_id: str
    type_name: str
    physical_id: str
    properties: dict[str, Any]
    """As the template has them, resolved; without generated names and stack tags."""
    attributes: dict[str, Any]
    """What Fn::GetAtt can be asked for."""
    name: str | None = None
    """The value of the name property: the template's or a generated one."""
    tags: dict[str, str] = field(default_factory=dict)
    """The stack's tags when it was last touched."""
    deletion_policy: str = "Delete"
    replace_policy: str = "Delete"
    metadata: Any = None


@dataclass
class ResourceStatus:
    """What describe-stack-resources says of a logical id, also after it is gone."""

    type_name: str
    physical_id: str = ""
    status: str = ""
    reason: str | None = None
    timestamp: dt.datetime = field(default_factory=utcnow)


@dataclass(frozen=True)
class Undo:
    """How to take back one step: delete what was made, or restore what was changed."""

    action: Literal["delete", "restore"]
    before: Resource | None
    after: Resource


@dataclass(frozen=True)
class Output:
    key: str
    value: str
    description: str | None = None
    export_name: str | None = None


@dataclass(frozen=True)
class Event:
    event_id: str
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str | None
    timestamp: dt.datetime
    token: str | None
    """The ClientRequestToken of the operation."""


@dataclass
class Intent:
    """What the caller wants a stack to be."""

    template: Template
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    role_arn: str | None = None
    disable_rollback: bool = False
    retain_except_on_create: bool = False
    resolved: dict[str, str] = field(default_factory=dict)
    """What was read for parameters of an SSM type, when the intent was last looked at."""


@dataclass(frozen=True)
class Drift:
    """How one resource was found when drift was last detected."""

    resource: Resource
    status: Literal["IN_SYNC", "MODIFIED", "DELETED", "UNKNOWN"]
    actual: str | None = None
    """The live properties, as JSON."""
    differences: tuple[dict[str, str], ...] = ()
    reason: str | None = None
    timestamp: dt.datetime = field(default_factory=utcnow)


@dataclass(frozen=True)
class Former:
    """What an update changed of a stack itself."""

    intent: Intent | None
    outputs: tuple[Output, ...]
    imports: frozenset[str]
    resources: dict[str, Resource]


@dataclass
class Stack:
    """A stack. `resources` is in the order they were made; deletion goes the other way."""

    name: str
    stack_id: str
    created: dt.datetime = field(default_factory=utcnow)
    status: str = "REVIEW_IN_PROGRESS"
    status_reason: str | None = None
    updated: dt.datetime | None = None
    deleted: dt.datetime | None = None
    intent: Intent | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    statuses: dict[str, ResourceStatus] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    imports: frozenset[str] = frozenset()
    events: list[Event] = field(default_factory=list)
    termination_protection: bool = False
    undo: list[Undo] = field(default_factory=list)
    """Steps of an unfinished update or creation, oldest first."""
    retired: list[Resource] = field(default_factory=list)
    """Replaced resources that wait to be deleted once the update has succeeded."""
    removed: list[Resource] = field(default_factory=list)
    """Resources that left the template, and wait likewise."""
    former: Former | None = None
    """What a nested stack was before an update that its parent has not concluded yet."""
    deletes_new: bool = False
    """Whether a rollback deletes what was new in spite of Retain (RetainExceptOnCreate)."""
    was_complete: bool = False
    """Whether any creation or update has ever succeeded."""
    drifts: dict[str, Drift] = field(default_factory=dict)
    drift_status: Literal["NOT_CHECKED", "IN_SYNC", "DRIFTED", "UNKNOWN"] = "NOT_CHECKED"
    drift_checked: dt.datetime | None = None
    parent_id: str | None = None
    root_id: str | None = None
    change_set_id: str | None = None

    @property
    def is_live(self) -> bool:
        return self.status != "DELETE_COMPLETE"

    @property
    def template(self) -> Template | None:
        return self.intent.template if self.intent else None

    @property
    def exports(self) -> Iterator[Output]:
        return (output for output in self.outputs if output.export_name)

    def moved(self, status: str, reason: str | None = None) -> None:
        """The stack itself enters a state."""
        self.status, self.status_reason = status, reason
        self._record(self.name, self.stack_id, STACK_TYPE, status, reason)

    def resource_moved(
        self,
        logical_id: str,
        type_name: str,
        status: str,
        reason: str | None = None,
        physical_id: str = "",
    ) -> None:
        """One resource enters a state."""
        live = self.resources.get(logical_id)
        if live is None or live.physical_id == physical_id or not status.startswith("DELETE"):
            # The end of a replaced resource says nothing of the one in its place.
            self.statuses[logical_id] = ResourceStatus(type_name, physical_id, status, reason)
        self._record(logical_id, physical_id, type_name, status, reason)

    def _record(
        self, logical_id: str, physical_id: str, type_name: str, status: str, reason: str | None
    ) -> None:
        event_id, token = str(mock_random.uuid4()), tokens.of_events()
        self.events.append(
            Event(event_id, logical_id, physical_id, type_name, status, reason, utcnow(), token)
        )
