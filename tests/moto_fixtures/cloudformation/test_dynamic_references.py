"""Dynamic references: a parameter is read at each update, a secret only for its service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.cloudformation import dynamic_references

SECRET = "{{resolve:secretsmanager:webhook:SecretString:url}}"


def titled(title: str) -> dict[str, Any]:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": title}}
    return {"Resources": {"Topic": topic}}


def shown(stacks: Any) -> str:
    arn = stacks.resources("it")["Topic"]
    found = stacks.service("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return str(found["DisplayName"])


@pytest.fixture
def stored(stacks: Any) -> Any:
    """An account with a parameter in two versions, a SecureString and a secret."""
    ssm = stacks.service("ssm")
    for value in ("one", "two"):
        ssm.put_parameter(Name="/title", Type="String", Value=value, Overwrite=True)
    ssm.put_parameter(Name="/hidden", Type="SecureString", Value="x")
    document = json.dumps({"url": "https://hook", "port": 443})
    stacks.service("secretsmanager").create_secret(Name="webhook", SecretString=document)
    return stacks


@pytest.mark.parametrize(
    ("title", "means"),
    [
        ("{{resolve:ssm:/title}}", "two"),
        ("{{resolve:ssm:/title:1}}", "one"),
        ("a {{resolve:ssm:/title:1}} b {{resolve:ssm:/title:2}}", "a one b two"),
        (SECRET, "https://hook"),
        ("{{resolve:secretsmanager:webhook:SecretString:port}}", "443"),
        ("{{resolve:secretsmanager:webhook:SecretString:url:AWSCURRENT}}", "https://hook"),
    ],
)
def test_a_reference_means_what_is_stored(stored: Any, title: str, means: str) -> None:
    assert stored.create("it", titled(title)) == "CREATE_COMPLETE"
    assert shown(stored) == means


def test_a_whole_secret_is_read_by_its_arn(stored: Any) -> None:
    made = stored.service("secretsmanager").create_secret(Name="plain", SecretString="quiet")
    reference = f"{{{{resolve:secretsmanager:{made['ARN']}}}}}"
    assert stored.create("it", titled(reference)) == "CREATE_COMPLETE"
    assert shown(stored) == "quiet"


def test_a_reference_may_be_put_together_by_a_function(stored: Any) -> None:
    template = titled("")
    template["Parameters"] = {"Name": {"Type": "String"}}
    joined = {"Fn::Sub": "{{resolve:ssm:/${Name}}}"}
    template["Resources"]["Topic"]["Properties"]["DisplayName"] = joined
    assert stored.create("it", template, Name="title") == "CREATE_COMPLETE"
    assert shown(stored) == "two"


def test_an_update_sees_the_parameters_latest_version(stored: Any) -> None:
    stored.create("it", titled("{{resolve:ssm:/title}}"))
    stored.service("ssm").put_parameter(Name="/title", Value="three", Overwrite=True)
    assert stored.update("it", titled("{{resolve:ssm:/title}}")) == "UPDATE_COMPLETE"
    assert shown(stored) == "three"


def test_a_rotated_secret_alone_is_no_change(stored: Any) -> None:
    stored.create("it", titled(SECRET))
    rotated = json.dumps({"url": "https://other"})
    stored.service("secretsmanager").put_secret_value(SecretId="webhook", SecretString=rotated)
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stored.update("it", titled(SECRET))


def test_a_secret_stands_nowhere_but_in_its_service(stored: Any) -> None:
    stored.create("it", titled(SECRET))
    said = json.dumps(
        [
            stored.describe("it"),
            stored.client.describe_stack_events(StackName="it"),
            stored.client.get_template(StackName="it"),
            stored.plan("it", titled(SECRET + "/x")),
        ],
        default=str,
    )
    assert "https://hook" not in said


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("{{resolve:ssm:/none}}", r"Parameters: \[ssm:/none\] cannot be found"),
        ("{{resolve:ssm:/title:9}}", r"Parameters: \[ssm:/title:9\] cannot be found"),
        ("{{resolve:ssm:/title:latest}}", "Incorrect format .* SSM reference"),
        ("{{resolve:ssm:/hidden}}", "SecureString is not plain text"),
        ("{{resolve:ssm-secure:/hidden}}", r"not supported in: \[AWS::SNS::Topic\]"),
        ("{{resolve:vault:x}}", "no service vault"),
    ],
)
def test_a_parameter_that_cannot_be_read_rolls_back_with_the_reason(
    stored: Any, title: str, said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        stored.plan("planned", titled(title), kind="CREATE")
    assert stored.create("it", titled(title)) == "ROLLBACK_COMPLETE"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("none", "find the specified secret"),
        ("webhook:SecretString:path", "Could not find a value associated with JSONKey"),
        ("webhook:SecretBinary", "Invalid dynamic reference to a secret"),
    ],
)
def test_a_secret_that_cannot_be_read_fails_its_resource(
    stored: Any, reference: str, said: str
) -> None:
    title = f"{{{{resolve:secretsmanager:{reference}}}}}"
    assert stored.create("it", titled(title)) == "ROLLBACK_COMPLETE"
    assert said in stored.reasons("it")
    assert "https://hook" not in stored.reasons("it")


def test_a_reference_outside_a_property_is_refused_by_name(stored: Any) -> None:
    output = {**titled("x"), "Outputs": {"It": {"Value": "{{resolve:ssm:/title}}"}}}
    with pytest.raises(ClientError, match="in the Outputs section is not simulated"):
        stored.plan("it", output, kind="CREATE")
    condition = {"Fn::Equals": ["{{resolve:ssm:/title}}", "two"]}
    with pytest.raises(ClientError, match="in the Conditions section is not simulated"):
        stored.create("it", {**titled("x"), "Conditions": {"C": condition}})


@given(st.text(alphabet="{}resolv:s/a ", max_size=40))
def test_text_without_a_reference_is_left_alone(text: str) -> None:
    if not list(dynamic_references.found_in(text)):
        assert dynamic_references.read_secrets({"A": [text]}, None) == {"A": [text]}  # type: ignore[arg-type]
