"""What a container asks of AWS while it runs: its calls, answered by the process above it.

Needs     in the container, a way to pass a call on; above it, moto
Gives     a boto3 session whose requests travel that way, and the answers

A worker process has no AWS of its own, and in a test there is no server it could reach. So
an explanation's clients are real ones, and only their HTTP is carried through the pipe: the
temporary endpoint it starts, asks and deletes is a resource like any other.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request, signed and about to be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


ISOLATED = Reply(
    400,
    {"x-amzn-errortype": "NetworkIsolation"},
    b'{"message": "the job runs with network isolation (NetworkConfig), and reaches nothing"}',
)
"""What an isolated container gets. On AWS its calls find no route and time out."""


def answer(call: Call, account: str) -> Reply:
    """What the offline AWS answers to an account's call; what it cannot, it refuses."""
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders
    from moto.core.botocore_stubber import BotocoreStubber

    headers = HTTPHeaders()
    for name, value in {**call.headers, "x-moto-account-id": account}.items():
        headers[name] = value
    request = AWSPreparedRequest(call.method, call.url, headers, call.body, stream_output=False)
    try:
        answered = BotocoreStubber().process_request(request)
    except Exception as error:
        log.exception("%s %s of a container", call.method, call.url)
        return _refusal(f"{type(error).__name__}: {error}")
    if answered is None:
        return _refusal(f"{call.url} is not AWS; a container reaches nothing else.")
    status, found, body = answered
    return Reply(
        int(status),
        {name: str(value) for name, value in found.items()},
        body.encode() if isinstance(body, str) else bytes(body),
    )


def session(ask: Callable[[Call], Reply], region: str) -> boto3.Session:
    """A session whose clients send every request through `ask`, whatever AWS_ENDPOINT_URL says."""
    import boto3
    from botocore.awsrequest import AWSResponse
    from botocore.config import Config
    from botocore.session import Session

    def send(request: Any, **_: Any) -> AWSResponse:
        headers = {name: _text(value) for name, value in request.headers.items()}
        reply = ask(Call(request.method, request.url, headers, _bytes(request.body)))
        return AWSResponse(request.url, reply.status, reply.headers, _Raw(reply.body))

    core = Session()
    core.set_default_client_config(Config(ignore_configured_endpoint_urls=True))
    made = boto3.Session("offline", "offline", region_name=region, botocore_session=core)
    made.events.register("before-send", send)
    return made


class _Raw(io.BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _refusal(message: str) -> Reply:
    body = json.dumps({"__type": "NotSimulated", "message": message}).encode()
    return Reply(400, {"x-amzn-errortype": "NotSimulated"}, body)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body or b"")
