"""A table in JSON → batches of text: one value a line, or one document with all of them.

Needs     a file or a directory of files; whether they are JSON Lines; for the monitors that
          know of answers and labels, their names or JMESPaths
Gives     batches of columns, or of observations; numbers as they were written

A table is strict where traffic is lenient: a value that does not fit ends the reading with
its file and line, because nobody's traffic is lost by mending a file and reading it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from monitoring.capture import Attributes
from monitoring.capture.batches import BATCH_CHARACTERS, BATCH_ROWS
from monitoring.capture.labelling import LargestScore
from monitoring.capture.lines import Flaw, read_lines
from monitoring.capture.payloads import Row, rows_of
from monitoring.capture.records import Payload
from monitoring.capture.selecting import Selector, compiled, feature_rows
from monitoring.errors import UsageError
from monitoring.monitors.base import Batch, Observations
from monitoring.tables import table_files, text_batch

LARGEST_DOCUMENT = 256 << 20
"""Bytes of a file that is no JSON Lines: it is held whole."""
SHOWN_NAME = 60


class Place(NamedTuple):
    """Where a JSON value stands."""

    file: Path
    line: int
    payload: Payload

    def wrong(self, cause: object) -> UsageError:
        return UsageError(
            f"{self.file}:{self.line}: {cause}. A table is read whole or not at all; mend the line."
        )


def read_json(path: Path, lines: bool = True, batch_rows: int = BATCH_ROWS) -> Iterator[Batch]:
    """Rows of JSON objects as columns by name, nested ones as `a.b`; lists as `_c0`, `_c1`, …

    An object without one of the fields has an empty cell there. Raises UsageError naming file,
    line and cause.
    """
    columns: Columns | None = None
    for places in _held(path, lines, batch_rows):
        found = [(place, row) for place in places for row in _rows(place)]
        columns = columns or Columns.of([row for _, row in found])
        for start in range(0, len(found), batch_rows):
            yield columns.batch(found[start : start + batch_rows])


def observed_json(
    path: Path,
    attributes: Attributes,
    *,
    lines: bool = True,
    labelled: bool = True,
    with_features: bool = False,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[Observations]:
    """Rows with their label and answers taken out, found by name or JMESPath.

    The features are what `attributes.features` finds, a list a row; without it, the fields
    that are neither label nor answer. Raises UsageError as `read_json` does, and when an
    attribute cannot be one.
    """
    if labelled and not attributes.ground_truth:
        raise UsageError("ground_truth_attribute is not given: where is the label?")
    reader = _Observer(attributes, with_features)
    columns: Columns | None = None
    for places in _held(path, lines, batch_rows):
        parts = [reader.parts(place) for place in places]
        if with_features and columns is None:
            rows = [row for part in parts for row in part.features or ()]
            columns = Columns.of(rows, attributes.headers)
        yield _observations(parts, columns)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table, decided by its first batch."""

    names: tuple[str, ...]
    named: bool

    @classmethod
    def of(cls, rows: Sequence[Row], headers: Sequence[str] = ()) -> Columns:
        """`headers` name what has no names; those of label and answers may stand behind.

        >>> Columns.of([["31", "2"]], ("age", "debt", "Target")).names
        ('age', 'debt')
        """
        if rows and isinstance(rows[0], dict):
            return cls(
                tuple(dict.fromkeys(n for row in rows if isinstance(row, dict) for n in row)), True
            )
        width = len(rows[0]) if rows else 0
        named = tuple(headers[:width]) if len(headers) >= width else ()
        return cls(named or tuple(f"_c{place}" for place in range(width)), False)

    def batch(self, rows: Sequence[tuple[Place, Row]]) -> Batch:
        batch, _ = text_batch(self.names, [self._cells(place, row) for place, row in rows])
        return batch

    def _cells(self, place: Place, row: Row) -> list[str]:
        if isinstance(row, dict) and self.named:
            if sum(name in row for name in self.names) < len(row):
                (extra, *_) = (name for name in row if name not in self.names)
                raise place.wrong(f"has a field {extra[:SHOWN_NAME]!r} that no earlier row has")
            return [row.get(name, "") for name in self.names]
        if isinstance(row, list) and not self.named and len(row) == len(self.names):
            return row
        kind = "named" if isinstance(row, dict) else "unnamed"
        raise place.wrong(f"has {len(row)} {kind} values where the first row has {len(self.names)}")


class _Parts(NamedTuple):
    """One JSON value's rows; a part that is not wanted is None."""

    place: Place
    features: list[Row] | None
    label: list[str] | None
    predicted: list[str] | None
    probability: list[str] | None


