"""Findings of bias and explainability, computed again: from counts, and from two rankings.

Needs     the evidence of a finding
Gives     its replay; a reason where the counts of a small group were withheld

The interval of a bias metric is of resamples drawn with a seed: their standard error is
taken as it stands, and whether the metric lies beyond it is redone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.disparity import Split, conditional_disparity
from monitoring.measures.facets import Comparison
from monitoring.measures.fairness import FLIP_TEST, POST_TRAINING, PRE_TRAINING
from monitoring.measures.fairness_limits import IMPACT
from monitoring.measures.fairness_noise import log_impact
from monitoring.measures.neighbors import Flips
from monitoring.measures.outcome import Outcome, Uncomputable
from monitoring.measures.ranking import normalized_discounted_gain
from monitoring.monitors.bias_drift import BIAS_DRIFT_CHECK, from_fair
from monitoring.monitors.explainability import DRIFT_CHECK, LEAST_SCORE
from monitoring.monitors.replay import Entry, Line, Replay, Replaying, verdict

SIDES: Final = ("advantaged", "disadvantaged")
_MEASURES: Final = {metric.name: metric.measure for metric in (*PRE_TRAINING, *POST_TRAINING)}


def bias(entry: Entry) -> Replay | Uncomputable:
    """A bias metric against the baseline's."""
    evidence, name, expected = entry["evidence"], entry["metric_name"], entry["expected"]
    withheld = [evidence[side] for side in SIDES if isinstance(evidence[side], str)]
    if withheld:
        return Uncomputable(f"the counts are {withheld[0][:80]}")
    value = _value(evidence, name)
    if isinstance(value, Uncomputable):
        return value
    fair = 1 if name == IMPACT else 0
    steps = [
        *(f"{side}: {_cells(evidence[side])}" for side in SIDES),
        f"{name} is {value:.6g}, in the baseline {expected:.6g}; {fair} is equal treatment",
    ]
    if entry["mode"] == "compat":
        crosses = abs(value) > abs(expected)
        steps.append(verdict(crosses, f"|{value:.6g}| > |{expected:.6g}|"))
    else:
        distance, allowed = _distance(evidence, name, value), from_fair(name, expected)
        reach = evidence["standard_errors"] * evidence["standard_error"]
        crosses = distance - reach > allowed
        steps += [
            f"it is {distance:.6g} from fair, and surely {distance - reach:.6g}: less "
            f"{evidence['standard_errors']:.2f} standard errors of "
            f"{evidence['standard_error']:.3g}",
            verdict(crosses, f"{distance - reach:.6g} > {allowed:.6g}"),
        ]
    observed = value if math.isfinite(value) else None
    lines = (Line(name, expected, observed),)
    return Replay(observed, crosses, tuple(steps), lines=lines)


def ranking(entry: Entry) -> Replay | Uncomputable:
    """The order of the features against the baseline's."""
    evidence = entry["evidence"]
    before, now = (
        {row["feature"]: float(row["value"]) for row in evidence[name]}
        for name in ("baseline_ranking", "current_ranking")
    )
    values = np.array([before[feature] for feature in now])
    score = normalized_discounted_gain(values, np.array(list(now.values())))
    if isinstance(score, Uncomputable):
        return score
    return Replay(
        score,
        score < LEAST_SCORE,
        (
            f"in the baseline's order: {', '.join(before)}",
            f"in the order of now:     {', '.join(now)}",
            verdict(score < LEAST_SCORE, f"nDCG {score:.6g} < {LEAST_SCORE:g}"),
        ),
        lines=tuple(Line(feature, before[feature], now[feature]) for feature in before),
    )


def _comparison(evidence: Mapping[str, Any]) -> Comparison:
    advantaged, disadvantaged = (_counts(evidence[side]) for side in SIDES)
    return Comparison(advantaged, disadvantaged, predicted="tp" in evidence[SIDES[0]])


def _counts(cells: Mapping[str, int]) -> BinaryCounts:
    """Without predictions everything counts as predicted negative."""
    if "tp" in cells:
        return BinaryCounts(cells["tp"], cells["fp"], cells["fn"], cells["tn"])
    return BinaryCounts(0, 0, cells["positives"], cells["negatives"])


def _cells(cells: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in cells.items())


def _value(evidence: Mapping[str, Any], name: str) -> Outcome:
    if name == FLIP_TEST:
        return Flips(*(evidence[part] for part in Flips._fields)).value
    if "groups" in evidence:
        return _by_group(evidence)
    return _MEASURES[name](_comparison(evidence))


def _by_group(evidence: Mapping[str, Any]) -> Outcome:
    """Disparity in every group, weighted by rows; of the small ones only their sum is known."""
    groups = [(Split(a, b), Split(c, d)) for a, b, c, d in evidence["groups"]]
    rest = evidence["other_groups"]
    if rest["disparity"] is None:
        return Uncomputable("the disparity of the groups that are summed up is not known")
    if not rest["rows"]:
        return conditional_disparity(groups)
    listed = sum(sum(a) + sum(d) for a, d in groups)
    found = conditional_disparity(groups) if groups else 0.0
    if isinstance(found, Uncomputable):
        return found
    rows, disparity = int(rest["rows"]), float(rest["disparity"])
    return (found * listed + disparity * rows) / (listed + rows)


def _distance(evidence: Mapping[str, Any], name: str, value: float) -> float:
    """From fair, as it is estimated: disparate impact with half a row added."""
    if name == IMPACT:
        return abs(log_impact(_comparison(evidence))[0])
    return abs(value)


GROUP_REPLAYS: Final[Mapping[str, Replaying]] = {BIAS_DRIFT_CHECK: bias, DRIFT_CHECK: ranking}
