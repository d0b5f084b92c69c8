"""A job between its request and its end: its status and times, in a thread beside its callers.

Needs     a request that was checked
Leaves    Completed, Failed or Stopped, with a reason where it has one

A job is InProgress when its Create call answers, and stays so while it runs. The clock waits
for it (work.py). What runs longer than the process that serves it is killed with it.
"""

from __future__ import annotations

import abc
import atexit
import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from botocore import xform_name
from moto.core.utils import utcnow

from moto_fixtures import work
from moto_fixtures.work import wait, wait_for_all

if TYPE_CHECKING:
    from moto_fixtures.sagemaker.backend import Backend

__all__ = ["Background", "JobError", "Outcome", "wait", "wait_for_all"]

ENDED = ("Completed", "Failed", "Stopped")
INTERRUPTED = "InternalServerError: the offline AWS was stopped while the job ran."
KEPT = ("processing_jobs", "training_jobs", "transform_jobs", "hyper_parameter_tuning_jobs")
"""Where a backend keeps jobs."""
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

    def gen_response_object(self) -> dict[str, Any]:
        """As moto's Search asks for it."""
        return self.response_object

    def __getattr__(self, name: str) -> Any:
        """A member by its name in Python, `training_job_status`: moto's Search filters so."""
        if name.startswith("_") or "stopping" not in vars(self):
            raise AttributeError(name)
        shown = {xform_name(member): value for member, value in self.response_object.items()}
        if name not in shown:
            raise AttributeError(name)
        return shown[name]

    @property
    def region(self) -> str:
        return str(self.backend.region_name)

    @property
    def account(self) -> str:
        return str(self.backend.account_id)

    def begin(self) -> None:
        """Let it run."""
        work.start(self.arn, self._run, self.stop)

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

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Taken up from a state that was kept: what ran then does not run now."""
        self.__dict__.update(state)
        if self.status not in ENDED:
            self.end(Outcome("Failed", INTERRUPTED))


closing = threading.Event()
"""Set when this process ends: nothing has time to end by itself any more."""


def end_all_of(backend: Any) -> None:
    """Stop the jobs of an account and region, and wait for them: it is about to be emptied."""
    for kept in KEPT:
        for job in list(getattr(backend, kept, {}).values()):
            if isinstance(job, Background):
                job.stop()
                wait(job.arn)


def install() -> None:
    """Leave nothing behind: when this process ends, jobs have no time to end by themselves."""
    atexit.register(closing.set)
