"""The analyzer: a data-quality check of captured traffic against a baseline, all documents.

`ours.py DIR TABLE [MODE]`: `corrected` unless `compat` is asked for. The baseline is
suggested from another 20,000 rows of the same table beforehand, so types, completeness,
domains and drift are all compared, and duplicates looked for.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measuring import measure
from traffic_data import column_names, rows_of

from monitoring.datasets import CAPTURED, Dataset
from monitoring.documents import publish
from monitoring.evaluation import check, documents_of
from monitoring.kinds import DATA_QUALITY
from monitoring.monitors import monitor_for
from monitoring.tables import text_batch

MODE: Any = sys.argv[3] if len(sys.argv) > 3 else "corrected"
MONITOR = monitor_for(DATA_QUALITY)


@lru_cache
def baseline(table: Any, columns: int) -> Any:
    names = column_names(table, columns)
    batch, _ = text_batch(names, rows_of(table, 20_000, columns, seed=7))
    return MONITOR.suggest([batch], None, MODE)


def whole(directory: Path, table: Any) -> dict[str, Any]:
    known = baseline(table, columns_in(directory))
    began = time.perf_counter()
    outcome = check(MONITOR, Dataset(directory, CAPTURED), known, MODE)
    with tempfile.TemporaryDirectory() as output:
        publish(documents_of(outcome), Path(output) / "run")
    first = outcome.analysis.documents["statistics.json"]["features"][0]
    return {
        "rows": outcome.analysis.item_count,
        "mean": first["numerical_statistics"]["mean"],
        "profile_seconds": time.perf_counter() - began,
    }


def columns_in(directory: Path) -> int:
    with next(iter(sorted(directory.rglob("*.jsonl")))).open("rb") as stream:
        captured = json.loads(stream.readline())["captureData"]
    return sum(side["data"].count(",") + 1 for side in captured.values())


if __name__ == "__main__":
    measure(whole)
