"""What moto's Model Registry lacks: deletion, batches, and updates that keep the rest.

moto's update clears the customer metadata and the approval description it was not given.
"""

from __future__ import annotations

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
    """Update, delete and batch-describe model packages; describe and delete groups."""

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

    def describe_model_package_group(self) -> ActionResult:
        name = self.params["ModelPackageGroupName"].rsplit("/", 1)[-1]
        group = self.sagemaker_backend.describe_model_package_group(name)
        return ActionResult(group.gen_response_object())

    def delete_model_package_group(self) -> ActionResult:
        backend, name = self.sagemaker_backend, self.params["ModelPackageGroupName"]
        group = backend.describe_model_package_group(name.rsplit("/", 1)[-1])
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
        return EmptyResult()

    def _package(self, name: str) -> Any:
        backend = self.sagemaker_backend
        arn = backend.model_package_name_mapping.get(name, name)
        package = backend.model_packages.get(arn)
        if package is None:
            raise AWSValidationException(f"Model package {name} not found")
        return package
