"""Statistics of a window of metric data."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum

from moto_fixtures.cloudwatch.series import STATISTICS, Datum, Key, Series, is_known, statistic

NOON = datetime(2026, 1, 5, 12)
KEY = Key("space", "name", frozenset({("a", "1")}))
DIMENSIONS = [{"Name": "a", "Value": "1"}]


def reported(value: float, minutes: int, name: str = "name") -> MetricDatum:
    time = NOON + timedelta(minutes=minutes)
    return MetricDatum("space", name, value, DIMENSIONS, time, "Count")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 100))
def test_a_percentile_is_numpys(values, percent):
    data = [Datum(NOON, 1, v, v, v) for v in values]
    expected = np.percentile(values, percent)
    assert statistic(data, f"p{percent:.10f}") == pytest.approx(expected, rel=1e-6, abs=1e-3)


def test_a_statistic_set_counts_as_all_its_values():
    data = [Datum(NOON, 3, 9.0, 1.0, 5.0), Datum(NOON, 1, 1.0, 1.0, 1.0)]
    found = {name: statistic(data, name) for name in STATISTICS}
    assert found == {
        "SampleCount": 4, "Sum": 10.0, "Average": 2.5, "Minimum": 1.0, "Maximum": 5.0,
    }  # fmt: skip
    assert statistic(data, "p50") is None


def test_no_data_have_no_statistic():
    assert all(statistic([], name) is None for name in (*STATISTICS, "p99"))


def test_a_window_begins_with_its_start_and_ends_before_its_end():
    series = Series()
    series.file([reported(n, n) for n in (3, 0, 2, 1)])
    window = series.window(KEY, NOON + timedelta(minutes=1), NOON + timedelta(minutes=3))
    assert [one.sum for one in window] == [1, 2]
    assert series.window(KEY, NOON, NOON + timedelta(hours=1), "Percent") == []


def test_only_what_was_appended_is_filed_and_another_metric_is_another():
    series, all_of_it = Series(), [reported(1, 0)]
    series.file(all_of_it)
    all_of_it += [reported(2, 1), reported(9, 1, "other")]
    series.file(all_of_it)
    assert [one.sum for one in series.of(KEY)] == [1, 2]
    assert series.of(Key("space", "name")) == ()


def test_what_moto_forgot_is_forgotten():
    series = Series()
    series.file([reported(1, 0), reported(2, 1)])
    series.file([reported(5, 2)])
    assert [one.sum for one in series.of(KEY)] == [5]


def test_a_statistic_set_is_read_from_moto():
    series = Series()
    series.file([MetricAggregatedDatum("space", "name", 1.0, 5.0, 3.0, 9.0, DIMENSIONS, NOON)])
    assert series.of(KEY) == [Datum(NOON, 3.0, 9.0, 1.0, 5.0)]
    assert [is_known(name) for name in ("p99", "p100", "tm10", "IQM")] == [True, True, False, False]
