"""Sensitivity: how do the answers move when one feature moves a little?

Needs     answered test rows; the spreads of the training rows
Gives     `sensitivity` of evaluation.json

A number, or a category in an order, moves past a tenth of the training rows, up and then
down; any other category becomes one of the others, each as often as it occurs. So the step
is as large as the feature's own spread makes it, and features compare. One feature at a
time: two that always move together in the world are each moved alone here. A column of few
numbers may not move at all: past a tenth of the rows stands the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from pipelines.evaluation.answered import Answered, Floats, ask
from pipelines.evaluation.spread import Spread
from serving.model import Predictor
from serving.schema import Cell, Row

MOST_ROWS, SEED = 2_000, 11
STEP: Final = 0.1
"""The share of the training rows that a cell moves past."""
HIGH: Final = 95
"""Percentile of the changes that is told beside their mean."""


def measure(predictor: Predictor, test: Answered, spreads: Sequence[Spread]) -> dict[str, Any]:
    """Each feature's effect, the one that moves the answers most first."""
    sampled = test.sample(MOST_ROWS, SEED)
    features = [
        {"feature": spread.column.name, **_effect(predictor, sampled, at, spread)}
        for at, spread in enumerate(spreads)
        if spread.cells
    ]
    features.sort(key=lambda each: (-each["mean_change"], each["feature"]))
    return {"rows": len(sampled.rows), "step": STEP, "features": features}


def _effect(predictor: Predictor, rows: Answered, at: int, spread: Spread) -> dict[str, Any]:
    cells = [row[at] for row in rows.rows]
    if not spread.has_order:
        moved = _asked(predictor, rows, at, _redrawn(cells, spread))
        return _summary(rows, [moved])
    down, up = (
        _asked(predictor, rows, at, _stepped(cells, spread, step)) for step in (-STEP, STEP)
    )
    return {**_summary(rows, [down, up]), "mean_rise": float((up[0] - down[0]).mean())}


def _asked(
    predictor: Predictor, rows: Answered, at: int, cells: Sequence[Cell]
) -> tuple[Floats, np.ndarray]:
    return ask(
        predictor, [_with(row, at, cell) for row, cell in zip(rows.rows, cells, strict=True)]
    )


def _summary(rows: Answered, moved: Sequence[tuple[Floats, np.ndarray]]) -> dict[str, Any]:
    """Changes of the probability, and the share of decisions that flip in any direction."""
    changes = np.concatenate([np.abs(found - rows.probabilities) for found, _ in moved])
    flipped = np.any([decided != rows.predictions for _, decided in moved], axis=0)
    return {
        "mean_change": float(changes.mean()),
        "high_change": float(np.percentile(changes, HIGH)),
        "decisions_flipped": float(flipped.mean()),
    }


def _stepped(cells: Sequence[Cell], spread: Spread, step: float) -> list[Cell]:
    """Each cell moved by a share of the training rows, not beyond the first or the last."""
    ranks = spread.ranks(cells)
    return [
        cell if np.isnan(rank) else spread.at(min(max(rank + step, 0.0), 1.0))
        for cell, rank in zip(cells, ranks.tolist(), strict=True)
    ]


def _redrawn(cells: Sequence[Cell], spread: Spread) -> list[Cell]:
    """Each category replaced by another one; where there is no other, left."""
    rng = np.random.default_rng(SEED)
    drawn: list[Cell] = []
    for cell in cells:
        others = {name: share for name, share in spread.shares.items() if name != cell}
        if cell is None or not others:
            drawn.append(cell)
            continue
        weights = np.array(list(others.values()))
        drawn.append(list(others)[rng.choice(len(others), p=weights / weights.sum())])
    return drawn


def _with(row: Row, at: int, cell: Cell) -> Row:
    return [*row[:at], cell, *row[at + 1 :]]
