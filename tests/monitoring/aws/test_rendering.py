"""A stage's baselines, as its package has them: what the self-hosted engine is given beside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitoring.aws.registry import ModelPackage, Served
from monitoring.aws.rendering import fill_baselines
from monitoring.aws.stages import Project
from monitoring.config import StageConfig

ROLE = "arn:aws:iam::123456789012:role/monitor"
PROJECT = Project("fraud", "p-1", "eu-west-1", ROLE, "outputs", ROLE)
STATISTICS = "s3://build/model-quality/statistics.json"
CHECKS = {
    "ModelQuality": {
        "Statistics": {"ContentType": "application/json", "S3Uri": STATISTICS},
        "Constraints": {
            "ContentType": "application/json",
            "S3Uri": "s3://build/model-quality/constraints.json",
        },
    }
}
ONLY_MODEL_QUALITY = {
    **{f"Enable{kind}Monitor": "no" for kind in ("DataQuality", "ModelBias")},
    "EnableModelExplainabilityMonitor": "no",
    "GroundTruthInput": "s3://labels/fraud",
}


def statistics(checks: dict = CHECKS, **parameters: str) -> str | None:
    """The statistics that a stage's model quality monitor is given; None where not a word is."""
    package = ModelPackage("arn:p", 1, datetime(2026, 1, 1, tzinfo=UTC), "Approved", checks, {})
    config = StageConfig({"StageName": "prod", **ONLY_MODEL_QUALITY, **parameters})
    filled, *_ = fill_baselines(config, PROJECT, Served("fraud-prod", "m", package), s3=None)
    return filled.parameters.get("ModelQualityStatisticsS3Uri")


def test_our_analyzer_is_given_the_statistics_that_awss_definition_has_no_place_for() -> None:
    assert statistics(MonitorEngine="self-hosted") == STATISTICS


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"MonitorEngine": "managed"}, id="managed"),
        pytest.param({}, id="managed by default"),
        pytest.param({"MonitorEngine": "self-hosted", "EnableModelQualityMonitor": "no"}, id="off"),
        pytest.param({"MonitorEngine": "self-hosted", "GroundTruthInput": ""}, id="no labels"),
    ],
)
def test_nobody_else_is_told_of_them(parameters: dict[str, str]) -> None:
    assert statistics(**parameters) is None


def test_a_package_without_them_deploys_all_the_same() -> None:
    only = {"ModelQuality": {"Constraints": CHECKS["ModelQuality"]["Constraints"]}}
    assert statistics(only, MonitorEngine="self-hosted") is None


def test_what_the_user_wrote_wins() -> None:
    mine = "s3://mine/statistics.json"
    found = statistics(MonitorEngine="self-hosted", ModelQualityStatisticsS3Uri=mine)
    assert found == mine
