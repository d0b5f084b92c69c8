"""bias_drift_check: is a metric farther from fair than it was in the baseline?

Needs     a metric now and in the baseline, and the counts behind it
Gives     a Finding with these counts, or None; and how far the metric moved

AWS compares two numbers: farther from 0 is a violation. So a healthy model is in violation
of every metric every other hour, and a disparate impact falling from 0.9 to 0.2 is not,
because 0.2 is nearer to 0. `compat` repeats both. `corrected` measures disparate impact
from 1, and asks that the whole interval of this window's value (the normal bootstrap
interval that AWS documents) lie outside of what the baseline allows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.facets import Comparison, cautions
from monitoring.measures.fairness import FLIP_TEST, POST_TRAINING, PRE_TRAINING
from monitoring.measures.fairness_limits import IMPACT, sides
from monitoring.measures.fairness_noise import Resamples, few_rows, flip_error, log_impact
from monitoring.measures.neighbors import Flips
from monitoring.measures.outcome import Outcome, Uncomputable
from monitoring.monitors.alignment import MISSING_COLUMN_CHECK
from monitoring.monitors.base import Finding, Mode
from monitoring.monitors.bias_counts import Entry
from monitoring.monitors.bias_documents import shown, written
from monitoring.monitors.bias_settings import BiasSettings

BIAS_DRIFT_CHECK = "bias_drift_check"

BY_GROUP = ("CDDL", "CDDPL")
MOST_LISTED = 100
"""Groups whose counts a finding lists; the rest are summed up."""

_MEASURES = {metric.name: metric.measure for metric in (*PRE_TRAINING, *POST_TRAINING)}


class Noise(NamedTuple):
    """A metric's distance from fair as estimated, and the standard error of the estimate."""

    distance: float
    error: float


@dataclass(frozen=True)
class Window:
    """One facet value in one window: what its metrics are judged by."""

    entry: Entry
    resamples: Resamples
    errors: float
    """How many standard errors off is no chance."""
    smallest_group: int

    @classmethod
    def of(cls, entry: Entry, errors: float, settings: BiasSettings) -> Self:
        """`errors`: how many standard errors would be no chance on very many rows."""
        fewest = min(side.total for _, side in sides(entry.comparison))
        resamples = Resamples(entry.comparison, settings.seed)
        return cls(entry, resamples, few_rows(errors, fewest), settings.smallest_group)

    def noise(self, name: str, value: float) -> Noise | Uncomputable:
        """How exactly this window knows a metric's distance from fair."""
        comparison = self.entry.comparison
        if name == IMPACT:
            estimate, error = log_impact(comparison)
            return Noise(abs(estimate), error)
        if not math.isfinite(value):
            return Uncomputable("an infinite value has no interval")
        if name == FLIP_TEST:
            flips = self.entry.flips
            if isinstance(flips, Uncomputable):
                return flips
            return Noise(abs(value), flip_error(flips, comparison.advantaged.total))
        found = self.resamples.standard_error(_MEASURES[name], grouped=name in BY_GROUP)
        return found if isinstance(found, Uncomputable) else Noise(abs(value), found)


class Judgement(NamedTuple):
    """What one mode says of one metric."""

    violates: bool
    reason: str
    """Why not, in a few words; empty where it does."""
    noise: Noise | Uncomputable | None = None


def from_fair(name: str, value: float) -> float:
    """Distance from the value of equal treatment: 1 for disparate impact (by ratio), else 0.

    >>> from_fair("DPPL", -0.25), from_fair("DI", 0.5) == from_fair("DI", 2.0)
    (0.25, True)
    """
    if name != IMPACT:
        return abs(value)
    return abs(math.log(value)) if value > 0 else math.inf


def check(
    name: str, value: float, expected: float, window: Window, mode: Mode
) -> tuple[Finding | None, float | Uncomputable]:
    """The finding, if there is one, and how much farther from fair the metric is now.

    Positive: farther. No number where either distance is infinite, or where `corrected`
    cannot tell it from chance at all.
    """
    judge = {"compat": _compat, "corrected": _corrected}
    judged = judge[mode](name, value, expected, window)
    moved = from_fair(name, value) - from_fair(name, expected)
    change: float | Uncomputable = moved
    if not math.isfinite(moved):
        change = Uncomputable("a distance from fair is infinite")
    if isinstance(judged.noise, Uncomputable):
        change = judged.noise
    if not judged.violates:
        return None, change
    other: Mode = "corrected" if mode == "compat" else "compat"
    theirs = judge[other](name, value, expected, window)
    entry = window.entry
    finding = Finding(
        feature=f"{name} of {entry.facet} {shown(entry.value)}",
        check=BIAS_DRIFT_CHECK,
        description=(
            f"Metric value {written(value)} doesn't meet the baseline constraint requirement "
            f"{written(expected)}"
        ),
        observed=_finite(value),
        expected=_finite(expected),
        threshold=_finite(expected if name == IMPACT else abs(expected)),
        mode=mode,
        other_mode=f"{other}: {'the same' if theirs.violates else theirs.reason}",
        evidence=_evidence(name, window, judged.noise),
        identity={"facet": entry.facet, "facet_value": entry.value, "metric_name": name},
    )
    return finding, change


