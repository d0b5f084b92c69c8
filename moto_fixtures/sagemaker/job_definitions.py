"""The four monitoring job definitions: one class, and the four rows of `monitoring.kinds`.

moto has them too, written four ways (explainability forgets its stopping condition, data
quality lists the literal "EndpointName", two accept a name twice); these replace them.
A definition cannot be changed once made: a new one is created and the schedule updated.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from monitoring.kinds import KINDS, Kind
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import (
    AWSValidationException,
    ResourceInUseException,
    ResourceNotFound,
)
from moto_fixtures.sagemaker.listing import Listing

LISTING = Listing(
    result="JobDefinitionSummaries",
    sort={"CreationTime": "CreationTime", "Name": "MonitoringJobDefinitionName"},
    equal={"EndpointName": "EndpointName"},
    contains={"NameContains": "MonitoringJobDefinitionName"},
)


@dataclass
class JobDefinition:
    """What one monitor does each time its schedule is due: the request that made it."""

    kind: Kind
    request: dict[str, Any]
    arn: str
    created: datetime
    tags: list[dict[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.request["JobDefinitionName"])

    @property
    def job_input(self) -> dict[str, Any]:
        """Where the data comes from: `EndpointInput` or `BatchTransformInput`, and labels."""
        return dict(self.request[f"{self.kind.name}JobInput"])

    @property
    def source(self) -> dict[str, Any]:
        """The one of `EndpointInput` and `BatchTransformInput` that the definition has."""
        job_input = self.job_input
        return dict(job_input.get("EndpointInput") or job_input["BatchTransformInput"])

    @property
    def app(self) -> dict[str, Any]:
        """The image, its environment, and what is peculiar to the kind."""
        return dict(self.request[f"{self.kind.name}AppSpecification"])

    @property
    def baseline(self) -> dict[str, Any]:
        """The documents to compare with; empty when the definition names none."""
        return dict(self.request.get(f"{self.kind.name}BaselineConfig", {}))

    @property
    def output_config(self) -> dict[str, Any]:
        return dict(self.request[f"{self.kind.name}JobOutputConfig"])

    @property
    def endpoint_name(self) -> str | None:
        """The endpoint watched; None for a monitor of batch transform jobs."""
        return self.job_input.get("EndpointInput", {}).get("EndpointName")

    def describe(self) -> dict[str, Any]:
        return {**self.request, "JobDefinitionArn": self.arn, "CreationTime": self.created}

    def summary(self) -> dict[str, Any]:
        """As List answers it. A batch monitor's has no EndpointName, which AWS leaves empty."""
        return {
            "MonitoringJobDefinitionName": self.name,
            "MonitoringJobDefinitionArn": self.arn,
            "CreationTime": self.created,
            "EndpointName": self.endpoint_name or "",
        }


def create(backend: Backend, kind: Kind, request: dict[str, Any]) -> JobDefinition:
    """Store a definition whose name is free and whose references exist."""
    store, name = backend.job_definitions(kind), request["JobDefinitionName"]
    if name in store:
        raise ResourceInUseException(
            f"Job definition {store[name].arn} already exists; a definition is never changed in "
            "place, so create one under another name."
        )
    made = JobDefinition(
        kind=kind,
        request=copy.deepcopy(request),
        arn=backend.arn(f"{kind.slug}-job-definition", name),
        created=utcnow(),
        tags=list(request.get("Tags", [])),
    )
    check_input(backend, made)
    store[name] = made
    return made


def check_input(backend: Backend, made: JobDefinition) -> None:
    """Refuse a definition whose endpoint or baselining job is not there."""
    sources = {"EndpointInput", "BatchTransformInput"} & set(made.job_input)
    if len(sources) != 1:
        raise AWSValidationException(
            f"{made.kind.name}JobInput must have exactly one of EndpointInput and "
            f"BatchTransformInput; it has {' and '.join(sorted(sources)) or 'neither'}."
        )
    if made.endpoint_name is not None:
        backend.endpoint(made.endpoint_name)
    baselining_job = made.baseline.get("BaseliningJobName")
    if baselining_job is not None:
        backend.describe_processing_job(baselining_job)


def get(backend: Backend, kind: Kind, name: str) -> JobDefinition:
    """A definition by name, or the error AWS gives."""
    try:
        return backend.job_definitions(kind)[name]
    except KeyError:
        arn = backend.arn(f"{kind.slug}-job-definition", name)
        raise ResourceNotFound(f"Could not find job definition {arn}.") from None


class JobDefinitionActions:
    """Create, describe, list and delete, for each of the four kinds; filled in below."""


def _actions(kind: Kind) -> dict[str, Callable[[Any], ActionResult]]:
    """The four actions of one kind, under the names moto looks for."""

    def create_one(self: Any) -> ActionResult:
        made = create(self.sagemaker_backend, kind, self.params)
        return ActionResult({"JobDefinitionArn": made.arn})

    def describe_one(self: Any) -> ActionResult:
        found = get(self.sagemaker_backend, kind, self.params["JobDefinitionName"])
        return ActionResult(found.describe())

    def list_all(self: Any) -> ActionResult:
        found = self.sagemaker_backend.job_definitions(kind).values()
        return ActionResult(LISTING.answer([one.summary() for one in found], self.params))

    def delete_one(self: Any) -> ActionResult:
        found = get(self.sagemaker_backend, kind, self.params["JobDefinitionName"])
        del self.sagemaker_backend.job_definitions(kind)[found.name]
        return EmptyResult()

    noun = xform_name(kind.job_definition)
    return {
        f"create_{noun}": create_one,
        f"describe_{noun}": describe_one,
        f"list_{noun}s": list_all,
        f"delete_{noun}": delete_one,
    }


for _kind in KINDS:
    for _name, _action in _actions(_kind).items():
        setattr(JobDefinitionActions, _name, _action)
