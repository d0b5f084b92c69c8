"""Several accounts and regions: each is an AWS of its own, in process and over HTTP."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

OTHER = "222222222222"
TEMPLATE = json.dumps(
    {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "made"}}}}
)


@pytest.fixture(params=["in process", "over HTTP"])
def url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "over HTTP":
        return str(request.getfixturevalue("server"))
    request.getfixturevalue("aws")
    return None


def client(url: str | None, service: str, region: str = "us-west-2", **assumed: str) -> Any:
    given = assumed or {"aws_access_key_id": "offline", "aws_secret_access_key": "offline"}
    return boto3.client(service, region_name=region, endpoint_url=url, **given)


def assume(url: str | None, account: str) -> dict[str, str]:
    """The credentials of a role in another account."""
    given = client(url, "sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/deployer", RoleSessionName="test"
    )["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def groups(sagemaker: Any) -> list[str]:
    found = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    return [one["ModelPackageGroupName"] for one in found]


def test_regions_are_separate(url: str | None) -> None:
    west = client(url, "sagemaker")
    west.create_model_package_group(ModelPackageGroupName="regional")
    try:
        assert "regional" in groups(west)
        assert groups(client(url, "sagemaker", "ap-south-1")) == []
    finally:
        west.delete_model_package_group(ModelPackageGroupName="regional")


def test_an_assumed_role_acts_in_its_own_account(url: str | None) -> None:
    credentials = assume(url, OTHER)
    identity = client(url, "sts", **credentials).get_caller_identity()
    assert identity["Account"] == OTHER
    theirs = client(url, "cloudformation", **credentials)
    made = theirs.create_stack(StackName="theirs", TemplateBody=TEMPLATE)["StackId"]
    try:
        assert made.split(":")[4] == OTHER
        (topic,) = client(url, "sns", **credentials).list_topics()["Topics"]
        assert topic["TopicArn"].split(":")[4] == OTHER
        mine = client(url, "cloudformation")
        with pytest.raises(ClientError, match="does not exist"):
            mine.describe_stacks(StackName="theirs")
    finally:
        theirs.delete_stack(StackName="theirs")
