"""A slice of lines → the rows of its ordinary records, all at once.

Needs     a slice, and the layout that the first records have decided
Gives     a `Bulk`: a batch of rows, the keys of their records, and the lines that are odd

Only records that cannot go wrong are here: captured CSV of the usual width, no header, and
as many rows answered as sent. Every other line is odd and read by itself, in its place: what
is wrong with it, and what it means, is said in one place only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from monitoring.capture import envelopes
from monitoring.capture.cells import Payloads, narrowed
from monitoring.capture.commas import Cells, Commas
from monitoring.capture.envelopes import (
    PATHS,
    VALUES,
    Envelopes,
    Flags,
    Indices,
    Sent,
    flags,
    line_starts,
    read_envelopes,
)
from monitoring.capture.forms import Path
from monitoring.capture.headers import is_header, suspects
from monitoring.capture.layout import Layout
from monitoring.capture.lines import Line
from monitoring.capture.records import INPUT, OUTPUT, Window, when
from monitoring.capture.seen import Keyed, event_key, retry_key
from monitoring.capture.slices import Located, Slice

_INFERENCE_ID = ("eventMetadata", "inferenceId")
MOST_ODD = 1 / 8
"""With a larger share of odd lines, a slice is read line by line."""


class Bulk(NamedTuple):
    """What one slice holds."""

    piece: Slice
    """Read again line by line, in part or as a whole, by whoever finds it odd."""
    starts: Indices
    """Where each line of the slice starts, and the end of the last."""
    odd: Indices
    """Which lines have to be read by themselves, blank ones among them."""
    batch: pa.RecordBatch
    """The rows of all other records of the window."""
    lines: Indices
    """Which line each of these records is."""
    first_rows: Indices
    """The first row of each of these records, and the end of the last."""
    keys: Sequence[Keyed]
    """What each of these records is known by."""
    elsewhere: Counter[str]
    """How many other records lie outside the window, and where."""
    late: int
    event_id: pa.StringArray
    inference_id: pa.StringArray
    label: Sent
    """What became known of each of these records, in merged ones."""

    def run(self, first: int, end: int) -> tuple[Indices, pa.RecordBatch]:
        """How many rows each record from `first` to before `end` has, and those rows."""
        rows = self.first_rows[first : end + 1]
        return np.diff(rows), self.batch.slice(rows[0], rows[-1] - rows[0])

    def located(self, line: int) -> Located:
        """One line of the slice, with its place."""
        start, end = self.starts[line : line + 2]
        part = [part for part in self.piece.parts if part.start <= start][-1]
        number = part.number + line - int(np.searchsorted(self.starts, part.start))
        return Located(part.origin, Line.of(number, bytes(self.piece.data[start:end])))


class Alike(NamedTuple):
    """A line, and how lines like it are read."""

    sample: Envelopes
    commas: Commas


@dataclass(frozen=True, slots=True)
class Digest:
    """How slices are read: one layout of unnamed columns, one window."""

    layout: Layout
    names: tuple[str, ...]
    """Of the columns."""
    headers: frozenset[str]
    """What the cells of a header row would be."""
    sides: frozenset[str]
    """What is read of each record; a side may be asked for and never be captured."""
    window: Window | None
    known: list[Alike] = field(default_factory=list, compare=False)
    """What lines were like that could be read by their commas; the last."""

    @property
    def is_possible(self) -> bool:
        """Whether records can be read here: not where cells have names."""
        return bool(self.names) and not self.layout.is_named

    def of(self, piece: Slice) -> Bulk | Slice:
        """The slice, read; or as it is, where it is not worth it."""
        starts = line_starts(piece.data)
        bulk = self._alike(piece, starts)
        if bulk is not None:
            return bulk
        every = np.arange(len(starts) - 1)
        events = read_envelopes(piece.data, starts) if len(every) else None
        if events is None:
            return piece
        places = self._places(events)
        outside = np.isin(places, ("early", "beyond", "skewed"))
        inside = events.where((places == "inside") & self._fits(events))
        kept, first_rows, columns = self._columns(inside)
        inside = inside.where(kept)
        odd = np.setdiff1d(every, np.concatenate((events.lines[outside], inside.lines)))
        if len(odd) > MOST_ODD * len(every):
            return piece
        elsewhere = Counter(places[outside].tolist())
        return self._bulk(piece, starts, odd, inside, first_rows, columns, elsewhere)

    def _alike(self, piece: Slice, starts: Indices) -> Bulk | None:
        """The slice where all its lines are like one before, with one row each.

        None where one is not, or may be a header; the same is then read in another way.
        """
        lines = len(starts) - 1
        if lines < envelopes.MANY_LINES:
            return None
        alike, values = self._read_alike(piece.data, starts)
        if alike is None or values is None:
            return None
        order = (OUTPUT, INPUT) if self.layout.output_first else (INPUT, OUTPUT)
        widths = {OUTPUT: self.layout.output.width, INPUT: self.layout.input.width}
        cells = {title: values[_payload(title)] for title in order if widths[title]}
        if any(len(columns) == 1 and columns[0].null_count for columns in cells.values()):
            return None
        if len(suspects(cells.get(INPUT, []), self.headers)):
            return None
        columns = [column for title in cells for column in cells[title]]
        events = Envelopes.of(np.arange(lines), list(_texts(alike, values, lines)))
        places = self._places(events)
        elsewhere = Counter(places[places != "inside"].tolist())
        if "" in elsewhere:
            return None
        if elsewhere:
            inside = places == "inside"
            columns, events = narrowed(columns, inside), events.where(inside)
        rows = np.arange(len(events.lines) + 1)
        none = np.empty(0, dtype=np.int64)
        return self._bulk(piece, starts, none, events, rows, columns, elsewhere)

    def _read_alike(self, data: bytearray, starts: Indices) -> tuple[Alike | None, Cells | None]:
        """What the lines are like, and their values: like the last slice's, or their first."""
        lines = len(starts) - 1
        for known in self.known[:]:
            values = known.commas.values(data, lines)
            if values is not None:
                return known, values
        first = data[: starts[1]]
        sample = read_envelopes(first, starts[:2]) if first.startswith(b"{") else None
        if sample is None or not len(sample.lines) or not self._fits(sample).all():
            return None, None
        commas = Commas.of(bytes(first[:-1]), VALUES)
        if commas is None:
            return None, None
        widths = {OUTPUT: self.layout.output.width, INPUT: self.layout.input.width}
        if any(width not in (0, commas.width(_payload(title))) for title, width in widths.items()):
            return None, None
        alike = Alike(sample, commas)
        values = commas.values(data, lines)
        if values is not None:
            self.known[:] = [alike]
        return alike, values

    def _bulk(
        self,
        piece: Slice,
        starts: Indices,
        odd: Indices,
        events: Envelopes,
        first_rows: Indices,
        columns: Sequence[pa.Array],
        elsewhere: Counter[str],
    ) -> Bulk:
        return Bulk(
            piece,
            starts,
            odd,
            pa.RecordBatch.from_arrays(columns, names=list(self.names)),
            events.lines,
            first_rows,
            _keys(events),
            elsewhere,
            int(self._is_late(piece, starts)[events.lines].sum()),
            events.event_id,
            events.inference_id,
            events.label,
        )

    def _places(self, events: Envelopes) -> npt.NDArray[np.str_]:
        """Where each event lies; nowhere without a time, unless there is no window."""
        if self.window is None:
            return np.full(len(events.lines), "inside")
        encoded = events.time.dictionary_encode()
        places = [_place(self.window, text) for text in encoded.dictionary.to_pylist()]
        known = encoded.indices.fill_null(len(places)).to_numpy()
        return np.asarray(np.array([*places, ""])[known])

    def _is_late(self, piece: Slice, starts: Indices) -> Flags:
        """Whether each line lay in the file of a later hour than the window's."""
        end = self.window and self.window.end
        late = [end and part.origin.written and part.origin.written >= end for part in piece.parts]
        first = np.searchsorted(starts, [part.start for part in piece.parts])
        return np.repeat(np.array(late, dtype=np.bool_), np.diff(first, append=len(starts) - 1))

    def _fits(self, events: Envelopes) -> Flags:
        """Events with CSV on each side that has columns, and nothing on a side without."""
        fits = np.ones(len(events.lines), dtype=np.bool_)
        for title, sent, side in (
            (OUTPUT, events.output, self.layout.output),
            (INPUT, events.input, self.layout.input),
        ):
            if side.width:
                fits &= flags(pc.equal(sent.encoding, "CSV")) & flags(sent.data.is_valid())
            elif title in self.sides:
                fits &= flags(sent.data.is_null())
        return fits

    def _columns(self, events: Envelopes) -> tuple[Flags, Indices, list[pa.Array]]:
        """Which events are read here, the first row of each, and their cells."""
        widths = {OUTPUT: self.layout.output.width, INPUT: self.layout.input.width}
        texts = {OUTPUT: events.output.data, INPUT: events.input.data}
        order = (OUTPUT, INPUT) if self.layout.output_first else (INPUT, OUTPUT)
        read = {title: Payloads.of(texts[title]) for title in order if widths[title]}
        rows = next(iter(read.values())).rows
        kept = np.ones(len(events.lines), dtype=np.bool_)
        for payloads in read.values():
            kept &= ~payloads.odd & (payloads.rows == rows)
        cells = _cells(read, widths, kept)
        columns = [column for title in read for column in cells[title]]
        chosen = np.flatnonzero(kept)
        headers = self._headers(cells.get(INPUT, []), rows[kept], texts[INPUT], chosen)
        if headers.any():
            columns = narrowed(columns, np.repeat(~headers, rows[kept]))
            kept[chosen[headers]] = False
        return kept, np.concatenate(([0], np.cumsum(rows[kept]))), columns

    def _headers(
        self, columns: Sequence[pa.Array], rows: Indices, texts: pa.StringArray, chosen: Indices
    ) -> Flags:
        """Which requests begin with a header row; `chosen` says where their texts are."""
        if columns and len(columns[0]) > len(rows):
            first = pa.array(np.cumsum(rows) - rows)
            columns = [column.take(first) for column in columns]
        found = np.zeros(len(rows), dtype=np.bool_)
        for record in suspects(columns, self.headers).tolist():
            cells = [column[record].as_py() or "" for column in columns]
            found[record] = is_header(cells, texts[int(chosen[record])].as_py(), self.headers)
        return found


