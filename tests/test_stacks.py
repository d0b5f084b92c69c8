"""Both templates, deployed: what runs, what waits, what is refused, and what an update touches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, WaiterError

from monitoring.kinds import DATA_QUALITY, KINDS, MODEL_QUALITY, Kind
from pipelines.models import fraud
from pipelines.preprocess import preprocess
from pipelines.train import train

ROOT = Path(__file__).parent.parent
PROJECT, STAGE = "fraud", "staging"
ENDPOINT = f"{PROJECT}-{STAGE}"
ROLE = "arn:aws:iam::123456789012:role/model-monitor"
BASELINES = "s3://baselines/fraud"
OLD_CONFIGURATION = {
    "SageMakerProjectName": PROJECT,
    "StageName": STAGE,
    "EndpointName": ENDPOINT,
    "ModelMonitorRoleArn": ROLE,
    "MonitoringScheduleName": ENDPOINT,
    "MonitoringJobInstanceType": "ml.c5.xlarge",
    "MonitoringJobInstanceCount": "1",
    "MonitoringJobInstanceVolumeSizeInGB": "20",
    "ModelMonitorImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/analyzer",
    "ClarifyImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/clarify:1.0",
    "DataQualityStatisticsS3Uri": f"{BASELINES}/statistics.json",
    "ModelBiasConfigS3Uri": f"{BASELINES}/bias/analysis_config.json",
    "ModelExplainabilityConfigS3Uri": f"{BASELINES}/explainability/analysis_config.json",
    "KMSKeyArn": "",
    "GroundTruthInput": "s3://labels/fraud",
    "ProblemType": "BinaryClassification",
    "InferenceAttribute": "0",
    "ProbabilityAttribute": "1",
    "ProbabilityThresholdAttribute": "0.5",
    "FeaturesAttribute": "",
    **{f"Enable{kind.name}Monitor": "yes" for kind in KINDS},
    **{f"{kind.name}MaxRuntimeInSeconds": "1800" for kind in KINDS},
    **{f"{kind.name}ScheduleExpression": "cron(0 * ? * * *)" for kind in KINDS},
    **{f"{kind.name}ConstraintsS3Uri": f"{BASELINES}/{kind.slug}.json" for kind in KINDS},
    **{f"{kind.name}MonitoringOutputS3Uri": f"s3://reports/{kind.slug}" for kind in KINDS},
}
"""All parameters of AWS's template and none of ours, as its script would export them."""
Deploy = Callable[[Mapping[str, str]], dict[str, str]]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small model's model.tar.gz: an endpoint is in service only when its model loads."""
    directory = tmp_path_factory.mktemp("fraud")
    preprocess(directory / "data", fraud.MODEL, fraud.generate(2000, 7))
    train(directory / "data", directory / "model")
    return (directory / "model" / "model.tar.gz").read_bytes()


