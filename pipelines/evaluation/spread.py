"""The values of one column as the training rows have them: what a plausible change is.

Needs     a column of the schema; the training rows' cells
Gives     the rank of a cell among them, the cell at a rank, the share of a category

A changed cell is always one that occurred, spelt as it occurred: `3` does not become `3.2`.
Categories in an order have ranks as numbers have; others only shares. Missing cells have
neither and are left as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from pipelines.models.base import Table
from serving.encoder import numbers
from serving.schema import Cell, Column, Schema

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """One column's training cells, the missing ones left out.

    >>> spread = Spread.of(Column("x", "numeric"), ["30", "4", None, "4.5", "7"])
    >>> spread.cells, spread.ranks(["4", "7", "99", None])
    (('4', '4.5', '7', '30'), array([0.125, 0.625, 1.   ,   nan]))
    >>> spread.at(0.5), spread.at(1.0)
    ('7', '30')
    """

    column: Column
    cells: tuple[str, ...]
    """In ascending order, where the column has one; each as often as it occurs."""
    keys: Floats
    """The cells as numbers: their values, or the positions of ordered categories."""
    shares: Mapping[str, float]
    """Of the categories of a column without an order, the most frequent first."""

    @classmethod
    def of(cls, column: Column, cells: Sequence[Cell]) -> Self:
        """Sort a column's cells."""
        if column.kind == "categorical" and not column.ordered:
            counts = Counter(cell for cell in cells if cell is not None)
            total = counts.total()
            shares = {cell: count / total for cell, count in counts.most_common()}
            return cls(column, tuple(shares), np.empty(0), shares)
        keys = _keys(column, cells)
        order = np.argsort(keys, kind="stable")[: np.count_nonzero(~np.isnan(keys))]
        return cls(column, tuple(str(cells[i]) for i in order.tolist()), keys[order], {})

    @property
    def has_order(self) -> bool:
        """Whether cells have ranks."""
        return bool(self.keys.size)

    def ranks(self, cells: Sequence[Cell]) -> Floats:
        """The share of the training cells below each cell, equal ones counted half.

        0 to 1; NaN for a missing cell and for a category that is not in the order.
        """
        keys = _keys(self.column, cells)
        both = [np.searchsorted(self.keys, keys, side=side) for side in ("left", "right")]
        ranks: Floats = (both[0] + both[1]) / (2.0 * max(self.keys.size, 1))
        return np.where(np.isnan(keys), np.nan, ranks)

    def at(self, rank: float) -> str:
        """The cell below which that share of the training cells lies."""
        return self.cells[min(int(rank * len(self.cells)), len(self.cells) - 1)]


def spreads_of(schema: Schema, table: Table) -> tuple[Spread, ...]:
    """The spread of each column, in the schema's order."""
    return tuple(
        Spread.of(column, [row[at] for row in table.rows])
        for at, column in enumerate(schema.columns)
    )


def _keys(column: Column, cells: Sequence[Cell]) -> Floats:
    if column.kind == "categorical":
        places = {category: float(at) for at, category in enumerate(column.categories)}
        return np.array([places.get(cell or "", np.nan) for cell in cells], dtype=np.float64)
    values = np.empty(len(cells), dtype=object)
    values[:] = cells
    return numbers(values)
