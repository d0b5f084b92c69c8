"""A slice of lines → the ordinary events among them, as arrays.

Needs     whole lines, and where each starts
Gives     what `records.py` would find in each line, for all lines that hold nothing unusual

A line left out here is not wrong: it is odd, and read by itself. Whatever could be read in
two ways is odd: a key given twice, a value that is no text, anything large among the fields
nobody asks for. So an event here is the same event there, and only the speed differs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from monitoring.capture.forms import Form
from monitoring.capture.records import BATCH_OUTPUT, EVENT_VERSION, INPUT, OUTPUT

MOST_FAILURES = 256
"""After so many lots that do not parse, the lines not yet parsed are read one by one."""
FEW_LINES = 16
"""A lot of so few lines that does not parse, and does not say where, is not halved again."""
MOST_IGNORED = 800
"""Bytes of a line outside the fields that are read: keys, content types, attributes."""
MANY_LINES = 64
"""Fewer lines are not worth looking for their form."""
LONG_LINE = 8192
"""Bytes. A longer line may be nested deeper than a thread's stack allows."""

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_BYTES = np.uint8
_SIDE = pa.struct([("data", pa.utf8()), ("encoding", pa.utf8())])
_SCHEMA = pa.schema(
    [
        ("captureData", pa.struct([(INPUT, _SIDE), (OUTPUT, _SIDE), (BATCH_OUTPUT, _SIDE)])),
        (
            "eventMetadata",
            pa.struct([(name, pa.utf8()) for name in ("eventId", "inferenceId", "inferenceTime")]),
        ),
        ("eventVersion", pa.utf8()),
        ("groundTruthData", _SIDE),
    ]
)

PATHS = (
    *(("captureData", side, part) for side in (OUTPUT, INPUT) for part in ("data", "encoding")),
    *(("groundTruthData", part) for part in ("data", "encoding")),
    *(("eventMetadata", name) for name in ("eventId", "inferenceId", "inferenceTime")),
)
VALUES = [path for path in PATHS if path[-1] != "encoding"]
"""What differs from line to line; lines of another encoding are of another form."""


class Sent(NamedTuple):
    """One side's payloads; null where that side was not captured."""

    data: pa.StringArray
    encoding: pa.StringArray


class Envelopes(NamedTuple):
    """Events, one at each index."""

    lines: Indices
    """Which line of the slice each event is."""
    output: Sent
    input: Sent
    label: Sent
    """What became known, in merged records."""
    event_id: pa.StringArray
    inference_id: pa.StringArray
    time: pa.StringArray

    def where(self, flags: Flags) -> Envelopes:
        """Only the events with a flag."""
        if flags.all():
            return self
        chosen = pa.array(flags)
        return self.of(self.lines[flags], [column.filter(chosen) for column in self.columns])

    def merged(self, other: Envelopes) -> Envelopes:
        """The events of both, in the order of their lines."""
        if not len(other.lines):
            return self
        lines = np.concatenate((self.lines, other.lines))
        order = np.argsort(lines)
        both = zip(self.columns, other.columns, strict=True)
        columns = [pa.concat_arrays(pair).take(pa.array(order)) for pair in both]
        return self.of(lines[order], columns)

    @property
    def columns(self) -> list[pa.StringArray]:
        """All texts, in the order of `PATHS`."""
        return [*self.output, *self.input, *self.label, *self[4:]]

    @classmethod
    def of(cls, lines: Indices, columns: Sequence[pa.StringArray]) -> Self:
        """From columns in that order."""
        sides = (Sent(*columns[at : at + 2]) for at in (0, 2, 4))
        return cls(lines, *sides, *columns[6:])


def line_starts(data: bytearray) -> Indices:
    """Where each line starts, and the end of the last: one more than there are lines.

    >>> line_starts(bytearray(b"a\\n\\nbc\\n")).tolist()
    [0, 2, 3, 6]
    """
    ends = np.flatnonzero(np.frombuffer(data, _BYTES) == ord("\n")) + 1
    return np.concatenate((np.zeros(1, dtype=np.int64), ends))


def read_envelopes(data: bytearray, starts: Indices) -> Envelopes | None:
    """The ordinary events of a slice; None where there is none.

    >>> line = b'{"captureData": {}, "eventMetadata": {}, "eventVersion": "0"}\\n'
    >>> lines = bytearray(line + b"broken\\n" + line)
    >>> read_envelopes(lines, line_starts(lines)).lines.tolist()
    [0, 2]
    """
    whole = _look_whole(data, starts)
    formed = _formed(data, starts, whole)
    if formed is not None:
        whole[formed.lines] = False
    parsed = _usual(starts, _parsed(data, starts, np.flatnonzero(whole)))
    if formed is None or parsed is None:
        return formed or parsed
    return formed.merged(parsed)