def missing_facet(column: str, mode: Mode) -> Finding:
    """A facet that the configuration names and the data do not have: nothing is known of it.

    Ours: AWS's container fails the job.
    """
    return Finding(
        feature=column,
        check=MISSING_COLUMN_CHECK,
        description=(
            f"The facet {column} is not among the columns of the current dataset, so its bias was "
            "not evaluated."
        ),
        observed=None,
        expected=None,
        threshold=None,
        mode=mode,
        other_mode=f"{'compat' if mode == 'corrected' else 'corrected'}: the same",
        identity={"facet": column},
    )


def _compat(name: str, value: float, expected: float, window: Window) -> Judgement:  # noqa: ARG001
    violates = abs(value) > abs(expected)
    return Judgement(violates, "" if violates else "no violation; it is not farther from 0")


def _corrected(name: str, value: float, expected: float, window: Window) -> Judgement:
    allowed = from_fair(name, expected)
    if not from_fair(name, value) > allowed:
        fair = 1 if name == IMPACT else 0
        return Judgement(False, f"no violation; it is not farther from {fair}")
    noise = window.noise(name, value)
    if isinstance(noise, Uncomputable):
        return Judgement(False, f"no violation; {noise.reason}", noise)
    if noise.distance - window.errors * noise.error > allowed:
        return Judgement(True, "", noise)
    return Judgement(
        False,
        f"no violation; within {window.errors:.2f} standard errors ({noise.error:.3g}) of the "
        "baseline",
        noise,
    )


def _evidence(name: str, window: Window, noise: Noise | Uncomputable | None) -> dict[str, Any]:
    entry = window.entry
    evidence: dict[str, Any] = _counts(entry.comparison, window.smallest_group)
    evidence["left_out"] = entry.left_out
    if name == FLIP_TEST and isinstance(entry.flips, Flips):
        evidence |= entry.flips._asdict()
    if name in BY_GROUP:
        evidence |= _groups(name, entry.comparison, window.smallest_group)
    if isinstance(noise, Noise):
        evidence |= {
            "distance_from_fair": noise.distance,
            "standard_error": noise.error,
            "standard_errors": window.errors,
        }
    evidence["cautions"] = list(cautions(entry.comparison))
    return evidence


def _counts(comparison: Comparison, smallest: int) -> dict[str, Any]:
    """The cells of both facets; those of a small group are withheld."""
    return {
        side: _cells(counts, comparison.predicted)
        if counts.total >= smallest
        else f"withheld: fewer than {smallest} rows"
        for side, counts in sides(comparison)
    }


def _cells(side: BinaryCounts, predicted: bool) -> Mapping[str, int]:
    if not predicted:
        return {"positives": side.positives, "negatives": side.negatives}
    return {"tp": side.tp, "fp": side.fp, "fn": side.fn, "tn": side.tn}


def _groups(name: str, comparison: Comparison, smallest: int) -> dict[str, Any]:
    """Rows accepted and rejected in each group, without its name; small ones summed up.

    Of the rest stands what the metric needs: the sum over groups of disparity times rows.
    """

    def row(a: BinaryCounts, d: BinaryCounts) -> list[int]:
        if name == "CDDL":
            return [a.positives, a.negatives, d.positives, d.negatives]
        return [
            a.predicted_positives,
            a.predicted_negatives,
            d.predicted_positives,
            d.predicted_negatives,
        ]

    measure = _MEASURES[name]
    pairs = sorted(comparison.groups, key=lambda pair: -(pair[0] + pair[1]).total)
    listed = [pair for pair in pairs[:MOST_LISTED] if (pair[0] + pair[1]).total >= smallest]
    rest = tuple(pairs[len(listed) :])
    rows = sum((a + d).total for a, d in rest)
    value: Outcome = measure(comparison._replace(groups=rest)) if rows else 0.0
    return {
        "group_columns": ["a_accepted", "a_rejected", "d_accepted", "d_rejected"],
        "groups": [row(a, d) for a, d in listed],
        "other_groups": {
            "groups": len(rest),
            "rows": rows,
            "disparity": None if isinstance(value, Uncomputable) else value,
        },
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
