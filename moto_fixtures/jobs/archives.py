"""Tar archives of a job: the code it is given, the model it leaves."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from moto_fixtures.jobs.background import JobError


def unpack(archive: bytes, into: Path, name: str) -> None:
    """Extract; raise JobError, with the archive's name, when it is none or leads elsewhere."""
    into.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as tar:
            tar.extractall(into, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        why = str(error).partition(":\n")[0]
        raise JobError(f"ClientError: {name} cannot be unpacked: {why}") from error


def pack(directory: Path) -> bytes:
    """A directory's content as a gzipped tar, names relative to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path in sorted(directory.rglob("*")):
            tar.add(path, path.relative_to(directory).as_posix(), recursive=False)
    return buffer.getvalue()
