"""Why this answer: the features that moved it most, in words a letter to a customer can use.

Needs     a loaded model with background rows (serving/model.py)
Gives     per row at most `MOST` reasons, the largest first

A feature's value is its exact interventional Shapley value: what it adds to the model's score,
averaged over the background rows as stand-ins for the features not told, and over every order
of telling. For a scorecard, a sum of points per column, that is in closed form

    value(column) = points(row, column) - mean over the background of points(·, column)

(Štrumbelj and Kononenko, Knowledge and Information Systems 41, 2014; "Linear SHAP",
corollary 1 of Lundberg and Lee, NeurIPS 2017), here with bent lines and tables for the columns'
terms. The values and the background's mean score add up to the row's score. For sums of trees
see monitoring/measures/trees.py.

What a reader may miss: a reason says what moved the model, not what would have to change in
the world, and "high" compares with the background rows, not with what is good or allowed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from monitoring.measures.outcome import Uncomputable
from serving.encoder import cells_of, numbers_of
from serving.model import Predictor
from serving.schema import Cell, Column, Row
from serving.scorecard import Scorecard
from serving.trees import Scale, tree_values

MOST = 4
"""Reasons of one answer: more than four are not likely to help, says the commentary on
Regulation B (12 CFR part 1002, supplement I, 9(b)(2))."""
SMALLEST = 1e-12
"""A value nearer to 0 is rounding."""
THIRDS = (1 / 3, 2 / 3)
"""A number is low or high where a third of the background rows at most lie beyond it."""

Floats = npt.NDArray[np.float64]
Values = Callable[[Row], Floats]
"""(columns): each column's Shapley value in a row."""
State = Literal["low", "middle", "high", "category", "missing"]
Direction = Literal["raises", "lowers"]


class Reason(BaseModel):
    """One feature's part in an answer."""

    code: str = Field(description="<feature>.<low, middle, high, category or missing>")
    feature: str
    direction: Direction = Field(description="What the feature does to the probability.")
    contribution: float = Field(description="Its Shapley value, in units of reason_scale.")
    text: str = Field(description="The reason in words.")


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons of one model's answers. Safe to share between threads."""

    columns: tuple[Column, ...]
    scale: Scale
    """In what the contributions are counted."""
    values: Values
    limits: tuple[tuple[float, float] | None, ...]
    """For each column, what is low below the first and high above the second."""

    @classmethod
    def of(cls, predictor: Predictor) -> Self | Uncomputable:
        """The reasons that a model's background rows allow; else why there are none."""
        if not predictor.background:
            return Uncomputable("the model was built without background rows; train it again")
        scale: Scale = "log_odds"
        if predictor.scorecard is not None:
            values = _scorecard_values(predictor.scorecard, predictor.background)
        else:
            found = tree_values(predictor.pipeline, predictor.background)
            if found is None:
                return Uncomputable("the model is neither a scorecard nor a sum of trees")
            scale, values = found
        return cls(predictor.schema.columns, scale, values, _limits(predictor))

    def of_row(self, row: Row) -> list[Reason]:
        """The columns of the largest values; of equal ones the first in the schema.

        Raises serving.encoder.NotANumber.
        """
        values = self.values(row)
        order = np.argsort(-np.abs(values), kind="stable")[:MOST]
        return [
            self._reason(at, row[at], float(values[at]))
            for at in order.tolist()
            if abs(values[at]) > SMALLEST
        ]

    def _reason(self, at: int, cell: Cell, value: float) -> Reason:
        name = self.columns[at].name
        state = _state(cell, self.limits[at])
        said = {
            "low": "is low among the rows this model learnt from",
            "middle": "is ordinary among the rows this model learnt from",
            "high": "is high among the rows this model learnt from",
            "category": f"is {cell!r}",
            "missing": "is not known",
        }[state]
        unit = self.scale.replace("_", "-")
        return Reason(
            code=f"{name}.{state}",
            feature=name,
            direction="raises" if value > 0 else "lowers",
            contribution=value,
            text=f"{name} {said}: {signed(value)} {unit}",
        )


def signed(value: float) -> str:
    """A contribution in few digits.

    >>> signed(0.4213), signed(-12.3), signed(0.00123)
    ('+0.42', '-12.30', '+0.001')
    """
    return f"{value:+.2f}" if abs(value) >= 0.01 else f"{value:+.1g}"


def _scorecard_values(scorecard: Scorecard, background: tuple[Row, ...]) -> Values:
    usual = scorecard.points(background).mean(axis=0)

    def values(row: Row) -> Floats:
        found: Floats = scorecard.points([row])[0] - usual
        return found

    return values


def _limits(predictor: Predictor) -> tuple[tuple[float, float] | None, ...]:
    cells, numeric = cells_of(predictor.background), predictor.schema.numeric
    limits: list[tuple[float, float] | None] = [None] * len(predictor.schema.columns)
    for at, values in zip(numeric, numbers_of(cells, numeric), strict=True):
        known = values[~np.isnan(values)]
        low, high = np.quantile(known, THIRDS).tolist() if known.size else (-math.inf, math.inf)
        limits[at] = (low, high)
    return tuple(limits)


def _state(cell: Cell, limits: tuple[float, float] | None) -> State:
    if cell is None:
        return "missing"
    if limits is None:
        return "category"
    value = float(numbers_of(cells_of([[cell]]), [0])[0, 0])
    if math.isnan(value):
        return "missing"
    low, high = limits
    return "low" if value < low else "high" if value > high else "middle"