@pytest.fixture
def package(session: boto3.Session, archive: bytes) -> str:
    """The ARN of an approved model package."""
    session.client("s3").create_bucket(Bucket="models")
    session.client("s3").put_object(Bucket="models", Key="model.tar.gz", Body=archive)
    sagemaker = session.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=PROJECT)
    container = {
        "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/serving:1",
        "ModelDataUrl": "s3://models/model.tar.gz",
    }
    created = sagemaker.create_model_package(
        ModelPackageGroupName=PROJECT,
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    return created["ModelPackageArn"]


def deploy(
    session: boto3.Session, template: str, stack: str, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Create or update a stack and wait; its outputs."""
    cloudformation = session.client("cloudformation")
    request = {
        "StackName": stack,
        "TemplateBody": (ROOT / template).read_text(),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    }
    there = stack in {
        found["StackName"]
        for found in cloudformation.list_stacks()["StackSummaries"]
        if found["StackStatus"] != "DELETE_COMPLETE"
    }
    if there:
        cloudformation.update_stack(**request)
    else:
        cloudformation.create_stack(**request)
    cloudformation.get_waiter(f"stack_{'update' if there else 'create'}_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 0, "MaxAttempts": 3}
    )
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


@pytest.fixture
def endpoint(session: boto3.Session, package: str) -> dict[str, str]:
    """The outputs of the endpoint's stack."""
    parameters = {
        "SageMakerProjectName": PROJECT,
        "StageName": STAGE,
        "EndpointName": ENDPOINT,
        "ModelName": f"{ENDPOINT}-0123456789ab",
        "ModelPackageName": package,
        "ModelExecutionRoleArn": ROLE,
        "DataCaptureUploadPath": f"s3://reports/datacapture/{PROJECT}/{STAGE}",
    }
    return deploy(session, "endpoint-template.yml", f"{ENDPOINT}-endpoint", parameters)


def deploy_monitors(session: boto3.Session, changes: Mapping[str, str]) -> dict[str, str]:
    """Deploy the monitors with the old configuration and some changes; the stack's outputs."""
    parameters = {**OLD_CONFIGURATION, **changes}
    return deploy(session, "model-monitor-template.yml", f"{ENDPOINT}-monitors", parameters)


@pytest.fixture
def monitors(session: boto3.Session, endpoint: dict[str, str]) -> Deploy:
    """Deploy the monitors of an endpoint that is in service."""
    return partial(deploy_monitors, session)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


def schedules(session: boto3.Session) -> dict[str, dict[str, Any]]:
    """Every schedule's description, by the monitor it runs."""
    sagemaker = session.client("sagemaker")
    found = {}
    for one in sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]:
        described = sagemaker.describe_monitoring_schedule(
            MonitoringScheduleName=one["MonitoringScheduleName"]
        )
        del described["ResponseMetadata"]
        found[one["MonitoringType"]] = described
    return found


def definition(session: boto3.Session, kind: Kind) -> dict[str, Any]:
    """The description of the job definition a monitor's schedule names."""
    config = schedules(session)[kind.name]["MonitoringScheduleConfig"]
    describe = f"describe_{xform_name(kind.job_definition)}"
    return getattr(session.client("sagemaker"), describe)(
        JobDefinitionName=config["MonitoringJobDefinitionName"]
    )


def test_the_endpoint_serves_the_named_model_and_captures_both_ways(session, endpoint):
    assert endpoint["EndpointName"] == ENDPOINT
    described = session.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=endpoint["EndpointConfigName"]
    )
    assert described["ProductionVariants"][0]["ModelName"] == endpoint["ModelName"]
    capture = described["DataCaptureConfig"]
    assert capture["DestinationS3Uri"] == endpoint["DataCaptureUploadPath"]
    assert [option["CaptureMode"] for option in capture["CaptureOptions"]] == ["Input", "Output"]


def test_a_configuration_written_for_awss_template_deploys_all_four_unchanged(session, monitors):
    outputs = monitors({})
    assert {outputs[f"{kind.name}MonitorStatus"] for kind in KINDS} == {"on"}
    found = schedules(session)
    assert found.keys() == {kind.name for kind in KINDS}
    for kind in KINDS:
        assert found[kind.name]["MonitoringScheduleName"] == f"{ENDPOINT}-{kind.name}"
        assert (
            outputs[f"{kind.name}MonitoringScheduleName"]
            == found[kind.name]["MonitoringScheduleName"]
        )


def test_a_definition_reads_and_writes_what_its_parameters_name(session, monitors):
    monitors({})
    for kind in KINDS:
        described = definition(session, kind)
        constraints = described[f"{kind.name}BaselineConfig"]["ConstraintsResource"]["S3Uri"]
        assert constraints == f"{BASELINES}/{kind.slug}.json"
        (output,) = described[f"{kind.name}JobOutputConfig"]["MonitoringOutputs"]
        assert output["S3Output"]["S3Uri"] == f"s3://reports/{kind.slug}"
        assert "KmsKeyId" not in described[f"{kind.name}JobOutputConfig"]
        assert "VpcConfig" not in described["NetworkConfig"]


def test_a_monitor_that_is_off_needs_none_of_its_files_and_says_that_it_is_off(
    session, monitors, kind
):
    files = [
        name for name in OLD_CONFIGURATION if name.startswith(kind.name) and name.endswith("S3Uri")
    ]
    outputs = monitors({**dict.fromkeys(files, ""), f"Enable{kind.name}Monitor": "no"})
    assert outputs[f"{kind.name}MonitorStatus"] == f"off: Enable{kind.name}Monitor is no"
    assert f"{kind.name}MonitoringScheduleName" not in outputs
    assert kind.name not in schedules(session)


