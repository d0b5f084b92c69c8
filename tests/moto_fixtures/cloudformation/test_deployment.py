"""Creating and updating: in place where possible, a replacement where not, the rest untouched."""

from __future__ import annotations

from typing import Any

import pytest

TWO_TOPICS: dict[str, Any] = {
    "Parameters": {"Title": {"Type": "String", "Default": "first"}},
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Title"}}},
        "Note": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": {"Ref": "Topic"}},
        },
    },
    "Outputs": {"Topic": {"Value": {"Ref": "Topic"}}},
}


def named(name: str, **extra: Any) -> dict[str, Any]:
    """A topic of a fixed name (names are create-only) and a note of its ARN."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}, **extra}
    return {"Resources": {"Topic": topic, "Note": TWO_TOPICS["Resources"]["Note"]}}


def topics(stacks: Any) -> set[str]:
    found = stacks.service("sns").list_topics()["Topics"]
    return {item["TopicArn"].rsplit(":", 1)[-1] for item in found}


def test_resources_are_made_after_what_they_need_and_every_step_is_an_event(stacks: Any) -> None:
    assert stacks.create("it", TWO_TOPICS) == "CREATE_COMPLETE"
    assert stacks.events("it") == [
        ("it", "CREATE_IN_PROGRESS"),
        ("Topic", "CREATE_IN_PROGRESS"),
        ("Topic", "CREATE_IN_PROGRESS"),
        ("Topic", "CREATE_COMPLETE"),
        ("Note", "CREATE_IN_PROGRESS"),
        ("Note", "CREATE_IN_PROGRESS"),
        ("Note", "CREATE_COMPLETE"),
        ("it", "CREATE_COMPLETE"),
    ]


def test_a_mutable_property_changes_in_place_and_touches_nothing_else(stacks: Any) -> None:
    stacks.create("it", TWO_TOPICS)
    before, seen = stacks.resources("it"), len(stacks.events("it"))
    assert stacks.update("it", TWO_TOPICS, Title="second") == "UPDATE_COMPLETE"
    assert stacks.resources("it") == before
    attributes = stacks.service("sns").get_topic_attributes(TopicArn=before["Topic"])["Attributes"]
    assert attributes["DisplayName"] == "second"
    assert {name for name, _ in stacks.events("it")[seen:]} == {"it", "Topic"}


def test_a_create_only_property_replaces_and_what_refers_to_it_follows(stacks: Any) -> None:
    stacks.create("it", named("old"))
    assert stacks.update("it", named("new")) == "UPDATE_COMPLETE"
    assert topics(stacks) == {"new"}
    note = stacks.service("ssm").get_parameter(Name=stacks.resources("it")["Note"])["Parameter"]
    assert note["Value"] == stacks.resources("it")["Topic"]


def test_the_new_one_is_made_before_the_old_one_goes(stacks: Any) -> None:
    stacks.create("it", named("old"))
    seen = len(stacks.events("it"))
    stacks.update("it", named("new"))
    happened = stacks.events("it")[seen:]
    steps = [
        happened.index(step)
        for step in (
            ("Note", "UPDATE_COMPLETE"),
            ("it", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            ("Topic", "DELETE_IN_PROGRESS"),
            ("Topic", "DELETE_COMPLETE"),
            ("it", "UPDATE_COMPLETE"),
        )
    ]
    assert steps == sorted(steps)


def test_a_custom_named_resource_cannot_be_replaced_under_its_name(stacks: Any) -> None:
    group = {"Type": "AWS::SageMaker::ModelPackageGroup"}
    first = {**group, "Properties": {"ModelPackageGroupName": "fraud"}}
    changed = {"ModelPackageGroupName": "fraud", "ModelPackageGroupDescription": "changed"}
    stacks.create("it", {"Resources": {"Group": first}})
    second = {"Resources": {"Group": {**group, "Properties": changed}}}
    assert stacks.update("it", second) == "UPDATE_ROLLBACK_COMPLETE"
    assert (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename fraud and update the stack again."
    ) in stacks.reasons("it")


def test_what_left_the_template_is_deleted(stacks: Any) -> None:
    stacks.create("it", TWO_TOPICS)
    only = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    assert stacks.update("it", only) == "UPDATE_COMPLETE"
    assert list(stacks.resources("it")) == ["Topic"]
    assert stacks.service("ssm").describe_parameters()["Parameters"] == []


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_a_retained_resource_outlives_its_stack(stacks: Any, policy: str) -> None:
    stacks.create("it", named("kept", DeletionPolicy=policy))
    stacks.client.delete_stack(StackName="it")
    assert stacks.status("it") == "DELETE_COMPLETE"
    assert topics(stacks) == {"kept"}


def test_a_replaced_resource_is_kept_where_its_policy_says_so(stacks: Any) -> None:
    stacks.create("it", named("old", UpdateReplacePolicy="Retain"))
    stacks.update("it", named("new", UpdateReplacePolicy="Retain"))
    assert topics(stacks) == {"old", "new"}


def test_a_condition_that_turns_makes_and_unmakes(stacks: Any) -> None:
    template = {
        "Parameters": {"On": {"Type": "String"}},
        "Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
        "Resources": {
            "Always": {"Type": "AWS::SNS::Topic"},
            "Sometimes": {"Type": "AWS::SNS::Topic", "Condition": "IsOn"},
        },
        "Outputs": {"It": {"Condition": "IsOn", "Value": {"Ref": "Sometimes"}}},
    }
    stacks.create("it", template, On="no")
    assert (len(topics(stacks)), stacks.outputs("it")) == (1, {})
    stacks.update("it", template, On="yes")
    assert (len(topics(stacks)), list(stacks.outputs("it"))) == (2, ["It"])
    stacks.update("it", template, On="no")
    assert (len(topics(stacks)), stacks.outputs("it")) == (1, {})


def test_stack_tags_reach_the_resources_that_take_tags(stacks: Any) -> None:
    stacks.create("it", TWO_TOPICS, tags={"stage": "staging"})
    arn = stacks.resources("it")["Topic"]
    found = stacks.service("sns").list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert found == [{"Key": "stage", "Value": "staging"}]


def test_a_property_the_offline_aws_cannot_carry_out_is_refused_by_name(stacks: Any) -> None:
    website = {"WebsiteConfiguration": {"IndexDocument": "index.html"}}
    template = {"Resources": {"It": {"Type": "AWS::S3::Bucket", "Properties": website}}}
    assert stacks.create("it", template) == "ROLLBACK_COMPLETE"
    assert "without its property WebsiteConfiguration" in stacks.reasons("it")


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"Propertie": "x"}, "extraneous key [Propertie] is not permitted"),
        ({"FifoTopic": "perhaps"}, "#/FifoTopic: expected type: Boolean, found: String"),
        ({"TopicArn": "arn"}, "read-only key [TopicArn] is not permitted"),
        ({"Subscription": [{"Protocol": "sqs"}]}, "required key [Endpoint] not found"),
    ],
)
def test_properties_are_held_against_the_schema(
    stacks: Any, properties: dict[str, Any], said: str
) -> None:
    template = {"Resources": {"It": {"Type": "AWS::SNS::Topic", "Properties": properties}}}
    assert stacks.create("it", template) == "ROLLBACK_COMPLETE"
    assert said in stacks.reasons("it")
