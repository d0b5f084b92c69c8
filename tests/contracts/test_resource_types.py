"""What every resource type of the offline AWS must do, whatever it is, in process and over HTTP.

A stack makes it, its service shows it, each property changes in place or makes another resource
as the registry's schema says, the change can be taken back, and with the stack it is gone.
Which changes are tried is worked out from the schema; `resource_types.yaml` has the samples.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from monitoring import kinds
from moto_fixtures import clients
from moto_fixtures.cloudformation.resource_types import RESOURCE_TYPES
from pipelines.models import fraud
from pipelines.preprocess import preprocess
from pipelines.train import train
from tests.contracts.samples import ACCOUNT, BUCKET, REGION, SAMPLES, Client, Properties, Sample

OF_THE_ENGINE = {"AWS::CloudFormation::Stack"}
"""Types whose life is the engine's own: tests/moto_fixtures/cloudformation/test_nested.py."""


@dataclass
class Deployed:
    """One stack, brought from template to template."""

    client: Client
    name: str
    exists: bool = False
    outputs: dict[str, str] = field(default_factory=dict)

    def to(self, resources: Properties, outputs: Mapping[str, Any] | None = None) -> None:
        """Deploy; fail with the events' reasons."""
        cloudformation = self.client("cloudformation")
        request = {
            "StackName": self.name,
            "TemplateBody": json.dumps({"Resources": resources, "Outputs": outputs or {}}),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }
        kind = "UPDATE" if self.exists else "CREATE"
        self.exists = True
        getattr(cloudformation, f"{kind.lower()}_stack")(**request)
        stack = cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        if stack["StackStatus"] != f"{kind}_COMPLETE":
            pytest.fail(f"{stack['StackStatus']}: {self._reasons()}")
        found = stack.get("Outputs", ())
        self.outputs = {item["OutputKey"]: item["OutputValue"] for item in found}

    def identifiers(self) -> dict[str, str]:
        found = self.client("cloudformation").describe_stack_resources(StackName=self.name)
        return {
            item["LogicalResourceId"]: item["PhysicalResourceId"]
            for item in found["StackResources"]
        }

    def delete(self) -> None:
        if self.exists:
            self.client("cloudformation").delete_stack(StackName=self.name)
            self.exists = False

    def _reasons(self) -> list[str]:
        events = self.client("cloudformation").describe_stack_events(StackName=self.name)
        return [
            event["ResourceStatusReason"]
            for event in events["StackEvents"]
            if event["ResourceStatus"].endswith("FAILED")
        ]


def in_process(service: str) -> Any:
    """A client that is made once for all tests: making one takes longer than most of them."""
    return clients.client(service, REGION, ACCOUNT)


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A model an endpoint can load."""
    directory: Path = tmp_path_factory.mktemp("fraud")
    preprocess(directory / "data", fraud.MODEL, fraud.generate(4000, 7))
    train(directory / "data", directory / "model")
    return (directory / "model" / "model.tar.gz").read_bytes()


@pytest.fixture(params=sorted(set(RESOURCE_TYPES) - OF_THE_ENGINE))
def sample(request: pytest.FixtureRequest) -> Sample:
    return SAMPLES[str(request.param)]


@pytest.fixture
def stack(aws: None, archive: bytes) -> Iterator[Deployed]:
    """A stack in an account with nothing but a model's archive in it."""
    _store(in_process, archive)
    made = Deployed(in_process, "it")
    yield made
    made.delete()
    stacks = in_process("cloudformation").list_stacks()["StackSummaries"]
    assert {stack["StackStatus"] for stack in stacks} <= {"DELETE_COMPLETE"}


@pytest.fixture(scope="session")
def over_http(server: str, archive: bytes) -> Client:
    session = boto3.Session("offline", "offline", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1})

    @cache
    def client(service: str) -> Any:
        return session.client(service, endpoint_url=server, config=config)

    _store(client, archive)
    return client


def _store(client: Client, archive: bytes) -> None:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=archive)


def test_every_type_has_a_sample() -> None:
    assert set(SAMPLES) == set(RESOURCE_TYPES) - OF_THE_ENGINE


def test_what_the_contract_leaves_alone_is_a_property_of_the_type(sample: Sample) -> None:
    assert set(sample.apart) <= sample.row.simulated
    assert set(sample.others) <= sample.row.simulated - set(sample.apart)


