"""Capture files → runs of whole lines, and numbered lines; what a file can do wrong ends here.

Needs     a directory of capture files, or the files themselves
Gives     one `Run` or `Line` after the other; never more than one run in memory

A capture file is data its callers chose. A line may be endless and a gzip file may
unpack to anything, so both are read against a limit.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np

from monitoring.errors import CaptureError

LINE_LIMIT = 64 << 20
"""Bytes. The largest payload is 6 MiB each way; base64 and JSON escapes make it longer."""
UNPACKED_LIMIT = 4 << 30
"""Bytes one gzip file may unpack to."""
RUN_BYTES = 1 << 20

_GZIP_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_BLANKS = b"\r\n \t"


class Flaw(Exception):
    """One line or record cannot be used: `count` names its counter, `cause` says why.

    A signal inside this package; nothing outside sees it. The cause never holds a piece of
    the payload.
    """

    def __init__(self, count: str, cause: str) -> None:
        super().__init__(cause)
        self.count = count
        self.cause = cause


class Line(NamedTuple):
    """One line without its end, or why there is none."""

    number: int
    data: bytes
    flaw: Flaw | None = None

    @classmethod
    def of(cls, number: int, raw: bytes) -> Line:
        """A line as it stands in a file: with its end, and a byte order mark at the top."""
        data = raw.strip(_BLANKS)
        return cls(number, data.removeprefix(_BOM) if number == 1 else data)


class Run(NamedTuple):
    """Whole lines of one file, each with its end; or no line, and why."""

    number: int
    """Of the first line, counted from 1."""
    data: bytearray
    flaw: Flaw | None = None

    def lines(self) -> Iterator[Line]:
        """The lines one by one."""
        if self.flaw is not None:
            yield Line(self.number, b"", self.flaw)
            return
        for number, raw in enumerate(bytes(self.data).split(b"\n")[:-1], self.number):
            yield Line.of(number, raw)


def capture_files(source: Path | Iterable[Path]) -> list[Path]:
    """The files to read, in the order of their names.

    Hidden files and markers such as `_SUCCESS` hold no captures and are left out.

    Raises CaptureError when `source` does not exist.
    """
    if not isinstance(source, Path):
        return sorted(source)
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise CaptureError(
            f"{source}: no such directory. It should hold captured traffic "
            "(.jsonl files as the endpoint wrote them); check the path."
        )
    inside = (path.relative_to(source) for path in source.rglob("*") if path.is_file())
    return [
        source / path
        for path in sorted(inside)
        if not any(part.startswith((".", "_")) for part in path.parts)
    ]


def read_lines(
    path: Path, line_limit: int = LINE_LIMIT, unpacked_limit: int = UNPACKED_LIMIT
) -> Iterator[Line]:
    """The lines of one file, plain or gzipped, counted from 1."""
    for run in read_runs(path, RUN_BYTES, line_limit, unpacked_limit):
        yield from run.lines()


def read_runs(
    path: Path,
    run_bytes: int = RUN_BYTES,
    line_limit: int = LINE_LIMIT,
    unpacked_limit: int = UNPACKED_LIMIT,
) -> Iterator[Run]:
    """A file, plain or gzipped, in runs of about `run_bytes`; a longer line is a longer run."""
    number = 1
    try:
        with _open(path) as stream:
            packed = isinstance(stream, gzip.GzipFile)
            size = run_bytes if packed else os.fstat(stream.fileno()).st_size + 1
            reader = _Reader(stream, line_limit, unpacked_limit if packed else None)
            for run in reader.runs(min(run_bytes, size, line_limit + 1)):
                yield run
                number = reader.number
    except Flaw as flaw:
        yield Run(number, bytearray(), flaw)
    except (OSError, EOFError, zlib.error) as error:
        cause = f"the file cannot be read further ({type(error).__name__})"
        yield Run(number, bytearray(), Flaw("unreadable", cause))


def _open(path: Path) -> BinaryIO:
    stream = path.open("rb")
    if stream.read(2) != _GZIP_MAGIC:
        stream.seek(0)
        return stream
    stream.close()
    return cast(BinaryIO, gzip.open(path, "rb"))


@dataclass(slots=True)
class _Reader:
    """One open file, cut behind the last line that fits."""

    stream: BinaryIO
    line_limit: int
    total_limit: int | None
    number: int = 1
    total: int = 0
    held: bytes = b""
    """The start of a line whose end is not read yet."""
    error: Exception | None = field(default=None)

    def runs(self, size: int) -> Iterator[Run]:
        """Raises what reading raised, or Flaw, once what came before it is out."""
        room = size
        while data := self._filled(room):
            cut = data.rfind(b"\n") + 1
            ended = len(data) < room
            if not cut and not ended and room <= self.line_limit:
                self.held, room = bytes(data), min(2 * room, self.line_limit + 1)
                continue
            if not cut and len(data) > self.line_limit:
                yield self._dropped()
                room = size
                continue
            if ended and self.error is None:
                cut = len(data)
            self.held, room = bytes(data[cut:]), size
            if cut:
                del data[cut:]
                yield self._run(data)
            if ended:
                break
        if self.error is not None:
            raise self.error

    def _run(self, data: bytearray) -> Run:
        if not data.endswith(b"\n"):
            data += b"\n"
        run = Run(self.number, data)
        self.number += int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))
        return run

    def _filled(self, room: int) -> bytearray:
        """What is held and what follows it, up to `room` bytes: less only where the file ends."""
        data = bytearray(room)
        filled = len(self.held)
        data[:filled] = self.held
        with memoryview(data) as view:
            while filled < room and (got := self._read(view[filled:])):
                filled += got
        del data[filled:]
        return data

    def _read(self, into: memoryview) -> int:
        """How many bytes came; none at the end, where reading fails, or at the limit."""
        if self.error is not None:
            return 0
        try:
            got = self.stream.readinto1(into)  # type: ignore[attr-defined]
        except (OSError, EOFError, zlib.error) as error:
            self.error = error.with_traceback(None)  # its frames would hold on to `into`
            return 0
        self.total += got
        if self.total_limit is None or self.total <= self.total_limit:
            return int(got)
        limit = self.total_limit >> 20
        self.error = Flaw("unreadable", f"the file unpacks to more than {limit} MiB")
        return int(got) - (self.total - self.total_limit)

    def _dropped(self) -> Run:
        """Reads a line that is too long to its end; raises Flaw at the limit of the file."""
        self.held = b""
        while data := self._filled(RUN_BYTES):
            end = data.find(b"\n") + 1
            if end:
                self.held = bytes(data[end:])
                break
        if self.error is not None and not self.held:
            raise self.error
        cause = f"the line is longer than {self.line_limit >> 20} MiB"
        run = Run(self.number, bytearray(), Flaw("oversize", cause))
        self.number += 1
        return run
