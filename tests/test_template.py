"""model-monitor-template.yml: AWS's names, four alike sections, and no open door in any of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file
from cfnlint.decode import decode

from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, KINDS, MODEL_QUALITY, Kind, by_name

PATH = Path(__file__).parent.parent / "model-monitor-template.yml"
LARGEST_TEMPLATE_BODY = 51_200
"""Bytes CloudFormation takes without a detour over S3; validate-template has no other way."""
AWS_PARAMETERS = {
    "SageMakerProjectName",
    "StageName",
    "ModelMonitorRoleArn",
    "EndpointName",
    "MonitoringJobInstanceType",
    "MonitoringJobInstanceCount",
    "MonitoringJobInstanceVolumeSizeInGB",
    "DataQualityStatisticsS3Uri",
    "ModelBiasConfigS3Uri",
    "ModelExplainabilityConfigS3Uri",
    "KMSKeyArn",
    "MonitoringScheduleName",
    "ModelMonitorImageUri",
    "ClarifyImageUri",
    "GroundTruthInput",
    "ProblemType",
    "InferenceAttribute",
    "ProbabilityAttribute",
    "ProbabilityThresholdAttribute",
    "FeaturesAttribute",
    *(f"Enable{kind.name}Monitor" for kind in KINDS),
    *(
        f"{kind.name}{what}"
        for kind in KINDS
        for what in (
            "MaxRuntimeInSeconds",
            "ScheduleExpression",
            "ConstraintsS3Uri",
            "MonitoringOutputS3Uri",
        )
    ),
}
ATTRIBUTES = {
    DATA_QUALITY: [],
    MODEL_QUALITY: ["InferenceAttribute", "ProbabilityAttribute", "ProbabilityThresholdAttribute"],
    BIAS: [
        "FeaturesAttribute",
        "InferenceAttribute",
        "ProbabilityAttribute",
        "ProbabilityThresholdAttribute",
    ],
    EXPLAINABILITY: ["FeaturesAttribute", "InferenceAttribute", "ProbabilityAttribute"],
}
"""Which `EndpointInput` members the public CloudFormation schemas give each monitor."""
SCRIPTS = ("RecordPreprocessor", "PostAnalyticsProcessor")
"""The user's own, of the two monitors that are not Clarify's."""
COUNTS_VIOLATIONS = (DATA_QUALITY, MODEL_QUALITY)
"""The monitors whose image publishes `total_number_of_violations`."""


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    decoded, problems = decode(str(PATH))
    assert not problems
    return json.loads(json.dumps(decoded))


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


def definition(template: dict[str, Any], kind: Kind) -> dict[str, Any]:
    return template["Resources"][kind.job_definition]["Properties"]


def references(node: Any) -> Iterator[str]:
    """Every name that stands in a Ref or between ${ and }."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::Sub":
                yield from re.findall(r"\$\{(\w+)\}", value)
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_cfn_lint_finds_nothing():
    assert [str(match) for match in lint_file(PATH)] == []


def test_every_parameter_of_aws_is_there_under_its_name(template):
    assert template["Parameters"].keys() >= AWS_PARAMETERS


def test_a_new_parameter_has_a_default_so_that_an_old_configuration_deploys(template):
    without = {
        name
        for name, rules in template["Parameters"].items()
        if name not in AWS_PARAMETERS and "Default" not in rules
    }
    assert without == set()


def test_only_what_get_baselines_and_configs_always_fills_has_no_default(template):
    without = {name for name, rules in template["Parameters"].items() if "Default" not in rules}
    assert without == {
        "SageMakerProjectName",
        "StageName",
        "EndpointName",
        "MonitoringScheduleName",
        "ModelMonitorRoleArn",
    }


def test_every_parameter_is_described_in_a_sentence(template):
    for name, rules in template["Parameters"].items():
        assert re.fullmatch(r"[^\n]{30,240}\.", rules["Description"]), name


def test_every_pattern_says_in_words_what_it_wants(template):
    for name, rules in template["Parameters"].items():
        assert ("AllowedPattern" in rules) == ("ConstraintDescription" in rules), name


def test_every_parameter_is_used(template):
    used = set(references([template["Conditions"], template["Resources"]]))
    used |= set(references(template["Rules"]["EngineIsComplete"]))
    assert template["Parameters"].keys() - used == set()


def test_every_parameter_is_shown_in_one_group(template):
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    assert sorted(shown) == sorted(template["Parameters"])


def test_the_template_fits_into_one_request(template):
    assert PATH.stat().st_size <= LARGEST_TEMPLATE_BODY


def test_outputs_keep_awss_spelling_beside_the_right_one(template):
    outputs = template["Outputs"]
    assert {f"{kind.name}MonitoringScheduleName" for kind in KINDS} < outputs.keys()
    misspelt = outputs["ModelExplainablityMonitoringScheduleName"]
    assert misspelt["Value"] == outputs["ModelExplainabilityMonitoringScheduleName"]["Value"]


