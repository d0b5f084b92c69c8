"""Capture files → numbered lines; what a file can do wrong ends here.

Needs     a directory of capture files, or the files themselves
Gives     one `Line` after the other; never more than one line in memory

A capture file is data its callers chose. A line may be endless and a gzip file may
unpack to anything, so both are read against a limit.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from monitoring.errors import CaptureError

LINE_LIMIT = 64 << 20
"""Bytes. The largest payload is 6 MiB each way; base64 and JSON escapes make it longer."""
UNPACKED_LIMIT = 4 << 30
"""Bytes one gzip file may unpack to."""

_GZIP_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


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
    number = 0
    try:
        with _open(path) as stream:
            for number, data, whole in _limited(stream, line_limit, unpacked_limit):
                if whole:
                    yield Line(number, data.removeprefix(_BOM) if number == 1 else data)
                else:
                    cause = f"the line is longer than {line_limit >> 20} MiB"
                    yield Line(number, b"", Flaw("oversize", cause))
    except Flaw as flaw:
        yield Line(number + 1, b"", flaw)
    except (OSError, EOFError, zlib.error) as error:
        cause = f"the file cannot be read further ({type(error).__name__})"
        yield Line(number + 1, b"", Flaw("unreadable", cause))


def _open(path: Path) -> BinaryIO:
    stream = path.open("rb")
    if stream.read(2) != _GZIP_MAGIC:
        stream.seek(0)
        return stream
    stream.close()
    return cast(BinaryIO, gzip.open(path, "rb"))


def _limited(
    stream: BinaryIO, line_limit: int, unpacked_limit: int
) -> Iterator[tuple[int, bytes, bool]]:
    """Number, bytes, and whether they are the whole line; the rest of a long one is dropped."""
    packed = isinstance(stream, gzip.GzipFile)
    number = total = 0
    while data := stream.readline(line_limit + 1):
        number += 1
        tail = data
        while len(tail) > line_limit and not tail.endswith(b"\n"):
            tail = stream.readline(line_limit + 1)
            total += len(tail)
            if packed and total > unpacked_limit:
                break
        total += len(data)
        if packed and total > unpacked_limit:
            raise Flaw("unreadable", f"the file unpacks to more than {unpacked_limit >> 20} MiB")
        yield number, data.strip(b"\r\n \t"), len(data) <= line_limit or data.endswith(b"\n")
