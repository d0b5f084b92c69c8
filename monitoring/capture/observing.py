"""Captured or merged records → features, labels and answers, each in a column of its own.

Needs     records, and the attributes that say which part of them is the answer
Gives     batches of `Observed`, streamed like those of `read_capture`, with the same books

The answer's attributes look into the output, the features' into the input; a batch
transform has both in one. A record whose parts do not have the same number of rows is
left out: which label belongs to which row cannot be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, Self

import pyarrow as pa

from monitoring.capture.batches import BATCH_CHARACTERS, BATCH_ROWS
from monitoring.capture.coverage import Coverage
from monitoring.capture.events import Event, Events
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.headers import is_header
from monitoring.capture.joining import Join
from monitoring.capture.labelling import LargestScore
from monitoring.capture.layout import Observation, decide
from monitoring.capture.lines import Flaw
from monitoring.capture.payloads import Row
from monitoring.capture.reading import SIDES, Reading
from monitoring.capture.records import INPUT, Payload, Record, Window
from monitoring.capture.seen import Seen
from monitoring.capture.selecting import Search, Selector, compiled, feature_rows, sole_cells
from monitoring.capture.tally import FAULTY_SHARE, MOST_PROBLEMS, Tally
from monitoring.tables import text_batch


@dataclass(frozen=True, slots=True)
class Attributes:
    """Where in a record its parts are: index, field name or JMESPath; "" for not there."""

    inference: str = ""
    probability: str = ""
    ground_truth: str = ""
    """Needed only where the label's payload holds more than the label."""
    features: str = ""
    headers: tuple[str, ...] = ()
    """Names of the features, in their order; needed where CSV has none."""
    label_headers: tuple[str, ...] = ()
    """Labels in the order of the scores that `probability` finds: the largest names the
    predicted label, and there is no probability."""


class Observed(NamedTuple):
    """Some rows, as columns of text of the same length."""

    features: pa.RecordBatch
    label: pa.Array | None
    predicted: pa.Array | None
    probability: pa.Array | None


class Labelled(NamedTuple):
    """Records with their labels, and how many have one."""

    reading: Reading[Observed]
    coverage: Coverage
    """Complete after the last batch."""


class _Parts(NamedTuple):
    """One record's rows. A part that the reading does not have is None."""

    features: list[Row] | None
    label: list[str] | None
    predicted: list[str] | None
    probability: list[str] | None

    @property
    def rows(self) -> int:
        """How many rows every part has; raises Flaw when they differ."""
        lengths = {len(part) for part in self if part is not None}
        if len(lengths) > 1:
            found = " and ".join(map(str, sorted(lengths)))
            raise Flaw("unpaired", f"its parts have different numbers of rows: {found}")
        return max(lengths, default=0)

    def without_first(self) -> _Parts:
        return _Parts(
            self.features and self.features[1:],
            self.label and self.label[1:],
            self.predicted and self.predicted[1:],
            self.probability and self.probability[1:],
        )


class _Rows(NamedTuple):
    """One record's parts, with its place and the length of its text."""

    file: str
    line: int
    parts: _Parts
    rows: int
    characters: int