def section(template: dict[str, Any], kind: Kind) -> str:
    """All that belongs to one monitor, its own names replaced, as text to compare."""
    resources = template["Resources"]
    own = {
        "definition": resources[kind.job_definition],
        "schedule": resources[f"{kind.name}MonitoringSchedule"],
        "alarm": resources.get(f"{kind.name}ViolationsAlarm"),
        "output": template["Outputs"][f"{kind.name}MonitoringScheduleName"],
    }
    slug = kind.name.replace("Model", "Model_").replace("Data", "Data_").lower()
    return (
        json.dumps(own, indent=1)
        .replace(kind.name, "{Kind}")
        .replace(slug, "{kind}")
        .replace(f"{kind.title} monitor", "{kind} monitor")
        .replace(kind.namespace, "{namespace}")
    )


@pytest.mark.parametrize(
    ("one", "other", "peculiar"),
    [
        ("DataQuality", "ModelQuality", {"StatisticsResource", "ProblemType", "GroundTruth"}),
        (
            "ModelQuality",
            "ModelBias",
            {"ProblemType", "SourceUri", "ConfigUri", "ImageUri", "alarm"},
        ),
        ("ModelBias", "ModelExplainability", {"GroundTruth", "Threshold", "Isolat"}),
    ],
)
def test_two_sections_differ_only_where_the_monitors_do(template, one, other, peculiar):
    """Peculiarities taken out, two monitors' sections are the same text in the same order."""
    first, second = (section(template, by_name(name)) for name in (one, other))
    assert without(first, peculiar) == without(second, peculiar)


def without(text: str, peculiar: set[str]) -> Any:
    """The section less every member that one of the two monitors has alone."""

    def strip(node: Any) -> Any:
        if isinstance(node, dict):
            return [
                [key, strip(value)]
                for key, value in node.items()
                if not any(word in key for word in {*peculiar, "Attribute"})
            ]
        return [strip(value) for value in node] if isinstance(node, list) else node

    return strip(json.loads(text))


def test_schedules_are_named_as_aws_names_them(template, kind):
    schedule = template["Resources"][f"{kind.name}MonitoringSchedule"]["Properties"]
    name = f"${{MonitoringScheduleName}}-{kind.name}"
    assert schedule["MonitoringScheduleName"] == {"Fn::Sub": name}
    assert template["Parameters"]["MonitoringScheduleName"]["MaxLength"] <= 63 - max(
        len(f"-{kind.name}") for kind in KINDS
    )
    config = schedule["MonitoringScheduleConfig"]
    assert config["MonitoringType"] == kind.name
    assert config["MonitoringJobDefinitionName"] == {
        "Fn::GetAtt": [kind.job_definition, "JobDefinitionName"]
    }


def test_only_the_managed_engine_makes_definitions_and_schedules(template, kind):
    for name in (kind.job_definition, f"{kind.name}MonitoringSchedule"):
        assert template["Resources"][name]["Condition"] == f"{kind.name}IsManaged"
    assert template["Conditions"][f"{kind.name}IsManaged"] == {
        "Fn::And": [{"Condition": f"{kind.name}MonitorRuns"}, {"Condition": "EngineIsManaged"}]
    }


def test_local_paths_are_awss(template, kind):
    slug = kind.slug.replace("-", "_")
    properties = definition(template, kind)
    endpoint = properties[f"{kind.name}JobInput"]["EndpointInput"]
    (output,) = properties[f"{kind.name}JobOutputConfig"]["MonitoringOutputs"]
    assert endpoint["LocalPath"] == f"/opt/ml/processing/input/{slug}_input"
    assert output["S3Output"]["LocalPath"] == f"/opt/ml/processing/output/{slug}_output"


def test_an_attribute_is_sent_only_where_the_type_has_it_and_a_value_is_given(template, kind):
    endpoint = definition(template, kind)[f"{kind.name}JobInput"]["EndpointInput"]
    attributes = {key: value for key, value in endpoint.items() if key.endswith("Attribute")}
    assert list(attributes) == ATTRIBUTES[kind]
    for name, value in attributes.items():
        _, given, absent = value["Fn::If"]
        assert (given, absent) == ({"Ref": name}, {"Ref": "AWS::NoValue"})


def test_scripts_are_sent_only_to_monitors_that_know_them_and_where_they_are_given(template, kind):
    app = definition(template, kind)[f"{kind.name}AppSpecification"]
    sent = {key: value for key, value in app.items() if key.endswith("SourceUri")}
    if kind.has_config_file:
        assert sent == {}
        return
    assert list(sent) == [f"{script}SourceUri" for script in SCRIPTS]
    for script in SCRIPTS:
        name = f"{kind.name}{script}S3Uri"
        condition, given, absent = sent[f"{script}SourceUri"]["Fn::If"]
        assert (given, absent) == ({"Ref": name}, {"Ref": "AWS::NoValue"})
        is_given = {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]}
        assert template["Conditions"][condition] == is_given


