"""Rows of text to a matrix of their numbers: in front of a model that was fitted to numbers.

Needs     rows whose columns are all numeric
Writes    a float matrix, NaN where a cell is missing

Our own models begin with `RowEncoder`; one that comes from elsewhere (pipelines/from_mlflow.py)
may expect plain numbers. Keep the names of this class and of its attributes: stored models
refer to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from serving.encoder import Floats, NotANumber, numbers
from serving.schema import Row


class NumberMatrix(TransformerMixin, BaseEstimator):
    """The transformer.

    >>> NumberMatrix().fit([["1", "2"]]).transform([["1.5", None]])
    array([[1.5, nan]])
    >>> NumberMatrix(takes_missing=False).fit([["1", "2"]]).transform([["1.5", None]])
    Traceback (most recent call last):
    serving.encoder.NotANumber: row 1, column 2 is not a finite number
    """

    def __init__(self, takes_missing: bool = True) -> None:
        self.takes_missing = takes_missing

    def fit(self, rows: Sequence[Row], targets: Any = None) -> Self:  # noqa: ARG002
        """Learn how many columns there are, and whether one may be missing."""
        self.n_features_in_ = len(rows[0])
        self.nullable_ = list(range(self.n_features_in_)) if self.takes_missing else []
        return self

    def transform(self, rows: Sequence[Row]) -> Floats:
        """The numbers; raises NotANumber naming the first cell that is none."""
        found = np.empty((len(rows), self.n_features_in_))
        for at in range(self.n_features_in_):
            cells = np.empty(len(rows), dtype=object)
            cells[:] = [row[at] for row in rows]
            try:
                found[:, at] = numbers(cells)
            except NotANumber as error:
                raise NotANumber(error.row, at) from None
        if not self.takes_missing and np.isnan(found).any():
            row, column = np.argwhere(np.isnan(found))[0].tolist()
            raise NotANumber(row, column)
        return found
