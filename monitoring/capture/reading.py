"""One window of captured traffic, streamed: files in, batches of text columns out.

Needs     capture files, and the window unless all of them count
Gives     a `Reading`: batches to iterate once; counts, problems and warnings beside them

One bad record never stops a reading: it is left out, counted, and the first of them are
listed by file and line without their content. Only when their share is above a limit does
the iteration end, with CaptureError. Counts are therefore complete only *after* the last
batch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import pyarrow as pa

from monitoring.capture.ahead import ahead
from monitoring.capture.batches import BATCH_CHARACTERS, BATCH_ROWS, Batches, Decoded
from monitoring.capture.bulk import Bulk, Digest
from monitoring.capture.events import Events
from monitoring.capture.headers import is_header
from monitoring.capture.layout import Layout, Observation, decide
from monitoring.capture.lines import Flaw
from monitoring.capture.payloads import ENCODINGS, Row, rows_of
from monitoring.capture.records import INPUT, OUTPUT, Payload, Record, Window
from monitoring.capture.seen import Seen
from monitoring.capture.slices import Located, Slice, read_slices
from monitoring.capture.tally import FAULTY_SHARE, Counts, Problem, Tally
from monitoring.errors import CaptureError

SIDES = (OUTPUT, INPUT)
SLICE_BYTES = 4 << 20
"""How much is read at once. Larger slices cost memory, several times their size on every
thread, and are no faster."""
MOST_COLUMNS = 20_000
LAYOUT_ROWS = 1_000
"""How many rows decide what a row looks like."""


T = TypeVar("T")


@dataclass(slots=True)
class Reading(Generic[T]):
    """One pass over captured traffic. `batches` can be iterated once."""

    batches: Iterator[T]
    counts: Counts
    problems: Sequence[Problem]
    warnings: Sequence[str]
    layouts: Sequence[Layout] = ()
    """What a row looks like, where its first rows decide that; known with the first batch."""


def read_capture(
    source: Path | Iterable[Path],
    window: Window | None = None,
    *,
    names: Sequence[str] = (),
    sides: Collection[str] = SIDES,
    output_first: bool = True,
    like_aws: bool = False,
    faulty_share: float = FAULTY_SHARE,
    batch_rows: int = BATCH_ROWS,
    slice_bytes: int = SLICE_BYTES,
    seen: Seen | None = None,
) -> Reading[pa.RecordBatch]:
    """Read captured traffic as batches of text columns, outputs first.

    `names` are the baseline's columns: they tell a header row that was sent as data, and
    name the columns where one side was not captured. `sides` are AWS's `captureIndexNames`,
    what is read of each record. `like_aws` does what AWS's container does: it stops at a
    record whose input and output differ in encoding, takes header rows for data, and
    columns by position only. `seen` are the events read before, in files that come first.

    Iterating raises CaptureError when the source is missing or too much of it is faulty.
    """
    tally = Tally()
    events = Events(window, tally, seen or Seen())
    records = _Records(events, frozenset(names), frozenset(sides), like_aws, tally)
    expected = () if like_aws else tuple(names)
    reader = _Reader(records, expected, output_first, batch_rows, slice_bytes)
    batches = reader.batches(source, faulty_share)
    return Reading(batches, tally.counts, tally.problems, tally.warnings, reader.layouts)


@dataclass(slots=True)
class _Records:
    """Lines → the rows of their records, one by one."""

    events: Events
    names: frozenset[str]
    sides: frozenset[str]
    like_aws: bool
    tally: Tally

    def at(self, located: Located) -> Decoded | None:
        """The rows in one line; None where there are none to use, which is counted."""
        event = self.events.at(located)
        if event is None:
            return None
        try:
            rows = self._rows(event.record)
        except Flaw as flaw:
            self.tally.note(event.file, event.line, flaw)
            return None
        return Decoded(event.file, event.line, rows, event.characters) if rows else None

    def _rows(self, record: Record) -> list[Observation]:
        """The rows of one event; none when neither side was captured. Raises Flaw."""
        self._compare_encodings(record)
        outputs = self._decoded(OUTPUT, record.output)
        inputs = self._decoded(INPUT, record.input)
        if outputs is None and inputs is None:
            return []
        if outputs and inputs and len(outputs) != len(inputs):
            outputs = one_answer_per_row(outputs, len(inputs))
        rows = [Observation(*pair) for pair in zip_longest(outputs or (), inputs or ())]
        return self._without_header(rows, record)

    def _decoded(self, side: str, payload: Payload | None) -> list[Row] | None:
        if side not in self.sides:
            return None
        if payload is None:
            self.tally.counts.add("no_output" if side == OUTPUT else "no_input")
            return None
        rows = rows_of(payload)
        if max(map(len, rows)) > MOST_COLUMNS:
            raise Flaw("undecodable", f"a row has more than {MOST_COLUMNS:,} cells")
        return rows

    def _compare_encodings(self, record: Record) -> None:
        if record.input is None or record.output is None or len(self.sides) < len(SIDES):
            return
        sent, answered = record.input.encoding, record.output.encoding
        if sent == answered or not {sent, answered} <= ENCODINGS:
            return
        # AWS's own sentence, so that whoever searches for it finds the same cause.
        mismatch = (
            f"Encoding mismatch: Encoding is {sent} for endpointInput, but Encoding is "
            f"{answered} for endpointOutput. We currently only support the same type of "
            "input and output encoding at the moment."
        )
        if self.like_aws:
            raise CaptureError(mismatch)
        self.tally.warn_once("mixed_types", f"AWS's container would stop here: {mismatch}")

    def _without_header(self, rows: list[Observation], record: Record) -> list[Observation]:
        sent = rows[0].input
        if record.input is None or not isinstance(sent, list):
            return rows
        if not is_header(sent, record.input.data, self.names):
            return rows
        fate = "are read as data" if self.like_aws else "are left out"
        self.tally.warn_once(
            "header_rows",
            f"requests held header rows instead of values; such rows {fate}. "
            "Look at what calls the endpoint.",
        )
        return rows if self.like_aws else rows[1:]


@dataclass(slots=True)
class _Reader:
    """The reading itself: the first records by themselves, then slices at once."""

    records: _Records
    expected: Sequence[str]
    output_first: bool
    batch_rows: int
    slice_bytes: int
    layouts: list[Layout] = field(default_factory=list)

    def batches(
        self, source: Path | Iterable[Path], faulty_share: float
    ) -> Iterator[pa.RecordBatch]:
        """All of the source; raises CaptureError."""
        tally = self.records.tally
        pieces = read_slices(source, tally.counts, self.slice_bytes)
        first, rest = self._first(pieces)
        layout = decide([row for record in first for row in record.rows], self.output_first)
        self.layouts.append(layout)
        names = layout.names_among(self.expected)
        batches = Batches(layout, names, self.batch_rows, tally)
        for record in first:
            batches.add(record)
        yield from self._rest(rest, batches)
        yield from batches.out()
        tally.judge(faulty_share)

    def _first(self, pieces: Iterator[Slice]) -> tuple[list[Decoded], Iterator[Slice]]:
        """Enough records to see what a row looks like, and the slices behind them."""
        first: list[Decoded] = []
        rows = characters = 0
        for piece in pieces:
            for done, line in enumerate(piece.lines(), 1):
                record = self.records.at(line)
                if record is None:
                    continue
                first.append(record)
                rows += len(record.rows)
                characters += record.characters
                if rows >= LAYOUT_ROWS or characters >= BATCH_CHARACTERS:
                    return first, chain((piece.after(done),), pieces)
        return first, iter(())

    def _rest(self, pieces: Iterator[Slice], batches: Batches) -> Iterator[pa.RecordBatch]:
        """All records but the first: at once where cells have no names, else one by one."""
        records = self.records
        window = records.events.window
        digest = Digest(batches.layout, tuple(batches.names), records.names, records.sides, window)
        for found in ahead(pieces, digest.of) if digest.is_possible else ():
            if isinstance(found, Bulk):
                self._take(found, batches)
            else:
                yield from self._one_by_one(found, batches)
            yield from batches.out()
        for piece in pieces:
            yield from self._one_by_one(piece, batches)

    def _one_by_one(self, piece: Slice, batches: Batches) -> Iterator[pa.RecordBatch]:
        for line in piece.lines():
            self._add(line, batches)
            if batches.is_full:
                yield from batches.out()

    def _add(self, line: Located, batches: Batches) -> None:
        record = self.records.at(line)
        if record is not None:
            batches.add(record)

    def _take(self, bulk: Bulk, batches: Batches) -> None:
        """A slice's records in the order of their lines, the odd ones by themselves."""
        counts = self.records.tally.counts
        counts.records += bulk.elsewhere.total()
        for place, number in bulk.elsewhere.items():
            counts.add(place, number)
        counts.late += bulk.late
        done = 0
        for line in bulk.odd.tolist():
            before = int(np.searchsorted(bulk.lines, line))
            self._take_run(bulk, done, before, batches)
            self._add(bulk.located(line), batches)
            done = before
        self._take_run(bulk, done, len(bulk.lines), batches)

    def _take_run(self, bulk: Bulk, first: int, end: int, batches: Batches) -> None:
        """The records from `first` to before `end`, but those met before."""
        if first == end:
            return
        counts, seen = self.records.tally.counts, self.records.events.seen
        rows, batch = bulk.run(first, end)
        again = np.logical_or.reduce([keyed.repeated(seen, first, end) for keyed in bulk.keys])
        counts.records += len(again)
        counts.duplicates += int(again.sum())
        for title, side in ((OUTPUT, batches.layout.output), (INPUT, batches.layout.input)):
            if title in self.records.sides and not side.width:
                counts.add("no_output" if title == OUTPUT else "no_input", int((~again).sum()))
        if again.any():
            batch = batch.filter(pa.array(np.repeat(~again, rows)))
        batches.extend(batch)


def one_answer_per_row(outputs: list[Row], rows: int) -> list[Row]:
    """Some servers answer n rows with one line of n values; nothing else pairs. Raises Flaw.

    >>> one_answer_per_row([["0.1", "0.9"]], 2)
    [['0.1'], ['0.9']]
    """
    only = outputs[0]
    if len(outputs) == 1 and isinstance(only, list) and len(only) == rows:
        return [[value] for value in only]
    raise Flaw("unpaired", f"{rows} rows were sent and {len(outputs)} answered")
