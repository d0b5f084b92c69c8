"""Lines that differ in their values only → those values, without parsing a line.

Needs     whole lines of JSON, and one of them that has been parsed
Gives     for every line of the same form, the values as columns

An endpoint writes all its lines in one form: the same keys in the same order around other
texts. Parsing it again in every line is most of what reading costs. Here a line is cut at
its quotes; where all that is left between the values is, byte for byte, what is left of the
parsed line, the line is that line with other values. Any other line is not looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Path = tuple[str, ...]

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
_QUOTE, _SLASH, _N = b'"\\n'
_FIRST_PRINTED = 32


class Form(NamedTuple):
    """A line without its values."""

    between: tuple[str, ...]
    """What stands before the first value, between them, and behind the last."""
    paths: tuple[Path, ...]
    """Which value is which."""
    quotes: tuple[int, ...]
    """Which of the line's quotes open and close values."""
    all_quotes: int

    @classmethod
    def of(cls, line: bytes, paths: Sequence[Path]) -> Self | None:
        """The form of a line of valid JSON; None where none of the paths leads to a text.

        >>> Form.of(b'{"a": {"b": "1"}, "c": "2"}', [("a", "b"), ("c",)]).between
        ('{"a": {"b": "', '"}, "c": "', '"}')
        """
        texts = list(_TEXT.finditer(line))
        values = [
            number
            for number, text in enumerate(texts)
            if not line[text.end() :].lstrip(b" \t\r\n").startswith(b":")
        ]
        # Each text that is no key is replaced by its number: what stands at a path tells which.
        numbered, end = b"", 0
        for number in values:
            numbered += line[end : texts[number].start()] + b'"%d"' % number
            end = texts[number].end()
        event = json.loads(numbered + line[end:])
        found = {path: at(event, path) for path in paths}
        chosen = sorted((int(at), path) for path, at in found.items() if isinstance(at, str))
        if not chosen:
            return None
        cuts = [0]
        for number, _ in chosen:
            cuts += [texts[number].start() + 1, texts[number].end() - 1]
        between = zip(cuts[::2], [*cuts[1::2], len(line)], strict=True)
        return cls(
            tuple(line[first:last].decode() for first, last in between),
            tuple(path for _, path in chosen),
            tuple(2 * number + side for number, _ in chosen for side in (0, 1)),
            2 * len(texts),
        )

    def values(
        self, data: bytearray, starts: Indices, usable: Flags
    ) -> tuple[Indices, dict[Path, pa.StringArray]]:
        """Which of the usable lines have this form, and their values."""
        content = np.frombuffer(data, np.uint8)
        slashes = np.flatnonzero(content == _SLASH)
        quotes = np.flatnonzero(content == _QUOTE)
        if slashes.size:
            quotes = quotes[content[quotes - 1] != _SLASH]
        first = np.searchsorted(quotes, starts)
        like = usable & (np.diff(first) == self.all_quotes) & _is_plain(content, starts, slashes)
        lines = np.flatnonzero(like)
        edges = quotes[first[lines][:, None] + np.array(self.quotes)]
        edges[:, ::2] += 1
        cuts = np.hstack((starts[lines][:, None], edges, starts[lines + 1][:, None]))
        lengths = [len(text.encode()) for text in self.between]
        lengths[-1] += 1  # the line's end
        right = (cuts[:, 1::2] - cuts[:, ::2] == lengths).all(axis=1)
        lines, cuts = lines[right], cuts[right]
        pieces = _pieces(data, cuts)
        right = np.ones(len(lines), dtype=np.bool_)
        for number, text in enumerate(self.between):
            ended = text + "\n" * (number == len(self.paths))
            right &= np.asarray(pc.equal(_each(pieces, cuts, 2 * number), ended))
        chosen = None if right.all() else pa.array(right)
        owners = np.searchsorted(cuts.ravel(), slashes, side="right") - 1
        escaped = set((owners % cuts.shape[1]).tolist())
        values = {}
        for number, path in enumerate(self.paths):
            texts = _each(pieces, cuts, 2 * number + 1)
            if 2 * number + 1 in escaped:
                texts = pc.replace_substring(texts, "\\n", "\n")
                texts = pc.replace_substring(texts, '\\"', '"')
            values[path] = texts if chosen is None else texts.filter(chosen)
        return lines[right], values


def at(event: Any, path: Path) -> Any:
    """What a path leads to in a JSON value; None where it leads nowhere."""
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event


def _is_plain(content: npt.NDArray[np.uint8], starts: Indices, slashes: Indices) -> Flags:
    """Lines that escape nothing but quotes and line ends, and hold no other end or control."""
    controls = np.flatnonzero(content < _FIRST_PRINTED)
    plain = np.diff(np.searchsorted(controls, starts)) == 1
    other = slashes[~np.isin(content[slashes + 1], (_QUOTE, _N))]
    plain[np.searchsorted(starts, other, side="right") - 1] = False
    return np.asarray(plain)


def _pieces(data: bytearray, cuts: Indices) -> pa.StringArray:
    """The bytes between one cut and the next, over all lines; what lies between lines too."""
    offsets = pa.py_buffer(cuts.ravel().astype(np.int32))
    return pa.StringArray.from_buffers(max(cuts.size - 1, 0), offsets, pa.py_buffer(data))


def _each(pieces: pa.StringArray, cuts: Indices, number: int) -> pa.StringArray:
    """One piece of every line, by its number in the line."""
    return pieces.take(pa.array(np.arange(len(cuts)) * cuts.shape[1] + number))
