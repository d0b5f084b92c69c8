"""A step's job from its creation to its end, and when another attempt is made at it.

Needs     a type of step with a row here, and the request with its expressions resolved
Gives     what the job's Describe call answers when it has ended

A RetryPolicy looks at what went wrong: the error of the Create call, or the words a job's
failure reason begins with. The interval between attempts is not waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from moto.core.utils import utcnow

from moto_fixtures.jobs import background
from moto_fixtures.pipelines.state import STOPPING, Execution, StepRun, job_name

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobType:
    """How the jobs of one type of step are called."""

    metadata: str
    """The member of a step's Metadata that holds the ARN."""
    action: str
    """The client's methods are `create_<action>`, `describe_<action>` and `stop_<action>`."""
    name: str
    """The request's member that names the job; the ARN's and the status's begin like it."""
    longest: int = 63

    @property
    def noun(self) -> str:
        return self.name.removesuffix("Name")


JOB_TYPES: Mapping[str, JobType] = {
    "Processing": JobType("ProcessingJob", "processing_job", "ProcessingJobName"),
    "Training": JobType("TrainingJob", "training_job", "TrainingJobName"),
    "Transform": JobType("TransformJob", "transform_job", "TransformJobName"),
    "Tuning": JobType("TuningJob", "hyper_parameter_tuning_job", "HyperParameterTuningJobName", 32),
}
_BY_CODE = {
    "ThrottlingException": "Step.THROTTLING",
    "ResourceLimitExceeded": "SageMaker.RESOURCE_LIMIT",
}
_BY_REASON = {
    "InternalServerError": "SageMaker.JOB_INTERNAL_ERROR",
    "CapacityError": "SageMaker.CAPACITY_ERROR",
    "ResourceLimitExceeded": "SageMaker.RESOURCE_LIMIT",
}
BY_DEFAULT = ("Step.SERVICE_FAULT", "Step.THROTTLING")
"""Retried without a policy, up to DEFAULT_ATTEMPTS."""
DEFAULT_ATTEMPTS = 3
SERVER_ERROR = 500


class StepFailed(Exception):
    """The step's job failed; the message is the step's failure reason."""

    def __init__(self, reason: str, kind: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        """The exception type of a RetryPolicy that looks for it, or nothing."""


class StepStopped(Exception):
    """The step's job was stopped."""


def run(
    sagemaker: Any, kind: JobType, request: Mapping[str, Any], execution: Execution, step: StepRun
) -> Document:
    """Make a job, wait for its end, describe it.

    Raises:
        StepFailed: it was refused, or it failed.
        StepStopped: it was stopped, or the execution is about to stop.
    """
    if execution.status == STOPPING:
        raise StepStopped
    name = request.get(kind.name) or job_name(execution, step.name, kind.longest)
    step.job = (kind.action, name)
    try:
        created = getattr(sagemaker, f"create_{kind.action}")(**{**request, kind.name: name})
        arn = created[f"{kind.noun}Arn"]
        step.metadata = {kind.metadata: {"Arn": arn}}
        if execution.status == STOPPING:
            stop(sagemaker, step)
        background.wait(arn)
        described = getattr(sagemaker, f"describe_{kind.action}")(**{kind.name: name})
    except (ClientError, ParamValidationError) as error:
        raise refused(error) from error
    status, reason = described[f"{kind.noun}Status"], described.get("FailureReason", "")
    if status == "Stopped":
        raise StepStopped
    if status != "Completed":
        raise StepFailed(reason or f"The job {arn} ended as {status}.", _kind_of(reason))
    del described["ResponseMetadata"]
    return dict(described)


def stop(sagemaker: Any, step: StepRun) -> None:
    """Stop the job a step waits for, if there is one and it has not ended."""
    if step.job is None:
        return
    action, name = step.job
    kind = next(one for one in JOB_TYPES.values() if one.action == action)
    try:
        getattr(sagemaker, f"stop_{action}")(**{kind.name: name})
    except ClientError:
        return


def refused(error: ClientError | ParamValidationError) -> StepFailed:
    """A refused call as the failure of its step."""
    if isinstance(error, ParamValidationError):
        return StepFailed(f"ClientError: {error}")
    response = error.response
    code, message = response["Error"]["Code"], response["Error"]["Message"]
    kind = _BY_CODE.get(code, "")
    if response["ResponseMetadata"].get("HTTPStatusCode", 0) >= SERVER_ERROR:
        kind = "Step.SERVICE_FAULT"
    return StepFailed(f"ClientError: {code}: {message}", kind)


def is_retried(
    failure: StepFailed, policies: Sequence[Mapping[str, Any]] | None, step: StepRun
) -> bool:
    """Whether another attempt is made after a failure, `step.attempts` having been made."""
    for policy in policies or ():
        kinds = policy.get("ExceptionType", ())
        if failure.kind in ([kinds] if isinstance(kinds, str) else kinds):
            if "ExpireAfterMin" in policy:
                expiry = step.started + timedelta(minutes=policy["ExpireAfterMin"])
                return bool(utcnow() < expiry and step.attempts <= LONGEST_SERIES)
            return bool(step.attempts <= policy.get("MaxAttempts", 0))
    return failure.kind in BY_DEFAULT and step.attempts < DEFAULT_ATTEMPTS


LONGEST_SERIES = 20
"""Attempts after the first of a policy that ends by time: here the time between is not waited."""


def _kind_of(reason: str) -> str:
    return next((kind for word, kind in _BY_REASON.items() if reason.startswith(word)), "")
