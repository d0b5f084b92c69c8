"""CodeBuild's API: a project's buildspec really runs, and the build says how it went."""

from __future__ import annotations

import io
import json
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from moto_fixtures import checkout, work
from tests.moto_fixtures.events.test_rules import hearing

BUCKET = "builds"
FRAME = "version: 0.2\n"
Builder = Callable[..., dict[str, Any]]


@pytest.fixture
def role(session: boto3.Session) -> str:
    session.client("s3").create_bucket(Bucket=BUCKET)
    trust = {"Version": "2012-10-17", "Statement": []}
    made = session.client("iam").create_role(
        RoleName="builder", AssumeRolePolicyDocument=json.dumps(trust)
    )
    return str(made["Role"]["Arn"])


@pytest.fixture
def create(session: boto3.Session, role: str) -> Callable[..., Any]:
    """A project named `web`; NO_SOURCE and NO_ARTIFACTS unless said otherwise."""
    codebuild = session.client("codebuild")

    def make(buildspec: str = "", **changed: Any) -> Any:
        given: dict[str, Any] = {
            "name": "web",
            "source": {"type": "NO_SOURCE", "buildspec": FRAME + buildspec},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            "serviceRole": role,
            **changed,
        }
        return codebuild.create_project(**given)["project"]

    return make


@pytest.fixture
def build(session: boto3.Session) -> Builder:
    """Start a build of `web` and wait for its end."""
    codebuild = session.client("codebuild")

    def run(**request: Any) -> dict[str, Any]:
        started = codebuild.start_build(projectName="web", **request)["build"]
        assert started["buildStatus"] == "IN_PROGRESS"
        assert not started["buildComplete"]
        work.wait(started["arn"])
        (ended,) = codebuild.batch_get_builds(ids=[started["id"]])["builds"]
        return dict(ended)

    return run