def test_labels_are_read_exactly_where_the_monitor_needs_them(template, kind):
    assert (
        "GroundTruthS3Input" in definition(template, kind)[f"{kind.name}JobInput"]
    ) == kind.needs_labels
    waits = {"Condition": "LabelsAreGiven"} in template["Conditions"][
        f"{kind.name}MonitorRuns"
    ].get("Fn::And", [])
    assert waits == kind.needs_labels


def test_a_definition_has_no_name_because_all_of_it_is_create_only(template, kind):
    assert "JobDefinitionName" not in definition(template, kind)


def test_traffic_between_instances_is_encrypted_unless_the_user_says_no(template, kind):
    network = definition(template, kind)["NetworkConfig"]
    assert network["EnableInterContainerTrafficEncryption"] == {
        "Fn::If": ["TrafficIsEncrypted", True, False]
    }
    assert template["Parameters"]["EnableInterContainerTrafficEncryption"]["Default"] == "yes"


def test_containers_are_isolated_but_for_the_one_that_calls_a_shadow_endpoint(template, kind):
    isolation = definition(template, kind)["NetworkConfig"]["EnableNetworkIsolation"]
    expected = {"Fn::If": ["NetworkIsIsolated", True, False]}
    assert isolation == (False if kind is EXPLAINABILITY else expected)
    assert template["Parameters"]["EnableNetworkIsolation"]["Default"] == "yes"


def test_a_given_key_encrypts_reports_and_volumes(template, kind):
    properties = definition(template, kind)
    key = {"Fn::If": ["KeyIsGiven", {"Ref": "KMSKeyArn"}, {"Ref": "AWS::NoValue"}]}
    assert properties[f"{kind.name}JobOutputConfig"]["KmsKeyId"] == key
    assert properties["JobResources"]["ClusterConfig"]["VolumeKmsKeyId"] == key


def test_a_job_is_stopped_in_time_and_publishes_its_metrics(template, kind):
    properties = definition(template, kind)
    assert properties["StoppingCondition"] == {
        "MaxRuntimeInSeconds": {"Ref": f"{kind.name}MaxRuntimeInSeconds"}
    }
    environment = properties[f"{kind.name}AppSpecification"]["Environment"]
    assert environment == {"publish_cloudwatch_metrics": "Enabled"}


def test_an_hourly_monitor_with_labels_leaves_half_the_hour_to_the_merge(template, kind):
    default = template["Parameters"][f"{kind.name}MaxRuntimeInSeconds"]["Default"]
    assert default == (1800 if kind.needs_labels else 3600)


def test_every_resource_carries_project_and_stage(template):
    for name, resource in template["Resources"].items():
        keys = [tag["Key"] for tag in resource["Properties"]["Tags"]]
        assert keys == ["sagemaker:project-name", "sagemaker:deployment-stage"], name


def test_the_template_grants_nothing(template):
    """Roles are given, never made: no policy here can pass or assume one."""
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert not any(kind.startswith("AWS::IAM::") for kind in types)


def test_an_alarm_stands_only_on_a_metric_the_image_publishes(template, kind):
    alarm = template["Resources"].get(f"{kind.name}ViolationsAlarm")
    assert (alarm is not None) == (kind in COUNTS_VIOLATIONS)
    if alarm:
        assert alarm["Properties"]["Namespace"] == kind.namespace
        assert alarm["Properties"]["MetricName"] == "total_number_of_violations"


def test_no_data_is_neither_well_nor_in_breach_and_is_told(template):
    for kind in COUNTS_VIOLATIONS:
        alarm = template["Resources"][f"{kind.name}ViolationsAlarm"]["Properties"]
        assert alarm["TreatMissingData"] == "missing"
        assert alarm["InsufficientDataActions"] == alarm["AlarmActions"]


def test_an_assertion_names_its_parameter_and_the_way_out(template, kind):
    rule = template["Rules"][f"{kind.name}IsComplete"]
    for assertion in rule["Assertions"]:
        asked = set(references(assertion["Assert"]))
        said = assertion["AssertDescription"]
        assert all(name in said for name in asked)
        assert said.endswith(f"set Enable{kind.name}Monitor to no.")


def test_an_enabled_monitor_may_miss_none_of_its_files(template, kind):
    rule = template["Rules"][f"{kind.name}IsComplete"]
    asked = set(references(rule["Assertions"]))
    files = {
        name
        for name in template["Parameters"]
        if name.startswith(kind.name) and name.endswith("S3Uri")
    }
    may_be_empty = {f"{kind.name}{script}S3Uri" for script in SCRIPTS}
    may_be_empty.add("ModelQualityStatisticsS3Uri")
    assert asked >= files - may_be_empty
