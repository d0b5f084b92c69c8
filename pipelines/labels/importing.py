"""Labels into SageMaker's ground-truth layout: new ones written, known ones passed over.

Needs     labels (reading.py) and the folder of ground truth they go to
Writes    {folder}/yyyy/mm/dd/hh/MM-SS-{sha256}.jsonl, the hour being that of collection

The same import twice writes nothing the second time. A label that contradicts the one known
for its id is a conflict: the known one stays and the ids are reported, unless the import is
told to replace; then the correction is filed as collected now, behind the label it corrects,
for monitors take the last file's word.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from monitoring.aws.folders import Folder
from monitoring.capture.ground_truth import NONE, GroundTruth
from monitoring.capture.label_lines import Labels
from monitoring.capture.records import Payload
from monitoring.capture.tally import Tally
from monitoring.errors import StorageError
from pipelines.labels.reading import Labelled

AT_ONCE = 65_536
"""Labels looked up together."""


@dataclass(slots=True)
class Import:
    """What an import did. `read` is the sum of `new`, `known`, `replaced` and the conflicts."""

    read: int = 0
    new: int = 0
    known: int = 0
    """The same label was there, or came twice."""
    replaced: int = 0
    conflicts: list[str] = field(default_factory=list)
    """The ids whose label contradicts the one that was kept."""
    faulty: int = 0
    """Lines without a usable label."""
    files: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(slots=True)
class Importer:
    """One import; `taken` are the labels it brought, once `add` has seen them all."""

    stored: GroundTruth
    replaces: bool = False
    done: Import = field(default_factory=Import)
    taken: dict[str, Labelled] = field(default_factory=dict)
    corrections: set[str] = field(default_factory=set)

    def add(self, labels: Iterable[Labelled]) -> None:
        """Sort labels into new, known, replaced and conflicting."""
        stream = iter(labels)
        while some := list(islice(stream, AT_ONCE)):
            places = self.stored.places([one.identity for one in some])
            found = np.flatnonzero(places != NONE)
            before = dict(zip(found.tolist(), self.stored.payloads(places[found]), strict=True))
            for at, one in enumerate(some):
                self._sort(one, before.get(at))

    def _sort(self, one: Labelled, stored: Payload | None) -> None:
        done = self.done
        done.read += 1
        taken = self.taken.get(one.identity)
        known = taken.label if taken is not None else stored
        if known is None:
            done.new += 1
            self.taken[one.identity] = one
        elif (known.data, known.encoding) == (one.label.data, one.label.encoding):
            done.known += 1
        elif self.replaces:
            done.replaced += 1
            self.taken[one.identity] = one
            if stored is not None:
                self.corrections.add(one.identity)
        else:
            done.conflicts.append(one.identity)

    def write(self, target: Folder, now: datetime) -> Import:
        """Write what was taken, one file an hour; each appears whole.

        Raises StorageError when a correction would not stand behind what it corrects.
        """
        hours: dict[datetime, list[Labelled]] = defaultdict(list)
        for one in self.taken.values():
            time = now if one.identity in self.corrections else one.collected or now
            hours[_hour(time)].append(one)
        contents = {hour: lines(hours[hour]) for hour in sorted(hours)}
        names = {hour: file_name(hour, now, content) for hour, content in contents.items()}
        if self.corrections:
            _check_order(target, names[_hour(now)])
        for hour, content in contents.items():
            if target.create(names[hour], content):
                self.done.files.append(names[hour])
        return self.done


def _hour(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _check_order(target: Folder, name: str) -> None:
    later = [known for known in target.names() if known >= name]
    if later:
        raise StorageError(
            f"{target}: {later[-1]} is filed later than {name}, so its labels would outweigh "
            "the corrections and nothing was imported. Check the clock, or run again in an hour"
        )


def file_name(hour: datetime, now: datetime, content: bytes) -> str:
    """Where an hour's labels go. Files of one hour sort by the time of their import.

    >>> nine, later = (datetime(2026, 1, 5, hour, 30, tzinfo=UTC) for hour in (9, 11))
    >>> file_name(nine, later, b"")[:25]
    '2026/01/05/09/30-00-e3b0c'
    """
    return f"{hour:%Y/%m/%d/%H}/{now:%M-%S}-{hashlib.sha256(content).hexdigest()[:32]}.jsonl"


def lines(labels: Iterable[Labelled]) -> bytes:
    """Ground truth as SageMaker reads it, ordered by id: the same labels give the same bytes.

    >>> lines([Labelled("tx-1", Payload("1", "CSV", ""), None)]).decode()
    '{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"tx-1"},\
"eventVersion":"0"}\\n'
    """
    documents = (
        {
            "groundTruthData": {"data": one.label.data, "encoding": one.label.encoding},
            "eventMetadata": {"eventId": one.identity},
            "eventVersion": "0",
        }
        for one in sorted(labels, key=lambda one: one.identity)
    )
    return "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in documents).encode()


def ground_truth_of(labels: Iterable[Labelled]) -> GroundTruth:
    """Labels in memory, to be joined with captures as those in files are."""
    held = list(labels)
    encodings = tuple(dict.fromkeys(one.label.encoding for one in held))
    part = Labels(
        pa.array([one.identity.encode("utf-8", "surrogatepass") for one in held], pa.binary()),
        pa.array([one.label.data.encode("utf-8", "surrogatepass") for one in held], pa.binary()),
        encodings,
        np.array([encodings.index(one.label.encoding) for one in held], np.int64),
        (),
    )
    return GroundTruth.of([part], Tally())
