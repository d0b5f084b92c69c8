"""The checks data quality makes on one column, each with AWS's sentence.

Needs     the baseline's demand on a feature, and the current column's state
Gives     a Finding with the arithmetic behind it, or None

data_type_check and categorical_values_check judge non-null cells only; nulls are
completeness_check's. `is_non_negative` stands in every constraints file and AWS enforces
it nowhere (negative values passed in two real runs), so neither do we.
"""

from __future__ import annotations

import math

from monitoring.documents import java_double
from monitoring.measures.column import ColumnState
from monitoring.monitors.base import Finding, Mode
from monitoring.monitors.constraints import Feature
from monitoring.monitors.statistics import Distribution
from monitoring.monitors.unconfirmed import domain_description, type_match

DATA_TYPE_CHECK = "data_type_check"
COMPLETENESS_CHECK = "completeness_check"
CATEGORICAL_VALUES_CHECK = "categorical_values_check"

NOISE = 3.0
"""Standard errors: an hour like the baseline crosses them once in 700."""

SAMPLES = 5
"""Unseen values quoted in a finding."""
SAMPLE_LENGTH = 40

_OTHER: dict[Mode, str] = {
    "corrected": "compat: the same",
    "compat": "corrected: the same",
}


def check_data_type(feature: Feature, column: ColumnState, mode: Mode) -> Finding | None:
    """Share of non-null cells of the expected type is below `datatype_check_threshold`.

    A column of numbers with a few texts (`nan`, `?`) among them is String in the baseline,
    and most hours hold numbers only. `corrected` knows such a column by its domains: a cell
    the baseline lists is of the baseline's type. `compat` raises a violation every hour.
    """
    share = type_match(column, feature.inferred_type)
    expected = feature.config.datatype_check_threshold
    if share is None or share >= expected:
        return None
    other_mode = _OTHER[mode]
    if feature.inferred_type == "String" and feature.domains is not None:
        listed = column.in_domain / column.present
        if mode == "corrected":
            share, other_mode = listed, f"compat: {_percent(share)} of data is String"
        else:
            other_mode = f"corrected: {_percent(listed)} of data is of the baseline's type"
    if share >= expected:
        return None
    kind, types = feature.inferred_type, column.types
    return Finding(
        feature=feature.name,
        check=DATA_TYPE_CHECK,
        description=(
            f"Data type match requirement is not met. Expected data type: {kind}, "
            f"Expected match: {_percent(expected)}. Observed: Only {_percent(share)} of data is "
            f"{kind}."
        ),
        observed=share,
        expected=expected,
        threshold=expected,
        mode=mode,
        other_mode=other_mode,
        evidence={
            "expected_type": kind,
            "integral": types.integral,
            "fractional": types.fractional,
            "boolean": types.boolean,
            "string": types.string,
            "num_in_domain": column.in_domain if feature.domains is not None else None,
        },
    )


def check_completeness(
    feature: Feature, baseline: Distribution, column: ColumnState, mode: Mode
) -> Finding | None:
    """Share of rows with a value is below the constraint's `completeness`.

    Where the constraint is what the baseline itself showed, and some of its cells were
    missing, an hour just like it falls below every other time. `corrected` therefore leaves
    NOISE standard errors of the difference of two shares. A bound that somebody set, or
    one of 1.0, is taken as it stands.
    """
    observed, expected = column.completeness, feature.completeness
    if observed is None or expected is None or observed >= expected:
        return None
    noise = _noise(expected, baseline, column)
    if mode == "corrected" and observed >= expected - noise:
        return None
    other = "compat: the same"
    if mode == "compat" and noise:
        other = f"corrected: below {_percent(expected - noise)} is a violation"
    return Finding(
        feature=feature.name,
        check=COMPLETENESS_CHECK,
        description=(
            f"Data completeness requirement is not met. Expected: {_percent(expected)}. "
            f"Observed: Only {_percent(observed)}."
        ),
        observed=observed,
        expected=expected,
        threshold=expected - noise if mode == "corrected" else expected,
        mode=mode,
        other_mode=other if mode == "corrected" or noise else _OTHER[mode],
        evidence={
            "num_present": column.present,
            "num_missing": column.missing,
            "tolerated_by_chance": noise,
        },
    )


def _noise(expected: float, baseline: Distribution, column: ColumnState) -> float:
    """NOISE standard errors of the two shares' difference; 0 for a bound that was set by hand."""
    rows, current = baseline.present + baseline.missing, column.present + column.missing
    if not rows or baseline.present / rows != expected:
        return 0.0
    return float(NOISE * math.sqrt(expected * (1 - expected) * (1 / rows + 1 / current)))


def check_domain(feature: Feature, column: ColumnState, mode: Mode) -> Finding | None:
    """Share of non-null cells inside `domains` is below `domain_content_threshold`."""
    expected = feature.config.domain_content_threshold
    if feature.domains is None or not column.present:
        return None
    share = column.in_domain / column.present
    if share >= expected:
        return None
    return Finding(
        feature=feature.name,
        check=CATEGORICAL_VALUES_CHECK,
        description=domain_description(expected, share),
        observed=share,
        expected=expected,
        threshold=expected,
        mode=mode,
        other_mode=_OTHER[mode],
        evidence={
            "num_present": column.present,
            "num_in_domain": column.in_domain,
            "unseen": _unseen(feature.domains, column),
        },
    )


def _unseen(domains: tuple[str, ...], column: ColumnState) -> dict[str, int]:
    """The most frequent values outside the domain, shortened; none past the category limit."""
    known = frozenset(domains)
    counts = column.categories.counts or {}
    unseen = sorted((-n, value) for value, n in counts.items() if value not in known)
    return {value[:SAMPLE_LENGTH]: -n for n, value in unseen[:SAMPLES]}


def _percent(share: float) -> str:
    return f"{java_double(share * 100)}%"
