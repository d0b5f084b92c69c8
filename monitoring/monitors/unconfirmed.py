"""What AWS's data-quality container does where nobody outside has seen it: our choices.

Every answer here is a guess with a reason, gathered in one file so that one sample from
an AWS account can correct it. docs/fidelity.md lists them beside what is verified.
"""

from __future__ import annotations

from typing import Final

from monitoring.documents import java_double
from monitoring.measures.column import ColumnState
from monitoring.measures.types import InferredType

HISTOGRAM_LIMIT: Final = 120
"""Approximate distinct values up to which a String column has a histogram and domains.
Deequ's limit; seen: 86 has one, 2477 has none."""


def has_histogram(column: ColumnState) -> bool:
    """Whether the column's values are listed. The limit is on the HLL++ estimate."""
    return column.categories.counts is not None and column.distinct.estimate <= HISTOGRAM_LIMIT


def type_match(column: ColumnState, expected: InferredType) -> float | None:
    """Share of non-null cells of the expected type; None when there is nothing to judge.

    Integers count as Fractional: they are, all 61 type violations found in public outputs
    expect Integral, and a baseline of `1, 2.5` must not violate itself. A String column
    may hold cells that look like numbers, but a column of nothing else is no longer a
    String column: AWS's SDK forces a violation that way in its own test. (What `corrected`
    makes of such a column stands in `checks.py`.) Against an all-null baseline (Unknown)
    everything matches.

    >>> import pyarrow as pa
    >>> column = ColumnState()
    >>> column.update(pa.array(["1", "2.5"]))
    >>> [type_match(column, kind) for kind in ("Integral", "Fractional", "String")]
    [0.5, 1.0, 0.0]
    """
    types = column.types
    if not types.present or expected == "Unknown":
        return None
    if expected == "Integral":
        return types.integral / types.present
    if expected == "Fractional":
        return (types.fractional + types.integral) / types.present
    return 1.0 if types.inferred == "String" else 0.0


def domain_description(expected: float, observed: float) -> str:
    """Wording of categorical_values_check, by analogy with completeness_check.

    >>> domain_description(1.0, 0.5)
    'Value inclusion requirement is not met. Expected: 100.0%. Observed: Only 50.0%.'
    """
    return (
        f"Value inclusion requirement is not met. Expected: {java_double(expected * 100)}%. "
        f"Observed: Only {java_double(observed * 100)}%."
    )


def missing_columns_description(current: int, baseline: int) -> str:
    """Wording of missing_column_check; AWS's lead phrase has only been seen for extra ones."""
    return (
        "There are missing columns in current dataset. "
        f"Number of columns in current dataset: {current}, "
        f"Number of columns in baseline constraints: {baseline}"
    )


def chi_squared_description(p_value: float, threshold: float) -> str:
    """Wording of a categorical drift found by ChiSquared: drift is a *small* p-value.

    Deequ returns the p-value under Robust. Whether AWS compares it with "exceeds", which
    would flag what did not drift, is not known; we do not.
    """
    return (
        f"Baseline drift p-value: {java_double(p_value)} is below threshold: "
        f"{java_double(threshold)}"
    )
