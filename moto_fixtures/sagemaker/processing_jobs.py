"""Processing jobs: those of monitoring executions, and those a user creates.

A user's job runs beside the calls (`moto_fixtures.jobs.processing`); an execution's is run by
`moto_fixtures.running` and only shown here.
"""

from __future__ import annotations

import copy
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ResourceNotFound

from moto_fixtures.jobs import processing
from moto_fixtures.jobs.background import Background, Outcome
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import ResourceInUseException
from moto_fixtures.sagemaker.listing import Listing

LISTING = Listing(
    result="ProcessingJobSummaries",
    sort={
        "CreationTime": "CreationTime",
        "Name": "ProcessingJobName",
        "Status": "ProcessingJobStatus",
    },
    equal={"StatusEquals": "ProcessingJobStatus"},
    contains={"NameContains": "ProcessingJobName"},
    times=("CreationTime", "LastModifiedTime"),
    descending=False,
)
SUMMARY = (
    "ProcessingJobName", "ProcessingJobArn", "CreationTime", "ProcessingEndTime",
    "LastModifiedTime", "ProcessingJobStatus", "FailureReason", "ExitMessage",
)  # fmt: skip


class ProcessingJob(Background):
    """A processing job that answers what it was asked to be, and how it ended."""

    NOUN, NAME = "processing-job", "ProcessingJobName"

    def __init__(
        self, request: dict[str, Any], backend: Backend, schedule_arn: str | None = None
    ) -> None:
        super().__init__(request, backend)
        self.schedule_arn = schedule_arn
        self.exit_message: str | None = None
        if schedule_arn is not None:
            self.started = self.created

    def work(self) -> Outcome:
        outcome, message = processing.carry_out(self)
        self.exit_message = message or None
        return outcome

    @property
    def response_object(self) -> dict[str, Any]:
        answer = {
            **{name: value for name, value in self.request.items() if name != "Tags"},
            "ProcessingJobArn": self.arn,
            "ProcessingJobStatus": self.status,
            "ExitMessage": self.exit_message,
            "FailureReason": self.failure_reason,
            "ProcessingStartTime": self.started,
            "ProcessingEndTime": self.ended,
            "LastModifiedTime": self.modified,
            "CreationTime": self.created,
            "MonitoringScheduleArn": self.schedule_arn,
        }
        return {member: value for member, value in answer.items() if value is not None}


class ProcessingJobActions:
    """Create, describe, list and stop processing jobs."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_processing_job(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name = request["ProcessingJobName"]
        processing.check(request)
        if name in backend.processing_jobs:
            raise ResourceInUseException(
                f"Job name must be unique within an AWS account and region, and a job with this "
                f"name already exists ({backend.processing_jobs[name].arn})"
            )
        job = backend.processing_jobs[name] = ProcessingJob(request, backend)
        job.begin()
        return ActionResult({"ProcessingJobArn": job.arn})

    def describe_processing_job(self) -> ActionResult:
        return ActionResult(self._processing_job().response_object)

    def list_processing_jobs(self) -> ActionResult:
        found = [one.response_object for one in self.sagemaker_backend.processing_jobs.values()]
        summaries = [{name: one[name] for name in SUMMARY if name in one} for one in found]
        return ActionResult(LISTING.answer(summaries, self.params))

    def stop_processing_job(self) -> EmptyResult:
        self._processing_job().stop()
        return EmptyResult()

    def _processing_job(self) -> ProcessingJob:
        name = self.params["ProcessingJobName"]
        found: Any = self.sagemaker_backend.processing_jobs.get(name)
        if found is None:
            arn = self.sagemaker_backend.arn("processing-job", name)
            raise ResourceNotFound(f"Could not find requested job with name: {name} ({arn})")
        return found
