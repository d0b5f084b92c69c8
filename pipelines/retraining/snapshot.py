"""Snapshots: exactly which rows a model was trained and compared on, for good.

Needs     the parts of the historical data, labelled production rows, and a folder
Writes    {folder}/{sha256}/data.parquet, named after its own SHA-256, and manifest.json

The same rows give the same file and so the same name (with the same pyarrow, which the
manifest names). The manifest is written last: a snapshot without one was not finished.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from monitoring.aws.folders import Folder
from monitoring.errors import StorageError
from pipelines.models.base import Model, Table
from pipelines.preprocess import split
from pipelines.retraining.production import Labelled

DATA, MANIFEST = "data.parquet", "manifest.json"
HISTORICAL, PRODUCTION = "historical", "production"
LEARNT = ("train", "validation", "test")
HELD_OUT = "held_out"
SEED = 20_260_730
META = ("part", "origin", "identity", "time", "label")
FEATURE = "feature_"
"""In front of the schema's columns, so that none is taken for one of ours."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Rows under their part: train, validation and test, and those held out."""

    model: Model
    table: pa.Table

    @classmethod
    def of(
        cls,
        model: Model,
        historical: Mapping[str, Table],
        learnt: Sequence[Labelled],
        held_out: Sequence[Labelled],
    ) -> Snapshot:
        """Historical rows keep their part; production rows are split as those were, seeded."""
        rows: list[tuple[Any, ...]] = []
        for part in LEARNT:
            table = historical[part]
            for row, label in zip(table.rows, table.labels, strict=True):
                rows.append((part, HISTORICAL, None, None, label, *row))
        for part, some in {**_split(model, learnt), HELD_OUT: held_out}.items():
            rows += [
                (part, PRODUCTION, one.identity, one.time.isoformat(), one.label, *one.row)
                for one in some
            ]
        names = [*META, *(FEATURE + name for name in model.schema.names)]
        columns = zip(*rows, strict=True)
        arrays = [pa.array(column, pa.string()) for column in columns]
        return cls(model, pa.table(arrays, names=names))

    def part(self, name: str) -> Table:
        """The rows of one part, in the order in which they were added."""
        table = self.table.filter(pc.field("part") == name)
        columns = [table.column(FEATURE + each).to_pylist() for each in self.model.schema.names]
        rows = [list(row) for row in zip(*columns, strict=True)]
        return Table(rows, table.column("label").to_pylist())

    def store(self, folder: Folder) -> str:
        """Write it, unless it is there; answers its SHA-256. Raises StorageError."""
        content = self._parquet()
        sha256 = hashlib.sha256(content).hexdigest()
        folder.create(f"{sha256}/{DATA}", content)
        manifest = json.dumps({"sha256": sha256, **self.manifest()}, indent=2) + "\n"
        folder.create(f"{sha256}/{MANIFEST}", manifest.encode())
        return sha256

    def manifest(self) -> dict[str, Any]:
        """What the file holds; nothing in it differs between two runs."""
        pairs = zip(
            *(self.table.column(name).to_pylist() for name in ("part", "origin")), strict=True
        )
        counts = Counter(f"{part}.{origin}" for part, origin in pairs)
        times = [time for time in self.table.column("time").to_pylist() if time]
        return {
            "model": self.model.name,
            "rows": dict(sorted(counts.items())),
            "production_from": min(times, default=None),
            "production_to": max(times, default=None),
            "schema": self.model.schema.to_json(),
            "label": self.model.label,
            "pyarrow": pa.__version__,
        }

    def _parquet(self) -> bytes:
        buffer = io.BytesIO()
        pq.write_table(self.table, buffer, compression="zstd", version="2.6")
        return buffer.getvalue()


def learnt_ids(folder: Folder, sha256: str) -> frozenset[str]:
    """The ids of the production rows that a snapshot's model has learnt from.

    Raises StorageError when the file is missing, or is not the one of that name.
    """
    content = folder.read(f"{sha256}/{DATA}")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StorageError(
            f"{folder}/{sha256}/{DATA}: is not the file of that SHA-256 any more, so which rows "
            "were learnt from is unknown. Restore it from the folder's versions"
        )
    table = pq.read_table(io.BytesIO(content), columns=["part", "origin", "identity"])
    learnt = (pc.field("origin") == PRODUCTION) & (pc.field("part") != HELD_OUT)
    return frozenset(table.filter(learnt).column("identity").to_pylist())


def _split(model: Model, rows: Sequence[Labelled]) -> dict[str, Sequence[Labelled]]:
    """Production rows into train, validation and test, in the shares of the first split.

    What would have been its traffic goes to train: production rows have been traffic already.
    """
    positions = Table([[str(at)] for at in range(len(rows))], [one.label for one in rows])
    parts = split(positions, model.targets(positions), SEED)
    chosen = {name: [int(row[0] or 0) for row in part.rows] for name, part in parts.items()}
    chosen["train"] += chosen.pop("traffic")
    return {name: [rows[at] for at in sorted(chosen[name])] for name in LEARNT}
