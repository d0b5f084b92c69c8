"""A user's script in a process of its own, and every way in which it can fail as a whole.

Needs     the script's file, limits, and the few variables it may see
Gives     answers to batches of records; MonitoringError when the script is of no use

A fault in one record is an answer like any other. What ends here is a script that does not
load, that has no handler, that falls silent or that a limit stops: then nothing it made is used.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from monitoring.errors import MonitoringError, UsageError

PREPROCESS: Final = "preprocess_handler"
POSTPROCESS: Final = "postprocess_handler"
SECONDS: Final = 60.0
MEMORY: Final = 2 << 30
LEAST_MEMORY: Final = 64 << 20
"""Bytes below which not even the interpreter starts."""
PATIENCE: Final = 5.0
"""Seconds a script has for its end, once it has answered everything."""
LONGEST_ANSWER: Final = 64 << 20
"""Bytes of the answer to one record."""
AWS_SENTENCE: Final = "Preprocess Handler not implemented correctly in customer script."
"""The exit message of AWS's container, whatever went wrong in the handler."""

_WORKER = Path(__file__).with_name("worker.py")
_CHUNK = 1 << 16
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a script may use."""

    seconds: float = SECONDS
    """How long it may give no answer: to one record, or while it is loaded."""
    memory: int = MEMORY
    """Bytes of address space, the interpreter's own included."""

    def __post_init__(self) -> None:
        if not 0 < self.seconds < float("inf"):
            raise UsageError(f"a script's time limit is {self.seconds} s; give more than 0.")
        if self.memory < LEAST_MEMORY:
            raise UsageError(
                f"a script's memory limit is {self.memory >> 20} MiB; Python alone needs "
                f"{LEAST_MEMORY >> 20}."
            )


@dataclass(frozen=True, slots=True)
class Script:
    """A file with a handler, and how it is run."""

    path: Path
    limits: Limits = field(default_factory=Limits)
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables meant for it; besides them it sees a path and a language."""

    @contextmanager
    def running(
        self, handler: Literal["preprocess_handler", "postprocess_handler"]
    ) -> Iterator[Running]:
        """The script, loaded and waiting. Its process is gone when the block ends.

        Raises UsageError when there is no such file, MonitoringError when it is of no use.
        """
        if not self.path.is_file():
            raise UsageError(f"{self.path}: there is no such script; check the path.")
        process = subprocess.Popen(  # noqa: S603  (our own worker; the script is the user's)
            [
                *(sys.executable, "-I", "-X", "utf8", str(_WORKER)),
                *(str(self.path.resolve()), handler, str(self.limits.memory)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment(),
            start_new_session=True,
            bufsize=0,
        )
        try:
            running = Running(self, handler, process)
            running.expect("ready")
            yield running
            _let_end(process)
        finally:
            _end(process)

    def _environment(self) -> dict[str, str]:
        usual = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {**usual, **self.variables}


@dataclass(slots=True)
class Running:
    """A script's process: records go in by batches, an answer for each comes out."""

    script: Script
    handler: str
    process: subprocess.Popen[bytes]
    _held: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        os.set_blocking(self._stdin, False)

    def expect(self, what: str) -> None:
        """Wait until the script says that it is ready, or done."""
        said = self._parsed(self._line())
        if not said.get(what):
            raise self._failure("protocol", "")

    def exchange(self, records: Sequence[bytes]) -> list[dict[str, Any]]:
        """The answers to some records, each one line of JSON: `{"rows": …}` or `{"fault": …}`.

        Numbers stay the text they were written as. Raises MonitoringError when the script
        ends, falls silent or is stopped by a limit.
        """
        self._send(b"%d\n%s\n" % (len(records), b"\n".join(records)))
        return [self._parsed(self._line()) for _ in records]

    @property
    def _stdin(self) -> int:
        assert self.process.stdin is not None
        return self.process.stdin.fileno()

    @property
    def _stdout(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            _, ready, _ = select.select([], [self._stdin], [], self.script.limits.seconds)
            if not ready:
                raise self._failure("silent", "")
            try:
                rest = rest[os.write(self._stdin, rest) :]
            except BrokenPipeError:
                raise self._ended() from None

    def _line(self) -> bytes:
        """The next line of the script's answers; raises MonitoringError when none comes."""
        searched = 0
        deadline = time.monotonic() + self.script.limits.seconds
        while (end := self._held.find(b"\n", searched)) < 0:
            searched = len(self._held)
            if searched > LONGEST_ANSWER:
                raise self._failure("endless", "")
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._stdout], [], [], left)[0]:
                raise self._failure("silent", "")
            chunk = os.read(self._stdout, _CHUNK)
            if not chunk:
                raise self._ended()
            self._held += chunk
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        return line

    def _parsed(self, line: bytes) -> dict[str, Any]:
        try:
            said = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
        except ValueError:
            raise self._failure("protocol", "") from None
        if not isinstance(said, dict):
            raise self._failure("protocol", "")
        if "fatal" in said:
            raise self._failure(str(said["fatal"]), str(said.get("detail", "")))
        return said

    def _ended(self) -> MonitoringError:
        try:
            code = self.process.wait(self.script.limits.seconds)
        except subprocess.TimeoutExpired:
            return self._failure("silent", "")
        if code >= 0:
            return self._failure("exited", str(code))
        return self._failure("killed", signal.Signals(-code).name)

    def _failure(self, what: str, detail: str) -> MonitoringError:
        """The error in one line; the cause and what to do are told apart by `what`."""
        limits, signature = self.script.limits, f"{self.handler}()"
        if self.handler == PREPROCESS:
            signature = f"{PREPROCESS}(inference_record) or {PREPROCESS}(inference_record, logger)"
        causes = {
            "load": (f"cannot be loaded ({detail})", "Run the file with Python to see why."),
            "handler": (f"has no function {self.handler}", f"Define {signature}."),
            "signature": (f"{self.handler} takes other arguments", f"Define {signature}."),
            "raised": (f"{self.handler} raised {detail}", "Mend it; the job's log has its output."),
            "memory": (
                f"needs more than its {limits.memory >> 20:,} MiB of memory",
                "Keep less between records, or raise script_memory_mb.",
            ),
            "silent": (
                f"gave no answer for {limits.seconds:g} s and was stopped",
                "Look for an endless loop or a wait for the network, or raise script_seconds.",
            ),
            "endless": (
                f"answered one record with more than {LONGEST_ANSWER >> 20} MiB",
                "Return the row, not the history.",
            ),
            "exited": (f"ended by itself (exit code {detail})", "Return from the handler instead."),
            "killed": (f"was ended by {detail}", "Look for native code, or too little memory."),
        }
        cause, remedy = causes.get(
            what, ("wrote into the channel of its answers", "Print to stdout or stderr only.")
        )
        fate = "so nothing was evaluated"
        if self.handler == POSTPROCESS:
            fate = "after the analysis was published whole"
        sentence = f"{AWS_SENTENCE} " if self.handler == PREPROCESS else ""
        return MonitoringError(f"{sentence}{self.script.path.name}: {cause}, {fate}. {remedy}")


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """No more records: what the script does at exit, it may do for a moment."""
    assert process.stdin is not None
    process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop a script's process and whatever it started."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
