"""Captured traffic + ground truth → merged records, in the files of AWS's merge job.

Needs     capture files and their window; label files (JSON Lines), of any hours
Writes    {endpoint}/{variant}/yyyy/mm/dd/hh/part-00000-….jsonl, and _coverage.json beside

Whose label is whose, joining.py says. A record belongs to the hour in which it happened,
not to that of the file it was captured in. Labels are held in memory, records are not.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TextIO

from monitoring.capture.coverage import COVERAGE, Coverage
from monitoring.capture.events import Event, Events
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.joining import Join
from monitoring.capture.records import Record, Window, when
from monitoring.capture.tally import FAULTY_SHARE, Tally
from monitoring.errors import MonitoringError

_HOUR = re.compile(r"/?\d{4}/\d\d/\d\d/\d\d$")
_PART = uuid.UUID("7a3f3c1e-5a0e-4d0b-9f0a-3a3b6f2d9c11")
"""Names part files after what is in them: a second run replaces the first one's."""


@dataclass(slots=True)
class Merge:
    """What a merge did."""

    coverage: Coverage
    paths: tuple[Path, ...]
    tally: Tally


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
    join = Join.with_labels(GroundTruth.read(ground_truth, faulty_share))
    tally = Tally()
    try:
        with _Parts(output) as parts:
            for event in join.of(Events(window, tally).of(captured)):
                parts.write(event)
            tally.judge(faulty_share)
            join.require_any(window)
            return Merge(join.coverage, parts.publish(join.coverage), tally)
    except OSError as error:
        raise MonitoringError(
            f"{output}: merged records could not be written ({error.strerror}); nothing was "
            "published. Free space or check permissions, then run the same command again."
        ) from error


def merged_line(record: Record) -> str:
    """One labelled record, its keys in AWS's order.

    >>> from monitoring.capture.records import Payload, parse_record
    >>> captured = b'{"captureData": {"endpointInput": {"data": "1"}}, "eventMetadata": {}}'
    >>> merged_line(parse_record(captured)._replace(label=Payload("0", "CSV", "")))[:72]
    '{"eventVersion":"0","groundTruthData":{"data":"0","encoding":"CSV"},"cap'
    """
    event, label = record.event, record.label
    if label is None:
        raise ValueError("a record without a label cannot be written as a merged one")
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

    def write(self, event: Event) -> None:
        """Add a labelled event to the file of its hour."""
        time = event.record.time
        target = _target(event.file, time[:13] if time.endswith("Z") else time)
        file = self.files.get(target) or self._open(target)
        file.write(merged_line(event.record) + "\n")

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
