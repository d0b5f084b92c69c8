"""How an application is run: whom it answers, what it keeps, where that goes.

Needs     the environment's SERVING_… variables
Writes    nothing

In a SageMaker container all of it is off but the request log: the platform authenticates,
limits and captures. The token comes from a file or the environment and never from the
command line, which every user of a machine can read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from monitoring.errors import UsageError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything off, as in a test or inside the offline AWS, unless it is said.

    >>> Settings.read({"SERVING_RATE": "50"}).rate
    50.0
    """

    token: str | None = field(default=None, repr=False)
    """What a caller must send as Authorization: Bearer …"""
    hosts: tuple[str, ...] = ()
    """The Host headers that are answered, lower-case and without port; any where there is none."""
    rate: float = 0.0
    """Requests a second of one client; 0 is no limit."""
    burst: float = 0.0
    """Requests one client may send at once after a rest; twice the rate unless it is said."""
    request_log: str = ""
    """A path, `-` for standard output, or nothing for no log."""
    capture: str = ""
    """Where data capture goes: a directory, s3://bucket/prefix, or nothing for none."""
    capture_percentage: float = 100.0
    """The share of requests captured, in percent."""
    endpoint: str = ""
    """The endpoint's name in capture's paths; the model's where nothing is said."""
    feedback: str = ""
    """Where feedback goes: a directory, s3://bucket/prefix, or nothing for none."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """The settings in the environment; raises UsageError naming the variable."""
        rate = _number(environment, "SERVING_RATE", 0.0, 1e6)
        hosts = environment.get("SERVING_HOSTS", "").split(",")
        return cls(
            token=_token(environment),
            hosts=tuple(host.strip().lower() for host in hosts if host.strip()),
            rate=rate,
            burst=max(1.0, _number(environment, "SERVING_BURST", 2 * rate, 1e6)),
            request_log=environment.get("SERVING_REQUEST_LOG", ""),
            capture=environment.get("SERVING_CAPTURE", ""),
            capture_percentage=_number(environment, "SERVING_CAPTURE_PERCENTAGE", 100.0, 100.0),
            endpoint=environment.get("SERVING_ENDPOINT", ""),
            feedback=environment.get("SERVING_FEEDBACK", ""),
        )


def _token(environment: Mapping[str, str]) -> str | None:
    token = environment.get("SERVING_TOKEN")
    where = "SERVING_TOKEN"
    if path := environment.get("SERVING_TOKEN_FILE"):
        where = f"SERVING_TOKEN_FILE {path}"
        try:
            token = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{where}: cannot be read ({type(error).__name__}), so nobody could be told "
                "from anybody; write the token there"
            ) from error
    if token is None:
        return None
    token = token.strip()
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise UsageError(
            f"{where}: a token has at least {SHORTEST_TOKEN} printable ASCII characters, or it "
            "is guessed; make one with: openssl rand -hex 32"
        )
    return token


def _number(environment: Mapping[str, str], name: str, default: float, most: float) -> float:
    text = environment.get(name, "")
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:
        raise UsageError(f"{name}: not a number from 0 to {most:g}; correct it or leave it out")
    return number
