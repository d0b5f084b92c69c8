"""gunicorn around the application: several processes, one port, nothing lost at the end.

Needs     a model directory, an address, the settings
Writes    answers, until TERM: then each worker finishes what it is at and writes what it holds

The model is loaded before the workers are forked, so they share its memory. It is not asked
anything before: OpenMP's threads do not survive a fork, and each worker needs its own.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from monitoring.errors import UsageError
from serving.settings import LOOPBACK, Settings

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
GRACE = 20
"""Seconds a worker has to finish after TERM; SageMaker and Docker kill after 30 and 10."""
KEEP_ALIVE = 75
"""Seconds an idle connection is kept; load balancers keep theirs for 60."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeats, kept off the disk


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it.

        >>> Address("127.0.0.1", 8080).is_loopback, Address("0.0.0.0", 8080).is_loopback
        (True, False)
        """
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Crew:
    """How many processes answer, and how many requests each at a time."""

    workers: int
    threads: int


def cores() -> int:
    """The cores this process may use: in a container fewer than the machine has."""
    return len(os.sched_getaffinity(0))


def guarded(settings: Settings, address: Address) -> None:
    """Raise UsageError for an address that others can reach while nobody is asked who they are."""
    if not address.is_loopback and settings.token is None:
        raise UsageError(
            f"--host {address.host}: other machines could ask the model and nobody would be "
            "asked for a token; set SERVING_TOKEN_FILE, or listen on 127.0.0.1"
        )


def hosts(settings: Settings, address: Address) -> tuple[str, ...]:
    """The Host headers to answer: on the loopback address its names, unless others are set."""
    return settings.hosts or (LOOPBACK if address.is_loopback else ())


def run(model_dir: Path, settings: Settings, address: Address, crew: Crew) -> None:
    """Answer until TERM. Raises ModelError when the model cannot be loaded; does not return."""
    numbers = tempfile.mkdtemp(prefix="serving-metrics-")
    here = os.getpid()
    try:
        prepare(os.environ, numbers)
        _Server(model_dir, settings, address, crew).run()
    finally:
        # A worker leaves through here too, and the others still count.
        if os.getpid() == here:
            shutil.rmtree(numbers, ignore_errors=True)


def prepare(environment: Any, numbers: str) -> None:
    """What libraries read when they are first imported.

    One OpenMP thread a worker: there is a worker for every core already.
    """
    environment[MULTIPROCESS] = numbers
    environment.setdefault("OMP_NUM_THREADS", "1")


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, configured here and not by files or its command line."""

    def __init__(self, model_dir: Path, settings: Settings, address: Address, crew: Crew) -> None:
        self._model_dir, self._settings = model_dir, settings
        self._options = options(address, crew)
        # Loaded here, so that a model that is wrong is an error of ours and not a dead worker.
        from serving.app import create_app

        self._app = create_app(model_dir, settings)
        print(f"listening on http://{address}, {crew.workers} workers", file=sys.stderr)
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._app


def options(address: Address, crew: Crew) -> Mapping[str, Any]:
    """gunicorn's settings."""
    return {
        "bind": str(address),
        "workers": crew.workers,
        "threads": crew.threads,
        "worker_class": "serving.threads.Worker",
        "preload_app": True,
        "graceful_timeout": GRACE,
        "keepalive": KEEP_ALIVE,
        "when_ready": _settle,
        "worker_exit": _written,
        "child_exit": _forgotten,
        "proc_name": "serving",
        # Nobody steers the master but by signals: no socket of its own in the home directory.
        "control_socket_disable": True,
        "loglevel": "warning",
        **({"worker_tmp_dir": str(SHARED_MEMORY)} if SHARED_MEMORY.is_dir() else {}),
    }


def _settle(server: Arbiter) -> None:
    """Before the workers are forked: what was loaded stays as it is.

    Never looked at by the garbage collector again, it is shared to the end and delays no answer.
    """
    del server
    gc.collect()
    gc.freeze()


def _written(server: Arbiter, worker: Worker) -> None:
    """In a worker that ends: write the log lines and captured events it holds."""
    del server
    worker.app.wsgi().extensions["operations"].close()


def _forgotten(server: Arbiter, worker: Worker) -> None:
    """In the master: a worker has ended; its counters stay, its gauges go."""
    del server
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
