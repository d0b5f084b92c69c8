"""`record_preprocessor_script`: captured events, or lines of a table → the script's rows.

Needs     the script; capture files and their window, or a table's files
Gives     a `Reading`: batches of text columns, and the books with what the script refused

Columns are the keys of the script's rows, sorted as AWS sorts them: `_c10` stands before
`_c2`, and where columns go by position that decides which is which. A record on which the
script raises is a faulty one: left out, counted, named by file and line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from monitoring.capture import FAULTY_SHARE, Reading, Window
from monitoring.capture.batches import BATCH_CHARACTERS, BATCH_ROWS
from monitoring.capture.events import Events
from monitoring.capture.layout import Observation, Side, decide
from monitoring.capture.lines import Flaw, capture_files
from monitoring.capture.payloads import cell
from monitoring.capture.reading import LAYOUT_ROWS, MOST_COLUMNS
from monitoring.capture.records import Payload
from monitoring.capture.selecting import sole_cells
from monitoring.capture.tally import Tally
from monitoring.errors import CaptureError
from monitoring.scripts.process import AWS_SENTENCE, PREPROCESS, Running, Script
from monitoring.tables import text_batch
from monitoring.text_lines import records_of

GROUND_TRUTH: Final = "groundTruthData"
"""Column of a merged record's label, behind those of the script."""
ASKED_RECORDS: Final = 500
ASKED_BYTES: Final = 4 << 20
"""Of one exchange with the script; a single record may be larger."""


class _Asked(NamedTuple):
    """One record on its way to the script."""

    file: str
    line: int
    text: bytes
    label: Payload | None = None


class _Made(NamedTuple):
    """The rows the script made of one record."""

    file: str
    line: int
    rows: list[dict[str, str]]
    characters: int


def preprocess_capture(
    source: Path | Iterable[Path],
    script: Script,
    window: Window | None = None,
    *,
    labelled: bool = False,
    like_aws: bool = False,
    faulty_share: float = FAULTY_SHARE,
    batch_rows: int = BATCH_ROWS,
) -> Reading[pa.RecordBatch]:
    """Captured, or merged, records as the script's rows.

    `labelled` leaves out records without ground truth, and puts it into the column
    GROUND_TRUTH. `like_aws` ends at the first record that the script refuses, as AWS's
    container does.

    Iterating raises UsageError or MonitoringError when the script is of no use, CaptureError
    when the source is missing or too much of it is faulty.
    """
    tally = Tally()
    records = _captured(Events(window, tally), source, labelled)
    made = _Preprocessor(script, tally, like_aws).rows(records)
    batches = _batches(made, tally, faulty_share, batch_rows)
    return Reading(batches, tally.counts, tally.problems, tally.warnings)


def preprocess_table(
    source: Path,
    script: Script,
    *,
    csv: bool = True,
    header: bool = True,
    like_aws: bool = False,
    faulty_share: float = FAULTY_SHARE,
    batch_rows: int = BATCH_ROWS,
) -> Reading[pa.RecordBatch]:
    """A table's records as the script's rows; the script is handed their raw text.

    A record is a line, and of CSV as many as its quotes span; `header` leaves out the first
    of every CSV file. Raises what `preprocess_capture` does.
    """
    tally = Tally()
    made = _Preprocessor(script, tally, like_aws).rows(_texts(source, csv, header, tally))
    batches = _batches(made, tally, faulty_share, batch_rows)
    return Reading(batches, tally.counts, tally.problems, tally.warnings)


