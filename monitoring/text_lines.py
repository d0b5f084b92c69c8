"""A text file → its records, as text: lines, and of CSV as many as a quoted cell spans.

Needs     a file, plain or gzipped, and whether it is CSV
Gives     one numbered `Line` after the other; none that is blank

Nothing is parsed here but the quotes: a preprocessing script is handed the raw text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from monitoring.capture.lines import LINE_LIMIT, Flaw, Line, read_lines


def records_of(path: Path, *, csv: bool) -> Iterator[Line]:
    """The records of a file, each with the number of its first line."""
    if csv:
        yield from _joined(path)
        return
    for line in read_lines(path):
        if line.data or line.flaw is not None:
            yield line


def _joined(path: Path) -> Iterator[Line]:
    held: list[bytes] = []
    start, size, is_open = 0, 0, False
    for line in read_lines(path):
        if line.flaw is not None:
            yield line
            continue
        if not held and not line.data:
            continue
        start = start if held else line.number
        held.append(line.data)
        size += len(line.data) + 1
        is_open ^= bool(line.data.count(b'"') % 2)
        if not is_open:
            yield Line(start, b"\n".join(held))
            held, size = [], 0
        elif size > LINE_LIMIT:
            break
    if held:
        yield Line(start, b"", Flaw("malformed", "its quotes do not close"))
