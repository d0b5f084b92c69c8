"""Pipelines, their versions and executions, and the steps of these, as the API shows them.

Everything is kept on the backend as plain values, so that it can be saved, and moto's reset
clears it. What runs an execution (running.py) holds nothing of its own but a thread.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import utcnow

from moto_fixtures.pipelines.definition import Definition

ID_LENGTH = 12
_ALPHABET = string.ascii_lowercase + string.digits
EXECUTING, STOPPING, STOPPED = "Executing", "Stopping", "Stopped"
SUCCEEDED, FAILED = "Succeeded", "Failed"
Document = dict[str, Any]


def present(answer: Document) -> Document:
    """An answer without what it has not."""
    return {member: value for member, value in answer.items() if value is not None}


@dataclass
class Version:
    """One definition a pipeline has had."""

    number: int
    text: str
    definition: Definition
    created: datetime
    display_name: str | None = None
    description: str | None = None
    last_execution: str | None = None


@dataclass
class Pipeline:
    """A pipeline: what was asked for last, and all its versions."""

    request: Document
    """PipelineName, PipelineDisplayName, PipelineDescription, RoleArn, Parallelism…"""
    arn: str
    created: datetime
    modified: datetime
    tags: list[dict[str, str]]
    versions: list[Version] = field(default_factory=list)
    executions: dict[str, Execution] = field(default_factory=dict)
    """By ARN, the oldest first."""
    last_run: datetime | None = None

    @property
    def name(self) -> str:
        return str(self.request["PipelineName"])

    @property
    def pipeline_name(self) -> str:
        """As moto's Search knows it."""
        return self.name

    def gen_response_object(self) -> Document:
        """As moto's Search answers it."""
        described = self.describe(self.versions[-1])
        del described["PipelineDefinition"]
        return {**described, "Tags": self.tags}

    def describe(self, version: Version) -> Document:
        return present(
            {
                "PipelineDisplayName": self.name,
                **self.request,
                "PipelineArn": self.arn,
                "PipelineDefinition": version.text,
                "PipelineStatus": "Active",
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                "LastRunTime": self.last_run,
                "PipelineVersionDisplayName": version.display_name,
                "PipelineVersionDescription": version.description,
            }
        )

    def summary(self) -> Document:
        return present(
            {
                "PipelineArn": self.arn,
                "PipelineName": self.name,
                "PipelineDisplayName": self.request.get("PipelineDisplayName", self.name),
                "PipelineDescription": self.request.get("PipelineDescription"),
                "RoleArn": self.request["RoleArn"],
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                "LastExecutionTime": self.last_run,
            }
        )


@dataclass
class StepRun:
    """One step of one execution, once it has begun."""

    name: str
    type: str
    display_name: str | None = None
    description: str | None = None
    status: str = EXECUTING
    started: datetime = field(default_factory=utcnow)
    ended: datetime | None = None
    failure_reason: str | None = None
    metadata: Document = field(default_factory=dict)
    """`{"ProcessingJob": {"Arn": …}}`, `{"Condition": {"Outcome": "True"}}`, …"""
    properties: Document = field(default_factory=dict)
    """What `Steps.<name>.…` finds."""
    attempts: int = 1
    cache_key: str | None = None
    cached_from: str | None = None
    """ARN of the execution whose result was taken, when the step did not run."""
    selected_from: str | None = None
    """ARN of the source execution of a selective one, for a step that was not selected."""
    job: tuple[str, str] | None = None
    """The type and name of the job that runs now."""

    def end(self, status: str, reason: str | None = None) -> None:
        self.status, self.failure_reason, self.ended, self.job = status, reason, utcnow(), None

    def summary(self) -> Document:
        return present(
            {
                "StepName": self.name,
                "StepDisplayName": self.display_name,
                "StepDescription": self.description,
                "StartTime": self.started,
                "EndTime": self.ended,
                "StepStatus": self.status,
                "CacheHitResult": _source(self.cached_from),
                "SelectiveExecutionResult": _source(self.selected_from),
                "FailureReason": self.failure_reason,
                "Metadata": self.metadata,
                "AttemptCount": self.attempts,
            }
        )


