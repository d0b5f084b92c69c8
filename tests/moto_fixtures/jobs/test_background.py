"""A job between its request and its end."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures.jobs.background import INTERRUPTED, Background, JobError, Outcome, wait


class Waiting(Background):
    """Does what it is asked for by its name, once it is let go or stopped."""

    NOUN, NAME = "processing-job", "ProcessingJobName"
    let_go = threading.Event()

    def work(self) -> Outcome:
        while not (self.let_go.is_set() or self.stopping.wait(0.01)):
            pass
        if self.name == "refused":
            raise JobError("ClientError: no")
        if self.name == "broken":
            raise ZeroDivisionError
        return Outcome("Stopped") if self.stopping.is_set() else Outcome()

    @property
    def response_object(self) -> dict[str, Any]:
        return {}


@pytest.fixture
def backend(aws: None) -> Any:
    del aws
    Waiting.let_go.clear()
    return sagemaker_backends["123456789012"]["us-east-1"]


def begun(backend: Any, name: str) -> Waiting:
    job = Waiting({"ProcessingJobName": name}, backend)
    backend.processing_jobs[name] = job
    job.begin()
    return job


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        pytest.param("good", "Completed", None, id="completed"),
        pytest.param("refused", "Failed", "ClientError: no", id="its own reason"),
        pytest.param("broken", "Failed", "InternalServerError: ZeroDivisionError: ", id="defect"),
    ],
)
def test_it_ends_with_its_reason(backend: Any, name: str, status: str, reason: str | None) -> None:
    job = begun(backend, name)
    assert job.status == "InProgress"
    Waiting.let_go.set()
    wait(job.arn)
    assert (job.status, job.failure_reason) == (status, reason)
    assert job.started is not None
    assert job.ended is not None
    assert job.created <= job.started <= job.ended


def test_one_that_has_ended_cannot_be_stopped(backend: Any) -> None:
    job = begun(backend, "good")
    Waiting.let_go.set()
    wait(job.arn)
    job.stop()
    assert job.status == "Completed"


def test_an_account_that_is_emptied_has_nothing_running(backend: Any) -> None:
    job = begun(backend, "good")
    backend.reset()
    assert job.status == "Stopped"
    assert not backend.processing_jobs


def test_one_that_was_kept_while_it_ran_has_failed(backend: Any) -> None:
    job = begun(backend, "good")
    again = Waiting.__new__(Waiting)
    again.__setstate__(dict(vars(job)))
    assert again.status == "Failed"
    assert again.failure_reason == INTERRUPTED
    job.stop()
    wait(job.arn)
