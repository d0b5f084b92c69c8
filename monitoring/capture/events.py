"""Capture files → the events of one window, each once.

Needs     capture files, and the window unless all of them count
Gives     one `Event` after the other; what was left out is in the tally

An event of another hour or a repeated one is left out here, before its payload is looked
at: whoever decodes payloads need not know about time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from monitoring.capture.lines import Flaw, Line, capture_files, read_lines
from monitoring.capture.records import Record, Window, parse_record, when
from monitoring.capture.tally import Tally

HOUR = timedelta(hours=1)


class Event(NamedTuple):
    """One captured event, with its place and the length of its text."""

    file: str
    line: int
    record: Record
    characters: int


@dataclass(slots=True)
class Events:
    """The usable events of one window."""

    window: Window | None
    tally: Tally
    seen: set[int] = field(default_factory=set)

    def of(self, source: Path | Iterable[Path]) -> Iterator[Event]:
        """Read the files; raises CaptureError when `source` does not exist."""
        counts = self.tally.counts
        root = source if isinstance(source, Path) and source.is_dir() else None
        for path in capture_files(source):
            file = path.relative_to(root).as_posix() if root else path.name
            counts.files += 1
            written = _hour_of(file)
            for line in read_lines(path):
                if not line.data and line.flaw is None:
                    counts.blank += 1
                    continue
                counts.records += 1
                try:
                    record = self._usable(line, written)
                except Flaw as flaw:
                    place = self._place_of_file(written)
                    if place == "inside":
                        self.tally.note(file, line.number, flaw)
                    else:
                        counts.add(place)
                    continue
                if record is not None:
                    yield Event(file, line.number, record, len(line.data))

    def _usable(self, line: Line, written: datetime | None) -> Record | None:
        """The line's event; None when it belongs elsewhere. Raises Flaw."""
        if line.flaw:
            raise line.flaw
        record = parse_record(line.data)
        if not self._is_inside(record, written) or self._is_repeated(record):
            return None
        return record

    def _is_inside(self, record: Record, written: datetime | None) -> bool:
        if self.window is None or (record.is_batch and not record.time):
            return True
        try:
            place = self.window.place(when(record.time))
        except ValueError:
            raise Flaw("malformed", "inferenceTime is missing, or no time") from None
        if place != "inside":
            self.tally.counts.add(place)
            return False
        self.tally.counts.late += written is not None and written >= self.window.end
        return True

    def _place_of_file(self, written: datetime | None) -> str:
        """Whose a line without a time is: the window's in whose hour it was written.

        A job is given the hours beside its own, and a broken line there is their affair.
        """
        if self.window is None or written is None:
            return "inside"
        if written + HOUR <= self.window.start:
            return "early"
        return "beyond" if written >= self.window.end else "inside"

    def _is_repeated(self, record: Record) -> bool:
        """Whether this event was read before: itself, or a client's retry of it.

        A retry has an event id of its own, the same inference id and the same request. The
        inference id alone proves nothing: some clients send one id with every request.
        """
        keys = []
        if record.event_id:
            keys.append(hash(("event", record.event_id)))
        if record.inference_id and record.input is not None:
            keys.append(hash(("inference", record.inference_id, record.input.data)))
        repeated = not self.seen.isdisjoint(keys)
        self.seen.update(keys)
        self.tally.counts.duplicates += repeated
        return repeated


def _hour_of(file: str) -> datetime | None:
    """The hour a capture file was written, from its path `…/yyyy/mm/dd/hh/…`."""
    found = re.search(r"(?:^|/)(\d{4})/(\d\d)/(\d\d)/(\d\d)/[^/]*$", file)
    try:
        return when("{}-{}-{}T{}:00:00".format(*found.groups())) if found else None
    except ValueError:
        return None
