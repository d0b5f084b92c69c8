"""Processing jobs behind monitoring executions, described as the request that made them.

moto's drop the environment and the resources. Jobs a user creates are refused (see
`limits.REFUSED_ACTIONS`) until a script can be run for them.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.models import FakeProcessingJob

from moto_fixtures.sagemaker.backend import Backend


class ProcessingJob(FakeProcessingJob):
    """A processing job that answers what it was asked to be, and how it ended."""

    def __init__(self, request: dict[str, Any], backend: Backend, schedule_arn: str) -> None:
        super().__init__(
            app_specification=request["AppSpecification"],
            experiment_config={},
            network_config=request.get("NetworkConfig", {}),
            processing_inputs=request["ProcessingInputs"],
            processing_job_name=request["ProcessingJobName"],
            processing_output_config=request["ProcessingOutputConfig"],
            account_id=backend.account_id,
            region_name=backend.region_name,
            role_arn=request["RoleArn"],
            tags=[],
            stopping_condition=request.get("StoppingCondition", {}),
        )
        self.request = request
        self.schedule_arn = schedule_arn
        self.processing_job_status = "InProgress"
        self.processing_end_time: Any = None
        self.exit_message: str | None = None
        self.failure_reason: str | None = None

    @property
    def response_object(self) -> dict[str, Any]:
        answer = {
            **self.request,
            "ProcessingJobArn": self.arn,
            "ProcessingJobStatus": self.processing_job_status,
            "ExitMessage": self.exit_message,
            "FailureReason": self.failure_reason,
            "ProcessingStartTime": self.creation_time,
            "ProcessingEndTime": self.processing_end_time,
            "LastModifiedTime": self.last_modified_time,
            "CreationTime": self.creation_time,
            "MonitoringScheduleArn": self.schedule_arn,
        }
        return {member: value for member, value in answer.items() if value is not None}


class ProcessingJobActions:
    """Describe a processing job."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def describe_processing_job(self) -> ActionResult:
        name = self.params["ProcessingJobName"]
        return ActionResult(self.sagemaker_backend.describe_processing_job(name))
