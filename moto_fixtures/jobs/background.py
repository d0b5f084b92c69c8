"""A job between its request and its end: its status and times, in a thread beside its callers.

Needs     a request that was checked
Leaves    Completed, Failed or Stopped, with a reason where it has one

A job is InProgress when its Create call answers, and stays so while it runs. The clock does
not move on past a job that runs: `advance` waits for it, so it ends in the hour in which it
began. What runs longer than the process that serves it is killed with it.
"""

from __future__ import annotations

import abc
import atexit
import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from moto.core.utils import utcnow

from moto_fixtures import clock
from moto_fixtures.sagemaker.backend import Backend

ENDED = ("Completed", "Failed", "Stopped")
OVERRAN = "MaxRuntimeExceeded"
log = logging.getLogger(__name__)


class JobError(Exception):
    """The job fails; the message is its FailureReason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended."""

    status: str = "Completed"
    reason: str | None = None


class Background(abc.ABC):
    """One job. Subclasses say what it is called and what it does."""

    NOUN: ClassVar[str]
    """As its ARN spells it: `processing-job`."""
    NAME: ClassVar[str]
    """The request's member that names it."""

    def __init__(self, request: dict[str, Any], backend: Backend) -> None:
        self.request, self.backend = request, backend
        self.name: str = request[self.NAME]
        self.arn = backend.arn(self.NOUN, self.name)
        self.tags: list[dict[str, str]] = list(request.get("Tags", []))
        self.status = "InProgress"
        self.failure_reason: str | None = None
        self.created = self.modified = utcnow()
        self.started: datetime | None = None
        self.ended: datetime | None = None
        self.stopping = threading.Event()
        """Set when it shall stop."""

    @abc.abstractmethod
    def work(self) -> Outcome:
        """Do what was asked for; raise JobError when it cannot be done."""

    @property
    @abc.abstractmethod
    def response_object(self) -> dict[str, Any]:
        """The answer of its Describe call."""

    @property
    def region(self) -> str:
        return str(self.backend.region_name)

    @property
    def account(self) -> str:
        return str(self.backend.account_id)

    def begin(self) -> None:
        """Let it run."""
        thread = threading.Thread(target=self._run, name=self.arn, daemon=True)
        with _lock:
            _running[self.arn] = (self, thread)
        thread.start()

    def stop(self) -> None:
        """Ask it to stop; one that has ended stays as it is."""
        if self.status == "InProgress":
            self.status, self.modified = "Stopping", utcnow()
            self.stopping.set()

    def end(self, outcome: Outcome) -> None:
        """Set how it ended."""
        self.failure_reason = outcome.reason
        self.ended = self.modified = utcnow()
        self.status = outcome.status

    def _run(self) -> None:
        self.started = utcnow()
        try:
            outcome = self.work()
        except JobError as error:
            outcome = Outcome("Failed", str(error))
        except Exception as error:
            log.exception("%s", self.arn)
            outcome = Outcome("Failed", f"InternalServerError: {type(error).__name__}: {error}")
        self.end(outcome)
        with _lock:
            _running.pop(self.arn, None)


closing = threading.Event()
"""Set when this process ends: nothing has time to end by itself any more."""
_lock = threading.Lock()
_running: dict[str, tuple[Background, threading.Thread]] = {}


def wait(arn: str) -> None:
    """Wait until a job has ended; at once when it has, or never was."""
    with _lock:
        found = _running.get(arn)
    if found is not None:
        found[1].join()


def wait_for_all() -> None:
    """Wait until nothing runs, jobs included that were begun meanwhile."""
    while True:
        with _lock:
            arns = list(_running)
        if not arns:
            return
        for arn in arns:
            wait(arn)


def stop_all() -> None:
    """Stop what runs, and wait for it: nothing is left when this process ends."""
    closing.set()
    with _lock:
        jobs = [job for job, _ in _running.values()]
    for job in jobs:
        job.stopping.set()
    wait_for_all()


def install() -> None:
    """Hold the clock while a job runs."""
    clock.register("jobs", clock.Source(_before_time_moves, list, lambda: None))
    atexit.register(stop_all)


def _before_time_moves() -> None:
    """The clock asks for the next event before each of its steps."""
    wait_for_all()
