"""A logistic regression over RowEncoder, read as what it is: points per column, added up.

Needs     a fitted pipeline of RowEncoder and a binary LogisticRegression
Gives     each column's points of a row, in log-odds; their sum is the answer

The coefficients of a numeric column's ramps are a bent line through the column's quantiles,
those of a categorical column a table. Both are looked up here, some ten times faster than
making the encoder's numbers and multiplying them, and the points are what reasons are made of.

What a reader may miss: columns are added one after the other, so a row's answer is the same to
the last bit whatever rows stand beside it. A matrix product promises that only to 1e-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from serving.encoder import RowEncoder, Rows, cells_of, numbers_of
from serving.schema import Row

Floats = npt.NDArray[np.float64]
"""Points and scores are log-odds: natural logarithms of p / (1 - p)."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A numeric column's points: straight between two edges, flat beyond the outer ones."""

    at: int
    """The column's place in a row."""
    edges: Floats
    """At least one: a column of which training knew no number has its only edge at 0."""
    heights: Floats
    """The points at each edge; at the first they are 0."""
    missing: float
    """The points of a cell without a number."""

    def points(self, values: Floats) -> Floats:
        """(rows): of values; NaN where one is missing."""
        found: Floats = np.interp(values, self.edges, self.heights)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """A categorical column's points."""

    at: int
    categories: Mapping[str | None, float]
    """None is a cell that is missing."""
    other: float
    """The points of a category too rare or never seen."""

    def points(self, cells: Row) -> list[float]:
        """(rows): of text."""
        return [self.categories.get(cell, self.other) for cell in cells]


@dataclass(frozen=True, slots=True, eq=False)
class Scorecard:
    """A linear model's parts.

    >>> rows = [["1", "a"], ["2", "a"], ["3", "b"], ["4", "b"]] * 9
    >>> encoder = RowEncoder(numeric=[0], categorical=[1])
    >>> pipeline = Pipeline([("encoder", encoder), ("classifier", LogisticRegression())])
    >>> card = Scorecard.of(pipeline.fit(rows, [0, 0, 1, 1] * 9))
    >>> points = card.points([["2.5", "b"], [None, "never seen"]])
    >>> points.shape, points[1].tolist()
    ((2, 2), [0.0, 0.0])
    >>> bool(np.allclose(card.probabilities(points), pipeline.predict_proba(
    ...     [["2.5", "b"], [None, "never seen"]])[:, 1], rtol=0, atol=1e-12))
    True
    """

    intercept: float
    lines: tuple[Line, ...]
    lookups: tuple[Lookup, ...]

    @classmethod
    def of(cls, pipeline: Pipeline) -> Self | None:
        """The scorecard that a fitted pipeline is; None where it is another kind of model."""
        encoder, model = pipeline[0], pipeline[-1]
        linear = isinstance(encoder, RowEncoder) and isinstance(model, LogisticRegression)
        if len(pipeline) != 2 or not linear or len(model.classes_) != 2:
            return None
        rest = np.asarray(model.coef_[0], np.float64)
        lines = []
        for at, edges in zip(encoder.numeric, encoder.edges_, strict=True):
            ramps = max(len(edges) - 1, 0)
            heights = np.concatenate(([0.0], np.cumsum(rest[:ramps])))
            known = edges if len(edges) else np.zeros(1)
            lines.append(Line(at, known, heights, float(rest[ramps])))
            rest = rest[ramps + 1 :]
        lookups = []
        for at, categories in zip(encoder.categorical, encoder.categories_, strict=True):
            *points, other, missing = rest[: len(categories) + 2].tolist()
            told = {cell: points[number] for cell, number in categories.items()}
            lookups.append(Lookup(at, {**told, None: missing}, other))
            rest = rest[len(categories) + 2 :]
        return cls(float(model.intercept_[0]), tuple(lines), tuple(lookups))

    def points(self, rows: Rows) -> Floats:
        """(rows, columns): what each cell adds to the log-odds.

        Raises NotANumber, naming row and column by position.
        """
        cells = cells_of(rows)
        values = numbers_of(cells, [line.at for line in self.lines])
        # Column by column in memory, as they are added up.
        found = np.zeros(cells.shape[::-1])
        for line, column in zip(self.lines, values, strict=True):
            found[line.at] = line.points(column)
        unknown = np.isnan(values)
        if unknown.any():
            for line, rows_without in zip(self.lines, unknown, strict=True):
                found[line.at, rows_without] = line.missing
        for lookup in self.lookups:
            found[lookup.at] = lookup.points(cells[:, lookup.at].tolist())
        return found.T

    def probabilities(self, points: Floats) -> Floats:
        """(rows): of the positive class, from the points (rows, columns)."""
        score = np.full(len(points), self.intercept)
        for column in points.T:
            score += column
        probabilities: Floats = expit(score)
        return probabilities
