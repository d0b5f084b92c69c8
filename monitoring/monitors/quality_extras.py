"""What AWS does not measure: calibration, cost, capacity and segments, for findings.json.

Needs     answers, whole and by segment, and what additional_measures.json asks for
Gives     the block `model_quality` under `additional`: numbers, or why there is none

None of it is in AWS's documents. A threshold that is best here was chosen on these very
rows, whose labels are known: compare it over several runs before a decision hangs on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from monitoring.measures.calibration_noise import calibration_error_by_chance
from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.costs import break_even, cheapest, cost_curve, mean_cost_error
from monitoring.measures.curves import ScoreCounts, area_under_roc
from monitoring.measures.decisions import (
    expected_calibration_error,
    mean_cost,
    precision_at_capacity,
    reliability,
)
from monitoring.measures.intervals import Interval, normal_interval, share_interval
from monitoring.measures.noise import roc_area_error
from monitoring.measures.outcome import Outcome, Uncomputable, ratio
from monitoring.measures.regression import regression_metrics
from monitoring.monitors.answers import Answers, Classified, Regressed
from monitoring.monitors.quality_extras_settings import Calibration, Capacity, Cost, Extras
from monitoring.monitors.segments import Divided

SMALLEST_SEGMENT: Final = 10
"""Rows below which a segment is summed up with others like it: its name may be a person."""
COST_POINTS: Final = 101
"""Points of the cost curve that are written."""
SHOWN: Final = 5
"""Segments of a column in the summary."""
NOT_BINARY: Final = Uncomputable("it is of a binary classification only")
NO_SCORES: Final = Uncomputable("there is no probability: name probability_attribute")
NO_POSITIVES: Final = Uncomputable("no row is labelled positive")


def additional(state: Divided) -> dict[str, Any]:
    """The block of an execution. Empty when nothing is asked for."""
    asked, whole = state.settings.extras, state.whole
    if asked is None:
        return {}
    block: dict[str, Any] = {"rows": whole.usable}
    if asked.calibration:
        block["calibration"] = _calibration(whole, asked.calibration)
    if asked.cost:
        block["cost"] = _cost(whole, asked.cost)
    if asked.capacity:
        block["capacity"] = _capacity(whole, asked.capacity)
    if asked.segments:
        block["segments"] = {
            column.column: _column(state, column.column, asked) for column in asked.segments.columns
        }
    return {**block, "summary": list(_summary(block))}


def _summary(block: Mapping[str, Any]) -> Iterator[str]:
    """The block in sentences."""
    if "calibration" in block:
        found = block["calibration"]
        error, chance = found["expected_calibration_error"], found.get("by_chance", {})
        by_chance = f" (chance alone gives {chance['mean']:.4g})" if chance else ""
        yield f"expected calibration error: {_said(error)}{by_chance}"
    if "cost" in block:
        found = block["cost"]
        best = found["best"]
        cheapest_at = ""
        if "threshold" in best:
            cheapest_at = f", {best['mean_cost']:.4g} at threshold {best['threshold']:.4g}"
        yield f"mean cost of a row: {_said(found['mean_cost'])}{cheapest_at}"
    if "capacity" in block:
        found = block["capacity"]
        reviewed = f" of the {found['reviewed']:,} highest scores" if "reviewed" in found else ""
        yield f"precision{reviewed}: {_said(found['precision'])}"
    for name, column in block.get("segments", {}).items():
        if "not_computed" in column:
            yield f"segments by {name}: {_said(column)}"
            continue
        metric = "accuracy" if "accuracy" in next(iter(column["values"]), {}) else "mae"
        listed = [f"{v['value']} {_said(v[metric]['value'])}" for v in column["values"]]
        more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
        yield f"{metric} by {name}: {', '.join(listed[:SHOWN]) or 'all too small'}{more}"


def _said(found: float | Mapping[str, str]) -> str:
    if isinstance(found, Mapping):
        return f"not computed: {found['not_computed']}"
    return f"{found:.4g}"


def scores_of(answers: Answers) -> ScoreCounts | Uncomputable:
    """A binary classifier's rows by probability, or why there are none."""
    if isinstance(answers, Regressed) or not answers.is_binary:
        return NOT_BINARY
    return answers.scores or NO_SCORES


