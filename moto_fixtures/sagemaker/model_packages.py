"""The Model Registry: packages, their versions and approval, and the groups that hold them.

moto's packages lose the model card, the life cycle and the source, refuse instance types newer
than moto, and clear what an update does not name. Here a package is the request that made it,
changed by the updates since. A package is complete as soon as it is made: nothing is scanned.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import (
    AWSValidationException,
    NotSimulatedError,
    ServiceConflict,
)
from moto_fixtures.sagemaker.listing import Listing
from moto_fixtures.sagemaker.validation import require_json

LISTING = Listing(
    result="ModelPackageSummaryList",
    sort={"CreationTime": "CreationTime", "Name": "Name"},
    equal={
        "ModelApprovalStatus": "ModelApprovalStatus",
        "ModelPackageGroupName": "ModelPackageGroupName",
    },
    contains={"NameContains": "Name"},
    descending=False,
)
PENDING = "PendingManualApproval"
VERSIONED, UNVERSIONED, BOTH = "Versioned", "Unversioned", "Both"
SUMMARY_MEMBERS = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)
BATCH_MEMBERS = (*SUMMARY_MEMBERS[1:], "InferenceSpecification")
NEVER_SHOWN = ("Tags", "ClientToken")
REPLACED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)
"""Members that an update sets as they are."""


@dataclass
class ModelPackage:
    """One version of a group, or a package by itself."""

    request: dict[str, Any]
    """What made it, and every update since."""
    arn: str
    version: int | None
    created: datetime
    modified: datetime | None = None
    tags: list[dict[str, str]] = field(default_factory=list)

    @property
    def group(self) -> str | None:
        return self.request.get("ModelPackageGroupName")

    @property
    def name(self) -> str:
        """What it is found by: its group's name, or its own."""
        return str(self.group or self.request["ModelPackageName"])

    @property
    def inference_specification(self) -> dict[str, Any]:
        return dict(self.request.get("InferenceSpecification", {}))

    def describe(self) -> dict[str, Any]:
        answer = {
            **{name: value for name, value in self.request.items() if name not in NEVER_SHOWN},
            "ModelPackageArn": self.arn,
            "ModelPackageVersion": self.version,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        }
        return {member: value for member, value in answer.items() if value is not None}

    def summary(self, members: tuple[str, ...] = SUMMARY_MEMBERS) -> dict[str, Any]:
        described = self.describe()
        return {member: described[member] for member in members if member in described}

    def gen_response_object(self) -> dict[str, Any]:
        """As moto's Search asks for it."""
        return self.describe()

    def __getattr__(self, name: str) -> Any:
        """A member by its name in Python, `model_approval_status`: moto's Search filters so."""
        if name.startswith("_") or "request" not in vars(self):
            raise AttributeError(name)
        shown = {xform_name(member): value for member, value in self.describe().items()}
        if name not in shown:
            raise AttributeError(name)
        return shown[name]

    def update(self, request: dict[str, Any]) -> None:
        """Change what a request names, and keep the rest."""
        mine = self.request
        mine |= {member: request[member] for member in REPLACED if member in request}
        if "ModelCard" in request:
            mine["ModelCard"] = {**mine.get("ModelCard", {}), **request["ModelCard"]}
        properties = {
            **mine.pop("CustomerMetadataProperties", {}),
            **request.get("CustomerMetadataProperties", {}),
        }
        for key in request.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(key, None)
        if properties:
            mine["CustomerMetadataProperties"] = properties
        added = request.get("AdditionalInferenceSpecificationsToAdd", [])
        if added:
            there = mine.get("AdditionalInferenceSpecifications", [])
            mine["AdditionalInferenceSpecifications"] = [*there, *added]
        self.modified = utcnow()


def named(backend: Backend, name: str) -> ModelPackage:
    """A package by its ARN, or by its name when it has no group; the error AWS gives if none."""
    arn = name if name.startswith("arn:") else backend.arn("model-package", name.lower())
    try:
        return backend.model_packages[arn]
    except KeyError:
        raise AWSValidationException(f"Model package {name} not found") from None


