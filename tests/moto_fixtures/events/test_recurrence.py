"""When a schedule expression is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.events.recurrence import RecurrenceError, parse

MONDAY = datetime(2026, 1, 5, 12, 30)


def after(text: str, moment: datetime = MONDAY, zone: str = "UTC", times: int = 1) -> list[str]:
    found, expression = [], parse(text, zone)
    for _ in range(times):
        due = expression.next_after(moment, MONDAY)
        if due is None:
            break
        found.append(f"{due:%m-%d %H:%M}")
        moment = due
    return found


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("cron(0 * ? * * *)", ["01-05 13:00", "01-05 14:00"]),
        ("cron(0/20 12 * * ? *)", ["01-05 12:40", "01-06 12:00"]),
        ("cron(15,45 8-9 ? * MON-FRI *)", ["01-06 08:15", "01-06 08:45"]),
        ("cron(0 0 1 * ? *)", ["02-01 00:00", "03-01 00:00"]),
        ("cron(0 0 L * ? *)", ["01-31 00:00", "02-28 00:00"]),
        ("cron(0 0 31W * ? *)", ["01-30 00:00", "02-27 00:00"]),
        ("cron(0 0 1W 2,8 ? *)", ["02-02 00:00", "08-03 00:00"]),
        ("cron(0 0 ? * 2#1 *)", ["02-02 00:00", "03-02 00:00"]),
        ("cron(0 0 ? * 6L *)", ["01-30 00:00", "02-27 00:00"]),
        ("cron(0 0 ? * L *)", ["01-10 00:00", "01-17 00:00"]),
        ("cron(0 0 ? * FRI-MON *)", ["01-09 00:00", "01-10 00:00"]),
        ("cron(0 9 1 JAN ? 2027)", ["01-01 09:00"]),
        ("cron(0 9 1 JAN ? 2025)", []),
        ("rate(1 hour)", ["01-05 13:30", "01-05 14:30"]),
        ("rate(15 minutes)", ["01-05 12:45", "01-05 13:00"]),
        ("at(2026-02-01T08:00:00)", ["02-01 08:00"]),
        ("at(2026-01-01T08:00:00)", []),
    ],
)
def test_an_expression_is_due_at_its_times(text, due):
    assert after(text, times=2) == due


def test_a_leap_day_is_found_years_ahead():
    found = parse("cron(0 0 29 2 ? *)").next_after(MONDAY, MONDAY)
    assert found == datetime(2028, 2, 29)


def test_an_hour_that_the_clocks_skip_is_skipped_and_one_they_repeat_counts_once():
    """Berlin: 02:00 to 03:00 is missing on 29 March 2026, and comes twice on 25 October."""
    daily = "cron(30 2 * * ? *)"
    spring = after(daily, datetime(2026, 3, 27, 12), "Europe/Berlin", 2)
    autumn = after(daily, datetime(2026, 10, 24, 12), "Europe/Berlin", 2)
    assert (spring, autumn) == (["03-28 01:30", "03-30 00:30"], ["10-25 00:30", "10-26 01:30"])


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
    st.integers(0, 59),
    st.integers(0, 23),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"]),
)
def test_a_daily_time_is_the_next_of_its_kind(moment, minute, hour, zone):
    due = parse(f"cron({minute} {hour} * * ? *)", zone).next_after(moment, moment)
    assert due is not None
    local = due.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert (local.minute, local.hour) == (minute, hour)
    assert timedelta() < due - moment <= timedelta(days=2)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cron(0 * * * * *)", "exactly one of day-of-month and day-of-week"),
        ("cron(0 * ? * ? *)", "exactly one of"),
        ("cron(60 * ? * * *)", "outside 0 to 59"),
        ("cron(0 0 ? * XYZ *)", "is no number"),
        ("cron(0 * ? * *)", "no schedule expression"),
        ("rate(1 hours)", "one minute, hour or day"),
        ("rate(0 minutes)", "no schedule expression"),
        ("every hour", "no schedule expression"),
    ],
)
def test_what_is_no_expression_is_refused(text, why):
    with pytest.raises(RecurrenceError, match=why):
        parse(text)
    with pytest.raises(RecurrenceError, match="no time zone"):
        parse("rate(1 hour)", "Mars/Olympus")
