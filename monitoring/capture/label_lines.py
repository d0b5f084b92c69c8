"""Lines of ground truth → ids and labels, alike lines all at once.

Needs     a run of whole lines
Gives     the labels of its lines in their order, and what is wrong with the others

Whoever writes labels writes every line by one pattern: equally long lines then differ only
inside two pairs of quotes. One of them is parsed as a template, and the others are compared
with it byte by byte; what is inside the quotes must be plain. Any other line is parsed for
itself, and both ways read the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitoring.capture.lines import Flaw, Line, Run
from monitoring.capture.records import Label, parse_label

FEWEST_ALIKE = 8
"""Fewer equally long lines are parsed one by one."""
MOST_TEMPLATES = 3
"""Tried for lines of one length: an id may be longer by what its label is shorter."""

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

_ID = re.compile(rb'"eventId"\s*:\s*"([^"\\]+)"')
_DATA = re.compile(rb'"data"\s*:\s*"([^"\\]+)"')
SPACE, TILDE, QUOTE, BACKSLASH = map(ord, ' ~"\\')


class Labels(NamedTuple):
    """Labels in the order of their lines. Text is binary: JSON can hold half a character."""

    ids: pa.BinaryArray
    data: pa.BinaryArray
    encodings: tuple[str, ...]
    """The distinct ones."""
    encoding: Rows
    """Which of them each label has."""
    flaws: tuple[tuple[int, Flaw], ...]
    """Line numbers, and why there is no label in them."""


def parse_labels(run: Run) -> Labels:
    """The labels of a run's lines; blank ones are none.

    >>> line = b'{"groundTruthData": {"data": "1"}, "eventMetadata": {"eventId": "a"}}\\n'
    >>> found = parse_labels(Run(1, bytearray(line)))
    >>> found.ids.to_pylist(), found.data.to_pylist(), found.encodings
    ([b'a'], [b'1'], ('CSV',))
    """
    if run.flaw is not None:
        return _labels([], [(run.number, run.flaw)])
    cells = np.frombuffer(run.data, dtype=np.uint8)
    ends = np.flatnonzero(cells == ord("\n"))
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts
    parts: list[_Part] = []
    flaws: list[tuple[int, Flaw]] = []
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        if rows.size >= FEWEST_ALIKE and length:
            table = np.lib.stride_tricks.sliding_window_view(cells, length)[starts[rows]]
            rows = _alike(table, rows, parts)
        for row in rows.tolist():
            line = Line.of(run.number + row, bytes(cells[starts[row] : ends[row]]))
            try:
                if line.data:
                    parts.append(_Part.one(row, parse_label(line.data)))
            except Flaw as flaw:
                flaws.append((line.number, flaw))
    return _labels(parts, flaws)


class _Part(NamedTuple):
    """Labels of one encoding, with the places of their lines."""

    rows: Rows
    ids: pa.BinaryArray
    data: pa.BinaryArray
    encoding: str

    @classmethod
    def one(cls, row: int, label: Label) -> Self:
        return cls(
            np.array([row]), _binary(label.join_id), _binary(label.label.data), label.label.encoding
        )


@dataclass(frozen=True, slots=True)
class _Template:
    """A line, and the two places where lines like it differ."""

    line: Bytes
    differs: Bools
    identity: slice
    data: slice
    encoding: str

    @classmethod
    def of(cls, line: bytes) -> Self | None:
        """None when it cannot be told where the line's id and label are."""
        found = [list(pattern.finditer(line)) for pattern in (_ID, _DATA)]
        if any(len(places) != 1 for places in found):
            return None
        identity, data = (slice(*places[0].span(1)) for places in found)
        # That these are the places is tried, not assumed: other text in them must be read.
        tried = bytearray(line)
        differs = np.zeros(len(line), dtype=np.bool_)
        for place, letter in ((identity, b"i"), (data, b"d")):
            tried[place] = letter * (place.stop - place.start)
            differs[place] = True
        try:
            label = parse_label(bytes(tried).strip())
        except Flaw:
            return None
        if (label.join_id, label.label.data) != (tried[identity].decode(), tried[data].decode()):
            return None
        return cls(np.frombuffer(line, np.uint8), differs, identity, data, label.label.encoding)

    def matches(self, table: Bytes) -> Bools:
        """Which rows of a table of lines are like it, with plain text in both places."""
        same = table == self.line
        same |= self.differs
        alike = _everywhere(same)
        return alike & _are_plain(table[:, self.identity]) & _are_plain(table[:, self.data])


def _everywhere(cells: Bools) -> Bools:
    """Rows that are true throughout; quick where all of them are."""
    if cells.all():
        return np.ones(len(cells), np.bool_)
    return np.asarray(cells.all(axis=1), np.bool_)


def _are_plain(table: Bytes) -> Bools:
    """Rows of ASCII that JSON writes as it is."""
    cells = np.ascontiguousarray(table)
    special = (cells == QUOTE) | (cells == BACKSLASH)
    if cells.min() >= SPACE and cells.max() <= TILDE and not special.any():
        return np.ones(len(cells), np.bool_)
    return _everywhere((cells >= SPACE) & (cells <= TILDE) & ~special)


def _alike(table: Bytes, rows: Rows, parts: list[_Part]) -> Rows:
    """Takes in the lines that are like one of their first; gives the rows that are not."""
    for _ in range(MOST_TEMPLATES):
        template = _Template.of(table[0].tobytes())
        if template is None:
            break
        alike = template.matches(table)
        found = table if alike.all() else table[alike]
        parts.append(
            _Part(
                rows[alike],
                _column(found[:, template.identity]),
                _column(found[:, template.data]),
                template.encoding,
            )
        )
        table, rows = table[~alike], rows[~alike]
        if rows.size < FEWEST_ALIKE:
            break
    return rows


def _labels(parts: list[_Part], flaws: list[tuple[int, Flaw]]) -> Labels:
    """The parts in the order of their lines."""
    encodings = tuple(dict.fromkeys(part.encoding for part in parts))
    ordered = tuple(sorted(flaws, key=lambda flaw: flaw[0]))
    if not parts:
        nothing = pa.array([], pa.binary())
        return Labels(nothing, nothing, (), np.empty(0, np.int64), ordered)
    rows = np.concatenate([part.rows for part in parts])
    codes = [np.full(part.rows.size, encodings.index(part.encoding)) for part in parts]
    ids = pa.concat_arrays([part.ids for part in parts])
    data, encoding = pa.concat_arrays([part.data for part in parts]), np.concatenate(codes)
    if len(parts) > 1:
        order = np.argsort(rows)
        places = as_arrow(order)
        ids, data, encoding = ids.take(places), data.take(places), encoding[order]
    return Labels(ids, data, encodings, encoding, ordered)


def _column(table: Bytes) -> pa.BinaryArray:
    """Rows of equally many bytes as an arrow array."""
    rows, width = table.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(table))]
    return pa.BinaryArray.from_buffers(pa.binary(), rows, buffers)


def _binary(text: str) -> pa.BinaryArray:
    return pa.array([text.encode("utf-8", "surrogatepass")], pa.binary())


def as_arrow(values: Rows) -> pa.Int64Array:
    """A view: `pa.array` would import pandas."""
    return pa.Int64Array.from_buffers(pa.int64(), values.size, [None, pa.py_buffer(values)])
