"""One command run as a container runs it: its own /opt/ml, few variables, a log, a time limit.

Needs     a directory laid out as the container contract says
Gives     its exit code, or that it was stopped or had its time

There is no isolation: the command runs as the user who runs the offline AWS. Only code of
one's own belongs in a job here.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import time_machine
from moto.core.utils import utcnow

from moto_fixtures.jobs.background import OVERRAN, closing
from moto_fixtures.jobs.logs import Log

GRACE = 120.0
"""Seconds between SIGTERM and SIGKILL, as the service's."""
LOOK = 0.1
INSIDE = Path(__file__).with_name("inside")
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "LD_LIBRARY_PATH")
"""Variables of this process that a job's process keeps: what programs need to start."""
NOT_FOUND = 127
PYTHON = re.compile(r"(.*/)?python(3(\.\d+)?)?")
_CONTAINER = re.compile(r"(?<![\w./-])/opt/ml(?=/|\W|$)")
_SHIM = '#!/bin/sh\nexec "{python}" {arguments}"$@"\n'


@dataclass(frozen=True, slots=True)
class Container:
    """What is run, and where its file system is."""

    root: Path
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: str = "/"
    """Where it starts, as the container says it."""
    search: Sequence[Path] = ()
    """Directories of this machine in which its Python finds the image's own packages."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How it ended: by itself with a code, or made to end, with a word why."""

    code: int | None
    why: str = ""
    """`Stopped` or `MaxRuntimeExceeded` when it did not end by itself."""


def run(container: Container, log: Log, stopping: threading.Event, seconds: float) -> Exit:
    """Run to the end; everything it prints is a line of the log."""
    command = _command(container)
    try:
        process = subprocess.Popen(  # noqa: S603 (the user's own command is what a job is)
            command,
            cwd=_local(container.root, container.directory),
            env=_environment(container),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        log.write(f"exec: {container.command[0]!r}: {error.strerror}")
        log.flush()
        return Exit(NOT_FOUND)
    reader = threading.Thread(target=_read, args=(process, log, container.root), daemon=True)
    reader.start()
    try:
        why = _attend(process, stopping, time.monotonic() + seconds)
    finally:
        _end(process, signal.SIGKILL)
        process.wait()
        reader.join()
        log.flush()
    return Exit(None if why else process.returncode, why)


def led(root: Path, text: str) -> str:
    """A text in which the container's paths are those of this machine.

    >>> led(Path("/tmp/job"), "--model-dir=/opt/ml/model s3://bucket/opt/ml/model")
    '--model-dir=/tmp/job/opt/ml/model s3://bucket/opt/ml/model'
    """
    return _CONTAINER.sub(lambda found: f"{root}{found[0]}", text)


def _attend(process: subprocess.Popen[bytes], stopping: threading.Event, until: float) -> str:
    """Wait for its end; make it end when it is asked to, or has had its time."""
    while True:
        try:
            process.wait(LOOK)
        except subprocess.TimeoutExpired:
            if not stopping.is_set() and time.monotonic() < until:
                continue
            why = "Stopped" if stopping.is_set() else OVERRAN
            _end(process, signal.SIGTERM)
            grace = time.monotonic() + GRACE
            while process.poll() is None and time.monotonic() < grace:
                if closing.wait(LOOK):
                    break
            return why
        return ""


def _end(process: subprocess.Popen[bytes], with_signal: signal.Signals) -> None:
    """To the process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, with_signal)


def _read(process: subprocess.Popen[bytes], log: Log, root: Path) -> None:
    assert process.stdout is not None
    with process.stdout as printed:
        for line in printed:
            log.write(line.decode("utf-8", "replace").rstrip("\r\n").replace(str(root), ""))


def _local(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _command(container: Container) -> list[str]:
    """The command on this machine: this interpreter for any Python, paths led below the root."""
    first, *others = container.command
    program = sys.executable if PYTHON.fullmatch(first) else led(container.root, first)
    for argument in container.command:
        if argument.startswith("/opt/ml/") and argument.endswith(".sh"):
            _lead_script(container.root, argument)
    return [program, *(led(container.root, one) for one in others)]


def _lead_script(root: Path, path: str) -> None:
    """A shell script's own paths, in the job's copy of it."""
    script = _local(root, path)
    if script.is_file():
        script.write_text(led(root, script.read_text(encoding="utf-8")), encoding="utf-8")


def _environment(container: Container) -> dict[str, str]:
    """What a program needs to start, what keeps it in its place, and what the job was given."""
    tools = _tools(container.root)
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    given = {name: led(container.root, text) for name, text in container.environment.items()}
    own = map(str, container.search)
    search = [str(INSIDE), *filter(None, [given.pop("PYTHONPATH", "")]), *own]
    made = {
        **kept,
        "HOME": str(container.root),
        "PYTHONUNBUFFERED": "1",
        "OFFLINE_CONTAINER_ROOT": str(container.root),
        **given,
        "PATH": f"{tools}:{given.get('PATH', kept.get('PATH', os.defpath))}",
        "PYTHONPATH": ":".join(search),
    }
    if time_machine.escape_hatch.is_travelling():
        made["OFFLINE_CONTAINER_NOW"] = f"{utcnow().isoformat()}+00:00"
    return made


def _tools(root: Path) -> Path:
    """A directory in which every Python is this interpreter, and every pip ours."""
    directory = root / "usr" / "local" / "bin"
    if not directory.is_dir():
        directory.mkdir(parents=True)
        for name in ("python", "python3", "pip", "pip3"):
            arguments = "-m pip " if name.startswith("pip") else ""
            shim = directory / name
            shim.write_text(_SHIM.format(python=sys.executable, arguments=arguments))
            shim.chmod(0o755)
    return directory


def remove(root: Path) -> None:
    """Delete a file system."""
    shutil.rmtree(root, ignore_errors=True)
