"""When a monitor is due, and which hours it looks at."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.timing import HOUR, MonitoringCron, Window, duration, window_of

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1))
DUE = datetime(2026, 1, 9, 13)


@pytest.mark.parametrize(
    ("expression", "hours"),
    [
        ("cron(0 * ? * * *)", list(range(24))),
        ("cron(0 6 ? * * *)", [6]),
        ("cron(0 17/12 ? * * *)", [5, 17]),
        ("cron(0 0/06 ? * * *)", [0, 6, 12, 18]),
        ("cron(0 00/01 ? * * *)", list(range(24))),
        pytest.param("cron(0 0/7 ? * * *)", [0, 7, 14, 21], id="anew each day"),
    ],
)
def test_an_expression_is_due_at_its_hours(expression: str, hours: list[int]) -> None:
    cron, moment, due = MonitoringCron.parse(expression), datetime(2026, 1, 1) - HOUR, []
    while (moment := cron.next_after(moment)) < datetime(2026, 1, 2):
        due.append(moment.hour)
    assert due == hours


@given(start=st.integers(0, 23), step=st.integers(1, 24), moment=MOMENTS)
def test_the_next_moment_is_a_whole_hour_within_a_day_and_later(
    start: int, step: int, moment: datetime
) -> None:
    due = MonitoringCron(start, step).next_after(moment)
    assert moment < due <= moment + 24 * HOUR
    assert (due.minute, due.second, due.microsecond) == (0, 0, 0)


@given(moment=MOMENTS)
def test_a_moment_is_in_the_window_of_one_hourly_run_only(moment: datetime) -> None:
    """Half-open: an event on the hour belongs to the run after it."""
    first = MonitoringCron(0, 1).next_after(moment)
    windows = [
        window_of({"ScheduleExpression": "cron(0 * ? * * *)"}, {}, first + n * HOUR)
        for n in range(-2, 3)
    ]
    assert [window.start <= moment < window.end for window in windows].count(True) == 1


def test_late_labels_move_the_window_back() -> None:
    """AWS's own example: labels that come within a week, looked at a day wide."""
    window = window_of(
        {"ScheduleExpression": "cron(0 * ? * * *)"},
        {"StartTimeOffset": "-P8D", "EndTimeOffset": "-P7D"},
        DUE,
    )
    assert window == Window(datetime(2026, 1, 1, 13), datetime(2026, 1, 2, 13))


def test_a_run_every_six_hours_looks_at_six() -> None:
    window = window_of({"ScheduleExpression": "cron(0 0/6 ? * * *)"}, {}, DUE)
    assert window == Window(DUE - 6 * HOUR, DUE)


def test_a_single_run_says_its_own_window() -> None:
    config = {
        "ScheduleExpression": "NOW",
        "DataAnalysisStartTime": "-PT3H",
        "DataAnalysisEndTime": "-PT1H",
    }
    assert window_of(config, {}, DUE) == Window(DUE - 3 * HOUR, DUE - HOUR)


@pytest.mark.parametrize(
    ("window", "hours"),
    [
        (Window(datetime(2026, 1, 1, 10), datetime(2026, 1, 1, 11)), [10]),
        (Window(datetime(2026, 1, 1, 9, 30), datetime(2026, 1, 1, 10, 30)), [9, 10]),
        (Window(datetime(2026, 1, 1, 23), datetime(2026, 1, 2, 1)), [23, 0]),
    ],
    ids=["one", "across the hour", "across midnight"],
)
def test_a_window_touches_its_hours(window: Window, hours: list[int]) -> None:
    assert [hour.hour for hour in window.hours()] == hours
    first, *inside, last = window.hours(1)
    assert [hour.hour for hour in inside] == hours
    assert (first, last) == (inside[0] - HOUR, inside[-1] + HOUR)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("-PT1H", timedelta(hours=-1)),
        ("PT90M", timedelta(minutes=-90)),
        ("-P1DT2H", timedelta(days=-1, hours=-2)),
        ("-PT0H", timedelta()),
    ],
)
def test_a_duration_counts_backwards(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "P", "-PT", "1H", "-P1W", "PT1S"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an ISO 8601 duration"):
        duration(text)
