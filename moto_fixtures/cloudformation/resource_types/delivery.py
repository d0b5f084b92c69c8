"""AWS::CodeBuild, AWS::CodePipeline and AWS::ECR: what builds a model's code and rolls it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto_fixtures.cloudformation.intrinsics import text
from moto_fixtures.cloudformation.resource_types.base import Properties, ResourceType, Scope
from moto_fixtures.cloudformation.resource_types.iam import document
from moto_fixtures.cloudformation.resource_types.mapped import MappedType


@dataclass(frozen=True, kw_only=True)
class Repository(MappedType):
    """An ECR repository, with its policies. One that holds images goes only by EmptyOnDelete."""

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        super().configure(scope, physical_id, before, after)
        name = {"repositoryName": physical_id}
        was, now = _policies(before), _policies(after)
        for noun, member in (
            ("repository_policy", "policyText"),
            ("lifecycle_policy", "lifecyclePolicyText"),
        ):
            verb = "put" if noun == "lifecycle_policy" else "set"
            if now[noun] and was[noun] != now[noun]:
                scope.call("ecr", f"{verb}_{noun}", **name, **{member: now[noun]})
            elif was[noun] and not now[noun]:
                scope.call("ecr", f"delete_{noun}", **name)
        if not before:
            return
        mutability = after.get("ImageTagMutability", "MUTABLE")
        if before.get("ImageTagMutability", "MUTABLE") != mutability:
            scope.call("ecr", "put_image_tag_mutability", **name, imageTagMutability=mutability)
        scanning = _scanning(after)
        if _scanning(before) != scanning:
            scope.call(
                "ecr", "put_image_scanning_configuration",
                **name, imageScanningConfiguration={"scanOnPush": scanning},
            )  # fmt: skip

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call(
            "ecr", "delete_repository",
            repositoryName=physical_id, force=bool(properties.get("EmptyOnDelete")),
        )  # fmt: skip


def _scanning(properties: Properties) -> bool:
    return bool((properties.get("ImageScanningConfiguration") or {}).get("ScanOnPush"))


def _policies(properties: Properties) -> dict[str, str]:
    access = properties.get("RepositoryPolicyText")
    lifecycle = (properties.get("LifecyclePolicy") or {}).get("LifecyclePolicyText")
    return {
        "repository_policy": document(access) if access else "",
        "lifecycle_policy": text(lifecycle) if lifecycle else "",
    }


@dataclass(frozen=True, kw_only=True)
class Pipeline(MappedType):
    """A pipeline. Templates list its stores by region, the API has them under the region."""

    def _request(self, operation: str, properties: Properties) -> dict[str, Any]:
        given = dict(properties)
        if "ArtifactStores" in given:
            stores = given["ArtifactStores"]
            given["ArtifactStores"] = {one["Region"]: one["ArtifactStore"] for one in stores}
        return super()._request(operation, given)


REPOSITORY_PROPERTIES = frozenset({
    "EmptyOnDelete", "EncryptionConfiguration", "ImageScanningConfiguration",
    "ImageTagMutability", "LifecyclePolicy", "RepositoryName", "RepositoryPolicyText", "Tags",
})  # fmt: skip
PROJECT_PROPERTIES = frozenset({
    "Artifacts", "Cache", "Description", "Environment", "LogsConfig", "Name",
    "QueuedTimeoutInMinutes", "ServiceRole", "Source", "SourceVersion", "Tags",
    "TimeoutInMinutes", "VpcConfig",
})  # fmt: skip
PIPELINE_PROPERTIES = frozenset({
    "ArtifactStore", "ArtifactStores", "ExecutionMode", "Name", "PipelineType", "RoleArn",
    "Stages", "Tags", "Variables",
})  # fmt: skip

TYPES: tuple[ResourceType, ...] = (
    MappedType(
        type_name="AWS::CodeBuild::Project",
        name_property="Name",
        name_limit=150,
        service="codebuild",
        creating="create_project",
        reading="batch_get_projects",
        updating="update_project",
        deleting="delete_project",
        carries=PROJECT_PROPERTIES,
        ref="Name",
        found="projects[0]",
        key={"name": "Name", "names": "Name"},
        shows={"Arn": "arn", "Id": "name"},
        defaults={
            "Cache": {"Type": "NO_CACHE"},
            "Description": "",
            "LogsConfig": {
                "CloudWatchLogs": {"Status": "ENABLED"},
                "S3Logs": {"Status": "DISABLED"},
            },
            "QueuedTimeoutInMinutes": 480,
            "SourceVersion": "",
            "Tags": [],
            "TimeoutInMinutes": 60,
            "VpcConfig": {},
        },
    ),
    Pipeline(
        type_name="AWS::CodePipeline::Pipeline",
        name_property="Name",
        name_limit=100,
        service="codepipeline",
        creating="create_pipeline",
        reading="get_pipeline",
        updating="update_pipeline",
        deleting="delete_pipeline",
        carries=PIPELINE_PROPERTIES,
        ref="Name",
        found="{pipeline: pipeline, arn: metadata.pipelineArn}",
        key={"name": "Name"},
        shows={"Arn": "arn", "Version": "to_string(pipeline.version)"},
        wrapper="pipeline",
        arn="arn",
    ),
    Repository(
        type_name="AWS::ECR::Repository",
        name_property="RepositoryName",
        name_limit=256,
        name_case="lower",
        service="ecr",
        creating="create_repository",
        reading="describe_repositories",
        deleting="delete_repository",
        carries=REPOSITORY_PROPERTIES,
        ref="RepositoryName",
        found="repositories[0]",
        key={"repositoryName": "RepositoryName", "repositoryNames": "RepositoryName"},
        shows={"Arn": "repositoryArn", "RepositoryUri": "repositoryUri"},
        arn="repositoryArn",
        changes_apart=REPOSITORY_PROPERTIES,
    ),
)