@dataclass(frozen=True, slots=True)
class _Observer:
    """Finds the parts of a value."""

    attributes: Attributes
    with_features: bool

    def parts(self, place: Place) -> _Parts:
        given = self.attributes
        try:
            features = self._features(place.payload) if self.with_features else None
            rows = len(features) if features is not None else None
            label = _found("ground_truth_attribute", given.ground_truth, place.payload, rows)
            rows = rows if label is None else len(label)
            predicted, probability = self._answers(place.payload, rows)
        except Flaw as flaw:
            raise place.wrong(flaw) from None
        parts = _Parts(place, features, label, predicted, probability)
        lengths = {len(part) for part in parts[1:] if part is not None}
        if len(lengths) > 1:
            raise place.wrong("its parts have different numbers of rows")
        return parts

    def _answers(
        self, payload: Payload, rows: int | None
    ) -> tuple[list[str] | None, list[str] | None]:
        """The predicted labels and the probabilities; raises Flaw."""
        given = self.attributes
        if given.label_headers and given.probability and not given.inference:
            chosen = LargestScore.of(
                given.probability, "probability_attribute", given.label_headers
            )
            return chosen.cells(payload, rows), None
        predicted = _found("inference_attribute", given.inference, payload, rows)
        rows = rows if predicted is None else len(predicted)
        return predicted, _found("probability_attribute", given.probability, payload, rows)

    def _features(self, payload: Payload) -> list[Row]:
        if self.attributes.features:
            return feature_rows(payload, compiled(self.attributes.features, "features"))
        taken = {
            self.attributes.ground_truth,
            self.attributes.inference,
            self.attributes.probability,
        }
        rows = rows_of(payload)
        return [
            {name: cell for name, cell in row.items() if name not in taken}
            if isinstance(row, dict)
            else [cell for at, cell in enumerate(row) if str(at) not in taken]
            for row in rows
        ]


def _found(name: str, text: str, payload: Payload, rows: int | None) -> list[str] | None:
    return Selector.of(text, name).cells(payload, rows) if text else None


def _observations(parts: Sequence[_Parts], columns: Columns | None) -> Observations:
    features = pa.RecordBatch.from_arrays([], names=[])
    if columns is not None:
        features = columns.batch(
            [(part.place, row) for part in parts for row in part.features or ()]
        )
    return Observations(
        features,
        _column([part.label for part in parts]),
        _column([part.predicted for part in parts]),
        _column([part.probability for part in parts]),
    )


def _column(parts: Sequence[list[str] | None]) -> pa.Array | None:
    if any(part is None for part in parts):
        return None
    batch, _ = text_batch(("",), ([cell] for part in parts for cell in part or ()))
    return batch.column(0)


def _rows(place: Place) -> list[Row]:
    try:
        return rows_of(place.payload)
    except Flaw as flaw:
        raise place.wrong(flaw) from None


def _held(path: Path, lines: bool, batch_rows: int) -> Iterator[list[Place]]:
    """The JSON values, some at a time; raises UsageError where there is none."""
    held: list[Place] = []
    characters = 0
    for file in table_files(path):
        is_empty = True
        for place in _places(file, lines):
            is_empty = False
            held.append(place)
            characters += len(place.payload.data)
            if len(held) >= batch_rows or characters >= BATCH_CHARACTERS:
                yield held
                held, characters = [], 0
        if is_empty:
            raise UsageError(f"{file}: is empty, so there is nothing to evaluate.")
    if held:
        yield held


def _places(file: Path, lines: bool) -> Iterator[Place]:
    try:
        if lines:
            for line in read_lines(file):
                if line.flaw is not None:
                    raise UsageError(f"{file}:{line.number}: {line.flaw}; mend the file.")
                if line.data:
                    yield _place(file, line.number, line.data)
        elif file.stat().st_size > LARGEST_DOCUMENT:
            raise UsageError(
                f"{file}: is one JSON document of more than {LARGEST_DOCUMENT >> 20} MiB, which "
                "would be held whole; write one object a line (JSON Lines) instead."
            )
        elif content := file.read_bytes().strip():
            yield _place(file, 1, content)
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read ({error.strerror}); check the path and its permissions."
        ) from None


def _place(file: Path, line: int, data: bytes) -> Place:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{file}:{line}: is not UTF-8; save it as UTF-8.") from None
    return Place(file, line, Payload(text, "JSON", "application/json"))
