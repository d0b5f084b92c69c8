"""Captured events + ground truth → events that know their label, and the books of the join.

Needs     events of one window, and GroundTruth
Gives     the labelled events in their order; Coverage, complete only after the last one

A label belongs to the record whose inference id it names, or whose event id where the
client gave none. It is an inner join: an event without a label is counted and left out,
and metrics of the others speak for all only as far as labels do not come selectively.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from monitoring.capture.coverage import Coverage
from monitoring.capture.events import Event
from monitoring.capture.ground_truth import NONE, Bools, GroundTruth, Rows
from monitoring.capture.records import Record, Window
from monitoring.errors import NoDataError

EVENTS_AT_ONCE = 4_096
"""Events whose labels are looked up together."""


@dataclass(slots=True)
class Join:
    """One pass of the events of a window over the labels."""

    truth: GroundTruth
    coverage: Coverage
    used: Bools
    """Labels that some event has."""

    @classmethod
    def with_labels(cls, truth: GroundTruth) -> Join:
        counts = truth.tally.counts
        coverage = Coverage(
            labels=counts.considered - counts.faulty,
            orphans=len(truth),
            conflicts=truth.conflicts,
            faulty_labels=counts.faulty,
        )
        return cls(truth, coverage, np.zeros(len(truth), np.bool_))

    def of(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events that have a label, with it."""
        stream = iter(events)
        while some := list(islice(stream, EVENTS_AT_ONCE)):
            places = self.truth.places([event.record.join_id for event in some])
            self.count(places)
            labelled = np.flatnonzero(places != NONE)
            labels = self.truth.payloads(places[labelled])
            for at, label in zip(labelled.tolist(), labels, strict=True):
                record: Record = some[at].record._replace(label=label)
                self.coverage.by_event_id += not record.inference_id
                yield some[at]._replace(record=record)

    def count(self, places: Rows) -> None:
        """Take events, by the places of their labels, into the books."""
        found = places[places != NONE]
        before = len(self.truth) - self.coverage.orphans
        self.used[found] = True
        now = int(np.count_nonzero(self.used))
        self.coverage.records += places.size
        self.coverage.joined += found.size
        self.coverage.shared_ids += found.size - (now - before)
        self.coverage.orphans = len(self.truth) - now

    def require_any(self, window: Window | None) -> None:
        """Raise NoDataError (NO_DATA, PENDING_LABELS) when no event had a label."""
        if not self.coverage.joined:
            raise NoDataError(_nothing_joined(self.coverage, window))


def _nothing_joined(coverage: Coverage, window: Window | None) -> str:
    between = f" between {window}".replace(" to ", " and ") if window else ""
    if not coverage.records:
        return (
            f"NO_DATA: no captured record{between}, so there was nothing to label. Check that "
            "the endpoint had traffic and that its data capture is on and started."
        )
    if not coverage.labels:
        return (
            f"PENDING_LABELS: {coverage.records:,} records were captured{between}, and there is "
            "no ground truth for them yet. Upload labels, or move the window back with "
            "StartTimeOffset and EndTimeOffset until they have arrived."
        )
    return (
        f"PENDING_LABELS: none of {coverage.records:,} records captured{between} is named by one "
        f"of {coverage.labels:,} labels. A label's eventId is the record's inferenceId, or its "
        "eventId where the client sent none; compare the two."
    )
