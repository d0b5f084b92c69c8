"""What moto's Model Registry lacks: deletion, batches, and updates that keep the rest.

moto's update clears the customer metadata and the approval description it was not given.
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException, ServiceConflict

BATCH_MEMBERS = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelApprovalStatus",
)


class ModelPackageActions:
    """Update, delete and batch-describe model packages; groups and their resource policies."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def update_model_package(self) -> ActionResult:
        package, request = self._package(self.params["ModelPackageArn"]), self.params
        if "ModelApprovalStatus" in request:
            package.set_model_approval_status(request["ModelApprovalStatus"])
        if "ApprovalDescription" in request:
            package.approval_description = request["ApprovalDescription"]
        properties = {
            **(package.customer_metadata_properties or {}),
            **request.get("CustomerMetadataProperties", {}),
        }
        for key in request.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(key, None)
        package.customer_metadata_properties = properties or None
        package.add_additional_inference_specifications(
            request.get("AdditionalInferenceSpecificationsToAdd")
        )
        package.last_modified_time = utcnow()
        return ActionResult({"ModelPackageArn": package.arn})

    def delete_model_package(self) -> ActionResult:
        package = self._package(self.params["ModelPackageName"])
        backend = self.sagemaker_backend
        del backend.model_packages[package.arn]
        names = backend.model_package_name_mapping
        for name in [name for name, arn in names.items() if arn == package.arn]:
            del names[name]
        return EmptyResult()

    def batch_describe_model_package(self) -> ActionResult:
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for arn in self.params["ModelPackageArnList"]:
            try:
                described = self._package(arn).gen_response_object()
            except AWSValidationException as error:
                errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
            else:
                found[arn] = {key: described[key] for key in BATCH_MEMBERS if key in described}
        return ActionResult(
            {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors}
        )

    def create_model_package_group(self) -> ActionResult:
        """Make a group whose name is free; moto would put an empty one in its place."""
        backend, request = self.sagemaker_backend, self.params
        name = request["ModelPackageGroupName"]
        if name in backend.model_package_groups:
            raise AWSValidationException(
                f"Model Package Group already exists: {backend.model_package_groups[name].arn}"
            )
        arn = backend.create_model_package_group(
            name, request.get("ModelPackageGroupDescription"), request.get("Tags")
        )
        return ActionResult({"ModelPackageGroupArn": arn})

    def describe_model_package_group(self) -> ActionResult:
        return ActionResult(self._group().gen_response_object())

    def delete_model_package_group(self) -> ActionResult:
        backend, group = self.sagemaker_backend, self._group()
        held = [
            package.arn
            for package in backend.model_packages.values()
            if package.model_package_group_name == group.model_package_group_name
        ]
        if held:
            raise ServiceConflict(
                f"Model package group {group.arn} still holds {len(held)} model packages; "
                f"delete them first ({held[0]}, …)."
            )
        del backend.model_package_groups[group.model_package_group_name]
        backend.package_versions.pop(group.model_package_group_name, None)
        backend.package_group_policies.pop(group.model_package_group_name, None)
        return EmptyResult()

    def put_model_package_group_policy(self) -> ActionResult:
        """Keep a group's resource policy. It is shown, and evaluated by nothing."""
        group, policy = self._group(), self.params["ResourcePolicy"]
        try:
            json.loads(policy)
        except ValueError as error:
            raise AWSValidationException(f"The resource policy is no JSON: {error}") from error
        self.sagemaker_backend.package_group_policies[group.model_package_group_name] = policy
        return ActionResult({"ModelPackageGroupArn": group.arn})

    def get_model_package_group_policy(self) -> ActionResult:
        name = self._group().model_package_group_name
        return ActionResult({"ResourcePolicy": self._policies_with(name)[name]})

    def delete_model_package_group_policy(self) -> ActionResult:
        name = self._group().model_package_group_name
        del self._policies_with(name)[name]
        return EmptyResult()

    def _group(self) -> Any:
        name = self.params["ModelPackageGroupName"].rsplit("/", 1)[-1]
        return self.sagemaker_backend.describe_model_package_group(name)

    def _policies_with(self, name: str) -> dict[str, str]:
        policies = self.sagemaker_backend.package_group_policies
        if name not in policies:
            raise AWSValidationException(f"Model package group {name} has no resource policy.")
        return policies

    def _package(self, name: str) -> Any:
        backend = self.sagemaker_backend
        arn = backend.model_package_name_mapping.get(name, name)
        package = backend.model_packages.get(arn)
        if package is None:
            raise AWSValidationException(f"Model package {name} not found")
        return package
