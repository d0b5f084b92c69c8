"""The actions of SageMaker's API: every request validated, everything missing refused by name."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores, get_service_model
from moto.sagemaker.responses import SageMakerResponse

from moto_fixtures.events import states
from moto_fixtures.sagemaker import limits, validation
from moto_fixtures.sagemaker.alerts import AlertActions
from moto_fixtures.sagemaker.endpoint_configs import EndpointConfigActions
from moto_fixtures.sagemaker.endpoints import EndpointActions
from moto_fixtures.sagemaker.errors import NotSimulatedError
from moto_fixtures.sagemaker.executions import ExecutionActions
from moto_fixtures.sagemaker.job_definitions import JobDefinitionActions
from moto_fixtures.sagemaker.model_cards import ModelCardActions
from moto_fixtures.sagemaker.model_package_groups import ModelPackageGroupActions
from moto_fixtures.sagemaker.model_packages import ModelPackageActions
from moto_fixtures.sagemaker.models import ModelActions
from moto_fixtures.sagemaker.pipelines import PipelineExecutionActions
from moto_fixtures.sagemaker.processing_jobs import ProcessingJobActions
from moto_fixtures.sagemaker.projects import ProjectActions
from moto_fixtures.sagemaker.schedules import ScheduleActions
from moto_fixtures.sagemaker.tags import TagActions
from moto_fixtures.sagemaker.training_jobs import TrainingJobActions
from moto_fixtures.sagemaker.transform_jobs import TransformJobActions
from moto_fixtures.sagemaker.tuning_jobs import TuningJobActions

NAMED_BY_MOTO = {"DescribeClusterNode"}
"""Actions asked for by an id that moto made up, which AWS's model would refuse."""


class Response(
    JobDefinitionActions,
    ScheduleActions,
    ExecutionActions,
    AlertActions,
    EndpointActions,
    EndpointConfigActions,
    ModelActions,
    ModelPackageActions,
    ModelPackageGroupActions,
    ModelCardActions,
    PipelineExecutionActions,
    ProcessingJobActions,
    ProjectActions,
    TagActions,
    TrainingJobActions,
    TransformJobActions,
    TuningJobActions,
    SageMakerResponse,
):
    """moto's SageMaker actions, ours before them."""

    params: dict[str, Any]

    def call_action(self) -> Any:
        """Validate, refuse what is not there, then answer."""
        try:
            self._check(self._get_action())
        except ServiceException as error:
            return self.serialized(ActionResult(error))
        answered = super().call_action()
        states.after(self._get_action(), self.sagemaker_backend)
        return answered

    def serialized(self, action_result: ActionResult) -> Any:
        """As moto, but for our own error, which AWS's model has not."""
        error = action_result.result
        if isinstance(error, NotSimulatedError):
            return error.response(self.response_headers)
        return super().serialized(action_result)

    def _check(self, action: str) -> None:
        limits.refuse(action, self.params)
        if not hasattr(self, camelcase_to_underscores(action)):
            raise NotSimulatedError(f"sagemaker:{action}")
        shape = get_service_model("sagemaker").operation_model(action).input_shape
        if shape is not None and action not in NAMED_BY_MOTO:
            validation.check(shape, self.params)
