"""The demo, shorter: drift is found in the hours and the columns it was put into, nowhere else."""

from __future__ import annotations

import io
import os

import pytest
from rich.console import Console

from moto_fixtures.demo import FRAUD_DRIFT, Scene, Source, play

SCENE = Scene(hours=5, disturbed_from=3, requests=500)


@pytest.fixture(scope="module")
def ending(tmp_path_factory):
    before = dict(os.environ)
    try:
        console = Console(file=io.StringIO())
        yield play(Source(), SCENE, tmp_path_factory.mktemp("demo") / "demo", console)
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def runs(ending):
    return {one.schedule.endpoint: one.runs for one in ending.watched}


def test_both_stages_are_watched_by_the_monitor_that_is_on(ending):
    assert {(one.schedule.endpoint, one.schedule.monitoring_type) for one in ending.watched} == {
        ("fraud-staging", "DataQuality"),
        ("fraud-prod", "DataQuality"),
    }


def test_every_hour_has_one_execution(runs):
    for endpoint in ("fraud-staging", "fraud-prod"):
        hours = [run.execution.scheduled.hour for run in runs[endpoint]]
        assert hours == [1, 2, 3, 4, 5]


def test_the_clean_hours_are_clean(runs):
    clean = [run.execution.status for run in (*runs["fraud-prod"], *runs["fraud-staging"][:3])]
    assert set(clean) == {"Completed"}


def test_the_disturbed_hours_name_exactly_the_disturbed_columns(runs):
    for run in runs["fraud-staging"][3:]:
        assert run.execution.status == "CompletedWithViolations"
        assert {violation.subject for violation in run.violations} == set(FRAUD_DRIFT)


def test_each_violation_stands_in_words_where_the_run_says_it_lies(runs):
    for run in runs["fraud-staging"][3:]:
        assert run.uri.startswith("s3://fraud-monitoring-")
        assert all(violation.description for violation in run.violations)
