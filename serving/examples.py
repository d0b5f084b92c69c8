"""A row to begin with: the form's first values, and the OpenAPI document's examples.

Needs     a loaded model
Gives     one row of text that the model takes

Each column is taken by itself, the middle number or the commonest category of the background
rows. No customer is behind the row, and no background row is shown to anybody.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from serving.encoder import cells_of, numbers_of
from serving.model import Predictor
from serving.schema import Cell, Column


def usual_row(predictor: Predictor) -> list[Cell]:
    """The row, in the schema's order."""
    columns = predictor.schema.columns
    if not predictor.background:
        return [_allowed(column) for column in columns]
    cells = cells_of(predictor.background)
    return [_usual(column, list(cells[:, at])) for at, column in enumerate(columns)]


def _usual(column: Column, cells: list[Cell]) -> Cell:
    if column.kind == "categorical":
        counts = Counter(cell for cell in cells if cell is not None)
        return max(counts, key=lambda cell: counts[cell]) if counts else None
    values = numbers_of(cells_of([[cell] for cell in cells]), [0])[0]
    known = np.flatnonzero(~np.isnan(values))
    if not known.size:
        return None
    middle = int(known[np.argsort(values[known], kind="stable")[known.size // 2]])
    return cells[middle]


def _allowed(column: Column) -> Cell:
    """A cell that the schema alone allows.

    >>> _allowed(Column("a", "numeric", minimum=0.5)), _allowed(Column("a", "numeric", maximum=-1))
    ('0.5', '-1')
    >>> _allowed(Column("a", "categorical", categories=("web", "chip")))
    'web'
    """
    if column.kind == "categorical":
        return column.categories[0] if column.categories else "text"
    low = 0.0 if column.minimum is None else max(0.0, column.minimum)
    return f"{low if column.maximum is None else min(low, column.maximum):g}"
