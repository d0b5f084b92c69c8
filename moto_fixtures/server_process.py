"""The offline AWS as a process of its own, and the few things one says to it besides AWS's API.

Needs     `python -m moto_fixtures serve`
Leaves    a server on a free loopback port while a `with` block lasts; its log in a file
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
START_UP_SECONDS = 300
"""Five are enough by itself; beside a busy build they may take a minute."""
STOP_SECONDS = 300
"""A server that keeps its state writes it before it ends."""


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A running offline AWS."""

    url: str

    def travel(self, to: datetime) -> None:
        """Set the clock without running anything."""
        self._post("clock", {"to": to.isoformat()})

    def advance(self, to: datetime) -> Any:
        """Wind the clock on, running all that falls due on the way."""
        return self._post("advance", {"to": to.isoformat()})

    def send(self, endpoint: str, records: Sequence[Mapping[str, str]]) -> Any:
        """Bulk traffic: each record is answered by the endpoint's model and captured."""
        return self._post("traffic", {"EndpointName": endpoint, "Records": list(records)})

    def _post(self, path: str, body: object) -> Any:
        request = urllib.request.Request(  # noqa: S310 (our own loopback server)
            f"{self.url}/offline/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            raise RuntimeError(f"/offline/{path}: {error.code} {said}") from error


@contextmanager
def running(log: Path, state: Path | None = None) -> Iterator[ServerProcess]:
    """Start a server on a free port, wait until it answers, and stop it afterwards.

    With `state` it goes on from what a server left in that directory, and leaves its own there.
    """
    with tempfile.TemporaryDirectory() as directory, log.open("wb") as output:
        ready = Path(directory, "url")
        command = [sys.executable, "-m", "moto_fixtures", "serve", "--port", "0"]
        command += ["--state", str(state)] if state else []
        process = subprocess.Popen(  # noqa: S603 (our own module)
            [*command, "--ready-file", str(ready)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
        )
        try:
            yield ServerProcess(_url(process, ready, log))
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _url(process: subprocess.Popen[bytes], ready: Path, log: Path) -> str:
    until = time.monotonic() + START_UP_SECONDS
    while time.monotonic() < until:
        if ready.exists() and (url := ready.read_text().strip()):
            return url
        if process.poll() is not None:
            break
        time.sleep(0.05)
    last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing"]
    raise RuntimeError(f"the offline AWS did not start; {log} ends: {last[0]}")
