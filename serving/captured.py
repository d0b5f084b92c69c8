"""One request and its answer as a line of data capture, as SageMaker writes it.

Needs     the two payloads, their content types, and when it was
Gives     the event; the name of the object that events begun at one moment stand in

The one place that writes this format: a plain host's capture and the offline AWS's endpoints
both use it.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

Direction = Literal["INPUT", "OUTPUT"]


class Payload(NamedTuple):
    """One direction of an invocation: the bytes, and the content type they came with."""

    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Captured:
    """One invocation. `time` is UTC."""

    time: datetime
    event_id: str
    sent: Payload | None
    answered: Payload | None
    inference_id: str | None = None
    custom_attributes: str | None = None


def event(captured: Captured, headers: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """The line of one invocation, its keys in the order AWS writes them.

    `headers` is the CaptureContentTypeHeader: which media types are CSV, and which JSON.
    """
    data = {}
    if captured.sent is not None:
        data["endpointInput"] = _direction("INPUT", captured.sent, headers)
    if captured.answered is not None:
        data["endpointOutput"] = _direction("OUTPUT", captured.answered, headers)
    metadata: dict[str, Any] = {"eventId": captured.event_id}
    if captured.inference_id:
        metadata["inferenceId"] = captured.inference_id
    if captured.custom_attributes:
        metadata["customAttributes"] = [captured.custom_attributes]
    metadata["inferenceTime"] = f"{captured.time:%Y-%m-%dT%H:%M:%SZ}"
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def name(endpoint: str, variant: str, first: datetime) -> str:
    """{endpoint}/{variant}/yyyy/mm/dd/hh/MM-SS-mmm-{uuid}.jsonl, the time being UTC."""
    millisecond = first.microsecond // 1000
    return f"{endpoint}/{variant}/{first:%Y/%m/%d/%H/%M-%S}-{millisecond:03d}-{uuid.uuid4()}.jsonl"


def encoding(content_type: str, headers: Mapping[str, Collection[str]]) -> str:
    """CSV, JSON or BASE64: media types that `headers` does not list are BASE64.

    >>> encoding("text/csv; charset=utf-8", {"CsvContentTypes": ["text/csv"]})
    'CSV'
    >>> encoding("text/csv", {})
    'BASE64'
    """
    media_type = content_type.partition(";")[0].strip().lower()
    for format_, member in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
        if media_type in {listed.lower() for listed in headers.get(member, ())}:
            return format_
    return "BASE64"


def _direction(
    mode: Direction, payload: Payload, headers: Mapping[str, Collection[str]]
) -> dict[str, str]:
    """One direction. Bytes that are no UTF-8 are captured in BASE64, whatever their type says."""
    chosen = encoding(payload.content_type, headers)
    data = ""
    if chosen != "BASE64":
        try:
            data = payload.data.decode("utf-8")
        except UnicodeDecodeError:
            chosen = "BASE64"
    if chosen == "BASE64":
        data = base64.b64encode(payload.data).decode("ascii")
    return {
        "observedContentType": payload.content_type,
        "mode": mode,
        "data": data,
        "encoding": chosen,
    }
