"""A slice of lines → the observations of its records, all at once.

Needs     what the first records have decided: the features' columns, the answer's width
Gives     `Observed`, or nothing where one record of the slice is not an ordinary one

Ordinary is: CSV both ways, one row a record, the answer found by index, the label a plain
cell. A slice with anything else is read record by record (observed_records.py), which is
where it is said what such a record means; both give the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from monitoring.capture.bulk import Bulk, Digest
from monitoring.capture.envelopes import Flags, flags
from monitoring.capture.events import Events
from monitoring.capture.ground_truth import NONE, Rows
from monitoring.capture.joining import Join
from monitoring.capture.layout import Layout, Side
from monitoring.capture.lines import Flaw
from monitoring.capture.observed_records import Columns, Observed, Observer
from monitoring.capture.payloads import rows_of
from monitoring.capture.records import INPUT, OUTPUT, Payload, Window
from monitoring.capture.selecting import Selector

NOT_PLAIN = '^$|[",\\r\\n]|^\ufeff'
"""What a label that is one cell of CSV, as it stands, does not hold."""


class Truth(NamedTuple):
    """Which records have a label, and the labels of these; None where none are wanted."""

    known: Flags
    labels: pa.StringArray | None
    places: Rows | None = None
    """Of every record's label in the ground truth, where it is joined here."""


@dataclass(frozen=True, slots=True)
class Ordinary:
    """How the ordinary records of a slice are read."""

    digest: Digest
    features: tuple[str, ...]
    predicted: int | None
    """Which cell of the answer is the prediction."""
    probability: int | None
    labelled: bool

    @classmethod
    def of(
        cls, observer: Observer, columns: Columns, answer: Payload | None, window: Window | None
    ) -> Self | None:
        """None where the attributes, the features or the first `answer` ask for more."""
        selectors = [s for s in (observer.inference, observer.probability) if s is not None]
        width = _width(answer) if selectors else 0
        if observer.features is not None or columns.own:
            return None
        if not all(s.text.isdecimal() and int(s.text) < width for s in selectors):
            return None
        names = columns.names if observer.wants_features else ()
        widths = {OUTPUT: width, INPUT: len(names)}
        if not any(widths.values()):
            return None
        digest = Digest(
            Layout(Side(width), Side(len(names))),
            tuple(f"_c{position}" for position in range(width + len(names))),
            observer.names,
            frozenset(side for side, cells in widths.items() if cells),
            window,
        )
        return cls(
            digest,
            names,
            _position(observer.inference),
            _position(observer.probability),
            observer.labelled,
        )

    def observed(self, bulk: Bulk, events: Events, join: Join | None) -> Observed | None:
        """The observations of a slice, entered into the books; None leaves these as they are."""
        if bulk.odd.size or bulk.batch.num_rows != len(bulk.lines):
            return None
        truth = self._truth(bulk, join)
        if truth is None:
            return None
        fresh = ~np.logical_or.reduce(
            [keyed.repeated(events.seen, 0, len(bulk.lines)) for keyed in bulk.keys]
        )
        kept = fresh & truth.known
        _enter(bulk, events, fresh)
        if join is not None and truth.places is not None:
            named = flags(pc.not_equal(bulk.inference_id, ""))
            join.count(truth.places[fresh])
            join.coverage.by_event_id += int(np.count_nonzero(kept & ~named))
        elif self.labelled:
            events.tally.counts.no_label += int(np.count_nonzero(fresh & ~truth.known))
        cells = bulk.batch if kept.all() else bulk.batch.filter(pa.array(kept))
        columns = cells.columns[cells.num_columns - len(self.features) :] if self.features else []
        return Observed(
            pa.RecordBatch.from_arrays(columns, names=list(self.features)),
            truth.labels and truth.labels.filter(pa.array(kept[truth.known])),
            None if self.predicted is None else cells.column(self.predicted),
            None if self.probability is None else cells.column(self.probability),
        )

    def _truth(self, bulk: Bulk, join: Join | None) -> Truth | None:
        """None where a label is more than a plain cell."""
        if not self.labelled:
            return Truth(np.ones(len(bulk.lines), dtype=np.bool_), None)
        if join is not None:
            places = join.truth.places(_join_ids(bulk))
            known = places != NONE
            labels = join.truth.csv(places[known])
        else:
            places = None
            known = flags(bulk.label.data.is_valid())
            data, encoding = (column.filter(pa.array(known)) for column in bulk.label)
            labels = data if flags(pc.equal(encoding, "CSV")).all() else None
        if labels is None or pc.any(pc.match_substring_regex(labels, NOT_PLAIN)).as_py():
            return None
        return Truth(known, labels, places)


def _enter(bulk: Bulk, events: Events, fresh: Flags) -> None:
    """Take a slice into the books of its events."""
    counts = events.tally.counts
    counts.records += fresh.size + bulk.elsewhere.total()
    counts.duplicates += int(np.count_nonzero(~fresh))
    counts.late += bulk.late
    for place, number in bulk.elsewhere.items():
        counts.add(place, number)


def _join_ids(bulk: Bulk) -> pa.StringArray:
    """What a label names each record by (records.Record.join_id)."""
    named = pc.fill_null(pc.not_equal(bulk.inference_id, ""), False)
    return pc.if_else(named, bulk.inference_id, pc.fill_null(bulk.event_id, ""))


def _width(answer: Payload | None) -> int:
    """Cells of the first row answered, where that is CSV; else 0."""
    try:
        return len(rows_of(answer)[0]) if answer and answer.encoding == "CSV" else 0
    except Flaw:
        return 0


def _position(selector: Selector | None) -> int | None:
    return None if selector is None else int(selector.text)
