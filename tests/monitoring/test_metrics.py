"""What CloudWatch is told of an execution: AWS's names, and never a made-up number."""

from __future__ import annotations

import math
from typing import Any

import pytest

from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, KINDS, MODEL_QUALITY, Kind
from monitoring.measures.state import Uncomputable
from monitoring.metrics import LARGEST, PUBLISHED, emits_metrics, metric_data
from monitoring.monitors.base import Analysis, Finding

ENDPOINT = {"Endpoint": "fraud", "MonitoringSchedule": "hourly"}


def feature(name: str, **block: Any) -> dict[str, Any]:
    common = {"common": {"num_present": 4, "num_missing": 0}, "completeness": 1.0}
    return {"name": name, "numerical_statistics": {**common, **block}}


def published(kind: Kind, documents: dict[str, Any], **changed: Any) -> list[dict[str, Any]]:
    analysis = Analysis(documents, changed.pop("findings", ()), 1200, **changed)
    return list(metric_data(kind, analysis, ENDPOINT, "2026-01-05T09:00:00Z"))


def named(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {line["MetricName"]: line for line in lines}


def dimensions(line: dict[str, Any]) -> dict[str, str]:
    return {entry["Name"]: entry["Value"] for entry in line["Dimensions"]}


def test_every_monitor_publishes():
    assert {*PUBLISHED} == {*KINDS}


def test_a_distance_that_was_not_computed_is_not_published():
    features = [feature("age", min=1.0, max=4.0, sum=10.0), feature("flag", min=0.0)]
    metrics = named(
        published(
            DATA_QUALITY,
            {"statistics.json": {"features": features}},
            distances={"age": 0.25, "flag": Uncomputable("too few values")},
        )
    )
    assert metrics["feature_baseline_drift_age"]["Value"] == 0.25
    assert "feature_baseline_drift_flag" not in metrics
    assert "feature_data_flag" not in metrics
    assert metrics["feature_data_age"]["StatisticValues"]["SampleCount"] == 4


def test_violations_and_records_are_counted():
    finding = Finding("x", "y", "z", None, None, None, "compat", "")
    documents = {"statistics.json": {"features": []}}
    metrics = named(published(DATA_QUALITY, documents, findings=(finding, finding)))
    assert metrics["total_number_of_violations"]["Value"] == 2
    assert metrics["records"]["Value"] == 1200
    assert dimensions(metrics["records"]) == ENDPOINT
    assert metrics["records"]["Timestamp"] == "2026-01-05T09:00:00Z"


def test_model_quality_publishes_its_single_numbers_under_awss_names():
    block = {
        "confusion_matrix": {"0": {"0": 3, "1": 1}, "1": {"0": 0, "1": 2}},
        "recall": {"value": 0.5, "standard_deviation": 0.1},
        "precision": {"value": None, "standard_deviation": None},
        "precision_recall_curve": {"precisions": [1.0], "recalls": [0.0]},
        "au_prc": {"value": 0.75, "standard_deviation": None},
    }
    statistics = {"dataset": {"item_count": 6}, "binary_classification_metrics": block}
    metrics = named(published(MODEL_QUALITY, {"statistics.json": statistics}))
    assert {*metrics} == {"recall", "au_prc", "total_number_of_violations", "records"}
    assert metrics["au_prc"]["Value"] == 0.75


@pytest.mark.parametrize(
    ("written", "sent"), [(0.25, 0.25), ("Infinity", LARGEST), (-math.inf, -LARGEST), (None, None)]
)
def test_bias_says_of_whom_and_sends_no_infinity(written: Any, sent: float | None):
    entry = {"value_or_threshold": "0", "metrics": [{"name": "TE", "value": written}]}
    block = {"label": "Target", "label_value_or_threshold": "1", "facets": {"Sex": [entry]}}
    documents = {"analysis.json": {"version": "1.0", "post_training_bias_metrics": block}}
    metrics = named(published(BIAS, documents))
    if sent is None:
        assert "bias_metric_TE" not in metrics
        return
    assert metrics["bias_metric_TE"]["Value"] == sent
    assert dimensions(metrics["bias_metric_TE"]) == {
        **ENDPOINT,
        "BiasStage": "Post-Training",
        "Label": "Target",
        "LabelValue": "1",
        "Facet": "Sex",
        "FacetValue": "0",
    }


def test_explainability_publishes_each_feature_and_the_expected_value():
    entry = {"global_shap_values": {"age": 0.5}, "expected_value": 0.25}
    documents = {"analysis.json": {"explanations": {"kernel_shap": {"label0": entry}}}}
    metrics = named(published(EXPLAINABILITY, documents))
    shap = {**ENDPOINT, "ExplainabilityMethod": "KernelShap", "Label": "label0"}
    assert dimensions(metrics["feature_age"]) == {**shap, "ValueType": "GlobalShapValues"}
    assert dimensions(metrics["ExpectedValue"]) == {**shap, "ValueType": "ExpectedValue"}
    assert metrics["ExpectedValue"]["Value"] == 0.25


@pytest.mark.parametrize(
    ("switch", "emits"), [("Enabled", True), ("Disabled", False), (None, True)]
)
def test_the_baseline_can_keep_metrics_in(switch: str | None, emits: bool):
    config = {"monitoring_config": {"emit_metrics": switch} if switch else {}}
    assert emits_metrics({"constraints.json": config, "statistics.json": {}}) is emits
