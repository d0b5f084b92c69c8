"""Two groups of people, and what happened to each: the counts behind every bias metric.

Needs     a facet column, actual and predicted labels (positive or not), a group variable
Gives     FacetCounts, which add up; Comparison, one facet value against all others

"Disadvantaged" (d) is the facet value named in the configuration, "advantaged" (a) is
everybody else: not the smaller and the larger group. Naming the other value flips the sign
of every difference. Rows whose facet is missing (code -1) belong to neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.labels import Coded

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

CATEGORICAL_SHARE = 0.05
"""Integers with fewer distinct values than this share of the rows are categories."""
SMALL_GROUP = 30
"""Rows below which a rate says little: one person moves it by more than three points."""


class Interval(NamedTuple):
    """`(lower, upper]`: open below, closed above, as Clarify cuts a continuous facet.

    Written as integers only where both ends are.

    >>> str(Interval(40, 75)), str(Interval(40, 79.0))
    ('(40, 75]', '(40.0, 79.0]')
    >>> Interval(40, 75).holds(np.array([40.0, 41.0, 75.0, np.nan]))
    array([False,  True,  True, False])
    """

    lower: int | float
    upper: int | float

    def __str__(self) -> str:
        if isinstance(self.lower, float) or isinstance(self.upper, float):
            return f"({float(self.lower)}, {float(self.upper)}]"
        return f"({self.lower}, {self.upper}]"

    def holds(self, values: npt.NDArray[np.float64]) -> Bools:
        """Which values lie inside; NaN lies nowhere."""
        inside: Bools = (values > self.lower) & (values <= self.upper)
        return inside


def is_continuous(distinct: int, rows: int, *, integers: bool) -> bool:
    """Whether Clarify takes numbers for a quantity (a threshold) or for categories.

    Fractions are always a quantity; integers are categories while fewer than 5 % of the
    rows differ. On 30 rows even 0 and 1 are a quantity: decide on the baseline's rows and
    keep to it.

    >>> is_continuous(2, 1000, integers=True), is_continuous(2, 30, integers=True)
    (False, True)
    """
    return not integers or distinct >= CATEGORICAL_SHARE * rows


class Comparison(NamedTuple):
    """The advantaged and the disadvantaged side by side; within each group if there are any.

    Without predictions everything counts as predicted negative, and `predicted` is False.
    """

    advantaged: BinaryCounts
    disadvantaged: BinaryCounts
    groups: tuple[tuple[BinaryCounts, BinaryCounts], ...] = ()
    predicted: bool = True

    @property
    def everybody(self) -> BinaryCounts:
        return self.advantaged + self.disadvantaged


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """Rows by facet value, group, actual and predicted label.

    >>> sex = Coded.of(["f", "f", "m", "m"])
    >>> label = np.array([True, False, True, True])
    >>> counts = FacetCounts.of(sex, label, predicted=label)
    >>> counts.against_rest(["f"]).disadvantaged
    BinaryCounts(tp=1, fp=0, fn=0, tn=1)
    >>> (counts + counts).against_rest(["f"]).everybody.total
    8
    """

    values: tuple[str, ...]
    groups: tuple[str, ...] | None
    """Values of the group variable; None when there is no such variable."""
    cells: Counts
    """Shape (facet values, groups or 1, 2, 2); the last two are actual, predicted."""
    predicted: bool = True
    left_out: int = 0
    """Rows without a facet value, or without a group where there is a group variable."""

    @classmethod
    def of(
        cls, facet: Coded, actual: Bools, predicted: Bools | None = None, group: Coded | None = None
    ) -> Self:
        """Count rows; True is a positive label."""
        groups = None if group is None else group.names
        widths = (len(facet.names), 1 if groups is None else len(groups), 2, 2)
        where = facet.codes if group is None else facet.codes * widths[1] + group.codes
        where = where * 4 + actual * np.int64(2)
        if predicted is not None:
            where += predicted
        usable = facet.codes >= 0
        if group is not None:
            usable &= group.codes >= 0
        left_out = usable.size - int(np.count_nonzero(usable))
        cells = np.bincount(where[usable] if left_out else where, minlength=int(np.prod(widths)))
        return cls(facet.names, groups, cells.reshape(widths), predicted is not None, left_out)

    def __add__(self, other: Self) -> Self:
        if (self.groups is None) != (other.groups is None) or self.predicted != other.predicted:
            raise ValueError("counts with and without groups, or predictions, do not add up")
        values = tuple(dict.fromkeys((*self.values, *other.values)))
        groups = None
        if self.groups is not None and other.groups is not None:
            groups = tuple(dict.fromkeys((*self.groups, *other.groups)))
        cells = self._over(values, groups) + other._over(values, groups)
        left_out = self.left_out + other.left_out
        return type(self)(values, groups, cells, self.predicted, left_out)

    def _over(self, values: tuple[str, ...], groups: tuple[str, ...] | None) -> Counts:
        """The same cells among more values and groups."""
        if values == self.values and groups == self.groups:
            return self.cells
        cells = np.zeros((len(values), 1 if groups is None else len(groups), 2, 2), np.int64)
        rows = _places(self.values, values)
        columns = [0] if self.groups is None or groups is None else _places(self.groups, groups)
        cells[np.ix_(rows, columns)] = self.cells
        return cells

    def against_rest(self, disadvantaged: Collection[str]) -> Comparison:
        """These facet values together against all others."""
        chosen = np.isin(np.array(self.values, dtype=object), list(disadvantaged))
        sides = [self.cells[~chosen].sum(axis=0), self.cells[chosen].sum(axis=0)]
        advantaged, d = (_binary(side.sum(axis=0)) for side in sides)
        within: Iterable[tuple[BinaryCounts, BinaryCounts]] = ()
        if self.groups is not None:
            within = ((_binary(a), _binary(b)) for a, b in zip(*sides, strict=True))
        return Comparison(advantaged, d, tuple(within), self.predicted)


def above(values: npt.NDArray[np.float64], threshold: float) -> Coded:
    """A continuous facet cut in two.

    A missing value (NaN) is not above: its row counts as advantaged, as in Clarify.

    >>> above(np.array([39.0, 41.0, np.nan]), 40)
    Coded(codes=array([0, 1, 0]), names=('at or below', 'above'))
    """
    return Coded((values > threshold).astype(np.int64), ("at or below", "above"))


def cautions(comparison: Comparison, smallest: int = SMALL_GROUP) -> tuple[str, ...]:
    """What a reader must know before believing the metrics: small groups, empty denominators.

    >>> side = BinaryCounts(tp=20, fp=5, fn=5, tn=30)
    >>> cautions(Comparison(side, BinaryCounts(tp=0, fp=2, fn=0, tn=4)))
    ('the disadvantaged facet has 6 rows, fewer than 30', 'the disadvantaged facet has no \
positive label: rates over it count as 0, as in Clarify')
    """
    found = []
    for name, side in (
        ("advantaged", comparison.advantaged),
        ("disadvantaged", comparison.disadvantaged),
    ):
        if side.total < smallest:
            found.append(f"the {name} facet has {side.total} rows, fewer than {smallest}")
        empty = {"positive label": side.positives, "negative label": side.negatives}
        if comparison.predicted:
            empty |= {
                "positive prediction": side.predicted_positives,
                "negative prediction": side.predicted_negatives,
            }
        found += [
            f"the {name} facet has no {what}: rates over it count as 0, as in Clarify"
            for what, rows in empty.items()
            if side.total and not rows
        ]
    return tuple(found)


def _places(names: tuple[str, ...], among: tuple[str, ...]) -> list[int]:
    place = {name: at for at, name in enumerate(among)}
    return [place[name] for name in names]


def _binary(cells: Counts) -> BinaryCounts:
    (tn, fp), (fn, tp) = cells.tolist()
    return BinaryCounts(tp, fp, fn, tn)
