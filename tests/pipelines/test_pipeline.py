"""The definition: the promises each pipeline keeps, whatever the model and however it is made."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import boto3
import pytest
from moto import mock_aws

from monitoring.aws.clients import Aws
from monitoring.errors import UsageError
from moto_fixtures.pipelines.definition import Definition, parse
from pipelines import execution, pipeline
from pipelines.definition.settings import Settings
from pipelines.models import MODELS, model_for

REGION, BUCKET, GROUP = "eu-west-1", "artefacts", "loans-p-1a2b3c"
ROLE = "arn:aws:iam::123456789012:role/pipeline"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/serving:1.0"
TEMPLATE = {
    "ProcessingInstanceCount",
    "ModelApprovalStatus",
    "InputDataUrl",
    "SkipDataQualityCheck",
    "RegisterNewDataQualityBaseline",
    "DataQualitySuppliedStatistics",
    "DataQualitySuppliedConstraints",
    "SkipDataBiasCheck",
    "RegisterNewDataBiasBaseline",
    "DataBiasSuppliedBaselineConstraints",
    "SkipModelQualityCheck",
    "RegisterNewModelQualityBaseline",
    "ModelQualitySuppliedStatistics",
    "ModelQualitySuppliedConstraints",
    "SkipModelBiasCheck",
    "RegisterNewModelBiasBaseline",
    "ModelBiasSuppliedBaselineConstraints",
    "SkipModelExplainabilityCheck",
    "RegisterNewModelExplainabilityBaseline",
    "ModelExplainabilitySuppliedBaselineConstraints",
}
"""Parameters of the pipeline in AWS's model-building template with Model Monitor."""
ORDER = (
    "Process",
    "DataQualityCheck",
    "DataChecks",
    "Fit",
    "CreateModel",
    "Transform",
    "ModelQualityCheck",
    "Gate",
    "RegisterModel",
)


def settings(model: str, **other: Any) -> Settings:
    return Settings(model_for(model), ROLE, BUCKET, IMAGE, GROUP, commit="c0ffee", **other)


def made(asked: Settings) -> str:
    """A definition, made in an account that holds its bucket."""
    with mock_aws():
        session = boto3.Session("testing", "testing", region_name=REGION)
        place = {"LocationConstraint": REGION}
        session.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        return pipeline.definition(Aws(session), asked)


@pytest.fixture(
    scope="module",
    params=[(model.name, tune) for model in MODELS for tune in (False, True)],
    ids=lambda one: f"{one[0]}-{'tune' if one[1] else 'train'}",
)
def defined(request) -> tuple[Settings, str, Definition]:
    model, tune = request.param
    asked = settings(model, tune=tune)
    text = made(asked)
    return asked, text, parse(text)


def test_the_same_settings_give_the_same_definition(defined):
    asked, text, _ = defined
    assert made(asked) == text


def test_its_parameters_are_those_of_awss_template(defined):
    *_, definition = defined
    names = {parameter.name for parameter in definition.parameters}
    assert names == TEMPLATE | {"ProcessingInstanceType", "TrainingInstanceType"}


def test_only_the_data_have_no_default(defined):
    *_, definition = defined
    without = [one.name for one in definition.parameters if one.default is None]
    assert without == ["InputDataUrl"]


def test_every_step_runs_in_the_order_of_the_template(defined):
    asked, _, definition = defined
    names = {"Fit": "Tune" if asked.tune else "Train"}
    order = [names.get(step, step) for step in ORDER]
    for earlier, later in pairwise(order):
        assert earlier in _all_before(definition, later), f"{later} does not wait for {earlier}"


def test_nothing_is_registered_before_every_check_and_the_evaluation(defined):
    *_, definition = defined
    checks = {name for name in definition.steps if name.endswith("Check")}
    assert len(checks) == 5
    assert checks | {"Evaluate", "DataQualityBaseline"} <= _all_before(definition, "RegisterModel")


def test_every_job_runs_the_one_image_with_the_one_role(defined):
    _, text, _ = defined
    assert _values(json.loads(text), "ImageUri", "TrainingImage", "Image") == {IMAGE}
    assert _values(json.loads(text), "RoleArn", "ExecutionRoleArn") == {ROLE}


def test_every_file_of_a_run_lies_below_the_pipelines_own_prefix(defined):
    asked, text, _ = defined
    written = set()
    for step in _steps(json.loads(text)["Steps"]):
        arguments = step["Arguments"]
        for output in arguments.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            written.add(output["S3Output"]["S3Uri"]["Std:Join"]["Values"][0])
    assert written == {asked.home}


def test_awss_own_check_steps_are_refused_by_name():
    with pytest.raises(UsageError, match=r"--checks aws: .* not made yet"):
        made(settings("fraud", checks="aws"))


def test_a_parameter_without_a_value_is_refused():
    with pytest.raises(UsageError, match="'ModelApprovalStatus': has no value"):
        execution.parsed(["ModelApprovalStatus"])


def _all_before(definition: Definition, name: str) -> set[str]:
    """The steps a step waits for, and those that these wait for."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        after = definition.steps[waiting.pop()].after - found
        found |= after
        waiting += after
    return found


def _steps(documents: list[dict[str, Any]]):
    for step in documents:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from _steps(step["Arguments"].get(branch, []))


def _values(document: Any, *names: str) -> set[str]:
    if isinstance(document, list):
        return set().union(*(_values(each, *names) for each in document))
    if not isinstance(document, dict):
        return set()
    own = {value for name, value in document.items() if name in names and isinstance(value, str)}
    return own.union(*(_values(each, *names) for each in document.values()))
