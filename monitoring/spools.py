"""A document too long to be held: written as it comes, and read once, when it is published.

Needs     text, part by part
Gives     a file for `documents.publish`, which appears with the other documents or not at all

Until then it has no name on the disk: a run that fails, or is killed, leaves nothing behind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile

from monitoring.errors import MonitoringError

HELD = 1 << 20
"""Bytes kept in memory; a longer text goes to a nameless file in the system's own directory."""
PIECE = 1 << 16
"""Characters read at a time."""


class Spool:
    """Text that is written once, then read. Another process is handed all of it.

    >>> spool = Spool("income,age\\n")
    >>> spool.write("50,38\\n")
    6
    >>> "".join(spool.parts())
    'income,age\\n50,38\\n'
    """

    def __init__(self, text: str = "") -> None:
        self._file = SpooledTemporaryFile(  # noqa: SIM115
            HELD, "w+", encoding="utf-8", errors="backslashreplace", newline=""
        )
        self.write(text)

    def __reduce__(self) -> tuple[type[Spool], tuple[str]]:
        return Spool, ("".join(self.parts()),)

    def parts(self) -> Iterator[str]:
        """Everything written so far, piece by piece."""
        self._file.seek(0)
        while text := self._file.read(PIECE):
            yield text

    def write(self, text: str) -> int:
        """Append `text`; returns its length, as files do. Raises MonitoringError."""
        try:
            return self._file.write(text)
        except OSError as error:
            raise MonitoringError(
                f"a document of this run outgrew the temporary disk space ({error.strerror}), so "
                "nothing was published. Free space, or point TMPDIR to a larger disk."
            ) from error

    def copy_to(self, path: Path) -> None:
        """Write all of it to `path`, down to the disk. Raises OSError."""
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(self.parts())
            file.flush()
            os.fsync(file.fileno())
