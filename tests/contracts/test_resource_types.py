"""What every resource type of the offline AWS must do, whatever it is.

Created by a stack, it is shown; every attribute its schema promises and the offline AWS knows
can be asked for; the service itself has it; and with the stack it is gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from monitoring import kinds
from moto_fixtures import clients
from moto_fixtures.cloudformation import schema
from moto_fixtures.cloudformation.resource_types import RESOURCE_TYPES
from pipelines.models import fraud
from pipelines.preprocess import preprocess
from pipelines.train import train

ROLE = "arn:aws:iam::123456789012:role/monitor"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
Resources = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Example:
    """A resource `It` of one type, what it leans on, and a change it can take in place."""

    properties: dict[str, Any]
    around: Resources
    change: dict[str, Any] | None = None
    """Properties to update without replacement; None where the type has none."""


def client(service: str) -> Any:
    """A client that is made once for all tests: making one takes longer than most of them."""
    return clients.client(service, "us-east-1", "123456789012")


def resource(type_name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_name, "Properties": properties}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


MODEL = resource(
    "AWS::SageMaker::Model",
    ExecutionRoleArn=ROLE,
    PrimaryContainer={"Image": IMAGE, "ModelDataUrl": "s3://models/model.tar.gz"},
)
CONFIG = resource(
    "AWS::SageMaker::EndpointConfig",
    ProductionVariants=[
        {
            "VariantName": "AllTraffic",
            "ModelName": att("Model", "ModelName"),
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": "1",
            "InitialVariantWeight": 1,
        }
    ],
)
ENDPOINT = resource(
    "AWS::SageMaker::Endpoint",
    EndpointName="fraud",
    EndpointConfigName=att("Config", "EndpointConfigName"),
)
SERVED: Resources = {"Model": MODEL, "Config": CONFIG, "Endpoint": ENDPOINT}
TAGS = [{"Key": "team", "Value": "risk"}]
RETAGGED = [{"Key": "team", "Value": "fraud"}]


def definition(kind: kinds.Kind) -> dict[str, Any]:
    """The properties of a job definition of a kind."""
    application: dict[str, Any] = {"ImageUri": IMAGE}
    inputs: dict[str, Any] = {
        "EndpointInput": {
            "EndpointName": att("Endpoint", "EndpointName"),
            "LocalPath": "/opt/ml/processing/input",
        }
    }
    if kind.has_config_file:
        application["ConfigUri"] = "s3://models/analysis_config.json"
    if kind is kinds.MODEL_QUALITY:
        application["ProblemType"] = "BinaryClassification"
    if kind.needs_labels:
        inputs["GroundTruthS3Input"] = {"S3Uri": "s3://models/labels"}
    output = {"S3Uri": "s3://models/reports", "LocalPath": "/opt/ml/processing/output"}
    cluster = {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": "20"}
    return {
        f"{kind.name}AppSpecification": application,
        f"{kind.name}JobInput": inputs,
        f"{kind.name}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}]},
        "JobResources": {"ClusterConfig": cluster},
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": "1800"},
        "Tags": TAGS,
    }


def schedule(expression: str) -> dict[str, Any]:
    return {
        "MonitoringScheduleName": "fraud-DataQuality",
        "MonitoringScheduleConfig": {
            "MonitoringType": "DataQuality",
            "MonitoringJobDefinitionName": att("Definition", "JobDefinitionName"),
            "ScheduleConfig": {"ScheduleExpression": expression},
        },
    }


DEFINITION = {
    "Type": "AWS::SageMaker::DataQualityJobDefinition",
    "Properties": definition(kinds.DATA_QUALITY),
}
ALARM = {
    "MetricName": "total_number_of_violations",
    "Namespace": "aws/sagemaker/Endpoints/data-metrics",
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": "1",
    "Period": 3600,
    "Statistic": "Maximum",
    "Threshold": "0",
    "Tags": TAGS,
}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "ResourceId": {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/AllTraffic"},
    "MinCapacity": 1,
    "MaxCapacity": "4",
}
SCALING = {
    "PolicyName": "by-invocations",
    "PolicyType": "TargetTrackingScaling",
    "ScalingTargetId": ref("Target"),
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
    },
}
RULE = {
    "EventPattern": {"source": ["aws.sagemaker"]},
    "Targets": [{"Id": "queue", "Arn": att("Queue", "Arn")}],
}
CHILD = {
    "TemplateURL": "https://models.s3.us-east-1.amazonaws.com/child.template",
    "Parameters": {"Title": "first"},
    "Tags": TAGS,
}
CHILD_TEMPLATE = {
    "Parameters": {"Title": {"Type": "String"}},
    "Resources": {"Topic": resource("AWS::SNS::Topic", DisplayName=ref("Title"))},
}
QUEUE: Resources = {"Queue": resource("AWS::SQS::Queue")}
TOPIC: Resources = {"Topic": resource("AWS::SNS::Topic")}
ROLES: Resources = {"Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)}
SUBSCRIPTION = {
    "TopicArn": ref("Topic"),
    "Protocol": "sqs",
    "Endpoint": att("Queue", "Arn"),
    "RawMessageDelivery": True,
}

EXAMPLES: Mapping[str, Example] = {
    **{
        f"AWS::SageMaker::{kind.job_definition}": Example(definition(kind), SERVED)
        for kind in kinds.KINDS
    },
    "AWS::SageMaker::MonitoringSchedule": Example(
        schedule("cron(0 * ? * * *)"),
        {**SERVED, "Definition": DEFINITION},
        schedule("cron(0 0 ? * * *)"),
    ),
    "AWS::SageMaker::Model": Example(
        MODEL["Properties"], {}, {**MODEL["Properties"], "Tags": TAGS}
    ),
    "AWS::SageMaker::EndpointConfig": Example(
        CONFIG["Properties"],
        {"Model": MODEL},
        {**CONFIG["Properties"], "Tags": TAGS},
    ),
    "AWS::SageMaker::Endpoint": Example(
        {"EndpointConfigName": att("Config", "EndpointConfigName"), "Tags": TAGS},
        {"Model": MODEL, "Config": CONFIG, "Other": CONFIG},
        {"EndpointConfigName": att("Other", "EndpointConfigName"), "Tags": RETAGGED},
    ),
    "AWS::SageMaker::ModelPackageGroup": Example(
        {"ModelPackageGroupName": "fraud", "Tags": TAGS, "ModelPackageGroupPolicy": POLICY},
        {},
        {"ModelPackageGroupName": "fraud", "Tags": RETAGGED},
    ),
    "AWS::CloudFormation::Stack": Example(
        CHILD, {}, {**CHILD, "Parameters": {"Title": "second"}, "Tags": RETAGGED}
    ),
    "AWS::CloudWatch::Alarm": Example(ALARM, {}, {**ALARM, "Threshold": 3, "Tags": RETAGGED}),
    "AWS::SNS::Topic": Example(
        {"DisplayName": "Drift", "Tags": TAGS},
        {},
        {"DisplayName": "Bias", "Tags": RETAGGED},
    ),
    "AWS::SNS::TopicPolicy": Example(
        {"Topics": [ref("Topic")], "PolicyDocument": POLICY},
        TOPIC,
        {"Topics": [ref("Topic")], "PolicyDocument": {**POLICY, "Id": "second"}},
    ),
    "AWS::SNS::Subscription": Example(
        SUBSCRIPTION, {**TOPIC, **QUEUE}, {**SUBSCRIPTION, "RawMessageDelivery": False}
    ),
    "AWS::SQS::Queue": Example(
        {"VisibilityTimeout": "60", "Tags": TAGS},
        {},
        {"VisibilityTimeout": 90, "Tags": RETAGGED},
    ),
    "AWS::SQS::QueuePolicy": Example(
        {"Queues": [ref("Queue")], "PolicyDocument": POLICY},
        QUEUE,
        {"Queues": [ref("Queue")], "PolicyDocument": {**POLICY, "Id": "second"}},
    ),
    "AWS::IAM::Role": Example(
        {
            "AssumeRolePolicyDocument": TRUST,
            "Policies": [{"PolicyName": "read", "PolicyDocument": POLICY}],
        },
        {},
        {
            "AssumeRolePolicyDocument": TRUST,
            "Policies": [{"PolicyName": "write", "PolicyDocument": POLICY}],
            "Tags": TAGS,
        },
    ),
    "AWS::IAM::Policy": Example(
        {"PolicyName": "read", "PolicyDocument": POLICY, "Roles": [ref("Role")]},
        ROLES,
        {"PolicyName": "other", "PolicyDocument": POLICY, "Roles": [ref("Role")]},
    ),
    "AWS::IAM::ManagedPolicy": Example(
        {"PolicyDocument": POLICY, "Roles": [ref("Role")]},
        ROLES,
        {"PolicyDocument": {**POLICY, "Id": "second"}, "Roles": []},
    ),
    "AWS::S3::Bucket": Example(
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": "true",
            },
            "VersioningConfiguration": {"Status": "Enabled"},
            "Tags": TAGS,
        },
        {},
        {"VersioningConfiguration": {"Status": "Suspended"}, "Tags": RETAGGED},
    ),
    "AWS::S3::BucketPolicy": Example(
        {"Bucket": ref("Bucket"), "PolicyDocument": POLICY},
        {"Bucket": resource("AWS::S3::Bucket")},
        {"Bucket": ref("Bucket"), "PolicyDocument": {**POLICY, "Id": "second"}},
    ),
    "AWS::KMS::Key": Example(
        {"EnableKeyRotation": True, "Description": "first", "Tags": TAGS},
        {},
        {"EnableKeyRotation": False, "Description": "second", "Tags": RETAGGED},
    ),
    "AWS::KMS::Alias": Example(
        {"AliasName": "alias/fraud", "TargetKeyId": ref("Key")},
        {"Key": resource("AWS::KMS::Key"), "Next": resource("AWS::KMS::Key")},
        {"AliasName": "alias/fraud", "TargetKeyId": ref("Next")},
    ),
    "AWS::Logs::LogGroup": Example(
        {"RetentionInDays": "30", "Tags": TAGS},
        {},
        {"RetentionInDays": 90, "Tags": RETAGGED},
    ),
    "AWS::SSM::Parameter": Example(
        {"Type": "String", "Value": "first", "Tags": {"team": "risk"}},
        {},
        {"Type": "String", "Value": "second", "Tags": {"team": "fraud"}},
    ),
    "AWS::Events::Rule": Example(RULE, QUEUE, {**RULE, "State": "DISABLED", "Tags": TAGS}),
    "AWS::ApplicationAutoScaling::ScalableTarget": Example(
        TARGET, SERVED, {**TARGET, "MaxCapacity": 8}
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Example(
        SCALING,
        {**SERVED, "Target": resource("AWS::ApplicationAutoScaling::ScalableTarget", **TARGET)},
        {
            **SCALING,
            "TargetTrackingScalingPolicyConfiguration": {
                **SCALING["TargetTrackingScalingPolicyConfiguration"],
                "TargetValue": 50,
            },
        },
    ),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A model an endpoint can load."""
    directory: Path = tmp_path_factory.mktemp("fraud")
    preprocess(directory / "data", fraud.MODEL, fraud.generate(4000, 7))
    train(directory / "data", directory / "model")
    return (directory / "model" / "model.tar.gz").read_bytes()