def read_observed(
    source: Path | Iterable[Path],
    attributes: Attributes,
    window: Window | None = None,
    *,
    sides: Collection[str] = SIDES,
    labelled: bool = True,
    faulty_share: float = FAULTY_SHARE,
    batch_rows: int = BATCH_ROWS,
    seen: Seen | None = None,
) -> Reading[Observed]:
    """Read records as observations. `labelled` records without a label are left out.

    `seen` are the events read before, in files that come first.

    Raises UsageError when an attribute cannot be one; iterating raises CaptureError when
    the source is missing or too much of it is faulty.
    """
    tally = Tally()
    observer = _Observer.of(tally, attributes, INPUT in sides, labelled)
    rows = observer.read(Events(window, tally, seen or Seen()).of(source))
    batches = _batches(rows, attributes.headers, tally, faulty_share, batch_rows)
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
    seen: Seen | None = None,
) -> Labelled:
    """Read captured records that were not merged, each with its label: `merge` without files.

    Labels are held in memory, records are not. Raises NoDataError (NO_DATA, PENDING_LABELS)
    when no record has a label, CaptureError when too much of either side is faulty: the
    captured records here or while iterating, whichever shows it.
    """
    join = Join.with_labels(GroundTruth.read(ground_truth, faulty_share))
    captured, tally = Tally(), Tally()
    observer = _Observer.of(tally, attributes, INPUT in sides, labelled=True)
    window_events = Events(window, captured, seen or Seen())
    events = _with_labels(join, window_events, source, faulty_share, tally)
    batches = _batches(observer.read(events), attributes.headers, tally, faulty_share, batch_rows)
    whole = _with_books(batches, captured, tally)
    first = list(islice(whole, 1))
    reading = Reading(chain(first, whole), tally.counts, tally.problems, tally.warnings)
    return Labelled(reading, join.coverage)


def _with_labels(
    join: Join, events: Events, source: Path | Iterable[Path], faulty_share: float, tally: Tally
) -> Iterator[Event]:
    """The labelled events; what of them is faulty is held against them alone, in `tally`."""
    yield from join.of(events.of(source))
    events.tally.judge(faulty_share)
    join.require_any(events.window)
    tally.counts.records = join.coverage.joined
    tally.counts.no_label = join.coverage.records - join.coverage.joined


def _with_books(batches: Iterator[Observed], captured: Tally, tally: Tally) -> Iterator[Observed]:
    """The batches; behind the last one the books of both are one."""
    yield from batches
    tally.counts.records = 0
    for name, number in captured.counts.as_dict().items():
        tally.counts.add(name, number)
    tally.problems[:0] = captured.problems
    del tally.problems[MOST_PROBLEMS:]


@dataclass(slots=True)
class _Observer:
    """Events → rows of observations."""

    tally: Tally
    wants_features: bool
    labelled: bool
    label: Selector | None
    inference: Selector | None
    probability: Selector | None
    features: Search | None
    names: frozenset[str]

    @classmethod
    def of(cls, tally: Tally, attributes: Attributes, wants_features: bool, labelled: bool) -> Self:
        """Raises UsageError when an attribute cannot be one."""
        path = attributes.features
        return cls(
            tally,
            wants_features,
            labelled,
            _selector(attributes.ground_truth, "ground_truth_attribute"),
            *answers(attributes),
            compiled(path, "FeaturesAttribute") if path else None,
            frozenset(attributes.headers),
        )

    def read(self, events: Iterable[Event]) -> Iterator[_Rows]:
        for file, line, record, characters in events:
            if not self._is_complete(record):
                continue
            try:
                parts = self._parts(record)
                yield _Rows(file, line, parts, parts.rows, characters)
            except Flaw as flaw:
                self.tally.note(file, line, flaw)

    def _is_complete(self, record: Record) -> bool:
        counts = self.tally.counts
        answers = self.inference is not None or self.probability is not None
        if answers and record.output is None:
            counts.no_output += 1
            return False
        if self.wants_features and record.input is None and not record.is_batch:
            counts.no_input += 1
            return False
        if self.labelled and record.label is None:
            counts.no_label += 1
            return False
        return True

    def _parts(self, record: Record) -> _Parts:
        """What the attributes find in one record; raises Flaw."""
        features = self._features(record)
        known = len(features) if features is not None else None
        predicted = self._answer(self.inference, record, known)
        probability = self._answer(self.probability, record, known)
        for answers in (predicted, probability):
            known = len(answers) if answers is not None else known
        label = self._label(record.label, known) if self.labelled and record.label else None
        parts = _Parts(features, label, predicted, probability)
        if parts.rows and features and self._has_header(features[0], record):
            return parts.without_first()
        return parts

    def _features(self, record: Record) -> list[Row] | None:
        sent = record.output if record.is_batch else record.input
        return feature_rows(sent, self.features) if self.wants_features and sent else None

    @staticmethod
    def _answer(selector: Selector | None, record: Record, rows: int | None) -> list[str] | None:
        return selector.cells(record.output, rows) if selector and record.output else None

    def _label(self, payload: Payload, rows: int | None) -> list[str]:
        if self.label is not None and payload.encoding != "CSV":
            return self.label.cells(payload, rows)
        return sole_cells(payload, rows)

    def _has_header(self, first: Row, record: Record) -> bool:
        if not isinstance(first, list) or record.input is None:
            return False
        if not is_header(first, record.input.data, self.names):
            return False
        self.tally.warn_once(
            "header_rows",
            "requests held header rows instead of values; such rows are left out. "
            "Look at what calls the endpoint.",
        )
        return True


