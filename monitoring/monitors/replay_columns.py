"""Findings of data quality, computed again: types, completeness, domains, drift, columns.

Needs     the evidence of a finding
Gives     its replay

Values the baseline does not have are redacted in the report, one stand-in for each: their
counts remain, so a distance comes out the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from monitoring.measures.distance import categorical_distance, chi_squared, robust_correction
from monitoring.measures.outcome import Uncomputable
from monitoring.measures.types import TypeCounts
from monitoring.monitors.alignment import EXTRA_COLUMN_CHECK, MISSING_COLUMN_CHECK
from monitoring.monitors.checks import (
    CATEGORICAL_VALUES_CHECK,
    COMPLETENESS_CHECK,
    DATA_TYPE_CHECK,
)
from monitoring.monitors.drift import BASELINE_DRIFT_CHECK
from monitoring.monitors.replay import Entry, Line, Replay, Replaying, verdict

TYPES: Final = ("integral", "fractional", "boolean", "string")


def data_type(entry: Entry) -> Replay:
    """Share of non-null cells of the expected type."""
    evidence, expected = entry["evidence"], entry["expected"]
    types = TypeCounts(**{name: evidence[name] for name in TYPES})
    kind, listed = evidence["expected_type"], evidence["num_in_domain"]
    if kind == "Integral":
        fitting = types.integral
    elif kind == "Fractional":
        fitting = types.integral + types.fractional
    elif entry["mode"] == "corrected" and listed is not None:
        fitting = listed
    else:
        fitting = types.present if types.inferred == "String" else 0
    share = fitting / types.present
    lines = [Line(name, None, getattr(types, name) / types.present) for name in TYPES]
    return Replay(
        share,
        share < expected,
        (
            f"{fitting:,} of {types.present:,} non-null cells are {kind}: {share:.6g}",
            verdict(share < expected, f"{share:.6g} < {expected:.6g}"),
        ),
        lines=tuple(lines),
    )


def completeness(entry: Entry) -> Replay:
    """Share of rows with a value."""
    evidence = entry["evidence"]
    present, missing = evidence["num_present"], evidence["num_missing"]
    share = present / (present + missing)
    tolerated = evidence["tolerated_by_chance"] if entry["mode"] == "corrected" else 0.0
    bound = entry["expected"] - tolerated
    return Replay(
        share,
        share < bound,
        (
            f"{present:,} of {present + missing:,} rows have a value: {share:.6g}",
            f"the baseline asks for {entry['expected']:.6g}; chance moves it by {tolerated:.3g}",
            verdict(share < bound, f"{share:.6g} < {bound:.6g}"),
        ),
        lines=(Line("completeness", entry["expected"], share),),
    )


def domain(entry: Entry) -> Replay:
    """Share of non-null cells that the baseline lists."""
    evidence, expected = entry["evidence"], entry["expected"]
    share = evidence["num_in_domain"] / evidence["num_present"]
    return Replay(
        share,
        share < expected,
        (
            f"{evidence['num_in_domain']:,} of {evidence['num_present']:,} values are in the "
            f"baseline's domain: {share:.6g}",
            verdict(share < expected, f"{share:.6g} < {expected:.6g}"),
        ),
        lines=(Line("in the domain", expected, share),),
    )


def drift(entry: Entry) -> Replay | Uncomputable:
    """A distance of distributions, or chi-squared's p-value."""
    evidence = entry["evidence"]
    if "statistic" in evidence:
        return _chi_squared(entry, evidence)
    before, now = evidence["baseline_share"], evidence["current_share"]
    sizes = (evidence["baseline_size"], evidence["current_size"])
    robust = evidence["correction"] > 0
    correction = robust_correction(*sizes) if robust else 0.0
    if "baseline_counts" in evidence:
        counts = (evidence["baseline_counts"], evidence["current_counts"])
        again = categorical_distance(*counts, "Robust" if robust else "Simple")
        if isinstance(again, Uncomputable):
            return again
        before, now, correction = again.baseline_share, again.current_share, again.correction
    largest = abs(before - now)
    value = max(0.0, largest - correction)
    crosses = value > entry["threshold"]
    what = "share of the category" if "baseline_counts" in evidence else "share of values up to"
    steps = (
        f"{what} {evidence['at']}: {before:.6g} in the baseline, {now:.6g} now, "
        f"{largest:.6g} apart",
        f"chance explains {correction:.6g} with {sizes[0]:,g} and {sizes[1]:,g} observations",
        verdict(crosses, f"{value:.6g} > {entry['threshold']:.6g}"),
    )
    return Replay(value, crosses, steps, lines=_bins(evidence))


def columns(entry: Entry) -> Replay:
    """Which columns are there, against those of the baseline."""
    evidence = entry["evidence"]
    if "columns" not in evidence:
        return Replay(None, True, (verdict(True, "the data have no such column"),))
    named, now, before = evidence["columns"], evidence["current"], evidence["baseline"]
    missing = entry["constraint_check_type"] == MISSING_COLUMN_CHECK
    crosses = bool(named) or (now < before if missing else now > before)
    return Replay(
        float(now),
        crosses,
        (
            f"{now} columns now, {before} in the baseline",
            f"{'missing' if missing else 'extra'} by name: {', '.join(named[:20]) or 'none'}",
            verdict(crosses, "not the baseline's columns"),
        ),
        lines=(Line("columns", float(before), float(now)),),
    )


def _chi_squared(entry: Entry, evidence: Mapping[str, Any]) -> Replay | Uncomputable:
    again = chi_squared(evidence["baseline_counts"], evidence["current_counts"])
    if isinstance(again, Uncomputable):
        return again
    crosses = again.p_value < entry["threshold"]
    return Replay(
        again.p_value,
        crosses,
        (
            f"chi-squared {again.statistic:.6g} with {again.degrees_of_freedom} degrees of "
            f"freedom has p-value {again.p_value:.6g}",
            verdict(crosses, f"{again.p_value:.6g} < {entry['threshold']:.6g}"),
        ),
        lines=_bins(evidence),
    )


def _bins(evidence: Mapping[str, Any]) -> tuple[Line, ...]:
    """Shares of rows by bin or category, the baseline's beside those now."""
    if "edges" in evidence:
        edges = [f"{edge:.6g}" for edge in evidence["edges"]]
        between = [f"{low} to {high}" for low, high in pairwise(edges)]
        names = [f"up to {edges[0]}", *between, f"above {edges[-1]}"]
        shares = zip(evidence["baseline_shares"], evidence["current_shares"], strict=True)
        return tuple(Line(name, *pair) for name, pair in zip(names, shares, strict=True))
    before, now = evidence["baseline_counts"], evidence["current_counts"]
    totals = [max(1, sum(counts.values())) for counts in (before, now)]
    names = sorted({*before, *now}, key=lambda name: -before.get(name, 0))
    return tuple(
        Line(name, before.get(name, 0) / totals[0], now.get(name, 0) / totals[1]) for name in names
    )


COLUMN_REPLAYS: Final[Mapping[str, Replaying]] = {
    DATA_TYPE_CHECK: data_type,
    COMPLETENESS_CHECK: completeness,
    CATEGORICAL_VALUES_CHECK: domain,
    BASELINE_DRIFT_CHECK: drift,
    MISSING_COLUMN_CHECK: columns,
    EXTRA_COLUMN_CHECK: columns,
}
