"""From datapoints to a state: AWS's own tables, row by row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.cloudwatch.evaluation import (
    ALARM,
    INSUFFICIENT_DATA,
    MISSING,
    OK,
    TREATMENTS,
    Criteria,
    state_of,
)

VALUES = {"0": 0.0, "X": 9.0, "-": None}
RETAINED = None


def criteria(datapoints: int, missing: str, periods: int = 3) -> Criteria:
    return Criteria("GreaterThanThreshold", 5.0, periods, datapoints, missing)


def points(drawn: str) -> list[float | None]:
    """As AWS draws them, the oldest first, into the order of the code."""
    return [VALUES[one] for one in reversed(drawn)]


@pytest.mark.parametrize(
    ("drawn", "states"),
    [
        ("0-X-X", (OK, OK, OK, OK)),
        ("----0", (OK, OK, OK, OK)),
        ("-----", (INSUFFICIENT_DATA, RETAINED, ALARM, OK)),
        ("0XX-X", (ALARM, ALARM, ALARM, ALARM)),
        ("--X--", (ALARM, RETAINED, ALARM, OK)),
    ],
)
def test_three_of_three_datapoints_are_judged_as_awss_table_says(drawn, states):
    found = tuple(state_of(points(drawn), criteria(3, missing)) for missing in TREATMENTS)
    assert found == states


@pytest.mark.parametrize(
    ("drawn", "states"),
    [
        ("0-X-X", (ALARM, ALARM, ALARM, ALARM)),
        ("00X0X", (ALARM, ALARM, ALARM, ALARM)),
        ("0-X--", (OK, OK, ALARM, OK)),
        ("----0", (OK, OK, ALARM, OK)),
        ("---X-", (ALARM, RETAINED, ALARM, OK)),
    ],
)
def test_two_of_three_datapoints_are_judged_as_awss_table_says(drawn, states):
    found = tuple(state_of(points(drawn), criteria(2, missing)) for missing in TREATMENTS)
    assert found == states


@pytest.mark.parametrize("drawn", ["----X", "---X-"])
def test_one_late_breach_is_no_alarm_yet(drawn):
    """AWS: the next datapoint may be well, so an alarm of three does not go off."""
    assert state_of(points(drawn), criteria(3, MISSING)) is RETAINED


@given(
    st.lists(st.sampled_from([None, 0.0, 9.0]), min_size=5, max_size=5),
    st.integers(1, 3),
    st.sampled_from(TREATMENTS),
)
def test_one_more_breach_never_calms_an_alarm(found, datapoints, missing):
    before = state_of(found, criteria(datapoints, missing))
    worse = [9.0 if point == 0.0 else point for point in found]
    if before == ALARM:
        assert state_of(worse, criteria(datapoints, missing)) == ALARM


@given(
    st.lists(st.sampled_from([0.0, 9.0]), min_size=3, max_size=8),
    st.integers(1, 3),
    st.sampled_from(TREATMENTS),
)
def test_without_gaps_the_last_three_are_counted(found, datapoints, missing):
    expected = ALARM if found[:3].count(9.0) >= datapoints else OK
    assert state_of(found, criteria(datapoints, missing)) == expected


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", {6.0}),
        ("GreaterThanOrEqualToThreshold", {5.0, 6.0}),
        ("LessThanThreshold", {4.0}),
        ("LessThanOrEqualToThreshold", {4.0, 5.0}),
    ],
)
def test_a_value_on_the_threshold_is_on_the_side_the_comparison_says(comparison, breaching):
    hold = Criteria(comparison, 5.0, 1, 1)
    assert {value for value in (4.0, 5.0, 6.0) if hold.breaches(value)} == breaching
