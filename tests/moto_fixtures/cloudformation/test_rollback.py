"""When a step fails: everything is as it was, or says where it stopped."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "first"}}
BUCKET = {"Type": "AWS::S3::Bucket"}
NO_QUEUE = {
    "Type": "AWS::SQS::Queue",
    "DependsOn": ["Topic", "Bucket"],
    "Properties": {"QueueName": "not a valid name!"},
}
GOOD: dict[str, Any] = {"Resources": {"Topic": TOPIC, "Bucket": BUCKET}}
BAD: dict[str, Any] = {"Resources": {"Topic": TOPIC, "Bucket": BUCKET, "Queue": NO_QUEUE}}


def changed_and_bad() -> dict[str, Any]:
    """Changes the topic in place, adds one, and fails at the queue."""
    template = copy.deepcopy(BAD)
    template["Resources"]["Topic"]["Properties"]["DisplayName"] = "second"
    template["Resources"]["Added"] = {"Type": "AWS::SNS::Topic"}
    template["Resources"]["Queue"]["DependsOn"].append("Added")
    return template


def left(stacks: Any) -> tuple[int, int]:
    return (
        len(stacks.service("sns").list_topics()["Topics"]),
        len(stacks.service("s3").list_buckets()["Buckets"]),
    )


def title(stacks: Any) -> str:
    arn = stacks.resources("it")["Topic"]
    found = stacks.service("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return str(found["DisplayName"])


def test_a_failed_creation_leaves_nothing_and_says_why(stacks: Any) -> None:
    assert stacks.create("it", BAD) == "ROLLBACK_COMPLETE"
    assert left(stacks) == (0, 0)
    assert ("Queue", "CREATE_FAILED") in stacks.events("it")
    assert "The following resource(s) failed to create: [Queue]." in stacks.reasons("it")
    assert stacks.resources("it") == {"Queue": ""}


def test_a_rolled_back_creation_refuses_updates_and_can_be_deleted(stacks: Any) -> None:
    stacks.create("it", BAD)
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        stacks.update("it", GOOD)
    stacks.client.delete_stack(StackName="it")
    assert stacks.create("again", GOOD) == "CREATE_COMPLETE"


def test_a_failed_update_leaves_everything_as_it_was(stacks: Any) -> None:
    stacks.create("it", GOOD)
    before = stacks.resources("it")
    assert stacks.update("it", changed_and_bad()) == "UPDATE_ROLLBACK_COMPLETE"
    after = {key: value for key, value in stacks.resources("it").items() if key != "Queue"}
    assert (after, title(stacks), left(stacks)) == (before, "first", (1, 1))


def test_a_rolled_back_update_can_be_updated_again(stacks: Any) -> None:
    stacks.create("it", GOOD)
    stacks.update("it", changed_and_bad())
    repaired = changed_and_bad()
    repaired["Resources"]["Queue"]["Properties"]["QueueName"] = "valid"
    assert stacks.update("it", repaired) == "UPDATE_COMPLETE"
    assert title(stacks) == "second"


def test_a_replacement_is_undone_with_the_old_one_in_its_place(stacks: Any) -> None:
    stacks.create("it", GOOD)
    before = stacks.resources("it")
    template = copy.deepcopy(BAD)
    template["Resources"]["Bucket"] = {**BUCKET, "Properties": {"BucketName": "another"}}
    assert stacks.update("it", template) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.resources("it")["Bucket"] == before["Bucket"]
    assert left(stacks) == (1, 1)


@contextmanager
def meanwhile(client: Any, event: str, action: Callable[[], Any]) -> Iterator[None]:
    """Do something just before the engine makes a certain call."""

    def act(**_: Any) -> None:
        action()

    client.meta.events.register(event, act)
    try:
        yield
    finally:
        client.meta.events.unregister(event, act)


def fail_to_roll_back(stacks: Any) -> None:
    """Someone deletes the topic during an update that then fails and cannot restore it."""
    stacks.create("it", GOOD)
    arn, sns = stacks.resources("it")["Topic"], stacks.service("sns")
    with meanwhile(
        stacks.service("sqs"),
        "before-call.sqs.CreateQueue",
        lambda: sns.delete_topic(TopicArn=arn),
    ):
        assert stacks.update("it", changed_and_bad()) == "UPDATE_ROLLBACK_FAILED"


def test_a_rollback_that_fails_names_what_it_could_not_restore(stacks: Any) -> None:
    fail_to_roll_back(stacks)
    assert "failed to update: [Topic]" in stacks.describe("it")["StackStatusReason"]
    with pytest.raises(ClientError, match="UPDATE_ROLLBACK_FAILED state and can not be updated"):
        stacks.update("it", GOOD)


def test_a_failed_rollback_goes_on_once_its_resource_is_skipped(stacks: Any) -> None:
    fail_to_roll_back(stacks)
    stacks.client.continue_update_rollback(StackName="it")
    assert stacks.status("it") == "UPDATE_ROLLBACK_FAILED"
    stacks.client.continue_update_rollback(StackName="it", ResourcesToSkip=["Topic"])
    assert stacks.status("it") == "UPDATE_ROLLBACK_COMPLETE"
    assert left(stacks) == (0, 1)


def statuses(stacks: Any) -> dict[str, str]:
    found = stacks.client.describe_stack_resources(StackName="it")["StackResources"]
    return {one["LogicalResourceId"]: one["ResourceStatus"] for one in found}


def test_what_refused_its_update_is_complete_once_rolled_back(stacks: Any) -> None:
    stacks.create("it", GOOD)
    refused = copy.deepcopy(GOOD)
    refused["Resources"]["Topic"]["Properties"]["DisplayName"] = {"not": "a text"}
    assert stacks.update("it", refused) == "UPDATE_ROLLBACK_COMPLETE"
    assert statuses(stacks) == {"Topic": "UPDATE_COMPLETE", "Bucket": "CREATE_COMPLETE"}
    told = [status for key, status in stacks.events("it") if key in ("Topic", "it")]
    assert told[told.index("UPDATE_FAILED") :] == [
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    assert "expected type: String" in stacks.reasons("it")


def test_what_a_rollback_skipped_is_complete(stacks: Any) -> None:
    fail_to_roll_back(stacks)
    assert statuses(stacks)["Topic"] == "UPDATE_FAILED"
    stacks.client.continue_update_rollback(StackName="it", ResourcesToSkip=["Topic"])
    assert statuses(stacks)["Topic"] == "UPDATE_COMPLETE"


def test_only_a_failed_rollback_can_be_continued(stacks: Any) -> None:
    stacks.create("it", GOOD)
    with pytest.raises(ClientError, match="must be in UPDATE_ROLLBACK_FAILED"):
        stacks.client.continue_update_rollback(StackName="it")


def test_with_rollback_disabled_a_failed_creation_stands_until_rolled_back(stacks: Any) -> None:
    stacks.client.create_stack(StackName="it", TemplateBody=json.dumps(BAD), DisableRollback=True)
    assert (stacks.status("it"), left(stacks)) == ("CREATE_FAILED", (1, 1))
    stacks.client.rollback_stack(StackName="it")
    assert (stacks.status("it"), left(stacks)) == ("ROLLBACK_COMPLETE", (0, 0))


def test_with_rollback_disabled_a_failed_update_stands_until_rolled_back(stacks: Any) -> None:
    stacks.create("it", GOOD)
    made = stacks.plan("it", changed_and_bad())["ChangeSetId"]
    stacks.client.execute_change_set(ChangeSetName=made, DisableRollback=True)
    assert (stacks.status("it"), title(stacks)) == ("UPDATE_FAILED", "second")
    stacks.client.rollback_stack(StackName="it")
    assert (stacks.status("it"), title(stacks)) == ("UPDATE_ROLLBACK_COMPLETE", "first")
    assert left(stacks) == (1, 1)


def test_a_failed_creation_can_delete_its_stack(stacks: Any) -> None:
    stacks.client.create_stack(StackName="it", TemplateBody=json.dumps(BAD), OnFailure="DELETE")
    assert (stacks.status("it"), left(stacks)) == ("DELETE_COMPLETE", (0, 0))


def kept_unless_new(policy: str) -> dict[str, Any]:
    """A bucket with a policy, and a queue that fails after it."""
    return {"Resources": {**BAD["Resources"], "Bucket": {**BUCKET, "DeletionPolicy": policy}}}


@pytest.mark.parametrize(("policy", "buckets"), [("Retain", 1), ("RetainExceptOnCreate", 0)])
def test_a_rolled_back_creation_keeps_what_its_policy_keeps(
    stacks: Any, policy: str, buckets: int
) -> None:
    assert stacks.create("it", kept_unless_new(policy)) == "ROLLBACK_COMPLETE"
    assert left(stacks) == (0, buckets)


@pytest.mark.parametrize(("policy", "buckets"), [("Retain", 1), ("RetainExceptOnCreate", 0)])
def test_a_rolled_back_update_keeps_of_what_it_made_what_its_policy_keeps(
    stacks: Any, policy: str, buckets: int
) -> None:
    stacks.create("it", {"Resources": {"Topic": TOPIC}})
    assert stacks.update("it", kept_unless_new(policy)) == "UPDATE_ROLLBACK_COMPLETE"
    assert left(stacks) == (1, buckets)


def test_a_rollback_deletes_what_was_new_where_the_request_says_so(stacks: Any) -> None:
    body = json.dumps(kept_unless_new("Retain"))
    stacks.client.create_stack(StackName="it", TemplateBody=body, RetainExceptOnCreate=True)
    assert (stacks.status("it"), left(stacks)) == ("ROLLBACK_COMPLETE", (0, 0))
    stacks.create("other", {"Resources": {"Topic": TOPIC}})
    made = stacks.plan("other", kept_unless_new("Retain"))["ChangeSetId"]
    stacks.client.execute_change_set(ChangeSetName=made, RetainExceptOnCreate=True)
    assert (stacks.status("other"), left(stacks)) == ("UPDATE_ROLLBACK_COMPLETE", (1, 0))


def test_a_stack_that_cannot_be_deleted_says_so_and_can_let_go(stacks: Any) -> None:
    stacks.create("it", GOOD)
    bucket = stacks.resources("it")["Bucket"]
    stacks.service("s3").put_object(Bucket=bucket, Key="kept", Body=b"data")
    stacks.client.delete_stack(StackName="it")
    assert stacks.status("it") == "DELETE_FAILED"
    assert "failed to delete: [Bucket]" in stacks.describe("it")["StackStatusReason"]
    stacks.client.delete_stack(StackName="it", RetainResources=["Bucket"])
    assert (stacks.status("it"), left(stacks)) == ("DELETE_COMPLETE", (0, 1))


def test_half_a_resource_is_taken_away_again(stacks: Any) -> None:
    refused = [{"PolicyName": "p", "PolicyDocument": {"Version": "never", "Statement": []}}]
    trust = {"Version": "2012-10-17", "Statement": []}
    role = {"AssumeRolePolicyDocument": trust, "Policies": refused}
    template = {"Resources": {"It": {"Type": "AWS::IAM::Role", "Properties": role}}}
    assert stacks.create("it", template) == "ROLLBACK_COMPLETE"
    assert stacks.service("iam").list_roles()["Roles"] == []
