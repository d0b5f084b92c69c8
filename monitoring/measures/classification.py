"""Point metrics of a classifier, from its confusion counts.

Needs     ConfusionCounts
Gives     the values under `binary_classification_metrics` and
          `multiclass_classification_metrics` of statistics.json, in AWS's order

AWS's analyzer calls recall, precision and F 0.0 when they divide by nothing, and the
rates undefined. `undefined_as_zero=True` repeats that; the default gives the reason, since
an hour without a single fraud says nothing about recall.
Source: docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from monitoring.measures.confusion import BinaryCounts, ConfusionCounts
from monitoring.measures.outcome import Outcome, Uncomputable, ratio

BETAS: Mapping[str, float] = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}
CONSTANT = "_best_constant_classifier"

NO_ROWS = Uncomputable("no row has both a label and a prediction")
NO_POSITIVES = Uncomputable("no row is labelled positive")
NO_NEGATIVES = Uncomputable("no row is labelled negative")
NO_PREDICTED_POSITIVES = Uncomputable("no row is predicted positive")


def accuracy(counts: BinaryCounts) -> Outcome:
    """Share of rows predicted right; 0 to 1, 1 is best.

    >>> accuracy(BinaryCounts(tp=3, fp=1, fn=0, tn=4))
    0.875
    """
    return ratio(counts.tp + counts.tn, counts.total, NO_ROWS)


def precision(counts: BinaryCounts) -> Outcome:
    """Share of the predicted positives that are positive; undefined where none is predicted.

    >>> precision(BinaryCounts(tp=3, fp=1, fn=0, tn=4))
    0.75
    """
    return ratio(counts.tp, counts.predicted_positives, NO_PREDICTED_POSITIVES)


def true_positive_rate(counts: BinaryCounts) -> Outcome:
    """Recall: share of the positives that are found; undefined without positives.

    >>> true_positive_rate(BinaryCounts(tp=0, fp=1, fn=0, tn=4))
    Uncomputable(reason='no row is labelled positive')
    """
    return ratio(counts.tp, counts.positives, NO_POSITIVES)


def true_negative_rate(counts: BinaryCounts) -> Outcome:
    """Specificity: share of the negatives left alone; undefined without negatives.

    >>> true_negative_rate(BinaryCounts(tp=0, fp=1, fn=0, tn=4))
    0.8
    """
    return ratio(counts.tn, counts.negatives, NO_NEGATIVES)


def false_positive_rate(counts: BinaryCounts) -> Outcome:
    """Share of the negatives predicted positive; 0 is best.

    >>> false_positive_rate(BinaryCounts(tp=0, fp=1, fn=0, tn=4))
    0.2
    """
    return ratio(counts.fp, counts.negatives, NO_NEGATIVES)


def false_negative_rate(counts: BinaryCounts) -> Outcome:
    """Share of the positives predicted negative; 0 is best.

    >>> false_negative_rate(BinaryCounts(tp=3, fp=0, fn=1, tn=0))
    0.25
    """
    return ratio(counts.fn, counts.positives, NO_POSITIVES)


def f_score(counts: BinaryCounts, beta: float) -> Outcome:
    """Weighted harmonic mean of precision and recall; `beta` above 1 favours recall.

    0 to 1, 1 is best; 0 when no positive was found. Undefined without positives, like
    the recall it is a mean of.

    >>> f_score(BinaryCounts(tp=1, fp=1, fn=0, tn=0), beta=1)
    0.6666666666666666
    """
    if not counts.positives:
        return NO_POSITIVES
    if not counts.tp:
        return 0.0
    # From precision and recall, not from the counts: AWS's last bits are this order's.
    weight = beta * beta
    found, claimed = counts.tp / counts.positives, counts.tp / counts.predicted_positives
    return (1 + weight) * claimed * found / (weight * claimed + found)


def binary_metrics(
    counts: ConfusionCounts, positive: str = "1", *, undefined_as_zero: bool = False
) -> dict[str, Outcome]:
    """Every metric of CONTRACT C.2 that needs no probability, in its order.

    `counts` hold two classes at most (`restricted_to` leaves others out).

    >>> actual, predicted = np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0])
    >>> found = binary_metrics(ConfusionCounts.of(actual, predicted, ("0", "1")))
    >>> found["recall"], found["precision"], found["accuracy_best_constant_classifier"]
    (0.5, 1.0, 0.5)
    """
    if len({*counts.classes, positive}) > 2:
        raise ValueError(f"binary metrics need two classes, not {', '.join(counts.classes)}")
    found = _headline(counts.binary(positive), undefined_as_zero)
    constant = _headline(counts.best_constant().binary(positive), undefined_as_zero)
    cells = counts.binary(positive)
    return {
        **{name: found[name] for name in ("recall", "precision", "accuracy")},
        **{f"{name}{CONSTANT}": constant[name] for name in ("recall", "precision", "accuracy")},
        "true_positive_rate": true_positive_rate(cells),
        "true_negative_rate": true_negative_rate(cells),
        "false_positive_rate": false_positive_rate(cells),
        "false_negative_rate": false_negative_rate(cells),
        **{name: found[name] for name in BETAS},
        **{f"{name}{CONSTANT}": constant[name] for name in BETAS},
    }


def _headline(cells: BinaryCounts, undefined_as_zero: bool) -> dict[str, Outcome]:
    """The metrics that AWS lets be 0 where they divide by nothing."""
    found: dict[str, Outcome] = {
        "recall": true_positive_rate(cells),
        "precision": precision(cells),
        **{name: f_score(cells, beta) for name, beta in BETAS.items()},
    }
    if undefined_as_zero and cells.total:
        found = {
            name: 0.0 if isinstance(value, Uncomputable) else value for name, value in found.items()
        }
    return {**found, "accuracy": accuracy(cells)}


def multiclass_metrics(counts: ConfusionCounts) -> dict[str, Outcome]:
    """Accuracy and the six metrics weighted by the share of each *actual* class.

    A class that is never predicted adds precision 0 and F 0, as in Spark's
    MulticlassMetrics; a class that never occurs has no weight. Weighted recall equals
    accuracy.

    >>> counts = ConfusionCounts.of(np.array([0, 1, 2, 2]), np.array([0, 2, 2, 2]), ("a", "b", "c"))
    >>> found = multiclass_metrics(counts)
    >>> found["accuracy"], round(found["weighted_precision"], 4)
    (0.75, 0.5833)
    """
    found = _weighted(counts)
    constant = _weighted(counts.best_constant())
    return {**found, **{f"{name}{CONSTANT}": value for name, value in constant.items()}}


def _weighted(counts: ConfusionCounts) -> dict[str, Outcome]:
    names = ("accuracy", "weighted_recall", "weighted_precision", *(f"weighted_{f}" for f in BETAS))
    if not counts.total:
        return dict.fromkeys(names, NO_ROWS)
    right = np.diag(counts.cells).astype(np.float64)
    actual, predicted = counts.cells.sum(axis=1), counts.cells.sum(axis=0)
    share = actual / counts.total
    found: dict[str, Outcome] = {
        "accuracy": float(right.sum() / counts.total),
        "weighted_recall": float(share @ _divide(right, actual)),
        "weighted_precision": float(share @ _divide(right, predicted)),
    }
    for name, beta in BETAS.items():
        weight = beta * beta
        scores = _divide((1 + weight) * right, weight * actual + predicted)
        found[f"weighted_{name}"] = float(share @ scores)
    return found


def _divide(
    numerator: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    denominator: np.ndarray[tuple[int, ...], np.dtype[np.int64 | np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Element by element; 0 where nothing is divided by nothing."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