def test_without_labels_two_monitors_wait_and_the_outputs_say_for_what(session, monitors):
    outputs = monitors({"GroundTruthInput": ""})
    waiting = {kind for kind in KINDS if outputs[f"{kind.name}MonitorStatus"] != "on"}
    assert waiting == {kind for kind in KINDS if kind.needs_labels}
    for kind in waiting:
        assert outputs[f"{kind.name}MonitorStatus"].startswith("waiting: GroundTruthInput is empty")
    assert schedules(session).keys() == {kind.name for kind in KINDS if not kind.needs_labels}


def test_an_enabled_monitor_without_its_baseline_is_refused_in_a_sentence(session, kind):
    with pytest.raises(ClientError) as refused:
        deploy_monitors(session, {f"{kind.name}ConstraintsS3Uri": ""})
    said = str(refused.value)
    assert f"{kind.name}ConstraintsS3Uri is empty although the {kind.title} monitor is on" in said
    assert f"set Enable{kind.name}Monitor to no." in said


def test_half_a_vpc_is_refused(session):
    with pytest.raises(ClientError, match="Only one of VpcSubnetIds and VpcSecurityGroupIds"):
        deploy_monitors(session, {"VpcSubnetIds": "subnet-0a1b2c3d"})


def test_a_given_key_and_vpc_reach_every_job(session, monitors):
    key = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000"
    monitors(
        {
            "KMSKeyArn": key,
            "VpcSubnetIds": "subnet-0a1b2c3d,subnet-1a1b2c3d",
            "VpcSecurityGroupIds": "sg-0a1b2c3d",
        }
    )
    for kind in KINDS:
        described = definition(session, kind)
        assert described[f"{kind.name}JobOutputConfig"]["KmsKeyId"] == key
        assert described["JobResources"]["ClusterConfig"]["VolumeKmsKeyId"] == key
        assert described["NetworkConfig"]["VpcConfig"] == {
            "Subnets": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
            "SecurityGroupIds": ["sg-0a1b2c3d"],
        }


def test_editing_one_monitor_replaces_its_definition_and_touches_nothing_else(session, monitors):
    monitors({})
    before = schedules(session)
    monitors({"ModelQualityMaxRuntimeInSeconds": "1200"})
    after = schedules(session)

    def definition_name(schedule: dict[str, Any]) -> str:
        return schedule["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]

    changed = {
        name for name in before if definition_name(before[name]) != definition_name(after[name])
    }
    assert changed == {MODEL_QUALITY.name}
    for name in before.keys() - changed:
        assert after[name] == before[name]
    sagemaker = session.client("sagemaker")
    left = sagemaker.list_model_quality_job_definitions()["JobDefinitionSummaries"]
    assert [one["MonitoringJobDefinitionName"] for one in left] == [
        definition_name(after[MODEL_QUALITY.name])
    ]


def test_alarms_stand_where_a_violation_count_is_published_and_can_be_switched_off(
    session, monitors
):
    monitors({})
    cloudwatch = session.client("cloudwatch")
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == {
        f"{ENDPOINT}-{kind.name}-violations" for kind in (DATA_QUALITY, MODEL_QUALITY)
    }
    monitors({"EnableAlarms": "no"})
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_nothing_is_known_by_an_alarm_before_it_is_evaluated_and_a_change_keeps_its_state(
    session, monitors
):
    monitors({})
    cloudwatch = session.client("cloudwatch")
    name = f"{ENDPOINT}-{DATA_QUALITY.name}-violations"

    def state() -> str:
        return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]

    assert state() == "INSUFFICIENT_DATA"
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="found violations")
    monitors({"AlarmPeriodInSeconds": "7200"})
    assert state() == "ALARM"


def test_a_bad_instance_type_rolls_back_and_leaves_nothing(session, monitors):
    with pytest.raises(WaiterError):
        monitors({"MonitoringJobInstanceType": "ml.m5.enormous"})
    assert schedules(session) == {}
    sagemaker = session.client("sagemaker")
    assert sagemaker.list_data_quality_job_definitions()["JobDefinitionSummaries"] == []
