"""The real aws CLI against the server: deploy, again, edited, packaged, failing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from moto_fixtures.plugin import CREDENTIALS
from tests.patience import PATIENCE

TEMPLATE = """
Parameters: {Title: {Type: String, Default: first}}
Resources:
  Topic: {Type: "AWS::SNS::Topic", Properties: {DisplayName: !Ref Title}}
Outputs:
  Topic: {Value: !Ref Topic, Export: {Name: !Sub "${AWS::StackName}-topic"}}
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def stack() -> str:
    """A name no other test of the shared server uses."""
    return f"cli-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def cli(server: str, tmp_path: Path) -> Run:
    """The aws CLI of this environment, pointed at the server."""
    command = Path(sys.executable).with_name("aws")
    keep = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment = {**keep, **CREDENTIALS, "AWS_ENDPOINT_URL": server, "AWS_PAGER": ""}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(command), *arguments],
            env=environment,
            cwd=tmp_path,
            text=True,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )

    return run


def deploy(cli: Run, path: Path, stack: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Deploy, a second after the last: the CLI names its change sets by the second."""
    time.sleep(1)
    return cli(
        "cloudformation", "deploy", "--template-file", str(path), "--stack-name", stack, *more
    )


def test_deploy_makes_a_stack_with_outputs_and_an_export(
    cli: Run, stack: str, tmp_path: Path
) -> None:
    path = tmp_path / "it.yml"
    path.write_text(TEMPLATE)
    done = deploy(cli, path, stack, "--parameter-overrides", "Title=second one")
    assert done.returncode == 0, done.stderr
    described = json.loads(cli("cloudformation", "describe-stacks", "--stack-name", stack).stdout)
    (found,) = described["Stacks"]
    assert found["StackStatus"] == "CREATE_COMPLETE"
    assert found["Outputs"][0]["ExportName"] == f"{stack}-topic"
    exports = json.loads(cli("cloudformation", "list-exports").stdout)["Exports"]
    assert f"{stack}-topic" in {item["Name"] for item in exports}


def test_deploy_again_says_there_is_nothing_to_do(cli: Run, stack: str, tmp_path: Path) -> None:
    path = tmp_path / "it.yml"
    path.write_text(TEMPLATE)
    deploy(cli, path, stack)
    again = deploy(cli, path, stack, "--no-fail-on-empty-changeset")
    assert (again.returncode, "No changes to deploy" in again.stdout + again.stderr) == (0, True)
    edited = deploy(cli, path, stack, "--parameter-overrides", "Title=other")
    assert edited.returncode == 0, edited.stderr


def test_a_packaged_template_is_deployed_from_its_bucket(
    cli: Run, stack: str, tmp_path: Path
) -> None:
    (tmp_path / "it.yml").write_text(TEMPLATE)
    bucket, packaged = f"{stack}-artifacts", tmp_path / "packaged.yml"
    assert cli("s3", "mb", f"s3://{bucket}").returncode == 0
    done = cli(
        "cloudformation", "package", "--template-file", "it.yml", "--s3-bucket", bucket,
        "--output-template-file", str(packaged),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = deploy(cli, packaged, stack, "--s3-bucket", bucket)
    assert done.returncode == 0, done.stderr


NESTING = """
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: child.yml, Parameters: {Title: nested}}
Outputs:
  Topic: {Value: !GetAtt Child.Outputs.Topic}
"""


def test_a_nested_stack_is_packaged_deployed_and_deleted(
    cli: Run, stack: str, tmp_path: Path
) -> None:
    (tmp_path / "child.yml").write_text(TEMPLATE)
    (tmp_path / "it.yml").write_text(NESTING)
    bucket, packaged = f"{stack}-artifacts", tmp_path / "packaged.yml"
    assert cli("s3", "mb", f"s3://{bucket}").returncode == 0
    done = cli(
        "cloudformation", "package", "--template-file", "it.yml", "--s3-bucket", bucket,
        "--output-template-file", str(packaged),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = deploy(cli, packaged, stack)
    assert done.returncode == 0, done.stderr
    described = json.loads(cli("cloudformation", "describe-stacks").stdout)["Stacks"]
    found = {item["StackName"].startswith(f"{stack}-Child-"): item for item in described}
    topic = found[True]["Outputs"][0]["OutputValue"]
    (parent,) = (item for item in described if item["StackName"] == stack)
    assert parent["Outputs"][0]["OutputValue"] == topic
    assert found[True]["ParentId"] == parent["StackId"]
    deleted = cli("cloudformation", "delete-stack", "--stack-name", stack)
    assert deleted.returncode == 0, deleted.stderr
    child = found[True]["StackName"]
    assert cli("cloudformation", "describe-stacks", "--stack-name", child).returncode != 0


def test_a_failing_deployment_exits_with_an_error_and_shows_why(
    cli: Run, stack: str, tmp_path: Path
) -> None:
    path = tmp_path / "it.yml"
    queue = '  Bad: {Type: "AWS::SQS::Queue", Properties: {QueueName: "no name!"}}\nOutputs:'
    path.write_text(TEMPLATE.replace("Outputs:", queue))
    done = deploy(cli, path, stack)
    assert done.returncode != 0
    assert "Failed to create/update the stack" in done.stderr
    events = cli("cloudformation", "describe-stack-events", "--stack-name", stack).stdout
    assert "The following resource(s) failed to create: [Bad]" in events


def test_an_unknown_type_is_refused_before_anything_is_made(
    cli: Run, stack: str, tmp_path: Path
) -> None:
    path = tmp_path / "it.yml"
    path.write_text(TEMPLATE.replace("AWS::SNS::Topic", "AWS::Bogus::Thing"))
    done = deploy(cli, path, stack)
    assert done.returncode != 0
    assert "Unrecognized resource types: [AWS::Bogus::Thing]" in done.stderr
    assert cli("cloudformation", "describe-stacks", "--stack-name", stack).returncode != 0
