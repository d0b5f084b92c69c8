"""SageMaker's state changes, as events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.moto_fixtures.building import ROLE, Project, client
from tests.moto_fixtures.events.test_rules import Queue

EVERYTHING = json.dumps({"source": ["aws.sagemaker"]})


@pytest.fixture
def heard(session, clock) -> Queue:
    """A queue that hears everything SageMaker says."""
    queue, events = Queue(session, "heard"), client(session, "events")
    events.put_rule(Name="sagemaker", EventPattern=EVERYTHING)
    events.put_targets(Rule="sagemaker", Targets=[{"Id": "q", "Arn": queue.arn}])
    return queue


def details(queue: Queue, of: str) -> list[dict[str, Any]]:
    return [body["detail"] for body in queue.bodies() if body["detail-type"] == of]


def test_an_approval_is_heard(session, heard):
    sagemaker = client(session, "sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="fraud")
    arn = sagemaker.create_model_package(
        ModelPackageGroupName="fraud", ModelApprovalStatus="PendingManualApproval"
    )["ModelPackageArn"]
    heard.read()
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    sagemaker.describe_model_package(ModelPackageName=arn)
    (body,) = heard.bodies()
    assert body["detail-type"] == "SageMaker Model Package State Change"
    assert body["resources"] == [arn]
    detail = body["detail"]
    assert (detail["ModelPackageGroupName"], detail["ModelPackageVersion"]) == ("fraud", 1)
    assert detail["ModelApprovalStatus"] == "Approved"
    assert isinstance(detail["CreationTime"], int)


def test_an_endpoint_in_service_is_heard_in_capitals(heard, project: Project):
    (detail,) = [
        one
        for one in details(heard, "SageMaker Endpoint State Change")
        if one["EndpointStatus"] == "IN_SERVICE"
    ]
    assert detail["EndpointName"] == project.endpoint


def test_what_happened_before_the_rule_was_put_is_not_heard(session, project: Project):
    queue, events = Queue(session, "late"), client(session, "events")
    events.put_rule(Name="late", EventPattern=EVERYTHING)
    events.put_targets(Rule="late", Targets=[{"Id": "q", "Arn": queue.arn}])
    project.sagemaker.add_tags(
        ResourceArn=project.sagemaker.describe_endpoint(EndpointName=project.endpoint)[
            "EndpointArn"
        ],
        Tags=[{"Key": "a", "Value": "b"}],
    )
    assert queue.bodies() == []


def test_a_job_is_heard_when_it_begins_and_when_it_has_ended(session, heard, clock):
    clock.travel(datetime(2026, 1, 31, 10))
    client(session, "sagemaker").create_processing_job(
        ProcessingJobName="job",
        ProcessingResources={
            "ClusterConfig": {
                "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1,
            }
        },
        AppSpecification={"ImageUri": "python:3.11", "ContainerEntrypoint": ["python", "-V"]},
        RoleArn=ROLE,
    )  # fmt: skip
    clock.advance(datetime(2026, 1, 31, 10, 1))
    found = details(heard, "SageMaker Processing Job State Change")
    assert [one["ProcessingJobStatus"] for one in found] == ["InProgress", "Completed"]
    ten = datetime(2026, 1, 31, 10, tzinfo=UTC).timestamp() * 1000
    assert found[0]["CreationTime"] == found[1]["ProcessingEndTime"] == ten


def test_a_model_card_is_heard_when_it_is_made_and_when_it_is_approved(session, heard):
    sagemaker = client(session, "sagemaker")
    sagemaker.create_model_card(ModelCardName="fraud", Content="{}", ModelCardStatus="Draft")
    sagemaker.update_model_card(ModelCardName="fraud", ModelCardStatus="Approved")
    found = details(heard, "SageMaker Model Card State Change")
    assert [one["ModelCardStatus"] for one in found] == ["Draft", "Approved"]
    assert {one["ModelCardName"] for one in found} == {"fraud"}
