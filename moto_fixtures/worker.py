"""Warm processes in which monitoring executions run: start-up is paid once, not per run.

A worker runs the container's real entry point, `monitoring.job.run`, with the environment
and the directory it is given, as a container is. It outlives its runs; one that overruns
its time, or dies, is replaced. What the container asks of AWS (explainability asks the
model) goes through the pipe and is answered here: see container_calls.py.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from moto_fixtures import container_calls
from moto_fixtures.container_calls import Call, Reply

COUNT = min(2, os.cpu_count() or 1)
GRACE = 0.5
"""Seconds a process has to end by itself."""
LOOK = 0.2
"""Seconds between two looks at whether a job shall stop."""
STANDARD_INPUT = 0
STOPPED = "Stopped: it was asked to stop."
LOG = "log.txt"
"""What a container printed, beside its file system."""


@dataclass(frozen=True, slots=True)
class Job:
    """One container run: what it is told, where its file system is, how long it may take."""

    environment: Mapping[str, str]
    root: Path
    max_runtime: float
    """Seconds."""
    region: str
    account: str
    """Where its calls to AWS go."""
    is_isolated: bool = False
    """Whether it runs with network isolation, in which no call goes anywhere."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when it shall stop."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container ended."""

    exit_code: int | None
    """None when it was stopped for its time, or died."""
    error: str = ""
    """What it said last when it did not end by itself."""
    seconds: float = 0.0
    """How long it took, with the start of its process when it was the first there."""
    processor_seconds: float = 0.0
    """Processor time it had in its process, in which nothing else ran."""


class Worker:
    """One process, started at its first job."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def run(self, job: Job) -> Ended:
        """Run one job; blocks until it has ended or has had its time."""
        began = time.monotonic()
        try:
            ended = self._attend(job, began + job.max_runtime)
        except (EOFError, OSError):
            ended = Ended(None, f"the container died (exit code {self.stop()}).")
        return replace(ended, seconds=time.monotonic() - began)

    def _attend(self, job: Job, deadline: float) -> Ended:
        """Send a job and answer its calls until it says how it ended."""
        connection = self._connected()
        connection.send((dict(job.environment), str(job.root), job.region))
        while _said_something(connection, job.stopping, deadline):
            said = connection.recv()
            if isinstance(said, Ended):
                return said
            connection.send(
                container_calls.ISOLATED
                if job.is_isolated
                else container_calls.answer(said, job.account)
            )
        self.stop()
        if job.stopping.is_set():
            return Ended(None, STOPPED)
        return Ended(None, f"MaxRuntimeExceeded: stopped after {job.max_runtime:.0f} seconds.")

    def stop(self) -> int | None:
        """End the process and answer its exit code; the next job starts another."""
        exit_code = None
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
            self._process.kill()
            self._process.communicate()
            exit_code = self._process.returncode
        self._process = self._connection = None
        return exit_code

    def _connected(self) -> Connection:
        if self._process is not None and self._process.poll() is not None:
            self.stop()
        if self._connection is None:
            self._connection, theirs = Pipe()
            with theirs:
                self._process = _started(theirs.fileno())
        return self._connection


def _started(descriptor: int) -> subprocess.Popen[bytes]:
    """A process that serves at an end of a pipe, and ends with this one, which holds its input.

    `multiprocessing` would run the script again that uses the offline AWS, in every worker.
    """
    code = "import sys; from moto_fixtures.worker import serve; serve(int(sys.argv[1]))"
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return subprocess.Popen(  # noqa: S603 (our own module)
        [sys.executable, "-c", code, str(descriptor)],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        pass_fds=(descriptor,),
    )


def _said_something(connection: Connection, stopping: threading.Event, deadline: float) -> bool:
    """Wait for a word of the container; False when it has had its time, or is to stop."""
    while not stopping.is_set() and (left := deadline - time.monotonic()) > 0:
        if connection.poll(min(left, LOOK)):
            return True
    return False


class Workers:
    """As many workers as run at once; the one used last is used again first."""

    def __init__(self, count: int = COUNT) -> None:
        self._workers = [Worker() for _ in range(count)]
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="execution")
        atexit.register(self.stop)

    def run(self, jobs: Sequence[Job]) -> list[Ended]:
        """Run jobs, side by side where there are workers; answers in their order."""
        return list(self._threads.map(self._run_one, jobs))

    def stop(self) -> None:
        for worker in self._workers:
            worker.stop()

    def _run_one(self, job: Job) -> Ended:
        worker = self._idle.get()
        try:
            return worker.run(job)
        finally:
            self._idle.put(worker)


def serve(descriptor: int) -> None:
    """The worker process: one job after another until the parent is gone."""
    connection: Connection = Connection(descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    regions: dict[str, _Outside] = {}
    while True:
        try:
            environment, root, region = connection.recv()
        except (EOFError, OSError):
            return
        outside = regions.setdefault(region, _Outside(connection, region))
        connection.send(_run(environment, Path(root), outside))


def _run(environment: Mapping[str, str], root: Path, outside: _Outside) -> Ended:
    """The container's entry point, its output kept beside its file system."""
    with (root / LOG).open("w") as output, contextlib.ExitStack() as redirected:
        redirected.enter_context(contextlib.redirect_stdout(output))
        redirected.enter_context(contextlib.redirect_stderr(output))
        try:
            from monitoring import job

            began = time.process_time()
            code = job.run(environment, root, outside.opened, outside.fetched, outside.aws)
            return Ended(code, processor_seconds=time.process_time() - began)
        except Exception as error:
            traceback.print_exc()
            return Ended(1, f"{type(error).__name__}: {error}")


class _Outside:
    """A region of AWS, reached as the container's main() does; its clients outlive a run."""

    def __init__(self, connection: Connection, region: str) -> None:
        self._connection, self._region = connection, region
        self._one_at_a_time = threading.Lock()
        """A large download asks from several threads, and the pipe tells no answers apart."""
        self._aws: Any = None

    def opened(self, config: Any) -> contextlib.AbstractContextManager[Any]:
        from monitoring.predictors import opened

        return opened(config.predictor, self.aws())

    def fetched(self, uri: str, path: Path) -> None:
        from monitoring.aws import storage

        storage.download(self.aws().s3, uri, path)

    def aws(self) -> Any:
        from monitoring.aws.clients import Aws

        if self._aws is None:
            self._aws = Aws(container_calls.session(self._ask, self._region))
        return self._aws

    def _ask(self, call: Call) -> Reply:
        with self._one_at_a_time:
            self._connection.send(call)
            reply: Reply = self._connection.recv()
        return reply


def _end_with_parent() -> None:
    """The standard input is the parent's, which writes nothing to it: it closes when that ends."""
    os.read(STANDARD_INPUT, 1)
    os._exit(1)
