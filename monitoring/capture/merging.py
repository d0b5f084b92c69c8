"""Captured traffic + ground truth → merged records, in the files of AWS's merge job.

Needs     capture files and their window; label files (JSON Lines), of any hours
Writes    {endpoint}/{variant}/yyyy/mm/dd/hh/part-00000-….jsonl, and _coverage.json beside

A label belongs to the record whose inference id it names, or whose event id where the
client gave none. It is an inner join: a record without a label is not written, only
counted, and metrics of the others speak for all only as far as labels do not come
selectively. Labels are held in memory (their text, by id), captured records are not.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TextIO

from monitoring.capture.events import Event, Events
from monitoring.capture.lines import Flaw, capture_files, read_lines
from monitoring.capture.records import Payload, Record, Window, parse_label, when
from monitoring.capture.tally import FAULTY_SHARE, Tally
from monitoring.errors import MonitoringError, NoDataError

COVERAGE = "_coverage.json"
"""Ours; a name that readers of captures skip. AWS's merge job leaves no such count."""

_HOUR = re.compile(r"/?\d{4}/\d\d/\d\d/\d\d$")
_PART = uuid.UUID("7a3f3c1e-5a0e-4d0b-9f0a-3a3b6f2d9c11")
"""Names part files after what is in them: a second run replaces the first one's."""


