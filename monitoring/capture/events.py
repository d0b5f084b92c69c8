"""Capture files → the events of one window, each once.

Needs     capture files, and the window unless all of them count
Gives     one `Event` after the other; what was left out is in the tally

An event of another hour or a repeated one is left out here, before its payload is looked
at: whoever decodes payloads need not know about time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from monitoring.capture.lines import Flaw, Line
from monitoring.capture.records import Record, Window, parse_record, when
from monitoring.capture.seen import Seen, event_key, retry_key
from monitoring.capture.slices import Located, read_slices
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
    seen: Seen = field(default_factory=Seen)

    def of(self, source: Path | Iterable[Path]) -> Iterator[Event]:
        """Read the files; raises CaptureError when `source` does not exist."""
        for piece in read_slices(source, self.tally.counts):
            for located in piece.lines():
                event = self.at(located)
                if event is not None:
                    yield event

    def at(self, located: Located) -> Event | None:
        """The event in one line; None where there is none to use, which is counted."""
        (file, written), line = located
        counts = self.tally.counts
        if not line.data and line.flaw is None:
            counts.blank += 1
            return None
        counts.records += 1
        try:
            record = self._usable(line, written)
        except Flaw as flaw:
            place = self._place_of_file(written)
            if place == "inside":
                self.tally.note(file, line.number, flaw)
            else:
                counts.add(place)
            return None
        return record and Event(file, line.number, record, len(line.data))

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
        repeated = bool(record.event_id) and self.seen.add(event_key(record.event_id))
        if record.inference_id and record.input is not None:
            key = retry_key(record.inference_id, record.input.data)
            repeated = self.seen.add(key) or repeated
        self.tally.counts.duplicates += repeated
        return repeated
