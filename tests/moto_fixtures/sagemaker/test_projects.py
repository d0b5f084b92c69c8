"""Projects, tags, and what the offline SageMaker refuses."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.building import client


@pytest.fixture
def sagemaker(session: boto3.Session) -> Any:
    return client(session, "sagemaker")


def test_a_project_is_created_described_listed_and_deleted(sagemaker: Any) -> None:
    made = sagemaker.create_project(ProjectName="fraud", ProjectDescription="cards")
    got = sagemaker.describe_project(ProjectName="fraud")
    assert (got["ProjectId"], got["ProjectArn"]) == (made["ProjectId"], made["ProjectArn"])
    assert (got["ProjectStatus"], got["ProjectDescription"]) == ("CreateCompleted", "cards")
    (summary,) = sagemaker.list_projects(NameContains="FRAUD")["ProjectSummaryList"]
    assert summary["ProjectName"] == "fraud"
    sagemaker.delete_project(ProjectName="fraud")
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_project(ProjectName="fraud")


def test_an_update_of_a_project_adds_tags_and_keeps_the_rest(sagemaker: Any) -> None:
    first, second = ({"Key": key, "Value": "v"} for key in ("first", "second"))
    arn = sagemaker.create_project(ProjectName="fraud", Tags=[first])["ProjectArn"]
    sagemaker.update_project(ProjectName="fraud", ProjectDescription="cards", Tags=[second])
    got = sagemaker.describe_project(ProjectName="fraud")
    assert (got["ProjectStatus"], got["ProjectDescription"]) == ("UpdateCompleted", "cards")
    assert got["LastModifiedTime"] >= got["CreationTime"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [first, second]


def test_a_project_name_is_used_once(sagemaker: Any) -> None:
    sagemaker.create_project(ProjectName="fraud")
    with pytest.raises(ClientError, match="already exists"):
        sagemaker.create_project(ProjectName="fraud")


def test_all_pages_of_tags_are_all_tags(sagemaker: Any) -> None:
    tags = [{"Key": f"key-{n:02d}", "Value": "v"} for n in range(50)]
    arn = sagemaker.create_project(ProjectName="fraud", Tags=tags)["ProjectArn"]
    pages = list(
        sagemaker.get_paginator("list_tags").paginate(
            ResourceArn=arn, PaginationConfig={"PageSize": 50}
        )
    )
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "one-more", "Value": "v"}])
    more = list(sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn))
    assert [len(page["Tags"]) for page in pages] == [50]
    assert sum(len(page["Tags"]) for page in more) == 51


@pytest.mark.parametrize("kind", ["project", "monitoring-schedule", "model-package", "nonsense"])
def test_tags_of_nothing_are_refused(sagemaker: Any, kind: str) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:{kind}/nowhere"
    with pytest.raises(ClientError, match="Could not find resource"):
        sagemaker.list_tags(ResourceArn=arn)


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("describe_app_image_config", {"AppImageConfigName": "a"}),
        (
            "create_compilation_job",
            {
                "CompilationJobName": "c",
                "RoleArn": "arn:aws:iam::123456789012:role/compiler",
                "OutputConfig": {"S3OutputLocation": "s3://b/o", "TargetDevice": "ml_c5"},
                "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            },
        ),
        ("list_lineage_groups", {}),
    ],
    ids=["missing in moto", "pretended by moto", "missing, no parameters"],
)
def test_what_is_not_simulated_says_its_name(
    sagemaker: Any, action: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="is not simulated by the offline AWS") as refused:
        getattr(sagemaker, action)(**request_)
    error = refused.value.response
    name = "".join(word.title() for word in action.split("_"))
    assert error["Error"]["Code"] == "NotSimulated"
    assert f"sagemaker:{name}" in error["Error"]["Message"]
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error["ResponseMetadata"]["RetryAttempts"] == 0
