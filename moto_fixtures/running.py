"""Executions that have begun: their jobs in turn, each from S3 to S3, and what became of them.

Needs     prepared runs; the worker processes
Writes    processing jobs; output files in S3; CloudWatch metrics; the executions' statuses

The jobs of one execution run one after the other, because the analysis reads what the merge
wrote; those of several run side by side. An execution ends with its first job that fails,
and gives that job's reason as its own.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from moto.core.utils import utcnow

from moto_fixtures.job_inputs import merged_hours
from moto_fixtures.jobs.background import Outcome
from moto_fixtures.jobs.downloads import Host
from moto_fixtures.jobs.processing import processing_log
from moto_fixtures.processing import Run, output_of
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.executions import MonitoringExecution
from moto_fixtures.sagemaker.processing_jobs import ProcessingJob
from moto_fixtures.staging import MESSAGE, Staging, StagingError
from moto_fixtures.worker import COUNT, LOG, Ended, Job, Workers

STATUSES = ("CompletedWithViolations", "Completed")
"""The exit message begins with the execution's status and a colon."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Running:
    """An execution between its start and its end."""

    backend: Backend
    run: Run
    execution: MonitoringExecution
    waiting: deque[dict[str, Any]] = field(init=False)
    """Requests of the jobs that have not run yet."""
    seconds: float = field(init=False)
    """What is left of the time its jobs share."""

    def __post_init__(self) -> None:
        merge, analysis = self.run.merge, self.run.request
        self.waiting = deque([merge, analysis] if merge else [analysis])
        self.seconds = self.run.max_runtime

    def end(self, status: str, reason: str | None = None) -> None:
        """Set the execution's outcome; no further job of it runs."""
        self.waiting.clear()
        self.execution.status, self.execution.modified = status, utcnow()
        self.execution.failure_reason = reason


@dataclass(slots=True)
class _Step:
    """One job of an execution, in its file system."""

    running: Running
    request: dict[str, Any]
    job: ProcessingJob
    staging: Staging

    @classmethod
    def next_of(cls, running: Running) -> _Step:
        """Record the next job of an execution; it becomes the one the execution names."""
        request, backend = running.waiting.popleft(), running.backend
        job = ProcessingJob(request, backend, running.run.schedule.arn)
        backend.processing_jobs[job.name] = job
        running.execution.processing_job_arn = job.arn
        running.execution.status = "InProgress"
        root = Path(tempfile.mkdtemp(prefix="offline-job-"))
        staging = Staging(root, backend.region_name, backend.account_id)
        return cls(running, request, job, staging)

    @property
    def container(self) -> Job:
        """What a worker is given."""
        backend = self.running.backend
        return Job(
            self.request["Environment"],
            self.staging.root,
            self.running.seconds,
            backend.region_name,
            backend.account_id,
            bool(self.request.get("NetworkConfig", {}).get("EnableNetworkIsolation")),
        )

    def stage(self) -> bool:
        """Lay out the file system; without it the job has failed."""
        try:
            self.staging.fetch(self.request, self.job.arn)
        except StagingError as error:
            self._fail(str(error))
            return False
        return True

    def finish(self, ended: Ended) -> None:
        """Publish what the container left and take the status from its exit message.

        Metrics are published however it ended: that nothing was there to evaluate is one.
        """
        self.running.seconds = max(0.0, self.running.seconds - ended.seconds)
        message = self.staging.message()
        self.staging.publish_metrics(self.running.run.namespace)
        self.job.exit_message = message or None
        status = message.partition(":")[0]
        if ended.exit_code == 0 and status in STATUSES:
            self._complete(status)
        elif ended.exit_code == 0:
            self._fail(
                f"AlgorithmError: the container exited 0 without a status in {MESSAGE}"
                f" ({message!r}); whether there are violations is unknown."
            )
        elif ended.exit_code is None:
            self._fail(ended.error)
        else:
            self._fail(message or f"AlgorithmError: {ended.error}, exit code {ended.exit_code}")
        self._keep_log()
        if ended.error:
            log.error("%s: %s\n%s", self.job.arn, self.job.failure_reason, self._log())

    def remove(self) -> None:
        """Delete the file system."""
        shutil.rmtree(self.staging.root, ignore_errors=True)

    def _complete(self, status: str) -> None:
        """Publish the outputs; with the last job the execution is complete."""
        key = self.request["ProcessingOutputConfig"].get("KmsKeyId")
        try:
            self.staging.publish(output_of(self.request), key, self._replaced())
        except StagingError as error:
            self._fail(str(error))
            return
        self._end("Completed")
        if not self.running.waiting:
            self.running.end(status)

    def _replaced(self) -> list[str]:
        """The hours a merge writes: what an earlier window, that had them too, merged is gone."""
        run = self.running.run
        return merged_hours(run.request) if self.request is run.merge else []

    def _fail(self, reason: str) -> None:
        status = "Stopped" if reason.startswith("MaxRuntimeExceeded") else "Failed"
        self._end(status, reason)
        self.running.end(status, reason)

    def _end(self, status: str, reason: str | None = None) -> None:
        self.job.end(Outcome(status, reason))

    def _keep_log(self) -> None:
        kept = processing_log(self.job, Host())
        for line in self._log().splitlines():
            kept.write(line)
        kept.flush()

    def _log(self) -> str:
        path = self.staging.root / LOG
        return path.read_text() if path.is_file() else ""


def run_all(begun: Sequence[Running]) -> None:
    """Run executions to their end, side by side; those that merge into one place take turns.

    One more at a time than there are workers: its files are laid out, or published, meanwhile.
    """
    turns: dict[str, list[Running]] = {}
    for one in begun:
        merge = one.run.merge
        place = output_of(merge)["S3Uri"] if merge else one.run.schedule.arn
        turns.setdefault(place, []).append(one)
    with ThreadPoolExecutor(COUNT + 1, thread_name_prefix="staging") as threads:
        list(threads.map(_run_in_turn, turns.values()))


def _run_in_turn(begun: Sequence[Running]) -> None:
    for one in begun:
        while one.waiting:
            _run(_Step.next_of(one))


def _run(step: _Step) -> None:
    """One job, from S3 to S3."""
    try:
        if step.stage():
            (ended,) = workers().run([step.container])
            step.finish(ended)
    finally:
        step.remove()


@lru_cache(maxsize=1)
def workers() -> Workers:
    """The processes executions run in; started at the first."""
    return Workers()
