"""Rows of text to the numbers a linear classifier adds up. Part of the model itself.

Needs     rows of the schema's columns, each cell text or None
Writes    a dense float matrix, one row per row

A numeric column becomes ramps: its value's way through each stretch between two quantiles
of the training data, from 0 to 1, so that a linear model draws a bent line through them and
runs flat beyond what it has seen. A categorical column becomes one 0/1 per category. A
missing cell, and a category too rare or never seen, have a number of their own each.

It works on whole columns, without pandas: a request of one row costs microseconds. Keep the
names of this class and of its attributes: stored models refer to them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin

from serving.schema import Row

MISSING_NUMBERS = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
"""How files spell "no number", in lower case and without spaces around it."""

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]
Rows = Sequence[Row] | Texts
"""A table of cells, row by row, or as an array (rows, columns)."""


class NotANumber(ValueError):
    """A numeric column holds something else; says where, never what."""

    def __init__(self, row: int, column: int) -> None:
        super().__init__(f"row {row + 1}, column {column + 1} is not a finite number")
        self.row, self.column = row, column


def cells_of(rows: Rows) -> Texts:
    """The rows as an array (rows, columns) of text and None."""
    cells = np.empty((len(rows), len(rows[0])), dtype=object)
    cells[:] = rows
    return cells


def numbers(cells: Texts) -> Floats:
    """One column of text as floats, NaN where it is missing.

    Raises NotANumber (its `column` left 0) for the first cell that is neither missing nor
    a finite decimal number: `1_000`, `inf` and `1e400` are refused though Python reads them.

    >>> numbers(np.array(["12", " 1.5e2", None, "?"], dtype=object))
    array([ 12., 150.,  nan,  nan])
    """
    values = _numbers_at_once(cells)
    return _numbers_one_by_one(cells) if values is None else values


def numbers_of(cells: Texts, places: Sequence[int]) -> Floats:
    """(columns, rows): the columns of cells (rows, columns) in these places, as `numbers`.

    >>> numbers_of(np.array([["1", "a", None], ["2", "b", "3"]], dtype=object), [0, 2])
    array([[ 1.,  2.],
           [nan,  3.]])

    Raises NotANumber for the first column, and in it the first row, that has none.
    """
    columns = cells.T[list(places)]
    values = _numbers_at_once(columns)
    if values is not None:
        return values
    found = np.empty(columns.shape)
    for number, column in enumerate(columns):
        try:
            found[number] = numbers(column)
        except NotANumber as error:
            raise NotANumber(error.row, places[number]) from None
    return found


def _numbers_at_once(cells: Texts) -> Floats | None:
    """Cells of any shape as floats; None where one of them has to be looked at by itself."""
    try:
        values = cells.astype(np.float64)
    except ValueError:
        return None
    text = "".join(filter(None, cells.ravel().tolist()))
    if np.isinf(values).any() or "_" in text or not text.isascii():
        return None
    return values


def _numbers_one_by_one(cells: Texts) -> Floats:
    values = np.empty(len(cells))
    for index, cell in enumerate(cells):
        if cell is None or cell.strip().lower() in MISSING_NUMBERS:
            values[index] = np.nan
        elif not _NUMBER.fullmatch(cell) or not np.isfinite(float(cell)):
            raise NotANumber(index, 0)
        else:
            values[index] = float(cell)
    return values


class RowEncoder(TransformerMixin, BaseEstimator):
    """The scikit-learn transformer in front of the classifier.

    >>> rows = [["1", "a"], ["2", "a"], ["3", "b"], [None, "b"]]
    >>> encoder = RowEncoder(numeric=[0], categorical=[1], stretches=2, rarest=2).fit(rows)
    >>> encoder.transform([["1.5", "a"], ["99", "never seen"], [None, None]])
    array([[0.5, 0. , 0. , 1. , 0. , 0. , 0. ],
           [1. , 1. , 0. , 0. , 0. , 1. , 0. ],
           [0. , 0. , 1. , 0. , 0. , 0. , 1. ]])
    """

    def __init__(
        self,
        numeric: Sequence[int] = (),
        categorical: Sequence[int] = (),
        stretches: int = 8,
        rarest: int = 10,
    ) -> None:
        self.numeric = numeric
        self.categorical = categorical
        self.stretches = stretches
        self.rarest = rarest

    def fit(self, rows: Sequence[Row], y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's
        """Learn each numeric column's quantiles and each categorical column's categories.

        `stretches` is how many pieces a numeric column is cut into at most; a category
        seen fewer than `rarest` times is treated as one never seen. `nullable_` are the
        columns with a missing cell: only there has the model learnt what one means.
        """
        cells = cells_of(rows)
        values = numbers_of(cells, self.numeric)
        self.edges_ = [self._edges(column) for column in values]
        self.categories_ = [self._categories(cells[:, at]) for at in self.categorical]
        unknown = [at for at, has in zip(self.numeric, values, strict=True) if np.isnan(has).any()]
        unknown += [at for at in self.categorical if any(cell is None for cell in cells[:, at])]
        self.nullable_ = sorted(unknown)
        return self

    def transform(self, rows: Sequence[Row]) -> Floats:
        """The rows as numbers. Raises NotANumber, naming row and column by position."""
        cells = cells_of(rows)
        values = numbers_of(cells, self.numeric)
        blocks = [_ramps(edges, column) for edges, column in zip(self.edges_, values, strict=True)]
        blocks += [
            _indicators(categories, cells[:, at])
            for at, categories in zip(self.categorical, self.categories_, strict=True)
        ]
        return np.hstack(blocks)

    def _edges(self, values: Floats) -> Floats:
        present = values[~np.isnan(values)]
        if not present.size:
            return np.empty(0)
        return np.unique(np.quantile(present, np.linspace(0.0, 1.0, self.stretches + 1)))

    def _categories(self, cells: Texts) -> dict[str, int]:
        counts = Counter(cell for cell in cells if cell is not None)
        frequent = sorted(cell for cell, count in counts.items() if count >= self.rarest)
        return {cell: number for number, cell in enumerate(frequent)}


def _ramps(edges: Floats, values: Floats) -> Floats:
    """A ramp per stretch between two edges, then 1 where the value is missing."""
    missing = np.isnan(values)
    block = np.zeros((len(values), max(len(edges) - 1, 0) + 1))
    if len(edges) > 1:
        way = (values[:, None] - edges[:-1]) / np.diff(edges)
        block[:, :-1] = np.where(missing[:, None], 0.0, np.clip(way, 0.0, 1.0))
    block[:, -1] = missing
    return block


def _indicators(categories: dict[str, int], cells: Texts) -> Floats:
    """1 in the category's place; after those, the places of "other" and of "missing"."""
    other, missing = len(categories), len(categories) + 1
    places = [missing if cell is None else categories.get(cell, other) for cell in cells]
    block = np.zeros((len(cells), len(categories) + 2))
    block[np.arange(len(cells)), places] = 1.0
    return block
