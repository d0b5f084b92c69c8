"""The samples of resource types, and what may be changed about each.

Needs   resource_types.yaml beside this file, and the registry's schema of every type
Gives   `SAMPLES`, and for a sample its template, its changes, and the calls that show it
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jmespath
from botocore.exceptions import ClientError

from monitoring import kinds
from moto_fixtures.cloudformation import graph, schema
from moto_fixtures.cloudformation import template as templates
from moto_fixtures.cloudformation.resource_types import RESOURCE_TYPES

REGION, ACCOUNT = "us-east-1", "123456789012"
BUCKET = "contract-models"
FILE = templates.load((Path(__file__).parent / "resource_types.yaml").read_text())
AROUND: Mapping[str, Any] = FILE.resources
TAGS, RETAGGED = [{"Key": "team", "Value": "audit"}], [{"Key": "team", "Value": "fraud"}]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/monitor"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/image"

Properties = dict[str, Any]
Client = Callable[[str], Any]


@dataclass(frozen=True)
class Sample:
    """A resource of one type, and what the contract does with it."""

    type_name: str
    properties: Properties
    others: Properties
    along: Mapping[str, Properties]
    """What changes together with a property; None takes one away."""
    seen: list[list[Any]]
    apart: Mapping[str, str]
    """Properties not changed → why."""
    silent: list[str] = field(default_factory=list)
    """Read-only attributes that are not answered, or only at times."""

    @property
    def row(self) -> Any:
        return RESOURCE_TYPES[self.type_name]

    @cached_property
    def schema(self) -> schema.ResourceSchema:
        return schema.of(self.type_name, REGION)

    def template(self, change: Properties | None = None) -> Properties:
        """The sample as the resource `It`, with all that any of its changes refers to.

        Everything stays deployed throughout, so a change is a change of `It` alone.
        """
        resources: Properties = {}
        wanted = list(graph.references([self.properties, self.others, self.along]))
        while wanted:
            name = wanted.pop().name
            if name not in resources:
                resources[name] = AROUND[name]
                wanted += graph.references(AROUND[name])
        properties = {**self.properties, **(change or {})}
        given = {name: value for name, value in properties.items() if value is not None}
        return {**resources, "It": {"Type": self.type_name, "Properties": given}}

    def change(self, name: str) -> Properties:
        """The properties that differ when `name` does."""
        return {name: self._other(name), **self.along.get(name, {})}

    @property
    def changeable(self) -> list[str]:
        """The properties the type carries out and the contract can change."""
        read_only = {path[0] for path in self.schema.read_only if len(path) == 1}
        return sorted(self.row.simulated - read_only - set(self.apart))

    @property
    def attributes(self) -> dict[str, Any]:
        """What Fn::GetAtt must answer, as outputs: the read-only properties and the name."""
        names = {path[0] for path in self.schema.read_only if len(path) == 1}
        names |= {self.row.name_property or ""}
        found: Properties = {}
        for name in names - set(self.silent):
            if self.schema.has_attribute(name):
                value = {"Fn::GetAtt": ["It", name]}
                several = self.schema.properties.get(name, {}).get("type") == "array"
                found[f"Att{name}"] = {"Value": {"Fn::Join": [",", value]} if several else value}
        return found

    def replaces(self, name: str) -> bool:
        """Whether a change of the property makes another resource in the place of this one."""
        only = (*self.schema.create_only, *self.schema.conditional_create_only)
        return (name,) in only

    def _other(self, name: str) -> Any:
        if name in self.others:
            return self.others[name]
        now = self.properties.get(name)
        if name == "Tags":
            return RETAGGED if now else TAGS
        found = self.schema.properties[name]
        if found.get("type") == "boolean":
            return not now
        if "enum" in found:
            return next(value for value in found["enum"] if value != now)
        if found.get("type") == "integer" or isinstance(now, int):
            return int(now or 0) + 1
        if name.endswith("Description") or name == "DisplayName" or name == self.row.name_property:
            return "contract-second"
        raise LookupError(f"{self.type_name} has no other value of {name}; give it one in Others")

    def shown(self, client: Client, identifiers: Mapping[str, str]) -> list[Any]:
        """What the service's calls say of it; None for what is not there."""
        return [_ask(client, call, identifiers) for call in self.seen]


