"""What a job prints, in CloudWatch Logs, while it runs.

Needs     the log group and stream of the job
Writes    one event per line; what was printed reaches the service once a second, and at the end
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from moto.core.utils import unix_time_millis

from moto_fixtures.clients import client

INTERVAL = 1.0
EVENTS_PER_CALL = 1_000
LONGEST_LINE = 200_000
"""Characters; a longer line is cut. The service takes 256 KB with what it counts besides."""
KEPT = 20
"""Last lines that a failure may be explained with."""


class Log:
    """One stream. Lines may come from several threads."""

    def __init__(
        self,
        group: str,
        stream: str,
        region: str,
        account: str,
        watch: Callable[[str], None] | None = None,
    ) -> None:
        """`watch` sees every line as it is printed."""
        self.group, self.stream, self.watch = group, stream, watch
        self.last: deque[str] = deque(maxlen=KEPT)
        self._waiting: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._flushed = time.monotonic()
        self._logs = client("logs", region, account)
        self._is_open = False

    def write(self, line: str) -> None:
        """Add a line."""
        if line.strip():
            self.last.append(line)
        if self.watch is not None:
            self.watch(line)
        event = {"timestamp": int(unix_time_millis()), "message": line[:LONGEST_LINE] or " "}
        with self._lock:
            self._waiting.append(event)
        if time.monotonic() - self._flushed > INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        with self._lock:
            events, self._waiting, self._flushed = self._waiting, [], time.monotonic()
            if events:
                self._open()
            for start in range(0, len(events), EVENTS_PER_CALL):
                self._logs.put_log_events(
                    logGroupName=self.group,
                    logStreamName=self.stream,
                    logEvents=events[start : start + EVENTS_PER_CALL],
                )

    def _open(self) -> None:
        if self._is_open:
            return
        exists = self._logs.exceptions.ResourceAlreadyExistsException
        for make, named in (
            (self._logs.create_log_group, {"logGroupName": self.group}),
            (
                self._logs.create_log_stream,
                {"logGroupName": self.group, "logStreamName": self.stream},
            ),
        ):
            with suppress(exists):
                make(**named)
        self._is_open = True