def _checked(request: dict[str, Any]) -> dict[str, Any]:
    """The request; refused where its model card is not JSON."""
    content = request.get("ModelCard", {}).get("ModelCardContent")
    if content is not None:
        require_json(content, "ModelCardContent")
    return request


class ModelPackageActions:
    """Create, update, describe, list and delete model packages."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_model_package(self) -> ActionResult:
        """Make a package; one that a call with the same token made already is answered again."""
        backend, request = self.sagemaker_backend, _checked(copy.deepcopy(self.params))
        token = request.get("ClientToken")
        for made in backend.model_packages.values():
            if token is not None and made.request.get("ClientToken") == token:
                return ActionResult({"ModelPackageArn": made.arn})
        if ("ModelPackageName" in request) == ("ModelPackageGroupName" in request):
            raise AWSValidationException(
                "A model package has exactly one of ModelPackageName and ModelPackageGroupName."
            )
        made = (
            self._versioned(request) if "ModelPackageGroupName" in request else self._lone(request)
        )
        backend.model_packages[made.arn] = made
        return ActionResult({"ModelPackageArn": made.arn})

    def describe_model_package(self) -> ActionResult:
        found = named(self.sagemaker_backend, self.params["ModelPackageName"])
        if self.params.get("IncludedData") == "MetadataOnly" and "ModelCard" in found.request:
            raise NotSimulatedError(
                "IncludedData MetadataOnly", "A card's content is shown whole or not at all."
            )
        return ActionResult(found.describe())

    def list_model_packages(self) -> ActionResult:
        """Packages without a group, unless a group or a type is asked for."""
        request = dict(self.params)
        wanted = request.get("ModelPackageType", UNVERSIONED)
        if "ModelPackageGroupName" in request:
            wanted = VERSIONED
            request["ModelPackageGroupName"] = request["ModelPackageGroupName"].rsplit("/", 1)[-1]
        found = [
            {**package.summary(), "Name": package.name}
            for package in self.sagemaker_backend.model_packages.values()
            if wanted == BOTH or (package.group is not None) == (wanted == VERSIONED)
        ]
        return ActionResult(LISTING.answer(found, request))

    def update_model_package(self) -> ActionResult:
        package = named(self.sagemaker_backend, self.params["ModelPackageArn"])
        package.update(_checked(copy.deepcopy(self.params)))
        return ActionResult({"ModelPackageArn": package.arn})

    def delete_model_package(self) -> ActionResult:
        package = named(self.sagemaker_backend, self.params["ModelPackageName"])
        del self.sagemaker_backend.model_packages[package.arn]
        return EmptyResult()

    def batch_describe_model_package(self) -> ActionResult:
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for arn in self.params["ModelPackageArnList"]:
            try:
                found[arn] = named(self.sagemaker_backend, arn).summary(BATCH_MEMBERS)
            except AWSValidationException as error:
                errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
        return ActionResult(
            {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors}
        )

    def _versioned(self, request: dict[str, Any]) -> ModelPackage:
        """The next version of a group. A number is never given twice, though one was deleted."""
        backend = self.sagemaker_backend
        group = request["ModelPackageGroupName"].rsplit("/", 1)[-1]
        if group not in backend.model_package_groups:
            arn = backend.arn("model-package-group", group)
            raise AWSValidationException(f"Model Package Group {arn} does not exist.")
        if "Tags" in request:
            raise AWSValidationException(
                "Tags of a versioned model package are its group's: set them on the group."
            )
        version = backend.package_versions[group] = backend.package_versions.get(group, 0) + 1
        request |= {
            "ModelPackageGroupName": group,
            "ModelApprovalStatus": request.get("ModelApprovalStatus", PENDING),
        }
        arn = backend.arn("model-package", f"{group.lower()}/{version}")
        return ModelPackage(request, arn, version, utcnow())

    def _lone(self, request: dict[str, Any]) -> ModelPackage:
        arn = self.sagemaker_backend.arn("model-package", request["ModelPackageName"].lower())
        if arn in self.sagemaker_backend.model_packages:
            raise ServiceConflict(f"Model package already exists: {arn}")
        return ModelPackage(request, arn, None, utcnow(), tags=list(request.get("Tags", [])))
