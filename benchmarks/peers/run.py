"""Data quality from raw capture, beside its peers: `make bench` (or `make bench GROWTH=1`).

    python benchmarks/peers/run.py [--rounds N] [--peer NAME]... [--growth] [--to FILE]

Needs     uv; the first run makes an environment for each peer under .bench/
Writes    a Markdown table: medians and ratios of one interleaved run, with the machine

Every run is a process of its own that warms up first (measuring.py). In one round every
side has its turn, so a machine that slows down slows all of them; a figure is the median of
its rounds. All sides must agree on the number of rows and a mean, or nothing is written.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from traffic_data import write_capture

HERE = Path(__file__).resolve().parent
WORK = HERE.parents[1] / ".bench"
PEERS = {
    "whylogs": "whylogs",
    "tfdv": "tensorflow-data-validation",
    "great_expectations": "great-expectations",
    "ydata": "ydata-profiling",
    "evidently": "evidently",
    "spark": "pyspark",
}
"""Name of its script and requirements, and of its distribution."""
FLOOR, OURS, COMPAT = "orjson.loads", "monitoring", "monitoring, compat"
LIMIT_SECONDS = 1800


@dataclass(frozen=True)
class Case:
    """One body of traffic."""

    table: Any
    records: int
    columns: int = 30
    files: int = 24
    encoding: Any = "CSV"

    @property
    def title(self) -> str:
        width = f"{self.columns} numeric columns" if self.table == "card" else "11 mixed columns"
        return f"{self.records:,} records, {width}, {self.files} files, {self.encoding}"

    def made(self) -> Path:
        """The directory of the traffic, written when it is not there, and a small one beside."""
        what = (self.table, self.records, self.columns, self.files, self.encoding)
        made = WORK / "data" / "-".join(map(str, what))
        for directory, records in ((made, self.records), (Path(f"{made}-warm"), 5_000)):
            if not directory.exists():
                draft = directory.with_name(f".{directory.name}")
                shutil.rmtree(draft, ignore_errors=True)
                write_capture(
                    draft,
                    self.table,
                    records,
                    columns=self.columns,
                    files=self.files if records == self.records else 2,
                    encoding=self.encoding,
                )
                draft.rename(directory)
        return made


BESIDE_PEERS = (Case("card", 100_000), Case("loan", 100_000), Case("card", 1_000_000))
GROWTH = (
    *(Case("card", records) for records in (10_000, 100_000, 1_000_000, 5_000_000)),
    *(Case("card", 100_000, columns) for columns in (10, 300)),
    *(Case("card", 100_000, files=files) for files in (1, 1000)),
    *(Case("loan", 100_000, encoding=encoding) for encoding in ("CSV", "JSON", "BASE64")),
)


def main() -> None:
    """Read the arguments, measure, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", action="append", choices=PEERS, help="only these (default all)")
    parser.add_argument("--growth", action="store_true", help="ours alone, as the work grows")
    parser.add_argument("--records", type=int, help="only cases of this size")
    parser.add_argument("--to", type=Path, help="Markdown file; default standard output")
    asked = parser.parse_args()
    cases = [
        c for c in (GROWTH if asked.growth else BESIDE_PEERS) if asked.records in (None, c.records)
    ]
    sides = {} if asked.growth else {name: environment(name) for name in asked.peer or PEERS}
    title = "as the work grows" if asked.growth else "beside its peers"
    parts = [f"# Data quality from raw capture, {title}\n", f"{machine()} {versions(sides)}\n"]
    if asked.growth:
        parts.append(growth_table(cases, asked.rounds))
    else:
        parts += [peer_table(case, sides, asked.rounds) for case in cases]
    text = "\n".join(parts)
    if asked.to:
        asked.to.write_text(text, encoding="utf-8")
    print(text)


