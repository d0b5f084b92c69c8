"""The demo with data quality alone: the disturbed columns, in the disturbed hours, exactly."""

from __future__ import annotations

import io
import os

import pytest
from rich.console import Console

from monitoring.kinds import DATA_QUALITY
from moto_fixtures.demo import Scene, Source, play
from moto_fixtures.planted.fraud import DRIFT

SCENE = Scene(hours=4, disturbed_from=2, monitors=(DATA_QUALITY,))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The runs of each schedule, by its name."""
    before = dict(os.environ)
    try:
        console = Console(file=io.StringIO())
        ending = play(Source(), SCENE, tmp_path_factory.mktemp("demo") / "demo", console)
        return {one.schedule.name: one.runs for one in ending.watched}
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_only_the_monitor_that_was_asked_for_is_deployed(runs):
    assert set(runs) == {"fraud-staging-DataQuality", "fraud-prod-DataQuality"}


def test_exactly_the_disturbed_hours_have_violations(runs):
    statuses = {name: [run.execution.status for run in done] for name, done in runs.items()}
    assert statuses == {
        "fraud-staging-DataQuality": ["Completed"] * 2 + ["CompletedWithViolations"] * 2,
        "fraud-prod-DataQuality": ["Completed"] * 4,
    }


def test_they_name_exactly_the_disturbed_columns_in_words(runs):
    for run in runs["fraud-staging-DataQuality"][2:]:
        assert {violation.subject for violation in run.violations} == set(DRIFT)
        assert all(violation.description for violation in run.violations)
        assert run.uri.startswith("s3://fraud-monitoring-")
