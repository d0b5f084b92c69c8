"""`monitor status`: unknown is never healthy, and what was found is said in words."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from monitoring import errors
from monitoring.aws.schedules import Execution, Schedule
from monitoring.status import Run, Violation, Watched, exit_code, next_steps, show, watch

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
MISSING = Violation("amount", "completeness_check", "Data completeness requirement is not met.")


def watched(*statuses: str, status: str = "Scheduled", name: str = "fraud-DataQuality") -> Watched:
    executions = tuple(
        Execution(name, START + timedelta(hours=hour), each, "", f"arn:…/job-{hour}")
        for hour, each in enumerate(statuses)
    )
    schedule = Schedule(name, "DataQuality", "fraud-staging", status, executions)
    return watch([schedule], lambda run: Run(run, "s3://bucket/out", (MISSING,)))[0]


def text(*all_watched: Watched) -> str:
    console = Console(file=io.StringIO(), width=200)
    show(all_watched, console)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("one", "code"),
    [
        pytest.param(watched("Completed"), errors.OK, id="clean"),
        pytest.param(
            watched("Completed", "CompletedWithViolations"),
            errors.VIOLATIONS_FOUND,
            id="violations",
        ),
        pytest.param(watched("CompletedWithViolations", "Completed"), errors.OK, id="mended"),
        pytest.param(watched("Completed", "Failed"), errors.FAILED, id="failed"),
        pytest.param(watched(), errors.FAILED, id="never ran"),
        pytest.param(watched("Completed", status="Stopped"), errors.FAILED, id="stopped"),
        pytest.param(watched("Completed", "InProgress"), errors.OK, id="clean, next going"),
        pytest.param(
            watched("CompletedWithViolations", "Pending"),
            errors.VIOLATIONS_FOUND,
            id="violations, next going",
        ),
        pytest.param(watched("Failed", "InProgress"), errors.FAILED, id="failed, next going"),
        pytest.param(watched("InProgress"), errors.FAILED, id="first one going"),
    ],
)
def test_the_exit_code_follows_the_last_run_that_has_ended(one, code):
    assert exit_code([one]) == code


def test_no_schedule_at_all_is_not_healthy():
    assert exit_code([]) == errors.FAILED


def test_a_failure_outweighs_a_violation():
    both = [watched("CompletedWithViolations"), watched("Failed")]
    assert exit_code(both) == errors.FAILED


def test_each_violation_is_said_in_words_beside_its_files():
    shown = text(watched("Completed", "CompletedWithViolations"))
    assert "amount: Data completeness requirement is not met." in shown
    assert "s3://bucket/out" in shown


def test_equal_runs_share_a_line():
    shown = text(watched(*["Completed"] * 18, *["CompletedWithViolations"] * 6))
    rows = [line.split() for line in shown.splitlines()]
    runs = {words[-1]: words[-2] for words in rows if words and words[-1].startswith("Completed")}
    assert runs == {"Completed": "18", "CompletedWithViolations": "6"}


def test_a_run_that_failed_says_why():
    failed = Execution("fraud", START, "Failed", "NO_DATA: no records", "arn:…/job")
    assert "NO_DATA: no records" in text(Watched(watched().schedule, (Run(failed),)))


def test_the_reason_of_a_failure_is_said_once():
    failed = Execution("fraud", START, "Failed", "NO_DATA: no records", "arn:…/job")
    one = Watched(watched().schedule, (Run(failed),))
    assert text(one).count("NO_DATA") == 1
    assert "describe-processing-job --processing-job-name job" in text(one)


def test_a_run_that_is_still_going_is_no_finding():
    assert next_steps([watched("Completed", "InProgress")]) == [
        "Every schedule's last run was clean."
    ]
    assert "no reason given" not in text(watched("Completed", "InProgress"))


def test_a_report_that_has_expired_does_not_hide_the_others():
    run = watched("CompletedWithViolations").runs[0].execution
    one = Watched(watched().schedule, (Run(run, "s3://bucket/out", unread="it expired"),))
    assert "it expired" in text(one)
    assert "look at its report first; files in s3://bucket/out" in text(one)


def test_what_a_newer_run_said_is_not_said_again_but_its_files_are_named():
    shown = text(watched(*["CompletedWithViolations"] * 3))
    assert shown.count("Data completeness requirement is not met.") == 1
    assert shown.count("names the same;") == 2


def test_a_column_named_like_markup_is_printed_as_it_is():
    odd = Run(
        watched("CompletedWithViolations").runs[0].execution,
        "",
        (Violation("[red]x[/]", "c", "d"),),
    )
    assert "[red]x[/]" in text(Watched(watched().schedule, (odd,)))


def test_every_schedule_that_needs_somebody_gets_a_next_step():
    needs = [
        watched(name="a"),
        watched("Failed", name="b"),
        watched("Completed", status="Stopped", name="c"),
        watched("CompletedWithViolations", name="d"),
        watched("Completed", name="e"),
    ]
    assert [line.split()[0].rstrip(":") for line in next_steps(needs)] == ["a", "b", "c", "d"]
