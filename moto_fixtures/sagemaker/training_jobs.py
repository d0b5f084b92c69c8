"""Training jobs, run by `moto_fixtures.jobs.training`."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from moto_fixtures.jobs import training
from moto_fixtures.jobs.background import ENDED, Background, Outcome
from moto_fixtures.jobs.logs import Log
from moto_fixtures.jobs.metrics import Metrics
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import (
    AWSValidationException,
    NotSimulatedError,
    ResourceInUseException,
    ResourceNotFound,
)
from moto_fixtures.sagemaker.listing import Listing

LISTING = Listing(
    result="TrainingJobSummaries",
    sort={
        "CreationTime": "CreationTime",
        "Name": "TrainingJobName",
        "Status": "TrainingJobStatus",
    },
    equal={"StatusEquals": "TrainingJobStatus"},
    contains={"NameContains": "TrainingJobName"},
    times=("CreationTime", "LastModifiedTime"),
    descending=False,
)
SUMMARY = (
    "TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "LastModifiedTime",
    "TrainingJobStatus", "SecondaryStatus",
)  # fmt: skip
MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading the training image and the input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "Failed": "Training job failed",
}


class TrainingJob(Background):
    """A training job that answers what it was asked to be, and how it ended."""

    NOUN, NAME = "training-job", "TrainingJobName"

    def __init__(
        self, request: dict[str, Any], backend: Backend, tuning_job_arn: str | None = None
    ) -> None:
        super().__init__(request, backend)
        self.tuning_job_arn = tuning_job_arn
        definitions = request["AlgorithmSpecification"].get("MetricDefinitions", [])
        self.metrics = Metrics(definitions)
        self.transitions: list[dict[str, Any]] = []
        self.pass_to("Starting")

    def work(self) -> Outcome:
        return training.carry_out(self)

    def end(self, outcome: Outcome) -> None:
        if self.secondary_status != training.OVERRAN:
            self.pass_to(outcome.status)
        self.transitions[-1]["EndTime"] = utcnow()
        super().end(outcome)

    def pass_to(self, secondary_status: str) -> None:
        """Say what it does now."""
        now = utcnow()
        if self.transitions:
            self.transitions[-1].setdefault("EndTime", now)
        message = MESSAGES[secondary_status]
        self.transitions.append(
            {"Status": secondary_status, "StartTime": now, "StatusMessage": message}
        )
        self.modified = now

    @property
    def secondary_status(self) -> str:
        """The last thing it did."""
        return str(self.transitions[-1]["Status"])

    def log(self) -> Log:
        """Where its lines go."""
        stream = f"{self.name}/algo-1-{int(self.created.timestamp())}"
        return Log(training.GROUP, stream, self.region, self.account, self.metrics.see)

    @property
    def response_object(self) -> dict[str, Any]:
        output = self.request["OutputDataConfig"]
        ending = "model" if output.get("CompressionType") == "NONE" else "model.tar.gz"
        artifacts = f"{output['S3OutputPath'].rstrip('/')}/{self.name}/output/{ending}"
        seconds = _seconds(self.started, self.ended)
        answer = {
            **{name: value for name, value in self.request.items() if name != "Tags"},
            "StoppingCondition": self.request.get("StoppingCondition")
            or {"MaxRuntimeInSeconds": training.DEFAULT_MAX_RUNTIME},
            "TrainingJobArn": self.arn,
            "TuningJobArn": self.tuning_job_arn,
            "ModelArtifacts": {"S3ModelArtifacts": artifacts},
            "TrainingJobStatus": self.status,
            "SecondaryStatus": self.secondary_status,
            "SecondaryStatusTransitions": self.transitions,
            "FailureReason": self.failure_reason,
            "CreationTime": self.created,
            "TrainingStartTime": self.started,
            "TrainingEndTime": self.ended,
            "LastModifiedTime": self.modified,
            "FinalMetricDataList": self.metrics.final() or None,
            "TrainingTimeInSeconds": seconds,
            "BillableTimeInSeconds": seconds,
        }
        return {member: value for member, value in answer.items() if value is not None}


def _seconds(started: datetime | None, ended: datetime | None) -> int | None:
    """Whole seconds, counted from the first that began."""
    if started is None or ended is None:
        return None
    return int((ended - started).total_seconds()) + 1


class TrainingJobActions:
    """Create, describe, list, stop and delete training jobs."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_training_job(self) -> ActionResult:
        request = copy.deepcopy(self.params)
        training.check(request)
        job = start(self.sagemaker_backend, request)
        return ActionResult({"TrainingJobArn": job.arn})

    def describe_training_job(self) -> ActionResult:
        return ActionResult(self._training_job().response_object)

    def list_training_jobs(self) -> ActionResult:
        for member in ("WarmPoolStatusEquals", "TrainingPlanArnEquals"):
            if self.params.get(member):
                raise NotSimulatedError(f"{member} of sagemaker:ListTrainingJobs")
        found = [one.response_object for one in self.sagemaker_backend.training_jobs.values()]
        summaries = [{name: one[name] for name in SUMMARY if name in one} for one in found]
        return ActionResult(LISTING.answer(summaries, self.params))

    def stop_training_job(self) -> EmptyResult:
        self._training_job().stop()
        return EmptyResult()

    def delete_training_job(self) -> EmptyResult:
        """One that runs is not deleted."""
        job = self._training_job()
        if job.status not in ENDED:
            raise AWSValidationException(
                f"Cannot delete training job {job.arn} while it is {job.status}; stop it first."
            )
        del self.sagemaker_backend.training_jobs[job.name]
        return EmptyResult()

    def _training_job(self) -> TrainingJob:
        name = self.params["TrainingJobName"]
        found: Any = self.sagemaker_backend.training_jobs.get(name)
        if found is None:
            arn = self.sagemaker_backend.arn("training-job", name)
            raise ResourceNotFound(f"Requested resource not found: {arn}.")
        return found


def start(
    backend: Backend, request: dict[str, Any], tuning_job_arn: str | None = None
) -> TrainingJob:
    """Begin a job whose request was checked; raise ResourceInUse when its name is taken."""
    name = request["TrainingJobName"]
    if name in backend.training_jobs:
        raise ResourceInUseException(
            f"Training job names must be unique within an AWS account and region, and a job "
            f"with this name already exists ({backend.training_jobs[name].arn})"
        )
    job = TrainingJob(request, backend, tuning_job_arn)
    backend.training_jobs[name] = job
    job.begin()
    return job