def cells_of(answers: Answers) -> BinaryCounts | Uncomputable:
    """A binary classifier's decisions, right and wrong."""
    if isinstance(answers, Regressed) or not answers.is_binary:
        return NOT_BINARY
    return answers.counts.binary(answers.settings.classes[1])


def right_of(answers: Classified) -> int:
    """Rows whose predicted class is the actual one."""
    return int(answers.counts.cells.trace())


def told(outcome: Outcome) -> float | dict[str, str]:
    """A number as it stands in the block, or the reason for there being none.

    >>> told(0.5), told(Uncomputable("no rows"))
    (0.5, {'not_computed': 'no rows'})
    """
    return _reason(outcome) if isinstance(outcome, Uncomputable) else outcome


def _reason(outcome: Uncomputable) -> dict[str, str]:
    return {"not_computed": outcome.reason}


def _calibration(answers: Answers, asked: Calibration) -> dict[str, Any]:
    scores = scores_of(answers)
    curve = scores if isinstance(scores, Uncomputable) else reliability(scores, asked.bins)
    if isinstance(curve, Uncomputable):
        return {"expected_calibration_error": told(curve)}
    if isinstance(scores, Uncomputable):
        return {"expected_calibration_error": told(scores)}
    return {
        "expected_calibration_error": told(expected_calibration_error(scores, asked.bins)),
        "by_chance": calibration_error_by_chance(curve)._asdict(),
        "bins": asked.bins,
        "reliability_curve": [
            {**point._asdict(), "interval": _interval(_hits(point), point.rows)} for point in curve
        ],
    }


def _hits(point: Any) -> float:
    return float(point.rows * point.positive_rate)


def _cost(answers: Answers, asked: Cost) -> dict[str, Any]:
    prices = (asked.false_positive, asked.false_negative)
    cells, scores = cells_of(answers), scores_of(answers)
    block: dict[str, Any] = {
        "false_positive": asked.false_positive,
        "false_negative": asked.false_negative,
        "mean_cost": told(_of(cells, mean_cost, prices)),
        "standard_error": told(_of(cells, mean_cost_error, prices)),
        "break_even_threshold": told(break_even(*prices)),
    }
    curve = scores if isinstance(scores, Uncomputable) else cost_curve(scores, *prices)
    if isinstance(curve, Uncomputable):
        return {**block, "best": told(curve)}
    thinned = curve.thinned(COST_POINTS)
    return {
        **block,
        "best": {"threshold": cheapest(curve).threshold, "mean_cost": cheapest(curve).cost},
        "curve": {"thresholds": thinned.x.tolist(), "mean_costs": thinned.y.tolist()},
    }


def _of(
    cells: BinaryCounts | Uncomputable,
    measure: Callable[[BinaryCounts, float, float], Outcome],
    prices: tuple[float, float],
) -> Outcome:
    return cells if isinstance(cells, Uncomputable) else measure(cells, *prices)


def _capacity(answers: Answers, asked: Capacity) -> dict[str, Any]:
    scores = scores_of(answers)
    if isinstance(scores, Uncomputable) or not scores.total:
        return {"precision": told(scores if isinstance(scores, Uncomputable) else NO_SCORES)}
    reviewed = min(asked.of(scores.total), scores.total)
    precision = precision_at_capacity(scores, reviewed)
    if isinstance(precision, Uncomputable):
        return {"precision": told(precision)}
    hits, positives = precision * reviewed, int(scores.positives.sum())
    return {
        "reviewed": reviewed,
        "of_rows": scores.total,
        "positives_seen": hits,
        "positives": positives,
        "precision": precision,
        "interval": _interval(hits, reviewed),
        "recall": told(ratio(hits, positives, NO_POSITIVES)),
    }