def _formed(data: bytearray, starts: Indices, whole: Flags) -> Envelopes | None:
    """The events in the lines of the same form as the first."""
    lines = np.flatnonzero(whole)[:1]
    sample = _usual(starts, _parsed(data, starts, lines))
    if sample is None or not len(sample.lines) or np.count_nonzero(whole) < MANY_LINES:
        return None
    form = Form.of(bytes(data[starts[lines[0]] : starts[lines[0] + 1] - 1]), VALUES)
    if form is None:
        return None
    found, values = form.values(data, starts, whole)
    columns = [
        values[path] if path in values else pa.repeat(column[0], len(found))
        for path, column in zip(PATHS, sample.columns, strict=True)
    ]
    return Envelopes.of(found, columns)


def _usual(starts: Indices, lots: list[tuple[Indices, pa.Table]]) -> Envelopes | None:
    """The events in parsed lines, but for those that may mean something else."""
    if not lots:
        return None
    lines = np.concatenate([lot for lot, _ in lots])
    captured, metadata, version, truth = (
        one(column) for column in pa.concat_tables(table for _, table in lots).columns
    )
    events = Envelopes(
        lines,
        Sent(*captured.field(1).flatten()),
        Sent(*captured.field(0).flatten()),
        Sent(*truth.flatten()),
        *metadata.flatten(),
    )
    ignored = starts[lines + 1] - starts[lines] - sum(map(_lengths, events.columns))
    known = pc.or_(pc.equal(version, EVENT_VERSION), pc.starts_with(version, EVENT_VERSION + "."))
    usual = flags(known) & flags(captured.is_valid()) & flags(metadata.is_valid())
    return events.where(usual & flags(captured.field(2).is_null()) & (ignored <= MOST_IGNORED))


def one(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece, copied only where it is in several."""
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def flags(answers: pa.BooleanArray) -> Flags:
    """Arrow's answers as flags; where it has none, no."""
    return np.asarray(answers.fill_null(False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _lengths(texts: pa.StringArray) -> Indices:
    lengths = pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False)
    return np.asarray(lengths, dtype=np.int64)


def _look_whole(data: bytearray, starts: Indices) -> Flags:
    """Lines that begin and end like one object each, and are safe to parse.

    Between `}` and a line end and `{` no object can go on: what parses as one object a line
    is one object a line.
    """
    content = np.frombuffer(data, _BYTES)
    last = np.maximum(starts[1:] - 2, 0)
    last = np.where(content[last] == ord("\r"), np.maximum(last - 1, 0), last)
    whole = (content[starts[:-1]] == ord("{")) & (content[last] == ord("}"))
    for line in np.flatnonzero(np.diff(starts) > LONG_LINE):
        text = data[starts[line] : starts[line + 1]]
        whole[line] &= text.count(b"{") + text.count(b"[") <= LONG_LINE
    if not data.isascii():
        for line in np.flatnonzero(whole):
            whole[line] = _is_utf8(data[starts[line] : starts[line + 1]])
    return np.asarray(whole, dtype=np.bool_)


def _is_utf8(text: bytearray) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parsed(data: bytearray, starts: Indices, lines: Indices) -> list[tuple[Indices, pa.Table]]:
    """Lots of lines that parse, in order: all at once, or what lies between those that do not."""
    waiting, done, failures = [lines], [], 0
    while waiting:
        lot = waiting.pop()
        if not lot.size:
            continue
        try:
            done.append((lot, _table(data, starts, lot)))
        except pa.ArrowInvalid as error:
            failures += 1
            named = re.search(r" in row (\d+)$", str(error))
            spoiled = int(named[1]) if named else lot.size
            if failures > MOST_FAILURES:
                continue
            if spoiled < lot.size:
                waiting += [lot[spoiled + 1 :], lot[:spoiled]]
            elif lot.size > FEW_LINES:
                waiting += [lot[lot.size // 2 :], lot[: lot.size // 2]]
    return done


def _table(data: bytearray, starts: Indices, lines: Indices) -> pa.Table:
    """The lines' fields; raises ArrowInvalid when one of them spoils the lot."""
    breaks = np.flatnonzero(np.diff(lines) != 1) + 1
    bounds = [0, *breaks.tolist(), lines.size]
    with memoryview(data) as view:
        pieces = [
            view[starts[lines[first]] : starts[lines[end - 1] + 1]]
            for first, end in pairwise(bounds)
        ]
        text = pa.py_buffer(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        table = pa.json.read_json(
            pa.BufferReader(text),
            pa.json.ReadOptions(use_threads=False, block_size=text.size + 1),
            pa.json.ParseOptions(explicit_schema=_SCHEMA, unexpected_field_behavior="ignore"),
        )
    if table.num_rows != lines.size:
        raise pa.ArrowInvalid("a line holds more than one object")
    return table
