"""A day of four monitors on two stages wound through, beside the time of the analyses alone.

The demo's own scene: model, buildspec, stacks, traffic, labels, hourly executions. The server
runs in this process, so that each execution in a warm worker can be timed where it happens.
"""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

from monitoring.aws.clients import Aws
from monitoring.kinds import KINDS
from moto_fixtures import demo, environment, server, work, worker
from moto_fixtures.demo import Scene
from moto_fixtures.seed import seed
from moto_fixtures.server_process import ServerProcess
from pipelines import preprocess
from pipelines.models import model_for

Interval = tuple[float, float]


@dataclass
class Day:
    """What was timed, an entry for each time the clock was wound."""

    requests: int
    winds: list[Interval] = field(default_factory=list)
    runs: list[Interval] = field(default_factory=list)
    """Of each analysis in its worker."""
    failures: int = 0

    @property
    def warm(self) -> tuple[float, float]:
        """Seconds of winding, and seconds in which an analysis ran; the first hour apart."""
        winds = self.winds[2:]
        total = sum(end - begin for begin, end in winds)
        return total, sum(_covered(self.runs, wind) for wind in winds)

    @property
    def first_hour(self) -> tuple[float, float]:
        """The same, of the hour in which the workers start."""
        wind = self.winds[1]
        return wind[1] - wind[0], _covered(self.runs, wind)


@dataclass(frozen=True)
class Timed(ServerProcess):
    """A server that notes when its clock is wound."""

    day: Day = field(default_factory=lambda: Day(0))

    def advance(self, to: Any) -> Any:
        """Wind the clock on, noting how long it takes."""
        began = time.perf_counter()
        answer = ServerProcess.advance(self, to)
        self.day.winds.append((began, time.perf_counter()))
        statuses = [one["MonitoringExecutionStatus"] for one in answer["executions"]]
        self.day.failures += statuses.count("Failed")
        return answer


def wound(directory: Path, hours: int, requests: int) -> Day:
    """Deploy, send and wind; what took how long."""
    day = Day(requests)
    with _serving() as url, _timed_workers(day):
        environment.enter(os.environ, url)
        aws, timed = Aws(boto3.Session()), Timed(url, day)
        timed.travel(demo.MIDNIGHT)
        model, table = preprocess.made_up(model_for("fraud"))
        seeded = seed(aws, model, table, directory, "winding")
        demo._deploy(seeded, directory)
        scene = Scene(hours=hours, disturbed_from=hours, requests=requests)
        quiet = Console(file=io.StringIO())
        monitors = tuple(kind for kind in seeded.monitors if kind in KINDS)
        demo._send_and_wind(timed, aws, replace(seeded, monitors=monitors), [], scene, quiet)
        work.stop_all()
    return day


@contextmanager
def _serving() -> Iterator[str]:
    """A server in a thread of this process."""
    os.environ.update({name: os.environ.get(name, one) for name, one in server.SETTINGS.items()})
    listening = server._listen("127.0.0.1", 0)
    thread = threading.Thread(target=listening.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.effective_port}"
    listening.close()


@contextmanager
def _timed_workers(day: Day) -> Iterator[None]:
    """Every run of every worker noted, while the block lasts."""
    theirs = worker.Worker.run

    def run(self: worker.Worker, job: worker.Job) -> worker.Ended:
        began = time.perf_counter()
        try:
            return theirs(self, job)
        finally:
            day.runs.append((began, time.perf_counter()))

    worker.Worker.run = run  # type: ignore[method-assign]
    try:
        yield
    finally:
        worker.Worker.run = theirs  # type: ignore[method-assign]


def _covered(runs: list[Interval], within: Interval) -> float:
    """Seconds of a time in which at least one of the runs went on.

    >>> _covered([(0, 2), (1, 3), (5, 6)], (0, 10))
    4.0
    """
    total, reached = 0.0, within[0]
    for begin, end in sorted(runs):
        start, stop = max(begin, reached), min(end, within[1])
        if stop > start:
            total += stop - start
            reached = stop
    return total
