"""What is written, in which order, and what is said about it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from monitoring import exports
from monitoring.arguments import StageFiles
from monitoring.aws.registry import ModelPackage, Served
from monitoring.aws.rendering import Rendered
from monitoring.config import StageConfig
from monitoring.errors import ConfigError

PACKAGE = ModelPackage("arn:p", 3, datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "Approved", {}, {})
MONITORS = StageConfig({"StageName": "prod", "SageMakerProjectName": "fraud"}, {"team": "a b"})
RENDERED = Rendered(Served("fraud-prod", "m-1", PACKAGE), MONITORS, MONITORS, (), (), ())


@pytest.fixture
def files(tmp_path: Path) -> StageFiles:
    names = ("monitors.json", "m-export.json", "endpoint.json", "e-export.json")
    return StageFiles("prod", *(tmp_path / name for name in names))


def test_the_endpoint_is_deployed_before_what_watches_it(files: StageFiles) -> None:
    stacks = [export.stack for export in exports.exports(files, RENDERED)]
    assert stacks == ["fraud-prod-endpoint", "fraud-prod-monitors"]


def test_an_endpoint_of_someone_elses_is_not_exported(files: StageFiles) -> None:
    (only,) = exports.exports(files, replace(RENDERED, endpoint=None))
    assert only.template == "model-monitor-template.yml"


def test_the_export_is_codepipelines_template_configuration(files: StageFiles) -> None:
    export = exports.exports(files, RENDERED)[0]
    assert json.loads(export.text) == {
        "Parameters": {"StageName": "prod", "SageMakerProjectName": "fraud"},
        "Tags": {"team": "a b"},
    }


def test_each_export_has_its_arguments_beside_it(files: StageFiles) -> None:
    done = exports.exports(files, RENDERED)
    assert {path.name for path in exports.texts(done)} == {
        *("e-export.json", "e-export.args", "m-export.json", "m-export.args")
    }


def test_two_exports_never_share_an_arguments_file(files: StageFiles) -> None:
    clash = replace(files, endpoint_export=files.monitors_export.with_suffix(""))
    with pytest.raises(ConfigError, match=r"m-export\.args: would be written twice"):
        exports.texts(exports.exports(clash, RENDERED))


def test_the_next_command_is_one_that_can_be_pasted(files: StageFiles) -> None:
    spaced = replace(files, endpoint_export=files.monitors_export.with_name("my export.json"))
    command = exports.exports(spaced, RENDERED)[0].command
    assert command.startswith("xargs aws cloudformation deploy --template-file endpoint-template")
    assert command.endswith("my export.args'")


def test_the_self_hosted_engines_stack_is_deployed_after_the_monitors_from_the_same_file(
    files: StageFiles,
) -> None:
    hosted = replace(MONITORS, parameters={**MONITORS.parameters, "MonitorEngine": "self-hosted"})
    endpoint, monitors = exports.exports(files, replace(RENDERED, monitors=hosted))
    first, second = monitors.commands
    assert first == monitors.command
    assert "--template-file self-hosted-template.yml --stack-name fraud-prod-self-hosted " in second
    assert "--capabilities CAPABILITY_IAM" in second
    assert second.endswith(f"< {monitors.arguments}")
    assert endpoint.commands == (endpoint.command,)
    said = exports.as_text({"prod": (RENDERED, (endpoint, monitors))}, dry_run=False)
    assert said.splitlines()[-3:] == [f"  {one}" for one in (endpoint.command, first, second)]


def test_the_managed_engine_has_no_stack_of_its_own(files: StageFiles) -> None:
    assert [len(export.commands) for export in exports.exports(files, RENDERED)] == [1, 1]


ECHO = """
Parameters: {SageMakerProjectName: {Type: String}, FeaturesAttribute: {Type: String}}
Resources: {Topic: {Type: "AWS::SNS::Topic"}}
"""


def test_the_aws_cli_deploys_what_the_next_command_says(files, server: str, tmp_path: Path) -> None:
    """The real CLI, a real shell, values with spaces and quotes."""
    written = {"SageMakerProjectName": "fraud", "FeaturesAttribute": "[?a == 'b c'] | \"d\" $HOME"}
    shown = replace(RENDERED, monitors=StageConfig(written, {"team": "card risk"}), endpoint=None)
    (export,) = exports.exports(files, shown)
    export.arguments.write_text(export.config.to_arguments())
    (tmp_path / export.template).write_text(ECHO)
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    subprocess.run(["sh", "-c", export.command], cwd=tmp_path, env=environment, check=True)
    cloudformation = boto3.Session("test", "test", region_name="us-east-1").client(
        "cloudformation", endpoint_url=server
    )
    (stack,) = cloudformation.describe_stacks(StackName=export.stack)["Stacks"]
    got = {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}
    assert got == written
    assert stack["Tags"] == [{"Key": "team", "Value": "card risk"}]


@pytest.mark.parametrize("there", [None, "{", "[]", '{"Parameters": []}'])
def test_a_dry_run_survives_whatever_is_in_the_exports_place(files, there: str | None) -> None:
    export = exports.exports(files, RENDERED)[1]
    if there is not None:
        export.path.write_text(there)
    assert "StageName: (not set) -> prod" in export.changes()


def test_people_are_told_what_was_chosen_what_runs_and_what_is_next(files: StageFiles) -> None:
    done = exports.exports(files, RENDERED)
    said = exports.as_text({"prod": (RENDERED, done)}, dry_run=False)
    for words in (
        "prod: endpoint fraud-prod, model m-1",
        "arn:p (created 2026-01-02 03:04 UTC, Approved)",
        "off: GroundTruthInput is empty",
        f"wrote {files.monitors_export}",
        f"  {done[0].command}",
    ):
        assert words in said


def test_programs_are_told_the_same(files: StageFiles) -> None:
    done = exports.exports(files, RENDERED)
    told = json.loads(exports.as_json({"prod": (RENDERED, done)}, dry_run=True))
    assert told["dry_run"] is True
    stage = told["stages"]["prod"]
    assert stage["package"]["version"] == 3
    assert stage["monitors"]["ModelBias"]["on"] is False
    assert "tag team: (not set) -> a b" in stage["exports"][0]["changes"]
