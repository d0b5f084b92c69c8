"""Change sets: a plan that says truly what will happen, executed once."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def template(name: str, title: str = "first", **extra: Any) -> dict[str, Any]:
    """A topic, and a subscription whose topic is create-only."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name, "DisplayName": title}}
    queue = "arn:aws:sqs:us-east-1:123456789012:alerts"
    subscription = {
        "Type": "AWS::SNS::Subscription",
        "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": queue},
    }
    return {"Resources": {"Topic": topic, "Sub": subscription, **extra}}


def test_a_plan_names_what_is_added_changed_replaced_and_removed(stacks: Any) -> None:
    gone = {"Gone": {"Type": "AWS::S3::Bucket"}}
    stacks.create("it", template("a", **gone))
    new = {"New": {"Type": "AWS::S3::Bucket"}}
    assert stacks.changes("it", template("a", "second", **new)) == {
        "Topic": ("Modify", "False"),
        "New": ("Add", None),
        "Gone": ("Remove", None),
    }
    assert stacks.changes("it", template("b", **gone)) == {
        "Topic": ("Modify", "True"),
        "Sub": ("Modify", "Conditional"),
    }


def test_a_plan_says_which_property_forces_the_replacement(stacks: Any) -> None:
    stacks.create("it", template("a"))
    found = stacks.plan("it", template("b"))["Changes"]
    details = {
        item["ResourceChange"]["LogicalResourceId"]: item["ResourceChange"]["Details"]
        for item in found
    }
    assert details["Topic"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "TopicName",
        "RequiresRecreation": "Always",
    }
    assert details["Sub"][0]["Evaluation"] == "Dynamic"


def causes(stacks: Any, wanted: Any, **parameters: str) -> set[tuple[Any, ...]]:
    """(logical id, property, source, causing entity, evaluation) of every detail of a plan."""
    return {
        (
            item["ResourceChange"]["LogicalResourceId"],
            detail["Target"]["Name"],
            detail["ChangeSource"],
            detail.get("CausingEntity"),
            detail["Evaluation"],
        )
        for item in stacks.plan("it", wanted, **parameters)["Changes"]
        for detail in item["ResourceChange"]["Details"]
    }


def test_a_plan_says_what_caused_each_change(stacks: Any) -> None:
    declared = {"Name": {"Type": "String"}, "Title": {"Type": "String"}}
    wanted = {"Parameters": declared, **template("a")}
    wanted["Resources"]["Topic"]["Properties"] = {
        "TopicName": {"Ref": "Name"},
        "DisplayName": {"Fn::Sub": "${Title} of ${Name}"},
    }
    wanted["Resources"]["Note"] = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": {"Fn::GetAtt": ["Topic", "TopicName"]}},
    }
    stacks.create("it", wanted, Name="a", Title="first")
    assert causes(stacks, wanted, Name="b", Title="first") == {
        ("Topic", "TopicName", "ParameterReference", "Name", "Static"),
        ("Topic", "DisplayName", "ParameterReference", "Name", "Static"),
        ("Sub", "TopicArn", "ResourceReference", "Topic", "Dynamic"),
        ("Note", "Value", "ResourceAttribute", "Topic.TopicName", "Dynamic"),
    }


def test_a_changed_text_is_a_direct_modification(stacks: Any) -> None:
    stacks.create("it", template("a"))
    assert causes(stacks, template("a", "second")) == {
        ("Topic", "DisplayName", "DirectModification", None, "Static")
    }


def test_planning_touches_nothing(stacks: Any) -> None:
    stacks.create("it", template("a"))
    before = (stacks.resources("it"), stacks.events("it"))
    stacks.plan("it", template("b"))
    assert (stacks.resources("it"), stacks.events("it")) == before


def test_an_empty_plan_fails_in_the_words_the_cli_knows(stacks: Any) -> None:
    stacks.create("it", template("a"))
    found = stacks.plan("it", template("a"))
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(ClientError, match="cannot be executed"):
        stacks.client.execute_change_set(ChangeSetName=found["ChangeSetId"])


def test_a_changed_output_is_a_change(stacks: Any) -> None:
    stacks.create("it", template("a"))
    with_output = {**template("a"), "Outputs": {"It": {"Value": "new"}}}
    found = stacks.plan("it", with_output)
    assert (found["Status"], found["Changes"]) == ("CREATE_COMPLETE", [])
    stacks.client.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert stacks.outputs("it") == {"It": "new"}


def test_a_planned_creation_waits_in_review_and_may_be_planned_again(stacks: Any) -> None:
    first = stacks.plan("it", template("a"), kind="CREATE")
    assert stacks.status("it") == "REVIEW_IN_PROGRESS"
    stacks.client.delete_change_set(ChangeSetName=first["ChangeSetId"])
    second = stacks.plan("it", template("b"), kind="CREATE")
    assert second["StackId"] == first["StackId"]
    stacks.client.execute_change_set(ChangeSetName=second["ChangeSetId"])
    assert stacks.status("it") == "CREATE_COMPLETE"


def test_an_executed_change_set_voids_the_others(stacks: Any) -> None:
    stacks.create("it", template("a"))
    first = stacks.plan("it", template("b"))["ChangeSetId"]
    other = stacks.client.create_change_set(
        StackName="it", ChangeSetName="other", TemplateBody=str(template("c")).replace("'", '"')
    )["Id"]
    stacks.client.execute_change_set(ChangeSetName=first)
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        stacks.client.execute_change_set(ChangeSetName=other)
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        stacks.client.execute_change_set(ChangeSetName=first)


def test_a_failed_change_set_says_so(stacks: Any) -> None:
    bad = {"Bad": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "no name!"}}}
    found = stacks.plan("it", template("a", **bad), kind="CREATE")["ChangeSetId"]
    stacks.client.execute_change_set(ChangeSetName=found)
    again = stacks.client.describe_change_set(ChangeSetName=found)
    assert again["ExecutionStatus"] == "EXECUTE_FAILED"


def test_a_change_set_of_an_import_is_refused_by_name(stacks: Any) -> None:
    with pytest.raises(ClientError, match="ChangeSetType IMPORT is not simulated"):
        stacks.plan("it", template("a"), kind="IMPORT")


def test_a_change_set_without_tags_keeps_the_stacks(stacks: Any) -> None:
    stacks.create("it", template("a"), tags={"team": "risk"})
    planned = stacks.plan("it", template("a", "second"))
    assert planned["Tags"] == [{"Key": "team", "Value": "risk"}]
    stacks.client.execute_change_set(ChangeSetName=planned["ChangeSetId"])
    assert stacks.describe("it")["Tags"] == [{"Key": "team", "Value": "risk"}]