def test_it_is_shown_and_gone_with_its_stack(sample: Sample, stack: Deployed) -> None:
    outputs = {"Ref": {"Value": {"Ref": "It"}}, **sample.attributes}
    stack.to(sample.template(), outputs)
    identifiers = stack.identifiers()
    assert stack.outputs.pop("Ref") == identifiers["It"]
    assert set(stack.outputs) == set(sample.attributes) and all(stack.outputs.values())
    assert sample.shown(stack.client, identifiers)[0]
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stack.to(sample.template(), outputs)
    stack.delete()
    assert sample.shown(stack.client, identifiers)[0] is None
    assert left_over() == {}


def test_each_mutable_property_is_changed_in_place_and_back(
    sample: Sample, stack: Deployed
) -> None:
    mutable = [name for name in sample.changeable if not sample.replaces(name)]
    if not mutable:
        pytest.skip("every property makes another resource")
    stack.to(sample.template())
    identifiers = stack.identifiers()
    before = sample.shown(stack.client, identifiers)
    for name in mutable:
        # Each change takes the one before it back.
        stack.to(sample.template(sample.change(name)))
        assert stack.identifiers() == identifiers, f"{name} made another resource"
        assert sample.shown(stack.client, identifiers) != before, f"{name} had no effect"
    stack.to(sample.template())
    assert sample.shown(stack.client, identifiers) == before


def test_each_create_only_property_makes_another(sample: Sample, stack: Deployed) -> None:
    fixed = [name for name in sample.changeable if sample.replaces(name)]
    if not fixed:
        pytest.skip("every property is changed in place")
    stack.to(sample.template())
    for name in fixed:
        before = stack.identifiers()
        shown = sample.shown(stack.client, before)
        stack.to(sample.template(_renamed(sample, name)))
        after = stack.identifiers()
        assert after["It"] != before["It"], f"{name} was changed in place"
        assert sample.shown(stack.client, after)[0], f"{name} left nothing"
        named = name == sample.row.name_property or after["It"] in _others(after)
        assert named or sample.shown(stack.client, after) != shown, f"{name} had no effect"
        stack.to(sample.template())


def test_its_life_is_the_same_over_http(sample: Sample, over_http: Client) -> None:
    stack = Deployed(over_http, f"contract-{sample.type_name.replace('::', '-').lower()}")
    try:
        stack.to(sample.template())
        first = stack.identifiers()
        changeable = sample.changeable
        if mutable := [name for name in changeable if not sample.replaces(name)]:
            before = sample.shown(over_http, first)
            stack.to(sample.template(sample.change(mutable[0])))
            assert stack.identifiers() == first
            assert sample.shown(over_http, first) != before
        if fixed := [name for name in changeable if sample.replaces(name)]:
            stack.to(sample.template(_renamed(sample, fixed[0])))
            assert stack.identifiers()["It"] != first["It"]
        last = stack.identifiers()
        assert sample.shown(over_http, last)[0]
    finally:
        stack.delete()
    assert sample.shown(over_http, last)[0] is None


def _others(identifiers: Mapping[str, str]) -> set[str]:
    return {found for name, found in identifiers.items() if name != "It"}


def _renamed(sample: Sample, name: str) -> Properties:
    """The change of a property, with another name where the sample has one of its own.

    CloudFormation makes the new one beside the old, so a name cannot serve twice.
    """
    change, own = sample.change(name), sample.row.name_property
    return {**sample.change(own), **change} if own in sample.properties else change


def left_over() -> dict[str, list[Any]]:
    """Whatever the services still hold, by kind; the model's bucket and deleted keys apart."""
    sagemaker, iam = in_process("sagemaker"), in_process("iam")
    scaling = in_process("application-autoscaling")
    kms = in_process("kms")
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
        BUCKET: sagemaker.list_models()["Models"],
        "groups": sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"],
        "alarms": in_process("cloudwatch").describe_alarms()["MetricAlarms"],
        "topics": in_process("sns").list_topics()["Topics"],
        "subscriptions": in_process("sns").list_subscriptions()["Subscriptions"],
        "queues": in_process("sqs").list_queues().get("QueueUrls", []),
        "roles": iam.list_roles()["Roles"],
        "policies": iam.list_policies(Scope="Local")["Policies"],
        "buckets": [
            bucket
            for bucket in in_process("s3").list_buckets()["Buckets"]
            if bucket["Name"] != BUCKET
        ],
        "keys": [state for state in states if state != "PendingDeletion"],
        "groups of logs": in_process("logs").describe_log_groups()["logGroups"],
        "parameters": in_process("ssm").describe_parameters()["Parameters"],
        "rules": in_process("events").list_rules()["Rules"],
        "targets": scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ],
        "scaling": scaling.describe_scaling_policies(ServiceNamespace="sagemaker")[
            "ScalingPolicies"
        ],
    }
    return {name: items for name, items in found.items() if items}
