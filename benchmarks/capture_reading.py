"""Raw capture → batches of text columns, beside a parser that only parses.

    python benchmarks/capture_reading.py [records] [files] [directory]

Writes that many records of 30 numbers in hourly capture files (unless the directory has
them), reads them as a window of an hour, and prints seconds of processor and wall time,
records a second and the memory at its highest. The yardstick is the standard library's
`json.loads` of every line; `orjson.loads` too, where it is installed. Compare processor
times on a machine that does other things.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from monitoring.capture import Window, read_capture

COLUMNS = 30
HOUR = datetime(2026, 1, 5, 9)
WINDOW = Window.parse("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z")


def main(records: int, files: int, directory: Path) -> None:
    if not any(directory.rglob("*.jsonl")):
        write(directory, records, files)
    paths = sorted(directory.rglob("*.jsonl"))
    size = sum(path.stat().st_size for path in paths)
    print(f"{records:,} records, {len(paths):,} files, {size / 1e6:,.0f} MB\n")
    print("| | processor s | wall s | records/s | memory MB |\n|---|---|---|---|---|")
    report("read_capture", records, lambda: read(directory))
    for name in ("orjson", "json"):
        try:
            loads = importlib.import_module(name).loads
        except ImportError:
            continue
        report(f"{name}.loads", records, lambda loads=loads: parse(paths, loads))


def write(directory: Path, records: int, files: int) -> None:
    """Lines as an endpoint writes them, spread evenly over files and seconds."""
    generator, numbers = np.random.default_rng(7), count()
    for part in np.array_split(np.arange(records), files):
        file = next(numbers)
        path = directory / f"{HOUR:%Y/%m/%d/%H}" / f"{file % 60:02}-{file // 60:02}-000.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = generator.normal(size=(len(part), COLUMNS))
        with path.open("w") as lines:
            for record, row in zip(part.tolist(), rows.tolist(), strict=True):
                time = HOUR + timedelta(seconds=record * 3600 // records)
                lines.write(json.dumps(event(record, row, time), separators=(",", ":")) + "\n")


def event(number: int, row: list[float], time: datetime) -> dict[str, object]:
    sent = {"observedContentType": "text/csv", "mode": "INPUT", "encoding": "CSV"}
    answered = {**sent, "mode": "OUTPUT", "data": f"{abs(row[0]) % 1!r}\n"}
    return {
        "captureData": {
            "endpointInput": {**sent, "data": ",".join(map(repr, row))},
            "endpointOutput": answered,
        },
        "eventMetadata": {
            "eventId": f"{number:032x}-{number % 997:03}",
            "inferenceTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        },
        "eventVersion": "0",
    }


def read(directory: Path) -> int:
    return sum(batch.num_rows for batch in read_capture(directory, WINDOW).batches)


def parse(paths: list[Path], loads: Callable[[bytes], object]) -> int:
    parsed = 0
    for path in paths:
        with path.open("rb") as lines:
            for line in lines:
                loads(line)
                parsed += 1
    return parsed


def report(name: str, records: int, run: Callable[[], int]) -> None:
    """One row of the table; fails when records were lost."""
    processor, wall = time.process_time(), time.perf_counter()
    found = run()
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    assert found == records, (found, records)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"| {name} | {processor:.2f} | {wall:.2f} | {records / wall:,.0f} | {memory} |")


if __name__ == "__main__":
    asked = sys.argv[1:]
    with TemporaryDirectory() as scratch:
        main(
            int(asked[0]) if asked else 100_000,
            int(asked[1]) if len(asked) > 1 else 24,
            Path(asked[2]) if len(asked) > 2 else Path(scratch),
        )
