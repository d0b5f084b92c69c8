"""What is due becomes an execution: schedule → processing jobs → the container's real code.

Needs     the schedules of every account and region, and the clock
Writes    executions; what their jobs write (running.py)

AWS starts an execution up to 20 minutes after its hour. Here the delay is always the same:
the run scheduled for 11:00, of the window 10:00 to 11:00, starts at 11:05. What is due at
one moment runs side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import clock, data_capture, processing, running
from moto_fixtures.running import Running
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.executions import MonitoringExecution
from moto_fixtures.sagemaker.schedules import MonitoringSchedule
from moto_fixtures.timing import NOW

START_DELAY = timedelta(minutes=5)
"""From the scheduled moment to the start. `NOW` schedules start at once."""


def install() -> None:
    """Let schedules fall due as the clock is wound."""
    clock.register("monitoring schedules", clock.Source(next_event, run_due, skip_missed))


def next_event() -> datetime | None:
    """When the next execution starts."""
    return min((_starts(schedule) for _, schedule in _waiting()), default=None)


def run_due() -> list[MonitoringExecution]:
    """Run every execution that is due by now; answer them in the order of their schedules."""
    due = [(backend, one) for backend, one in _waiting() if _starts(one) <= utcnow()]
    if not due:
        return []
    data_capture.flush_all()
    begun = [begin(backend, schedule) for backend, schedule in due]
    running.run_all([run for _, run in begun if run is not None])
    for (_, schedule), (execution, _) in zip(due, begun, strict=True):
        schedule.alert.judge(execution.status)
    return [execution for execution, _ in begun]


def skip_missed() -> None:
    """After a jump of the clock: whatever fell due in between is not made up for."""
    for _, schedule in _waiting():
        if schedule.expression != NOW:
            schedule.due = schedule.due_after(utcnow() - START_DELAY)


def _waiting() -> Iterator[tuple[Backend, MonitoringSchedule]]:
    for _, _, backend in list(sagemaker_backends.iter_backends()):
        for schedule in list(getattr(backend, "monitoring_schedules", {}).values()):
            if schedule.due is not None and schedule.status in {"Pending", "Scheduled"}:
                yield backend, schedule


def _starts(schedule: MonitoringSchedule) -> datetime:
    delay = timedelta() if schedule.expression == NOW else START_DELAY
    assert schedule.due is not None
    return schedule.due + delay


def begin(
    backend: Backend, schedule: MonitoringSchedule
) -> tuple[MonitoringExecution, Running | None]:
    """Record the execution and prepare its jobs; None when there are none to run."""
    scheduled, now = schedule.due, utcnow()
    assert scheduled is not None
    schedule.settle()
    schedule.due = schedule.due_after(scheduled)
    execution = MonitoringExecution(
        schedule_name=schedule.name,
        kind=schedule.kind,
        job_definition_name=schedule.job_definition_name,
        endpoint_name=schedule.endpoint_name,
        scheduled=scheduled,
        created=now,
        modified=now,
    )
    backend.monitoring_executions.append(execution)
    schedule.last_execution = execution
    try:
        run = processing.prepare(backend, schedule, scheduled)
    except ServiceException as error:
        execution.status, execution.failure_reason = "Failed", error.message
        return execution, None
    return execution, Running(backend, run, execution)


def outcome(execution: MonitoringExecution) -> Mapping[str, Any]:
    """An execution as the control path tells it: JSON, times in ISO 8601."""
    return {
        member: f"{value.isoformat()}Z" if isinstance(value, datetime) else value
        for member, value in execution.summary().items()
    }
