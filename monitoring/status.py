"""What the monitors of a project found, for the person on duty.

Needs     schedules with their executions, and the violations those wrote
Writes    tables and sentences to a console; nothing anywhere else

A schedule that has not run, or a run that failed, is not a healthy one: it is listed
with its reason and decides the exit code before any violation does. A run that is still
going says nothing yet; the one before it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monitoring import errors, hosted
from monitoring.aws import schedules as aws_schedules
from monitoring.aws import storage
from monitoring.aws.clients import Aws
from monitoring.aws.schedules import CLEAN, ENDED, FAILED, VIOLATIONS, Execution, Schedule
from monitoring.cautions import Caution
from monitoring.errors import StorageError
from monitoring.monitors.bias_documents import shown

MOST_VIOLATIONS = 12
STATUS_STYLE = {CLEAN: "green", VIOLATIONS: "yellow", **dict.fromkeys(FAILED, "red")}


@dataclass(frozen=True, slots=True)
class Violation:
    """One entry of a `constraint_violations.json`, as far as people read it."""

    subject: str
    check: str
    description: str


@dataclass(frozen=True, slots=True)
class Run:
    """One execution with what it found and where its files lie."""

    execution: Execution
    uri: str = ""
    violations: tuple[Violation, ...] = ()
    unread: str = ""
    """Why the violations are not known, though there were some."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One schedule with its runs, oldest first."""

    schedule: Schedule
    runs: tuple[Run, ...]

    def count(self, *statuses: str) -> int:
        """How many runs ended in one of these statuses."""
        return sum(run.execution.status in statuses for run in self.runs)

    @property
    def last(self) -> Run | None:
        """The newest run that has ended, or None where none has."""
        ended = (run for run in reversed(self.runs) if run.execution.status in ENDED)
        return next(ended, None)


def of_project(aws: Aws, name_contains: str = "", since: datetime | None = None) -> list[Watched]:
    """SageMaker's schedules whose name contains the project's, and what their executions found.

    `since` leaves out executions scheduled before it: each with findings costs two calls.
    """
    schedules = aws_schedules.schedules(aws.sagemaker, name_contains, since)
    return watch(schedules, partial(_read, aws))


def self_hosted_of_project(
    aws: Aws, name_contains: str = "", since: datetime | None = None
) -> list[Watched]:
    """The self-hosted engine's, likewise; of the last two days where `since` says nothing."""
    return watch(hosted.schedules(aws, name_contains, since), partial(_read, aws))


def _read(aws: Aws, execution: Execution) -> Run:
    uri = aws_schedules.output_uri(aws.sagemaker, execution)
    try:
        document = storage.read_json(aws.s3, f"{uri}/constraint_violations.json")
    except StorageError:
        return Run(execution, uri, unread="constraint_violations.json is not there any more")
    return Run(execution, uri, tuple(violations_in(document)))


def violations_in(document: Mapping[str, Any]) -> list[Violation]:
    """The entries of any monitor's violations document.

    >>> violations_in({"violations": [{"metric_name": "auc", "constraint_check_type":
    ...     "LessThanThreshold", "description": "Metric auc was …"}]})[0].subject
    'auc'
    """
    return [
        Violation(
            subject=" ".join(
                shown(str(entry[key]))
                for key in ("feature_name", "facet", "facet_value", "metric_name", "label")
                if key in entry
            ),
            check=str(entry.get("constraint_check_type", "")),
            description=str(entry.get("description", "")),
        )
        for entry in document.get("violations", [])
    ]


def watch(schedules: Iterable[Schedule], read: Callable[[Execution], Run]) -> list[Watched]:
    """Look into every execution that found something; `read` fetches what it wrote."""
    return [
        Watched(
            schedule,
            tuple(
                read(execution) if execution.status == VIOLATIONS else Run(execution)
                for execution in schedule.executions
            ),
        )
        for schedule in schedules
    ]


def exit_code(watched: Sequence[Watched], said: Iterable[Caution] = ()) -> int:
    """1 when something could not be evaluated, 3 when violations were found, else 0.

    Compared with another model's baselines, nothing was evaluated.

    Only each schedule's last run that has ended counts: a drift that has been mended is
    history. A schedule without one, or that nobody started, is unknown and so never 0.
    """
    latest = [one.last.execution.status if one.last else "" for one in watched]
    running = all(one.schedule.status == "Scheduled" for one in watched)
    if any(caution.is_stale for caution in said):
        return errors.FAILED
    if not watched or not running or any(status in ("", *FAILED) for status in latest):
        return errors.FAILED
    return errors.VIOLATIONS_FOUND if VIOLATIONS in latest else errors.OK


