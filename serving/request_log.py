"""The request log: a line of JSON for each request, and nothing of what was in it.

Needs     somewhere to write: a path, or `-` for standard output
Writes    one object a line: time, request_id, route, status, seconds, rows, model, version

No payload, query, header, address or inference id is logged: a log is read by more people
than may see the data. The request id is made up here and the answer carries it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from serving.background import Background, Bounds

STANDARD_OUTPUT = "-"
BOUNDS = Bounds(items=10_000, size=8 << 20, batch=64 << 10, linger=0.25)
Write = Callable[[str], Any]


class RequestLog:
    """Lines of JSON, written behind the answers' backs."""

    def __init__(
        self, write: Write, lost: Callable[[int, str], None], bounds: Bounds = BOUNDS
    ) -> None:
        self._write = write
        self._queue: Background[str] = Background(self._write_all, bounds, lost)

    def add(self, request_id: str, route: str, status: int, seconds: float, **more: Any) -> None:
        """Log one request; `more` are further members, such as rows and the model's version."""
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request_id": request_id,
            "route": route,
            "status": status,
            "seconds": round(seconds, 6),
            **more,
        }
        line = json.dumps(entry, separators=(",", ":")) + "\n"
        self._queue.put(line, len(line))

    def close(self, patience: float) -> None:
        """See `Background.close`."""
        self._queue.close(patience)

    def _write_all(self, lines: Sequence[str]) -> None:
        self._write("".join(lines))


def writer(place: str) -> Write:
    """What appends text to a path, or to standard output for `-`.

    A file is opened anew for each batch, so that whoever rotates it need not tell us.
    """
    if place == STANDARD_OUTPUT:
        return _to_standard_output
    path = Path(place)

    def append(text: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    return append


def _to_standard_output(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
