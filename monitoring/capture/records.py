"""One line of a capture file → one captured event, and the window it belongs to.

Needs     the bytes of one line
Gives     a `Record`: what was sent, what was answered, when, and under which ids

Fields we do not know are ignored; a major version of the event we do not know is
refused, because its fields may mean something else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from monitoring.capture.lines import Flaw
from monitoring.errors import UsageError

INPUT = "endpointInput"
OUTPUT = "endpointOutput"
BATCH_OUTPUT = "batchTransformOutput"
"""A batch transform's record: answer and request in one, without a time."""
EVENT_VERSION = "0"
DAY = timedelta(days=1)


class Payload(NamedTuple):
    """What went one way: the text, and what the endpoint said it is."""

    data: str
    encoding: str
    content_type: str


class Record(NamedTuple):
    """One captured event. A side that was not captured is None."""

    output: Payload | None
    input: Payload | None
    event_id: str
    inference_id: str
    time: str
    label: Payload | None = None
    """What became known, once merged."""
    is_batch: bool = False
    event: Mapping[str, Any] = MappingProxyType({})
    """All of it, as JSON."""

    @property
    def join_id(self) -> str:
        """What a label names it by: the caller's id where there is one, else the service's."""
        return self.inference_id or self.event_id


@dataclass(frozen=True, slots=True)
class Window:
    """The time one execution answers for: from `start` up to, not including, `end`.

    >>> hour = Window.parse("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z")
    >>> [hour.place(when(text)) for text in ("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z")]
    ['inside', 'beyond']
    """

    start: datetime
    end: datetime

    @classmethod
    def parse(cls, start: str, end: str) -> Self:
        """From the environment's `start_time` and `end_time`; raises UsageError."""
        try:
            window = cls(when(start), when(end))
        except ValueError:
            raise UsageError(
                f"the window {start!r} to {end!r} is not two times; "
                "write them like 2026-01-05T09:00:00Z."
            ) from None
        if window.start >= window.end:
            raise UsageError(f"the window ends at {end}, before it starts at {start}; swap them.")
        return window

    def place(self, time: datetime) -> str:
        """Where a time lies: `inside`, `early`, `beyond`, or `skewed` (over a day off)."""
        if self.start <= time < self.end:
            return "inside"
        if not self.start - DAY <= time < self.end + DAY:
            return "skewed"
        return "early" if time < self.start else "beyond"

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%dT%H:%M:%SZ} to {self.end:%Y-%m-%dT%H:%M:%SZ}"


def when(text: str) -> datetime:
    """An ISO 8601 time as UTC; raises ValueError. A time without an offset is UTC.

    >>> when("2026-01-05T10:30:00+01:00").isoformat()
    '2026-01-05T09:30:00+00:00'
    """
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def parse_record(line: bytes) -> Record:
    """One event; raises Flaw when the line is none.

    >>> parse_record(b'{"captureData": {}, "eventMetadata": {}}')
    Traceback (most recent call last):
    monitoring.capture.lines.Flaw: neither endpointInput nor endpointOutput was captured
    """
    event = _event(line)
    captured, metadata = _part(event, "captureData"), _part(event, "eventMetadata")
    batch = _payload(captured, BATCH_OUTPUT)
    record = Record(
        batch or _payload(captured, OUTPUT),
        _payload(captured, INPUT),
        _text(metadata, "eventId"),
        _text(metadata, "inferenceId"),
        _text(metadata, "inferenceTime"),
        _label(event),
        batch is not None,
        event,
    )
    if record.output is None and record.input is None:
        raise Flaw("malformed", f"neither {INPUT} nor {OUTPUT} was captured")
    return record


class Label(NamedTuple):
    """A line of a ground-truth file."""

    join_id: str
    label: Payload
    event: Mapping[str, Any]


def parse_label(line: bytes) -> Label:
    """One line of ground truth; raises Flaw when it is none.

    >>> line = b'{"groundTruthData": {"data": 1}, "eventMetadata": {"eventId": "a"}}'
    >>> parse_label(line)[:2]
    ('a', Payload(data='1', encoding='CSV', content_type=''))
    """
    event = _event(line)
    label = _label(event)
    if label is None:
        raise Flaw("malformed", "the line is JSON, but no ground truth: groundTruthData is missing")
    metadata = _part(event, "eventMetadata")
    identity = _text(metadata, "eventId") or _text(metadata, "inferenceId")
    if not identity:
        raise Flaw("malformed", "eventMetadata.eventId is missing, so the label is nobody's")
    return Label(identity, label, event)


def _event(line: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(line.decode())
    except UnicodeDecodeError:
        raise Flaw("malformed", "the line is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise Flaw("malformed", f"the line is not JSON ({_json_cause(error)})") from None
    if not isinstance(event, dict):
        raise Flaw("malformed", "the line is JSON, but no event: it is no object")
    version = str(event.get("eventVersion", EVENT_VERSION))
    if version.split(".")[0] != EVENT_VERSION:
        raise Flaw("malformed", f"eventVersion is not {EVENT_VERSION}; a newer reader is needed")
    return event


def _label(event: Mapping[str, Any]) -> Payload | None:
    part = event.get("groundTruthData")
    data = part.get("data") if isinstance(part, dict) else None
    if isinstance(data, bool | int | float):
        data = json.dumps(data)
    if not isinstance(part, dict) or not isinstance(data, str):
        return None
    return Payload(data, _text(part, "encoding").upper() or "CSV", "")


def _json_cause(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at column {error.colno}"
    return "nested too deep" if isinstance(error, RecursionError) else "a number is too long"


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = event.get(name)
    if not isinstance(part, dict):
        raise Flaw("malformed", f"the line is JSON, but no capture event: {name} is missing")
    return part


def _payload(captured: Mapping[str, Any], side: str) -> Payload | None:
    part = captured.get(side)
    if part is None:
        return None
    if not isinstance(part, dict):
        raise Flaw("malformed", f"{side} is not an object")
    data = part.get("data")
    if data is None:
        return None
    if not isinstance(data, str):
        raise Flaw("malformed", f"{side}.data is not text")
    return Payload(data, _text(part, "encoding").upper(), _text(part, "observedContentType"))


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    return value if isinstance(value, str) else ""
