"""A share of all rows, when only some of their labels are known: between which bounds it lies.

Needs     the share among the labelled rows, and how many rows there are
Gives     the interval that holds whatever the missing labels are

Labels seldom come at random: a refused card is labelled within the hour, a stolen one after
a month. An interval for rows drawn by chance would be narrow and wrong; these bounds assume
nothing, and are as wide as what is not known.
Source: Manski, American Economic Review 80 (1990), 319-323.
"""

from __future__ import annotations

from monitoring.measures.intervals import Interval
from monitoring.measures.outcome import Uncomputable


def share_bounds(share: float, labelled: int, rows: int) -> Interval | Uncomputable:
    """Every missing label against the share, to every one for it.

    >>> share_bounds(0.9, labelled=30, rows=100)
    Interval(low=0.27, high=0.97)
    >>> share_bounds(0.9, labelled=100, rows=100)
    Interval(low=0.9, high=0.9)
    """
    if not 0 <= labelled <= rows:
        raise ValueError(f"{labelled} of {rows} rows are labelled; at most all of them can be")
    if not rows:
        return Uncomputable("there are no rows")
    hits = share * labelled
    return Interval(hits / rows, (hits + (rows - labelled)) / rows)
