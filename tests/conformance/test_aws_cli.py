"""The real aws command deploys both templates as the README says, and tells what they made.

Needs     CONFORMANCE_WORLD (see world.py); aws, boto3 and PyYAML: what a build installs

Version 1 of the command, in an environment without moto and without this package.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

if "CONFORMANCE_WORLD" not in os.environ:
    pytest.skip("there is no world; `make conformance` makes one", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
WORLD = json.loads(Path(os.environ["CONFORMANCE_WORLD"]).read_text(encoding="utf-8"))
PROJECT = WORLD["project"]["name"]
STACKS = {
    f"{PROJECT}-staging-endpoint": ("endpoint-template.yml", "staging-endpoint-config-export.args"),
    f"{PROJECT}-staging-monitors": (
        "model-monitor-template.yml",
        "staging-monitoring-schedule-config-export.args",
    ),
}


@dataclass(frozen=True)
class Shell:
    """Where somebody deploys from: a directory with the templates and the configurations."""

    directory: Path

    def run(self, *command: str, given: str = "") -> str:
        """What a command prints; it must succeed."""
        done = subprocess.run(
            command, cwd=self.directory, input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(command[:4])}: {done.stdout}{done.stderr}"
        return done.stdout

    def aws(self, *arguments: str) -> Any:
        return json.loads(self.run("aws", *arguments, "--output", "json") or "null")

    def deploy(self, stack: str) -> str:
        template, arguments = STACKS[stack]
        command = ["xargs", "aws", "cloudformation", "deploy", "--template-file", template]
        options = ["--stack-name", stack, "--no-fail-on-empty-changeset"]
        return self.run(*command, *options, given=(self.directory / arguments).read_text())

    def stack(self, name: str) -> dict[str, Any]:
        (found,) = self.aws("cloudformation", "describe-stacks", "--stack-name", name)["Stacks"]
        return dict(found)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The rendered configuration of the approved package, and both stacks of staging."""
    made = Shell(tmp_path_factory.mktemp("deploying"))
    for pattern in ("*-template.yml", "*-config.json"):
        for path in ROOT.glob(pattern):
            shutil.copy(path, made.directory)
    made.run(
        *(sys.executable, str(ROOT / "get_baselines_and_configs.py")),
        *("--model-monitor-role", WORLD["role"], "--model-execution-role", WORLD["role"]),
        *("--sagemaker-project-id", WORLD["project"]["id"], "--sagemaker-project-name", PROJECT),
        *("--monitor-outputs-bucket", WORLD["bucket"]),
    )
    for stack in STACKS:
        made.deploy(stack)
    return made


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_is_complete_and_so_is_every_resource_of_it(shell: Shell, name: str) -> None:
    assert shell.stack(name)["StackStatus"] == "CREATE_COMPLETE"
    listed = shell.aws("cloudformation", "list-stack-resources", "--stack-name", name)
    found = {one["ResourceStatus"] for one in listed["StackResourceSummaries"]}
    assert found == {"CREATE_COMPLETE"}


@pytest.mark.parametrize("name", STACKS)
def test_deploying_again_changes_nothing(shell: Shell, name: str) -> None:
    assert "No changes to deploy" in shell.deploy(name)
    assert shell.stack(name)["StackStatus"] == "CREATE_COMPLETE"


def test_the_endpoint_is_in_service(shell: Shell) -> None:
    resources = shell.aws(
        "cloudformation", "list-stack-resources", "--stack-name", f"{PROJECT}-staging-endpoint"
    )["StackResourceSummaries"]
    (name,) = [
        one["PhysicalResourceId"].rsplit("/", 1)[-1]
        for one in resources
        if one["ResourceType"] == "AWS::SageMaker::Endpoint"
    ]
    endpoint = shell.aws("sagemaker", "describe-endpoint", "--endpoint-name", name)
    assert endpoint["EndpointStatus"] == "InService"
    schedules = shell.aws("sagemaker", "list-monitoring-schedules", "--endpoint-name", name)
    kinds = {one["MonitoringType"] for one in schedules["MonitoringScheduleSummaries"]}
    assert "DataQuality" in kinds


def test_a_template_is_packaged_and_its_parameters_are_known(shell: Shell) -> None:
    output = shell.directory / "packaged.yml"
    shell.run(
        *("aws", "cloudformation", "package", "--template-file", "model-monitor-template.yml"),
        *("--output-template-file", str(output), "--s3-bucket", WORLD["bucket"]),
    )
    body = f"file://{output}"
    found = shell.aws("cloudformation", "validate-template", "--template-body", body)
    assert {one["ParameterKey"] for one in found["Parameters"]} >= {"EndpointName"}


def test_stacks_are_deleted_and_nothing_of_them_is_left(shell: Shell) -> None:
    before = shell.aws("sagemaker", "list-monitoring-schedules")["MonitoringScheduleSummaries"]
    assert before
    for name in reversed(STACKS):
        shell.run("aws", "cloudformation", "delete-stack", "--stack-name", name)
        shell.run("aws", "cloudformation", "wait", "stack-delete-complete", "--stack-name", name)
    after = shell.aws("sagemaker", "list-monitoring-schedules")["MonitoringScheduleSummaries"]
    assert after == []
    endpoints = [
        one["EndpointName"] for one in shell.aws("sagemaker", "list-endpoints")["Endpoints"]
    ]
    assert endpoints == [WORLD["endpoint"]]
