"""A bounded sample of a table's rows, the same whatever order they came in.

Needs     record batches of utf8 columns, all with the same columns
Gives     up to `most` rows, each row as likely as any other; samples of two parts add up

Every row gets a number from its cells and from how often it was there before, and the rows
with the smallest numbers are kept (bottom-k sampling: Cohen & Kaplan, PODC 2007). Counting
repeats takes 16 bytes for each distinct row; past `most_distinct` of them it is given up for
good, and each distinct row is sampled once. Parts count for themselves: a row that repeats
in several is drawn, or not, in all of them alike. Long cells are cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MOST_DISTINCT = 2**20
LONGEST_CELL = 256
"""Bytes of a cell that are looked at and kept."""
SEPARATOR, ABSENT = "\x1f", "\x1e"
"""Between the cells of a row, and in the place of an empty one."""

Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lowest:
    """Rows with the smallest keys, in the order of their keys."""

    keys: Keys
    rows: pa.Table

    def __add__(self, other: Lowest) -> Lowest:
        keys = np.concatenate((self.keys, other.keys))
        order = np.argsort(keys, kind="stable")
        rows = pa.concat_tables([self.rows, other.rows]).take(pa.array(order))
        return Lowest(keys[order], rows)

    def first(self, most: int) -> Lowest:
        """The `most` smallest of them."""
        return Lowest(self.keys[:most], self.rows.slice(0, most))


class RowSample:
    """A uniform sample without replacement.

    `seed` chooses which rows. Two samples that are compared should differ in it, as a row
    of both data sets would else be drawn from both.

    >>> sample = RowSample(most=2)
    >>> sample.update(pa.record_batch({"a": ["1", "2", "3"], "b": ["x", "y", None]}))
    >>> sample.rows, sample.table.num_rows, sample.table.column_names
    (3, 2, ['a', 'b'])
    """

    def __init__(self, most: int, seed: int = 0, most_distinct: int = MOST_DISTINCT) -> None:
        self.most, self.seed, self.most_distinct = most, seed, most_distinct
        self.rows = 0
        """How many there were."""
        self._new: Lowest | None = None
        """Of rows not seen before."""
        self._repeated: Lowest | None = None
        """Of rows seen before; apart, as they go when repeats are no longer counted."""
        self._hashes: Keys = np.empty(0, dtype=np.uint64)
        self._seen: Counts | None = np.empty(0, dtype=np.int64)

    @property
    def counts_repeats(self) -> bool:
        """Whether a row that occurred twice is twice as likely."""
        return self._seen is not None

    @property
    def table(self) -> pa.Table:
        """The sampled rows, in an order that depends on them alone."""
        if self._new is None:
            return pa.table({})
        both = self._new if self._repeated is None else self._new + self._repeated
        rows = both.first(self.most).rows
        columns = [_mended(column.combine_chunks()) for column in rows.columns]
        return pa.Table.from_arrays(columns, names=rows.column_names)

    def update(self, batch: pa.RecordBatch) -> None:
        """Take in one batch, whose columns are those of the first."""
        if not batch.num_rows:
            return
        self.rows += batch.num_rows
        columns = [_cut(column) for column in batch.columns]
        batch = pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
        hashes = _row_hashes(batch)
        occurrences = self._counted(hashes)
        keys = _mixed(hashes + _mixed(occurrences.astype(np.uint64) + np.uint64(self.seed << 32)))
        rows = pa.Table.from_batches([batch])
        for new in (True, False):
            chosen = np.flatnonzero((occurrences == 0) == new)
            if chosen.size > self.most:
                chosen = chosen[np.argpartition(keys[chosen], self.most)[: self.most]]
            self._join(Lowest(keys[chosen], rows.take(pa.array(chosen))), new)

    def __add__(self, other: Self) -> Self:
        """The sample of both inputs. Neither operand changes."""
        merged = type(self)(self.most, self.seed, self.most_distinct)
        merged.rows = self.rows + other.rows
        hashes = np.union1d(self._hashes, other._hashes)
        if self._seen is None or other._seen is None or hashes.size > self.most_distinct:
            merged._seen = None
        else:
            merged._hashes, merged._seen = hashes, np.zeros(hashes.size, dtype=np.int64)
            for hashed, seen in ((self._hashes, self._seen), (other._hashes, other._seen)):
                merged._seen[np.searchsorted(hashes, hashed)] += seen
        for part in (self, other):
            for lowest, new in ((part._new, True), (part._repeated, False)):
                if lowest is not None:
                    merged._join(lowest, new)
        return merged

    def _join(self, more: Lowest, new: bool) -> None:
        known = self._new if new else self._repeated
        if not more.keys.size or (not new and self._seen is None):
            return
        joined = Lowest(more.keys[:0], more.rows.slice(0, 0)) if known is None else known
        joined = joined + more
        if new:
            self._new = (joined if self._seen is not None else _distinct(joined)).first(self.most)
        else:
            self._repeated = joined.first(self.most)

    def _counted(self, hashes: Keys) -> Counts:
        """How often each row was there before, in this batch or an earlier one."""
        distinct, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        order = np.argsort(inverse, kind="stable")
        earlier = np.empty(hashes.size, dtype=np.int64)
        earlier[order] = np.arange(hashes.size) - np.repeat(np.cumsum(counts) - counts, counts)
        if self._seen is None:
            return earlier
        at = np.searchsorted(self._hashes, distinct)
        known = at < self._hashes.size
        known[known] = self._hashes[at[known]] == distinct[known]
        before = np.zeros(distinct.size, dtype=np.int64)
        before[known] = self._seen[at[known]]
        self._seen[at[known]] += counts[known]
        self._hashes = np.insert(self._hashes, at[~known], distinct[~known])
        self._seen = np.insert(self._seen, at[~known], counts[~known])
        if self._hashes.size > self.most_distinct:
            self._seen, self._repeated = None, None
            self._hashes = np.empty(0, dtype=np.uint64)
        return earlier + before[inverse]


def _distinct(lowest: Lowest) -> Lowest:
    """Each key once: equal keys are equal rows."""
    keys, first = np.unique(lowest.keys, return_index=True)
    return Lowest(keys, lowest.rows.take(pa.array(first)))


def _cut(cells: pa.StringArray) -> pa.StringArray:
    """Cells of LONGEST_CELL bytes at most, even if that is in the middle of a character."""
    longest = pc.max(pc.binary_length(cells)).as_py()
    if longest is None or longest <= LONGEST_CELL:
        return cells
    return pc.binary_slice(cells.cast(pa.binary()), 0, LONGEST_CELL).view(pa.utf8())


def _mended(cells: pa.StringArray) -> pa.StringArray:
    """Bytes that are no UTF-8, by a cut or from the start, become U+FFFD."""
    try:
        cells.validate(full=True)
    except pa.ArrowInvalid:
        texts = cells.cast(pa.binary()).to_pylist()
        return pa.array([text and text.decode("utf-8", "replace") for text in texts], pa.utf8())
    return cells


def _row_hashes(batch: pa.RecordBatch) -> Keys:
    """64 bits of each row's cells."""
    joined = pc.binary_join_element_wise(
        *batch.columns, SEPARATOR, null_handling="replace", null_replacement=ABSENT
    )
    rows = joined.cast(pa.binary()).to_pylist()
    digests = b"".join(blake2b(row, digest_size=8).digest() for row in rows)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _mixed(values: Keys) -> Keys:
    """Every bit of a value spread over all 64 (SplitMix64; Steele, Lea & Flood, OOPSLA 2014)."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
