"""An AWS with SageMaker monitoring in it, on this machine.

Stock moto, extended at its seams and never forked: `install()` swaps two backends and
their URL tables before the first request. What it adds behaves the same in-process
(`mock_aws`) and as a server (`python -m moto_fixtures serve`).
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def install() -> None:
    """Teach moto our resources. Idempotent."""
    from moto_fixtures import (
        cloudformation,
        cloudwatch,
        codebuild,
        codepipeline,
        deployments,
        endpoint_metrics,
        events,
        notifications,
        refusals,
        runtime,
        sagemaker,
        scaling,
        scheduler,
        work,
    )
    from moto_fixtures.jobs import background

    refusals.install()
    sagemaker.install()
    runtime.install()
    scheduler.install()
    background.install()
    cloudformation.install()
    work.install()
    codebuild.install()
    codepipeline.install()
    endpoint_metrics.install()
    cloudwatch.install()
    events.install()
    notifications.install()
    scaling.install()
    deployments.install()
