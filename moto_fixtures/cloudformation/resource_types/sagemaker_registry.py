"""AWS::SageMaker: model packages, model cards, projects and pipelines.

Their properties are their API's members but for one or two each, which a class here rewrites.
"""

# ruff: noqa: ARG002  (every type has the same four methods; few need all of their arguments)

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from moto_fixtures.cloudformation import schema
from moto_fixtures.cloudformation.resource_types.base import (
    ApiType,
    Properties,
    ResourceType,
    Scope,
    Settling,
    differ,
    retag,
)


@dataclass(frozen=True, kw_only=True)
class ModelPackage(ApiType):
    """A version in a group, or a package of its own. Ref is its ARN, by which it is known."""

    APPROVAL = frozenset(
        {"ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties"}
    )

    @property
    def simulated(self) -> frozenset[str]:
        return self.APPROVAL | {
            "CertifyForMarketplace", "Domain", "DriftCheckBaselines", "InferenceSpecification",
            "MetadataProperties", "ModelMetrics", "ModelPackageDescription",
            "ModelPackageGroupName", "ModelPackageName", "SamplePayloadUrl",
            "SourceAlgorithmSpecification", "Tags", "Task", "ValidationSpecification",
        }  # fmt: skip

    def make(self, scope: Scope, properties: Properties) -> str:
        request = self._only("create_model_package", properties)
        return str(scope.call("sagemaker", "create_model_package", **request)["ModelPackageArn"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        known = before or {
            name: item for name, item in after.items() if name != "ApprovalDescription"
        }
        changed = differ(known, after) & self.APPROVAL
        if changed:
            old = before.get("CustomerMetadataProperties") or {}
            new = after.get("CustomerMetadataProperties") or {}
            request = {name: after[name] for name in changed if name in after}
            if gone := sorted(set(old) - set(new)):
                request["CustomerMetadataPropertiesToRemove"] = gone
            scope.call("sagemaker", "update_model_package", ModelPackageArn=physical_id, **request)
        if before:
            retag(scope, "sagemaker", physical_id, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call("sagemaker", "delete_model_package", ModelPackageName=physical_id)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return scope.call("sagemaker", "describe_model_package", ModelPackageName=physical_id)


@dataclass(frozen=True, kw_only=True)
class NamedByName(ApiType):
    """A type whose Ref is its name; its tags hang on its ARN all the same."""

    arn: str
    """The member of the description that is the ARN."""

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        untagged = [
            {name: item for name, item in each.items() if name != "Tags"}
            for each in (before, after)
        ]
        super().configure(scope, physical_id, *untagged)
        if before:
            arn = str(self.attributes(scope, physical_id, after)[self.arn])
            retag(scope, "sagemaker", arn, before, after)


@dataclass(frozen=True, kw_only=True)
class Pipeline(NamedByName):
    """A pipeline. Its definition stands in the template, as text or an object, or in S3."""

    @property
    def simulated(self) -> frozenset[str]:
        return super().simulated | {"PipelineDefinition"}

    def _only(self, operation: str, properties: Properties) -> dict[str, Any]:
        definition: Mapping[str, Any] = properties["PipelineDefinition"]
        request = super()._only(operation, properties)
        del request["PipelineDefinition"]
        if operation.startswith("update"):
            request = {"PipelineDescription": "", **request}
        if "PipelineDefinitionBody" in definition:
            return {**request, "PipelineDefinition": definition["PipelineDefinitionBody"]}
        location = definition["PipelineDefinitionS3Location"]
        keys = {"Bucket": "Bucket", "Key": "ObjectKey", "Version": "VersionId"}
        found = {keys[name]: item for name, item in location.items() if name in keys}
        return {**request, "PipelineDefinitionS3Location": found}


@dataclass(frozen=True, kw_only=True)
class ModelCard(NamedByName):
    """A model card. Templates write its content in CamelCase, the API as JSON in snake_case."""

    def _only(self, operation: str, properties: Properties) -> dict[str, Any]:
        request = super()._only(operation, properties)
        root = schema.of(self.type_name, "us-east-1").document
        content = _snake(properties["Content"], root["properties"]["Content"], root)
        return {**request, "Content": json.dumps(content)}


def _snake(value: Any, found: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """A card's content with the schema's names as the API writes them; free keys stay."""
    if "$ref" in found:
        found = root["definitions"][found["$ref"].rsplit("/", 1)[-1]]
    if isinstance(value, list):
        return [_snake(item, found.get("items", {}), root) for item in value]
    if not isinstance(value, Mapping):
        return value
    known = found.get("properties", {})
    return {
        xform_name(name) if name in known else name: _snake(item, known.get(name, {}), root)
        for name, item in value.items()
    }


TYPES: tuple[ResourceType, ...] = (
    ModelPackage(
        type_name="AWS::SageMaker::ModelPackage",
        service="sagemaker",
        noun="model_package",
        ref="ModelPackageArn",
        updates=True,
    ),
    Pipeline(
        type_name="AWS::SageMaker::Pipeline",
        service="sagemaker",
        noun="pipeline",
        name_property="PipelineName",
        name_limit=256,
        ref="PipelineName",
        arn="PipelineArn",
        updates=True,
    ),
    ModelCard(
        type_name="AWS::SageMaker::ModelCard",
        service="sagemaker",
        noun="model_card",
        name_property="ModelCardName",
        ref="ModelCardName",
        arn="ModelCardArn",
        updates=True,
    ),
    ApiType(
        type_name="AWS::SageMaker::Project",
        service="sagemaker",
        noun="project",
        name_property="ProjectName",
        name_limit=32,
        ref="ProjectArn",
        settling=Settling(
            "ProjectStatus",
            ready=frozenset({"CreateCompleted"}),
            pending=frozenset({"Pending", "CreateInProgress"}),
        ),
    ),
)
