"""Alerts of monitoring schedules: how many runs of the last ones found violations, and since when.

Every schedule has one alert, made with it and gone with it. It looks at the runs that could be
evaluated: `DatapointsToAlert` of the last `EvaluationPeriod` with violations are `InAlert`. Runs
that failed say nothing about the data, and are passed over (UNCONFIRMED). A changed alert judges
from the next run on. It is an indicator of the model dashboard, and tells nobody: CloudWatch's
alarms do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException, ResourceNotFound
from moto_fixtures.sagemaker.listing import Listing, page

if TYPE_CHECKING:
    from moto_fixtures.sagemaker.schedules import MonitoringSchedule

IN_ALERT, OK = "InAlert", "OK"
VIOLATED, CLEAN = "CompletedWithViolations", "Completed"
PAGE_SIZE = 10
HISTORY = Listing(
    result="MonitoringAlertHistory",
    sort={"CreationTime": "CreationTime", "Status": "AlertStatus"},
    equal={
        "MonitoringScheduleName": "MonitoringScheduleName",
        "MonitoringAlertName": "MonitoringAlertName",
        "StatusEquals": "AlertStatus",
    },
)


@dataclass
class Alert:
    """The alert of one schedule: 1 of 1 runs until it is updated."""

    name: str
    """The schedule's; AWS does not publish how it names them."""
    created: datetime
    modified: datetime
    datapoints: int = 1
    period: int = 1
    status: str = OK
    history: list[dict[str, Any]] = field(default_factory=list)
    """Each change of status; AWS's members."""
    evaluated: list[str] = field(default_factory=list)
    """Statuses of the runs that could be evaluated, oldest first."""

    def judge(self, status: str) -> None:
        """Take up the status in which another run of the schedule ended.

        >>> alert = Alert("hourly", datetime(2026, 1, 1), datetime(2026, 1, 1), 2, 3)
        >>> for run in (CLEAN, VIOLATED, "Failed", VIOLATED):
        ...     alert.judge(run)
        ...     print(alert.status)
        OK
        OK
        OK
        InAlert
        """
        if status not in (VIOLATED, CLEAN):
            return
        self.evaluated.append(status)
        violated = self.evaluated[-self.period :].count(VIOLATED)
        found = IN_ALERT if violated >= self.datapoints else OK
        if found == self.status:
            return
        self.status, self.modified = found, utcnow()
        self.history.append(
            {
                "MonitoringScheduleName": self.name,
                "MonitoringAlertName": self.name,
                "CreationTime": self.modified,
                "AlertStatus": found,
            }
        )

    def update(self, request: Mapping[str, Any]) -> None:
        """Set how many of how many; the status stays until the next run."""
        datapoints, period = request["DatapointsToAlert"], request["EvaluationPeriod"]
        if datapoints > period:
            raise AWSValidationException(
                f"DatapointsToAlert ({datapoints}) must not be greater than EvaluationPeriod "
                f"({period}): the alert of {self.name} could never be raised."
            )
        self.datapoints, self.period, self.modified = datapoints, period, utcnow()

    def summary(self) -> dict[str, Any]:
        return {
            "MonitoringAlertName": self.name,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "AlertStatus": self.status,
            "DatapointsToAlert": self.datapoints,
            "EvaluationPeriod": self.period,
            "Actions": {"ModelDashboardIndicator": {"Enabled": True}},
        }


class AlertActions:
    """List and update alerts, and list when they changed."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def list_monitoring_alerts(self) -> ActionResult:
        alerts = [self._watched(self.params["MonitoringScheduleName"]).alert.summary()]
        return ActionResult(page("MonitoringAlertSummaries", alerts, self.params, PAGE_SIZE))

    def update_monitoring_alert(self) -> ActionResult:
        schedule = self._watched(self.params["MonitoringScheduleName"])
        name = self.params["MonitoringAlertName"]
        if name != schedule.alert.name:
            raise ResourceNotFound(f"Monitoring alert {name} of {schedule.arn} not found.")
        schedule.alert.update(self.params)
        return ActionResult(
            {"MonitoringScheduleArn": schedule.arn, "MonitoringAlertName": schedule.alert.name}
        )

    def list_monitoring_alert_history(self) -> ActionResult:
        name = self.params.get("MonitoringScheduleName")
        schedules = self.sagemaker_backend.monitoring_schedules.values()
        watched = [self._watched(name)] if name else list(schedules)
        changes = [change for schedule in watched for change in schedule.alert.history]
        return ActionResult(HISTORY.answer(changes, self.params))

    def _watched(self, name: str) -> MonitoringSchedule:
        return self.sagemaker_backend.monitoring_schedule(name)
