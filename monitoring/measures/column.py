"""One column's state: everything data quality says about it, from one pass over its text.

Needs     batches of utf8 cells, null where a cell was empty
Gives     counts, types, moments, sketch, histogram, distinct count; all of them add up

Numbers are taken from every numeric-looking cell, even in a column that turns out to be
String: one "N/A" must not blind the drift check. Numbers past float64 (`1e400`) are
present and Fractional, but no arithmetic sees them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from monitoring.measures.categories import Categories
from monitoring.measures.hll import DistinctCount
from monitoring.measures.kll import QuantileSketch
from monitoring.measures.moments import Moments
from monitoring.measures.types import TypeCounts, classify
from monitoring.measures.xxhash import xxhash64


class ColumnState:
    """Sufficient statistics of one column.

    `domain` is the set of texts a baseline allows; cells inside it are counted as they
    pass, so the share is exact however many distinct values there are.

    >>> column = ColumnState(domain=["a", "b"])
    >>> column.update(pa.array(["a", None, "z", "a"]))
    >>> column.present, column.missing, column.in_domain, column.types.inferred
    (3, 1, 2, 'String')
    """

    def __init__(self, domain: Collection[str] | None = None) -> None:
        self.domain = None if domain is None else pa.array(domain, pa.string())
        self.missing = 0
        self.non_finite = 0
        self.in_domain = 0
        self.types = TypeCounts()
        self.moments = Moments()
        self.sketch = QuantileSketch()
        self.categories = Categories()
        self.distinct = DistinctCount()

    @property
    def present(self) -> int:
        """Cells that were not null."""
        return self.types.present

    @property
    def completeness(self) -> float | None:
        """Share of cells that were not null; None when there were no rows."""
        rows = self.present + self.missing
        return self.present / rows if rows else None

    def update(self, cells: pa.StringArray) -> None:
        """Take in one batch, in row order."""
        self.missing += cells.null_count
        texts = cells.drop_null()
        if not len(texts):
            return
        if self.categories.counts is None:
            numbers = self._take_in(texts, None)
        else:
            encoded = texts.dictionary_encode()
            rows = encoded.indices.to_numpy(zero_copy_only=False)
            repeats = np.bincount(rows, minlength=len(encoded.dictionary))
            numbers = self._take_in(encoded.dictionary, repeats)[rows]
            self.categories.update(zip(_texts(encoded.dictionary), repeats.tolist(), strict=True))
        finite = numbers[np.isfinite(numbers)]
        self.non_finite += int(np.count_nonzero(np.isinf(numbers)))
        self.moments.update(finite)
        self.sketch.update(finite)

    def _take_in(
        self, texts: pa.StringArray, repeats: npt.NDArray[np.int64] | None
    ) -> npt.NDArray[np.float64]:
        """Type, hash and look up each text once, however often it occurs; its value, or NaN."""
        counts, numbers = classify(texts, repeats)
        self.types += counts
        self.distinct.update(xxhash64(texts))
        if self.domain is not None:
            known = pc.is_in(texts, self.domain).to_numpy(zero_copy_only=False)
            self.in_domain += int(known.sum() if repeats is None else repeats[known].sum())
        return numbers

    def __add__(self, other: Self) -> Self:
        """Both inputs together, `self`'s rows first."""
        merged = type(self)()
        merged.domain = self.domain
        merged.missing = self.missing + other.missing
        merged.non_finite = self.non_finite + other.non_finite
        merged.in_domain = self.in_domain + other.in_domain
        merged.types = self.types + other.types
        merged.moments = self.moments + other.moments
        merged.sketch = self.sketch + other.sketch
        merged.categories = self.categories + other.categories
        merged.distinct = self.distinct + other.distinct
        return merged


def _texts(texts: pa.StringArray) -> Iterator[str]:
    """Python strings of an arrow column; bytes that are no UTF-8 become U+FFFD, visibly."""
    for text in texts.cast(pa.binary()).to_pylist():
        yield text.decode("utf-8", "replace")
