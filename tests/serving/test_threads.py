"""No client holds a thread for ever, and one that goes on asking keeps its own."""

from __future__ import annotations

import os
import socket
import threading

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn

from serving.threads import Worker

ASKED = b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWERED = b"\r\n\r\nhere"


def answer(environ, start_response):
    sent = int(environ.get("CONTENT_LENGTH", 0))
    if len(environ["wsgi.input"].read(sent)) < sent:
        raise ConnectionResetError
    start_response("200 OK", [("Content-Length", "4")])
    return [b"here"]


class Connected:
    """A client, and a worker that has its connection in a thread."""

    def __init__(self) -> None:
        config = Config()
        config.set("worker_class", "serving.threads.Worker")
        self.worker = Worker(0, os.getpid(), [], None, 30, config, Logger(config))
        self.worker.wsgi = answer
        self.worker.nr_conns = 1
        self.client, there = socket.socketpair()
        self.client.settimeout(30)
        self.connection = TConn(config, there, ("127.0.0.1", 1), ("127.0.0.1", 2))
        self.kept: list[object] = []
        self.thread = threading.Thread(target=self._handle)

    def _handle(self) -> None:
        self.kept.append(self.worker.handle(self.connection))

    def answered(self) -> bytes:
        found = b""
        while not found.endswith(ANSWERED):
            found += self.client.recv(4096)
        return found

    def close(self) -> None:
        self.client.close()
        self.thread.join(30)
        self.connection.close()
        self.worker.tmp.close()


@pytest.fixture
def connected():
    found = Connected()
    yield found
    found.close()


@pytest.mark.parametrize(
    "half",
    [b"GET /pi", b"GET /ping HTTP/1.1\r\nHost:", ASKED[:-2] + b"Content-Length: 9\r\n\r\n1,"],
    ids=["line", "headers", "body"],
)
def test_a_request_that_does_not_arrive_is_ended(connected, half):
    connected.worker.patience = 0.0
    connected.client.sendall(half)
    connected.thread.start()
    while connected.thread.is_alive():
        connected.worker.murder_pending()
        connected.thread.join(0.05)
    assert connected.kept == [False]


def test_within_its_time_it_is_waited_for(connected):
    connected.client.sendall(ASKED[:9])
    connected.thread.start()
    connected.worker.murder_pending()
    connected.client.sendall(ASKED[9:])
    assert connected.answered().startswith(b"HTTP/1.1 200")


def test_a_client_that_asks_again_at_once_keeps_its_thread(connected):
    connected.worker.linger = 30_000
    connected.thread.start()
    for _ in range(3):
        connected.client.sendall(ASKED)
        connected.answered()
    assert connected.thread.is_alive()


def test_where_others_wait_it_gives_the_thread_back(connected):
    connected.worker.nr_conns = connected.worker.cfg.threads + 1
    connected.worker.linger = 30_000
    connected.thread.start()
    connected.client.sendall(ASKED)
    connected.answered()
    connected.thread.join(30)
    assert connected.kept == [True]
