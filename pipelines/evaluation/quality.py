"""Quality: how good are the answers, under SageMaker's names?

Needs     targets, decisions and probabilities of rows the model has never seen
Gives     `dataset` and `binary_classification_metrics` of evaluation.json

With seven frauds in a thousand rows accuracy says nothing: a model that never finds one
is right 99.3 % of the time. Read `au_prc`, and precision and recall at the threshold. A
number the rows cannot give (one class only, nothing predicted) is null. `au_prc` is the
average precision, by steps; the monitor's, as AWS's, goes by trapezoids and is a little higher.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from monitoring.measures.classification import accuracy, f_score, precision, true_positive_rate
from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.curves import (
    Curve,
    ScoreCounts,
    area_under_roc,
    precision_recall_curve,
    roc_curve,
)
from monitoring.measures.outcome import Outcome, Uncomputable

RESAMPLES, SEED = 200, 7
"""Bootstrap samples behind each standard deviation."""
POINTS = 200
"""Of each curve."""


def report_of(
    targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray
) -> dict[str, Any]:
    """The report of rows whose targets and predictions are 0 or 1.

    Each metric has its value and a bootstrap standard deviation.

    >>> each = np.array
    >>> report = report_of(each([0, 0, 1, 1]), each([0, 1, 1, 1]), each([0.1, 0.6, 0.7, 0.9]))
    >>> metrics = report["binary_classification_metrics"]
    >>> metrics["recall"]["value"], metrics["auc"]["value"], metrics["confusion_matrix"]["0"]
    (1.0, 1.0, {'0': 1, '1': 1})
    """
    rng = np.random.default_rng(SEED)
    samples = [rng.integers(0, len(targets), len(targets)) for _ in range(RESAMPLES)]
    resampled = [_values(targets[at], predictions[at], probabilities[at]) for at in samples]
    values = _values(targets, predictions, probabilities)
    counts = BinaryCounts.of(targets == 1, predictions == 1)
    return {
        "dataset": {"item_count": counts.total, "positive_count": counts.positives},
        "binary_classification_metrics": {
            "confusion_matrix": {
                "0": {"0": counts.tn, "1": counts.fp},
                "1": {"0": counts.fn, "1": counts.tp},
            },
            **{
                name: {
                    "value": value,
                    "standard_deviation": _deviation([each[name] for each in resampled]),
                }
                for name, value in values.items()
            },
            **_curves(ScoreCounts.of(probabilities, targets == 1)),
        },
    }


def _values(
    targets: np.ndarray, predictions: np.ndarray, probabilities: np.ndarray
) -> dict[str, float | None]:
    """The metrics under SageMaker's names; None where the rows do not define one."""
    counts = BinaryCounts.of(targets == 1, predictions == 1)
    scores = ScoreCounts.of(probabilities, targets == 1)
    found: dict[str, Outcome] = {
        "recall": true_positive_rate(counts),
        "precision": precision(counts),
        "accuracy": accuracy(counts),
        "f1": f_score(counts, beta=1.0),
        "auc": area_under_roc(scores),
        "au_prc": average_precision(scores),
    }
    return {
        name: None if isinstance(outcome, Uncomputable) else outcome
        for name, outcome in found.items()
    }


def average_precision(scores: ScoreCounts) -> Outcome:
    """Precision at each distinct score, weighted by the recall gained there.

    0 to 1; guessing gives the share of positives. Undefined when only one class occurs.

    >>> average_precision(ScoreCounts.of(np.array([0.9, 0.5]), np.array([False, True])))
    0.5
    """
    curve = precision_recall_curve(scores)
    if isinstance(curve, Uncomputable):
        return curve
    return float(np.sum(np.diff(curve.x) * curve.y[1:]))


def _curves(scores: ScoreCounts) -> dict[str, Any]:
    """Both curves in SageMaker's shape, thinned; nothing where there is one class only."""
    roc, precision_recall = roc_curve(scores), precision_recall_curve(scores)
    if isinstance(roc, Uncomputable) or isinstance(precision_recall, Uncomputable):
        return {}
    roc = _corners(roc, roc.y).thinned(POINTS)
    precision_recall = _corners(precision_recall, precision_recall.x).thinned(POINTS)
    return {
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": roc.x.tolist(),
            "true_positive_rates": roc.y.tolist(),
        },
        "precision_recall_curve": {
            "precisions": precision_recall.y.tolist(),
            "recalls": precision_recall.x.tolist(),
        },
    }


def _corners(curve: Curve, recall: np.ndarray) -> Curve:
    """The first and the last point at each recall: between them the curve is straight or falls.

    With few positives nearly all points are between; thinned by their number alone, the
    part of the curve where the positives are would be lost.

    >>> _corners(Curve(np.array([0.0, 0.1, 0.2]), np.ones(3)), np.ones(3)).x
    array([0. , 0.2])
    """
    kept = np.ones(recall.size, dtype=bool)
    kept[1:-1] = (recall[1:-1] != recall[:-2]) | (recall[1:-1] != recall[2:])
    return Curve(curve.x[kept], curve.y[kept])


def _deviation(values: list[float | None]) -> float | None:
    """Their standard deviation; None when any sample did not define the metric."""
    defined = [value for value in values if value is not None]
    if len(defined) < len(values):
        return None
    mean = math.fsum(defined) / len(defined)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in defined) / (len(defined) - 1))
