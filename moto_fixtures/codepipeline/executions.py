"""One run of a pipeline: what its actions did, made and said. Data only; `stages` moves it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from moto_fixtures.codepipeline.artifacts import Artifact

IN_PROGRESS, SUCCEEDED, FAILED = "InProgress", "Succeeded", "Failed"
STOPPED, STOPPING, SUPERSEDED, ABANDONED = "Stopped", "Stopping", "Superseded", "Abandoned"
VARIABLE = re.compile(r"#\{([\w@-]+)\.([\w@.-]+)\}")


class ActionError(Exception):
    """The action fails; its code and message are shown with it."""

    def __init__(self, code: str, message: str, external_id: str = "") -> None:
        super().__init__(message)
        self.code, self.external_id = code, external_id


@dataclass
class ActionRun:
    """One attempt at an action."""

    stage: str
    action: Mapping[str, Any]
    version: int
    configuration: dict[str, str] = field(default_factory=dict)
    """Resolved: with the values of its variables."""
    inputs: list[Artifact] = field(default_factory=list)
    outputs: list[Artifact] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    status: str = IN_PROGRESS
    summary: str = ""
    token: str = ""
    """Of an approval that waits."""
    external_id: str = ""
    error: dict[str, str] = field(default_factory=dict)
    revision: str = ""
    updated_by: str = ""
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: datetime = field(default_factory=utcnow)
    updated: datetime = field(default_factory=utcnow)

    def end(self, status: str, summary: str = "") -> None:
        """Set how it ended; what was abandoned stays so, whatever becomes of it."""
        if self.status == ABANDONED:
            return
        self.status, self.updated, self.token = status, utcnow(), ""
        self.summary = summary or self.summary

    def fail(self, error: ActionError) -> None:
        self.error = {"code": error.code, "message": str(error)}
        self.external_id = error.external_id or self.external_id
        self.end(FAILED, str(error))


@dataclass
class Execution:
    """A run from its start to its end."""

    pipeline: Mapping[str, Any]
    """The declaration as it was when the run started."""
    given: dict[str, str]
    """Pipeline-level variables."""
    trigger: Mapping[str, str]
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = IN_PROGRESS
    announced: str = ""
    """The status that an event has told of."""
    summary: str = ""
    stage: int = 0
    """The stage it is in, or waits before."""
    is_waiting: bool = False
    """Before a stage that is occupied, or whose transition is disabled."""
    stop: str = ""
    """Why it was asked to stop."""
    current: dict[str, ActionRun] = field(default_factory=dict)
    """The attempts that count in its stage, by action."""
    history: list[ActionRun] = field(default_factory=list)
    stages: dict[str, str] = field(default_factory=dict)
    """How it fared in each stage it entered."""
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    started: datetime = field(default_factory=utcnow)
    updated: datetime = field(default_factory=utcnow)

    @property
    def name(self) -> str:
        return str(self.pipeline["name"])

    @property
    def stage_name(self) -> str:
        return str(self.pipeline["stages"][self.stage]["name"])

    def end(self, status: str, summary: str = "") -> None:
        self.status, self.summary, self.updated = status, summary, utcnow()
        self.is_waiting = False

    def resolve(self, text: str) -> str:
        """A configuration's value with its variables filled in.

        Raises ActionError for one that no action has set.
        """

        def value(found: re.Match[str]) -> str:
            namespace, name = found.groups()
            known = {
                "codepipeline": {"PipelineExecutionId": self.run_id, "PipelineName": self.name},
                "variables": self.given,
                **self.namespaces,
            }
            try:
                return known[namespace][name]
            except KeyError:
                raise ActionError(
                    "InvalidActionConfiguration",
                    f"{found[0]}: no action before this one has set that variable",
                ) from None

        return VARIABLE.sub(value, text)
