"""What the feed answered, captured as an endpoint captures it: the same monitors watch it.

Needs     a folder, and the endpoint's name for its paths
Writes    {folder}/{endpoint}/AllTraffic/yyyy/mm/dd/hh/MM-SS-mmm-{uuid}.jsonl, one a batch

It is written before the batch is checkpointed. A batch that is read again is captured again,
under the same event ids, and readers of captures take each event once.
"""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitoring.aws.folders import Folder
from serving.captured import Captured, Payload, event, name
from serving.feed_records import Request
from serving.model import Answer
from serving.payloads import CSV, body_of
from serving.plain_capture import HEADERS, VARIANT
from serving.schema import Row

_EVENT = uuid.UUID("0d9a6f0e-6a53-4f43-9c0e-6c1c7a2f5b11")
"""Names events after their requests: one that is answered again is the same event."""


@dataclass(frozen=True, slots=True)
class FeedCapture:
    """Captures of one feed."""

    folder: Folder
    endpoint: str

    def keep(self, answers: Sequence[tuple[Request, Answer]], time: datetime) -> None:
        """Write a batch as one file; raises StorageError or AwsError."""
        if answers:
            lines = (json.dumps(_event(*each, time.astimezone(UTC))) + "\n" for each in answers)
            place = name(self.endpoint, VARIANT, time.astimezone(UTC))
            self.folder.create(place, "".join(lines).encode())


def _event(request: Request, answer: Answer, time: datetime) -> dict[str, object]:
    key = request.inference_id.encode().hex() + request.content.decode()
    captured = Captured(
        time=time,
        event_id=str(uuid.uuid5(_EVENT, key)),
        sent=Payload(csv_line(request.row).encode(), CSV),
        answered=Payload(body_of([answer], CSV).encode(), f"{CSV}; charset=utf-8"),
        inference_id=request.inference_id,
    )
    return event(captured, HEADERS)


def csv_line(row: Row) -> str:
    r"""A row as the body of a request in CSV.

    >>> csv_line(["12.50", None, "web, app"])
    '12.50,,"web, app"\n'
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(row)
    return buffer.getvalue()
