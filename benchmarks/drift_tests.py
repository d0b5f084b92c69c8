"""How often drift tests call chance drift, how well they find what is drift, what they cost.

    python benchmarks/drift_tests.py [SEED] [RUNS]

A table of twenty columns: normal, skewed, counted, heavy-tailed, and categories, some of them
correlated. The baseline has 20,000 rows, an hour 1,000. Thresholds are 0, so that the
p-values decide alone. In the lines below the first, which have a fifth of the runs, one
column moves by a share of its standard deviation, or ceases to go with the others.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from monitoring.monitors import DATA_QUALITY_MONITOR
from monitoring.monitors.base import Monitor
from monitoring.monitors.beside import with_drift_tests
from monitoring.monitors.drift_measures import ROWS as WHOLE_ROWS
from monitoring.monitors.drift_test_settings import THRESHOLDS, DriftTests

BASELINE_ROWS, HOUR_ROWS = 20_000, 1_000
RATE = 0.05
NORMAL, SKEWED, COUNTED, HEAVY, TEXT = 6, 5, 4, 2, 3
CITIES = np.array(["Rome", "Oslo", "Lima", "Cork", "Bern", "Pune"])
ASKED = DriftTests.of(
    {"tests": {name: {"threshold": 0} for name in THRESHOLDS}, "false_discovery_rate": RATE}
)
MONITOR = with_drift_tests(DATA_QUALITY_MONITOR, ASKED)

Change = Callable[[dict[str, np.ndarray]], None]


def rows(count: int, chance: np.random.Generator, change: Change | None = None) -> pa.RecordBatch:
    """Some rows; `change` may alter the columns before they become text."""
    common = chance.normal(size=count)
    columns: dict[str, np.ndarray] = {}
    for at in range(NORMAL):
        columns[f"normal{at}"] = 0.6 * common * (at < 3) + 0.8 * chance.normal(size=count)
    for at in range(SKEWED):
        columns[f"skewed{at}"] = chance.lognormal(3, 1, count)
    for at in range(COUNTED):
        columns[f"counted{at}"] = chance.poisson(1 + 2 * at, count).astype(float)
    for at in range(HEAVY):
        columns[f"heavy{at}"] = chance.standard_t(2, count)
    if change is not None:
        change(columns)
    cells = {name: pa.array(map(repr, values.tolist())) for name, values in columns.items()}
    for at in range(TEXT):
        shares = np.arange(1, CITIES.size + 1.0) ** at
        cells[f"text{at}"] = pa.array(chance.choice(CITIES, count, p=shares / shares.sum()))
    return pa.record_batch(cells)


def shifted(name: str, deviations: float) -> Change:
    def change(columns: dict[str, np.ndarray]) -> None:
        columns[name] = columns[name] + deviations * columns[name].std()

    return change


def torn_apart(columns: dict[str, np.ndarray]) -> None:
    """`normal0` keeps its distribution and no longer goes with the others."""
    columns["normal0"] = columns["normal0"][::-1].copy()


CHANGES: dict[str, tuple[Change | None, tuple[str, ...]]] = {
    "nothing": (None, ()),
    "normal5 by 0.1 deviations": (shifted("normal5", 0.1), ("normal5",)),
    "normal5 by 0.2 deviations": (shifted("normal5", 0.2), ("normal5",)),
    "skewed0 by 0.2 deviations": (shifted("skewed0", 0.2), ("skewed0",)),
    "normal0 torn from the others": (torn_apart, (WHOLE_ROWS,)),
}


def main(seed: int = 1, runs: int = 500) -> None:
    chance = np.random.default_rng(seed)
    baselines = [MONITOR.suggest([rows(BASELINE_ROWS, chance)]) for _ in range(5)]
    print(f"Shares of hours, at a false-discovery rate of {RATE:g}:\n")
    print("| what changed | hours | anything called drift | the change found | anything else |")
    print("|---|---|---|---|---|")
    for name, (change, expected) in CHANGES.items():
        hours = runs if change is None else runs // 5
        found = [
            drifted(baselines[hour % len(baselines)], rows(HOUR_ROWS, chance, change))
            for hour in range(hours)
        ]
        print(f"| {name} | {hours} | {' | '.join(counted(found, expected))} |", flush=True)
    print("\n| rows of the hour | CPU seconds beside the monitor's own |")
    print("|---|---|")
    for count in (1_000, 100_000):
        hour = rows(count, chance)
        whole, own = (seconds(one, hour, baselines[0]) for one in (MONITOR, DATA_QUALITY_MONITOR))
        print(f"| {count:,} | {whole - own:.2f} |")
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


def drifted(baseline: Mapping[str, Any], hour: pa.RecordBatch) -> list[str]:
    analysis = MONITOR.analyze([hour], baseline)
    return list(analysis.additional["drift_tests"]["drifted"])


def counted(found: Sequence[list[str]], expected: tuple[str, ...]) -> list[str]:
    """A change of one column may also be told from whole rows: that is no false alarm."""
    allowed = {*expected, WHOLE_ROWS} if expected else set()
    kinds = (
        [bool(names) for names in found],
        [set(expected) <= set(names) for names in found] if expected else [],
        [bool(set(names) - allowed) for names in found],
    )
    return [f"{np.mean(one):.3f}" if one else "" for one in kinds]


def seconds(monitor: Monitor, hour: pa.RecordBatch, baseline: Mapping[str, Any]) -> float:
    before = time.process_time()
    monitor.analyze([hour], baseline)
    return time.process_time() - before


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
