"""One AWS in this process, any operation of which a test can answer itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

REGION = "eu-west-1"


Answers = dict[str, Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]]


@cache
def one_session() -> tuple[boto3.Session, Answers]:
    """One for all tests, since reading botocore's models takes half a second; and its answers."""
    answers: Answers = {}

    def answer(model: Any, params: dict[str, Any], **_: Any) -> Any:
        if model.name not in answers:
            return None
        status, parsed = answers[model.name](params)
        return SimpleNamespace(status_code=status), {"ResponseMetadata": {}, **parsed}

    session = boto3.Session("test", "test", region_name=REGION)
    session.events.register("before-call", answer)
    return session, answers


class World:
    """A session against moto; `answer` speaks for AWS where moto has nothing to say."""

    def __init__(self) -> None:
        self.session, self.answers = one_session()
        self.answers.clear()
        self.s3 = self.session.client("s3")
        self.sagemaker = self.session.client("sagemaker")

    def answer(self, operation: str, parsed: dict[str, Any], status: int = 200) -> None:
        self.answers[operation] = lambda _: (status, parsed)

    def refuse(self, operation: str, code: str, message: str = "no", **metadata: Any) -> None:
        error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}
        self.answer(operation, error, 400)

    def bucket(self, name: str) -> None:
        place = {"LocationConstraint": REGION}
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World()
