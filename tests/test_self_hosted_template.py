"""self-hosted-template.yml: the managed one's parameters, four alike schedules, a narrow role."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from cfnlint.api import lint_file
from cfnlint.decode import decode

from monitoring.kinds import KINDS, MODEL_QUALITY, Kind
from monitoring.scheduled import ATTRIBUTES
from monitoring.variables import kind_in

ROOT = Path(__file__).parent.parent
PATH = ROOT / "self-hosted-template.yml"
LARGEST_TEMPLATE_BODY = 51_200
ROLE = "arn:aws:iam::123456789012:role/model-monitor"
LONGEST_JOB_NAME = 63
LONGEST_EXECUTION_ID = 36
"""Characters: a UUID. Scheduler's own page shows 16."""
OWN = {"MonitorEngine", "AnalyzerImageUri", "ModelQualityStatisticsS3Uri"}
ONE_INSTANCE = {"MonitoringJobInstanceCount"}
"""Of which a self-hosted job has one."""


def read(path: Path) -> dict[str, Any]:
    decoded, problems = decode(str(path))
    assert not problems
    return json.loads(json.dumps(decoded))


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return read(PATH)


@pytest.fixture(scope="module")
def managed() -> dict[str, Any]:
    return read(ROOT / "model-monitor-template.yml")


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


def schedule(template: dict[str, Any], kind: Kind) -> dict[str, Any]:
    return template["Resources"][f"{kind.name}Schedule"]["Properties"]


def request_of(template: dict[str, Any], kind: Kind, **optional: str) -> dict[str, Any]:
    """CreateProcessingJob's request, as CloudFormation fills it in; a name for each value."""
    text, parts = schedule(template, kind)["Target"]["Input"]["Fn::Sub"]
    numbers = dict.fromkeys(re.findall(r": \$\{(\w+)\}", text), 1)
    values = {**dict.fromkeys(parts, ""), **numbers, **optional}
    filled = re.sub(r"\$\{(\w+)\}", lambda found: str(values.get(found[1], found[1])), text)
    return json.loads(filled)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::Sub":
                text, parts = (value, {}) if isinstance(value, str) else value
                yield from re.findall(r"\$\{(\w+)\}", text)
                yield from references(parts)
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_cfn_lint_finds_nothing() -> None:
    assert [str(match) for match in lint_file(PATH)] == []


def test_the_template_fits_into_one_request() -> None:
    assert PATH.stat().st_size <= LARGEST_TEMPLATE_BODY


def test_one_stage_file_serves_both_templates(template, managed) -> None:
    ours, theirs = template["Parameters"], managed["Parameters"]
    assert ours.keys() <= theirs.keys()
    for name in ours.keys() - OWN - ONE_INSTANCE:
        assert ours[name] == theirs[name], name


def test_rules_are_those_of_the_managed_template_but_for_its_images(template, managed) -> None:
    for name, rule in template["Rules"].items():
        theirs = [
            one
            for one in managed["Rules"][name]["Assertions"]
            if not set(references(one["Assert"])) & {"ModelMonitorImageUri", "ClarifyImageUri"}
        ]
        assert rule["Assertions"] == theirs, name


def test_every_parameter_is_used_and_shown_in_one_group(template) -> None:
    sections = ("Conditions", "Resources", "Outputs")
    used = set(references([template[section] for section in sections]))
    assert template["Parameters"].keys() - used == set()
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    assert sorted(shown) == sorted(template["Parameters"])


def test_both_engines_run_a_monitor_on_the_same_condition(template, managed, kind) -> None:
    name = f"{kind.name}MonitorRuns"
    assert template["Resources"][f"{kind.name}Schedule"]["Condition"] == name
    assert template["Conditions"][name] == managed["Conditions"][name]


def test_a_job_is_a_request_that_sagemaker_takes(template, kind) -> None:
    model = get_session().get_service_model("sagemaker").operation_model("CreateProcessingJob")
    report = ParamValidator().validate(
        request_of(template, kind, ModelMonitorRoleArn=ROLE), model.input_shape
    )
    assert report.generate_report() == ""


def test_a_given_key_and_vpc_are_in_the_request(template, kind) -> None:
    _, parts = schedule(template, kind)["Target"]["Input"]["Fn::Sub"]
    key = {name: parts[name]["Fn::If"][1]["Fn::Sub"] for name in ("OutputKey", "VolumeKey")}
    vpc = parts["Vpc"]["Fn::If"][1]["Fn::Sub"][0]
    found = request_of(template, kind, Vpc=vpc, **key)
    assert found["ProcessingOutputConfig"]["KmsKeyId"] == "${KMSKeyArn}"
    assert found["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "${KMSKeyArn}"
    assert found["NetworkConfig"]["VpcConfig"] == {
        "SecurityGroupIds": ["${Groups}"],
        "Subnets": ["${Subnets}"],
    }


def test_a_jobs_name_fits_whatever_the_execution_is_called(template, kind) -> None:
    name = request_of(template, kind)["ProcessingJobName"]
    assert name == f"{kind.slug}-<aws.scheduler.execution-id>"
    assert len(kind.slug) + 1 + LONGEST_EXECUTION_ID <= LONGEST_JOB_NAME


def test_a_job_is_told_its_monitor_and_what_that_monitor_knows(template, kind) -> None:
    told = request_of(template, kind)["Environment"]
    assert kind_in(told) == kind
    assert told["scheduled_time"] == "<aws.scheduler.scheduled-time>"
    assert told["schedule_expression"] == f"{kind.name}ScheduleExpression"
    attributes = {name for name in told if name.endswith("_attribute") or name == "problem_type"}
    assert attributes == set(ATTRIBUTES[kind])
    assert ("ground_truth_source" in told) == kind.needs_labels
    assert ("analysis_config" in told) == kind.has_config_file
    assert ("baseline_statistics" in told) == (kind.has_statistics)


def test_a_schedule_begins_a_quarter_past_the_hours_of_its_expression(template, kind) -> None:
    expression = {"Ref": f"{kind.name}ScheduleExpression"}
    hours = {"Fn::Select": [1, {"Fn::Split": ["cron(0 ", expression]}]}
    assert schedule(template, kind)["ScheduleExpression"] == {"Fn::Join": ["", ["cron(15 ", hours]]}


def test_two_schedules_differ_only_where_the_monitors_do(template, kind) -> None:
    def common(of: Kind) -> Any:
        properties = json.dumps({**schedule(template, of), "Target": None}).replace(of.name, "{}")
        request = {**request_of(template, of), "Environment": None}
        text = json.dumps(request).replace(of.name, "{}").replace(of.slug, "{}")
        return properties.replace(f"{of.title} monitor", "{} monitor"), text

    assert common(kind) == common(MODEL_QUALITY)


def test_scheduler_may_start_these_jobs_and_nothing_else(template) -> None:
    role = template["Resources"]["SchedulerRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"},
        "aws:SourceArn": {"Fn::GetAtt": ["ScheduleGroup", "Arn"]},
    }
    jobs, passing, _ = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert jobs["Action"] == ["sagemaker:CreateProcessingJob", "sagemaker:AddTags"]
    assert [one["Fn::Sub"].rpartition("/")[2] for one in jobs["Resource"]] == [
        f"{kind.slug}-*" for kind in KINDS
    ]
    assert passing["Resource"] == {"Ref": "ModelMonitorRoleArn"}
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }
