"""Stacks within stacks: they come, change, go back and go with their parent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

CHILD: dict[str, Any] = {
    "Parameters": {"Title": {"Type": "String"}, "Name": {"Type": "String", "Default": "child"}},
    "Resources": {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": {"Ref": "Name"}, "DisplayName": {"Ref": "Title"}},
        }
    },
    "Outputs": {"Arn": {"Value": {"Ref": "Topic"}}},
}
NO_QUEUE = {
    "Type": "AWS::SQS::Queue",
    "DependsOn": "Child",
    "Properties": {"QueueName": "not a valid name!"},
}


@pytest.fixture
def put(stacks: Any) -> Any:
    """Puts a template into S3 and returns its URL, as `aws cloudformation package` writes it."""
    s3 = stacks.service("s3")
    s3.create_bucket(Bucket="artifacts")

    def upload(key: str, template: Any) -> str:
        s3.put_object(Bucket="artifacts", Key=key, Body=json.dumps(template).encode())
        return f"https://s3.us-east-1.amazonaws.com/artifacts/{key}"

    return upload


def parent(url: str, title: str = "first", **resources: Any) -> dict[str, Any]:
    """A child, and a note of what it gave out."""
    child = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": url, "Parameters": {"Title": title}},
    }
    note = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["Child", "Outputs.Arn"]}},
    }
    return {"Resources": {"Child": child, "Note": note, **resources}}


def child_of(stacks: Any, name: str = "it") -> Any:
    return stacks.describe(stacks.resources(name)["Child"])


def title(stacks: Any, topic: str = "child") -> str:
    arn = f"arn:aws:sns:us-east-1:123456789012:{topic}"
    found = stacks.service("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return str(found["DisplayName"])


def topics(stacks: Any) -> list[str]:
    found = stacks.service("sns").list_topics()["Topics"]
    return sorted(item["TopicArn"].rsplit(":", 1)[-1] for item in found)


def test_a_child_is_a_stack_that_knows_its_parent(stacks: Any, put: Any) -> None:
    assert stacks.create("it", parent(put("child", CHILD)), tags={"team": "risk"}) == (
        "CREATE_COMPLETE"
    )
    child, whole = child_of(stacks), stacks.describe("it")
    assert child["StackName"].startswith("it-Child-")
    assert (child["ParentId"], child["RootId"]) == (whole["StackId"], whole["StackId"])
    assert (child["StackStatus"], child["Tags"]) == (
        "CREATE_COMPLETE",
        [{"Key": "team", "Value": "risk"}],
    )
    note = stacks.service("ssm").get_parameter(Name=stacks.resources("it")["Note"])["Parameter"]
    assert note["Value"] == child["Outputs"][0]["OutputValue"]


def test_a_grandchild_has_its_own_parent_and_the_same_root(stacks: Any, put: Any) -> None:
    inner = put("inner", CHILD)
    middle = {"Parameters": {"Title": {"Type": "String"}}, **parent(inner)}
    middle["Outputs"] = {"Arn": {"Value": {"Fn::GetAtt": ["Child", "Outputs.Arn"]}}}
    assert stacks.create("it", parent(put("middle", middle))) == "CREATE_COMPLETE"
    found = child_of(stacks)
    grandchild = child_of(stacks, found["StackName"])
    assert grandchild["ParentId"] == found["StackId"]
    assert grandchild["RootId"] == stacks.describe("it")["StackId"]


def test_a_child_that_fails_rolls_its_parent_back_and_leaves_nothing(stacks: Any, put: Any) -> None:
    bad = {**CHILD, "Resources": {**CHILD["Resources"], "Queue": {**NO_QUEUE}}}
    bad["Resources"]["Queue"]["DependsOn"] = "Topic"
    assert stacks.create("it", parent(put("child", bad))) == "ROLLBACK_COMPLETE"
    assert "was not successfully created: The following resource(s) failed to create: [Queue]" in (
        stacks.reasons("it")
    )
    assert topics(stacks) == []
    live = [item for item in stacks.client.list_stacks()["StackSummaries"] if "ParentId" in item]
    assert [item["StackStatus"] for item in live] == ["DELETE_COMPLETE"]


def test_a_failed_child_stands_beside_its_parent_where_rollback_is_disabled(
    stacks: Any, put: Any
) -> None:
    bad = {**CHILD, "Resources": {**CHILD["Resources"], "Queue": {**NO_QUEUE}}}
    bad["Resources"]["Queue"]["DependsOn"] = "Topic"
    body = json.dumps(parent(put("child", bad)))
    stacks.client.create_stack(StackName="it", TemplateBody=body, DisableRollback=True)
    assert (stacks.status("it"), topics(stacks)) == ("CREATE_FAILED", ["child"])
    stacks.client.delete_stack(StackName="it")
    assert (stacks.status("it"), topics(stacks)) == ("DELETE_COMPLETE", [])


def test_a_change_of_its_parameters_updates_the_child(stacks: Any, put: Any) -> None:
    url = put("child", CHILD)
    stacks.create("it", parent(url))
    assert stacks.update("it", parent(url, "second")) == "UPDATE_COMPLETE"
    assert (title(stacks), child_of(stacks)["StackStatus"]) == ("second", "UPDATE_COMPLETE")


def test_a_template_that_changed_behind_its_url_is_noticed(stacks: Any, put: Any) -> None:
    url = put("child", CHILD)
    stacks.create("it", parent(url))
    more = {**CHILD, "Outputs": {**CHILD["Outputs"], "More": {"Value": "x"}}}
    put("child", more)
    assert stacks.update("it", parent(url)) == "UPDATE_COMPLETE"
    assert {item["OutputKey"] for item in child_of(stacks)["Outputs"]} == {"Arn", "More"}


def test_a_child_in_which_nothing_changed_is_left_alone(stacks: Any, put: Any) -> None:
    url = put("child", CHILD)
    stacks.create("it", parent(url))
    child = child_of(stacks)["StackName"]
    before = stacks.events(child)
    assert stacks.update("it", parent(url)) == "UPDATE_COMPLETE"
    assert stacks.events(child) == before


def test_a_parent_that_fails_takes_its_child_back_to_the_resources_it_had(
    stacks: Any, put: Any
) -> None:
    url = put("child", CHILD)
    stacks.create("it", parent(url))
    child = child_of(stacks)["StackName"]
    before, outputs = stacks.resources(child), stacks.outputs(child)
    changed = parent(url, "second", Queue=NO_QUEUE)
    changed["Resources"]["Child"]["Properties"]["Parameters"]["Name"] = "renamed"
    assert stacks.update("it", changed) == "UPDATE_ROLLBACK_COMPLETE"
    assert (topics(stacks), title(stacks)) == (["child"], "first")
    assert (stacks.resources(child), stacks.outputs(child)) == (before, outputs)
    assert stacks.status(child) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.update("it", parent(url, "third")) == "UPDATE_COMPLETE"
    assert title(stacks) == "third"


def test_a_childs_rollback_that_failed_goes_on_once_its_resource_is_skipped(
    stacks: Any, put: Any
) -> None:
    url = put("child", CHILD)
    stacks.create("it", parent(url))
    child, sns = child_of(stacks)["StackName"], stacks.service("sns")
    arn = "arn:aws:sns:us-east-1:123456789012:child"

    def delete(**_: Any) -> None:
        sns.delete_topic(TopicArn=arn)

    events = stacks.service("sqs").meta.events
    events.register("before-call.sqs.CreateQueue", delete)
    try:
        failed = stacks.update("it", parent(url, "second", Queue=NO_QUEUE))
    finally:
        events.unregister("before-call.sqs.CreateQueue", delete)
    assert (failed, stacks.status(child)) == ("UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED")
    stacks.client.continue_update_rollback(StackName="it")
    assert stacks.status("it") == "UPDATE_ROLLBACK_FAILED"
    stacks.client.continue_update_rollback(StackName="it", ResourcesToSkip=[f"{child}.Topic"])
    assert (stacks.status("it"), stacks.status(child)) == (
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
    )


def test_what_a_child_replaced_goes_once_the_parent_has_succeeded(stacks: Any, put: Any) -> None:
    url = put("child", CHILD)
    stacks.create("it", parent(url))
    changed = parent(url)
    changed["Resources"]["Child"]["Properties"]["Parameters"]["Name"] = "renamed"
    seen = len(stacks.events("it"))
    assert stacks.update("it", changed) == "UPDATE_COMPLETE"
    assert topics(stacks) == ["renamed"]
    assert ("Note", "UPDATE_COMPLETE") in stacks.events("it")[seen:]


def test_a_child_goes_with_its_parent(stacks: Any, put: Any) -> None:
    stacks.create("it", parent(put("child", CHILD)))
    child = child_of(stacks)["StackId"]
    stacks.client.delete_stack(StackName="it")
    assert (stacks.describe(child)["StackStatus"], topics(stacks)) == ("DELETE_COMPLETE", [])


def test_a_child_that_cannot_be_deleted_stops_its_parent(stacks: Any, put: Any) -> None:
    bucket = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}
    bucket["Parameters"] = {"Title": {"Type": "String"}}  # type: ignore[dict-item]
    bucket["Outputs"] = {"Arn": {"Value": {"Ref": "Bucket"}}}  # type: ignore[dict-item]
    stacks.create("it", parent(put("child", bucket)))
    name = child_of(stacks)["Outputs"][0]["OutputValue"]
    stacks.service("s3").put_object(Bucket=name, Key="kept", Body=b"data")
    stacks.client.delete_stack(StackName="it")
    assert stacks.status("it") == "DELETE_FAILED"
    assert "was not successfully deleted" in stacks.reasons("it")
    stacks.service("s3").delete_object(Bucket=name, Key="kept")
    stacks.client.delete_stack(StackName="it")
    assert stacks.status("it") == "DELETE_COMPLETE"


def test_capabilities_are_given_for_the_children_too(stacks: Any, put: Any) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    inner = {**CHILD, "Resources": {**CHILD["Resources"], "Role": role}}
    body = json.dumps(parent(put("child", inner)))
    stacks.client.create_stack(StackName="it", TemplateBody=body)
    assert stacks.status("it") == "ROLLBACK_COMPLETE"
    assert "Requires capabilities : [CAPABILITY_IAM]" in stacks.reasons("it")
    stacks.client.delete_stack(StackName="it")
    assert stacks.create("again", json.loads(body)) == "CREATE_COMPLETE"


def test_a_missing_parameter_of_a_child_is_the_parents_reason(stacks: Any, put: Any) -> None:
    template = parent(put("child", CHILD))
    del template["Resources"]["Child"]["Properties"]["Parameters"]
    assert stacks.create("it", template) == "ROLLBACK_COMPLETE"
    assert "Parameters: [Title] must have values" in stacks.reasons("it")


def test_a_change_set_says_that_a_child_may_change_unseen(stacks: Any, put: Any) -> None:
    url = put("child", CHILD)
    stacks.create("it", parent(url))
    (row,) = (item["ResourceChange"] for item in stacks.plan("it", parent(url))["Changes"])
    assert (row["LogicalResourceId"], row["Action"], row["Replacement"]) == (
        "Child",
        "Modify",
        "False",
    )
    assert (row["Details"][0]["ChangeSource"], row["Details"][0]["Evaluation"]) == (
        "Automatic",
        "Dynamic",
    )


def test_an_output_no_child_has_is_a_failure_that_names_it(stacks: Any, put: Any) -> None:
    template = parent(put("child", CHILD))
    template["Resources"]["Note"]["Properties"]["Value"] = {"Fn::GetAtt": ["Child", "Outputs.No"]}
    assert stacks.create("it", template) == "ROLLBACK_COMPLETE"
    assert "Attribute 'Outputs.No' does not exist" in stacks.reasons("it")


def test_an_output_of_no_nested_stack_is_refused_before(stacks: Any, put: Any) -> None:
    template = parent(put("child", CHILD))
    template["Resources"]["Note"]["Properties"]["Value"] = {"Fn::GetAtt": ["Child", "Result"]}
    with pytest.raises(ClientError, match="does not support attribute type Result"):
        stacks.create("it", template)
