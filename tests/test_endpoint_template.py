"""endpoint-template.yml: capture that the monitors can read, and a model named for its content."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file
from cfnlint.decode import decode

from monitoring.config import MODEL_PARAMETERS

PATH = Path(__file__).parent.parent / "endpoint-template.yml"


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    decoded, problems = decode(str(PATH))
    assert not problems
    return json.loads(json.dumps(decoded))


def properties(template: dict[str, Any], name: str) -> dict[str, Any]:
    return template["Resources"][name]["Properties"]


def references(node: Any) -> set[str]:
    """The name in every Ref; this template has no Fn::Sub."""
    assert "Fn::Sub" not in json.dumps(node)
    return set(re.findall(r'"Ref": "(\w+)"', json.dumps(node)))


def test_cfn_lint_finds_nothing():
    assert [str(match) for match in lint_file(PATH)] == []


def test_every_parameter_is_described_and_used_and_shown_in_one_group(template):
    parameters = template["Parameters"]
    for name, rules in parameters.items():
        assert re.fullmatch(r"[^\n]{30,240}\.", rules["Description"]), name
        assert ("AllowedPattern" in rules) == ("ConstraintDescription" in rules), name
    assert parameters.keys() - references([template["Conditions"], template["Resources"]]) == set()
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    assert sorted(shown) == sorted(parameters)


def test_the_model_is_made_of_nothing_its_name_does_not_hash(template):
    made_of = references(properties(template, "Model")) - {"AWS::NoValue"}
    assert made_of == {"ModelName", *MODEL_PARAMETERS}


def test_the_model_has_no_network(template):
    assert properties(template, "Model")["EnableNetworkIsolation"] is True


def test_both_what_is_asked_and_what_is_answered_is_captured(template):
    condition, capture, absent = properties(template, "EndpointConfig")["DataCaptureConfig"][
        "Fn::If"
    ]
    assert (condition, absent) == ("CaptureIsOn", {"Ref": "AWS::NoValue"})
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    assert template["Parameters"]["EnableDataCapture"]["Default"] == "yes"
    assert template["Parameters"]["SamplingPercentage"]["Default"] == 100


def test_every_content_type_the_monitors_read_is_captured_as_text(template):
    capture = properties(template, "EndpointConfig")["DataCaptureConfig"]["Fn::If"][1]
    assert capture["CaptureContentTypeHeader"] == {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json", "application/jsonlines"],
    }


def test_a_given_key_encrypts_volumes_and_captured_data(template):
    config = properties(template, "EndpointConfig")
    key = {"Fn::If": ["KeyIsGiven", {"Ref": "KMSKeyArn"}, {"Ref": "AWS::NoValue"}]}
    assert config["KmsKeyId"] == key
    assert config["DataCaptureConfig"]["Fn::If"][1]["KmsKeyId"] == key


def test_the_configuration_has_no_name_because_all_of_it_is_create_only(template):
    assert "EndpointConfigName" not in properties(template, "EndpointConfig")


def test_one_variant_takes_all_traffic_and_serves_the_named_model(template):
    (variant,) = properties(template, "EndpointConfig")["ProductionVariants"]
    assert variant["VariantName"] == "AllTraffic"
    assert variant["ModelName"] == {"Fn::GetAtt": ["Model", "ModelName"]}


def test_endpoint_and_configuration_carry_project_and_stage(template):
    for name in ("EndpointConfig", "Endpoint"):
        *always, project_id = properties(template, name)["Tags"]
        keys = [tag["Key"] for tag in always]
        assert keys == ["sagemaker:project-name", "sagemaker:deployment-stage"]
        assert project_id["Fn::If"][0] == "ProjectIdIsGiven"


def test_the_template_grants_nothing(template):
    """Roles are given, never made: no policy here can pass or assume one."""
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert not any(kind.startswith("AWS::IAM::") for kind in types)


def test_outputs_are_what_a_caller_and_the_monitors_need(template):
    assert list(template["Outputs"]) == [
        "EndpointName",
        "ModelName",
        "EndpointConfigName",
        "DataCaptureUploadPath",
    ]
