"""A build, from commit to stacks: what is approved is deployed, and a refusal is explained.

The first build deploys staging with the self-hosted engine, the second with the managed one, as a
team would that goes back: what the first leaves behind is seen beside what the second deploys.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
import yaml

from monitoring.aws.clients import Aws
from moto_fixtures import codebuild, seed
from moto_fixtures.checkout import working_copy
from moto_fixtures.environment import environment
from pipelines.models import fraud

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "cards"
ENDPOINT, MONITORS, ENGINE = (
    f"{PROJECT}-staging-{what}" for what in ("endpoint", "monitors", "self-hosted")
)
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitoring:1.0"
LAST_LINES = 8
LARGEST_TEMPLATE_BODY = 51_200
"""Bytes `aws cloudformation deploy` sends without a detour over S3."""


@dataclass(frozen=True)
class CodeBuildProject:
    """A source directory and the variables of the CodeBuild project that builds it."""

    source: Path
    variables: dict[str, str]
    session: boto3.Session

    def build(self, phases: tuple[str, ...]) -> tuple[codebuild.Build, list[str]]:
        """Run some phases of its buildspec; the build and the last lines it printed."""
        spec = yaml.safe_load((self.source / "buildspec.yml").read_text())
        spec["phases"] = {name: spec["phases"][name] for name in phases}
        shortened = self.source / "buildspec-shortened.yml"
        shortened.write_text(yaml.safe_dump(spec, width=10_000))
        output = io.StringIO()
        environ = {**os.environ, **self.variables}
        artifacts = self.source.parent / "artifacts"
        build = codebuild.run(shortened, self.source, environ, artifacts, output)
        return build, output.getvalue().splitlines()[-LAST_LINES:]

    def configure(self, file: str, **parameters: str) -> None:
        """Change a configuration file, as a commit would."""
        path = self.source / file
        document = json.loads(path.read_text())
        document["Parameters"] |= parameters
        path.write_text(json.dumps(document))

    def stacks(self) -> set[str]:
        found = self.session.client("cloudformation").describe_stacks()["Stacks"]
        return _own(stack["StackName"] for stack in found)

    def alarms(self) -> set[str]:
        found = self.session.client("cloudwatch").describe_alarms()["MetricAlarms"]
        return _own(alarm["AlarmName"] for alarm in found)

    def schedules(self) -> set[str]:
        """EventBridge Scheduler's."""
        found = self.session.client("scheduler").list_schedules()["Schedules"]
        return _own(schedule["Name"] for schedule in found)

    def monitoring_schedules(self) -> set[str]:
        """SageMaker's."""
        found = self.session.client("sagemaker").list_monitoring_schedules()
        return _own(each["MonitoringScheduleName"] for each in found["MonitoringScheduleSummaries"])

    def outputs(self, stack: str) -> dict[str, str]:
        (found,) = self.session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def _own(names: Iterable[str]) -> set[str]:
    """Those of this project: the server is shared with other tests."""
    return {name for name in names if name.startswith(f"{PROJECT}-")}


