"""Many CSV payloads at once → columns of text.

Needs     payloads of one side, none of them null, all of them CSV
Gives     how many rows each holds, which cannot be read here, and the cells as columns

Two parsers never agree on CSV that is not well-formed. A payload is read here only where
quotes open behind a comma and close before one, lines are neither empty nor broken inside
quotes: there `payloads.csv_rows` reads the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from monitoring.capture.envelopes import Flags, Indices, flags, one

_BOM = "\ufeff"
_LINE_END, _RETURN, _QUOTE, _COMMA = b'\n\r",'


class Payloads(NamedTuple):
    """The payloads of one side, each ending its last line."""

    texts: pa.StringArray
    rows: Indices
    odd: Flags
    """What another reader must look at; its number of rows means nothing."""

    @classmethod
    def of(cls, texts: pa.StringArray) -> Self:
        """
        >>> Payloads.of(pa.array(["1,2", "3,4\\n5,6\\n", "a,\\"b", "7\\n\\n8"])).odd.tolist()
        [False, False, True, True]
        """
        odd = np.zeros(len(texts), dtype=np.bool_)
        if _RETURN in content_of(texts):
            returns = pc.match_substring(texts, "\r")
            odd |= flags(pc.and_(returns, pc.match_substring(texts, '"')))
            texts = pc.replace_substring(texts, "\r\n", "\n")
            odd |= flags(pc.match_substring(texts, "\r"))
        texts = pc.binary_join_element_wise(pc.ascii_trim(texts, "\n"), "", "\n")
        odd |= flags(pc.starts_with(texts, _BOM))
        offsets, content = offsets_of(texts), content_of(texts)
        ends = np.flatnonzero(content == _LINE_END)
        empty = ends[np.diff(ends, prepend=-1) == 1]
        odd[_owners(offsets, empty)] = True
        quotes = np.flatnonzero(content == _QUOTE)
        if quotes.size:
            odd[_unclear(offsets, content, quotes, ends)] = True
        return cls(texts, np.diff(np.searchsorted(ends, offsets)), odd)

    def columns(self, chosen: Flags, width: int) -> tuple[list[pa.Array], Indices]:
        """The cells of the chosen payloads, and which payloads have rows of another width.

        Rows of another width are left out of the columns. An empty cell is null.
        """
        texts = self.texts if chosen.all() else self.texts.filter(pa.array(chosen))
        ragged: list[Any] = []

        def remember(row: Any) -> str:
            ragged.append(row.number - 1)
            return "skip"

        if not len(texts):
            return [pa.array([], pa.utf8())] * width, np.empty(0, dtype=np.int64)
        names = [str(position) for position in range(width)]
        buffer = pa.py_buffer(content_of(texts))
        table = pa.csv.read_csv(
            pa.BufferReader(buffer),
            pa.csv.ReadOptions(
                use_threads=False,  # only then does a ragged row know its number
                block_size=buffer.size + 1,
                column_names=names,
            ),
            pa.csv.ParseOptions(invalid_row_handler=remember),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.utf8()),
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
        owners = np.repeat(np.flatnonzero(chosen), self.rows[chosen])
        return list(map(one, table.columns)), np.unique(owners[ragged])


def offsets_of(texts: pa.StringArray) -> Indices:
    """Where each text starts in `content_of`, and the end of the last."""
    if not len(texts):
        return np.zeros(1, dtype=np.int64)
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)
    chosen = offsets[texts.offset : texts.offset + len(texts) + 1]
    return chosen.astype(np.int64) - int(chosen[0])


def content_of(texts: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The bytes of all texts, one behind the other."""
    _, starts, content = texts.buffers()
    if content is None or not len(texts):
        return np.empty(0, dtype=np.uint8)
    offsets = np.frombuffer(starts, dtype=np.int32)
    first, last = offsets[texts.offset], offsets[texts.offset + len(texts)]
    return np.frombuffer(content, dtype=np.uint8)[first:last]


def _owners(offsets: Indices, places: Indices) -> Indices:
    """The text in which each byte lies."""
    return np.searchsorted(offsets, places, side="right") - 1


def _unclear(
    offsets: Indices, content: npt.NDArray[np.uint8], quotes: Indices, ends: Indices
) -> Indices:
    """The texts whose quotes do not stand at the edges of cells, or hold a line end.

    Counted from 0 in each text, an even quote opens a cell or is the second of a pair, an
    odd one closes a cell or is the first of a pair.
    """
    owner = _owners(offsets, quotes)
    first = np.searchsorted(quotes, offsets)
    even = (np.arange(quotes.size) - first[owner]) % 2 == 0
    before = content[np.maximum(quotes - 1, 0)]
    opens = (quotes == offsets[owner]) | np.isin(before, (_COMMA, _LINE_END, _QUOTE))
    closes = np.isin(content[quotes + 1], (_COMMA, _LINE_END, _QUOTE))
    wrong = owner[~np.where(even, opens, closes)]
    inside = ends[(np.searchsorted(quotes, ends) - first[_owners(offsets, ends)]) % 2 == 1]
    return np.concatenate((wrong, _owners(offsets, inside)))


def narrowed(columns: Sequence[pa.Array], rows: Flags) -> list[pa.Array]:
    """Only the rows with a flag."""
    chosen = pa.array(rows)
    return [column.filter(chosen) for column in columns]
