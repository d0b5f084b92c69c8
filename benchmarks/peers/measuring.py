"""One measured run in a process of its own: what every side of the comparison shares.

    python benchmarks/peers/PEER.py DIR TABLE

Needs     a directory of captured traffic, and which table it holds
Writes    one line of JSON: seconds of the whole path and of its profile alone, CPU seconds,
          the process's peak memory, and rows, mean and missing of one column as a check

A run warms up on a small directory first (`DIR-warm`), so imports, compilations and a JVM's
start are nobody's time. Peers load as their users do: `orjson` per line, one `read_csv`.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIDES = ("endpointOutput", "endpointInput")
NUMERIC = ["probability", "income", "ratio", "score", "amount"]
TEXT = ["city", "purpose", "grade", "employer", "education", "comment"]


def names_of(table: str) -> list[str]:
    """The columns of a record, the answer first; as `traffic_data.column_names`."""
    return (
        [*NUMERIC, *TEXT] if table == "loan" else ["probability", *(f"v{i}" for i in range(1, 30))]
    )


def load(directory: Path, table: str) -> Any:
    """Captured traffic as a pandas DataFrame."""
    import orjson
    import pandas as pd

    rows = []
    for path in sorted(directory.rglob("*.jsonl")):
        with path.open("rb") as stream:
            for line in stream:
                captured = orjson.loads(line)["captureData"]
                rows.append(",".join(captured[side]["data"] for side in SIDES))
    return pd.read_csv(io.StringIO("\n".join(rows)), header=None, names=names_of(table))


def measure(whole: Callable[[Path, str], dict[str, Any]]) -> None:
    """Run `whole` twice, small and warm, then large; print what it cost.

    `whole` returns {"rows", "mean", "profile_seconds"}; mean is that of `probability`.
    """
    directory, table = Path(sys.argv[1]), sys.argv[2]
    whole(Path(f"{directory}-warm"), table)
    began, cpu = time.perf_counter(), cpu_seconds()
    said = whole(directory, table)
    said["seconds"] = time.perf_counter() - began
    said["cpu_seconds"] = cpu_seconds() - cpu
    said["peak_mb"] = peak_mb()
    print(json.dumps(said))


def profiled(profile: Callable[[Any], tuple[int, float]]) -> Callable[[Path, str], dict[str, Any]]:
    """The whole path of a peer that profiles a DataFrame."""

    def whole(directory: Path, table: str) -> dict[str, Any]:
        frame = load(directory, table)
        began = time.perf_counter()
        rows, mean = profile(frame)
        return {"rows": rows, "mean": mean, "profile_seconds": time.perf_counter() - began}

    return whole


def cpu_seconds() -> float:
    """User and system time of this process and of the children it waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def peak_mb() -> float:
    """Largest resident memory of this process and of its living children (a JVM), added up.

    Not `ru_maxrss`: a process inherits that from whoever started it.
    """
    pids, found = ["self"], 0
    while pids:
        home = Path("/proc") / pids.pop()
        found += int(home.joinpath("status").read_text().partition("VmHWM:")[2].split()[0])
        for task in home.joinpath("task").iterdir():
            pids += task.joinpath("children").read_text().split()
    return found / 1024