@pytest.fixture(scope="module")
def project(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodeBuildProject]:
    """A project with an approved model, and this checkout as its source."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(server).items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        workspace = tmp_path_factory.mktemp("build")
        session = boto3.Session()
        table = fraud.generate(2000, 5)
        account = seed.seed(Aws(session), fraud.MODEL, table, workspace, PROJECT).account
        working_copy(ROOT, workspace / "source")
        variables = {
            "MODEL_MONITOR_ROLE_ARN": account.role_arn,
            "SAGEMAKER_PROJECT_ID": account.project_id,
            "SAGEMAKER_PROJECT_NAME": PROJECT,
            "MONITOR_OUTPUTS_BUCKET": account.bucket,
            "ARTIFACT_BUCKET": account.bucket,
            "EXPORT_TEMPLATE_NAME": "template-export.yml",
            "EXPORT_TEMPLATE_STAGING_CONFIG": "staging-config-export.json",
            "EXPORT_TEMPLATE_PROD_CONFIG": "prod-config-export.json",
            "DEPLOY_STAGES": "staging",
        }
        yield CodeBuildProject(workspace / "source", variables, session)


@dataclass(frozen=True)
class SelfHosted:
    """What a build with the self-hosted engine deployed, before another changed it."""

    build: codebuild.Build
    outputs: dict[str, dict[str, str]]
    alarms: set[str]
    managed_schedules: set[str]
    scheduled: set[str]


@pytest.fixture(scope="module")
def self_hosted(project: CodeBuildProject) -> SelfHosted:
    """A build that deployed staging with the self-hosted engine."""
    hosted = {"MonitorEngine": "self-hosted", "AnalyzerImageUri": IMAGE}
    project.configure("staging-monitoring-schedule-config.json", **hosted)
    build, lines = project.build(("build",))
    assert build.succeeded, lines
    return SelfHosted(
        build,
        {stack: project.outputs(stack) for stack in project.stacks()},
        project.alarms(),
        project.monitoring_schedules(),
        project.schedules(),
    )


@pytest.fixture(scope="module")
def deployed(project: CodeBuildProject, self_hosted: SelfHosted) -> codebuild.Build:
    """A build that deployed staging with the managed engine again."""
    project.configure("staging-monitoring-schedule-config.json", MonitorEngine="managed")
    build, lines = project.build(("pre_build", "build"))
    assert build.succeeded, lines
    return build


def test_a_build_deploys_a_third_stack_for_the_self_hosted_engine(self_hosted):
    assert self_hosted.build.exported == {"DEPLOYED_STACKS": f"{ENDPOINT} {MONITORS} {ENGINE}"}
    assert self_hosted.outputs.keys() == {ENDPOINT, MONITORS, ENGINE}
    assert self_hosted.outputs[ENGINE]["MonitorEngine"] == "self-hosted"
    assert self_hosted.outputs[MONITORS]["DataQualityMonitorStatus"] == "on"


def test_the_self_hosted_engine_has_schedules_of_its_own_and_the_same_alarms(self_hosted):
    assert self_hosted.managed_schedules == set()
    assert self_hosted.scheduled == {f"{PROJECT}-staging-DataQuality"}
    assert self_hosted.alarms


@pytest.mark.usefixtures("deployed")
def test_a_build_with_the_managed_engine_removes_the_third_stack_and_nothing_else(
    project, self_hosted
):
    assert project.stacks() == {ENDPOINT, MONITORS}
    assert project.schedules() == set()
    assert project.monitoring_schedules()
    assert project.alarms() == self_hosted.alarms
    assert project.outputs(MONITORS).keys() >= self_hosted.outputs[MONITORS].keys()
    assert project.outputs(ENDPOINT) == self_hosted.outputs[ENDPOINT]


def test_a_build_deploys_the_stages_it_is_told_and_names_their_stacks(project, deployed):
    assert deployed.exported == {"DEPLOYED_STACKS": f"{ENDPOINT} {MONITORS}"}
    assert project.outputs(ENDPOINT)["EndpointName"] == f"{PROJECT}-staging"
    assert project.outputs(MONITORS)["DataQualityMonitorStatus"] == "on"


def test_a_build_leaves_the_packaged_templates_and_every_stages_configuration(deployed):
    assert sorted(path.name for path in deployed.artifacts) == [
        "packaged-endpoint.yml",
        "packaged-self-hosted.yml",
        "prod-config-export.json",
        "prod-endpoint-config-export.json",
        "staging-config-export.json",
        "staging-endpoint-config-export.json",
        "template-export.yml",
    ]


def test_a_packaged_template_still_fits_into_one_request(deployed):
    for artifact in deployed.artifacts:
        if artifact.suffix == ".yml":
            assert artifact.stat().st_size <= LARGEST_TEMPLATE_BODY


@pytest.mark.usefixtures("deployed")
def test_a_refused_change_fails_the_build_with_its_reason_and_leaves_the_stack_as_it_was(project):
    before = project.outputs(ENDPOINT)
    project.configure("staging-endpoint-config.json", EndpointInstanceType="ml.m5.enormous")
    build, lines = project.build(("build",))
    assert not build.succeeded
    said = "\n".join(lines)
    assert f"{ENDPOINT} was not deployed. What failed in it" in said
    assert "  EndpointConfig: " in said
    assert "ml.m5.enormous" in said
    assert project.outputs(ENDPOINT) == before