@dataclass(slots=True)
class Coverage:
    """How much of the traffic has labels, and what was odd about the labels. Adds up."""

    records: int = 0
    """Captured records of the window."""
    joined: int = 0
    labels: int = 0
    """Lines of ground truth that could be read."""
    orphans: int = 0
    """Labels of no record in the window: another hour's, not captured, or mistyped."""
    conflicts: int = 0
    """Labels that contradict an earlier one of the same id; the last file's counts."""
    shared_ids: int = 0
    """Records that share their id with an earlier, different one, and so its label."""
    by_event_id: int = 0
    """Joined by event id, because the client sent no inference id."""
    faulty_labels: int = 0

    @property
    def share(self) -> float:
        """Labelled share of the records, 0 without any."""
        return self.joined / self.records if self.records else 0.0

    def __add__(self, other: Self) -> Self:
        names = [part.name for part in fields(self)]
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))

    def as_dict(self) -> dict[str, int]:
        """Every count by its name."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    def warnings(self) -> Iterator[str]:
        """What a reader of the metrics must know."""
        if self.joined < self.records:
            yield f"{self.joined:,} of {self.records:,} records have a label ({self.share:.1%})"
        if self.conflicts:
            yield f"{self.conflicts:,} labels contradict an earlier one; the last file's was taken"
        if self.shared_ids:
            yield (
                f"{self.shared_ids:,} different records share an inference id, and with it one "
                "label; give every request an id of its own"
            )
        if self.faulty_labels:
            yield f"{self.faulty_labels:,} lines of ground truth could not be read"


@dataclass(slots=True)
class Merge:
    """What a merge did."""

    coverage: Coverage
    paths: tuple[Path, ...]
    tally: Tally


@dataclass(slots=True)
class _Labels:
    """Labels by the id of their record."""

    by_id: dict[str, Payload] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    coverage: Coverage = field(default_factory=Coverage)

    def read(self, source: Path) -> None:
        """Take in label files, oldest path first."""
        for path in capture_files(source):
            self.tally.counts.files += 1
            for line in read_lines(path):
                if not line.data and line.flaw is None:
                    continue
                self.tally.counts.records += 1
                try:
                    if line.flaw:
                        raise line.flaw
                    identity, label, _ = parse_label(line.data)
                except Flaw as flaw:
                    self.tally.note(path.name, line.number, flaw)
                    continue
                former = self.by_id.get(identity)
                self.coverage.conflicts += former is not None and former != label
                self.by_id[identity] = label
        self.coverage.labels = self.tally.counts.considered - self.tally.counts.faulty
        self.coverage.faulty_labels = self.tally.counts.faulty


def merge(
    captured: Path,
    ground_truth: Path,
    output: Path,
    window: Window | None = None,
    *,
    faulty_share: float = FAULTY_SHARE,
) -> Merge:
    """Join captured records with their labels, and write the pairs under `output`.

    Raises NoDataError when nothing was captured in the window (NO_DATA) or no record has
    a label yet (PENDING_LABELS), CaptureError when too much of either side is faulty.
    Nothing is written then. The same inputs give the same files.
    """
    labels = _Labels()
    if ground_truth.exists():
        labels.read(ground_truth)
    labels.tally.judge(faulty_share)
    tally = Tally()
    coverage = labels.coverage
    try:
        with _Parts(output) as parts:
            for event in _joined(Events(window, tally).of(captured), labels):
                parts.write(event, labels.by_id[event.record.join_id])
            tally.judge(faulty_share)
            if not coverage.joined:
                raise NoDataError(_nothing_joined(coverage, window))
            return Merge(coverage, parts.publish(coverage), tally)
    except OSError as error:
        raise MonitoringError(
            f"{output}: merged records could not be written ({error.strerror}); nothing was "
            "published. Free space or check permissions, then run the same command again."
        ) from error


def read_coverage(directory: Path) -> Coverage | None:
    """The counts a merge of ours left in a directory; None where there are none."""
    total = None
    for path in sorted(directory.rglob(COVERAGE)):
        try:
            found = json.loads(path.read_bytes())
            names = [part.name for part in fields(Coverage)]
            part = Coverage(*(int(found.get(name, 0)) for name in names))
        except (ValueError, TypeError, AttributeError):
            continue
        total = part if total is None else total + part
    return total


def merged_line(record: Record, label: Payload) -> str:
    """One merged record, its keys in AWS's order.

    >>> from monitoring.capture.records import parse_record
    >>> captured = b'{"captureData": {"endpointInput": {"data": "1"}}, "eventMetadata": {}}'
    >>> merged_line(parse_record(captured), Payload("0", "CSV", ""))[:72]
    '{"eventVersion":"0","groundTruthData":{"data":"0","encoding":"CSV"},"cap'
    """
    event = record.event
    sides = event["captureData"]
    merged = {
        "eventVersion": str(event.get("eventVersion", "0")),
        "groundTruthData": {"data": label.data, "encoding": label.encoding},
        "captureData": {side: _sorted(sides[side]) for side in sorted(sides)},
        "eventMetadata": _sorted(event["eventMetadata"]),
    }
    text = _ENCODER.encode(merged)
    # Half a surrogate pair has no UTF-8; escaped it can be written and read again.
    return text if _is_whole(text) else json.dumps(merged, separators=(",", ":"))


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _joined(events: Iterable[Event], labels: _Labels) -> Iterator[Event]:
    """Events with a label, and the books of the join."""
    coverage, used = labels.coverage, set()
    for event in events:
        record = event.record
        coverage.records += 1
        if record.join_id not in labels.by_id:
            continue
        coverage.joined += 1
        coverage.by_event_id += not record.inference_id
        coverage.shared_ids += record.join_id in used
        used.add(record.join_id)
        yield event
    coverage.orphans = len(labels.by_id) - len(used)


@dataclass(slots=True)
class _Parts:
    """The files being written, one an hour: hidden until all of them are whole."""

    output: Path
    files: dict[str, TextIO] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()
        for target in self.files:
            _draft(self.output / target).unlink(missing_ok=True)

    def write(self, event: Event, label: Payload) -> None:
        time = event.record.time
        target = _target(event.file, time[:13] if time.endswith("Z") else time)
        file = self.files.get(target) or self._open(target)
        file.write(merged_line(event.record, label) + "\n")

    def _open(self, target: str) -> TextIO:
        path = self.output / target
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _draft(path).open("w", encoding="utf-8", newline="\n")
        self.files[target] = self.stack.enter_context(file)
        return self.files[target]

    def publish(self, coverage: Coverage) -> tuple[Path, ...]:
        """Rename every draft into place, and say beside them what they cover."""
        self.stack.close()
        paths = tuple(self.output / target for target in self.files)
        beside = paths[0].parent / COVERAGE
        _draft(beside).write_text(json.dumps(coverage.as_dict()) + "\n", encoding="utf-8")
        for path in (*paths, beside):
            _draft(path).replace(path)
        return paths


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


@lru_cache(maxsize=1024)
def _target(file: str, time: str) -> str:
    """`{endpoint}/{variant}/yyyy/mm/dd/hh/part-…`: the hour a record happened, not was written.

    >>> _target("fraud/AllTraffic/2026/01/05/10/a.jsonl", "2026-01-05T09")[:30]
    'fraud/AllTraffic/2026/01/05/09'
    """
    directory = _HOUR.sub("", file.rpartition("/")[0])
    try:
        hour = f"{when(time):%Y/%m/%d/%H}"
    except ValueError:
        hour = ""
    place = "/".join(part for part in (directory, hour) if part)
    name = f"part-00000-{uuid.uuid5(_PART, place)}.c000.jsonl"
    return f"{place}/{name}" if place else name


def _sorted(part: Any) -> Any:
    return dict(sorted(part.items())) if isinstance(part, Mapping) else part


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _nothing_joined(coverage: Coverage, window: Window | None) -> str:
    between = f" between {window}".replace(" to ", " and ") if window else ""
    if not coverage.records:
        return (
            f"NO_DATA: no captured record{between}, so there was nothing to label. Check that "
            "the endpoint had traffic and that its data capture is on and started."
        )
    if not coverage.labels:
        return (
            f"PENDING_LABELS: {coverage.records:,} records were captured{between}, and there is "
            "no ground truth for them yet. Upload labels, or move the window back with "
            "StartTimeOffset and EndTimeOffset until they have arrived."
        )
    return (
        f"PENDING_LABELS: none of {coverage.records:,} records captured{between} is named by one "
        f"of {coverage.labels:,} labels. A label's eventId is the record's inferenceId, or its "
        "eventId where the client sent none; compare the two."
    )
