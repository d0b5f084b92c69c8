"""Between which bounds a number of few rows really lies: 95 % intervals.

Needs     counts behind a share, or a value and its standard error
Gives     the interval in which the value lies were there rows without end

A share of 0 out of 10 has a textbook standard error of 0, as if it were known exactly;
Wilson's interval reaches up to 0.28.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from monitoring.measures.outcome import Uncomputable

CONFIDENCE_ERRORS = 1.959963984540054
"""Standard errors on either side of a 95 % interval (normal)."""


class Interval(NamedTuple):
    """Both bounds belong to it."""

    low: float
    high: float


def share_interval(
    hits: float, rows: float, errors: float = CONFIDENCE_ERRORS
) -> Interval | Uncomputable:
    """Wilson's interval of a share (a binomial proportion); `hits` may be an expectation.

    Source: Wilson, JASA 22 (1927), 209-212; recommended for few rows by Brown, Cai and
    DasGupta, Statistical Science 16 (2001).

    >>> share_interval(0, 10)
    Interval(low=0.0, high=0.2775327998628892)
    >>> share_interval(0, 0)
    Uncomputable(reason='no row counts towards the share')
    """
    if not rows:
        return Uncomputable("no row counts towards the share")
    share, weight = hits / rows, errors * errors / rows
    middle = (share + weight / 2) / (1 + weight)
    spread = share * (1 - share) / rows + weight / (4 * rows)
    reach = errors * math.sqrt(max(0.0, spread)) / (1 + weight)
    # Rounding would leave a bound of 1e-17 where the share itself is 0 or 1.
    return Interval(
        max(0.0, middle - reach) if share > 0 else 0.0,
        min(1.0, middle + reach) if share < 1 else 1.0,
    )


def normal_interval(value: float, error: float, errors: float = CONFIDENCE_ERRORS) -> Interval:
    """A value and `errors` standard errors on either side.

    >>> normal_interval(2.0, 0.5, errors=2)
    Interval(low=1.0, high=3.0)
    """
    return Interval(value - errors * error, value + errors * error)
