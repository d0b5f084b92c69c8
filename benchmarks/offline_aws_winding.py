"""A day of four monitors on two stages wound through, beside the time of the analyses alone.

The demo's own scene: model, buildspec, stacks, traffic, labels, hourly executions. The server
runs in this process, so that each execution in a warm worker can be timed where it happens, and
its processor time told from the workers'. The waiting times depend on who else uses the machine
and on how many jobs fit beside one another; processor time hardly does.
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
STARTING = 2
"""Winds that are told apart: to the end of the first hour, in which nothing is due, and over its
executions, with which the workers start."""


@dataclass(frozen=True)
class Wind:
    """The clock wound on once."""

    time: Interval
    processor_seconds: float
    """Of the server, meanwhile."""
    statuses: tuple[str, ...]
    """Of the executions on the way."""


@dataclass(frozen=True)
class Run:
    """One job in its worker."""

    time: Interval
    processor_seconds: float
    """Of the worker, in the job's own code."""


@dataclass(frozen=True)
class Spent:
    """Seconds of some winds: of all that was done, and of the analyses alone."""

    whole: float
    alone: float
    """In which at least one job went on."""
    processor_whole: float
    processor_alone: float

    @property
    def above(self) -> float:
        """The share of processor time that is not analysis: 0.2 is one fifth on top."""
        return self.processor_whole / self.processor_alone - 1


@dataclass
class Day:
    """What was timed."""

    winds: list[Wind] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    @property
    def warm(self) -> Spent:
        """Every hour but the first."""
        return self._spent(self.winds[STARTING:])

    @property
    def first_hour(self) -> Spent:
        """The hour in which the workers start."""
        return self._spent(self.winds[:STARTING])

    @property
    def failures(self) -> int:
        """Executions that failed, the first hour's among them."""
        return sum(one.statuses.count("Failed") for one in self.winds)

    def _spent(self, winds: list[Wind]) -> Spent:
        times = [run.time for run in self.runs]
        analyses = sum(
            run.processor_seconds
            for run in self.runs
            if any(wind.time[0] <= run.time[0] < wind.time[1] for wind in winds)
        )
        return Spent(
            sum(wind.time[1] - wind.time[0] for wind in winds),
            sum(_covered(times, wind.time) for wind in winds),
            sum(wind.processor_seconds for wind in winds) + analyses,
            analyses,
        )


@dataclass(frozen=True)
class Timed(ServerProcess):
    """A server that notes when its clock is wound."""

    day: Day = field(default_factory=Day)

    def advance(self, to: Any) -> Any:
        """Wind the clock on, noting how long it takes."""
        began, processor = time.perf_counter(), time.process_time()
        answer = ServerProcess.advance(self, to)
        took, processor = (began, time.perf_counter()), time.process_time() - processor
        statuses = tuple(one["MonitoringExecutionStatus"] for one in answer["executions"])
        self.day.winds.append(Wind(took, processor, statuses))
        return answer


def wound(directory: Path, hours: int, requests: int) -> Day:
    """Deploy, send and wind; what took how long."""
    day = Day()
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
        ended = theirs(self, job)
        day.runs.append(Run((began, time.perf_counter()), ended.processor_seconds))
        return ended

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
