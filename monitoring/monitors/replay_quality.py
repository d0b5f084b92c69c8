"""Findings of model quality, computed again: AWS's metrics, and the limits beyond them.

Needs     the evidence of a finding: a confusion matrix, groups of scores, or sums of errors
Gives     its replay

A ROC curve of a million scores is in twenty groups here, and its area comes out exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from monitoring.measures.classification import binary_metrics, multiclass_metrics
from monitoring.measures.confusion import BinaryCounts, ConfusionCounts
from monitoring.measures.costs import mean_cost_error
from monitoring.measures.decisions import ReliabilityBin, mean_cost
from monitoring.measures.intervals import share_interval
from monitoring.measures.noise import of_difference, share_error
from monitoring.measures.outcome import Outcome, Uncomputable
from monitoring.measures.regression import RegressionMoments, regression_metrics
from monitoring.measures.score_groups import ScoreGroup, area_of
from monitoring.monitors.quality_documents import GREATER, LESS
from monitoring.monitors.quality_limits import (
    CALIBRATION_CHECK,
    CAPACITY_CHECK,
    MEAN_COST_CHECK,
    SEGMENT_CHECK,
    calibration_threshold,
    segment_gap,
)
from monitoring.monitors.replay import Entry, Line, Replay, Replaying, verdict


def metric(entry: Entry) -> Replay | Uncomputable:
    """One of AWS's metrics against its constraint."""
    evidence, threshold = entry["evidence"], entry["expected"]
    name, like_aws = evidence["metric"], entry["mode"] == "compat"
    value = _value(evidence, name, like_aws)
    if isinstance(value, Uncomputable):
        return value
    less = entry["constraint_check_type"] == LESS
    worse_by = threshold - value if less else value - threshold
    error = 0.0 if like_aws else _error(evidence, threshold, value)
    tolerated = 0.0 if like_aws else error * evidence["standard_errors"]
    steps = [
        *_told(evidence, name),
        f"{name} is {value:.6g}; the baseline's {threshold:.6g} is "
        f"{'higher' if less else 'lower'} by {worse_by:.6g}",
    ]
    if not like_aws:
        steps.append(
            f"chance alone moves it by up to {tolerated:.6g}: {evidence['standard_errors']:.2f} "
            f"standard errors of {error:.3g} ({_sizes(evidence)})"
        )
    steps.append(verdict(worse_by > tolerated, f"{worse_by:.6g} > {tolerated:.6g}"))
    return Replay(value, worse_by > tolerated, tuple(steps), lines=(Line(name, threshold, value),))


def calibration(entry: Entry) -> Replay:
    """The expected calibration error against its limit."""
    evidence = entry["evidence"]
    curve = tuple(ReliabilityBin(*point) for point in evidence["bins"])
    rows = sum(point.rows for point in curve)
    gaps = sum(point.rows * abs(point.mean_score - point.positive_rate) for point in curve)
    threshold = calibration_threshold(curve, entry["expected"], evidence["standard_errors"])
    value = gaps / rows
    return Replay(
        value,
        value > threshold,
        (
            f"claimed and observed frequency are {value:.6g} apart, averaged over {rows:,} rows",
            f"the limit is {entry['expected']:.6g}, and with so few rows chance adds up to "
            f"{threshold - entry['expected']:.6g}",
            verdict(value > threshold, f"{value:.6g} > {threshold:.6g}"),
        ),
        ("claimed", "observed"),
        tuple(
            Line(f"{point.rows:,} rows", point.mean_score, point.positive_rate) for point in curve
        ),
    )


def cost(entry: Entry) -> Replay | Uncomputable:
    """The mean cost of a row against its limit."""
    evidence = entry["evidence"]
    cells = BinaryCounts(*(evidence[name] for name in ("tp", "fp", "fn", "tn")))
    prices = (evidence["false_positive"], evidence["false_negative"])
    value, error = mean_cost(cells, *prices), mean_cost_error(cells, *prices)
    if isinstance(value, Uncomputable):
        return value
    if isinstance(error, Uncomputable):
        return error
    bound = entry["expected"] + evidence["standard_errors"] * error
    return Replay(
        value,
        value > bound,
        (
            f"{cells.fp:,} false positives at {prices[0]:g} and {cells.fn:,} false negatives at "
            f"{prices[1]:g}, over {cells.total:,} rows: {value:.6g}",
            f"the limit is {entry['expected']:.6g}, and chance moves it by up to "
            f"{bound - entry['expected']:.6g}",
            verdict(value > bound, f"{value:.6g} > {bound:.6g}"),
        ),
        ("limit", "now"),
        (Line("mean cost", entry["expected"], value),),
    )


