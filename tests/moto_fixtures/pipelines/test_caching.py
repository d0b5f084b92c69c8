"""A step that need not run again."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest

from moto_fixtures.pipelines.caching import duration
from moto_fixtures.pipelines.expressions import ExpressionError
from tests.moto_fixtures.building import client
from tests.moto_fixtures.pipelines.building import BUCKET, Pipelines, definition, processing

SCRIPT = "open('/opt/ml/processing/output/done', 'w').close()"
CACHED = {"CacheConfig": {"Enabled": True, "ExpireAfter": "PT1H"}}
MODE = {"Name": "Mode", "Type": "String", "DefaultValue": "fast"}


@pytest.fixture
def cached(pipelines: Pipelines, session: boto3.Session) -> Pipelines:
    """A pipeline of one step that is cached for an hour, and takes a parameter."""
    s3 = client(session, "s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="code/done.py", Body=SCRIPT)
    step = processing("Work", "done.py", {"Get": "Parameters.Mode"}, **CACHED)
    pipelines.create(definition(step, parameters=[MODE]))
    return pipelines


def hit(pipelines: Pipelines, arn: str) -> str | None:
    """The execution whose result was taken for the step."""
    step = pipelines.steps(arn)["Work"]
    assert step["StepStatus"] == "Succeeded", step
    source: Any = step.get("CacheHitResult", {}).get("SourcePipelineExecutionArn")
    return None if source is None else str(source)


def test_the_same_step_takes_the_result_of_the_first_run(cached: Pipelines) -> None:
    first, second, third = cached.run(), cached.run(), cached.run()
    assert [hit(cached, one) for one in (first, second, third)] == [None, first, first]
    metadata = [cached.steps(one)["Work"]["Metadata"] for one in (first, second)]
    assert metadata[0] == metadata[1]
    assert len(cached.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 1


def test_another_argument_is_another_step(cached: Pipelines) -> None:
    first, other, again = cached.run(), cached.run({"Mode": "slow"}), cached.run()
    assert [hit(cached, one) for one in (first, other, again)] == [None, None, first]


def test_a_result_expires(cached: Pipelines, clock: ModuleType) -> None:
    first = cached.run()
    clock.advance(clock.now() + timedelta(minutes=50))
    assert hit(cached, cached.run()) == first
    clock.advance(clock.now() + timedelta(minutes=20))
    assert hit(cached, cached.run()) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P30D", timedelta(days=30)),
        ("30d", timedelta(days=30)),
        ("PT1H", timedelta(hours=1)),
        ("P1Y2M3W4DT5H6M7S", timedelta(days=365 + 60 + 21 + 4, hours=5, minutes=6, seconds=7)),
    ],
)
def test_a_duration_is_read_as_iso_8601_says(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "P", "PT", "1 day", "P1H", "D30"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="no ISO 8601 duration"):
        duration(text)