@pytest.fixture
def account(aws: None, archive: bytes) -> None:
    """An account with nothing but the model's archive in it."""
    client("s3").create_bucket(Bucket="models")
    client("s3").put_object(Bucket="models", Key="model.tar.gz", Body=archive)
    child = json.dumps(CHILD_TEMPLATE).encode()
    client("s3").put_object(Bucket="models", Key="child.template", Body=child)


@pytest.fixture(params=sorted(RESOURCE_TYPES))
def type_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def deploy(account: None) -> Iterator[Callable[..., dict[str, Any]]]:
    """Bring the stack `it` to a template; return its outputs."""
    cloudformation = client("cloudformation")

    def to(resources: Resources, outputs: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps({"Resources": resources, "Outputs": outputs})
        kind = "UPDATE" if cloudformation.list_stacks()["StackSummaries"] else "CREATE"
        made = cloudformation.create_change_set(
            StackName="it",
            ChangeSetName=f"to-{kind.lower()}",
            ChangeSetType=kind,
            TemplateBody=body,
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        cloudformation.execute_change_set(ChangeSetName=made["Id"])
        stack = cloudformation.describe_stacks(StackName="it")["Stacks"][0]
        reasons = [
            event.get("ResourceStatusReason")
            for event in cloudformation.describe_stack_events(StackName="it")["StackEvents"]
            if event["ResourceStatus"].endswith("FAILED")
        ]
        assert stack["StackStatus"] == f"{kind}_COMPLETE", reasons
        return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", ())}

    yield to
    cloudformation.delete_stack(StackName="it")
    stacks = cloudformation.list_stacks()["StackSummaries"]
    assert {stack["StackStatus"] for stack in stacks} <= {"DELETE_COMPLETE"}


def template(type_name: str, properties: dict[str, Any] | None = None) -> Resources:
    example = EXAMPLES[type_name]
    it = {"Type": type_name, "Properties": properties or example.properties}
    return {**example.around, "It": it}


NOT_SIMULATED = {"PermissionsBoundaryUsageCount"}


def attributes(type_name: str) -> list[str]:
    """What Fn::GetAtt must answer: what the schema calls read-only, and the name."""
    found = schema.of(type_name, "us-east-1")
    names = {path[0] for path in found.read_only if len(path) == 1}
    names |= {RESOURCE_TYPES[type_name].name_property or ""}
    return sorted(name for name in names - NOT_SIMULATED if found.has_attribute(name))


def outputs(type_name: str) -> dict[str, Any]:
    found = {f"Att{name}": {"Value": att("It", name)} for name in attributes(type_name)}
    return {"Ref": {"Value": ref("It")}, **found}


def shown() -> dict[str, Any]:
    found = client("cloudformation").describe_stack_resources(StackName="it")["StackResources"]
    return {item["LogicalResourceId"]: item for item in found}


def test_every_type_has_an_example_and_these_are_the_types() -> None:
    assert set(EXAMPLES) == set(RESOURCE_TYPES)
    assert len(RESOURCE_TYPES) == 28


def test_a_created_resource_is_shown_and_gone_with_its_stack(
    type_name: str, deploy: Callable[..., dict[str, Any]]
) -> None:
    deploy(template(type_name), {})
    found = shown()["It"]
    assert (found["ResourceType"], found["ResourceStatus"]) == (type_name, "CREATE_COMPLETE")
    client("cloudformation").delete_stack(StackName="it")
    assert left_over() == {}


def test_ref_is_the_physical_id_and_attributes_answer(
    type_name: str, deploy: Callable[..., dict[str, Any]]
) -> None:
    found = deploy(template(type_name), outputs(type_name))
    assert found.pop("Ref") == shown()["It"]["PhysicalResourceId"]
    assert len(found) == len(attributes(type_name))
    assert all(found.values())


def test_a_mutable_property_is_changed_in_place(
    type_name: str, deploy: Callable[..., dict[str, Any]]
) -> None:
    change = EXAMPLES[type_name].change
    if change is None:
        pytest.skip("every property of a job definition is create-only")
    deploy(template(type_name), {})
    before = shown()
    deploy(template(type_name, change), {})
    after = shown()
    assert after["It"]["PhysicalResourceId"] == before["It"]["PhysicalResourceId"]
    assert after["It"]["ResourceStatus"] == "UPDATE_COMPLETE"


def test_the_same_template_again_changes_nothing(
    type_name: str, deploy: Callable[..., dict[str, Any]]
) -> None:
    if RESOURCE_TYPES[type_name].updates_itself:
        pytest.skip("an update always visits a nested stack: its template may have changed")
    deploy(template(type_name), {})
    with pytest.raises(ClientError, match="No updates are to be performed"):
        client("cloudformation").update_stack(
            StackName="it",
            TemplateBody=json.dumps({"Resources": template(type_name)}),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )


def left_over() -> dict[str, list[Any]]:
    """Whatever the services still hold, by kind; the model's bucket and deleted keys apart."""
    sagemaker, iam = client("sagemaker"), client("iam")
    scaling = client("application-autoscaling")
    kms = client("kms")
    keys = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    states = [kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in keys]
    definitions = [
        found
        for kind in kinds.KINDS
        for found in getattr(sagemaker, f"list_{kind.slug.replace('-', '_')}_job_definitions")()[
            "JobDefinitionSummaries"
        ]
    ]
    found = {
        "definitions": definitions,
        "schedules": sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"],
        "endpoints": sagemaker.list_endpoints()["Endpoints"],
        "configs": sagemaker.list_endpoint_configs()["EndpointConfigs"],
        "models": sagemaker.list_models()["Models"],
        "groups": sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"],
        "alarms": client("cloudwatch").describe_alarms()["MetricAlarms"],
        "topics": client("sns").list_topics()["Topics"],
        "subscriptions": client("sns").list_subscriptions()["Subscriptions"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "roles": iam.list_roles()["Roles"],
        "policies": iam.list_policies(Scope="Local")["Policies"],
        "buckets": [
            bucket
            for bucket in client("s3").list_buckets()["Buckets"]
            if bucket["Name"] != "models"
        ],
        "keys": [state for state in states if state != "PendingDeletion"],
        "groups of logs": client("logs").describe_log_groups()["logGroups"],
        "parameters": client("ssm").describe_parameters()["Parameters"],
        "rules": client("events").list_rules()["Rules"],
        "targets": scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ],
        "scaling": scaling.describe_scaling_policies(ServiceNamespace="sagemaker")[
            "ScalingPolicies"
        ],
    }
    return {name: items for name, items in found.items() if items}
