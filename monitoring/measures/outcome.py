"""What a measure gives: a number, or the reason why there is none.

Measures of model quality and bias return `Outcome`. An infinite value is a value (Clarify
writes a treatment equality of Infinity); NaN is not, and never leaves this package.
"""

from __future__ import annotations

from monitoring.measures.state import Uncomputable

__all__ = ["Outcome", "Uncomputable", "ratio"]

Outcome = float | Uncomputable


def ratio(numerator: float, denominator: float, empty: Outcome) -> Outcome:
    """`numerator / denominator`, or `empty` where the denominator counts nothing.

    >>> ratio(3, 4, Uncomputable("no rows"))
    0.75
    >>> ratio(0, 0, Uncomputable("no rows"))
    Uncomputable(reason='no rows')
    """
    return numerator / denominator if denominator else empty
