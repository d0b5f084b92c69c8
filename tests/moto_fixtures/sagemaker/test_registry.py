"""The Model Registry's mends, and models made from packages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.building import BUCKET, IMAGE, ROLE, Project, client, variant

GROUP = "fraud"


@pytest.fixture
def sagemaker(session: boto3.Session) -> Any:
    made = client(session, "sagemaker")
    made.create_model_package_group(ModelPackageGroupName=GROUP)
    return made


def register(sagemaker: Any, **other: Any) -> str:
    request = {
        "ModelPackageGroupName": GROUP,
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        **other,
    }
    return str(sagemaker.create_model_package(**request)["ModelPackageArn"])


def test_a_version_number_is_never_given_twice(sagemaker: Any) -> None:
    first, second = register(sagemaker), register(sagemaker)
    sagemaker.delete_model_package(ModelPackageName=first)
    sagemaker.delete_model_package(ModelPackageName=second)
    assert register(sagemaker).endswith("/fraud/3")


def test_a_deleted_package_is_gone(sagemaker: Any) -> None:
    arn = register(sagemaker)
    sagemaker.delete_model_package(ModelPackageName=arn)
    with pytest.raises(ClientError, match="not found"):
        sagemaker.describe_model_package(ModelPackageName=arn)


def test_a_group_is_deleted_only_when_it_is_empty(sagemaker: Any) -> None:
    arn = register(sagemaker)
    with pytest.raises(ClientError, match="still holds 1 model packages") as refused:
        sagemaker.delete_model_package_group(ModelPackageGroupName=GROUP)
    assert refused.value.response["Error"]["Code"] == "ConflictException"
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName=GROUP)
    assert sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def test_a_group_is_made_once_and_keeps_its_packages(sagemaker: Any) -> None:
    arn = register(sagemaker)
    with pytest.raises(ClientError, match="Model Package Group already exists: arn:aws:"):
        sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    assert sagemaker.describe_model_package(ModelPackageName=arn)["ModelPackageVersion"] == 1


def test_a_group_keeps_its_resource_policy_until_it_is_taken_away(sagemaker: Any) -> None:
    policy = '{"Version": "2012-10-17", "Statement": []}'
    group = {"ModelPackageGroupName": GROUP}
    sagemaker.put_model_package_group_policy(**group, ResourcePolicy=policy)
    assert sagemaker.get_model_package_group_policy(**group)["ResourcePolicy"] == policy
    sagemaker.delete_model_package_group_policy(**group)
    with pytest.raises(ClientError, match="has no resource policy"):
        sagemaker.get_model_package_group_policy(**group)
    with pytest.raises(ClientError, match="is no JSON"):
        sagemaker.put_model_package_group_policy(**group, ResourcePolicy="anyone")


def test_a_package_waits_for_approval_unless_it_says_otherwise(sagemaker: Any) -> None:
    got = sagemaker.describe_model_package(ModelPackageName=register(sagemaker))
    assert got["ModelApprovalStatus"] == "PendingManualApproval"


def test_an_update_changes_only_what_it_names(sagemaker: Any) -> None:
    arn = register(sagemaker, CustomerMetadataProperties={"auc": "0.9", "rows": "10"})
    sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="by hand"
    )
    sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataPropertiesToRemove=["rows"])
    got = sagemaker.describe_model_package(ModelPackageName=arn)
    assert got["ModelApprovalStatus"] == "Approved"
    assert got["ApprovalDescription"] == "by hand"
    assert got["CustomerMetadataProperties"] == {"auc": "0.9"}


def test_a_batch_answers_the_known_and_names_the_unknown(sagemaker: Any) -> None:
    arn = register(sagemaker)
    missing = arn.replace("/1", "/99")
    got = sagemaker.batch_describe_model_package(ModelPackageArnList=[arn, missing])
    assert got["ModelPackageSummaries"][arn]["ModelPackageVersion"] == 1
    assert "not found" in got["BatchDescribeModelPackageErrorMap"][missing]["ErrorResponse"]


def test_a_package_has_tags(sagemaker: Any) -> None:
    arn = register(sagemaker)
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]


@pytest.mark.parametrize("place", ["PrimaryContainer", "Containers"])
def test_a_model_made_from_a_package_serves(project: Project, place: str) -> None:
    project.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    container = {"ModelPackageName": register(project.sagemaker)}
    given: dict[str, Any] = {place: [container] if place == "Containers" else container}
    project.sagemaker.create_model(ModelName="packaged", ExecutionRoleArn=ROLE, **given)
    assert project.sagemaker.describe_model(ModelName="packaged")[place] == given[place]
    project.sagemaker.create_endpoint_config(
        EndpointConfigName="packaged", ProductionVariants=[variant("packaged")]
    )
    project.sagemaker.create_endpoint(EndpointName="packaged", EndpointConfigName="packaged")
    got = project.sagemaker.describe_endpoint(EndpointName="packaged")
    assert got["EndpointStatus"] == "InService", got.get("FailureReason")


def test_a_model_of_an_unknown_package_is_refused(sagemaker: Any) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/nowhere/1"
    with pytest.raises(ClientError, match="not found"):
        sagemaker.create_model(ModelName="m", PrimaryContainer={"ModelPackageName": arn})


def versions(sagemaker: Any, **asked: Any) -> list[int]:
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=GROUP, **asked, PaginationConfig={"PageSize": 2}
    )
    found = [one for page in pages for one in page["ModelPackageSummaryList"]]
    return [one["ModelPackageVersion"] for one in found]


def test_versions_are_filtered_sorted_and_paged(sagemaker: Any) -> None:
    arns = [register(sagemaker) for _ in range(5)]
    for arn in arns[::2]:
        sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    assert versions(sagemaker) == [1, 2, 3, 4, 5]
    assert versions(sagemaker, ModelApprovalStatus="Approved", SortOrder="Descending") == [5, 3, 1]
    made = sagemaker.describe_model_package(ModelPackageName=arns[0])["CreationTime"]
    assert versions(sagemaker, CreationTimeAfter=made + timedelta(minutes=1)) == []
    assert versions(sagemaker, CreationTimeAfter=made - timedelta(minutes=1)) == [1, 2, 3, 4, 5]


def test_packages_without_a_group_are_listed_by_themselves(sagemaker: Any) -> None:
    register(sagemaker)
    sagemaker.create_model_package(ModelPackageName="alone", ModelPackageDescription="one")
    alone = sagemaker.list_model_packages()["ModelPackageSummaryList"]
    assert [one["ModelPackageName"] for one in alone] == ["alone"]
    both = sagemaker.list_model_packages(ModelPackageType="Both")["ModelPackageSummaryList"]
    assert len(both) == 2
    assert sagemaker.describe_model_package(ModelPackageName="alone")["ModelPackageArn"].endswith(
        ":model-package/alone"
    )


def test_groups_are_filtered_sorted_and_paged(sagemaker: Any) -> None:
    for name in ("loan", "fraud-cards"):
        sagemaker.create_model_package_group(ModelPackageGroupName=name)
    pages = sagemaker.get_paginator("list_model_package_groups").paginate(
        NameContains="fraud",
        SortBy="Name",
        SortOrder="Descending",
        PaginationConfig={"PageSize": 1},
    )
    listed = [one for page in pages for one in page["ModelPackageGroupSummaryList"]]
    assert [one["ModelPackageGroupName"] for one in listed] == ["fraud-cards", "fraud"]


def test_everything_a_package_was_told_is_described(sagemaker: Any) -> None:
    told = {
        "ModelPackageDescription": "challenger",
        "SourceUri": f"s3://{BUCKET}/model.tar.gz",
        "SkipModelValidation": "All",
        "ModelCard": {"ModelCardContent": '{"intended_uses": {}}', "ModelCardStatus": "Draft"},
        "ModelLifeCycle": {"Stage": "Development", "StageStatus": "Pending"},
        "AdditionalInferenceSpecifications": [
            {
                "Name": "large",
                "Containers": [{"Image": IMAGE}],
                "SupportedRealtimeInferenceInstanceTypes": ["ml.m7i.large"],
            }
        ],
    }
    got = sagemaker.describe_model_package(ModelPackageName=register(sagemaker, **told))
    assert {name: got[name] for name in told} == told
    assert got["ModelPackageStatus"] == "Completed"


def test_a_card_is_approved_without_its_content_being_sent_again(sagemaker: Any) -> None:
    card = {"ModelCardContent": '{"intended_uses": {}}', "ModelCardStatus": "Draft"}
    arn = register(sagemaker, ModelCard=card)
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelCard={"ModelCardStatus": "Approved"},
        ModelLifeCycle={"Stage": "Production", "StageStatus": "Approved"},
    )
    got = sagemaker.describe_model_package(ModelPackageName=arn)
    assert got["ModelCard"] == {**card, "ModelCardStatus": "Approved"}
    assert got["ModelLifeCycle"]["Stage"] == "Production"


def test_a_repeated_call_makes_one_version(sagemaker: Any) -> None:
    assert register(sagemaker, ClientToken="once") == register(sagemaker, ClientToken="once")
    assert versions(sagemaker) == [1]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ModelPackageGroupName": "nowhere"}, "model-package-group/nowhere does not exist"),
        ({"ModelPackageName": "both"}, "exactly one of"),
        ({"Tags": [{"Key": "team", "Value": "risk"}]}, "set them on the group"),
        ({"ModelCard": {"ModelCardContent": "prose", "ModelCardStatus": "Draft"}}, "is no JSON"),
    ],
)
def test_a_package_that_cannot_be_is_refused(
    sagemaker: Any, change: dict[str, Any], why: str
) -> None:
    with pytest.raises(ClientError, match=why):
        register(sagemaker, **change)
    assert versions(sagemaker) == []


def test_packages_are_found_by_their_approval(sagemaker: Any) -> None:
    register(sagemaker)
    approved = register(sagemaker, ModelApprovalStatus="Approved")
    wanted = {"Name": "ModelApprovalStatus", "Operator": "Equals", "Value": "Approved"}
    found = sagemaker.search(Resource="ModelPackage", SearchExpression={"Filters": [wanted]})
    assert [one["ModelPackage"]["ModelPackageArn"] for one in found["Results"]] == [approved]
