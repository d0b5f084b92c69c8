"""The API around the stacks: templates by URL, pages, summaries, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

BODY = json.dumps(
    {
        "Description": "One topic",
        "Parameters": {
            "Title": {"Type": "String", "Default": "x", "AllowedValues": ["x", "y"]},
            "Secret": {"Type": "String", "NoEcho": True, "Default": "hidden"},
        },
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
)


@pytest.mark.parametrize(
    "url",
    [
        "https://templates.s3.amazonaws.com/a/it.template",
        "https://templates.s3.us-east-1.amazonaws.com/a/it.template",
        "https://s3.us-east-1.amazonaws.com/templates/a/it.template",
        "http://127.0.0.1:5000/templates/a/it.template",
    ],
)
def test_a_template_is_read_from_s3_whichever_way_its_url_is_written(stacks: Any, url: str) -> None:
    stacks.service("s3").create_bucket(Bucket="templates")
    stacks.service("s3").put_object(Bucket="templates", Key="a/it.template", Body=BODY.encode())
    stacks.client.create_stack(StackName="it", TemplateURL=url)
    assert stacks.status("it") == "CREATE_COMPLETE"


def test_a_template_that_is_not_in_s3_is_an_error_that_names_it(stacks: Any) -> None:
    url = "https://templates.s3.amazonaws.com/a/none.template"
    with pytest.raises(ClientError, match=f"S3 error: .*{url}"):
        stacks.client.create_stack(StackName="it", TemplateURL=url)


def test_a_long_template_must_come_from_s3(stacks: Any) -> None:
    long = json.dumps({**json.loads(BODY), "Metadata": {"Filler": "x" * 52_000}})
    with pytest.raises(ClientError, match="less than or equal to 51200"):
        stacks.client.create_stack(StackName="it", TemplateBody=long)


def test_a_hidden_parameter_is_never_shown(stacks: Any) -> None:
    stacks.create("it", BODY, Secret="swordfish")
    plan = stacks.plan("it", BODY, Title="y", Secret="swordfish")
    for shown in (stacks.describe("it"), plan):
        values = {item["ParameterKey"]: item["ParameterValue"] for item in shown["Parameters"]}
        assert values["Secret"] == "****"


def test_previous_template_and_values_are_used_where_asked_for(stacks: Any) -> None:
    stacks.create("it", BODY, Title="y")
    template = json.loads(BODY)
    template["Resources"]["Topic"]["Properties"] = {"DisplayName": {"Ref": "Title"}}
    stacks.client.update_stack(
        StackName="it",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Title", "UsePreviousValue": True}],
    )
    stacks.client.update_stack(
        StackName="it",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Title", "ParameterValue": "x"}],
    )
    arn = stacks.resources("it")["Topic"]
    found = stacks.service("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    assert found["DisplayName"] == "x"


def test_the_template_and_its_summary_are_returned(stacks: Any) -> None:
    stacks.create("it", BODY)
    assert stacks.client.get_template(StackName="it")["TemplateBody"] == json.loads(BODY)
    for asked in ({"StackName": "it"}, {"TemplateBody": BODY}):
        found = stacks.client.get_template_summary(**asked)
        assert found["ResourceTypes"] == ["AWS::SNS::Topic"]
        title = found["Parameters"][0]
        assert (title["ParameterKey"], title["DefaultValue"]) == ("Title", "x")
        assert title["ParameterConstraints"]["AllowedValues"] == ["x", "y"]


def test_a_template_is_validated_without_a_stack(stacks: Any) -> None:
    found = stacks.client.validate_template(TemplateBody=BODY)
    assert [item["ParameterKey"] for item in found["Parameters"]] == ["Title", "Secret"]
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        bad = '{"Resources": {"A": {"Type": "AWS::Bogus::Thing"}}}'
        stacks.client.validate_template(TemplateBody=bad)


def test_events_and_resources_come_in_pages(stacks: Any) -> None:
    many = {f"Topic{index}": {"Type": "AWS::SNS::Topic"} for index in range(110)}
    stacks.create("it", {"Resources": many})
    pages = stacks.client.get_paginator("describe_stack_events").paginate(StackName="it")
    counts = [len(page["StackEvents"]) for page in pages]
    assert (counts, sum(counts)) == ([100, 100, 100, 32], 3 * 110 + 2)
    pages = stacks.client.get_paginator("list_stack_resources").paginate(StackName="it")
    names = [item["LogicalResourceId"] for page in pages for item in page["StackResourceSummaries"]]
    assert sorted(names) == sorted(many)


def test_a_resource_is_described_by_either_of_its_names(stacks: Any) -> None:
    stacks.create("it", BODY)
    physical_id = stacks.resources("it")["Topic"]
    detail = stacks.client.describe_stack_resource(StackName="it", LogicalResourceId="Topic")
    assert detail["StackResourceDetail"]["PhysicalResourceId"] == physical_id
    found = stacks.client.describe_stack_resources(PhysicalResourceId=physical_id)
    assert found["StackResources"][0]["LogicalResourceId"] == "Topic"
    with pytest.raises(ClientError, match="Resource Other does not exist for stack it"):
        stacks.client.describe_stack_resource(StackName="it", LogicalResourceId="Other")


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("create_stack_set", {"StackSetName": "it"}),
        ("set_stack_policy", {"StackName": "it"}),
        ("register_type", {"TypeName": "Acme::Test::Thing", "SchemaHandlerPackage": "s3://a/b"}),
    ],
)
def test_an_action_that_is_not_simulated_is_refused_by_name(
    stacks: Any, action: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=r"CloudFormation action .* is not simulated"):
        getattr(stacks.client, action)(**request_)


def test_a_request_member_that_would_be_ignored_is_refused_by_name(stacks: Any) -> None:
    with pytest.raises(ClientError, match=r"NotificationARNs \(.*\) is not simulated"):
        stacks.client.create_stack(
            StackName="it",
            TemplateBody=BODY,
            NotificationARNs=["arn:aws:sns:us-east-1:123456789012:topic"],
        )


@pytest.mark.parametrize("name", ["1st", "has_underscore", "a" * 129])
def test_a_stack_name_the_service_would_not_take_is_refused(stacks: Any, name: str) -> None:
    with pytest.raises(ClientError, match="stackName"):
        stacks.create(name, BODY)
