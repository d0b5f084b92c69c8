"""The definition: the promises each pipeline keeps, whatever the model and however it is made."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from click.testing import CliRunner

from monitoring.errors import UsageError
from moto_fixtures.pipelines.definition import Definition, parse
from pipelines import execution
from pipelines.definition.settings import CHECKS as CHECKERS
from pipelines.definition.settings import Settings
from pipelines.models import MODELS, model_for
from pipelines.pipeline import Drafted, drafted, main

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
ORDER = {
    "own": (
        *("Process", "DataQualityCheck", "DataChecks", "Fit", "CreateModel", "Transform"),
        *("ModelQualityCheck", "Gate", "RegisterModel"),
    ),
    "aws": (
        *("Process", "DataBiasCheck", "Fit", "CreateModel", "Transform", "Tables"),
        *("DataQualityCheck", "Baselines", "RegisterModel"),
    ),
}
NOWHERE = {"SAGEMAKER_PROJECT_NAME_ID": None, "AWS_PROFILE": None, "AWS_REGION": None}
"""Variables that a shell may have, and that this test does without."""
CHECKS = {
    *("DataQualityCheck", "DataBiasCheck"),
    *("ModelQualityCheck", "ModelBiasCheck", "ModelExplainabilityCheck"),
}
WAYS = [("fraud", "own", False), ("loan_default", "own", True), ("loan_default", "aws", False)]
"""Whose pipeline, whose checks, and whether a tuning job looks for the model."""


def settings(model: str, **other: Any) -> Settings:
    known = model_for(model)
    typical = tuple(known.generate(1, 1).rows[0]) if other.get("checks") == "aws" else ()
    return Settings(known, ROLE, BUCKET, IMAGE, GROUP, commit="c0ffee", typical=typical, **other)


@pytest.fixture(scope="module", autouse=True)
def nothing_is_called() -> Iterator[None]:
    """A definition is made without network: whoever asks for a connection fails, and is found.

    The SDK's telemetry goes on when it fails.
    """
    asked: list[Any] = []

    def refused(*address: Any) -> None:
        asked.append(address)
        raise AssertionError("a definition was to be made without network")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", refused)
        patched.setattr(socket, "getaddrinfo", refused)
        yield
    assert not asked


@pytest.fixture(
    scope="module",
    params=WAYS,
    ids=lambda one: f"{one[0]}-{one[1]}-{'tune' if one[2] else 'train'}",
)
def defined(request) -> tuple[Settings, Drafted, Definition]:
    model, checks, tune = request.param
    asked = settings(model, checks=checks, tune=tune)
    made = drafted(asked, REGION)
    return asked, made, parse(made.definition)


def test_the_same_settings_give_the_same_definition_and_files(by_aws):
    asked, made = by_aws
    assert drafted(asked, REGION) == made


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
    order = [names.get(step, step) for step in ORDER[asked.checks]]
    for earlier, later in pairwise(order):
        assert earlier in _all_before(definition, later), f"{later} does not wait for {earlier}"


def test_nothing_is_registered_before_every_check_and_the_evaluation(defined):
    *_, definition = defined
    checks = {name for name in definition.steps if name.endswith("Check")}
    assert checks == CHECKS
    assert checks | {"Evaluate"} <= _all_before(definition, "RegisterModel")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_command_names_the_group_as_sagemaker_takes_it(model):
    asked = ["--model", model.name, "--role-arn", ROLE, "--bucket", BUCKET, "--image-uri", IMAGE]
    printed = CliRunner().invoke(main, ["definition", *asked, "--region", REGION], env=NOWHERE)
    assert printed.exit_code == 0, printed.output
    (register,) = (
        step["Arguments"]["AppSpecification"]["ContainerArguments"]
        for step in _steps(json.loads(printed.stdout)["Steps"])
        if step["Name"] == "RegisterModel"
    )
    assert register[register.index("--group") + 1] == model.name.replace("_", "-")


@pytest.mark.parametrize("checks", CHECKERS)
def test_a_model_without_facets_has_no_checks_of_bias(checks):
    asked = settings("fraud", checks=checks)
    nobody = replace(asked, model=replace(asked.model, facets=()))
    definition = parse(drafted(nobody, REGION).definition)
    assert {name for name in definition.steps if name.endswith("Check")} == {
        *("DataQualityCheck", "ModelQualityCheck", "ModelExplainabilityCheck")
    }
    declared = {parameter.name for parameter in definition.parameters}
    assert set(execution.first_run_switches(nobody.model)) <= declared
    assert not [name for name in declared if "Bias" in name]


@pytest.fixture(scope="module")
def by_aws() -> tuple[Settings, Drafted]:
    asked = settings("fraud", checks="aws")
    return asked, drafted(asked, REGION)


def test_what_aws_checks_are_configured_with_is_named_and_written_with_the_definition(by_aws):
    asked, made = by_aws
    configs = [json.loads(content) for content in made.files.values()]
    assert all(uri.startswith(f"{asked.home}/configs/") for uri in made.files)
    assert all(f'"{uri}"' in made.definition for uri in made.files)
    explained = [config for config in configs if "shap" in config.get("methods", {})]
    baselines = [config["methods"]["shap"]["baseline"] for config in explained]
    assert len(baselines) == 2 and baselines[0] == baselines[1]
    assert {config["label_values_or_threshold"][0] for config in configs if "facet" in config} == {
        asked.model.favourable
    }


def test_checks_by_awss_images_are_awss_own_steps(by_aws):
    definition = parse(by_aws[1].definition)
    kinds = {name: step.type for name, step in definition.steps.items() if name in CHECKS}
    assert kinds == {
        "DataQualityCheck": "QualityCheck",
        "ModelQualityCheck": "QualityCheck",
        "DataBiasCheck": "ClarifyCheck",
        "ModelBiasCheck": "ClarifyCheck",
        "ModelExplainabilityCheck": "ClarifyCheck",
    }


def test_every_job_of_ours_runs_the_one_image_with_the_one_role(defined):
    asked, made, _ = defined
    document = json.loads(made.definition)
    images = _values(document, "ImageUri", "TrainingImage", "Image")
    awss = {"sagemaker-model-monitor-analyzer", "sagemaker-clarify-processing"}
    others = {image.rpartition("/")[2].partition(":")[0] for image in images - {IMAGE}}
    assert IMAGE in images and others == (awss if asked.checks == "aws" else set())
    assert _values(document, "RoleArn", "ExecutionRoleArn") == {ROLE}


def test_every_file_of_a_run_lies_below_the_pipelines_own_prefix(defined):
    asked, made, _ = defined
    written = set()
    for step in _steps(json.loads(made.definition)["Steps"]):
        arguments = step["Arguments"]
        for output in arguments.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            written.add(output["S3Output"]["S3Uri"]["Std:Join"]["Values"][0])
    assert written == {asked.home}


def test_without_the_sdk_it_says_in_one_line_what_to_install():
    """In a process of its own: here the SDK is imported already."""
    blocked = (
        "import sys; sys.modules['sagemaker'] = None\n"
        "from pipelines.pipeline import main; main(sys.argv[1:])"
    )
    where = ("--role-arn", ROLE, "--bucket", BUCKET, "--image-uri", IMAGE, "--region", REGION)
    done = subprocess.run(
        [sys.executable, "-c", blocked, "definition", "--model", "fraud", *where],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "SageMaker SDK cannot be imported" in line and "pip install" in line


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
