"""The limits of additional_measures.json: what is beyond one, and more than by chance.

Needs     answers, whole and by segment, and the limits that were configured
Gives     Findings with check types of our own; none where no limit was given

A limit is a promise about the model, not about these few rows: only an interval that lies
whole beyond it is a violation, at the same rate of false alarms as AWS's metrics have in
`corrected`. Both modes say the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from monitoring.measures.calibration_noise import calibration_error_by_chance
from monitoring.measures.costs import mean_cost_error
from monitoring.measures.decisions import (
    ReliabilityBin,
    expected_calibration_error,
    mean_cost,
    precision_at_capacity,
    reliability,
)
from monitoring.measures.intervals import share_interval
from monitoring.measures.noise import critical
from monitoring.measures.outcome import Uncomputable
from monitoring.monitors.answers import Answers, Regressed
from monitoring.monitors.base import Finding, Mode
from monitoring.monitors.quality_extras import (
    SMALLEST_SEGMENT,
    cells_of,
    right_of,
    scores_of,
)
from monitoring.monitors.quality_extras_settings import Extras
from monitoring.monitors.segments import Divided

CALIBRATION_CHECK: Final = "calibration_check"
MEAN_COST_CHECK: Final = "mean_cost_check"
CAPACITY_CHECK: Final = "precision_at_capacity_check"
SEGMENT_CHECK: Final = "segment_gap_check"


class Crossed(NamedTuple):
    """A number beyond its limit, and the arithmetic of it."""

    name: str
    check: str
    observed: float
    limit: float
    threshold: float
    """The limit, moved by what chance may do."""
    description: str
    evidence: Mapping[str, Any]
    identity: Mapping[str, str]


def limit_findings(state: Divided, mode: Mode) -> list[Finding]:
    """What lies beyond a configured limit by more than chance."""
    asked = state.settings.extras
    if asked is None:
        return []
    errors = critical(_limits(state, asked))
    crossed = (
        _calibration(state.whole, asked, errors),
        _cost(state.whole, asked, errors),
        _capacity(state.whole, asked, errors),
        *_segments(state, asked, errors),
    )
    other = "compat" if mode == "corrected" else "corrected"
    return [
        Finding(
            feature=found.name,
            check=found.check,
            description=found.description,
            observed=found.observed,
            expected=found.limit,
            threshold=found.threshold,
            mode=mode,
            other_mode=f"{other}: the same; the limit is of additional_measures.json, not AWS's",
            evidence=found.evidence,
            identity=found.identity,
        )
        for found in crossed
        if found is not None
    ]


def _limits(state: Divided, asked: Extras) -> int:
    """How many comparisons are made at once."""
    single = (
        asked.calibration and asked.calibration.max_error,
        asked.cost and asked.cost.max_mean,
        asked.capacity and asked.capacity.min_precision,
    )
    count = sum(limit is not None for limit in single)
    if asked.segments and asked.segments.max_gap is not None:
        count += sum(len(states) for states in state.segments.states.values())
    return count


def _calibration(whole: Answers, asked: Extras, errors: float) -> Crossed | None:
    if asked.calibration is None or asked.calibration.max_error is None:
        return None
    bins, limit = asked.calibration.bins, asked.calibration.max_error
    scores = scores_of(whole)
    curve = scores if isinstance(scores, Uncomputable) else reliability(scores, bins)
    if isinstance(scores, Uncomputable) or isinstance(curve, Uncomputable):
        return None
    observed = expected_calibration_error(scores, bins)
    threshold = calibration_threshold(curve, limit, errors)
    if isinstance(observed, Uncomputable) or observed <= threshold:
        return None
    return Crossed(
        "expected_calibration_error",
        CALIBRATION_CHECK,
        observed,
        limit,
        threshold,
        f"Expected calibration error {observed:.6g} exceeds the limit {limit:g}",
        {"bins": [list(point) for point in curve], "standard_errors": errors},
        {"metric_name": "expectedCalibrationError"},
    )


def calibration_threshold(curve: tuple[ReliabilityBin, ...], limit: float, errors: float) -> float:
    """Where an error beyond `limit` begins: what true claims give by chance comes on top."""
    chance = calibration_error_by_chance(curve)
    return limit + chance.mean + errors * chance.deviation


def _cost(whole: Answers, asked: Extras, errors: float) -> Crossed | None:
    if asked.cost is None or asked.cost.max_mean is None:
        return None
    cells = cells_of(whole)
    if isinstance(cells, Uncomputable):
        return None
    prices = (asked.cost.false_positive, asked.cost.false_negative)
    observed, error = mean_cost(cells, *prices), mean_cost_error(cells, *prices)
    if isinstance(observed, Uncomputable) or isinstance(error, Uncomputable):
        return None
    limit = asked.cost.max_mean
    threshold = limit + errors * error
    if observed <= threshold:
        return None
    return Crossed(
        "mean_cost",
        MEAN_COST_CHECK,
        observed,
        limit,
        threshold,
        f"Mean cost {observed:.6g} of a row exceeds the limit {limit:g}",
        {
            **{name: getattr(cells, name) for name in ("tp", "fp", "fn", "tn")},
            "false_positive": prices[0],
            "false_negative": prices[1],
            "standard_errors": errors,
        },
        {"metric_name": "meanCost"},
    )


def _capacity(whole: Answers, asked: Extras, errors: float) -> Crossed | None:
    if asked.capacity is None or asked.capacity.min_precision is None:
        return None
    scores = scores_of(whole)
    if isinstance(scores, Uncomputable) or not scores.total:
        return None
    reviewed = min(asked.capacity.of(scores.total), scores.total)
    observed, limit = precision_at_capacity(scores, reviewed), asked.capacity.min_precision
    if isinstance(observed, Uncomputable):
        return None
    upper = share_interval(observed * reviewed, reviewed, errors)
    if isinstance(upper, Uncomputable) or upper.high >= limit:
        return None
    return Crossed(
        "precision_at_capacity",
        CAPACITY_CHECK,
        observed,
        limit,
        limit - (upper.high - observed),
        f"Precision {observed:.6g} of the {reviewed} highest scores is below the limit {limit:g}",
        {"reviewed": reviewed, "positives_seen": observed * reviewed, "standard_errors": errors},
        {"metric_name": "precisionAtCapacity"},
    )


def _segments(state: Divided, asked: Extras, errors: float) -> Iterator[Crossed]:
    """Segments that are worse than all other rows."""
    limit = asked.segments.max_gap if asked.segments else None
    if limit is None:
        return
    for column, states in state.segments.states.items():
        for value, part in sorted(states.items()):
            if part.usable < SMALLEST_SEGMENT:
                continue
            sides = _sides(part, state.whole)
            compared = segment_gap(sides, limit, errors) if sides else None
            if compared is None or compared.gap <= compared.threshold:
                continue
            is_error = "absolute_errors" in sides["segment"]
            metric, side = ("mae", "above") if is_error else ("accuracy", "below")
            yield Crossed(
                f"{metric} of {column} {value}",
                SEGMENT_CHECK,
                compared.gap,
                limit,
                compared.threshold,
                f"{metric} is {compared.gap:.6g} {side} that of the other rows, which exceeds "
                f"the limit {limit:g}",
                {**sides, "standard_errors": errors},
                {"metric_name": metric, "segment": column, "segment_value": value},
            )


class Gap(NamedTuple):
    """How much worse a segment is, and where a gap beyond its limit begins."""

    gap: float
    threshold: float


def segment_gap(
    sides: Mapping[str, Mapping[str, float]], limit: float, errors: float
) -> Gap | None:
    """The gap between a segment and the other rows, from the sums of both.

    The interval of a difference of two shares is Newcombe's hybrid of Wilson's (Statistics
    in Medicine 17 (1998), 873-890, method 10); that of two means is the normal one. None
    where either side has too few rows.

    >>> sides = {"segment": {"rows": 100, "right": 60}, "others": {"rows": 900, "right": 810}}
    >>> found = segment_gap(sides, limit=0.1, errors=2.0)
    >>> round(found.gap, 3), round(found.threshold, 3)
    (0.3, 0.195)
    """
    segment, others = sides["segment"], sides["others"]
    if "right" in segment:
        best = share_interval(segment["right"], segment["rows"], errors)
        worst = share_interval(others["right"], others["rows"], errors)
        if isinstance(best, Uncomputable) or isinstance(worst, Uncomputable):
            return None
        here, there = segment["right"] / segment["rows"], others["right"] / others["rows"]
        reach = math.hypot(best.high - here, there - worst.low)
        return Gap(there - here, limit + reach)
    if min(segment["rows"], others["rows"]) < 2:
        return None
    (here, error), (there, other_error) = mean_and_error(segment), mean_and_error(others)
    return Gap(here - there, limit + errors * math.hypot(error, other_error))


def mean_and_error(sums: Mapping[str, float]) -> tuple[float, float]:
    """mae and its standard error.

    >>> mean_and_error({"rows": 2, "absolute_errors": 4.0, "squared_errors": 10.0})
    (2.0, 1.0)
    """
    rows = sums["rows"]
    mean = sums["absolute_errors"] / rows
    return mean, math.sqrt(max(0.0, sums["squared_errors"] / rows - mean * mean) / (rows - 1))


def _sides(part: Answers, whole: Answers) -> dict[str, Mapping[str, float]]:
    """What a segment and the other rows are compared by; empty where it is no number."""
    if isinstance(part, Regressed) and isinstance(whole, Regressed):
        return _apart(_errors(part), _errors(whole))
    if isinstance(part, Regressed) or isinstance(whole, Regressed):
        return {}
    here, everywhere = ({"rows": one.usable, "right": right_of(one)} for one in (part, whole))
    return _apart(here, everywhere)


def _errors(answers: Regressed) -> dict[str, float]:
    sums = answers.moments
    return {
        "rows": sums.total,
        "absolute_errors": sums.absolute_errors,
        "squared_errors": sums.squared_errors,
    }


def _apart(
    segment: Mapping[str, float], everything: Mapping[str, float]
) -> dict[str, Mapping[str, float]]:
    if not all(map(math.isfinite, everything.values())):
        return {}
    others = {name: total - segment[name] for name, total in everything.items()}
    return {"segment": segment, "others": others}
