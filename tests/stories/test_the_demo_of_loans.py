"""The demo of loans: each monitor finds what was put there for it, and nothing before."""

from __future__ import annotations

import io
import os

import pytest
from rich.console import Console

from monitoring.kinds import KINDS
from moto_fixtures.demo import Scene, Source, play
from moto_fixtures.planted.loan_default import DEBTS, DEFAULTS, DRIFT

SCENE = Scene(hours=2, disturbed_from=1, requests=500)
CLEAN = SCENE.disturbed_from


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The runs of each schedule, by endpoint and monitoring type."""
    before = dict(os.environ)
    try:
        console = Console(file=io.StringIO())
        source = Source("loan_default")
        ending = play(source, SCENE, tmp_path_factory.mktemp("demo") / "demo", console)
        return {
            (one.schedule.endpoint, one.schedule.monitoring_type): one.runs
            for one in ending.watched
        }
    finally:
        os.environ.clear()
        os.environ.update(before)


def found(runs, kind):
    """What staging's disturbed hour names."""
    (run,) = runs["loan-default-staging", kind][CLEAN:]
    assert run.execution.status == "CompletedWithViolations"
    return {violation.subject for violation in run.violations}


def test_both_stages_are_watched_by_all_four_monitors(runs):
    stages = ("loan-default-staging", "loan-default-prod")
    assert runs.keys() == {(endpoint, kind.name) for endpoint in stages for kind in KINDS}


def test_the_clean_hours_are_clean(runs):
    for (endpoint, kind), each in runs.items():
        clean = each[:CLEAN] if endpoint == "loan-default-staging" else each
        assert {run.execution.status for run in clean} == {"Completed"}, (endpoint, kind)


def test_data_quality_names_exactly_the_disturbed_columns(runs):
    assert found(runs, "DataQuality") - {"probability"} == {*DRIFT, *DEFAULTS, DEBTS}


def test_model_quality_finds_that_borrowers_stop_paying(runs):
    assert {"auc", "recall"} <= found(runs, "ModelQuality")


def test_bias_finds_that_women_are_refused_more_often(runs):
    named = {name.rpartition(" ") for name in found(runs, "ModelBias")}
    assert {metric for group, _, metric in named if group == "gender Female"} >= {"DI", "DPPL"}


def test_explainability_finds_that_the_features_rank_differently(runs):
    assert found(runs, "ModelExplainability") == {"shap defaulted"}
