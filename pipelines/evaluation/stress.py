"""Stress: does every input get an answer, however far from what the model has learnt?

Needs     answered test rows; the spreads of the training rows
Gives     `stress` of evaluation.json

Whatever is sent, the answer must be a probability: one that is none (`invalid`) keeps a
candidate out of the registry. That decisions flip is no fault of itself: a reader judges
whether a loan should be refused because a cell was empty. What is refused before the model is
asked (text where a number should be, or nothing where the model knows nothing missing) is not
among it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from pipelines.evaluation.answered import Answered, ask
from pipelines.evaluation.spread import Spread
from serving.encoder import NotANumber
from serving.model import Predictor
from serving.schema import Cell

MOST_ROWS, SEED = 300, 13
HUGE: Final = "1e300"
UNSEEN: Final = "a category nobody has seen"
LONG: Final = "x" * 10_000


class Scenario(NamedTuple):
    """Cells that take the place of a row's own, by position."""

    name: str
    column: str | None
    """None where all columns of a kind are changed."""
    cells: Mapping[int, Cell]


def measure(predictor: Predictor, test: Answered, spreads: Sequence[Spread]) -> dict[str, Any]:
    """What each scenario does to the answers, and how many answers are none."""
    sampled = test.sample(MOST_ROWS, SEED)
    outcomes = (_outcome(predictor, sampled, scenario) for scenario in scenarios(spreads))
    found = [outcome for outcome in outcomes if outcome is not None]
    return {
        "rows": len(sampled.rows),
        "answers": len(sampled.rows) * len(found),
        "invalid": sum(each["invalid"] for each in found),
        "scenarios": found,
    }


def scenarios(spreads: Sequence[Spread]) -> Iterator[Scenario]:
    """Each column by itself, then all of a kind at once.

    >>> from serving.schema import Column
    >>> ages = Spread.of(Column("age", "numeric", minimum=18), ["20", "60"])
    >>> [(each.name, each.cells) for each in scenarios([ages])][:3]
    [('missing', {0: None}), ('lowest', {0: '18'}), ('highest', {0: '60'})]
    """
    single = [scenario for at, spread in enumerate(spreads) for scenario in _of_one(at, spread)]
    yield from single
    for name in dict.fromkeys(scenario.name for scenario in single):
        together: dict[int, Cell] = {}
        for scenario in single:
            if scenario.name == name:
                together |= scenario.cells
        yield Scenario(name, None, together)


def _of_one(at: int, spread: Spread) -> Iterator[Scenario]:
    column = spread.column
    yield Scenario("missing", column.name, {at: None})
    if column.kind == "categorical":
        yield Scenario("unseen category", column.name, {at: UNSEEN})
        yield Scenario("10,000 characters", column.name, {at: LONG})
        return
    seen = (spread.cells[0], spread.cells[-1]) if spread.cells else ("0", "0")
    for name, limit, cell in (
        ("lowest", column.minimum, seen[0]),
        ("highest", column.maximum, seen[1]),
    ):
        yield Scenario(name, column.name, {at: cell if limit is None else f"{limit:.17g}"})
    yield Scenario("beyond any range", column.name, {at: HUGE})
    yield Scenario("beyond any range, negative", column.name, {at: f"-{HUGE}"})


def _outcome(predictor: Predictor, rows: Answered, scenario: Scenario) -> dict[str, Any] | None:
    """What a scenario does; None where the model refuses such a cell by its name."""
    changed = [[scenario.cells.get(at, cell) for at, cell in enumerate(row)] for row in rows.rows]
    try:
        probabilities, predictions = ask(predictor, changed)
    except NotANumber:
        return None
    valid = (probabilities >= 0.0) & (probabilities <= 1.0)
    changes = np.abs(probabilities - rows.probabilities)[valid]
    return {
        "scenario": scenario.name,
        "column": scenario.column,
        "invalid": int(np.count_nonzero(~valid)),
        "largest_change": float(changes.max()) if changes.size else 0.0,
        "decisions_flipped": float((predictions != rows.predictions).mean()),
    }