def peer_table(case: Case, sides: dict[str, Path], rounds: int) -> str:
    """One case, all sides, interleaved."""
    directory = case.made()
    commands = {
        **own_commands(),
        **{name: [python, HERE / f"peer_{name}.py"] for name, python in sides.items()},
    }
    runs = measured(case, directory, commands, rounds)
    agree(case, runs)
    ours = typical(runs[OURS], "seconds")
    lines = [
        f"## {case.title}\n",
        "| | seconds | times ours | CPU seconds | peak MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in sorted(runs, key=lambda side: typical(runs[side], "seconds")):
        seconds = typical(runs[name], "seconds")
        lines.append(
            f"| {name} | {seconds:.2f} | {seconds / ours:.2f} | "
            f"{typical(runs[name], 'cpu_seconds'):.2f} | {typical(runs[name], 'peak_mb'):,.0f} |"
        )
    return "\n".join(lines) + "\n"


def growth_table(cases: Iterable[Case], rounds: int) -> str:
    """Ours, both modes, over the floor."""
    lines = [
        "| | seconds | times orjson.loads | records/s | CPU seconds | peak MB | compat, seconds "
        "| times corrected |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for case in cases:
        commands = own_commands()
        directory = case.made()
        runs = measured(case, directory, commands, rounds if case.records < 2_000_000 else 1)
        agree(case, runs)
        floor, ours, compat = (typical(runs[side], "seconds") for side in commands)
        lines.append(
            f"| {case.title} | {ours:.2f} | {ours / floor:.2f} | {case.records / ours:,.0f} | "
            f"{typical(runs[OURS], 'cpu_seconds'):.2f} | {typical(runs[OURS], 'peak_mb'):,.0f} | "
            f"{compat:.2f} | {compat / ours:.2f} |"
        )
        if case.records >= 2_000_000:
            shutil.rmtree(directory)
    return "\n".join(lines) + "\n"


def own_commands() -> dict[str, list[Any]]:
    """The floor, and both our modes."""
    ours = [sys.executable, HERE / "ours.py"]
    return {FLOOR: [environment("orjson"), HERE / "orjson_floor.py"], OURS: ours, COMPAT: ours}


def measured(
    case: Case, directory: Path, commands: dict[str, list[Any]], rounds: int
) -> dict[str, list[dict[str, Any]]]:
    """What every side said of itself, round by round."""
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for turn in range(rounds):
        order = list(commands)
        for name in order[turn % len(order) :] + order[: turn % len(order)]:
            mode = ["compat"] if name == COMPAT else []
            command = [*map(str, commands[name]), str(directory), case.table, *mode]
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=LIMIT_SECONDS,
                check=False,
                env={**os.environ, "OMP_NUM_THREADS": "2"},
            )
            if done.returncode:
                raise SystemExit(f"{name} on {case.title}: {done.stderr[-2000:]}")
            runs[name].append(json.loads(done.stdout.splitlines()[-1].rpartition("\r")[2]))
            print(f"{case.title}: {name} {runs[name][-1]['seconds']:.2f} s", file=sys.stderr)
    return runs


def agree(case: Case, runs: dict[str, list[dict[str, Any]]]) -> None:
    """Stop unless every side read every row and found the same mean."""
    means = []
    for name, found in runs.items():
        if any(run["rows"] != case.records for run in found):
            raise SystemExit(f"{name} read {found[0]['rows']} of {case.records} rows")
        means += [(name, run["mean"]) for run in found if run["mean"] is not None]
    first = means[0][1]
    odd = [(n, m) for n, m in means if not math.isclose(m, first, rel_tol=1e-9, abs_tol=1e-12)]
    if odd:
        raise SystemExit(f"the sides disagree on the mean: {means[0]} and {odd[0]}")


def typical(runs: Sequence[dict[str, Any]], key: str) -> float:
    """The median over the rounds."""
    return median(float(run[key]) for run in runs)


def environment(name: str) -> Path:
    """The Python of a peer's own environment, made when it is not there."""
    home = WORK / name
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.11", str(home)], check=True)
        requirements = HERE / "requirements" / f"{name}.txt"
        install = ["uv", "pip", "install", "--quiet", "--require-hashes", "--python", str(python)]
        subprocess.run([*install, "-r", str(requirements)], check=True)
        (home / "ready").touch()
    return python


def machine() -> str:
    """What it ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {python}."


def versions(sides: dict[str, Path]) -> str:
    """Which release of each side answered."""
    code = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
    found = [f"{name} {version(name)}" for name in ("pyarrow", "numpy")]
    for name, python in {"orjson": environment("orjson"), **sides}.items():
        distribution = PEERS.get(name, name)
        said = subprocess.check_output([python, "-c", code, distribution], text=True)
        found.append(f"{distribution} {said.strip()}")
    return f"With {', '.join(found)}."


if __name__ == "__main__":
    main()
