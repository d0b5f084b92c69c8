"""Files of ground truth → labels, found by the id of their record.

Needs     label files (JSON Lines), of any hours
Gives     GroundTruth: rows of ids in, places of their labels out; and the books of the reading

Labels are held in arrays: 36 bytes each beside the texts of id and label, so 73 where ids
are UUIDs. Ids are found by a 64-bit hash and then compared, since a hash proves nothing.
Of several labels for one id the last file's counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from monitoring.capture.label_lines import Labels, as_arrow, parse_labels
from monitoring.capture.lines import capture_files, read_runs
from monitoring.capture.records import Payload
from monitoring.capture.tally import FAULTY_SHARE, Tally
from monitoring.measures.xxhash import Words, xxhash64

RUN_BYTES = 4 << 20
NONE = -1

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """Labels by the id of their record.

    >>> from monitoring.capture.lines import Run
    >>> line = b'{"groundTruthData": {"data": "1"}, "eventMetadata": {"eventId": "a"}}'
    >>> truth = GroundTruth.of([parse_labels(Run(1, bytearray(line + b"\\n")))], Tally())
    >>> truth.places(["b", "a"])
    array([-1,  0])
    >>> truth.payloads(np.array([0]))
    [Payload(data='1', encoding='CSV', content_type='')]
    """

    hashes: Words
    """Ascending; one for every id."""
    rows: Rows
    """Where in `ids` and `data` the label of each hash stands."""
    ids: pa.LargeBinaryArray
    data: pa.LargeBinaryArray
    encodings: tuple[str, ...]
    encoding: npt.NDArray[np.int32]
    conflicts: int
    """Labels that contradict the one before of the same id."""
    tally: Tally
    hashed: Callable[[pa.Array], Words]

    @classmethod
    def read(cls, source: Path, faulty_share: float = FAULTY_SHARE) -> GroundTruth:
        """Read label files, oldest path first; none where `source` does not exist.

        Raises CaptureError when too many of their lines are faulty.
        """
        tally = Tally()
        parts = []
        for path in capture_files(source) if source.exists() else ():
            tally.counts.files += 1
            for run in read_runs(path, RUN_BYTES):
                found = parse_labels(run)
                tally.counts.records += len(found.ids) + len(found.flaws)
                for number, flaw in found.flaws:
                    tally.note(path.name, number, flaw)
                parts.append(found)
        tally.judge(faulty_share)
        return cls.of(parts, tally)

    @classmethod
    def of(
        cls,
        parts: Sequence[Labels],
        tally: Tally,
        hashed: Callable[[pa.Array], Words] = xxhash64,
    ) -> GroundTruth:
        """From labels in the order in which they count."""
        encodings = tuple(dict.fromkeys(name for part in parts for name in part.encodings))
        place = {name: at for at, name in enumerate(encodings)}
        codes = [
            np.array([place[name] for name in part.encodings], np.int32)[part.encoding]
            for part in parts
            if part.encodings
        ]
        encoding = np.concatenate([np.empty(0, np.int32), *codes])
        hashes = np.concatenate([np.empty(0, np.uint64), *(hashed(part.ids) for part in parts)])
        ids, data = _joined(part.ids for part in parts), _joined(part.data for part in parts)
        order = np.argsort(hashes, kind="stable")
        rows, conflicts = _last_of_each(hashes[order], order, ids, data, encoding)
        return cls(hashes[rows], rows, ids, data, encodings, encoding, conflicts, tally, hashed)

    def __len__(self) -> int:
        """Ids that have a label."""
        return self.rows.size

    def places(self, ids: Sequence[str] | pa.Array) -> Rows:
        """The place of each id among the labels, -1 where it has none."""
        if not isinstance(ids, pa.Array):
            ids = pa.array([text.encode("utf-8", "surrogatepass") for text in ids], pa.binary())
        found = np.full(len(ids), NONE)
        if not self.rows.size or not len(ids):
            return found
        hashes = self.hashed(ids)
        order, at = np.argsort(hashes), np.empty(len(ids), np.int64)
        # Asked in ascending order, one search finds its way in the cache of the one before.
        at[order] = np.searchsorted(self.hashes, hashes[order])
        asked, ids = np.arange(len(ids)), ids.cast(pa.large_binary())
        while asked.size:
            here = np.minimum(at, self.rows.size - 1)
            maybe = (at < self.rows.size) & (self.hashes[here] == hashes[asked])
            asked, at = asked[maybe], at[maybe]
            same = _equal(self.ids, self.rows[at], ids, asked)
            found[asked[same]] = at[same]
            # Another id with the same hash: its neighbour may be the one.
            asked, at = asked[~same], at[~same] + 1
        return found

    def csv(self, places: Rows) -> pa.StringArray | None:
        """The labels at these places as text; None where one is not CSV, or half a character."""
        rows = self.rows[places]
        if any(self.encodings[code] != "CSV" for code in np.unique(self.encoding[rows])):
            return None
        try:
            return self.data.take(as_arrow(rows)).cast(pa.utf8())
        except pa.ArrowInvalid:
            return None

    def payloads(self, places: Rows) -> list[Payload]:
        """The labels at these places."""
        rows = self.rows[places]
        texts = self.data.take(as_arrow(rows)).to_pylist()
        return [
            Payload(text.decode("utf-8", "surrogatepass"), self.encodings[code], "")
            for text, code in zip(texts, self.encoding[rows].tolist(), strict=True)
        ]


def _last_of_each(
    hashes: Words,
    order: Rows,
    ids: pa.LargeBinaryArray,
    data: pa.LargeBinaryArray,
    encoding: npt.NDArray[np.int32],
) -> tuple[Rows, int]:
    """The last row of every id, by ascending hash, and how many contradict the one before."""
    again = hashes[1:] == hashes[:-1]
    if not again.any():
        return order, 0
    former, latter = order[:-1][again], order[1:][again]
    same = _same(ids, former, latter)
    if not same.all():
        return _last_among_collisions(order, ids, data, encoding)
    changed = ~_same(data, former, latter) | (encoding[former] != encoding[latter])
    return order[np.append(~again, True)], int(np.count_nonzero(changed))


def _last_among_collisions(
    order: Rows,
    ids: pa.LargeBinaryArray,
    data: pa.LargeBinaryArray,
    encoding: npt.NDArray[np.int32],
) -> tuple[Rows, int]:
    """The same where two ids have one hash: by the ids themselves."""
    last: dict[bytes, int] = {}
    conflicts = 0
    for row in sorted(order.tolist()):
        identity = ids[row].as_py()
        former = last.get(identity)
        if former is not None:
            changed = data[former] != data[row] or encoding[former] != encoding[row]
            conflicts += bool(changed)
        last[identity] = row
    kept = np.isin(order, list(last.values()))
    return order[kept], conflicts


def _equal(left: pa.Array, at: Rows, right: pa.Array, where: Rows) -> Bools:
    """Whether two arrays hold the same at these places; ascending in the right one."""
    asked = right if where.size == len(right) else right.take(as_arrow(where))
    pairs = pc.equal(left.take(as_arrow(at)), asked)
    return np.asarray(pairs.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _same(column: pa.Array, one: Rows, other: Rows) -> Bools:
    return _equal(column, one, column.take(as_arrow(other)), np.arange(other.size))


def _joined(columns: Iterable[pa.Array]) -> pa.LargeBinaryArray:
    """One array; of more than 2 GiB too, which a binary array cannot hold."""
    nothing = pa.array([], pa.large_binary())
    return pa.concat_arrays([nothing, *(column.cast(pa.large_binary()) for column in columns)])
