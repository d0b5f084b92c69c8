"""A clean hour of another model, or of half the traffic, does not pass without a word."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from monitoring import errors
from monitoring.aws.schedules import Execution, Schedule
from monitoring.aws.traffic import Traffic
from monitoring.cautions import cautions, sparse, stale
from monitoring.errors import AwsError
from monitoring.status import exit_code, show, watch

OLD, NEW = (f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/{at}" for at in (1, 2))
RUN = Execution("dq", datetime(2026, 1, 5, 10, tzinfo=UTC), "Completed", "", "arn:…/job-1")
SCHEDULE = Schedule("dq", "DataQuality", "fraud", "Scheduled", (RUN,), "arn:…/dq")
HOUR = "from 9 to 10"


class Pages:
    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages = pages

    def paginate(self, **_: Any) -> Any:
        return iter(self.pages)


class SageMaker:
    """An endpoint that serves one package, watched with the baselines of another."""

    meta = SimpleNamespace(region_name="eu-west-1")

    def __init__(self, tagged: str, served: str) -> None:
        self.tagged, self.served = tagged, served

    def get_paginator(self, _: str) -> Pages:
        tag = {"Key": "ModelPackageArn", "Value": self.tagged}
        return Pages({"Tags": []}, {"Tags": [tag] if self.tagged else []})

    def describe_endpoint(self, **_: str) -> Any:
        return {"EndpointConfigName": "config", "ProductionVariants": []}

    def describe_endpoint_config(self, **_: str) -> Any:
        return {"ProductionVariants": [{"VariantName": "all", "ModelName": "model"}]}

    def describe_model(self, **_: str) -> Any:
        return {"PrimaryContainer": {"ModelPackageName": self.served}}

    def describe_model_package(self, **_: str) -> Any:
        return {
            "ModelPackageArn": self.served,
            "CreationTime": RUN.scheduled,
            "ModelApprovalStatus": "Approved",
        }

    def describe_processing_job(self, **_: str) -> Any:
        return {}


class Account:
    """Clients of one account."""

    def __init__(self, tagged: str, served: str) -> None:
        self.sagemaker = SageMaker(tagged, served)


def said(tagged: str, served: str) -> list[Any]:
    return list(cautions(Account(tagged, served), [SCHEDULE]))  # type: ignore[arg-type]


def test_a_baseline_of_another_package_is_named_and_never_healthy():
    (caution,) = said(OLD, NEW)
    assert caution.text.startswith("STALE_BASELINE: fraud serves")
    assert OLD in caution.text and NEW in caution.text and "dq" in caution.text
    watched = watch([SCHEDULE], lambda _: pytest.fail("a clean run has nothing to read"))
    assert exit_code(watched) == errors.OK
    assert exit_code(watched, [caution]) == errors.FAILED
    console = Console(file=io.StringIO(), width=300)
    show(watched, console, [caution])
    assert caution.text in console.file.getvalue()


@pytest.mark.parametrize(("package", "is_stale"), [(OLD, True), (NEW, False), ("", False)])
def test_a_self_hosted_schedules_baseline_is_compared_likewise(package: str, is_stale: bool):
    hosted = replace(SCHEDULE, group="fraud", package=package)
    found = list(cautions(Account("nobody's", NEW), [hosted]))  # type: ignore[arg-type]
    assert [caution.is_stale for caution in found] == [True] * is_stale


@pytest.mark.parametrize("tagged", [OLD, ""], ids=["the same package", "no tag"])
def test_a_baseline_of_the_package_that_is_served_needs_no_word(tagged):
    assert said(tagged, OLD) == []


def test_what_may_not_be_looked_up_is_said_and_does_not_stop():
    class Denied(Account):
        @property
        def sagemaker(self) -> Any:
            raise AwsError("sagemaker:ListTags: access denied")

        @sagemaker.setter
        def sagemaker(self, _: Any) -> None: ...

    found = list(cautions(Denied(OLD, NEW), [SCHEDULE]))  # type: ignore[arg-type]
    assert {caution.text for caution in found} == {"sagemaker:ListTags: access denied"}
    assert not any(caution.is_stale for caution in found)


@pytest.mark.parametrize(
    ("captured", "seen", "is_said"),
    [
        pytest.param(100, Traffic(100, 1.0), False, id="all"),
        pytest.param(81, Traffic(100, 1.0), False, id="nearly all"),
        pytest.param(79, Traffic(100, 1.0), True, id="a fifth is missing"),
        pytest.param(0, Traffic(100, 1.0), True, id="none"),
        pytest.param(1_000, Traffic(10_000, 0.1), False, id="a sample of the size asked for"),
        pytest.param(100, Traffic(10_000, 0.1), True, id="a tenth of that sample"),
        pytest.param(2, Traffic(50, 0.1), False, id="a small sample varies"),
        pytest.param(0, Traffic(0, 1.0), False, id="no traffic"),
    ],
)
def test_too_few_captured_records_are_a_warning(captured, seen, is_said):
    found = list(sparse("fraud", captured, seen, HOUR))
    assert bool(found) == is_said
    assert not any(caution.is_stale for caution in found)


def test_both_packages_are_in_the_sentence():
    (caution,) = stale("fraud", OLD, NEW, ["dq", "bias"])
    assert "dq, bias" in caution.text
