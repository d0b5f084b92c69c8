"""How much a metric would move on other rows: five random subsamples of 80 %.

Needs     counts that can draw a subsample of themselves; for a regression, its rows
Gives     `standard_deviation` beside every value of the model-quality statistics

Only from 200 rows on, as AWS does. AWS's sampler and divisor are not published: the
values are random, so compare them with nothing. Counts draw from themselves with a seed:
neither the order nor the split of the rows changes the result. Moments of a regression
cannot, so there every row is tossed for, in an order that must not be that of its arrival.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import stdev
from typing import Protocol, Self, TypeVar

import numpy as np

from monitoring.measures.outcome import Outcome, Uncomputable
from monitoring.measures.regression import Floats, RegressionMoments

REPEATS = 5
SHARE = 0.8
MINIMUM_ROWS = 200


class Countable(Protocol):
    """Counts of rows that can lose some at random."""

    @property
    def total(self) -> int:
        """Rows counted."""

    def subsample(self, share: float, generator: np.random.Generator) -> Self:
        """A random `share` of the rows."""


C = TypeVar("C", bound=Countable)


def standard_deviations(
    metrics: Callable[[C], Mapping[str, Outcome]], counts: C, seed: int
) -> dict[str, Outcome]:
    """Standard deviation of every metric over five subsamples of the counts.

    >>> from monitoring.measures.classification import multiclass_metrics
    >>> from monitoring.measures.confusion import ConfusionCounts
    >>> counts = ConfusionCounts(("0", "1"), np.array([[60, 40], [30, 70]]))
    >>> found = standard_deviations(multiclass_metrics, counts, seed=1)
    >>> 0 < found["accuracy"] < 0.05
    True
    >>> str(standard_deviations(multiclass_metrics, counts.restricted_to(("1",)), 1)["accuracy"])
    'not computed: 70 rows are too few to resample; it takes 200'
    """
    generator = np.random.default_rng(seed)
    enough = counts.total >= MINIMUM_ROWS
    drawn = [counts.subsample(SHARE, generator) for _ in range(REPEATS)] if enough else []
    names = metrics(counts)
    return _spread(names, [metrics(sample) for sample in drawn], counts.total)


@dataclass(frozen=True, slots=True)
class ResampledMoments:
    """Moments of five subsamples of a regression's rows, each row in each with chance 0.8.

    >>> truth = np.arange(400.0)
    >>> samples = ResampledMoments.of(truth, truth + 1, np.random.default_rng(1))
    >>> [0.7 < moments.total / 400 < 0.9 for moments in (samples + samples.nothing()).moments]
    [True, True, True, True, True]
    """

    moments: tuple[RegressionMoments, ...]

    @classmethod
    def nothing(cls, repeats: int = REPEATS) -> Self:
        return cls((RegressionMoments(),) * repeats)

    @classmethod
    def of(
        cls,
        truth: Floats,
        predicted: Floats,
        generator: np.random.Generator,
        repeats: int = REPEATS,
    ) -> Self:
        """Toss for every row. Reading on with one generator, batches may be cut anywhere."""
        kept = generator.random((truth.size, repeats)) < SHARE
        return cls(tuple(RegressionMoments.of(truth[keep], predicted[keep]) for keep in kept.T))

    def __add__(self, other: Self) -> Self:
        pairs = zip(self.moments, other.moments, strict=True)
        return type(self)(tuple(left + right for left, right in pairs))

    def standard_deviations(
        self,
        metrics: Callable[[RegressionMoments], Mapping[str, Outcome]],
        whole: RegressionMoments,
    ) -> dict[str, Outcome]:
        """Standard deviation of every metric over the samples; `whole` are all rows' moments."""
        return _spread(metrics(whole), [metrics(part) for part in self.moments], whole.total)


def _spread(
    names: Mapping[str, Outcome], samples: Sequence[Mapping[str, Outcome]], rows: int
) -> dict[str, Outcome]:
    if rows < MINIMUM_ROWS:
        few = Uncomputable(f"{rows} rows are too few to resample; it takes {MINIMUM_ROWS}")
        return dict.fromkeys(names, few)
    return {name: _deviation([sample[name] for sample in samples]) for name in names}


def _deviation(values: Sequence[Outcome]) -> Outcome:
    """Divided by n - 1, as Spark's `stddev`; AWS's divisor is unconfirmed."""
    numbers = [value for value in values if not isinstance(value, Uncomputable)]
    if len(numbers) < len(values):
        return Uncomputable("the metric is undefined on one of the subsamples")
    return stdev(numbers)