def _source(arn: str | None) -> Document | None:
    return {"SourcePipelineExecutionArn": arn} if arn else None


@dataclass
class Execution:
    """One run of a pipeline."""

    pipeline: Pipeline
    version: Version
    request: Document
    """StartPipelineExecution's, for what is only shown."""
    parameters: Document
    id: str = field(default_factory=lambda: _random(ID_LENGTH, _ALPHABET))
    status: str = EXECUTING
    failure_reason: str | None = None
    started: datetime = field(default_factory=utcnow)
    modified: datetime = field(default_factory=utcnow)
    steps: dict[str, StepRun] = field(default_factory=dict)
    """By name, in the order in which they began."""

    @property
    def arn(self) -> str:
        return f"{self.pipeline.arn}/execution/{self.id}"

    @property
    def pipeline_execution_status(self) -> str:
        """As moto's Search knows it."""
        return self.status

    @property
    def tags(self) -> list[dict[str, str]]:
        """Those of its pipeline."""
        return self.pipeline.tags

    def gen_response_object(self) -> Document:
        """As moto's Search answers it."""
        given = self.request.get("PipelineParameters", [])
        return {**self.describe(), "PipelineParameters": given}

    @property
    def display_name(self) -> str:
        given = self.request.get("PipelineExecutionDisplayName")
        return str(given or f"execution-{int(self.started.replace(tzinfo=UTC).timestamp() * 1000)}")

    @property
    def experiment(self) -> Document:
        """The experiment and trial it would be logged in; expressions are this execution's."""
        known = {
            "Execution.PipelineName": self.pipeline.name,
            "Execution.PipelineExecutionId": self.id,
        }
        return {
            member: known.get(str(value.get("Get"))) if isinstance(value, dict) else value
            for member, value in self.version.definition.experiment.items()
        }

    def end(self, status: str, reason: str | None = None) -> None:
        self.status, self.failure_reason, self.modified = status, reason, utcnow()

    def describe(self) -> Document:
        shown = (
            "PipelineExecutionDescription",
            "ParallelismConfiguration",
            "SelectiveExecutionConfig",
            "RoleArn",
        )
        return present(
            {
                "ParallelismConfiguration": self.pipeline.request.get("ParallelismConfiguration"),
                "RoleArn": self.pipeline.request["RoleArn"],
                **{member: self.request[member] for member in shown if member in self.request},
                "PipelineArn": self.pipeline.arn,
                "PipelineExecutionArn": self.arn,
                "PipelineExecutionDisplayName": self.display_name,
                "PipelineExecutionStatus": self.status,
                "PipelineExperimentConfig": present(self.experiment) or None,
                "FailureReason": self.failure_reason,
                "CreationTime": self.started,
                "LastModifiedTime": self.modified,
                "PipelineVersionId": self.version.number,
            }
        )

    def summary(self) -> Document:
        return present(
            {
                "PipelineExecutionArn": self.arn,
                "StartTime": self.started,
                "PipelineExecutionStatus": self.status,
                "PipelineExecutionDescription": self.request.get("PipelineExecutionDescription"),
                "PipelineExecutionDisplayName": self.display_name,
                "PipelineExecutionFailureReason": self.failure_reason,
            }
        )


def job_name(execution: Execution, step: str, longest: int = 63) -> str:
    """A name as the service gives it: `pipelines-<execution>-<step>-<ten letters>`."""
    head, tail = f"pipelines-{execution.id}-", f"-{_random(10, string.ascii_letters)}"
    if len(head) + len(tail) >= longest:
        head, tail = f"{execution.id}-", tail[:6]
    middle = step.replace("_", "-")[: longest - len(head) - len(tail)].strip("-")
    return f"{head}{middle}{tail}"


def _random(length: int, alphabet: str) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