def _texts(alike: Alike, values: Cells, lines: int) -> Iterator[pa.Array]:
    """The columns of all events: the values of each line, and what is the sample's in all.

    A payload is put together again only for events that a client may have sent twice.
    """
    empty = {"null_handling": "replace", "null_replacement": ""}
    for path, own in zip(PATHS, alike.sample.columns, strict=True):
        cells = values.get(path, [])
        if not cells:
            yield pa.repeat(own[0], lines)
        elif path == _payload(INPUT) and _INFERENCE_ID in values:
            text = pc.binary_join_element_wise(*cells, ",", **empty)
            end = "\n" if path in alike.commas.ended else ""
            yield pc.binary_join_element_wise(text, end, "")
        elif len(cells) == 1:
            yield cells[0].fill_null("") if cells[0].null_count else cells[0]
        else:
            yield pa.nulls(lines, pa.utf8())


def _payload(title: str) -> Path:
    return ("captureData", title, "data")


def _place(window: Window, text: str) -> str:
    try:
        return window.place(when(text))
    except ValueError:
        return ""


def _cells(
    read: Mapping[str, Payloads], widths: Mapping[str, int], kept: Flags
) -> dict[str, list[pa.Array]]:
    """Each side's cells. A record with a row of another width is no longer kept."""
    while True:
        parsed = {title: payloads.columns(kept, widths[title]) for title, payloads in read.items()}
        ragged = np.concatenate([wrong for _, wrong in parsed.values()])
        if not len(ragged):
            return {title: columns for title, (columns, _) in parsed.items()}
        kept[ragged] = False


def _keys(events: Envelopes) -> tuple[Keyed, Keyed]:
    """What makes an event a repeated one: its own id, or a request with its inference id."""
    ids = events.event_id.to_pylist()
    named = flags(pc.not_equal(events.event_id, ""))
    own = Keyed(np.fromiter(map(event_key, ids), np.int64, len(ids)), named)
    requests = events.input.data
    retried = flags(pc.not_equal(events.inference_id, "")) & flags(requests.is_valid())
    keys = np.zeros(len(ids), dtype=np.int64)
    if retried.any():
        some = pa.array(retried)
        pairs = (events.inference_id.filter(some).to_pylist(), requests.filter(some).to_pylist())
        keys[retried] = [retry_key(*pair) for pair in zip(*pairs, strict=True)]
    return own, Keyed(keys, retried)
