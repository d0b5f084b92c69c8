"""What is due becomes an execution: schedule → processing job → the container's real code.

Needs     the schedules of every account and region, and the clock
Writes    executions and their processing jobs; output files in S3; CloudWatch metrics

AWS starts an execution up to 20 minutes after its hour. Here the delay is always the same:
the run scheduled for 11:00, of the window 10:00 to 11:00, starts at 11:05. What is due at
one moment runs side by side.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import clock, data_capture, processing
from moto_fixtures.processing import Run
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.executions import MonitoringExecution
from moto_fixtures.sagemaker.processing_jobs import ProcessingJob
from moto_fixtures.sagemaker.schedules import MonitoringSchedule
from moto_fixtures.staging import MESSAGE, Staging, StagingError
from moto_fixtures.timing import NOW
from moto_fixtures.worker import LOG, Ended, Job, Workers

START_DELAY = timedelta(minutes=5)
"""From the scheduled moment to the start. `NOW` schedules start at once."""
STATUSES = ("CompletedWithViolations", "Completed")
"""The exit message begins with the execution's status and a colon."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Started:
    """An execution between its start and its end."""

    backend: Backend
    run: Run
    execution: MonitoringExecution
    job: ProcessingJob
    staging: Staging
    failure: str = field(default="")


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
    executions, started = [], []
    for backend, schedule in due:
        execution, begun = _start(backend, schedule)
        executions.append(execution)
        if begun is not None:
            started.append(begun)
    runnable = [one for one in started if not one.failure]
    jobs = [
        Job(one.run.request["Environment"], one.staging.root, one.run.max_runtime)
        for one in runnable
    ]
    ended = workers().run(jobs)
    for one, how in zip(runnable, ended, strict=True):
        _finish(one, how)
    for one in started:
        if one.failure:
            _fail(one, one.failure)
        shutil.rmtree(one.staging.root, ignore_errors=True)
    return executions


def skip_missed() -> None:
    """After a jump of the clock: whatever fell due in between is not made up for."""
    for _, schedule in _waiting():
        if schedule.expression != NOW:
            schedule.due = schedule.due_after(utcnow() - START_DELAY)


@lru_cache(maxsize=1)
def workers() -> Workers:
    """The processes executions run in; started at the first."""
    return Workers()


def _waiting() -> Iterator[tuple[Backend, MonitoringSchedule]]:
    for _, _, backend in list(sagemaker_backends.iter_backends()):
        for schedule in list(getattr(backend, "monitoring_schedules", {}).values()):
            if schedule.due is not None and schedule.status in {"Pending", "Scheduled"}:
                yield backend, schedule


def _starts(schedule: MonitoringSchedule) -> datetime:
    delay = timedelta() if schedule.expression == NOW else START_DELAY
    assert schedule.due is not None
    return schedule.due + delay


def _start(
    backend: Backend, schedule: MonitoringSchedule
) -> tuple[MonitoringExecution, _Started | None]:
    """Record the execution, prepare its job and lay out its file system."""
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
    job = ProcessingJob(run.request, backend, schedule.arn)
    backend.processing_jobs[job.processing_job_name] = job
    execution.processing_job_arn = job.arn
    root = Path(tempfile.mkdtemp(prefix="offline-job-"))
    staging = Staging(root, backend.region_name, backend.account_id)
    started = _Started(backend, run, execution, job, staging)
    try:
        staging.fetch(run.request, job.arn)
    except StagingError as error:
        started.failure = str(error)
    return execution, started


def _finish(started: _Started, ended: Ended) -> None:
    """Publish what the container left and take the status from its exit message.

    Metrics are published however it ended: that nothing was there to evaluate is one.
    """
    message = started.staging.message()
    started.staging.publish_metrics(started.run.schedule.kind.namespace)
    started.job.exit_message = message or None
    status = message.partition(":")[0]
    if ended.exit_code == 0 and status in STATUSES:
        try:
            started.staging.publish(
                started.run.output, started.run.request["ProcessingOutputConfig"].get("KmsKeyId")
            )
        except StagingError as error:
            started.failure = str(error)
        else:
            _end(started, status, "Completed")
        return
    if ended.exit_code == 0:
        started.failure = (
            f"AlgorithmError: the container exited 0 without a status in {MESSAGE}"
            f" ({message!r}); whether there are violations is unknown."
        )
    elif ended.exit_code is None:
        started.failure = ended.error
    else:
        started.failure = message or f"AlgorithmError: {ended.error}, exit code {ended.exit_code}"
    if ended.error:
        log.error("%s: %s\n%s", started.job.arn, started.failure, _log_of(started))


def _fail(started: _Started, reason: str) -> None:
    started.job.failure_reason = reason
    started.execution.failure_reason = reason
    stopped = reason.startswith("MaxRuntimeExceeded")
    _end(started, "Stopped" if stopped else "Failed", "Stopped" if stopped else "Failed")


def _end(started: _Started, execution_status: str, job_status: str) -> None:
    now = utcnow()
    started.execution.status, started.execution.modified = execution_status, now
    job = started.job
    job.processing_job_status = job_status
    job.processing_end_time = job.last_modified_time = now


def _log_of(started: _Started) -> str:
    path = started.staging.root / LOG
    return path.read_text() if path.is_file() else ""


def outcome(execution: MonitoringExecution) -> Mapping[str, Any]:
    """An execution as the control path tells it: JSON, times in ISO 8601."""
    return {
        member: f"{value.isoformat()}Z" if isinstance(value, datetime) else value
        for member, value in execution.summary().items()
    }