def capacity(entry: Entry) -> Replay | Uncomputable:
    """Precision among the rows that are reviewed."""
    evidence, limit = entry["evidence"], entry["expected"]
    seen, reviewed = evidence["positives_seen"], evidence["reviewed"]
    interval = share_interval(seen, reviewed, evidence["standard_errors"])
    if isinstance(interval, Uncomputable):
        return interval
    return Replay(
        seen / reviewed,
        interval.high < limit,
        (
            f"{seen:g} of the {reviewed:,} highest scores are positive: {seen / reviewed:.6g}",
            f"as few rows as these can be chance up to {interval.high:.6g}",
            verdict(interval.high < limit, f"{interval.high:.6g} < {limit:.6g}"),
        ),
        ("limit", "now"),
        (Line("precision", limit, seen / reviewed),),
    )


def segment(entry: Entry) -> Replay | Uncomputable:
    """A segment against all other rows."""
    evidence, limit = entry["evidence"], entry["expected"]
    found = segment_gap(evidence, limit, evidence["standard_errors"])
    if found is None:
        return Uncomputable("one of the two sides has too few rows")
    counted = "right" if "right" in evidence["segment"] else "absolute_errors"
    here, there = (evidence[side][counted] / evidence[side]["rows"] for side in SIDES)
    name = entry["metric_name"]
    return Replay(
        found.gap,
        found.gap > found.threshold,
        (
            f"{name} is {here:.6g} in {evidence['segment']['rows']:,} rows of the segment, and "
            f"{there:.6g} in {evidence['others']['rows']:,} others: worse by {found.gap:.6g}",
            f"the limit is {limit:.6g}, and chance moves it by up to {found.threshold - limit:.6g}",
            verdict(found.gap > found.threshold, f"{found.gap:.6g} > {found.threshold:.6g}"),
        ),
        ("others", "segment"),
        (Line(name, there, here),),
    )


SIDES: Final = ("segment", "others")


def _value(evidence: Mapping[str, Any], name: str, like_aws: bool) -> Outcome:
    if "confusion_matrix" not in evidence:
        return regression_metrics(
            RegressionMoments(
                total=evidence["rows"],
                absolute_errors=_sum(evidence["absolute_errors"]),
                squared_errors=_sum(evidence["squared_errors"]),
                truth_spread=_sum(evidence["label_spread"]),
            )
        )[name]
    if name == "auc":
        return area_of(ScoreGroup(*group) for group in evidence["score_groups"])
    counts = _matrix(evidence["confusion_matrix"])
    if "positive_label" not in evidence:
        return multiclass_metrics(counts)[name]
    positive = evidence["positive_label"]
    return binary_metrics(counts, positive, undefined_as_zero=like_aws)[name]


def _error(evidence: Mapping[str, Any], threshold: float, value: float) -> float:
    """Standard error of a share's difference; those of an area and a regression as they stand."""
    if "confusion_matrix" not in evidence or evidence["metric"] == "auc":
        return float(evidence["standard_error"])
    rows = int(evidence["denominator"])
    return of_difference(share_error(threshold, value, rows), rows, int(evidence["baseline_rows"]))


def _matrix(matrix: Mapping[str, Mapping[str, int]]) -> ConfusionCounts:
    cells = [[row[predicted] for predicted in matrix] for row in matrix.values()]
    return ConfusionCounts(tuple(matrix), np.array(cells, dtype=np.int64))


def _sum(value: float | None) -> float:
    """A sum that is too large for JSON stands there as null."""
    return float("inf") if value is None else value


def _told(evidence: Mapping[str, Any], name: str) -> list[str]:
    """What was counted."""
    if "confusion_matrix" not in evidence:
        return [f"{evidence['rows']:,} rows with a label and an answer"]
    if name == "auc":
        groups = [ScoreGroup(*group) for group in evidence["score_groups"]]
        hits, misses = (sum(g.positives for g in groups), sum(g.negatives for g in groups))
        return [f"{hits:,} positives and {misses:,} negatives, in {hits * misses:,} pairs"]
    counts = _matrix(evidence["confusion_matrix"])
    if "positive_label" in evidence:
        cells = counts.binary(evidence["positive_label"])
        return [f"tp {cells.tp:,}, fp {cells.fp:,}, fn {cells.fn:,}, tn {cells.tn:,}"]
    right = int(counts.cells.trace())
    return [f"{right:,} of {counts.total:,} rows are in their own class"]


def _sizes(evidence: Mapping[str, Any]) -> str:
    behind = evidence["baseline_rows"]
    known = f"{behind:,} of the baseline" if behind else "a baseline of unknown size"
    return f"{evidence['denominator']:,} rows now, {known}"


QUALITY_REPLAYS: Final[Mapping[str, Replaying]] = {
    LESS: metric,
    GREATER: metric,
    CALIBRATION_CHECK: calibration,
    MEAN_COST_CHECK: cost,
    CAPACITY_CHECK: capacity,
    SEGMENT_CHECK: segment,
}
