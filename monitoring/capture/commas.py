"""Lines of one form around CSV payloads → cells, by cutting whole lines at their commas.

Needs     whole lines of JSON, and one of them that has been parsed
Gives     the values of all lines as columns of cells; nothing where one line differs

A payload of CSV stands in its line as it is, unless a quote or a line end inside it had to
be escaped. So a CSV parser that takes the line itself for a row finds the payload's cells
without the line, or the payload, being copied first. What stands around the values must be
that of the parsed line, byte for byte, and no line may hold another quote: then the line is
the parsed one with other values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from monitoring.capture.forms import Form, Path, at

_FIRST_PRINTED = 32
_QUOTE, _SLASH = b'"\\'


Cells = Mapping[Path, list[pa.StringArray]]
"""The values of many lines, by their paths, each cut at its commas into columns."""


class Cell(NamedTuple):
    """What stands between two commas of a line."""

    before: str
    """All of it, where there is no value; else what comes before the value."""
    path: Path | None = None
    after: str = ""

    def texts(self, column: pa.StringArray) -> pa.StringArray | None:
        """The value in each line; None where a line has something else around it.

        >>> Cell('"id":"', ("id",), '"}').texts(pa.array(['"id":"a"}', '"id":"b"}'])).to_pylist()
        ['a', 'b']
        """
        if not self.before and not self.after:
            return column
        if self.path is None:
            return column if _is_true(pc.equal(column, self.before)) else None
        starts, ends = pc.starts_with(column, self.before), pc.ends_with(column, self.after)
        if not (_is_true(starts) and _is_true(ends)):
            return None
        if pc.min(pc.binary_length(column)).as_py() < len(self.before) + len(self.after):
            return None
        return _within(column, len(self.before), len(self.after))


class Commas(NamedTuple):
    """A line as a row of cells."""

    cells: tuple[Cell, ...]
    ended: frozenset[Path]
    """The payloads that end their line; the line end is not in their cells."""
    quotes: int
    slashes: int
    """Backslashes, all of them between the values."""

    @classmethod
    def of(cls, line: bytes, paths: Sequence[Path]) -> Self | None:
        """The cells of a line of valid JSON; None where it cannot be read in this way.

        >>> line = b'{"data":"1,2","id":"a"}'
        >>> [cell.before for cell in Commas.of(line, [("data",), ("id",)]).cells]
        ['{"data":"', '', '"id":"']
        """
        form = Form.of(line, paths)
        if form is None:
            return None
        values = {path: at(json.loads(line), path) for path in form.paths}
        ended = frozenset(path for path, value in values.items() if value.endswith("\n"))
        cells, cell = [], Cell("")
        for text, path in zip_longest(form.between, form.paths):
            end = "\\n" if cell.path in ended else ""
            first, *others = (end + text).split(",")
            cell = cell._replace(after=first) if cell.path else Cell(cell.before + first)
            for other in others:
                cells.append(cell)
                cell = Cell(other)
            if path is None:
                break
            if cell.path is not None:
                return None
            cell = cell._replace(path=path)
            for _ in range(values[path].count(",")):
                cells.append(cell)
                cell = Cell("", path)
        cells.append(cell)
        slashes = sum((cell.before + cell.after).count("\\") for cell in cells)
        if slashes != line.count(b"\\"):
            return None
        return cls(tuple(cells), ended, line.count(b'"'), slashes)

    def width(self, path: Path) -> int:
        """How many cells the value there has."""
        return sum(cell.path == path for cell in self.cells)

    def values(self, data: bytearray, lines: int) -> Cells | None:
        """Each value's cells as columns, null where empty; None unless all lines are alike."""
        content = np.frombuffer(data, np.uint8)
        if not data.isascii() or np.count_nonzero(content < _FIRST_PRINTED) != lines:
            return None
        for mark, each in ((_QUOTE, self.quotes), (_SLASH, self.slashes)):
            if np.count_nonzero(content == mark) != lines * each:
                return None
        table = _table(data, len(self.cells))
        if table is None or table.num_rows != lines:
            return None
        found: dict[Path, list[pa.StringArray]] = {}
        for cell, column in zip(self.cells, table.columns, strict=True):
            texts = cell.texts(column.chunk(0))
            if texts is None:
                return None
            if cell.path is not None:
                found.setdefault(cell.path, []).append(texts)
        return found


def _table(data: bytearray, width: int) -> pa.Table | None:
    """The lines as rows of text; None where one has more or fewer cells."""
    names = [str(position) for position in range(width)]
    buffer = pa.py_buffer(data)
    try:
        return pa.csv.read_csv(
            pa.BufferReader(buffer),
            pa.csv.ReadOptions(use_threads=False, block_size=buffer.size + 1, column_names=names),
            pa.csv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.utf8()),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _is_true(answers: pa.BooleanArray) -> bool:
    """Whether all are; a null is not."""
    return pc.all(answers, skip_nulls=False).as_py() is True


def _within(column: pa.StringArray, before: int, after: int) -> pa.StringArray:
    """Each text without its first and last bytes; null where nothing is left."""
    _, starts, content = column.buffers()
    offsets = np.frombuffer(starts, np.int32)[column.offset : column.offset + len(column) + 1]
    cuts: Any = np.empty(2 * len(column) + 1, np.int32)
    cuts[:-1:2], cuts[1::2], cuts[-1] = offsets[:-1] + before, offsets[1:] - after, offsets[-1]
    pieces = pa.StringArray.from_buffers(2 * len(column), pa.py_buffer(cuts), content)
    texts = pieces.take(pa.array(np.arange(0, 2 * len(column), 2, dtype=np.int32)))
    empty = cuts[:-1:2] == cuts[1::2]
    return pc.if_else(pa.array(empty), None, texts) if empty.any() else texts
