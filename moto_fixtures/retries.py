"""A request that an SDK sends again is answered as it was, and carried out once.

Needs     `amz-sdk-invocation-id`, which SDKs keep from one attempt of a call to the next
Gives     the first attempt's answer to every later one; reading, and calls without the header,
          pass

AWS answers within seconds and goes on by itself. Here CreateEndpoint or ExecuteChangeSet answers
when it is done, which a busy machine may make longer than a client waits (60 seconds for boto3
and the aws CLI): they would send it again, and be told that the name is taken. So the later
attempt waits for the first, and an attempt whose client has given up makes room for the next.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

HEADER = "HTTP_AMZ_SDK_INVOCATION_ID"
READING = ("GET", "HEAD")
LEAST_PATIENCE = 0.5
"""Seconds. Nobody sends again what was answered sooner, so its answer is not kept."""
KEPT = 64
"""Answers kept, of the newest calls."""
LARGEST = 64 * 1024
"""Bytes of an answer that is kept; what a model answers may be larger."""

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass
class _Answer:
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def give(self, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response(self.status, self.headers)
        return [self.body]


SUPERSEDED = _Answer("503 Service Unavailable", [("Content-Length", "0")], b"")
"""For an attempt whose client has sent another since: nobody reads it."""


@dataclass
class _Call:
    """One call of a client: its first attempt, and those that wait for it."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    attempts: int = 1
    answer: _Answer | None = None
    has_failed: bool = False

    def wait(self) -> _Answer | None:
        """The answer to a later attempt; None when it has to be made anew."""
        with self.changed:
            self.attempts += 1
            mine = self.attempts
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.answer or self.has_failed or self.attempts > mine)
            if self.attempts > mine and not self.answer:
                return SUPERSEDED
            return self.answer

    def end(self, answer: _Answer | None) -> None:
        with self.changed:
            self.answer, self.has_failed = answer, answer is None
            self.changed.notify_all()


class Retries:
    """Goes before an application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._guard = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = environ.get(HEADER)
        if not name or environ["REQUEST_METHOD"] in READING:
            return self._application(environ, start_response)
        with self._guard:
            earlier = self._calls.get(name)
            if earlier is None:
                mine = self._calls[name] = _Call()
        if earlier is None:
            return self._carry_out(name, mine, environ).give(start_response)
        answer = earlier.wait()
        return answer.give(start_response) if answer else self(environ, start_response)

    def _carry_out(self, name: str, call: _Call, environ: Environ) -> _Answer:
        began = time.perf_counter()
        answer = None
        try:
            answer = _answer(self._application, environ)
        finally:
            # A failure of ours, or a throttled call, is sent again in order to be tried again.
            is_final = answer is not None and _is_final(answer)
            with self._guard:
                soon = time.perf_counter() - began < LEAST_PATIENCE
                if answer is None or not is_final or soon or len(answer.body) > LARGEST:
                    del self._calls[name]
                ended = [key for key, one in self._calls.items() if one.answer]
                for key in ended[: max(0, len(ended) - KEPT)]:
                    del self._calls[key]
            call.end(answer if is_final else None)
        return answer


def _answer(application: Application, environ: Environ) -> _Answer:
    told: list[Any] = []
    parts = application(environ, lambda status, headers, *_: told.extend((status, headers)))
    try:
        body = b"".join(parts)
    finally:
        if close := getattr(parts, "close", None):
            close()
    return _Answer(told[0], told[1], body)


def _is_final(answer: _Answer) -> bool:
    """Whether the same call, sent again, is not sent in the hope of another answer."""
    if answer.status[0] == "2":
        return True
    return answer.status[0] == "4" and b"throttl" not in answer.body.lower()