def show(watched: Sequence[Watched], console: Console, said: Sequence[Caution] = ()) -> None:
    """Print the schedules, their executions, what they found and what to look at next."""
    console.print(_schedules(watched))
    if any(one.runs for one in watched):
        console.print(_executions(watched))
    for one in watched:
        _findings(one, console)
    for caution in said:
        console.print(f"[yellow]![/] {escape(caution.text)}", soft_wrap=True)
    for line in next_steps(watched):
        console.print(f"→ {escape(line)}", soft_wrap=True)


def next_steps(watched: Sequence[Watched]) -> list[str]:
    """One sentence for each schedule that needs somebody, or one that says none does."""
    lines = []
    for one in watched:
        name = one.schedule.name
        if one.schedule.status != "Scheduled":
            lines.append(f"{name} is {one.schedule.status}, so {_unwatched(one.schedule)}")
        elif (last := one.last) is None:
            lines.append(f"{name} has not ended a run yet; nothing is known about its endpoint.")
        elif last.execution.status in FAILED:
            lines.append(
                f"{name} could not evaluate its last window, for the reason above. {_job(last)}"
            )
        elif last.execution.status == VIOLATIONS:
            lines.append(f"{name}: look at {_named(last)} first; files in {last.uri}")
    return lines or ["Every schedule's last run was clean."]


def _unwatched(schedule: Schedule) -> str:
    """What a schedule that does not run means, and what to type."""
    if not schedule.group:
        return (
            "nothing is watched: aws sagemaker start-monitoring-schedule "
            f"--monitoring-schedule-name {schedule.name}"
        )
    if schedule.status == hosted.STOPPED:
        return (
            "nothing is watched: deploy self-hosted-template.yml again, or enable it in the group "
            f"{schedule.group} of EventBridge Scheduler"
        )
    return (
        "no job began when one was due: look for what CreateProcessingJob was refused in "
        "CloudTrail, and at the schedule: aws scheduler get-schedule "
        f"--group-name {schedule.group} --name {schedule.name}"
    )


def _schedules(watched: Sequence[Watched]) -> Table:
    table = _table("Schedules", "endpoint", "monitor", "status", ">clean", ">violations", ">failed")
    for one in watched:
        table.add_row(
            escape(one.schedule.endpoint),
            one.schedule.monitoring_type,
            one.schedule.status,
            str(one.count(CLEAN)),
            str(one.count(VIOLATIONS)),
            str(one.count(*FAILED)),
        )
    return table


def _executions(watched: Sequence[Watched]) -> Table:
    """One line for as many runs in a row as ended alike."""
    table = _table("Executions (day and time, UTC)", "schedule", "first", "last", ">runs", "status")
    for one in watched:
        for status, same in groupby(one.runs, key=lambda run: run.execution.status):
            runs = list(same)
            table.add_row(
                escape(one.schedule.name),
                *(f"{runs[at].execution.scheduled:%d %H:%M}" for at in (0, -1)),
                str(len(runs)),
                f"[{STATUS_STYLE.get(status, 'default')}]{status}[/]",
            )
    return table


def _table(title: str, *headings: str) -> Table:
    """A table whose headings say with a `>` which columns hold numbers."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in headings:
        numbers = heading.startswith(">")
        table.add_column(
            heading.lstrip(">"), justify="right" if numbers else "left", overflow="fold"
        )
    return table


def _findings(one: Watched, console: Console) -> None:
    """Every run that found something or could not look, newest first.

    What a newer run has said already is not said again: an older one that names the same
    gets a line with the place of its files.
    """
    said: set[frozenset[str]] = set()
    found_or_failed = [run for run in one.runs if run.execution.status in (VIOLATIONS, *FAILED)]
    for run in reversed(found_or_failed):
        place = run.uri or run.execution.failure_reason or "no reason given"
        named = frozenset(violation.subject for violation in run.violations)
        again = " names the same;" if named in said and not run.unread else ""
        console.print(
            f"[bold]{escape(one.schedule.name)}[/] {run.execution.scheduled:%Y-%m-%d %H:%M} "
            f"{run.execution.status}{again} {escape(place)}",
            soft_wrap=True,
        )
        if not again:
            _in_words(run, console)
        if named:
            said.add(named)


def _in_words(run: Run, console: Console) -> None:
    if run.unread:
        console.print(f"  {run.unread}")
    for violation in run.violations[:MOST_VIOLATIONS]:
        console.print(
            f"  {escape(violation.subject)}: {escape(violation.description)}", soft_wrap=True
        )
    if (hidden := len(run.violations) - MOST_VIOLATIONS) > 0:
        console.print(f"  … and {hidden} more in constraint_violations.json")


def _named(run: Run) -> str:
    named = ", ".join(sorted({violation.subject for violation in run.violations}))
    return named or "its report"


def _job(run: Run) -> str:
    """Where more is to be read about a run that failed."""
    name = run.execution.processing_job
    if not name:
        return "No processing job was started."
    return f"More: aws sagemaker describe-processing-job --processing-job-name {name}"
