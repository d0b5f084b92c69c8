"""Captured or merged records → features, labels and answers, each in a column of its own.

Needs     capture files, perhaps files of ground truth, and the attributes of the answer
Gives     batches of `Observed`, streamed like those of `read_capture`, with the same books

The first records are read one by one and decide what a row looks like. Behind them whole
slices are read at once (observed_slices.py), and record by record (observed_records.py)
where a slice holds anything unusual.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from monitoring.capture.ahead import ahead
from monitoring.capture.batches import BATCH_CHARACTERS, BATCH_ROWS
from monitoring.capture.bulk import Bulk
from monitoring.capture.coverage import Coverage
from monitoring.capture.events import Events
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.joining import Join
from monitoring.capture.observed_records import Answered, Attributes, Columns, Observed, Observer
from monitoring.capture.observed_slices import Ordinary
from monitoring.capture.reading import LAYOUT_ROWS, SIDES, SLICE_BYTES, Reading
from monitoring.capture.records import INPUT, Payload, Window
from monitoring.capture.seen import Seen
from monitoring.capture.slices import Located, Slice, read_slices
from monitoring.capture.tally import FAULTY_SHARE, MOST_PROBLEMS, Tally

LINES_AT_ONCE = 256
"""Lines whose labels are looked up together, while records are read one by one."""


class Labelled(NamedTuple):
    """Records with their labels, and how many have one."""

    reading: Reading[Observed]
    coverage: Coverage
    """Complete after the last batch."""


def read_observed(
    source: Path | Iterable[Path],
    attributes: Attributes,
    window: Window | None = None,
    *,
    sides: Collection[str] = SIDES,
    labelled: bool = True,
    faulty_share: float = FAULTY_SHARE,
    batch_rows: int = BATCH_ROWS,
    slice_bytes: int = SLICE_BYTES,
    seen: Seen | None = None,
) -> Reading[Observed]:
    """Read records as observations. `labelled` records without a label are left out.

    `seen` are the events read before, in files that come first.

    Raises UsageError when an attribute cannot be one; iterating raises CaptureError when
    the source is missing or too much of it is faulty.
    """
    tally = Tally()
    observer = Observer.of(tally, attributes, INPUT in sides, labelled)
    events = Events(window, tally, seen or Seen())
    reader = _Reader(observer, events, attributes.headers, batch_rows, slice_bytes)
    batches = reader.batches(source, faulty_share)
    return Reading(batches, tally.counts, tally.problems, tally.warnings)


def read_labelled(
    source: Path | Iterable[Path],
    ground_truth: Path,
    attributes: Attributes,
    window: Window | None = None,
    *,
    sides: Collection[str] = SIDES,
    faulty_share: float = FAULTY_SHARE,
    batch_rows: int = BATCH_ROWS,
    slice_bytes: int = SLICE_BYTES,
    seen: Seen | None = None,
) -> Labelled:
    """Read captured records that were not merged, each with its label: `merge` without files.

    Labels are held in memory, records are not. Raises NoDataError (NO_DATA, PENDING_LABELS)
    when no record has a label, CaptureError when too much of either side is faulty: the
    captured records here or while iterating, whichever shows it.
    """
    join = Join.with_labels(GroundTruth.read(ground_truth, faulty_share))
    captured, tally = Tally(), Tally()
    observer = Observer.of(tally, attributes, INPUT in sides, labelled=True)
    events = Events(window, captured, seen or Seen())
    reader = _Reader(observer, events, attributes.headers, batch_rows, slice_bytes, join)

    def at_end() -> None:
        captured.judge(faulty_share)
        join.require_any(window)
        # What of the labelled records is faulty is held against these alone.
        tally.counts.records = join.coverage.joined
        tally.counts.no_label = join.coverage.records - join.coverage.joined

    whole = _with_books(reader.batches(source, faulty_share, at_end), captured, tally)
    first = list(islice(whole, 1))
    reading = Reading(chain(first, whole), tally.counts, tally.problems, tally.warnings)
    return Labelled(reading, join.coverage)


@dataclass(slots=True)
class _Reader:
    """One reading: its events, their labels, and what becomes of both."""

    observer: Observer
    events: Events
    headers: Sequence[str]
    batch_rows: int
    slice_bytes: int
    join: Join | None = None
    answer: Payload | None = None
    """The first one."""

    def batches(
        self,
        source: Path | Iterable[Path],
        faulty_share: float,
        at_end: Callable[[], None] = lambda: None,
    ) -> Iterator[Observed]:
        """All of the source; raises CaptureError, and what `at_end` raises behind it."""
        tally = self.observer.tally
        pieces = read_slices(source, self.events.tally.counts, self.slice_bytes)
        first, rest = self._first(pieces)
        columns = Columns.of(first, self.headers, tally)
        held: list[Answered] = []
        rows = characters = 0
        for found in chain(first, self._rest(rest, columns)):
            if isinstance(found, Answered):
                held.append(found)
                rows, characters = rows + found.rows, characters + found.characters
                if rows < self.batch_rows and characters < BATCH_CHARACTERS:
                    continue
            if rows:
                yield columns.batch(held)
            held, rows, characters = [], 0, 0
            if isinstance(found, Observed) and found.rows:
                yield found
        at_end()
        if rows:
            yield columns.batch(held)
        tally.judge(faulty_share)

    def _first(self, pieces: Iterator[Slice]) -> tuple[list[Answered], Iterator[Slice]]:
        """Enough records to see what a row looks like, and the slices behind them."""
        first: list[Answered] = []
        rows = characters = 0
        for piece in pieces:
            lines, done = piece.lines(), 0
            while some := list(islice(lines, LINES_AT_ONCE)):
                done += len(some)
                first += (records := list(self._answered(some)))
                rows += sum(record.rows for record in records)
                characters += sum(record.characters for record in records)
                if rows >= LAYOUT_ROWS or characters >= BATCH_CHARACTERS:
                    return first, chain((piece.after(done),), pieces)
        return first, iter(())

    def _rest(self, pieces: Iterator[Slice], columns: Columns) -> Iterator[Answered | Observed]:
        """All records but the first: at once where they are ordinary, else one by one."""
        ordinary = Ordinary.of(self.observer, columns, self.answer, self.events.window)
        for found in ahead(pieces, ordinary.digest.of) if ordinary else ():
            observed = None
            if ordinary is not None and isinstance(found, Bulk):
                observed = ordinary.observed(found, self.events, self.join)
            if observed is not None:
                self.observer.tally.counts.rows += observed.rows
                yield observed
            else:
                yield from self._one_by_one(found.piece if isinstance(found, Bulk) else found)
        for piece in pieces:
            yield from self._one_by_one(piece)

    def _one_by_one(self, piece: Slice) -> Iterator[Answered]:
        lines = piece.lines()
        while some := list(islice(lines, LINES_AT_ONCE)):
            yield from self._answered(some)

    def _answered(self, lines: Iterable[Located]) -> Iterator[Answered]:
        """The rows of these lines' events, with their labels."""
        events = [event for line in lines if (event := self.events.at(line)) is not None]
        if self.answer is None:
            self.answer = next((e.record.output for e in events if e.record.output), None)
        return self.observer.read(self.join.of(events) if self.join else events)


def _with_books(batches: Iterator[Observed], captured: Tally, tally: Tally) -> Iterator[Observed]:
    """The batches; behind the last one the books of both are one."""
    yield from batches
    tally.counts.records = 0
    for name, number in captured.counts.as_dict().items():
        tally.counts.add(name, number)
    tally.problems[:0] = captured.problems
    del tally.problems[MOST_PROBLEMS:]
    tally.warnings[:0] = captured.warnings
