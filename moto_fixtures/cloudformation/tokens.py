"""ClientRequestToken: the same request sent twice is one operation, and answered alike.

Needs     an action's name, its request, and how it is carried out
Gives     its answer, or that of the first request with the same token; the token of events

A call waits here until its stack is done, so a client that has lost patience sends it again
while the first is under way: then the second waits for the first. What was refused is forgotten:
the same token may be sent again.

Source: ClientRequestToken of CreateStack, UpdateStack, DeleteStack, ExecuteChangeSet,
ContinueUpdateRollback and RollbackStack, ClientToken of CreateChangeSet and ClientRequestToken of
StackEvent, CloudFormation API Reference. UNCONFIRMED: how long AWS remembers a token, and that
it refuses another request that has it; here it is remembered as long as the account.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from moto.core.responses import TYPE_RESPONSE

from moto_fixtures.cloudformation.errors import TokenAlreadyExists

MEMBERS = ("ClientRequestToken", "ClientToken")
"""CreateChangeSet's has the shorter name, and no error for another request that has it."""
_OF_EVENTS: ContextVar[str | None] = ContextVar("client_request_token", default=None)


@dataclass
class _Sent:
    """A request that had a token, and its answer once there is one."""

    action: str
    request: Mapping[str, Any]
    ended: threading.Event = field(default_factory=threading.Event)
    answer: TYPE_RESPONSE | None = None
    """None while it is under way, and for ever when it was refused."""


class Tokens:
    """The tokens of one account and region."""

    def __init__(self) -> None:
        self._sent: dict[str, _Sent] = {}
        self._guard = threading.Lock()

    def once(
        self, action: str, request: Mapping[str, Any], carry_out: Callable[[], TYPE_RESPONSE]
    ) -> TYPE_RESPONSE:
        """Carry a request out, or answer as the same request with the same token was.

        Raises TokenAlreadyExists when another request has its token.
        """
        token = next((str(request[name]) for name in MEMBERS if request.get(name)), None)
        if token is None:
            return carry_out()
        with self._guard:
            earlier = self._earlier(token, action, request)
            if earlier is None:
                mine = self._sent[token] = _Sent(action, dict(request))
        if earlier is not None:
            earlier.ended.wait()
            return earlier.answer or self.once(action, request, carry_out)
        try:
            with _events_have(token):
                answer = carry_out()
            if answer[0] < 400:
                mine.answer = answer
            return answer
        finally:
            with self._guard:
                if mine.answer is None and self._sent.get(token) is mine:
                    del self._sent[token]
            mine.ended.set()

    def _earlier(self, token: str, action: str, request: Mapping[str, Any]) -> _Sent | None:
        found = self._sent.get(token)
        if found is None or (found.action, found.request) == (action, request):
            return found
        if "ClientToken" in request:
            return None
        raise TokenAlreadyExists("A client request token already exists.")


def of_events() -> str | None:
    """The token of the operation under way in this thread, for the events that it leaves."""
    return _OF_EVENTS.get()


@contextmanager
def _events_have(token: str) -> Iterator[None]:
    before = _OF_EVENTS.set(token)
    try:
        yield
    finally:
        _OF_EVENTS.reset(before)
