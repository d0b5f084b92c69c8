"""Rows beside what the model says of them and what was true: what every question is asked of.

Needs     a loaded model; a part of the data
Gives     targets, probabilities and decisions as arrays, in the rows' order
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.curves import ScoreCounts
from pipelines.models.base import Model, Table
from serving.model import Predictor
from serving.schema import Row

Floats = npt.NDArray[np.float64]
Decisions = npt.NDArray[np.int64]


def ask(predictor: Predictor, rows: Sequence[Row]) -> tuple[Floats, Decisions]:
    """The probability and the decision for each row."""
    answers = predictor.predict(rows)
    return (
        np.array([answer.probability for answer in answers], dtype=np.float64),
        np.array([answer.prediction for answer in answers], dtype=np.int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """One part of the data, answered."""

    rows: Sequence[Row]
    targets: Decisions
    """1 where the label is the positive one, else 0."""
    probabilities: Floats
    predictions: Decisions

    @classmethod
    def of(cls, predictor: Predictor, model: Model, table: Table) -> Self:
        """Ask the model about a table."""
        targets = np.array(model.targets(table), dtype=np.int64)
        return cls(table.rows, targets, *ask(predictor, table.rows))

    @property
    def scores(self) -> ScoreCounts:
        """Positives and negatives at each probability."""
        return ScoreCounts.of(self.probabilities, self.targets == 1)

    @property
    def counts(self) -> BinaryCounts:
        """Right and wrong decisions."""
        return BinaryCounts.of(self.targets == 1, self.predictions == 1)

    def sample(self, size: int, seed: int) -> Self:
        """At most `size` of the rows, drawn without replacement, in their order."""
        if len(self.rows) <= size:
            return self
        drawn = np.random.default_rng(seed).choice(len(self.rows), size, replace=False)
        return self.take(np.sort(drawn))

    def take(self, at: Decisions) -> Self:
        """The rows at these positions."""
        rows = [self.rows[i] for i in at.tolist()]
        return type(self)(rows, self.targets[at], self.probabilities[at], self.predictions[at])