def _column(state: Divided, column: str, asked: Extras) -> dict[str, Any]:
    if column in state.segments.too_many:
        return _reason(Uncomputable("it has too many values to be told apart; give edges"))
    if column in state.segments.absent:
        return _reason(Uncomputable("some or all of the data have no such column"))
    states = state.segments.states.get(column, {})
    shown = {value: part for value, part in states.items() if part.usable >= SMALLEST_SEGMENT}
    hidden = [part for value, part in states.items() if value not in shown]
    ordered = sorted(shown.items(), key=lambda item: (-item[1].usable, item[0]))
    return {
        "values": [{"value": value, **_segment(part, asked)} for value, part in ordered],
        "smaller": {"segments": len(hidden), "rows": sum(part.usable for part in hidden)},
    }


def _segment(answers: Answers, asked: Extras) -> dict[str, Any]:
    few = asked.segments.few_rows if asked.segments else 0
    block: dict[str, Any] = {"rows": answers.usable, "few_rows": answers.usable < few}
    if isinstance(answers, Regressed):
        return block | _errors(answers)
    block["accuracy"] = _share(right_of(answers), answers.usable)
    cells, scores = cells_of(answers), scores_of(answers)
    if not isinstance(cells, Uncomputable):
        block |= {
            "actually_positive": _share(cells.positives, cells.total),
            "recall": _share(cells.tp, cells.positives),
            "precision": _share(cells.tp, cells.predicted_positives),
            "false_positive_rate": _share(cells.fp, cells.negatives),
        }
        if asked.cost:
            prices = (asked.cost.false_positive, asked.cost.false_negative)
            block["mean_cost"] = told(mean_cost(cells, *prices))
        if not isinstance(scores, Uncomputable):
            block["auc"] = _area(scores)
            if asked.calibration:
                block["calibration"] = _calibration(answers, asked.calibration)
    return block


def _errors(answers: Regressed) -> dict[str, Any]:
    """A regression's metrics; the interval of mae from the spread of the single errors."""
    found = regression_metrics(answers.moments)
    block: dict[str, Any] = {name: {"value": told(value)} for name, value in found.items()}
    mean, error = found["mae"], _mean_error(answers)
    if not isinstance(mean, Uncomputable) and not isinstance(error, Uncomputable):
        block["mae"]["interval"] = list(normal_interval(mean, error))
    return block


def _mean_error(answers: Regressed) -> Outcome:
    """Standard error of mae: a mean of |error|, whose squares are summed up too."""
    sums = answers.moments
    if sums.total < 2:
        return Uncomputable("one row has no spread")
    mean, squares = sums.absolute_errors / sums.total, sums.squared_errors / sums.total
    variance = max(0.0, squares - mean * mean) / (sums.total - 1)
    found: float = variance**0.5
    return found if found < float("inf") else Uncomputable("the errors are too large")


def _area(scores: ScoreCounts) -> dict[str, Any]:
    area = area_under_roc(scores)
    if isinstance(area, Uncomputable):
        return {"value": told(area)}
    positives = int(scores.positives.sum())
    error = roc_area_error(area, area, positives, scores.total - positives)
    low, high = normal_interval(area, error)
    return {"value": area, "interval": [max(0.0, low), min(1.0, high)]}


def _share(hits: int, rows: int) -> Mapping[str, Any]:
    share = ratio(hits, rows, Uncomputable("no row counts towards the share"))
    if isinstance(share, Uncomputable):
        return {"value": told(share)}
    return {"value": share, "of_rows": rows, "interval": _interval(hits, rows)}


def _interval(hits: float, rows: int) -> list[float]:
    found = share_interval(hits, rows)
    return list(found) if isinstance(found, Interval) else []
