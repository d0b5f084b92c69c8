"""The registry: all pages, only the approved, and every variant of an endpoint."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.aws import registry
from monitoring.errors import AwsError, RegistryError

PREFIX = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud"
START = datetime(2026, 1, 1, tzinfo=UTC)


def summary(version: int, age: int = 0, status: str = "Approved") -> dict:
    return {
        "ModelPackageArn": f"{PREFIX}/{version}",
        "CreationTime": START - timedelta(days=age),
        "ModelApprovalStatus": status,
    }


@pytest.fixture
def packages(world):
    """Answer ListModelPackages by pages, and DescribeModelPackage for what they list."""

    def pages(*listed: list[dict]) -> None:
        def one(params):
            at = int(json.loads(_body(params)).get("NextToken", "0"))
            more = {"NextToken": str(at + 1)} if at + 1 < len(listed) else {}
            return 200, {"ModelPackageSummaryList": listed[at], **more}

        world.answers["ListModelPackages"] = one
        world.answers["DescribeModelPackage"] = lambda params: (
            200,
            next(
                item for page in listed for item in page if item["ModelPackageArn"] in _body(params)
            ),
        )

    return pages


def _body(params) -> str:
    body = params["body"]
    return body.decode() if isinstance(body, bytes) else body


def test_the_newest_is_found_on_whatever_page_it_is(world, packages) -> None:
    packages([summary(1, age=3)], [], [summary(3, age=1), summary(2, age=2)])
    assert registry.newest_approved(world.sagemaker, "fraud").arn == f"{PREFIX}/3"


def test_newest_is_by_creation_not_by_version_or_order(world, packages) -> None:
    packages([summary(9, age=5), summary(1, age=0), summary(5, age=2)])
    assert registry.newest_approved(world.sagemaker, "fraud").arn == f"{PREFIX}/1"


def test_more_than_a_page_of_moto_is_read(world) -> None:
    world.sagemaker.create_model_package_group(ModelPackageGroupName="fraud")
    made = [
        world.sagemaker.create_model_package(
            ModelPackageGroupName="fraud", ModelApprovalStatus="Approved"
        )["ModelPackageArn"]
        for _ in range(105)
    ]
    assert registry.newest_approved(world.sagemaker, "fraud").arn == made[-1]


def test_without_a_group_the_region_is_named(world) -> None:
    world.refuse("ListModelPackages", "ValidationException", "ModelPackageGroup does not exist")
    with pytest.raises(RegistryError, match=r"has no model package in eu-west-1.*--region"):
        registry.newest_approved(world.sagemaker, "fraud")


def test_no_permission_is_not_an_empty_registry(world) -> None:
    world.refuse("ListModelPackages", "AccessDeniedException", "not authorized")
    with pytest.raises(AwsError, match="Allow sagemaker:ListModelPackages"):
        registry.newest_approved(world.sagemaker, "fraud")


def test_a_package_that_is_not_there_is_named(world) -> None:
    said = f"{PREFIX}/7: there is no such model package.*--model-package-group-name fraud$"
    with pytest.raises(RegistryError, match=said):
        registry.package(world.sagemaker, f"{PREFIX}/7")


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_what_is_not_approved_is_not_deployed(world, packages, status: str) -> None:
    packages([summary(1, status=status)])
    with pytest.raises(RegistryError, match=f"is {status}.*update-model-package"):
        registry.approved_package(world.sagemaker, f"{PREFIX}/1")


# Behind an endpoint


@pytest.fixture
def endpoint(world, packages):
    """An endpoint `fraud-prod` whose variants serve the models given, by their packages."""
    packages([summary(1), summary(2, status="Rejected")])

    def serve(**models: dict) -> None:
        world.answer("DescribeEndpoint", {"EndpointConfigName": "config"})
        variants = [{"VariantName": f"to-{name}", "ModelName": name} for name in models]
        world.answer("DescribeEndpointConfig", {"ProductionVariants": variants})

        def describe(params):
            name = next(name for name in models if f'"{name}"' in _body(params))
            return 200, {"ModelName": name, "ModelArn": f"arn:{name}", **models[name]}

        world.answers["DescribeModel"] = describe

    return serve


def container(version: int) -> dict:
    return {"PrimaryContainer": {"ModelPackageName": f"{PREFIX}/{version}"}}


def test_the_package_behind_an_endpoint_is_followed(world, endpoint) -> None:
    endpoint(champion=container(1))
    served = registry.served_by(world.sagemaker, "fraud-prod", "prod")
    assert (served.package.arn, served.model_name) == (f"{PREFIX}/1", "champion")


def test_a_container_in_a_list_is_followed_too(world, endpoint) -> None:
    endpoint(champion={"Containers": [{"ModelPackageName": f"{PREFIX}/1"}]})
    assert registry.served_by(world.sagemaker, "fraud-prod", "prod").package.arn == f"{PREFIX}/1"


def test_a_package_may_be_known_by_its_name_alone(world, endpoint) -> None:
    endpoint(champion={"PrimaryContainer": {"ModelPackageName": "fraud"}})
    world.answer("DescribeModelPackage", summary(1))
    assert registry.served_by(world.sagemaker, "fraud-prod", "prod").package.arn == f"{PREFIX}/1"


def test_a_model_without_a_package_is_followed_by_its_tag(world, endpoint) -> None:
    endpoint(champion={"PrimaryContainer": {"Image": "i"}})
    world.answer("ListTags", {"Tags": [{"Key": "ModelPackageArn", "Value": f"{PREFIX}/1"}]})
    assert registry.served_by(world.sagemaker, "fraud-prod", "prod").package.arn == f"{PREFIX}/1"


def test_a_model_from_nowhere_is_refused(world, endpoint) -> None:
    endpoint(champion={"PrimaryContainer": {"Image": "i"}})
    world.answer("ListTags", {"Tags": []})
    with pytest.raises(RegistryError, match="champion came from no model package"):
        registry.served_by(world.sagemaker, "fraud-prod", "prod")


def test_variants_of_one_package_are_one_model_to_watch(world, endpoint) -> None:
    endpoint(blue=container(1), green=container(1))
    assert registry.served_by(world.sagemaker, "fraud-prod", "prod").package.arn == f"{PREFIX}/1"


def test_variants_of_two_packages_are_refused_with_both(world, endpoint) -> None:
    endpoint(champion=container(1), challenger=container(2))
    with pytest.raises(RegistryError, match=r"champion from .*/1, challenger from .*/2"):
        registry.served_by(world.sagemaker, "fraud-prod", "prod")


def test_a_variant_without_a_model_is_named(world, endpoint) -> None:
    endpoint(champion=container(1))
    world.answer("DescribeEndpointConfig", {"ProductionVariants": [{"VariantName": "blue"}]})
    with pytest.raises(RegistryError, match="variant blue names no model"):
        registry.served_by(world.sagemaker, "fraud-prod", "prod")


def test_a_missing_endpoint_names_stage_and_command(world) -> None:
    with pytest.raises(RegistryError, match=r"prod has no model.*--stack-name fraud-prod-endpoint"):
        registry.served_by(world.sagemaker, "fraud-prod", "prod")


@pytest.mark.parametrize(
    "capture",
    [
        {"EnableCapture": True, "CaptureStatus": "Stopped"},
        {"EnableCapture": False, "CaptureStatus": "Stopped"},
        {"EnableCapture": False, "CaptureStatus": "Started"},
    ],
    ids=str,
)
def test_an_endpoint_that_stopped_to_capture_is_refused_with_its_status(
    world, endpoint, capture
) -> None:
    endpoint(champion=container(1))
    described = {"EndpointConfigName": "config", "DataCaptureConfig": capture}
    world.answer("DescribeEndpoint", described)
    with pytest.raises(RegistryError, match=f"fraud-prod: .*{capture['CaptureStatus']}"):
        registry.served_by(world.sagemaker, "fraud-prod", "prod")
    capture |= {"EnableCapture": True, "CaptureStatus": "Started"}
    world.answer("DescribeEndpoint", described)
    assert registry.served_by(world.sagemaker, "fraud-prod", "prod").model_name == "champion"
