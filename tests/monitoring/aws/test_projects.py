"""A project's tags: all pages, none of AWS's, and never silently none."""

from __future__ import annotations

import logging

import pytest

from monitoring.aws import projects
from monitoring.errors import AwsError

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:project/fraud"


@pytest.fixture
def tagged(world):
    world.answer("DescribeProject", {"ProjectArn": ARN})
    pages = [
        {"Tags": [{"Key": "team", "Value": "risk"}], "NextToken": "1"},
        {"Tags": [{"Key": "aws:createdBy", "Value": "x"}, {"Key": "cost", "Value": "4711"}]},
    ]
    world.answers["ListTags"] = lambda params: (200, pages[b"NextToken" in bytes_of(params)])
    return world


def bytes_of(params) -> bytes:
    body = params["body"]
    return body if isinstance(body, bytes) else body.encode()


def test_all_pages_are_read_and_awss_own_left_out(tagged) -> None:
    found = projects.project_tags(tagged.sagemaker, "fraud")
    assert found == {"team": "risk", "cost": "4711"}


def test_an_arn_saves_the_look_up(tagged) -> None:
    tagged.refuse("DescribeProject", "AccessDeniedException")
    assert projects.project_tags(tagged.sagemaker, "fraud", ARN)["team"] == "risk"


def test_no_project_is_no_error(world, caplog) -> None:
    world.refuse("DescribeProject", "ValidationException", "Project fraud does not exist.")
    with caplog.at_level(logging.INFO):
        assert projects.project_tags(world.sagemaker, "fraud") == {}
    assert "no SageMaker project fraud" in caplog.text


@pytest.mark.parametrize("operation", ["DescribeProject", "ListTags"])
def test_no_permission_is_an_error_and_not_no_tags(tagged, operation: str) -> None:
    tagged.refuse(operation, "AccessDeniedException", "not authorized")
    with pytest.raises(AwsError, match=f"Allow sagemaker:{operation}"):
        projects.project_tags(tagged.sagemaker, "fraud")


def test_the_stages_tags_come_first_and_stay() -> None:
    stage = projects.stage_tags("prod", "p-1", "fraud")
    both = projects.combine(stage, {"team": "risk", "sagemaker:project-name": "other"})
    assert list(both) == [*stage, "team"]
    assert both["sagemaker:project-name"] == "fraud"
