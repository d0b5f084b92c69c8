"""The events of an execution and its steps, as a queue receives them."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from moto_fixtures.pipelines.announcing import EXECUTION, STEP
from tests.moto_fixtures.building import client
from tests.moto_fixtures.pipelines.building import Pipelines, definition, fail, passes


@pytest.fixture
def queue(session: boto3.Session) -> Any:
    """A queue that receives every event of SageMaker; answers what it has received."""
    sqs, events = client(session, "sqs"), client(session, "events")
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name="all", EventPattern='{"source": ["aws.sagemaker"]}')
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn["QueueArn"]}])

    def received() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while more := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for one in more:
                found.append(json.loads(one["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return found

    return received


def test_every_change_of_an_execution_and_its_steps_is_an_event(
    pipelines: Pipelines, queue: Any
) -> None:
    pipeline = pipelines.create(definition(passes("Go"), fail("Stop", DependsOn=["Go"])))
    arn = pipelines.run()
    heard = queue()
    assert all(one["resources"] == [pipeline, arn] for one in heard)
    changes = [
        (one["detail"].get("previousPipelineExecutionStatus"),
         one["detail"]["currentPipelineExecutionStatus"])
        for one in heard if one["detail-type"] == EXECUTION
    ]  # fmt: skip
    assert changes == [(None, "Executing"), ("Executing", "Failed")]
    steps = [one["detail"] for one in heard if one["detail-type"] == STEP]
    assert [(one["stepName"], one["currentStepStatus"]) for one in steps] == [
        ("Go", "Executing"),
        ("Go", "Succeeded"),
        ("Stop", "Executing"),
        ("Stop", "Failed"),
    ]
    assert steps[1]["metadata"] == {"condition": {"outcome": "True"}}
    assert steps[3]["failureReason"] == "no good"
    assert "stepEndTime" in steps[3] and "stepEndTime" not in steps[2]
