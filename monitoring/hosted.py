"""The self-hosted engine's schedules and executions, in the words of SageMaker's own.

Needs     Scheduler's schedules of self-hosted-template.yml, and the jobs they started
Gives     `Schedule` and `Execution`, as monitoring/aws/schedules.py gives them of the managed
          engine, so that whoever reads them need not know which engine ran

The one thing a reader gets wrong: a managed schedule that cannot start its job says so in a
failed execution. Scheduler says nothing, and nothing is there: such a schedule is OVERDUE.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from monitoring.aws import scheduler
from monitoring.aws.clients import Aws
from monitoring.aws.scheduler import Started, Starter
from monitoring.aws.schedules import CLEAN, FAILED, VIOLATIONS, Execution, Schedule
from monitoring.errors import UsageError
from monitoring.kinds import KINDS
from monitoring.scheduled import HOUR, SCHEDULED_TIME, Due, hours_of
from monitoring.variables import ANALYSIS_TYPES

SCHEDULE_NAME = "sagemaker_monitoring_schedule_name"
SCHEDULED, STOPPED, OVERDUE = "Scheduled", "Stopped", "Overdue"
LOOKED_BACK = timedelta(hours=48)
"""How far back runs are looked for, unless told: each costs a call."""
JOBS = tuple(f"{kind.slug}-" for kind in KINDS)
"""What the names of the four monitors' jobs begin with."""


def schedules(aws: Aws, name_contains: str = "", since: datetime | None = None) -> list[Schedule]:
    """Every self-hosted schedule whose name contains `name_contains`, with its executions.

    Raises AwsError.
    """
    ours = [
        one
        for one in scheduler.starters(aws.scheduler, name_contains)
        if SCHEDULED_TIME in one.environment and SCHEDULE_NAME in one.environment
    ]
    if not ours:
        return []
    now = scheduler.now(aws.scheduler)
    since = since or now - LOOKED_BACK
    runs: defaultdict[str, list[Execution]] = defaultdict(list)
    for job in scheduler.started(aws.sagemaker, JOBS, since):
        run = execution(job)
        runs[run.schedule].append(run)
    return [
        schedule(one, runs[one.environment[SCHEDULE_NAME]], since, now).of_package(
            scheduler.package_of(aws.scheduler, one)
        )
        for one in ours
    ]


def schedule(
    starter: Starter, runs: Iterable[Execution], since: datetime, now: datetime
) -> Schedule:
    """One schedule with its executions since then, oldest first."""
    told = starter.environment
    done = tuple(sorted(runs, key=lambda run: run.scheduled))
    kind = ANALYSIS_TYPES.get(told.get("analysis_type", ""))
    if not starter.is_enabled:
        status = STOPPED
    else:
        known = max([starter.modified, since, *(run.scheduled for run in done[-1:])])
        # A run begins a quarter past its hour; the rest of that hour is Scheduler's to try again.
        is_due = now >= known + (hours_of(told) + 1) * HOUR
        status = OVERDUE if is_due else SCHEDULED
    return Schedule(
        name=told[SCHEDULE_NAME],
        monitoring_type=kind.name if kind else "",
        endpoint=told.get("sagemaker_endpoint_name", ""),
        status=status,
        executions=done,
        arn=starter.arn,
        group=starter.group,
    )


def execution(job: Started) -> Execution:
    """One processing job as the execution that a managed schedule would have made."""
    try:
        due = Due.of(job.environment)
        hour, output = due.hour, f"{job.output.rstrip('/')}/{due.place}"
    except (UsageError, KeyError):
        # It was not told its hour, so it has failed, and says so itself.
        hour, output = job.created.replace(minute=0, second=0, microsecond=0), ""
    status = _status(job)
    return Execution(
        schedule=job.environment.get(SCHEDULE_NAME, ""),
        scheduled=hour,
        status=status,
        failure_reason=job.message if status in FAILED else "",
        processing_job_arn=job.arn,
        output=output,
    )


def _status(job: Started) -> str:
    """`Completed` parts into two, as a monitoring execution's does.

    >>> from datetime import UTC
    >>> moment = datetime(2026, 1, 31, tzinfo=UTC)
    >>> said = "CompletedWithViolations: Job completed successfully with 2 violations."
    >>> _status(Started("arn", moment, "Completed", said, {}, ""))
    'CompletedWithViolations'
    """
    if job.status == CLEAN:
        return VIOLATIONS if job.message.startswith(VIOLATIONS) else CLEAN
    return "InProgress" if job.status == "Stopping" else job.status
