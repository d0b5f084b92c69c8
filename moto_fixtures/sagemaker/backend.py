"""The state of SageMaker in one account and region: moto's, and what moto lacks.

Everything added is kept on the backend, so that moto's own reset clears it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.sagemaker import urls
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.utils import arn_formatter

from moto_fixtures.data_capture import CaptureBuffer
from moto_fixtures.endpoint_metrics import MetricBuffer
from moto_fixtures.jobs import background
from moto_fixtures.sagemaker.errors import AWSValidationException, ResourceNotFound

if TYPE_CHECKING:
    from moto_fixtures.sagemaker.executions import MonitoringExecution
    from moto_fixtures.sagemaker.projects import Project
    from moto_fixtures.sagemaker.schedules import MonitoringSchedule


class Backend(SageMakerModelBackend):
    """moto's SageMaker with monitoring schedules, executions, projects and capture."""

    _url_module = urls
    """moto derives this from the class's module; ours lies elsewhere."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.monitoring_schedules: dict[str, MonitoringSchedule] = {}
        self.monitoring_executions: list[MonitoringExecution] = []
        self.projects: dict[str, Project] = {}
        self.package_versions: dict[str, int] = {}
        self.package_group_policies: dict[str, str] = {}
        self.capture = CaptureBuffer(account_id, region_name)
        self.metrics = MetricBuffer(account_id, region_name)

    def reset(self) -> None:
        """As moto, once what runs here has been stopped."""
        background.end_all_of(self)
        super().reset()

    def arn(self, resource_type: str, name: str) -> str:
        """The ARN of a resource of this account and region."""
        return str(arn_formatter(resource_type, name, self.account_id, self.region_name))

    def endpoint(self, name: str) -> Any:
        """An endpoint by name, or the error AWS gives."""
        try:
            return self.endpoints[name]
        except KeyError:
            arn = self.arn("endpoint", name)
            raise AWSValidationException(f'Could not find endpoint "{arn}".') from None

    def monitoring_schedule(self, name: str) -> MonitoringSchedule:
        """A schedule by name, or the error AWS gives."""
        try:
            return self.monitoring_schedules[name]
        except KeyError:
            arn = self.arn("monitoring-schedule", name)
            raise ResourceNotFound(f"Monitoring Schedule {arn} not found.") from None

    def job_definitions(self, kind: Any) -> dict[str, Any]:
        """The job definitions of one kind of monitor, by name (moto's own dictionary)."""
        return getattr(self, f"{kind.slug.replace('-', '_')}_job_definitions")

    def _get_resource_from_arn(self, arn: str) -> Any:
        """What an ARN's tags hang on. moto knows neither ours nor `model-package/group/version`."""
        resource_type, _, name = arn.split(":", 5)[-1].partition("/")
        ours: dict[str, dict[str, Any]] = {
            "monitoring-schedule": self.monitoring_schedules,
            "project": self.projects,
            "model-card": self.model_cards,
            "model-package": {},
        }
        if resource_type in ours:
            found = ours[resource_type].get(name) or self.model_packages.get(arn)
        else:
            try:
                found = super()._get_resource_from_arn(arn)
            except (AttributeError, ValueError):
                found = None
        if found is None:
            raise AWSValidationException(f"Could not find resource {arn}; it has no tags.")
        return found
