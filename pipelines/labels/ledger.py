"""The ledger: per hour of traffic, how much of it has a label.

Needs     captures and ground truth, of any hours
Gives     `Ledger`: an `Hour` for each hour with traffic; labels of no captured record

The hour is that of the record, by its inferenceTime, however late its label came. An hour's
`labels_digest` changes when a label of its records is new or corrected, and only then: what
was evaluated under another digest has to be evaluated again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.box import SIMPLE_HEAD
from rich.table import Table

from monitoring.capture.events import Event, Events
from monitoring.capture.ground_truth import NONE, GroundTruth
from monitoring.capture.joining import EVENTS_AT_ONCE, Join
from monitoring.capture.records import Window, when
from monitoring.capture.tally import FAULTY_SHARE, Tally

HOUR = timedelta(hours=1)
_MODULUS = 1 << 256


@dataclass(slots=True)
class Hour:
    """One hour of an endpoint's traffic."""

    start: datetime
    captured: int = 0
    labelled: int = 0
    conflicting: int = 0
    """Labelled records whose id has had several labels; the last file's counts."""
    digest: int = 0

    @property
    def name(self) -> str:
        """Its place among the documents of all hours.

        >>> Hour(datetime(2026, 1, 5, 9)).name
        '2026/01/05/09'
        """
        return f"{self.start:%Y/%m/%d/%H}"

    @property
    def waiting(self) -> int:
        """Records without a label yet."""
        return self.captured - self.labelled

    @property
    def labels_digest(self) -> str:
        """64 hex digits of all labels of the hour's records, in whatever order; "" for none."""
        return f"{self.digest:064x}" if self.labelled else ""

    @property
    def window(self) -> Window:
        """From the hour's start to its end."""
        return Window(self.start, self.start + HOUR)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "hour": f"{self.start:%Y-%m-%dT%H:%M:%SZ}",
            "captured": self.captured,
            "labelled": self.labelled,
            "conflicting": self.conflicting,
            "waiting": self.waiting,
            "labels_digest": self.labels_digest,
        }


@dataclass(slots=True)
class Ledger:
    """Every hour with traffic, oldest first."""

    hours: list[Hour] = field(default_factory=list)
    orphans: int = 0
    """Ids with a label, but without a captured record."""
    undated: int = 0
    """Records without a usable inferenceTime, which belong to no hour."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "hours": [hour.as_dict() for hour in self.hours],
            "orphans": self.orphans,
            "undated": self.undated,
        }


def ledger(captures: Path, truth: GroundTruth, faulty_share: float = FAULTY_SHARE) -> Ledger:
    """Read the captures once, and count. Raises CaptureError when too much is faulty."""
    tally, join = Tally(), Join.with_labels(truth)
    contested = contested_ids(truth)
    hours: dict[datetime, Hour] = {}
    found = Ledger()
    stream = _dated(Events(None, tally).of(captures), found)
    while some := list(islice(stream, EVENTS_AT_ONCE)):
        ids = [identity for _, identity in some]
        places = truth.places(ids)
        join.count(places)
        labelled = np.flatnonzero(places != NONE)
        labels = dict(zip(labelled.tolist(), truth.payloads(places[labelled]), strict=True))
        for at, (start, identity) in enumerate(some):
            hour = hours.setdefault(start, Hour(start))
            hour.captured += 1
            if at in labels:
                _label(hour, identity, labels[at].data, contested)
    tally.judge(faulty_share)
    found.hours = [hours[start] for start in sorted(hours)]
    found.orphans = join.coverage.orphans
    return found


def _dated(events: Iterable[Event], found: Ledger) -> Iterator[tuple[datetime, str]]:
    """The hour of each record and the id its label names it by."""
    for event in events:
        try:
            time = when(event.record.time)
        except ValueError:
            found.undated += 1
            continue
        yield time.replace(minute=0, second=0, microsecond=0), event.record.join_id


def _label(hour: Hour, identity: str, label: str, contested: frozenset[bytes]) -> None:
    key, text = (each.encode("utf-8", "surrogatepass") for each in (identity, label))
    hour.labelled += 1
    hour.conflicting += key in contested
    digest = hashlib.sha256(b"%d:%b=%b" % (len(key), key, text)).digest()
    hour.digest = (hour.digest + int.from_bytes(digest)) % _MODULUS


def contested_ids(truth: GroundTruth) -> frozenset[bytes]:
    """The ids that have had more than one label."""
    labels = pa.table({"id": truth.ids, "label": truth.data, "encoding": truth.encoding})
    distinct = labels.group_by(["id", "label", "encoding"]).aggregate([])
    counted = distinct.group_by("id").aggregate([([], "count_all")])
    several = counted.filter(pc.field("count_all") > 1)
    return frozenset(several.column("id").to_pylist())


def table(hours: Iterable[Hour]) -> Table:
    """The hours for a terminal."""
    shown = Table(box=SIMPLE_HEAD, title="Labels by the hour of their records (UTC)")
    for heading in ("hour", "captured", "labelled", "conflicting", "waiting", "coverage"):
        shown.add_column(heading, justify="left" if heading == "hour" else "right")
    for hour in hours:
        shown.add_row(
            f"{hour.start:%Y-%m-%d %H:%M}",
            *(f"{n:,}" for n in (hour.captured, hour.labelled, hour.conflicting, hour.waiting)),
            f"{hour.labelled / hour.captured:.1%}",
        )
    return shown
