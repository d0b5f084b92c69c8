"""The demo, shorter: each monitor finds what was put there for it, and nothing before."""

from __future__ import annotations

import io
import os

import pytest
from rich.console import Console

from monitoring.kinds import KINDS
from moto_fixtures.demo import STAGES, Scene, Source, play
from moto_fixtures.planted.fraud import COUNT, DEFAULTS, DRIFT

SCENE = Scene(hours=4, disturbed_from=2, requests=500)
CLEAN = SCENE.disturbed_from
ENDPOINTS = ("fraud-staging", "fraud-prod")


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
    """The runs of each schedule, by endpoint and monitoring type."""
    return {
        (one.schedule.endpoint, one.schedule.monitoring_type): one.runs for one in ending.watched
    }


@pytest.fixture
def found(runs):
    """What each of staging's disturbed hours names, by monitoring type."""

    def subjects(kind):
        disturbed = runs["fraud-staging", kind][CLEAN:]
        assert {run.execution.status for run in disturbed} == {"CompletedWithViolations"}
        return [{violation.subject for violation in run.violations} for run in disturbed]

    return subjects


def test_both_stages_are_watched_by_all_four_monitors(runs):
    assert runs.keys() == {(endpoint, kind.name) for endpoint in ENDPOINTS for kind in KINDS}


def test_stagings_alarms_go_off_with_the_first_disturbed_hour_and_prods_stay_well(ending):
    changes = [(one["AlarmName"], one["NewStateValue"], one["Time"]) for one in ending.alarms]
    names = [f"fraud-{{}}-{kind}-violations" for kind in ("DataQuality", "ModelQuality")]
    assert sorted(changes) == sorted(
        [
            *((n.format(stage), "OK", "2026-01-05T01:06:00Z") for n in names for stage in STAGES),
            *((n.format("staging"), "ALARM", "2026-01-05T03:06:00Z") for n in names),
        ]
    )


def test_every_hour_has_one_execution_of_each_monitor(runs):
    for each in runs.values():
        assert [run.execution.scheduled.hour for run in each] == [1, 2, 3, 4]


def test_the_clean_hours_are_clean(runs):
    for (endpoint, kind), each in runs.items():
        clean = each[:CLEAN] if endpoint == "fraud-staging" else each
        assert {run.execution.status for run in clean} == {"Completed"}, (endpoint, kind)


def test_data_quality_names_exactly_the_disturbed_columns_and_the_answers(found):
    """The answers, because the count that changed is one the model goes by."""
    expected = {*DRIFT, COUNT, *DEFAULTS, "probability"}
    assert found("DataQuality") == [expected] * 2


def test_model_quality_finds_the_frauds_that_the_model_let_through(found):
    assert all("accuracy" in named for named in found("ModelQuality"))


def test_bias_finds_that_older_customers_are_stopped_more_often(found):
    for named in found("ModelBias"):
        ages = {name.split()[-1] for name in named if name.startswith("customer_age ")}
        assert ages >= {"DI", "DPPL"}


def test_explainability_finds_that_the_features_rank_differently(found):
    assert found("ModelExplainability") == [{"shap is_fraud"}] * 2


def test_each_violation_stands_in_words_where_the_run_says_it_lies(runs):
    for kind in KINDS:
        for run in runs["fraud-staging", kind.name][CLEAN:]:
            assert run.uri.startswith("s3://fraud-monitoring-")
            assert all(violation.description for violation in run.violations)
