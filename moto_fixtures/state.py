"""The whole offline AWS, kept in a directory between two runs of the server.

Needs     a directory of its owner's, used by one server at a time; nothing that still runs
Writes    one file, whole or not at all: a line of JSON that says which code wrote it, and the
          backends of every account and region, S3's objects and the models of endpoints included

Only the very code that wrote a state reads it: what is pickled has no format but its classes.
Another version is refused, and left as it is. The clock goes on from where it stood; where it
was the machine's, what fell due meanwhile is not made up for.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import time_machine
from moto.backends import get_backend
from moto.core.base_backend import BackendDict

from moto_fixtures import checkout, clock, state_pickling
from moto_fixtures.jobs import images

FILE = "offline-aws.state"
LOCK = "lock"
FORMAT = 1
PACKAGE = Path(__file__).parent


class StateError(Exception):
    """A state cannot be kept or taken up again; one line says why and what to do."""


@contextmanager
def directory(path: Path) -> Iterator[Path]:
    """Hold a directory: made where there is none, and no other server's.

    Raises StateError.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path / LOCK).open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateError(
                f"{path}: another server keeps its state there, and both would overwrite each "
                "other's; stop it, or name another directory"
            ) from error
        yield path


def save(path: Path) -> None:
    """Write the state of this process's backends below a directory that is held.

    Raises StateError, and leaves what was there before.
    """
    with clock.lock:
        try:
            body = state_pickling.dumps(_taken())
        except state_pickling.UnpicklableError as error:
            raise StateError(
                f"{path / FILE}: the state cannot be written ({error}), so the one before it stays"
            ) from error
    partial = path / f"{FILE}.partial"
    partial.touch(mode=0o600)
    with partial.open("wb") as file:
        file.write(json.dumps(_header()).encode() + b"\n")
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path / FILE)


def restore(path: Path) -> bool:
    """Take up the state below a directory that is held; whether there was one.

    Raises StateError: it is damaged, other code wrote it, or others may have.
    """
    file = path / FILE
    if not file.exists():
        return False
    _check_owner(file)
    with file.open("rb") as opened:
        _check_header(file, opened.readline())
        body = opened.read()
    try:
        taken = state_pickling.loads(body)
    except Exception as error:
        raise StateError(
            f"{file}: damaged ({type(error).__name__}: {error}), so nothing is taken from it; "
            "remove it to start with an empty account"
        ) from error
    _put_back(taken)
    return True


def _taken() -> dict[str, Any]:
    backends = {
        found.service_name: {account: dict(regions) for account, regions in found.items()}
        for found in BackendDict._instances
    }
    travelled = time_machine.escape_hatch.is_travelling()
    return {
        "backends": backends,
        "clock": clock.now() if travelled else None,
        "is_frozen": clock.is_frozen(),
        "checkouts": checkout.all_registered(),
        "images": images.registered(),
    }


def _put_back(taken: dict[str, Any]) -> None:
    for service, accounts in taken["backends"].items():
        found: Any = get_backend(service)
        for account, regions in accounts.items():
            for region, backend in regions.items():
                found[account][region] = backend
    for location, repository in taken["checkouts"].items():
        checkout.register(location, repository)
    for image, command in taken["images"].items():
        images.register(image, command)
    stood: datetime | None = taken["clock"]
    clock.travel(stood or clock.now())
    if taken["is_frozen"]:
        clock.freeze()


def _check_owner(file: Path) -> None:
    """A state is a program as much as data: only its owner may have written it."""
    found = file.stat()
    if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StateError(
            f"{file}: others than you can write it, and reading it would run what they wrote; "
            "remove it, or take it over with chown and chmod 600 if you trust it"
        )


def _check_header(file: Path, line: bytes) -> None:
    try:
        header = json.loads(line)
    except ValueError as error:
        raise StateError(
            f"{file}: no state of the offline AWS; remove it to start with an empty account"
        ) from error
    ours = _header()
    if differing := sorted(name for name in ours if header.get(name) != ours[name]):
        raise StateError(
            f"{file}: written by another version (other {', '.join(differing)}), which alone can "
            "read it; go back to that version, or remove it to start with an empty account"
        )


@cache
def _header() -> dict[str, Any]:
    """What a state depends on: whatever defines the classes in it."""
    code = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        code.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return {
        "format": FORMAT,
        "python": platform.python_version(),
        "moto": version("moto"),
        "code": code.hexdigest()[:16],
    }
