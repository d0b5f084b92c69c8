"""One column read as a configuration means it: who is chosen, which label is positive.

Needs     a column in dictionary form, and the rule that names some of its cells
Gives     booleans and codes by row; Scale, which tells a threshold from a category

Only the distinct texts of a batch are looked at, and their rows looked up. `1`, `1.0` and
`true` are one label however the model, the label file and the configuration write it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np

from monitoring.measures.facets import Bools, Interval, is_continuous
from monitoring.measures.labels import BOOLEANS, INTEGER, NUMBER, Coded, canonical
from monitoring.monitors.answers import coded, numbers
from monitoring.monitors.base import Observations
from monitoring.monitors.bias_settings import BiasSettings, Rule

Sort = Literal["categories", "threshold"]
"""The two ways to read a rule with one number."""

MOST_DISTINCT = 10_000
"""Distinct integers after which a column counts as a quantity however many rows it has."""
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
    distinct: set[str] = field(default_factory=set)

    def update(self, column: Coded) -> None:
        """Take in the cells of one batch."""
        self.rows += int(np.count_nonzero(column.codes >= 0))
        self.integers &= bool((column.codes >= 0).all())
        for name in column.names:
            text = canonical(name)
            if text is None:
                self.integers = False
                continue
            if not NUMBER.fullmatch(text):
                self.numeric = False
                continue
            self.integers &= bool(INTEGER.fullmatch(name.strip()))
            self.whole &= bool(INTEGER.fullmatch(text))
            self.highest = max(self.highest, float(text))
            if len(self.distinct) < MOST_DISTINCT:
                self.distinct.add(text)

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

        >>> scale = Scale(rows=1000, distinct={str(age) for age in range(18, 60)})
        >>> scale.sort(Rule("age", ("40",))), scale.sort(Rule("age", ("40.5",)))
        ('categories', 'threshold')
        """
        if rule.threshold is None or not self.numeric:
            return "categories"
        spelt, many = str(canonical(rule.values[0])), len(self.distinct)
        if not INTEGER.fullmatch(spelt):
            return "threshold"
        if many <= 2 and spelt in self.distinct:
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
    if sort == "threshold" and rule.threshold is not None:
        lookup = [_is_above(name, rule.threshold) for name in column.names]
    else:
        meant = {canonical(value) for value in rule.values} - {None}
        lookup = [canonical(name) in meant for name in column.names]
    found: Bools = np.array([*lookup, False])[column.codes]
    return found


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
    says = [name == "" or canonical(name) is not None for name in column.names]
    found: Bools = np.array([*says, False])[column.codes]
    return found


def kept(column: Coded, rows: Bools) -> Coded:
    return Coded(column.codes[rows], column.names)


def _category(text: str) -> str | None:
    """The name of a facet value: numbers in one spelling, other texts as they stand."""
    spelt = canonical(text)
    if spelt is None or (NUMBER.fullmatch(spelt) and text.strip().lower() not in BOOLEANS):
        return spelt
    return text


def _is_above(text: str, threshold: float) -> bool:
    spelt = canonical(text)
    return spelt is not None and bool(NUMBER.fullmatch(spelt)) and float(spelt) > threshold
