"""How far a bias metric strays in one window although nobody is treated differently.

Needs     the counts of two facets
Gives     the standard error of any metric that counts can answer

AWS documents a normal bootstrap interval and its files show none; this is that interval.
Rows are drawn from the counts (multinomial), which is the bootstrap of the rows without
the rows. Half a row is put into each cell first: a share observed as 0 or 1 of few rows
would otherwise seem certain.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from statistics import stdev

import numpy as np
import numpy.typing as npt

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.facets import Comparison
from monitoring.measures.neighbors import NEIGHBORS, Flips
from monitoring.measures.outcome import Outcome, Uncomputable

DRAWS = 200
DEFINED_SHARE = 0.95
"""Of the draws: where more of them have no finite value, the metric has no interval."""
HALF_A_ROW = 0.5

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Resamples:
    """Two facets, drawn again and again from their own counts.

    >>> side = BinaryCounts(tp=40, fp=10, fn=10, tn=40)
    >>> resamples = Resamples(Comparison(side, side), seed=1)
    >>> from monitoring.measures.fairness_predictions import accuracy_difference
    >>> 0.04 < resamples.standard_error(accuracy_difference) < 0.08
    True
    """

    comparison: Comparison
    seed: int = 0

    def standard_error(
        self, measure: Callable[[Comparison], Outcome], *, grouped: bool = False
    ) -> Outcome:
        """Standard deviation of a metric over the draws; `grouped`: it looks into groups."""
        drawn = self._within_groups if grouped else self._overall
        found = [measure(comparison) for comparison in drawn]
        values = [v for v in found if not isinstance(v, Uncomputable) and math.isfinite(v)]
        if len(values) < DEFINED_SHARE * len(found):
            return Uncomputable(
                f"the metric has no finite value on {len(found) - len(values)} of {len(found)} "
                "resamples of these rows"
            )
        return stdev(values)

    @cached_property
    def _overall(self) -> tuple[Comparison, ...]:
        both = (self.comparison.advantaged, self.comparison.disadvantaged)
        cells = np.array([_cells(side) for side in both]) + HALF_A_ROW
        drawn = self._draw(cells.ravel(), sum(side.total for side in both)).reshape(-1, 2, 4)
        return tuple(
            Comparison(_counts(a), _counts(d), predicted=self.comparison.predicted)
            for a, d in drawn
        )

    @cached_property
    def _within_groups(self) -> tuple[Comparison, ...]:
        groups = self.comparison.groups
        cells = np.array([[_cells(a), _cells(d)] for a, d in groups]) + HALF_A_ROW
        rows = sum((a + d).total for a, d in groups)
        drawn = self._draw(cells.ravel(), rows).reshape(-1, *cells.shape)
        whole, predicted = self.comparison, self.comparison.predicted
        return tuple(
            Comparison(
                whole.advantaged,
                whole.disadvantaged,
                tuple((_counts(a), _counts(d)) for a, d in sample),
                predicted,
            )
            for sample in drawn
        )

    def _draw(self, cells: npt.NDArray[np.float64], rows: int) -> Counts:
        generator = np.random.default_rng(self.seed)
        return generator.multinomial(rows, cells / cells.sum(), size=DRAWS)


def few_rows(errors: float, rows: int) -> float:
    """How many standard errors to ask of `rows` rows instead of very many.

    Student's t in place of the normal, by the first term of its expansion.
    Source: Abramowitz and Stegun, 26.7.5.

    >>> round(few_rows(4.0, 21), 2), round(few_rows(4.0, 10_000), 2)
    (4.85, 4.0)
    """
    return errors * (1 + (errors**2 + 1) / (4 * max(1, rows - 1)))


def flip_error(found: Flips, people: int) -> float:
    """Standard error of FT, over the members of d; `people` are the advantaged rows.

    Members who share a neighbour flip together, so many of them count as one: as many as
    lean on each person. One flip is added: none seen is not none possible.

    >>> round(flip_error(Flips(favoured=10, passed_over=30, rows=400), people=2000), 4)
    0.0223
    """
    flipped = (found.favoured + found.passed_over + 1) / (found.rows + 1)
    together = 1 + NEIGHBORS * found.rows / people
    return math.sqrt(max(0.0, flipped - found.value**2) * together / found.rows)


def log_impact(comparison: Comparison) -> tuple[float, float]:
    """Logarithm of disparate impact with half a row added, and its standard error.

    A ratio's logarithm is what is nearly normal; the half keeps it finite where a facet has
    nobody accepted. Source: Katz et al., Biometrics 34 (1978); Walter, Biometrika 62 (1975).

    >>> side = BinaryCounts(tp=50, fp=0, fn=0, tn=50)
    >>> estimate, error = log_impact(Comparison(side, side))
    >>> estimate, round(error, 3)
    (0.0, 0.14)
    """
    (a, m), (d, n) = (
        (side.predicted_positives + HALF_A_ROW, side.total + HALF_A_ROW)
        for side in (comparison.advantaged, comparison.disadvantaged)
    )
    error = math.sqrt(max(0.0, 1 / d - 1 / n + 1 / a - 1 / m))
    return math.log((d / n) / (a / m)), error


def _cells(side: BinaryCounts) -> tuple[int, int, int, int]:
    return side.tp, side.fp, side.fn, side.tn


def _counts(cells: Counts) -> BinaryCounts:
    return BinaryCounts(*cells.tolist())
