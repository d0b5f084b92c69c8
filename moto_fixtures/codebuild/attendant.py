"""Who attends a build while its commands run: told of each phase, and able to end it.

The runner knows nothing of AWS. What it needs from it (values that a buildspec names, a place
for the artifacts) and what it has to tell, goes through here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from moto_fixtures.buildspec import LOOKED_UP, BuildspecError


class UploadError(Exception):
    """The artifacts could not be put where they belong; the message says why."""


class Attendant:
    """Attends a build that nobody watches; `StartBuild` has one that does."""

    def __init__(self) -> None:
        self.halted = ""
        """STOPPED or TIMED_OUT once the build is made to end."""
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def halt(self, status: str) -> None:
        """End the build: its command and all that it started are killed."""
        with self._lock:
            self.halted = self.halted or status
            if self._process is not None:
                kill(self._process)

    @contextmanager
    def watching(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """While a command runs."""
        with self._lock:
            self._process = process
            if self.halted:
                kill(process)
        try:
            yield
        except BaseException:
            kill(process)
            raise
        finally:
            with self._lock:
                self._process = None

    def enter(self, phase: str) -> None:
        """A phase begins."""

    def leave(self, phase: str, status: str, reason: str) -> None:
        """A phase has ended."""

    def look_up(self, env: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
        """The values of a buildspec's variables that are kept elsewhere.

        Raises BuildspecError where there is no account to keep them.
        """
        del given
        for section in LOOKED_UP:
            if env.get(section):
                raise BuildspecError(
                    f"env.{section}: only a build of a project, by StartBuild, has an account to "
                    "look values up in; give them with -e NAME=VALUE"
                )
        return {}

    def publish(self, name: str) -> None:
        """The artifacts are copied; `name` is what the buildspec calls them."""


def kill(process: subprocess.Popen[str]) -> None:
    """A process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
