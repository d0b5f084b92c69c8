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
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import pyarrow as pa

from monitoring.capture.events import Events
from monitoring.capture.headers import is_header
from monitoring.capture.layout import Observation, decide
from monitoring.capture.lines import Flaw
from monitoring.capture.payloads import ENCODINGS, Row, rows_of
from monitoring.capture.records import INPUT, OUTPUT, Payload, Record, Window
from monitoring.capture.seen import Seen
from monitoring.capture.tally import FAULTY_SHARE, Counts, Problem, Tally
from monitoring.errors import CaptureError
from monitoring.tables import text_batch

SIDES = (OUTPUT, INPUT)
BATCH_ROWS = 16_384
BATCH_CHARACTERS = 32 << 20
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


class Located(NamedTuple):
    """The rows of one record, with its place and the length of its text."""

    file: str
    line: int
    rows: list[Observation]
    characters: int


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
    records = _Records(events, frozenset(names), frozenset(sides), like_aws, tally).of(source)
    expected = () if like_aws else tuple(names)
    batches = _batches(records, tally, expected, output_first, batch_rows, faulty_share)
    return Reading(batches, tally.counts, tally.problems, tally.warnings)


@dataclass(slots=True)
class _Records:
    """Events → their rows. A parser of whole slices would replace `of`."""

    events: Events
    names: frozenset[str]
    sides: frozenset[str]
    like_aws: bool
    tally: Tally

    def of(self, source: Path | Iterable[Path]) -> Iterator[Located]:
        for file, line, record, characters in self.events.of(source):
            try:
                rows = self._rows(record)
            except Flaw as flaw:
                self.tally.note(file, line, flaw)
                continue
            if rows:
                yield Located(file, line, rows, characters)

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


def _batches(
    records: Iterator[Located],
    tally: Tally,
    expected: Sequence[str],
    output_first: bool,
    batch_rows: int,
    faulty_share: float,
) -> Iterator[pa.RecordBatch]:
    first = _first(records)
    layout = decide([row for located in first for row in located.rows], output_first)
    names = layout.names_among(expected)
    has_fields = bool(layout.output.names or layout.input.names)
    rows: list[list[str]] = []
    characters = 0
    for located in chain(first, records):
        try:
            rows += [layout.cells(row) for row in located.rows]
        except Flaw as flaw:
            tally.note(located.file, located.line, flaw)
            continue
        if has_fields and any(map(layout.has_extra_fields, located.rows)):
            tally.warn_once("extra_fields", "later records have JSON fields that the first lack")
        characters += located.characters
        while len(rows) >= batch_rows or (rows and characters >= BATCH_CHARACTERS):
            yield _batch(names, rows[:batch_rows], tally.counts)
            rows, characters = rows[batch_rows:], 0
    if rows:
        yield _batch(names, rows, tally.counts)
    tally.judge(faulty_share)


def _first(records: Iterator[Located]) -> list[Located]:
    """Enough records to see what a row looks like."""
    first: list[Located] = []
    rows = characters = 0
    for located in records:
        first.append(located)
        rows += len(located.rows)
        characters += located.characters
        if rows >= LAYOUT_ROWS or characters >= BATCH_CHARACTERS:
            break
    return first


def _batch(names: Sequence[str], rows: Sequence[Sequence[str]], counts: Counts) -> pa.RecordBatch:
    batch, mended = text_batch(names, rows)
    counts.rows += len(rows)
    counts.mended += mended
    return batch


def one_answer_per_row(outputs: list[Row], rows: int) -> list[Row]:
    """Some servers answer n rows with one line of n values; nothing else pairs. Raises Flaw.

    >>> one_answer_per_row([["0.1", "0.9"]], 2)
    [['0.1'], ['0.9']]
    """
    only = outputs[0]
    if len(outputs) == 1 and isinstance(only, list) and len(only) == rows:
        return [[value] for value in only]
    raise Flaw("unpaired", f"{rows} rows were sent and {len(outputs)} answered")
