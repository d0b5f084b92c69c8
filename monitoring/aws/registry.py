"""Registry: the package to deploy, or endpoint → model → package.

Needs     sagemaker:ListModelPackages, DescribeModelPackage; for an endpoint that is running also
          DescribeEndpoint, DescribeEndpointConfig, DescribeModel and ListTags
Writes    nothing

The one thing a reader gets wrong: the API tells when a package was created, not when it was
approved. "Newest" is by creation; an older one that was approved later is pinned by its ARN.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from monitoring.aws.clients import asking, is_missing
from monitoring.errors import RegistryError

APPROVED = "Approved"
PACKAGE_TAG = "ModelPackageArn"
"""On a model: the package it came from. On a schedule: the one its baselines are of."""
SHOWN = 3
"""How many packages an error lists."""


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """One version in the Model Registry, as far as a deployment needs it."""

    arn: str
    version: int | None
    created: datetime
    status: str
    drift_check: Mapping[str, Any]
    metrics: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.arn} (created {self.created:%Y-%m-%d %H:%M} UTC, {self.status})"


@dataclass(frozen=True, slots=True)
class Served:
    """What answers, or will answer, at one stage's endpoint."""

    endpoint: str
    model_name: str
    package: ModelPackage


def package(sagemaker: Any, arn: str) -> ModelPackage:
    """Look one version up. Raises RegistryError when there is none, or not in this region."""
    _check_region(sagemaker, arn)
    with asking("sagemaker:DescribeModelPackage", arn):
        try:
            found = sagemaker.describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            if is_missing(error):
                raise RegistryError(
                    f"{arn}: there is no such model package in {sagemaker.meta.region_name}. "
                    "List what there is: aws sagemaker list-model-packages "
                    f"--model-package-group-name {_group_of(arn)}"
                ) from error
            raise
    return ModelPackage(
        arn=found["ModelPackageArn"],
        version=found.get("ModelPackageVersion"),
        created=found["CreationTime"],
        status=found.get("ModelApprovalStatus", "not set"),
        drift_check=found.get("DriftCheckBaselines") or {},
        metrics=found.get("ModelMetrics") or {},
    )


def approved_package(sagemaker: Any, arn: str) -> ModelPackage:
    """Look one version up that is to be deployed. Raises RegistryError unless it is Approved."""
    found = package(sagemaker, arn)
    if found.status != APPROVED:
        raise RegistryError(
            f"{arn}: its approval status is {found.status}, so it must not be deployed. "
            f"{_approve(arn)}"
        )
    return found


def newest_approved(sagemaker: Any, group: str) -> ModelPackage:
    """The newest Approved version of a group, by creation time.

    All pages are read: AWS may return a short or an empty page with more to come. The status is
    read again from the package itself, for an approval can be withdrawn in between.
    Raises RegistryError, listing the latest statuses, when none is Approved.
    """
    listed = list(_summaries(sagemaker, group, APPROVED))
    if not listed:
        raise RegistryError(_nothing_approved(sagemaker, group))
    newest = max(listed, key=lambda summary: summary["CreationTime"])
    return approved_package(sagemaker, newest["ModelPackageArn"])


def _summaries(sagemaker: Any, group: str, status: str | None) -> Iterator[dict[str, Any]]:
    wanted = {"ModelApprovalStatus": status} if status else {}
    with asking("sagemaker:ListModelPackages", f"model package group {group}"):
        try:
            pages = sagemaker.get_paginator("list_model_packages").paginate(
                ModelPackageGroupName=group, **wanted
            )
            for page in pages:
                yield from page["ModelPackageSummaryList"]
        except ClientError as error:
            if is_missing(error):
                return
            raise


def _nothing_approved(sagemaker: Any, group: str) -> str:
    everything = sorted(
        _summaries(sagemaker, group, None), key=lambda s: s["CreationTime"], reverse=True
    )
    region = sagemaker.meta.region_name
    if not everything:
        return (
            f"model package group {group}: has no model package in {region}. Train and register "
            "one, or name another group (--model-package-group-name) or region (--region)"
        )
    latest = ", ".join(
        f"{s['ModelPackageArn']} {s.get('ModelApprovalStatus', 'not set')}"
        for s in everything[:SHOWN]
    )
    return (
        f"model package group {group}: none of its {len(everything)} versions in {region} is "
        f"Approved, so nothing may be deployed. Latest: {latest}. "
        f"{_approve(everything[0]['ModelPackageArn'])}"
    )


def _approve(arn: str) -> str:
    return (
        f"Approve it: aws sagemaker update-model-package --model-package-arn {arn} "
        "--model-approval-status Approved"
    )


