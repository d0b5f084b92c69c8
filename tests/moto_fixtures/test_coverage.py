"""docs/offline-aws.md says what the code does: nothing else, and nothing less."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

import moto_fixtures
from monitoring.kinds import KINDS
from moto_fixtures import coverage, differences, runtime
from moto_fixtures.cloudformation import limits as stack_limits
from moto_fixtures.sagemaker import limits

PACKAGE = Path(moto_fixtures.__file__).parent
ROOT = PACKAGE.parent
JOB_DEFINITIONS = "Create…JobDefinition"
SERVICES = {"sagemaker": coverage.sagemaker, "cloudformation": coverage.cloudformation}


def members(service: str, action: str) -> set[str]:
    """The members of an action's request, in botocore's model."""
    shape = get_service_model(service).operation_model(action).input_shape
    return set(shape.members) if shape else set()


@cache
def literals(*parts: str) -> frozenset[str]:
    """Every text that stands in the code of some modules, the tables of limits left out."""
    paths = [path for part in parts for path in sorted(PACKAGE.glob(part))]
    return frozenset(
        node.value
        for path in paths
        if path.name != "limits.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def error_of(client: Any, action: str) -> str:
    """The code and the message an empty request is answered with; "" when it succeeds."""
    try:
        client._make_api_call(action, {})
    except ClientError as error:
        return f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return ""


def test_the_page_is_what_the_code_says() -> None:
    written = coverage.PAGE.read_text(encoding="utf-8") if coverage.PAGE.exists() else ""
    current = coverage.page() == written
    assert current, f"docs/offline-aws.md is out of date; run {coverage.COMMAND}"


def test_the_command_writes_the_page_and_says_when_it_is_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    assert coverage.main(["--page", str(page)]) == 0
    assert coverage.main(["--page", str(page), "--check"]) == 0
    page.write_text("something else")
    assert coverage.main(["--page", str(page), "--check"]) == 1
    assert coverage.COMMAND in capsys.readouterr().err
    assert page.read_text() == "something else"


@pytest.mark.parametrize(("service", "sort"), SERVICES.items())
def test_what_is_refused_or_missing_answers_that_it_is_not_simulated(
    session: boto3.Session, service: str, sort: Callable[[], coverage.Actions]
) -> None:
    client = session.client(service, config=Config(parameter_validation=False))
    found = sort()
    silent = {
        action
        for action in (*found.refused, *found.missing)
        if "is not simulated by the offline AWS" not in error_of(client, action)
    }
    assert not silent


def test_what_is_simulated_never_answers_that_it_is_not(session: boto3.Session) -> None:
    client = session.client("sagemaker", config=Config(parameter_validation=False))
    answers = {one: error_of(client, one) for one in coverage.sagemaker().simulated}
    assert not [one for one, answer in answers.items() if "not simulated" in answer]


def test_every_action_has_one_fate() -> None:
    for service, sort in {**SERVICES, "sagemaker-runtime": coverage.sagemaker_runtime}.items():
        found = sort()
        every = [*found.simulated, *found.stock, *found.refused, *found.missing]
        assert sorted(every) == sorted(get_service_model(service).operation_names)


def test_no_member_of_a_simulated_sagemaker_request_is_dropped_in_silence() -> None:
    """Used (its name stands in the code), refused, or told to have no effect."""
    used = literals("sagemaker/*.py", "jobs/*.py", "processing.py", "job_inputs.py", "timing.py")
    used |= {f"{kind.name}{part}" for kind in KINDS for part in PARTS_OF_A_DEFINITION}
    used |= {f"{time}{side}" for time in used for side in ("Before", "After")}
    told = told_of("sagemaker")
    silent = {
        f"{action}.{member}"
        for action in coverage.sagemaker().simulated
        for member in members("sagemaker", action) - used - SHOWN - told.get(action, set())
    }
    assert not silent


SHOWN = {
    "ProjectDescription",
    "CertifyForMarketplace",
    "Domain",
    "DriftCheckBaselines",
    "MetadataProperties",
    "ModelMetrics",
    "SamplePayloadUrl",
    "SourceAlgorithmSpecification",
    "Task",
}
"""Texts for people, and what the registry keeps: that they are shown is all they do."""
PARTS_OF_A_DEFINITION = ("AppSpecification", "BaselineConfig", "JobInput", "JobOutputConfig")
"""Members the job definitions read under their kind's name."""


def told_of(service: str) -> dict[str, set[str]]:
    """Members in the tables of limits, by action."""
    if service == "cloudformation":
        flat = set(stack_limits.REFUSED) | set(stack_limits.WITHOUT_EFFECT)
        return dict.fromkeys(coverage.cloudformation().simulated, flat)
    told: dict[str, set[str]] = {}
    for table in (limits.REFUSED_MEMBERS, limits.WITHOUT_EFFECT):
        for action, named in table.items():
            for one in meant_by(action):
                told.setdefault(one, set()).update(named)
    return told


def meant_by(action: str) -> Iterable[str]:
    """The actions that one row of a table is about."""
    if action == JOB_DEFINITIONS:
        return [f"Create{kind.job_definition}" for kind in KINDS]
    return [action]


def test_no_member_of_a_cloudformation_request_is_dropped_in_silence() -> None:
    used, told = literals("cloudformation/*.py"), told_of("cloudformation")
    silent = {
        f"{action}.{member}"
        for action in coverage.cloudformation().simulated
        for member in members("cloudformation", action) - used - told[action]
    }
    assert not silent


def test_the_tables_name_only_what_aws_has() -> None:
    for action, named in told_of("sagemaker").items():
        known = members("sagemaker", action)
        assert {one for one in named if not one.startswith("…")} <= known, action
    every = set().union(
        *(members("cloudformation", one) for one in coverage.cloudformation().simulated),
        get_service_model("cloudformation").shape_for("RollbackConfiguration").members,
    )
    assert set(stack_limits.REFUSED) | set(stack_limits.WITHOUT_EFFECT) <= every
    assert set(limits.REFUSED_ACTIONS) <= set(get_service_model("sagemaker").operation_names)
    assert members("sagemaker-runtime", "InvokeEndpoint") >= runtime.MEMBERS


@pytest.mark.parametrize("one", differences.DIFFERENCES, ids=lambda one: one.subject)
def test_a_difference_is_shown_by_a_test_that_is_there(one: differences.Difference) -> None:
    path, _, name = one.shown_by.partition("::")
    tests = ast.walk(ast.parse((ROOT / path).read_text()))
    assert name in {test.name for test in tests if isinstance(test, ast.FunctionDef)}
