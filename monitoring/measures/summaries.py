"""What the two modes measure differently of a column: moments, distribution, distinct values.

Needs     a batch's texts, their numbers (NaN for none), how often and where each occurred
Gives     `moments`, `sketch` and `distinct`, which answer the same questions in both modes

`SequentialSummary` is AWS's analyzer bit for bit: every value once, in the order of rows,
so that results depend on it and on how partitions were cut. `OrderFreeSummary` gives the
same answer for every order, chunking and file split; it may therefore count first, and it
is several times as fast.
"""

from __future__ import annotations

from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitoring.measures.distinct import SmallestHashes, hash_numbers
from monitoring.measures.histogram import FloatHistogram
from monitoring.measures.hll import DistinctCount
from monitoring.measures.kll import QuantileSketch
from monitoring.measures.merged_moments import MergedMoments
from monitoring.measures.moments import Moments as SequentialMoments
from monitoring.measures.state import Mode
from monitoring.measures.types import Repeats
from monitoring.measures.xxhash import xxhash64

Moments: TypeAlias = SequentialMoments | MergedMoments
Sketch: TypeAlias = QuantileSketch | FloatHistogram
Distinct: TypeAlias = DistinctCount | SmallestHashes

Floats = npt.NDArray[np.float64]


class SequentialSummary:
    """As AWS's: Spark's moments, Deequ's KLL, HyperLogLog++ over texts."""

    def __init__(self) -> None:
        self.moments = SequentialMoments()
        self.sketch = QuantileSketch()
        self.distinct = DistinctCount()

    def update(self, texts: pa.StringArray, numbers: Floats, _: Repeats, rows: Repeats) -> None:
        """Take in distinct texts that occurred in `rows`, or texts as they stood in rows."""
        self.distinct.update(xxhash64(texts))
        values = numbers if rows is None else numbers[rows]
        values = values[np.isfinite(values)]
        self.moments.update(values)
        self.sketch.update(values)

    def __add__(self, other: Self) -> Self:
        """Both inputs together, `self`'s rows first."""
        merged = type(self)()
        merged.moments = self.moments + other.moments
        merged.sketch = self.sketch + other.sketch
        merged.distinct = self.distinct + other.distinct
        return merged


class OrderFreeSummary:
    """The same for any order: exact while values are few, and finer than AWS's beyond.

    Numbers are distinct by value (`1` and `1.0` are one), other cells by text.
    """

    def __init__(self) -> None:
        self.moments = MergedMoments()
        self.sketch = FloatHistogram()
        self.distinct = SmallestHashes()

    def update(self, texts: pa.StringArray, numbers: Floats, repeats: Repeats, _: Repeats) -> None:
        """Take in texts, each of which occurred `repeats` times."""
        finite = np.isfinite(numbers)
        if not finite.all():
            words = np.isnan(numbers)
            self.distinct.update(xxhash64(texts.filter(pa.array(words))))
            self.distinct.update(hash_numbers(numbers[np.isinf(numbers)]))
            numbers, repeats = numbers[finite], None if repeats is None else repeats[finite]
        self.distinct.update(hash_numbers(numbers))
        self.moments.update(numbers, repeats)
        self.sketch.update(numbers, repeats)

    def __add__(self, other: Self) -> Self:
        """Both inputs together, in either order."""
        merged = type(self)()
        merged.moments = self.moments + other.moments
        merged.sketch = self.sketch + other.sketch
        merged.distinct = self.distinct + other.distinct
        return merged


Summary: TypeAlias = SequentialSummary | OrderFreeSummary


def summary_for(mode: Mode) -> Summary:
    """An empty summary of that mode."""
    return SequentialSummary() if mode == "compat" else OrderFreeSummary()


def merged(one: Summary, other: Summary) -> Summary:
    """Both inputs together, `one`'s rows first; raises ValueError for two modes."""
    if isinstance(one, SequentialSummary) and isinstance(other, SequentialSummary):
        return one + other
    if isinstance(one, OrderFreeSummary) and isinstance(other, OrderFreeSummary):
        return one + other
    raise ValueError("a compat and a corrected state do not add up; summarize both in one mode")