def _group_of(arn: str) -> str:
    """The group in `arn:…:model-package/{group}/{version}`; a package may be known by name."""
    return arn.partition(":model-package/")[2].partition("/")[0] or arn


def _check_region(sagemaker: Any, arn: str) -> None:
    """Refuse an ARN of another region; a package known by its name alone is of this one."""
    here = sagemaker.meta.region_name
    there = arn.split(":")[3] if arn.startswith("arn:") else here
    if there != here:
        raise RegistryError(
            f"{arn}: is in {there}, but this run is for {here}; SageMaker deploys a package in "
            f"its own region only. Pass --region {there}, or a package of {here}"
        )


def served_by(sagemaker: Any, endpoint: str, stage: str) -> Served:
    """The model that a running endpoint serves, and the package it came from.

    Every variant is followed: monitors read the traffic of all of them, so all must come from
    one package. Raises RegistryError when the endpoint is missing, when a model came from no
    package, or when variants came from several.
    """
    variants = _variants(sagemaker, endpoint, stage)
    origins = {name: _package_of(sagemaker, name, endpoint) for name in dict.fromkeys(variants)}
    if len(set(origins.values())) > 1:
        listed = ", ".join(f"{name} from {arn}" for name, arn in origins.items())
        raise RegistryError(
            f"endpoint {endpoint}: its variants serve different packages ({listed}), and one "
            "baseline cannot describe both. Finish the rollout, or put the baselines into the "
            f"configuration of {stage}"
        )
    model_name, arn = next(iter(origins.items()))
    return Served(endpoint, model_name, package(sagemaker, arn))


def _variants(sagemaker: Any, endpoint: str, stage: str) -> list[str]:
    """The models behind an endpoint, one for each production variant."""
    with asking("sagemaker:DescribeEndpoint", f"endpoint {endpoint}"):
        try:
            described = sagemaker.describe_endpoint(EndpointName=endpoint)
        except ClientError as error:
            if is_missing(error):
                raise RegistryError(
                    f"endpoint {endpoint}: does not run in {sagemaker.meta.region_name}, so "
                    f"{stage} has no model to take baselines from. Deploy it first (aws "
                    f"cloudformation deploy --stack-name {endpoint}-endpoint …), or take the "
                    "registry's: --baselines-from registry"
                ) from error
            raise
    _check_capture(described, endpoint)
    config = described["EndpointConfigName"]
    with asking("sagemaker:DescribeEndpointConfig", f"endpoint configuration {config}"):
        variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)[
            "ProductionVariants"
        ]
    without = [v["VariantName"] for v in variants if not v.get("ModelName")]
    if without or not variants:
        raise RegistryError(
            f"endpoint {endpoint}: variant {', '.join(without) or 'list'} names no model "
            "(inference components do so), which Model Monitor cannot watch"
        )
    return [variant["ModelName"] for variant in variants]


def _check_capture(described: Mapping[str, Any], endpoint: str) -> None:
    """Refuse an endpoint whose data capture was configured and is off: its hours stay empty."""
    capture = described.get("DataCaptureConfig")
    if not capture:
        return
    status = capture.get("CaptureStatus", "Started")
    if status != "Started" or not capture.get("EnableCapture", True):
        raise RegistryError(
            f"endpoint {endpoint}: its data capture is {status} (EnableCapture "
            f"{str(capture.get('EnableCapture', True)).lower()}), so every monitor would fail for "
            "want of data. Update the endpoint with a configuration that captures, then run this "
            "again"
        )


def _package_of(sagemaker: Any, model: str, endpoint: str) -> str:
    """The package a model was made from: its container says so, or a tag of ours does."""
    with asking("sagemaker:DescribeModel", f"model {model}"):
        described = sagemaker.describe_model(ModelName=model)
    containers = [described.get("PrimaryContainer") or {}, *(described.get("Containers") or [])]
    for container in containers:
        if container.get("ModelPackageName"):
            return str(container["ModelPackageName"])
    tagged = package_tag(sagemaker, described["ModelArn"])
    if not tagged:
        raise RegistryError(
            f"endpoint {endpoint}: its model {model} came from no model package, so it has no "
            f"baselines. Deploy it from the registry, or tag the model with {PACKAGE_TAG}"
        )
    return tagged


def package_tag(sagemaker: Any, arn: str) -> str:
    """The package that a resource's tag names; "" where there is no such tag."""
    with asking("sagemaker:ListTags", arn):
        pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
        tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    return str(tags.get(PACKAGE_TAG, ""))
