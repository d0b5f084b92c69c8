"""Header rows that a client sent as if they were data.

Needs     one row of cells and its text, or many rows as columns; and the baseline's column
          names where there are any
Gives     whether it is a header; of many rows, those worth that question

The usual client reads a header-less file with a table reader. The first row then becomes
the header, made unique, and is sent along: `0,0,0,0` arrives as `0,0.1,0.2,0.3`. One-hot
columns make such rows; where values hardly repeat they cannot be told, and do no harm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitoring.capture.cells import content_of, offsets_of

MANGLED_RUN = 5
_LONGEST = 255
_SUFFIXES = tuple(f".{number}," for number in range(1, MANGLED_RUN))


def is_header(cells: Sequence[str], text: str, names: frozenset[str]) -> bool:
    """Whether most cells are column names, or values that were made unique like names.

    >>> is_header(["age", "city"], "age,city", frozenset({"age", "city", "income"}))
    True
    >>> row = ["7", "0", "0.1", "0.2", "0.3", "0.4", "0.5"]
    >>> is_header(row, ",".join(row), frozenset())
    True
    """
    return 2 * len(names.intersection(cells)) > len(cells) or _is_mangled(cells, text)


def _is_mangled(cells: Sequence[str], text: str) -> bool:
    # Four searches of the text spare nearly every row the look at its cells.
    if not all(suffix in text for suffix in _SUFFIXES):
        return False
    numbered: Counter[str] = Counter()
    for cell in cells:
        base, dot, number = cell.rpartition(".")
        if dot and number == str(numbered[base] + 1):
            numbered[base] += 1
    run = max(numbered.values(), default=0)
    return run >= MANGLED_RUN and 2 * run > len(cells) == len(set(cells))


def suspects(columns: Sequence[pa.StringArray], names: frozenset[str]) -> npt.NDArray[np.int64]:
    """The rows that may be headers; every row that is one is among them.

    >>> rows = [pa.array(["31", "age"]), pa.array(["Rome", "city"]), pa.array(["0.5", "score"])]
    >>> suspects(rows, frozenset({"age", "city"})).tolist()
    [1]
    """
    if not columns or not len(columns[0]):
        return np.empty(0, dtype=np.int64)
    texts = [(offsets_of(column), content_of(column)) for column in columns]
    return np.union1d(_maybe_names(texts, names), _maybe_mangled(texts))


_Texts = tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]


def _maybe_names(columns: Sequence[_Texts], names: frozenset[str]) -> npt.NDArray[np.int64]:
    """Rows of which most cells begin like a name of the same length."""
    least = len(columns) // 2 + 1
    first = {name.encode(errors="replace")[0] for name in names if name}
    if sum(np.count_nonzero(content == byte) for _, content in columns for byte in first) < least:
        return np.empty(0, dtype=np.int64)  # Counting bytes costs less than looking at cells.
    alike = np.zeros((256, _LONGEST + 1), dtype=np.bool_)
    for name in filter(None, (name.encode(errors="replace") for name in names)):
        alike[name[0], min(len(name), _LONGEST)] = True

    def is_alike(column: _Texts, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        (offsets, content), starts = column, column[0][rows]
        lengths = np.minimum(offsets[rows + 1] - starts, _LONGEST)
        return np.asarray(alike[content[np.minimum(starts, len(content) - 1)], lengths])

    return _rows_with(columns, least, least, lambda column, rows, _: is_alike(column, rows))


def _maybe_mangled(columns: Sequence[_Texts]) -> npt.NDArray[np.int64]:
    """Rows with cells that end in `.1`, `.2`, …, `.9` one after the other, or as far as needed."""

    def is_next(
        column: _Texts, rows: npt.NDArray[np.int64], found: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        (offsets, content), ends = column, column[0][rows + 1]
        dotted = content[np.maximum(ends - 2, 0)] == ord(".")
        long = ends - offsets[rows] >= 2
        return np.asarray(long & dotted & (content[np.maximum(ends - 1, 0)] == ord("1") + found))

    run = max(MANGLED_RUN, len(columns) // 2 + 1)
    return _rows_with(columns, run, min(run, 9), is_next)


def _rows_with(
    columns: Sequence[_Texts],
    run: int,
    least: int,
    hits: Callable[[_Texts, npt.NDArray[np.int64], npt.NDArray[np.int64]], npt.NDArray[np.bool_]],
) -> npt.NDArray[np.int64]:
    """Rows hit in `least` columns. At most all but `run` columns miss: others are given up."""
    rows = np.arange(len(columns[0][0]) - 1)
    found = np.zeros(len(rows), dtype=np.int64)
    for misses, column in enumerate(columns, 1 - (len(columns) - run)):
        if len(column[1]):
            found += hits(column, rows, found)
        if misses > 0:
            kept = found >= min(misses, least)
            rows, found = rows[kept], found[kept]
        if not len(rows):
            break
    return rows
