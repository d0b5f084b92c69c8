"""The bytes behind a column of text, as numpy sees them without copying.

Needs     a utf8 array without nulls
Gives     where each cell begins and ends, and all bytes; which cells can be numbers

A slice of an arrow array shares its parent's buffers: positions here are counted from the
slice's own first byte.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]

PLUS, MINUS, DOT, SLASH, ZERO, NINE, SPACE = np.frombuffer(b"+-./09 ", dtype=np.uint8)


class Cells(NamedTuple):
    """Bytes of a utf8 array.

    >>> cells = Cells.of(pa.array(["-1", "", "x.5"]).slice(1))
    >>> cells.offsets.tolist(), cells.data.tobytes(), cells.maybe_numbers().tolist()
    ([0, 0, 3], b'x.5', [False, False])
    """

    offsets: npt.NDArray[np.int64]
    """One more than there are cells."""
    data: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, texts: pa.StringArray) -> Self:
        _, starts, content = texts.buffers()
        if starts is None or not len(texts):
            return cls(np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.uint8))
        bounds = np.frombuffer(starts, dtype=np.int32, offset=4 * texts.offset)
        bounds = bounds[: len(texts) + 1].astype(np.int64)
        data = np.empty(0, np.uint8) if content is None else np.frombuffer(content, dtype=np.uint8)
        return cls(bounds - bounds[0], data[bounds[0] : bounds[-1]])

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Position of each cell's first byte, were it not empty."""
        return self.offsets[:-1]

    def rows(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The cell that each byte position lies in."""
        return np.searchsorted(self.offsets, positions, side="right") - 1

    def maybe_numbers(self) -> Mask:
        """Cells that begin with a digit, a sign or a space and end with a digit."""
        if not self.data.size:
            return np.zeros(self.starts.size, dtype=np.bool_)
        first = self.data[np.minimum(self.starts, self.data.size - 1)]
        last = self.data[np.maximum(self.offsets[1:] - 1, 0)]
        begins = first - ZERO <= NINE - ZERO
        if not begins.all():
            begins |= (first == MINUS) | (first == PLUS) | (first == SPACE)
        found: Mask = begins & (last - ZERO <= NINE - ZERO) & (self.starts < self.offsets[1:])
        return found

    def not_plain(self) -> Mask | None:
        """Cells that are more than an optional minus, digits and dots between; None for none.

        Only for cells that `maybe_numbers`. Two dots in one cell are let through, and so are
        slashes, which stand between the two in ASCII.
        """
        first = self.data[self.starts]
        negative = first == MINUS
        second = self.data[np.minimum(self.starts + 1, self.data.size - 1)]
        bare: Mask = negative & (second == DOT)
        plain = self.data - DOT <= NINE - DOT
        if np.count_nonzero(plain) + np.count_nonzero(negative) == self.data.size:
            return bare if bare.any() else None
        plain[self.starts[negative]] = True
        bare[self.rows(np.flatnonzero(~plain))] = True
        return bare

    def never_numbers(self) -> Mask:
        """Cells with a slash or more than one dot, which no cast takes."""
        rows = self.starts.size
        found: Mask = np.bincount(self.rows(self._places(DOT)), minlength=rows) > 1
        found[self.rows(self._places(SLASH))] = True
        return found

    def with_dot(self) -> Mask:
        """Cells that hold a dot."""
        found = np.zeros(self.starts.size, dtype=np.bool_)
        found[self.rows(self._places(DOT))] = True
        return found

    @property
    def dots(self) -> int:
        """Dots in all cells together."""
        return int(np.count_nonzero(self.data == DOT))

    def _places(self, sign: np.uint8) -> npt.NDArray[np.int64]:
        return np.flatnonzero(self.data == sign)


def without(texts: pa.StringArray, mask: Mask) -> pa.StringArray:
    """`texts`, which has no nulls, with null where `mask` is true; no byte of text is copied.

    >>> without(pa.array(["1", "x", "2"]), np.array([False, True, False])).to_pylist()
    ['1', None, '2']
    """
    _, offsets, data = texts.buffers()
    valid = pa.py_buffer(np.packbits(~mask, bitorder="little"))
    return pa.Array.from_buffers(
        pa.string(), len(texts), [valid, offsets.slice(4 * texts.offset), data]
    )
