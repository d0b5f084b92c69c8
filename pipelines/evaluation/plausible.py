"""Plausible changes of one cell: to what, and how far that is.

Needs     rows; the spreads of the training rows
Gives     for each row the changes of one of its cells

A number, or a category in an order, becomes one of nineteen values between the 5th and the
95th percentile of the training rows; any other category one that is not rare. The size of a
change is a column's part of Gower's distance over ranks: 0.1 for a value past a tenth of the
training rows, 1 for another category. Source: Gower, Biometrics 27 (1971).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from pipelines.evaluation.spread import Spread
from serving.schema import Cell, Row

RANKS: Final = tuple(step / 20 for step in range(1, 20))
RAREST: Final = 0.01
"""The share of the training rows from which on a category is plausible."""


class Change(NamedTuple):
    """Another cell in a column."""

    at: int
    """The column's position."""
    cell: str
    size: float
    """0 to 1."""

    def of(self, row: Row) -> Row:
        """The row with this change."""
        return [*row[: self.at], self.cell, *row[self.at + 1 :]]


def changes(rows: Sequence[Row], spreads: Sequence[Spread]) -> list[list[Change]]:
    """Every plausible change of each row.

    >>> from serving.schema import Column
    >>> coins = Spread.of(Column("coin", "categorical"), ["tails", "heads"])
    >>> changes([["heads"], [None]], [coins])
    [[Change(at=0, cell='tails', size=1.0)], []]
    """
    found: list[list[Change]] = [[] for _ in rows]
    for at, spread in enumerate(spreads):
        cells = [row[at] for row in rows]
        for own, of_column in zip(found, _of_column(at, spread, cells), strict=True):
            own.extend(of_column)
    return found


def _of_column(at: int, spread: Spread, cells: Sequence[Cell]) -> list[list[Change]]:
    """A missing cell, and a category without a rank, are not changed."""
    if not spread.has_order:
        plausible = [name for name, share in spread.shares.items() if share >= RAREST]
        return [
            [Change(at, name, 1.0) for name in plausible if name != cell and cell is not None]
            for cell in cells
        ]
    targets = tuple(dict.fromkeys(spread.at(rank) for rank in RANKS))
    ranks = dict(zip(targets, spread.ranks(targets).tolist(), strict=True))
    return [
        [
            Change(at, target, abs(ranks[target] - own))
            for target in targets
            if target != cell and not np.isnan(own)
        ]
        for cell, own in zip(cells, spread.ranks(cells).tolist(), strict=True)
    ]