def zipped(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return made.getvalue()


def log(session: boto3.Session, ended: dict[str, Any]) -> str:
    found = session.client("logs").get_log_events(
        logGroupName=ended["logs"]["groupName"], logStreamName=ended["logs"]["streamName"]
    )
    return "\n".join(event["message"] for event in found["events"])


def phases(ended: dict[str, Any]) -> dict[str, str]:
    return {phase["phaseType"]: phase.get("phaseStatus", "") for phase in ended["phases"]}


def test_a_build_runs_its_commands_and_passes_all_phases(session, create, build):
    create("phases: {build: {commands: ['echo hello from $CODEBUILD_BUILD_NUMBER']}}")
    ended = build()
    assert ended["buildStatus"] == "SUCCEEDED"
    assert ended["buildComplete"]
    assert phases(ended) == {
        "SUBMITTED": "SUCCEEDED",
        "QUEUED": "SUCCEEDED",
        "PROVISIONING": "SUCCEEDED",
        "DOWNLOAD_SOURCE": "SUCCEEDED",
        "BUILD": "SUCCEEDED",
        "UPLOAD_ARTIFACTS": "SUCCEEDED",
        "FINALIZING": "SUCCEEDED",
        "COMPLETED": "",
    }
    assert "hello from 1" in log(session, ended)
    assert build()["buildNumber"] == 2


def test_source_and_artifacts_are_zips_in_s3(session, create, build):
    spec = """
env: {exported-variables: [RESULT]}
phases:
  build:
    commands:
      - tr a-z A-Z < text.txt > out.txt
      - export RESULT="$(cat out.txt)"
artifacts: {files: [out.txt], name: named.zip}
"""
    s3 = session.client("s3")
    s3.put_object(
        Bucket=BUCKET, Key="in.zip", Body=zipped(text__txt="loud", buildspec__yml=FRAME + spec)
    )
    to = {"type": "S3", "location": BUCKET, "path": "to", "packaging": "ZIP"}
    create(
        source={"type": "S3", "location": f"{BUCKET}/in.zip"},
        artifacts={**to, "name": "web.zip", "overrideArtifactName": True},
    )
    ended = build()
    assert ended["exportedEnvironmentVariables"] == [{"name": "RESULT", "value": "LOUD"}]
    assert ended["artifacts"]["location"] == f"arn:aws:s3:::{BUCKET}/to/named.zip"
    body = s3.get_object(Bucket=BUCKET, Key="to/named.zip")["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.read("out.txt") == b"LOUD"


def test_secondary_sources_and_artifacts_have_places_of_their_own(session, create, build):
    s3 = session.client("s3")
    s3.put_object(Bucket=BUCKET, Key="other/name.txt", Body=b"beside")
    create(
        """
phases:
  build:
    commands: ['cp "$CODEBUILD_SRC_DIR_other/name.txt" copy.txt', 'echo main > main.txt']
artifacts:
  files: [main.txt]
  secondary-artifacts: {second: {files: [copy.txt]}}
""",
        secondarySources=[
            {"type": "S3", "location": f"{BUCKET}/other/", "sourceIdentifier": "other"}
        ],
        artifacts={"type": "S3", "location": BUCKET, "namespaceType": "BUILD_ID"},
        secondaryArtifacts=[{"type": "S3", "location": BUCKET, "artifactIdentifier": "second"}],
    )
    ended = build()
    assert ended["buildStatus"] == "SUCCEEDED", ended["phases"]
    keys = {one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    own = ended["id"].partition(":")[2]
    assert keys == {"other/name.txt", f"{own}/web/main.txt", "second/copy.txt"}
    assert ended["secondaryArtifacts"][0]["artifactIdentifier"] == "second"


def test_variables_come_from_project_override_parameter_and_secret(session, create, build):
    session.client("ssm").put_parameter(Name="/colour", Value="green", Type="SecureString")
    session.client("secretsmanager").create_secret(
        Name="login", SecretString=json.dumps({"user": "anna"})
    )
    said = "said $PLAIN $FIRST $COLOUR $LOGIN $USERNAME"
    create(
        "env: {variables: {FIRST: spec, PLAIN: spec}, parameter-store: {COLOUR: /colour},"
        " secrets-manager: {USERNAME: 'login:user'}}\n"
        f"phases: {{build: {{commands: ['echo {said}']}}}}",
        environment={
            "type": "LINUX_CONTAINER",
            "image": "any",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [
                {"name": "PLAIN", "value": "project"},
                {"name": "LOGIN", "value": "login:user", "type": "SECRETS_MANAGER"},
            ],
        },
    )
    override = [{"name": "PLAIN", "value": "override", "type": "PLAINTEXT"}]
    ended = build(environmentVariablesOverride=override)
    assert "said override spec green anna anna" in log(session, ended)


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        ("phases: {deploy: {}}", "YAML_FILE_ERROR", "deploy under phases is not simulated"),
        (
            "env: {parameter-store: {A: /none}}\nphases: {build: {commands: [ls]}}",
            "Decrypted Variables Error",
            "parameter /none: ParameterNotFound",
        ),
    ],
)
def test_what_fails_before_the_first_command_fails_the_download(create, build, spec, code, message):
    create(spec)
    ended = build()
    assert ended["buildStatus"] == "FAILED"
    (failed,) = [one for one in ended["phases"] if one.get("phaseStatus") == "FAILED"]
    assert failed["phaseType"] == "DOWNLOAD_SOURCE"
    assert failed["contexts"][0]["statusCode"] == code
    assert message in failed["contexts"][0]["message"]


def test_a_missing_source_fails_the_download(create, build):
    create(source={"type": "S3", "location": f"{BUCKET}/none.zip"})
    ended = build()
    assert phases(ended)["DOWNLOAD_SOURCE"] == "FAILED"
    assert "BUILD" not in phases(ended)


def test_a_failing_command_says_which_and_how(create, build):
    create("phases: {build: {commands: ['exit 7']}, post_build: {commands: [ls]}}")
    ended = build()
    assert ended["buildStatus"] == "FAILED"
    assert phases(ended)["POST_BUILD"] == "SUCCEEDED"
    (failed,) = [one for one in ended["phases"] if one.get("phaseStatus") == "FAILED"]
    assert failed["contexts"] == [
        {
            "statusCode": "COMMAND_EXECUTION_ERROR",
            "message": "Error while executing command: exit 7. Reason: exit status 7",
        }
    ]


def test_a_stopped_build_ends_at_once_and_runs_nothing_more(session, create):
    create("phases: {build: {commands: ['echo on > /dev/null; sleep 60', 'echo never']}}")
    codebuild = session.client("codebuild")
    started = codebuild.start_build(projectName="web")["build"]
    while phases(codebuild.batch_get_builds(ids=[started["id"]])["builds"][0]).get("BUILD") is None:
        time.sleep(0.02)
    stopped = codebuild.stop_build(id=started["id"])["build"]
    assert stopped["buildStatus"] == "STOPPED"
    assert phases(stopped)["BUILD"] == "STOPPED"
    assert "Running command echo never" not in log(session, stopped)


def test_commands_reach_this_aws_with_the_roles_credentials(session, create, build):
    create("phases: {build: {commands: ['aws sts get-caller-identity --query Arn']}}")
    assert "assumed-role/builder" in log(session, build())


def test_a_repository_is_built_from_the_checkout_registered_for_it(create, build, tmp_path: Path):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    location = f"https://git.example/{tmp_path.name}.git"
    (tmp_path / "buildspec.yml").write_text(FRAME + "phases: {build: {commands: [ls]}}")
    with pytest.raises(ClientError, match="is not simulated by the offline AWS") as refused:
        create(source={"type": "GITHUB", "location": location})
        build()
    assert refused.value.response["Error"]["Code"] == "NotSimulated"
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    checkout.register(location, tmp_path)
    ended = build()
    assert ended["buildStatus"] == "SUCCEEDED"
    assert ended["resolvedSourceVersion"] == checkout.head(tmp_path)


def test_builds_are_listed_newest_first_and_unknown_ones_named(session, create, build):
    create("phases: {build: {commands: ['true']}}")
    first, second = build()["id"], build()["id"]
    codebuild = session.client("codebuild")
    assert codebuild.list_builds()["ids"] == [second, first]
    ascending = codebuild.list_builds_for_project(projectName="web", sortOrder="ASCENDING")
    assert ascending["ids"] == [first, second]
    assert codebuild.batch_get_builds(ids=["web:none"])["buildsNotFound"] == ["web:none"]
    again = codebuild.retry_build(id=first)["build"]
    work.wait(again["arn"])
    deleted = codebuild.batch_delete_builds(ids=[first, "web:none"])
    assert deleted["buildsDeleted"][0].endswith(first)
    assert deleted["buildsNotDeleted"] == [{"id": "web:none", "statusCode": "BUILD_NOT_FOUND"}]


def test_a_project_shows_what_it_was_given_and_what_was_changed(session, create):
    made = create("phases: {build: {commands: [ls]}}", timeoutInMinutes=7, description="first")
    assert made["timeoutInMinutes"] == 7
    codebuild = session.client("codebuild")
    codebuild.update_project(name="web", description="second")
    (shown,) = codebuild.batch_get_projects(names=["web"])["projects"]
    assert (shown["description"], shown["timeoutInMinutes"]) == ("second", 7)
    with pytest.raises(codebuild.exceptions.ResourceAlreadyExistsException):
        create()
    codebuild.delete_project(name="web")
    assert codebuild.batch_get_projects(names=["web"])["projectsNotFound"] == ["web"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"serviceRole": "arn:aws:iam::123456789012:role/none"}, "not authorized to perform"),
        ({"artifacts": {"type": "S3"}}, "artifact location is required"),
        ({"timeoutInMinutes": 9000}, "less than or equal to 2160"),
        ({"source": {"type": "NO_SOURCE"}}, "requires a buildspec"),
    ],
)
def test_a_project_that_cannot_be_built_is_refused(create, changed, said):
    with pytest.raises(ClientError, match=said) as refused:
        create(**changed)
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


@pytest.mark.parametrize(
    "changed",
    [
        {"logsConfig": {"s3Logs": {"status": "ENABLED", "location": BUCKET}}},
        {"buildBatchConfig": {"serviceRole": "any"}},
    ],
)
def test_what_would_be_dropped_in_silence_is_refused_by_name(create, changed):
    with pytest.raises(ClientError, match="is not simulated by the offline AWS") as refused:
        create(**changed)
    assert refused.value.response["Error"]["Code"] == "NotSimulated"


def test_a_build_is_heard_when_it_begins_and_when_it_has_ended(session, create, build):
    queue = hearing(session, "aws.codebuild")
    create("phases: {build: {commands: ['exit 3']}}")
    ended = build()
    details = [body["detail"] for body in queue.bodies()]
    assert [one["build-status"] for one in details] == ["IN_PROGRESS", "FAILED"]
    assert {one["build-id"] for one in details} == {ended["arn"]}
    assert details[-1]["current-phase"] == "COMPLETED"
    assert details[-1]["additional-information"]["build-complete"] is True