@dataclass(frozen=True, slots=True)
class _Preprocessor:
    """Records → rows, by way of the script."""

    script: Script
    tally: Tally
    like_aws: bool

    def rows(self, records: Iterator[_Asked]) -> Iterator[_Made]:
        with self.script.running(PREPROCESS) as running:
            for batch in _exchanges(records):
                yield from self._answered(running, batch)

    def _answered(self, running: Running, batch: list[_Asked]) -> Iterator[_Made]:
        answers = running.exchange([record.text for record in batch])
        for record, answer in zip(batch, answers, strict=True):
            try:
                rows = self._rows(record, answer)
            except Flaw as flaw:
                self.tally.note(record.file, record.line, flaw)
                continue
            if rows:
                yield _Made(record.file, record.line, rows, len(record.text))
            else:
                self.tally.counts.dropped += 1

    def _rows(self, record: _Asked, answer: dict[str, Any]) -> list[dict[str, str]]:
        """The rows in an answer, with their labels; raises Flaw."""
        if "fault" in answer:
            cause = f"the preprocessing script failed on it: {answer['fault']}"
            if self.like_aws:
                raise CaptureError(f"{AWS_SENTENCE} {record.file}:{record.line}: {cause}.")
            raise Flaw("unprocessed", cause)
        rows = [
            {name: value if type(value) is str else _cell(value) for name, value in row.items()}
            for row in answer["rows"]
        ]
        if max(map(len, rows), default=0) > MOST_COLUMNS:
            raise Flaw("unprocessed", f"the script made more than {MOST_COLUMNS:,} columns of it")
        if record.label is not None and rows:
            labels = sole_cells(record.label, len(rows))
            rows = [{**row, GROUND_TRUTH: label} for row, label in zip(rows, labels, strict=True)]
        return rows


def _captured(events: Events, source: Path | Iterable[Path], labelled: bool) -> Iterator[_Asked]:
    for file, line, record, _ in events.of(source):
        if labelled and record.label is None:
            events.tally.counts.no_label += 1
            continue
        text = json.dumps(record.event).encode()
        yield _Asked(file, line, text, record.label if labelled else None)


def _texts(source: Path, csv: bool, header: bool, tally: Tally) -> Iterator[_Asked]:
    for path in capture_files(source):
        tally.counts.files += 1
        texts = records_of(path, csv=csv)
        if csv and header:
            next(texts, None)
        for number, data, flaw in texts:
            tally.counts.records += 1
            try:
                if flaw is not None:
                    raise flaw
                yield _Asked(path.name, number, json.dumps(data.decode()).encode())
            except UnicodeDecodeError:
                tally.note(path.name, number, Flaw("malformed", "the line is not UTF-8"))
            except Flaw as broken:
                tally.note(path.name, number, broken)


def _exchanges(records: Iterable[_Asked]) -> Iterator[list[_Asked]]:
    batch: list[_Asked] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.text)
        if len(batch) == ASKED_RECORDS or size >= ASKED_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _cell(value: Any) -> str:
    """A value that is no text as text; raises Flaw when it is no single value."""
    if isinstance(value, dict | list):
        raise Flaw("unprocessed", "the script returned a list or an object as a value; flatten it")
    return cell(value)


def _batches(
    made: Iterator[_Made], tally: Tally, faulty_share: float, batch_rows: int
) -> Iterator[pa.RecordBatch]:
    first = _first(made)
    side = _columns([row for record in first for row in record.rows])
    rows: list[list[str]] = []
    characters = 0
    for record in chain(first, made):
        rows += map(side.cells, record.rows)
        if any(sum(name in row for name in side.names) < len(row) for row in record.rows):
            tally.warn_once(
                "extra_fields", "later rows of the script have keys that the first lack"
            )
        characters += record.characters
        while len(rows) >= batch_rows or (rows and characters >= BATCH_CHARACTERS):
            yield _batch(side, rows[:batch_rows], tally)
            rows, characters = rows[batch_rows:], 0
    if rows:
        yield _batch(side, rows, tally)
    tally.judge(faulty_share)


def _first(made: Iterator[_Made]) -> list[_Made]:
    """Enough rows to see which keys they have."""
    first: list[_Made] = []
    rows = characters = 0
    for record in made:
        first.append(record)
        rows += len(record.rows)
        characters += record.characters
        if rows >= LAYOUT_ROWS or characters >= BATCH_CHARACTERS:
            break
    return first


def _columns(rows: list[dict[str, str]]) -> Side:
    """Keys in AWS's order; the label, which is ours, behind them.

    >>> _columns([{"_c2": "", "_c10": "", GROUND_TRUTH: "", "_c1": ""}]).names
    ('_c1', '_c10', '_c2', 'groundTruthData')
    """
    names = decide([Observation(None, row) for row in rows]).input.names
    ordered = sorted(names, key=lambda name: (name == GROUND_TRUTH, name))
    return Side(len(ordered), tuple(ordered))


def _batch(side: Side, rows: list[list[str]], tally: Tally) -> pa.RecordBatch:
    batch, mended = text_batch(side.names, rows)
    tally.counts.rows += len(rows)
    tally.counts.mended += mended
    return batch
