"""The offline AWS measured: load, bulk traffic, speed beside stock moto, a stack, a day wound.

    .venv/bin/python benchmarks/offline_aws.py [--only PART]... [--to benchmarks/offline_aws.md]

Prints a table. Exits 1 on a 5xx, a lost object or record, a wrong body, or a failed execution.
`docs/offline-aws.md` takes up the committed file.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE), str(HERE.parent / "tests" / "conformance")]

import boto3  # noqa: E402
import offline_aws_load  # noqa: E402
import offline_aws_speed  # noqa: E402
import world  # noqa: E402 (tests/conformance: a server with a model in service)
from offline_aws_processes import children  # noqa: E402

from moto_fixtures.server_process import ServerProcess, running  # noqa: E402

PARTS = ("load", "bulk", "speed", "winding")
Rows = list[tuple[str, str]]


def main() -> int:
    """Measure what was asked for; 1 when something was lost or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", action="append", choices=PARTS, help="(default: all)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of load (%(default)s)")
    parser.add_argument("--clients", type=int, default=8, help="at once (%(default)s)")
    parser.add_argument("--records", type=int, default=100_000, help="in bulk (%(default)s)")
    parser.add_argument("--rounds", type=int, default=10, help="of 20 of each call (%(default)s)")
    parser.add_argument("--hours", type=int, default=24, help="wound (%(default)s)")
    parser.add_argument("--requests", type=int, default=500, help="an hour and stage (%(default)s)")
    parser.add_argument("--to", type=Path, help="write the table there too")
    asked = parser.parse_args()
    measures = {"load": load, "bulk": bulk, "speed": speed, "winding": winding}
    rows, is_good = [], True
    for part in asked.only or PARTS:
        with tempfile.TemporaryDirectory(prefix="offline-aws-") as directory:
            found, good = measures[part](asked, Path(directory))
        print("\n".join(f"{name}: {figure}" for name, figure in found), flush=True)
        rows += found
        is_good &= good
    if asked.to:
        asked.to.write_text(page(rows), encoding="utf-8")
    return 0 if is_good else 1


def page(rows: Rows) -> str:
    """The figures as Markdown, with where, when and how they were measured."""
    command = " ".join([".venv/bin/python benchmarks/offline_aws.py", *sys.argv[1:]])
    head = (
        f"`{command}`, {datetime.now(UTC):%d %B %Y}, on {os.cpu_count()} threads of "
        f"{_processor()} that others used too. Python {platform.python_version()}, "
        f"moto {version('moto')}, botocore {version('botocore')}.\n\n"
    )
    lines = [f"| {name} | {figure} |" for name, figure in rows]
    return head + "\n".join(["| what | measured |", "|---|---|", *lines]) + "\n"


def load(asked: argparse.Namespace, directory: Path) -> tuple[Rows, bool]:
    with _server(directory) as (server, pid):
        found = offline_aws_load.load(server, pid, asked.clients, asked.seconds)
    a = found.answered
    rows = [
        (
            f"{found.clients} clients at once for {found.seconds:.0f} s",
            f"{a['ok']:,} calls answered, {a['ok'] / found.seconds:.0f} a second",
        ),
        (
            "of them failed",
            f"5xx {a['5xx']}, 4xx {a['4xx']}, wrong bodies {a['wrong']}; of {found.put:,} objects "
            f"put {found.lost} lost",
        ),
        ("memory under load (it keeps what is put)", str(found.memory)),
    ]
    return rows, found.is_good


def bulk(asked: argparse.Namespace, directory: Path) -> tuple[Rows, bool]:
    before = children(os.getpid())
    with world.made(directory) as variables:
        (pid,) = children(os.getpid()) - before
        os.environ.update(variables)
        facts = world.facts(variables)
        server = ServerProcess(facts["url"])
        boto3.setup_default_session()
        found = offline_aws_load.bulk(server, pid, facts["endpoint"], facts["rows"], asked.records)
    rows = [
        (
            f"{found.records:,} records of bulk traffic",
            f"{found.seconds:.0f} s, {found.records / found.seconds:,.0f} a second, answered by "
            f"the model; {found.captured:,} captured, {found.errors} errors",
        ),
        ("memory under it (it keeps what is captured)", str(found.memory)),
    ]
    return rows, found.is_good


def speed(asked: argparse.Namespace, directory: Path) -> tuple[Rows, bool]:
    with _server(directory) as (server, pid):
        ratios = offline_aws_speed.beside_stock(server.url, pid, asked.rounds)
        seconds = offline_aws_speed.stack(server.url)
    middle = statistics.geometric_mean([one.times for one in ratios])
    rows = [
        (
            f"{one.call}: processor ms here : in stock moto's server",
            f"{one.here.each:.2f} : {one.stock.each:.2f} = **{one.times:.2f}** (a client waits "
            f"{one.here.wait:.1f} : {one.stock.wait:.1f})",
        )
        for one in ratios
    ]
    rows.append((f"all {len(ratios)} calls, geometric mean of the ratios", f"{middle:.2f}"))
    rows.append(
        (f"a stack of {offline_aws_speed.RESOURCES} resources deployed", f"{seconds:.2f} s")
    )
    return rows, True


def winding(asked: argparse.Namespace, directory: Path) -> tuple[Rows, bool]:
    import offline_aws_winding

    day = offline_aws_winding.wound(directory, asked.hours, asked.requests)
    warm, first = day.warm, day.first_hour
    rows = [
        (
            f"{asked.hours} hours of four monitors on two stages, {asked.requests} requests each",
            f"{len(day.runs)} jobs in workers, {day.failures} executions failed",
        ),
        (
            "processor time of winding, without the first hour",
            f"{warm.processor_whole:.1f} s; the analyses alone {warm.processor_alone:.1f} s: "
            f"{warm.above:+.0%}",
        ),
        (
            "time to wait for it, without the first hour",
            f"{warm.whole:.1f} s, in {warm.alone:.1f} s of which an analysis went on",
        ),
        (
            "the first hour, in which the workers start",
            f"{first.whole:.1f} s, in {first.alone:.1f} s of which a worker started or worked",
        ),
    ]
    return rows, not day.failures


@contextmanager
def _server(directory: Path) -> Iterator[tuple[ServerProcess, int]]:
    """A server of its own, and its process."""
    before = children(os.getpid())
    with running(directory / "log") as server:
        (pid,) = children(os.getpid()) - before
        yield server, pid


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    sys.exit(main())
