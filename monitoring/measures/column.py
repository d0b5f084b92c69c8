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
import pyarrow as pa
import pyarrow.compute as pc

from monitoring.measures import summaries
from monitoring.measures.categories import MAX_CATEGORIES, Categories
from monitoring.measures.state import Mode
from monitoring.measures.summaries import Distinct, Moments, Sketch, summary_for
from monitoring.measures.types import Repeats, TypeCounts, classify, count_where

PROBED = 2 * MAX_CATEGORIES
"""First cells of a column, which mostly tell whether its values are too many to list."""


class ColumnState:
    """Sufficient statistics of one column.

    `domain` is the set of texts a baseline allows; cells inside it are counted as they
    pass, so the share is exact however many distinct values there are. `mode` says how its
    numbers are summarized: `compat` depends on the order of rows, `corrected` does not.

    >>> column = ColumnState(domain=["a", "b"])
    >>> column.update(pa.array(["a", None, "z", "a"]))
    >>> column.present, column.missing, column.in_domain, column.types.inferred
    (3, 1, 2, 'String')
    """

    def __init__(self, domain: Collection[str] | None = None, mode: Mode = "corrected") -> None:
        self.domain = None if domain is None else pa.array(domain, pa.string())
        self.missing = 0
        self.non_finite = 0
        self.in_domain = 0
        self.types = TypeCounts()
        self.categories = Categories()
        self.summary = summary_for(mode)

    @property
    def moments(self) -> Moments:
        """Sum, mean, deviation and range of the finite numbers."""
        return self.summary.moments

    @property
    def sketch(self) -> Sketch:
        """How the finite numbers are distributed."""
        return self.summary.sketch

    @property
    def distinct(self) -> Distinct:
        """How many different values there are."""
        return self.summary.distinct

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
        texts = cells.drop_null() if cells.null_count else cells
        if not len(texts):
            return
        if self.categories.counts == {}:
            self.categories.expect(len(texts.slice(0, PROBED).unique()))
        if self.categories.counts is None:
            self._take_in(texts)
            return
        encoded = texts.dictionary_encode()
        rows = encoded.indices.to_numpy(zero_copy_only=False)
        repeats = np.bincount(rows, minlength=len(encoded.dictionary))
        self._take_in(encoded.dictionary, repeats, rows)
        self.categories.update(zip(_texts(encoded.dictionary), repeats.tolist(), strict=True))

    def _take_in(
        self, texts: pa.StringArray, repeats: Repeats = None, rows: Repeats = None
    ) -> None:
        """Type and look up each text once, however often it occurs and in whichever `rows`."""
        counts, numbers = classify(texts, repeats)
        self.types += counts
        self.non_finite += count_where(np.isinf(numbers), repeats)
        if self.domain is not None:
            known = pc.is_in(texts, self.domain).to_numpy(zero_copy_only=False)
            self.in_domain += count_where(known, repeats)
        self.summary.update(texts, numbers, repeats, rows)

    def __add__(self, other: Self) -> Self:
        """Both inputs together, `self`'s rows first."""
        merged = type(self)()
        merged.domain = self.domain
        merged.missing = self.missing + other.missing
        merged.non_finite = self.non_finite + other.non_finite
        merged.in_domain = self.in_domain + other.in_domain
        merged.types = self.types + other.types
        merged.categories = self.categories + other.categories
        merged.summary = summaries.merged(self.summary, other.summary)
        return merged


def _texts(texts: pa.StringArray) -> Iterator[str]:
    """Python strings of an arrow column; bytes that are no UTF-8 become U+FFFD, visibly."""
    for text in texts.cast(pa.binary()).to_pylist():
        yield text.decode("utf-8", "replace")
