"""One record after the other → features, labels and answers, each in a column of its own.

Needs     events, and the attributes that say which part of them is the answer
Gives     the rows of each event, and batches of `Observed` made of them

The answer's attributes look into the output, the features' into the input; a batch
transform has both in one. A record whose parts do not have the same number of rows is
left out: which label belongs to which row cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import pyarrow as pa

from monitoring.capture.events import Event
from monitoring.capture.headers import is_header
from monitoring.capture.labelling import LargestScore
from monitoring.capture.layout import Observation, decide
from monitoring.capture.lines import Flaw
from monitoring.capture.payloads import Row
from monitoring.capture.records import Payload, Record
from monitoring.capture.selecting import Search, Selector, compiled, feature_rows, sole_cells
from monitoring.capture.tally import Tally
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

    @property
    def rows(self) -> int:
        """How many rows, also where no features were read."""
        for column in (self.label, self.predicted, self.probability):
            if column is not None:
                return len(column)
        return int(self.features.num_rows)


class Parts(NamedTuple):
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

    def without_first(self) -> Parts:
        return Parts(
            self.features and self.features[1:],
            self.label and self.label[1:],
            self.predicted and self.predicted[1:],
            self.probability and self.probability[1:],
        )


class Answered(NamedTuple):
    """One record's parts, with its place and the length of its text."""

    file: str
    line: int
    parts: Parts
    rows: int
    characters: int


@dataclass(slots=True)
class Observer:
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

    def read(self, events: Iterable[Event]) -> Iterator[Answered]:
        for file, line, record, characters in events:
            if not self._is_complete(record):
                continue
            try:
                parts = self._parts(record)
                yield Answered(file, line, parts, parts.rows, characters)
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

    def _parts(self, record: Record) -> Parts:
        """What the attributes find in one record; raises Flaw."""
        features = self._features(record)
        known = len(features) if features is not None else None
        predicted = self._answer(self.inference, record, known)
        probability = self._answer(self.probability, record, known)
        for answers in (predicted, probability):
            known = len(answers) if answers is not None else known
        label = self._label(record.label, known) if self.labelled and record.label else None
        parts = Parts(features, label, predicted, probability)
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


@dataclass(slots=True)
class Columns:
    """The features' names and layout, decided once by the first batch."""

    names: tuple[str, ...]
    own: tuple[str, ...]
    width: int
    tally: Tally

    @classmethod
    def of(cls, records: Sequence[Answered], headers: Sequence[str], tally: Tally) -> Columns:
        rows = [Observation(None, row) for record in records for row in record.parts.features or ()]
        side = decide(rows).input
        if side.names and {*side.names} >= {*headers}:
            own = tuple(headers) or side.names
            return cls(own, own, len(own), tally)
        names = tuple(headers) if len(headers) == side.width else ()
        return cls(names or tuple(f"_c{i}" for i in range(side.width)), (), side.width, tally)

    def batch(self, records: Sequence[Answered]) -> Observed:
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
        cells = [[cell] for part in present for cell in part]
        batch, mended = text_batch(("",) if cells else (), cells)
        self.tally.counts.mended += mended
        return batch.column(0) if cells else pa.array([], pa.utf8())


def answers(attributes: Attributes) -> tuple[Selector | None, Selector | None]:
    """How the predicted label and the probability are found; raises UsageError."""
    names = "InferenceAttribute", "ProbabilityAttribute"
    if attributes.label_headers and attributes.probability and not attributes.inference:
        return LargestScore.of(attributes.probability, names[1], attributes.label_headers), None
    return _selector(attributes.inference, names[0]), _selector(attributes.probability, names[1])


def _selector(text: str, name: str) -> Selector | None:
    return Selector.of(text, name) if text else None
