"""Jobs that run: processing, training, transform and tuning, each in a process of its own.

Needs     a request as AWS's API takes it
Gives     the job's description when it has ended, as AWS's API shows it

Every function makes the job through the API, so one that a pipeline runs and one that a user
creates are the same: validated, listed, logged. They wait; a caller that must not, calls the
API and reads the status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_fixtures.clients import client
from moto_fixtures.jobs import background

Document = Mapping[str, Any]


def run_processing(request: Document, region: str, account: str) -> dict[str, Any]:
    """Create a processing job, wait for its end, and describe it.

    Raises ClientError when the request is refused; a job that fails is described as Failed.
    """
    return _run("processing", request, region, account)


def run_training(request: Document, region: str, account: str) -> dict[str, Any]:
    """Create a training job, wait for its end, and describe it; see `run_processing`."""
    return _run("training", request, region, account)


def run_transform(request: Document, region: str, account: str) -> dict[str, Any]:
    """Create a transform job, wait for its end, and describe it; see `run_processing`."""
    return _run("transform", request, region, account)


def run_tuning(request: Document, region: str, account: str) -> dict[str, Any]:
    """Create a tuning job, wait for its end, and describe it; see `run_processing`."""
    return _run("hyper_parameter_tuning", request, region, account)


def _run(kind: str, request: Document, region: str, account: str) -> dict[str, Any]:
    sagemaker = client("sagemaker", region, account)
    arn = next(
        value
        for member, value in getattr(sagemaker, f"create_{kind}_job")(**request).items()
        if member.endswith("Arn")
    )
    background.wait(arn)
    name = {member: request[member] for member in request if member.endswith("JobName")}
    return dict(getattr(sagemaker, f"describe_{kind}_job")(**name))
