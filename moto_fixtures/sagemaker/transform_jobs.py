"""Batch transform jobs, run by `moto_fixtures.jobs.transform`."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from moto_fixtures.jobs import transform
from moto_fixtures.jobs.background import Background, Outcome
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import ResourceInUseException, ResourceNotFound
from moto_fixtures.sagemaker.listing import Listing

LISTING = Listing(
    result="TransformJobSummaries",
    sort={
        "CreationTime": "CreationTime",
        "Name": "TransformJobName",
        "Status": "TransformJobStatus",
    },
    equal={"StatusEquals": "TransformJobStatus"},
    contains={"NameContains": "TransformJobName"},
    times=("CreationTime", "LastModifiedTime"),
)
SUMMARY = (
    "TransformJobName", "TransformJobArn", "CreationTime", "TransformEndTime",
    "TransformJobStatus", "FailureReason",
)  # fmt: skip


class TransformJob(Background):
    """A batch transform job that answers what it was asked to be, and how it ended."""

    NOUN, NAME = "transform-job", "TransformJobName"

    def work(self) -> Outcome:
        return transform.carry_out(self)

    @property
    def response_object(self) -> dict[str, Any]:
        answer = {
            **{name: value for name, value in self.request.items() if name != "Tags"},
            "TransformJobArn": self.arn,
            "TransformJobStatus": self.status,
            "FailureReason": self.failure_reason,
            "CreationTime": self.created,
            "TransformStartTime": self.started,
            "TransformEndTime": self.ended,
        }
        return {member: value for member, value in answer.items() if value is not None}

    @property
    def summary(self) -> dict[str, Any]:
        """Its line in a list."""
        found = self.response_object
        listed = {name: found[name] for name in SUMMARY if name in found}
        return {**listed, "LastModifiedTime": self.modified}


class TransformJobActions:
    """Create, describe, list and stop batch transform jobs."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_transform_job(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name = request["TransformJobName"]
        transform.check(request)
        backend.describe_model(request["ModelName"])
        if name in backend.transform_jobs:
            raise ResourceInUseException(
                f"Transform job names must be unique within an AWS account and region, and a job "
                f"with this name already exists ({backend.transform_jobs[name].arn})"
            )
        made: Any = TransformJob(request, backend)
        backend.transform_jobs[name] = made
        made.begin()
        return ActionResult({"TransformJobArn": made.arn})

    def describe_transform_job(self) -> ActionResult:
        return ActionResult(self._transform_job().response_object)

    def list_transform_jobs(self) -> ActionResult:
        jobs: Any = self.sagemaker_backend.transform_jobs.values()
        return ActionResult(LISTING.answer([one.summary for one in jobs], self.params))

    def stop_transform_job(self) -> EmptyResult:
        self._transform_job().stop()
        return EmptyResult()

    def _transform_job(self) -> TransformJob:
        name = self.params["TransformJobName"]
        found: Any = self.sagemaker_backend.transform_jobs.get(name)
        if found is None:
            arn = self.sagemaker_backend.arn("transform-job", name)
            raise ResourceNotFound(f"Could not find requested job with name: {name} ({arn})")
        return found
