"""Data capture on a plain host, which has no SageMaker in front of it to do it.

Needs     the settings' capture folder; each exchange that was answered
Writes    {folder}/{endpoint}/AllTraffic/yyyy/mm/dd/hh/MM-SS-mmm-{uuid}.jsonl

Each worker holds its events for up to LINGER seconds or FILE_BYTES and then writes them as
one file, which appears whole. Capture is best effort, as SageMaker's is: events that a
killed worker held, or that could not be written, are lost, the latter counted; the answers
they belong to are not.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter

from monitoring.aws.folders import Folder
from serving.background import Background, Bounds
from serving.captured import Captured, event, name
from serving.exchange import Exchange
from serving.payloads import CSV, JSON, JSON_LINES

VARIANT = "AllTraffic"
FILE_BYTES = 5 << 20
LINGER = 60.0
BOUNDS = Bounds(items=100_000, size=64 << 20, batch=FILE_BYTES, linger=LINGER)
HEADERS = {"CsvContentTypes": (CSV,), "JsonContentTypes": (JSON, JSON_LINES)}


class PlainCapture:
    """Exchanges on their way to a folder."""

    def __init__(
        self,
        folder: Folder,
        endpoint: str,
        percentage: float,
        lost: Callable[[int, str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        bounds: Bounds = BOUNDS,
    ) -> None:
        self._folder, self._endpoint, self._percentage = folder, endpoint, percentage
        self._lost, self._now = lost, now
        self._queue: Background[Captured] = Background(self._write, bounds, lost)

    def add(
        self,
        exchange: Exchange,
        inference_id: str,
        is_callers: bool,
        custom_attributes: str | None = None,
    ) -> bool:
        """Hold an exchange if it falls in the sample and fits; whether it is held.

        A made-up inference id becomes the event's own id, for a label finds its event by the
        `inferenceId` where there is one and by the `eventId` where there is none.
        """
        if random.random() * 100 >= self._percentage:  # noqa: S311
            return False
        captured = Captured(
            time=self._now().astimezone(UTC),
            event_id=str(uuid.uuid4()) if is_callers else inference_id,
            sent=exchange.sent,
            answered=exchange.answered,
            inference_id=inference_id if is_callers else None,
            custom_attributes=custom_attributes,
        )
        return self._queue.put(captured, len(exchange.sent.data) + len(exchange.answered.data))

    def close(self, patience: float) -> None:
        """See `Background.close`."""
        self._queue.close(patience)

    def _write(self, batch: Sequence[Captured]) -> None:
        """One file for each hour in the batch, for the paths name hours."""
        hours: dict[datetime, list[Captured]] = defaultdict(list)
        for captured in batch:
            hours[captured.time.replace(minute=0, second=0, microsecond=0)].append(captured)
        for events in hours.values():
            events.sort(key=attrgetter("time"))
            lines = (
                json.dumps(event(each, HEADERS), ensure_ascii=False, separators=(",", ":"))
                for each in events
            )
            content = "".join(f"{line}\n" for line in lines).encode()
            self._folder.create(name(self._endpoint, VARIANT, events[0].time), content)
