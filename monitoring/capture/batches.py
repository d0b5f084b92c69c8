"""Rows, one record after the other or many at once → batches of bounded size.

Needs     the layout of a reading, and its column names
Gives     record batches whose columns are all text; an empty cell is null

Rows leave in the order in which they came, whichever way that was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

from monitoring.capture.layout import Layout, Observation
from monitoring.capture.lines import Flaw
from monitoring.capture.tally import Tally
from monitoring.tables import text_batch

BATCH_ROWS = 32_768
BATCH_CHARACTERS = 32 << 20


class Decoded(NamedTuple):
    """The rows of one record, with its place and the length of its text."""

    file: str
    line: int
    rows: list[Observation]
    characters: int


@dataclass(slots=True)
class Batches:
    """The rows that have come and have not left."""

    layout: Layout
    names: Sequence[str]
    batch_rows: int
    tally: Tally
    whole: list[pa.RecordBatch] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    """What came behind the last of `whole`."""
    characters: int = 0

    @property
    def is_full(self) -> bool:
        """Whether single rows have come to a batch."""
        return len(self.rows) >= self.batch_rows or self.characters >= BATCH_CHARACTERS

    def add(self, record: Decoded) -> None:
        """One record's rows; one that does not fit the columns is counted and left out."""
        try:
            cells = [self.layout.cells(row) for row in record.rows]
        except Flaw as flaw:
            self.tally.note(record.file, record.line, flaw)
            return
        if self.layout.is_named and any(map(self.layout.has_extra_fields, record.rows)):
            warning = "later records have JSON fields that the first lack"
            self.tally.warn_once("extra_fields", warning)
        self.rows += cells
        self.characters += record.characters

    def extend(self, batch: pa.RecordBatch) -> None:
        """Many rows under the same columns."""
        self._settle()
        self.whole.append(batch)

    def out(self) -> Iterator[pa.RecordBatch]:
        """Everything that has come, in batches of at most `batch_rows`."""
        self._settle()
        batches, self.whole = self.whole, []
        if not batches:
            return
        batch = batches[0] if len(batches) == 1 else pa.concat_batches(batches)
        self.tally.counts.rows += batch.num_rows
        for start in range(0, batch.num_rows, self.batch_rows):
            yield batch.slice(start, self.batch_rows)

    def _settle(self) -> None:
        if self.rows:
            batch, mended = text_batch(self.names, self.rows)
            self.tally.counts.mended += mended
            self.whole.append(batch)
        self.rows, self.characters = [], 0
