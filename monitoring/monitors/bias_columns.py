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
    """What tells a quantity from categories: see facets.is_continuous.

    Missing cells decide nothing here. (In Clarify one missing cell makes integers
    fractional, and so a quantity.) One or two distinct values are categories on any number
    of rows: a threshold of 0 would turn a facet of 0 and 1 around.
    """

    rows: int = 0
    numeric: bool = True
    integers: bool = True
    highest: float = -np.inf
    distinct: set[str] = field(default_factory=set)

    def update(self, column: Coded) -> None:
        self.rows += int(np.count_nonzero(column.codes >= 0))
        for name in column.names:
            text = canonical(name)
            if text is None:
                continue
            if not NUMBER.fullmatch(text):
                self.numeric = False
                continue
            self.integers &= bool(INTEGER.fullmatch(name.strip()))
            self.highest = max(self.highest, float(text))
            if len(self.distinct) < MOST_DISTINCT:
                self.distinct.add(text)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.rows + other.rows,
            self.numeric and other.numeric,
            self.integers and other.integers,
            max(self.highest, other.highest),
            self.distinct | other.distinct,
        )

    @property
    def sort(self) -> Sort:
        """How one number is to be read of this column."""
        many = len(self.distinct)
        if not self.numeric or (self.integers and many <= 2):
            return "categories"
        full = many >= MOST_DISTINCT
        quantity = full or is_continuous(many, self.rows, integers=self.integers)
        return "threshold" if quantity else "categories"

    def interval(self, threshold: float) -> str:
        """`(40, 75]`: what lies above the threshold, up to the highest value seen."""
        highest = max(self.highest, threshold)
        return str(Interval(threshold, int(highest) if self.integers else highest))


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
