"""gunicorn's worker with threads, which no client can hold up for ever.

Needs     connections from gunicorn's own loop
Gives     an end to requests that do not arrive; a thread that stays with a busy client

gunicorn waits for the rest of a request as long as its client likes: a few connections that
each send half a line would keep every thread, and /ping with them. Here a request has
`patience` seconds to arrive; then no more of it is read. An answer that is being made by then
is still sent.

While there is a thread for every connection, each waits a moment for its client's next
request. Handing the connection to the loop and back costs more than answering one row.
"""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]
    """The worker class that serving/workers.py names."""

    patience = 30.0
    """Seconds from a request's first byte to its last."""
    linger = 2
    """Milliseconds a thread waits for its client's next request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun: dict[TConn, float] = {}
        """When each connection that has a thread, or waits for one, began its request."""

    def enqueue_req(self, conn: TConn) -> None:
        """Have a connection handled. The time it waits for a thread counts as well."""
        self._begun[conn] = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Answer a connection's request, and those that follow at once. In a thread."""
        self._begun.setdefault(conn, time.monotonic())
        try:
            kept = super().handle(conn)
            while kept is True and self.alive and self._asks_again(conn):
                self._begun[conn] = time.monotonic()
                kept = super().handle(conn)
            return kept
        finally:
            del self._begun[conn]

    def murder_pending(self) -> None:
        """Also end what is late. In gunicorn's loop, every second or more often."""
        super().murder_pending()
        late = time.monotonic() - self.patience
        for conn, begun in self._begun.copy().items():
            if begun <= late:
                # Its reader finds the end of the stream, as if the client had left.
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)

    def _asks_again(self, conn: TConn) -> bool:
        if self.nr_conns > self.cfg.threads:
            return False
        readable = select.poll()
        readable.register(conn.sock, select.POLLIN)
        return bool(readable.poll(self.linger))
