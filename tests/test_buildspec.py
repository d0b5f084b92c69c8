"""buildspec.yml: it refuses early, in words, and uploads what it names."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from moto_fixtures.buildspec import load
from moto_fixtures.codebuild import run

ROOT = Path(__file__).parent.parent
AWS_VARIABLES = (
    "MODEL_MONITOR_ROLE_ARN",
    "SAGEMAKER_PROJECT_ID",
    "SAGEMAKER_PROJECT_NAME",
    "MONITOR_OUTPUTS_BUCKET",
    "ARTIFACT_BUCKET",
    "EXPORT_TEMPLATE_NAME",
    "EXPORT_TEMPLATE_STAGING_CONFIG",
    "EXPORT_TEMPLATE_PROD_CONFIG",
)
"""What AWS's project sets on its CodeBuild project."""
CHECK_OF_VARIABLES, LINT = 0, 1
"""Where the two checks that need no AWS stand among the commands of pre_build."""
LAST_LINES = 8


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return load(ROOT / "buildspec.yml")


@pytest.fixture
def check(spec: dict[str, Any], tmp_path: Path) -> Callable[..., list[str]]:
    """Run one command of pre_build on copies of the templates; the last lines it printed."""

    def execute(command: int, environment: Mapping[str, str]) -> list[str]:
        for template in ROOT.glob("*-template.yml"):
            if not (tmp_path / template.name).exists():
                shutil.copy(template, tmp_path)
        only = {
            "version": "0.2",
            "env": {"shell": "bash"},
            "phases": {
                "pre_build": {"commands": [spec["phases"]["pre_build"]["commands"][command]]}
            },
        }
        (tmp_path / "buildspec.yml").write_text(yaml.safe_dump(only))
        output = io.StringIO()
        inherited = {"PATH": os.environ["PATH"], **environment}
        build = run(tmp_path / "buildspec.yml", tmp_path, inherited, tmp_path / "a", output)
        return [build.status, *output.getvalue().splitlines()[-LAST_LINES:]]

    return execute


def every_command(spec: dict[str, Any]) -> str:
    return "\n".join(command for phase in spec["phases"].values() for command in phase["commands"])


def test_every_variable_of_awss_project_is_used(spec):
    for name in AWS_VARIABLES:
        assert re.search(rf"\$\{{?!?{name}\b", every_command(spec)), name


def test_a_missing_variable_fails_the_build_naming_every_one_that_is_missing(check):
    given = {name: "x" for name in AWS_VARIABLES if "BUCKET" not in name}
    status, *lines = check(CHECK_OF_VARIABLES, given)
    assert status == "FAILED"
    said = "buildspec.yml: not set: MONITOR_OUTPUTS_BUCKET ARTIFACT_BUCKET."
    assert any(line.startswith(said) for line in lines)


def test_an_unknown_stage_fails_the_build_before_anything_is_rendered(check):
    given = {**dict.fromkeys(AWS_VARIABLES, "x"), "DEPLOY_STAGES": "staging production"}
    status, *lines = check(CHECK_OF_VARIABLES, given)
    assert status == "FAILED"
    assert any("DEPLOY_STAGES names 'production'" in line for line in lines)


@pytest.mark.parametrize("stages", ["", "staging", "staging prod"])
def test_known_stages_and_every_variable_pass(check, stages):
    given = {**dict.fromkeys(AWS_VARIABLES, "x"), "DEPLOY_STAGES": stages}
    status, *_ = check(CHECK_OF_VARIABLES, given)
    assert status == "SUCCEEDED"


def test_a_broken_template_fails_the_build_with_the_reason_in_its_last_lines(check, tmp_path):
    template = (ROOT / "endpoint-template.yml").read_text()
    broken = template.replace("AWS::SageMaker::Model\n", "AWS::SageMaker::Modell\n")
    (tmp_path / "endpoint-template.yml").write_text(broken)
    status, *lines = check(LINT, {})
    assert status == "FAILED"
    assert any("AWS::SageMaker::Modell" in line for line in lines)


def test_packages_are_installed_only_by_their_hashes(spec):
    (install,) = spec["phases"]["install"]["commands"]
    assert "--require-hashes -r requirements-build.txt" in install
    assert "index" not in install


def test_artifacts_are_those_of_awss_project_and_the_endpoints_beside_them(spec):
    assert spec["artifacts"]["files"] == [
        "$EXPORT_TEMPLATE_NAME",
        "$EXPORT_TEMPLATE_STAGING_CONFIG",
        "$EXPORT_TEMPLATE_PROD_CONFIG",
        "packaged-endpoint.yml",
        "packaged-self-hosted.yml",
        "staging-endpoint-config-export.json",
        "prod-endpoint-config-export.json",
    ]


def test_no_step_needs_a_newer_bash_than_the_one_macos_ships(spec):
    """Bash 3.2: no ${name^^}, no mapfile, no associative arrays."""
    commands = every_command(spec)
    assert not re.search(r"\$\{\w+(\^|,)|mapfile|readarray|declare -A", commands)


def test_a_command_of_several_steps_ends_at_the_first_that_fails(spec):
    """`set -e` in a subshell: outside one it would end CodeBuild's own shell as well."""
    for phase in spec["phases"].values():
        for command in phase["commands"]:
            if "aws " in command:
                assert "( set -euo pipefail\n" in command
