"""An execution's documents → CloudWatch metric data, as AWS's containers write their file.

Needs     an `Analysis`, the monitor it is of, and the metrics' dimensions and time
Gives     lines of `cloudwatch_metrics.jsonl`

What could not be computed is not published: a 0 would read as "no drift", or as the worst
accuracy there is. `records` and `total_number_of_violations` stand beside AWS's names, and
an hour without records publishes `records` 0, so that an alarm can see it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from monitoring.documents import ANALYSIS, STATISTICS, Documents, number
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind
from monitoring.monitors.base import Analysis

LARGEST: Final = 2.348543e108
"""What an infinite value becomes: CloudWatch takes none."""
BIAS_STAGES: Final = {
    "pre_training_bias_metrics": "Pre-training",
    "post_training_bias_metrics": "Post-Training",
}

Dimensions = Mapping[str, str]
Named = tuple[str, Mapping[str, Any], Dimensions]
"""A metric's name, its value, and its dimensions beyond the execution's."""


def metric_data(
    kind: Kind, analysis: Analysis, dimensions: Dimensions, timestamp: str
) -> Iterator[dict[str, Any]]:
    """Every metric of one execution."""
    for name, value, more in PUBLISHED[kind](analysis):
        yield metric(name, value, {**dimensions, **more}, timestamp)
    violations = {"Value": len(analysis.findings)}
    yield metric("total_number_of_violations", violations, dimensions, timestamp)
    yield records_metric(analysis.item_count, dimensions, timestamp)


def records_metric(rows: int, dimensions: Dimensions, timestamp: str) -> dict[str, Any]:
    """`records`, ours: how many rows the window held. 0 is what an alarm should see."""
    return metric("records", {"Value": rows}, dimensions, timestamp)


def metric(
    name: str, value: Mapping[str, Any], dimensions: Dimensions, timestamp: str
) -> dict[str, Any]:
    """One line of `cloudwatch_metrics.jsonl`.

    >>> metric("records", {"Value": 5}, {"Endpoint": "fraud"}, "")
    {'MetricName': 'records', 'Dimensions': [{'Name': 'Endpoint', 'Value': 'fraud'}], 'Value': 5}
    """
    listed = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    time = {"Timestamp": timestamp} if timestamp else {}
    return {"MetricName": name, **time, "Dimensions": listed, **value}


def emits_metrics(baseline: Documents) -> bool:
    """Whether the baseline's `monitoring_config` lets metrics out (`emit_metrics`)."""
    config: Iterable[Any] = (
        document.get("monitoring_config", {})
        for document in baseline.values()
        if isinstance(document, Mapping)
    )
    return all(
        part.get("emit_metrics", "Enabled") == "Enabled"
        for part in config
        if isinstance(part, Mapping)
    )


def _data_quality(analysis: Analysis) -> Iterator[Named]:
    """Query `feature_non_null_*` (completeness) and `feature_baseline_drift_*` by Sum."""
    for feature in analysis.documents[STATISTICS]["features"]:
        name = feature["name"]
        numbers = feature.get("numerical_statistics", {})
        block = numbers or feature.get("string_statistics", {})
        if numbers and all(_is_number(numbers.get(key)) for key in ("min", "max", "sum")):
            values = {
                "Maximum": numbers["max"],
                "Minimum": numbers["min"],
                "SampleCount": numbers["common"]["num_present"],
                "Sum": numbers["sum"],
            }
            yield f"feature_data_{name}", {"StatisticValues": values}, {}
        if _is_number(completeness := block.get("completeness")):
            yield f"feature_non_null_{name}", {"Value": completeness}, {}
        if _is_number(distance := analysis.distances.get(name)):
            yield f"feature_baseline_drift_{name}", {"Value": distance}, {}


def _model_quality(analysis: Analysis) -> Iterator[Named]:
    for block in analysis.documents[STATISTICS].values():
        for name, entry in block.items() if isinstance(block, Mapping) else ():
            value = entry.get("value") if isinstance(entry, Mapping) else None
            if _is_number(value):
                yield name, {"Value": value}, {}


def _bias(analysis: Analysis) -> Iterator[Named]:
    for block, stage in BIAS_STAGES.items():
        metrics = analysis.documents[ANALYSIS].get(block, {})
        for facet, entries in metrics.get("facets", {}).items():
            for entry in entries:
                dimensions = {
                    "BiasStage": stage,
                    "Label": metrics["label"],
                    "LabelValue": metrics["label_value_or_threshold"],
                    "Facet": facet,
                    "FacetValue": entry["value_or_threshold"],
                }
                for found in entry["metrics"]:
                    value = number(found["value"], found["name"])
                    if value is not None:
                        finite = {"Value": min(LARGEST, max(-LARGEST, value))}
                        yield f"bias_metric_{found['name']}", finite, dimensions


def _explainability(analysis: Analysis) -> Iterator[Named]:
    labels = analysis.documents[ANALYSIS]["explanations"]["kernel_shap"]
    for label, entry in labels.items():
        dimensions = {"ExplainabilityMethod": "KernelShap", "Label": label}
        for name, value in entry["global_shap_values"].items():
            if _is_number(value):
                shap = {**dimensions, "ValueType": "GlobalShapValues"}
                yield f"feature_{name}", {"Value": value}, shap
        if _is_number(expected := entry.get("expected_value")):
            yield "ExpectedValue", {"Value": expected}, {**dimensions, "ValueType": "ExpectedValue"}


PUBLISHED: Mapping[Kind, Callable[[Analysis], Iterator[Named]]] = {
    DATA_QUALITY: _data_quality,
    MODEL_QUALITY: _model_quality,
    BIAS: _bias,
    EXPLAINABILITY: _explainability,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
