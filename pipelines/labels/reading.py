"""Files of labels → labels: CSV with a header, flat JSON Lines, or SageMaker's ground truth.

Needs     files; the names of their columns where those are not the usual ones
Gives     one `Labelled` after the other; what cannot be read is in the tally

The store of `/feedback` is ground truth already and is read as that. A label is text and
stays as it was written: `1` and `1.0` are two labels.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from monitoring.capture.lines import Flaw, Line, capture_files, read_lines
from monitoring.capture.records import Payload, parse_label, when
from monitoring.capture.tally import Tally
from monitoring.errors import UsageError

IDS = ("inference_id", "inferenceId", "event_id", "eventId")
LABELS = ("label", "ground_truth", "groundTruth")
TIMES = ("time", "labelled_at", "collected_at")
FEEDBACK = "ground-truth"
"""Where the store of `/feedback` keeps its labels (serving/feedback_store.py)."""
SUFFIXES = {".csv", ".jsonl", ".ndjson", ".json", ".gz"}
_HOUR = re.compile(r"(?:^|/)(\d{4})/(\d\d)/(\d\d)/(\d\d)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a CSV file, or fields of JSON objects; empty ones are found by name."""

    identity: str = ""
    label: str = ""
    time: str = ""

    def among(self, names: Sequence[str]) -> Columns:
        """The columns a row with these names has; raises Flaw when the id or label is missing.

        >>> Columns(label="fraud").among(["inference_id", "fraud"])
        Columns(identity='inference_id', label='fraud', time='')
        """
        found = Columns(
            _chosen(self.identity, IDS, names),
            _chosen(self.label, LABELS, names),
            _chosen(self.time, TIMES, names),
        )
        for name, column, usual in (
            ("the record's id", found.identity, self.identity or ", ".join(IDS)),
            ("its label", found.label, self.label or ", ".join(LABELS)),
        ):
            if not column:
                raise Flaw("malformed", f"no column for {name} (looked for {usual})")
        if self.time and not found.time:
            raise Flaw("malformed", f"no column {self.time!r} for the label's time")
        return found


def _chosen(given: str, usual: Sequence[str], names: Sequence[str]) -> str:
    return next((name for name in ((given,) if given else usual) if name in names), "")


class Labelled(NamedTuple):
    """One label, and whose it is."""

    identity: str
    """The captured record's inference id, or its event id where the client gave none."""
    label: Payload
    collected: datetime | None
    """When it became known, where that is said; UTC."""


def read_labels(source: Path, columns: Columns, tally: Tally) -> Iterator[Labelled]:
    """The labels of a file or of every file in a directory, oldest path first.

    A line without a usable label is counted in `tally`. Raises UsageError for a file whose
    suffix or header does not say how to read it.
    """
    if not source.exists():
        raise UsageError(f"{source}: does not exist; give --from a file or a directory of labels")
    if (source / FEEDBACK).is_dir():
        # The root of /feedback's store: beside the labels lie comments, which are no labels.
        source = source / FEEDBACK
    for path in capture_files(source):
        tally.counts.files += 1
        name = path.relative_to(source).as_posix() if path != source else path.name
        if path.suffix.lower() == ".csv":
            yield from _of_csv(path, name, columns, tally)
        elif path.suffix.lower() in SUFFIXES:
            yield from _of_json_lines(path, name, columns, tally)
        else:
            raise UsageError(
                f"{path}: neither .csv nor .jsonl, so how to read it is unknown; rename the file"
            )


def _of_json_lines(path: Path, name: str, columns: Columns, tally: Tally) -> Iterator[Labelled]:
    for line in read_lines(path):
        if not line.data and line.flaw is None:
            continue
        tally.counts.records += 1
        try:
            yield _of_line(line, columns, hour_of(name))
        except Flaw as flaw:
            tally.note(name, line.number, flaw)


def _of_line(line: Line, columns: Columns, hour: datetime | None) -> Labelled:
    """A line of ground truth, or a flat object; raises Flaw."""
    if line.flaw is not None:
        raise line.flaw
    if b'"groundTruthData"' in line.data:
        found = parse_label(line.data)
        return Labelled(found.join_id, found.label, hour)
    try:
        fields = json.loads(line.data)
    except (ValueError, RecursionError):
        raise Flaw("malformed", "the line is not JSON") from None
    if not isinstance(fields, dict):
        raise Flaw("malformed", "the line is JSON, but no object")
    return _of_fields(fields, columns.among(list(fields)), hour)


def _of_csv(path: Path, name: str, columns: Columns, tally: Tally) -> Iterator[Labelled]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            named = columns.among(header)
            for row in reader:
                if not row:
                    continue
                tally.counts.records += 1
                try:
                    if len(row) != len(header):
                        raise Flaw("misshapen", f"{len(row)} cells under {len(header)} columns")
                    yield _of_fields(dict(zip(header, row, strict=True)), named, hour_of(name))
                except Flaw as flaw:
                    tally.note(name, reader.line_num, flaw)
    except Flaw as flaw:
        raise UsageError(
            f"{path}: {flaw.cause}; name the columns with --id-column and --label-column"
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"{path}: cannot be read as CSV in UTF-8 ({type(error).__name__}), so no label "
            "was imported; convert the file"
        ) from error


def _of_fields(fields: Mapping[str, Any], columns: Columns, hour: datetime | None) -> Labelled:
    """A label out of named cells; raises Flaw."""
    identity, label = (_text(fields.get(name)) for name in (columns.identity, columns.label))
    if not identity:
        raise Flaw("malformed", f"{columns.identity} is empty, so the label is nobody's")
    if not label:
        raise Flaw("malformed", f"{columns.label} is empty, so there is no label")
    collected = hour
    if columns.time and (text := _text(fields.get(columns.time))):
        try:
            collected = when(text)
        except ValueError:
            raise Flaw("malformed", f"{columns.time} is no ISO 8601 time") from None
    return Labelled(identity, Payload(label, "CSV", ""), collected)


def _text(value: Any) -> str:
    """A cell's text; numbers and booleans of JSON as JSON writes them."""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value) if isinstance(value, bool | int | float) else ""


def hour_of(name: str) -> datetime | None:
    """The hour in a file's path below the folder; None where there is none.

    >>> hour_of("2026/01/05/09/labels.jsonl").isoformat()
    '2026-01-05T09:00:00+00:00'
    """
    found = _HOUR.search(name)
    try:
        return datetime(*map(int, found.groups()), tzinfo=UTC) if found else None  # type: ignore[misc, arg-type]
    except ValueError:
        return None
