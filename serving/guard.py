"""The door: who may ask, how often, under which name, and what every answer carries.

Needs     the settings' token, rate and host names
Writes    refusals in one line: 401, 403 and 429; security headers on every answer

/ping tells nothing but that the model is there, and pages that only describe the
application hold no data: those are open. Everything else wants the token where there is
one. Browsers send no credentials by themselves, so a foreign page cannot use a reader's.
"""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Collection

from flask import Flask, Response, request

from serving.payloads import LARGEST_BODY
from serving.rate import Buckets
from serving.settings import LOOPBACK, Settings

OPEN = frozenset({"/ping", "/", "/docs", "/openapi.json"})
"""Answered to anybody, when asked by GET."""
TOO_LARGE = 413
CHUNK = 64 << 10
PORT = re.compile(r":\d+$")
"""At the end of a Host header; [::1] has colons of its own."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
POLICY = "Content-Security-Policy"
NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The policy of every answer but the pages', which set their own."""


def install(app: Flask, settings: Settings) -> None:
    """Put the door in front of every route of `app`."""
    buckets = Buckets(settings.rate, settings.burst) if settings.rate else None

    @app.before_request
    def admit() -> Response | None:
        # Guessing the token is asking too, so the rate is looked at first.
        return (
            _wrong_host(settings.hosts)
            or (_too_often(buckets) if buckets else None)
            or _unauthorized(settings.token)
        )

    @app.after_request
    def protect(response: Response) -> Response:
        if response.status_code == TOO_LARGE:
            _read_on(LARGEST_BODY)
        response.headers.extend(HEADERS)
        if POLICY not in response.headers:
            response.headers.add(POLICY, NOTHING)
        return response


def _read_on(most: int) -> None:
    """Read what else is sent of a refused body, up to `most` bytes, and keep none of it.

    A client that still sends when the connection is closed never sees the refusal.
    """
    stream = request.environ["wsgi.input"]
    while most > 0 and (read := stream.read(min(most, CHUNK))):
        most -= len(read)


def _is_open() -> bool:
    return request.method in ("GET", "HEAD") and request.path in OPEN


def _wrong_host(hosts: Collection[str]) -> Response | None:
    """A page elsewhere can point a name of its own at this address; it cannot choose ours.

    The loopback names are always ours: the container's health check asks by them.
    """
    name = PORT.sub("", request.environ.get("HTTP_HOST", "")).lower()
    if not hosts or name in hosts or name in LOOPBACK:
        return None
    return _refusal("this server does not answer to the name in the Host header", 403)


def _unauthorized(token: str | None) -> Response | None:
    if token is None or _is_open():
        return None
    sent = request.headers.get("Authorization", "")
    # Compared in constant time: how long a refusal takes tells nothing about the token.
    if hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        return None
    refused = _refusal("a token is needed; send Authorization: Bearer TOKEN", 401)
    refused.headers["WWW-Authenticate"] = "Bearer"
    return refused


def _too_often(buckets: Buckets) -> Response | None:
    """There is one token, so a client is an address."""
    if request.path == "/ping":
        return None
    seconds = buckets.wait(request.remote_addr or "")
    if not seconds:
        return None
    refused = _refusal("too many requests; wait as long as Retry-After says", 429)
    refused.headers["Retry-After"] = str(math.ceil(seconds))
    return refused


def _refusal(reason: str, status: int) -> Response:
    return Response(f"{reason}\n", status, content_type="text/plain; charset=utf-8")
