"""One column read as a configuration means it: who is chosen, which label is positive.

Needs     a column in dictionary form, and the rule that names some of its cells
Gives     booleans and codes by row; Scale, which tells a threshold from a category

Only the distinct texts of a batch are looked at, and their rows looked up. `1`, `1.0` and
`true` are one label however the model, the label file and the configuration write it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitoring.measures.facets import Bools, Interval, is_continuous
from monitoring.measures.labels import BOOLEANS, INTEGER, NUMBER, Coded, canonical
from monitoring.monitors.answers import coded, numbers
from monitoring.monitors.base import Observations
from monitoring.monitors.bias_settings import BiasSettings, Rule

Sort = Literal["categories", "threshold"]
"""The two ways to read a rule with one number."""

MOST_DISTINCT = 10_000
"""Distinct integers after which a column counts as a quantity however many rows it has."""
FEW = 3
"""Distinct values from which one of them may be a threshold."""
EXACT = 2.0**53
"""Integers from here on are compared as text: as doubles they meet their neighbours."""
OTHERS, CHOSEN = "others", "chosen"


@dataclass
class Scale:
    """What tells a quantity from categories.

    Clarify's rule (facets.is_continuous) except where it turns the facet around: a number
    that is one of at most two values is that value, be it `1` of 30 rows or written `1.0`.
    A fraction is always a threshold, so 40.5 says "above 40" of whole years on any number
    of rows. As in Clarify, one missing cell makes a quantity of three integers or more.
    """

    rows: int = 0
    numeric: bool = True
    integers: bool = True
    """None is missing or written with a decimal point, which is what Clarify goes by."""
    whole: bool = True
    """Whole numbers, however written: what a label goes by."""
    highest: float = -np.inf
    distinct: set[float] = field(default_factory=set)
    """As many as the choice depends on."""

    def update(self, column: Coded) -> None:
        """Take in the cells of one batch."""
        self.rows += int(np.count_nonzero(column.codes >= 0))
        self.integers &= bool((column.codes >= 0).all())
        values = values_of(column.names)
        finite = np.isfinite(values)
        for at in np.flatnonzero(~finite):
            text = canonical(column.names[at])
            if text is None:
                self.integers = False
            elif not NUMBER.fullmatch(text):
                self.numeric = False
        known = values[finite]
        if not known.size:
            return
        self.highest = max(self.highest, float(known.max()))
        self.whole &= bool((known == np.floor(known)).all())
        self.integers &= self.whole and all(map(_is_integer, column.names))
        enough = MOST_DISTINCT if self.whole else FEW
        if len(self.distinct) < enough:
            self.distinct.update(np.unique(known)[:enough].tolist())

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.rows + other.rows,
            self.numeric and other.numeric,
            self.integers and other.integers,
            self.whole and other.whole,
            max(self.highest, other.highest),
            self.distinct | other.distinct,
        )

    def sort(self, rule: Rule, *, is_label: bool = False) -> Sort:
        """How the rule's one number is to be read of this column.

        >>> scale = Scale(rows=1000, distinct={float(age) for age in range(18, 60)})
        >>> scale.sort(Rule("age", ("40",))), scale.sort(Rule("age", ("40.5",)))
        ('categories', 'threshold')
        """
        if rule.threshold is None or not self.numeric:
            return "categories"
        number, many = float(rule.threshold), len(self.distinct)
        if not number.is_integer():
            return "threshold"
        if many < FEW and number in self.distinct:
            return "categories"
        integers = self.whole if is_label else self.integers
        full = many >= MOST_DISTINCT
        quantity = full or is_continuous(many, self.rows, integers=integers)
        return "threshold" if quantity else "categories"

    def interval(self, threshold: float) -> str:
        """`(40, 75]`: what lies above the threshold, up to the highest value seen."""
        highest = max(self.highest, threshold)
        exact = self.integers and float(highest).is_integer()
        return str(Interval(threshold, int(highest) if exact else highest))


def chosen(rule: Rule, column: Coded, sort: Sort) -> Bools:
    """Which rows a rule means.

    >>> column = Coded.of(["1.0", "0", None, "2"])
    >>> chosen(Rule("x", ("1",)), column, "categories")
    array([ True, False, False, False])
    >>> chosen(Rule("x", ("1",)), column, "threshold")
    array([False, False, False,  True])
    """
    values = values_of(column.names)
    lookup = np.zeros(values.size + 1, dtype=np.bool_)
    if sort == "threshold" and rule.threshold is not None:
        lookup[:-1] = np.isfinite(values) & (values > rule.threshold)
        return lookup[column.codes]
    meant = {text for value in rule.values if (text := canonical(value)) is not None}
    lookup[:-1] = np.isin(values, [float(text) for text in meant if NUMBER.fullmatch(text)])
    for at in np.flatnonzero(~(np.abs(values) < EXACT)):
        lookup[at] = canonical(column.names[at]) in meant
    return lookup[column.codes]


@lru_cache(maxsize=8)
def values_of(names: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """A column's distinct texts as numbers, NaN where they are none.

    A batch's column is asked for them several times over; nobody may write into the answer.
    """
    values = numbers(pa.array(names, pa.utf8()))
    values.flags.writeable = False
    return values


def categories(column: Coded) -> Coded:
    """A column whose names are spelt alike where they are the same number; missing is -1.

    >>> categories(Coded.of(["1.0", "b ", "1", "NaN"]))
    Coded(codes=array([ 0,  1,  0, -1]), names=('1', 'b '))
    """
    spelt = [_category(name) for name in column.names]
    names = tuple(dict.fromkeys(name for name in spelt if name is not None))
    place = {name: at for at, name in enumerate(names)}
    lookup = [-1 if name is None else place[name] for name in spelt]
    return Coded(np.array([*lookup, -1], dtype=np.int64)[column.codes], names)


def split(facet: Rule, column: Coded, sort: Sort) -> Coded:
    """A facet's values: as they are, or those that were chosen against the others."""
    if not facet.values:
        return categories(column)
    codes = chosen(facet, column, sort).astype(np.int64)
    if sort == "categories":
        codes[~named(column)] = -1
    return Coded(codes, (OTHERS, CHOSEN))


def answers_of(seen: Observations, settings: BiasSettings) -> Coded | None:
    """Predicted labels; those of a probability are 1 and 0, as Clarify makes them.

    Where the labels are called otherwise, the probability is of the positive one.
    """
    if seen.predicted is not None:
        return coded(seen.predicted)
    if seen.probability is None:
        return None
    scores = numbers(seen.probability)
    above = np.where(np.isnan(scores), -1, scores > settings.probability_threshold)
    values = {canonical(value) for value in settings.label.values}
    if settings.label.threshold is not None or values & {"0", "1"}:
        return Coded(above.astype(np.int64), ("0", "1"))
    return Coded(above.astype(np.int64), ("", settings.label.values[0]))


def named(column: Coded) -> Bools:
    """Rows whose cell says something."""
    says = np.append(np.isfinite(values_of(column.names)), False)
    for at in np.flatnonzero(~says[:-1]):
        says[at] = column.names[at] == "" or canonical(column.names[at]) is not None
    return says[column.codes]


def kept(column: Coded, rows: Bools) -> Coded:
    return Coded(column.codes[rows], column.names)


def _category(text: str) -> str | None:
    """The name of a facet value: numbers in one spelling, other texts as they stand."""
    spelt = canonical(text)
    if spelt is None or (NUMBER.fullmatch(spelt) and text.strip().lower() not in BOOLEANS):
        return spelt
    return text


def _is_integer(text: str) -> bool:
    return INTEGER.fullmatch(text.strip()) is not None
