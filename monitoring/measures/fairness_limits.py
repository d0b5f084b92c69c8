"""Where a bias metric is a number in Clarify and yet says nothing: rates over nobody.

Needs     a metric's value, and the counts behind it
Gives     the value, or the reason why it is none

Clarify divides 0 by 0 to 0: in an hour without a single positive label the recall of both
facets is 0, their difference is 0, and the model looks fair. Groups of a few rows are
withheld too: a table of them tells about persons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.facets import Comparison
from monitoring.measures.outcome import Outcome, Uncomputable

Rows = Callable[[BinaryCounts], int]

OVER: Mapping[str, tuple[str, Rows]] = {
    "DAR": ("positive prediction", lambda side: side.predicted_positives),
    "DCA": ("positive prediction", lambda side: side.predicted_positives),
    "DCR": ("negative prediction", lambda side: side.predicted_negatives),
    "DRR": ("negative prediction", lambda side: side.predicted_negatives),
    "RD": ("positive label", lambda side: side.positives),
    "SD": ("negative label", lambda side: side.negatives),
    "TE": ("false positive", lambda side: side.fp),
}
"""What each metric divides by, in both facets. AD, DPPL and the labels' metrics divide by
rows."""

IMPACT = "DI"


def sides(comparison: Comparison) -> tuple[tuple[str, BinaryCounts], ...]:
    """Both facets with the names reasons give them."""
    return (
        ("advantaged", comparison.advantaged),
        ("disadvantaged", comparison.disadvantaged),
    )


def meaningful(name: str, value: Outcome, comparison: Comparison) -> Outcome:
    """A metric's value where it compares rates of somebody; else the reason.

    >>> nobody_positive = BinaryCounts(tp=0, fp=3, fn=0, tn=20)
    >>> str(meaningful("RD", 0.0, Comparison(nobody_positive, nobody_positive)))
    'not computed: the advantaged facet has no positive label'
    """
    if isinstance(value, Uncomputable):
        return value
    if name in OVER:
        what, rows = OVER[name]
        for side, counts in sides(comparison):
            if not rows(counts):
                return Uncomputable(f"the {side} facet has no {what}")
    if name == IMPACT and not comparison.everybody.predicted_positives:
        return Uncomputable("no row has a positive prediction")
    return value


def too_small(comparison: Comparison, smallest: int) -> Uncomputable | None:
    """The reason to withhold every metric of a comparison with a facet of few rows.

    >>> side = BinaryCounts(tp=0, fp=2, fn=0, tn=4)
    >>> too_small(Comparison(side, side), smallest=10).reason
    'the advantaged facet has fewer than 10 rows, so its numbers are withheld'
    """
    for side, counts in sides(comparison):
        if 0 < counts.total < smallest:
            return Uncomputable(
                f"the {side} facet has fewer than {smallest} rows, so its numbers are withheld"
            )
    return None