def _ask(client: Client, call: list[Any], identifiers: Mapping[str, str]) -> Any:
    service, operation, request, path = call
    try:
        answer = getattr(client(service), operation)(**_filled(request, identifiers))
    except ClientError:
        return None
    answer.pop("ResponseMetadata", None)
    return _plain(jmespath.search(str(_filled(path, identifiers)), answer))


def _filled(value: Any, identifiers: Mapping[str, str]) -> Any:
    """Requests with `$Name` replaced by physical ids; `$Name/` is what comes after the slash."""
    if isinstance(value, dict):
        return {key: _filled(item, identifiers) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, identifiers) for item in value]
    if isinstance(value, str):
        for name in sorted(identifiers, key=len, reverse=True):
            found = identifiers[name]
            value = value.replace(f"${name}/", found.rsplit("/", 1)[-1]).replace(f"${name}", found)
    return value


def _plain(value: Any) -> Any:
    """Without what is empty: whether a service shows "" or nothing is its own affair."""
    if isinstance(value, dict):
        plain = {key: _plain(item) for key, item in value.items()}
        return {key: item for key, item in plain.items() if item not in (None, "", [], {})} or None
    if isinstance(value, list):
        return [_plain(item) for item in value] or None
    if isinstance(value, str) and value.startswith("{"):
        return _plain(json.loads(value))
    return value.isoformat() if isinstance(value, dt.datetime) else value or None


def _definition(kind: kinds.Kind) -> Sample:
    """A job definition: all that it says is fixed, so all of it is replaced."""
    application: Properties = {"ImageUri": f"{IMAGE}:1"}
    inputs: Properties = {
        "EndpointInput": {
            "EndpointName": {"Fn::GetAtt": ["Endpoint", "EndpointName"]},
            "LocalPath": "/opt/ml/processing/input",
        }
    }
    if kind.has_config_file:
        application["ConfigUri"] = f"s3://{BUCKET}/analysis_config.json"
    if kind is kinds.MODEL_QUALITY:
        application["ProblemType"] = "BinaryClassification"
    if kind.needs_labels:
        inputs["GroundTruthS3Input"] = {"S3Uri": f"s3://{BUCKET}/labels"}
    output = {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output"}
    cluster = {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": "20"}
    name = kind.name
    return Sample(
        f"AWS::SageMaker::{kind.job_definition}",
        {
            f"{name}AppSpecification": application,
            f"{name}JobInput": inputs,
            f"{name}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}]},
            "JobResources": {"ClusterConfig": cluster},
            "RoleArn": ROLE,
        },
        {
            f"{name}AppSpecification": {**application, "ImageUri": f"{IMAGE}:2"},
            f"{name}BaselineConfig": {
                "ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/constraints.json"}
            },
            f"{name}JobInput": {
                **inputs,
                "EndpointInput": {**inputs["EndpointInput"], "LocalPath": "/opt/ml/other"},
            },
            f"{name}JobOutputConfig": {
                "MonitoringOutputs": [{"S3Output": {**output, "S3UploadMode": "EndOfJob"}}]
            },
            "JobResources": {"ClusterConfig": {**cluster, "VolumeSizeInGB": 30}},
            "NetworkConfig": {"EnableNetworkIsolation": True},
            "RoleArn": f"{ROLE}-2",
            "StoppingCondition": {"MaxRuntimeInSeconds": "1800"},
        },
        {},
        [
            [
                "sagemaker",
                f"describe_{kind.slug.replace('-', '_')}_job_definition",
                {"JobDefinitionName": "$It/"},
                "{" + ", ".join(
                    f"{part}: {part}"
                    for part in (
                        f"{name}AppSpecification", f"{name}BaselineConfig", f"{name}JobInput",
                        f"{name}JobOutputConfig", "JobResources", "NetworkConfig", "RoleArn",
                        "StoppingCondition",
                    )
                ) + "}",
            ],
            ["sagemaker", "list_tags", {"ResourceArn": "$It"}, "Tags"],
        ],
        {},
    )  # fmt: skip


def _written(type_name: str, told: Mapping[str, Any]) -> Sample:
    return Sample(
        type_name,
        told["It"],
        told.get("Others") or {},
        told.get("With") or {},
        told["Seen"],
        told.get("Apart") or {},
        told.get("Silent") or [],
    )


SAMPLES: Mapping[str, Sample] = {
    **{sample.type_name: sample for sample in map(_definition, kinds.KINDS)},
    **{name: _written(name, told) for name, told in FILE.section("Metadata").items()},
}
