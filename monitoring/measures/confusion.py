"""Counts of actual against predicted labels: all that point metrics of a classifier need.

Needs     codes of actual and predicted labels into one list of classes (labels.recode)
Gives     the confusion matrix, and the four cells of a binary one

Outer key actual, inner key predicted, as AWS writes it. Rows with a label outside the
classes are counted, not classified: a third label is not a negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from monitoring.measures.labels import Codes, class_order

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BinaryCounts:
    """True and false, positives and negatives.

    >>> BinaryCounts(tp=107, fp=59, fn=373, tn=3580).total
    4119
    """

    tp: int
    fp: int
    fn: int
    tn: int

    @classmethod
    def of(cls, actual: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]) -> Self:
        """Count rows; True is the positive label.

        >>> BinaryCounts.of(np.array([True, True, False]), np.array([True, False, False]))
        BinaryCounts(tp=1, fp=0, fn=1, tn=1)
        """
        tp = int(np.count_nonzero(actual & predicted))
        positives, claimed = int(np.count_nonzero(actual)), int(np.count_nonzero(predicted))
        return cls(tp, claimed - tp, positives - tp, actual.size - positives - claimed + tp)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn
        )

    @property
    def total(self) -> int:
        return self.tp + self.fp + self.fn + self.tn

    @property
    def positives(self) -> int:
        """Rows whose actual label is positive."""
        return self.tp + self.fn

    @property
    def negatives(self) -> int:
        """Rows whose actual label is negative."""
        return self.tn + self.fp

    @property
    def predicted_positives(self) -> int:
        return self.tp + self.fp

    @property
    def predicted_negatives(self) -> int:
        return self.tn + self.fn


@dataclass(frozen=True, slots=True, eq=False)
class ConfusionCounts:
    """Rows by actual (first axis) and predicted (second axis) class.

    >>> morning = ConfusionCounts.of(np.array([0, 1, 1]), np.array([0, 0, 1]), ("0", "1"))
    >>> evening = ConfusionCounts.of(np.array([0, 0]), np.array([0, -1]), ("2",))
    >>> (morning + evening).as_mapping()["1"]
    {'0': 1, '1': 1, '2': 0}
    >>> (morning + evening).left_out
    1
    """

    classes: tuple[str, ...]
    cells: Counts
    left_out: int = 0
    """Rows without an actual or predicted label of these classes."""

    @classmethod
    def of(cls, actual: Codes, predicted: Codes, classes: Sequence[str]) -> Self:
        """Count rows by their codes; a negative code leaves the row out."""
        size = len(classes)
        usable = (actual >= 0) & (predicted >= 0)
        left_out = actual.size - int(np.count_nonzero(usable))
        if left_out:
            actual, predicted = actual[usable], predicted[usable]
        cells = np.bincount(actual * size + predicted, minlength=size * size)
        return cls(tuple(classes), cells.reshape(size, size), left_out)

    def __add__(self, other: Self) -> Self:
        classes = class_order((*self.classes, *other.classes))
        cells = self._over(classes) + other._over(classes)
        return type(self)(classes, cells, self.left_out + other.left_out)

    def _over(self, classes: Sequence[str]) -> Counts:
        """The same cells among more classes."""
        if tuple(classes) == self.classes:
            return self.cells
        places = [classes.index(name) for name in self.classes]
        cells = np.zeros((len(classes), len(classes)), dtype=np.int64)
        cells[np.ix_(places, places)] = self.cells
        return cells

    @property
    def total(self) -> int:
        return int(self.cells.sum())

    def as_mapping(self) -> Mapping[str, Mapping[str, int]]:
        """`confusion_matrix` of statistics.json."""
        return {
            actual: dict(zip(self.classes, map(int, row), strict=True))
            for actual, row in zip(self.classes, self.cells, strict=True)
        }

    def restricted_to(self, classes: Sequence[str]) -> Self:
        """Only these classes; rows with any other label are left out and counted.

        >>> counts = ConfusionCounts.of(np.array([0, 1, 2]), np.array([0, 1, 1]), ("0", "1", "2"))
        >>> counts.restricted_to(("0", "1")).left_out
        1
        """
        everything = class_order((*self.classes, *classes))
        places = [everything.index(name) for name in classes]
        cells = self._over(everything)[np.ix_(places, places)]
        left_out = self.left_out + self.total - int(cells.sum())
        return type(self)(tuple(classes), cells, left_out)

    def binary(self, positive: str = "1") -> BinaryCounts:
        """One class against all others.

        >>> ConfusionCounts.of(np.array([1, 0]), np.array([1, 1]), ("0", "1")).binary()
        BinaryCounts(tp=1, fp=1, fn=0, tn=0)
        """
        if positive not in self.classes:
            return BinaryCounts(0, 0, 0, self.total)
        at = self.classes.index(positive)
        tp, actual = int(self.cells[at, at]), int(self.cells[at].sum())
        predicted = int(self.cells[:, at].sum())
        return BinaryCounts(tp, predicted - tp, actual - tp, self.total - actual - predicted + tp)

    def best_constant(self) -> Self:
        """What these counts would be had every row been given the commonest prediction.

        AWS's "best constant classifier" is not the best one: its constant is the label
        *predicted* most often (6 of 6 binary files of AWS; unconfirmed for more classes).
        The first in class order wins a tie.
        """
        cells = np.zeros_like(self.cells)
        if cells.size:
            cells[:, int(self.cells.sum(axis=0).argmax())] = self.cells.sum(axis=1)
        return type(self)(self.classes, cells, self.left_out)

    def subsample(self, share: float, generator: np.random.Generator) -> Self:
        """A random `share` of the rows, drawn without replacement.

        Drawn from the counts (multivariate hypergeometric), which is the same
        distribution, so the rows need not be kept and their order cannot matter.
        """
        size = round(self.total * share)
        flat = generator.multivariate_hypergeometric(self.cells.ravel(), size)
        return type(self)(self.classes, flat.reshape(self.cells.shape), self.left_out)
