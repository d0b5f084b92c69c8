"""What data quality costs once rows are text in memory: states, documents, growth.

    python benchmarks/data_quality.py [rows]

Batches as the readers give them, of the tables of `traffic_data`; CPU seconds of all
threads, so that a busy machine changes little. `peers/` measures the whole path from
captured files, beside others.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import pyarrow as pa
from traffic_data import column_names, rows_of

from monitoring.documents import render
from monitoring.monitors.alignment import align
from monitoring.monitors.constraints import Constraints
from monitoring.monitors.data_quality import describe, judge, suggest, summarize
from monitoring.tables import BATCH_ROWS, text_batch

BLOCK = 3 * BATCH_ROWS


def main(rows: int) -> None:
    measured = ["states, CPU s", "documents, CPU s", "ns a cell", "state, MB"]
    heads = ["table", "columns", "rows", "mode", *measured]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|", flush=True)
    runs = [("card", 30, n) for n in (rows // 100, rows // 10, rows)]
    runs += [("card", 10, rows // 10), ("card", 300, rows // 10), ("loan", 11, rows // 10)]
    for table, columns, number in runs:
        for mode in ("corrected", "compat"):
            own = (sys.executable, __file__, table, str(columns), str(number), mode)
            subprocess.run(own, check=True)


def measure(table: Any, columns: int, rows: int, mode: Any) -> None:
    """One run; its state's size is that of its pickle, which processes send each other."""
    names = column_names(table, columns)
    block, _ = text_batch(names, rows_of(table, min(rows, BLOCK), columns))
    baseline = suggest([text_batch(names, rows_of(table, 20_000, columns, seed=7))[0]], None, mode)
    constraints = Constraints.of(baseline["constraints.json"])
    began = time.process_time()
    state = summarize(batches(block, rows), constraints, mode)
    states = time.process_time() - began
    alignment = align(state.names, constraints.names, mode)
    documents = describe(state), judge(state, baseline, alignment, mode).documents
    for document in documents:
        render(document)
    written = time.process_time() - began - states
    cell = states / rows / len(names) * 1e9
    print(
        f"| {table} | {len(names)} | {rows:,} | {mode} | {states:.2f} | {written:.2f} "
        f"| {cell:.0f} | {len(pickle.dumps(state)) / 2**20:.1f} |",
        flush=True,
    )


def batches(block: pa.RecordBatch, rows: int) -> Iterator[pa.RecordBatch]:
    """`rows` rows of a block, over and over, in batches."""
    while rows > 0:
        for start in range(0, min(rows, block.num_rows), BATCH_ROWS):
            batch = block.slice(start, min(BATCH_ROWS, rows))
            yield batch
            rows -= batch.num_rows


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