def answers(attributes: Attributes) -> tuple[Selector | None, Selector | None]:
    """How the predicted label and the probability are found; raises UsageError."""
    names = "InferenceAttribute", "ProbabilityAttribute"
    if attributes.label_headers and attributes.probability and not attributes.inference:
        return LargestScore.of(attributes.probability, names[1], attributes.label_headers), None
    return _selector(attributes.inference, names[0]), _selector(attributes.probability, names[1])


def _selector(text: str, name: str) -> Selector | None:
    return Selector.of(text, name) if text else None


def _batches(
    records: Iterator[_Rows],
    headers: Sequence[str],
    tally: Tally,
    faulty_share: float,
    batch_rows: int,
) -> Iterator[Observed]:
    columns: _Columns | None = None
    held: list[_Rows] = []
    rows = characters = 0
    for record in records:
        held.append(record)
        rows += record.rows
        characters += record.characters
        if rows >= batch_rows or characters >= BATCH_CHARACTERS:
            columns = columns or _Columns.of(held, headers, tally)
            yield columns.batch(held)
            held, rows, characters = [], 0, 0
    if held:
        yield (columns or _Columns.of(held, headers, tally)).batch(held)
    tally.judge(faulty_share)


@dataclass(slots=True)
class _Columns:
    """The features' names and layout, decided once by the first batch."""

    names: tuple[str, ...]
    own: tuple[str, ...]
    width: int
    tally: Tally

    @classmethod
    def of(cls, records: Sequence[_Rows], headers: Sequence[str], tally: Tally) -> _Columns:
        rows = [Observation(None, row) for record in records for row in record.parts.features or ()]
        side = decide(rows).input
        if side.names and {*side.names} >= {*headers}:
            own = tuple(headers) or side.names
            return cls(own, own, len(own), tally)
        names = tuple(headers) if len(headers) == side.width else ()
        return cls(names or tuple(f"_c{i}" for i in range(side.width)), (), side.width, tally)

    def batch(self, records: Sequence[_Rows]) -> Observed:
        cells: list[list[str]] = []
        usable = []
        for record in records:
            try:
                cells += [self._cells(row) for row in record.parts.features or ()]
            except Flaw as flaw:
                self.tally.note(record.file, record.line, flaw)
                continue
            usable.append(record)
        counts = self.tally.counts
        features, mended = text_batch(self.names if cells else (), cells)
        counts.rows += sum(record.rows for record in usable)
        counts.mended += mended
        parts = [record.parts for record in usable]
        return Observed(
            features,
            self._column(part.label for part in parts),
            self._column(part.predicted for part in parts),
            self._column(part.probability for part in parts),
        )

    def _cells(self, row: Row) -> list[str]:
        if self.own and isinstance(row, dict):
            return [row.get(name, "") for name in self.own]
        if not self.own and isinstance(row, list) and len(row) == self.width:
            return row
        kind = "named" if isinstance(row, dict) else "unnamed"
        raise Flaw("misshapen", f"{len(row)} {kind} features where most records have {self.width}")

    def _column(self, parts: Iterable[list[str] | None]) -> pa.Array | None:
        """One column of all records; None when no record has that part."""
        present = [part for part in parts if part is not None]
        if not present:
            return None
        batch, mended = text_batch(("",), ([cell] for part in present for cell in part))
        self.tally.counts.mended += mended
        return batch.column(0)
