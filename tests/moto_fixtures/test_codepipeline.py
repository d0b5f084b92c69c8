"""CodePipeline: a delivery from a zip in S3, through a build and an approval, to a stack."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from moto_fixtures import work
from tests.moto_fixtures.events.test_rules import hearing

BUCKET = "delivery"
SPEC = """version: 0.2
env: {exported-variables: [TOPIC]}
phases:
  build:
    commands:
      - export TOPIC="$PREFIX-$(cat name.txt)"
      - |
        echo "{\\"Parameters\\": {\\"Name\\": \\"$TOPIC\\"}}" > staging.json
artifacts: {files: [template.yml, staging.json]}
"""
TEMPLATE = """
Parameters: {Name: {Type: String}, Title: {Type: String, Default: none}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name, DisplayName: !Ref Title}}
Outputs: {Arn: {Value: !Ref Topic}}
"""
Run = Callable[..., str]


def action(name: str, kind: str, category: str, **members: Any) -> dict[str, Any]:
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": kind, "version": "1"},
        **members,
    }


def artifacts(*names: str) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


SOURCE = action(
    "Zip",
    "S3",
    "Source",
    configuration={"S3Bucket": BUCKET, "S3ObjectKey": "source.zip"},
    outputArtifacts=artifacts("source"),
    namespace="Source",
)
BUILD = action(
    "Render",
    "CodeBuild",
    "Build",
    configuration={
        "ProjectName": "render",
        "EnvironmentVariables": json.dumps([{"name": "PREFIX", "value": "#{variables.prefix}"}]),
    },
    inputArtifacts=artifacts("source"),
    outputArtifacts=artifacts("rendered"),
    namespace="Render",
)
APPROVE = action(
    "Approve", "Manual", "Approval", configuration={"CustomData": "Topic #{Render.TOPIC}?"}
)
DEPLOY = action(
    "Deploy",
    "CloudFormation",
    "Deploy",
    configuration={
        "ActionMode": "CREATE_UPDATE",
        "StackName": "topics",
        "TemplatePath": "rendered::template.yml",
        "TemplateConfiguration": "rendered::staging.json",
        "ParameterOverrides": json.dumps({"Title": "#{codepipeline.PipelineExecutionId}"}),
        "OutputFileName": "outputs.json",
    },
    inputArtifacts=artifacts("rendered"),
    outputArtifacts=artifacts("deployed"),
    namespace="Deploy",
)


def stages(*groups: tuple[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [{"name": name, "actions": actions} for name, actions in groups]


WHOLE = stages(
    ("Source", [SOURCE]), ("Build", [BUILD]), ("Approval", [APPROVE]), ("Staging", [DEPLOY])
)
SHORT = stages(("Source", [SOURCE]), ("Approval", [APPROVE | {"configuration": {}}]))


@pytest.fixture
def pipelines(session: boto3.Session) -> Any:
    """CodePipeline, with the roles, the bucket, the source and the project it needs."""
    upload(session, name="first")
    roles = {}
    for service in ("codepipeline", "codebuild"):
        principal = {"Service": f"{service}.amazonaws.com"}
        trust = [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]
        roles[service] = session.client("iam").create_role(
            RoleName=service,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
        )["Role"]["Arn"]
    session.client("codebuild").create_project(
        name="render",
        source={"type": "CODEPIPELINE"},
        artifacts={"type": "CODEPIPELINE"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=roles["codebuild"],
    )
    return session.client("codepipeline")


@pytest.fixture
def create(pipelines: Any) -> Callable[..., Any]:
    def make(of: list[dict[str, Any]] = WHOLE, **members: Any) -> Any:
        return pipelines.create_pipeline(
            pipeline={
                "name": "delivery",
                "roleArn": "arn:aws:iam::123456789012:role/codepipeline",
                "artifactStore": {"type": "S3", "location": BUCKET},
                "pipelineType": "V2",
                "variables": [{"name": "prefix", "defaultValue": "ours"}],
                "stages": of,
                **members,
            }
        )

    return make


@pytest.fixture
def run(pipelines: Any) -> Run:
    """Start an execution and wait until it rests; its id."""

    def start(**members: Any) -> str:
        begun = pipelines.start_pipeline_execution(name="delivery", **members)
        work.wait_for_all()
        return str(begun["pipelineExecutionId"])

    return start


def upload(session: boto3.Session, **changed: str) -> None:
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    files = {"buildspec.yml": SPEC, "template.yml": TEMPLATE, "name.txt": changed["name"]}
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    s3.put_object(Bucket=BUCKET, Key="source.zip", Body=body.getvalue())


def status(pipelines: Any, execution: str) -> str:
    found = pipelines.get_pipeline_execution(pipelineName="delivery", pipelineExecutionId=execution)
    return str(found["pipelineExecution"]["status"])


def stage(pipelines: Any, name: str) -> dict[str, Any]:
    (found,) = (
        one
        for one in pipelines.get_pipeline_state(name="delivery")["stageStates"]
        if one["stageName"] == name
    )
    return dict(found)


def answer(pipelines: Any, status: str = "Approved", token: str = "") -> Any:
    waiting = stage(pipelines, "Approval")["actionStates"][0]["latestExecution"]
    answered = pipelines.put_approval_result(
        pipelineName="delivery",
        stageName="Approval",
        actionName="Approve",
        result={"summary": "seen", "status": status},
        token=token or waiting["token"],
    )
    work.wait_for_all()
    return answered


def test_a_zip_is_built_approved_and_deployed(session, pipelines, create, run):
    create()
    execution = run(variables=[{"name": "prefix", "value": "mine"}])
    assert status(pipelines, execution) == "InProgress"
    assert stage(pipelines, "Build")["latestExecution"]["status"] == "Succeeded"
    assert "latestExecution" not in stage(pipelines, "Staging")
    answer(pipelines)
    assert status(pipelines, execution) == "Succeeded"
    (topic,) = session.client("sns").list_topics()["Topics"]
    assert topic["TopicArn"].endswith(":mine-first")
    details = pipelines.list_action_executions(pipelineName="delivery")["actionExecutionDetails"]
    by_name = {one["actionName"]: one for one in details}
    assert [one["actionName"] for one in details] == ["Deploy", "Approve", "Render", "Zip"]
    asked = by_name["Approve"]["input"]["resolvedConfiguration"]["CustomData"]
    assert asked == "Topic mine-first?"
    assert by_name["Deploy"]["output"]["outputVariables"] == {"Arn": topic["TopicArn"]}
    where = by_name["Deploy"]["output"]["outputArtifacts"][0]["s3location"]
    body = session.client("s3").get_object(Bucket=where["bucket"], Key=where["key"])["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert json.loads(archive.read("outputs.json")) == {"Arn": topic["TopicArn"]}
    attributes = session.client("sns").get_topic_attributes(TopicArn=topic["TopicArn"])
    assert attributes["Attributes"]["DisplayName"] == execution


def test_a_rejection_stops_and_the_stage_can_be_retried(pipelines, create, run):
    create(SHORT)
    execution = run()
    answer(pipelines, "Rejected")
    assert status(pipelines, execution) == "Failed"
    failed = stage(pipelines, "Approval")["actionStates"][0]["latestExecution"]
    assert (failed["status"], failed["summary"]) == ("Failed", "seen")
    pipelines.retry_stage_execution(
        pipelineName="delivery",
        stageName="Approval",
        pipelineExecutionId=execution,
        retryMode="FAILED_ACTIONS",
    )
    work.wait_for_all()
    answer(pipelines)
    assert status(pipelines, execution) == "Succeeded"


def test_an_approval_needs_its_token_and_is_given_once(pipelines, create, run):
    create(SHORT)
    run()
    with pytest.raises(pipelines.exceptions.InvalidApprovalTokenException):
        answer(pipelines, token="00000000-0000-0000-0000-000000000000")
    token = stage(pipelines, "Approval")["actionStates"][0]["latestExecution"]["token"]
    answer(pipelines)
    with pytest.raises(pipelines.exceptions.ApprovalAlreadyCompletedException):
        answer(pipelines, token=token)


def test_a_failed_build_fails_its_stage_and_says_why(session, pipelines, create, run):
    create()
    session.client("s3").delete_object(Bucket=BUCKET, Key="source.zip")
    assert status(pipelines, run()) == "Failed"
    assert "latestExecution" not in stage(pipelines, "Build")
    upload(session, name="first")
    broken = SPEC.replace("- export", "- exit 9\n      - export")
    session.client("codebuild").update_project(
        name="render", source={"type": "CODEPIPELINE", "buildspec": broken}
    )
    execution = run()
    assert status(pipelines, execution) == "Failed"
    error = stage(pipelines, "Build")["actionStates"][0]["latestExecution"]["errorDetails"]
    assert error["code"] == "JobFailed"
    assert "Phase: BUILD, Code: COMMAND_EXECUTION_ERROR" in error["message"]
    session.client("codebuild").update_project(name="render", source={"type": "CODEPIPELINE"})
    pipelines.retry_stage_execution(
        pipelineName="delivery",
        stageName="Build",
        pipelineExecutionId=execution,
        retryMode="ALL_ACTIONS",
    )
    work.wait_for_all()
    assert stage(pipelines, "Approval")["latestExecution"]["status"] == "InProgress"


def test_a_disabled_transition_holds_executions_and_the_newest_goes_on(pipelines, create, run):
    create(SHORT)
    way = {"pipelineName": "delivery", "stageName": "Approval", "transitionType": "Inbound"}
    pipelines.disable_stage_transition(**way, reason="holidays")
    first, second = run(), run()
    held = stage(pipelines, "Approval")
    assert held["inboundTransitionState"]["disabledReason"] == "holidays"
    assert held["inboundExecution"]["pipelineExecutionId"] == second
    assert status(pipelines, first) == "Superseded"
    pipelines.enable_stage_transition(**way)
    work.wait_for_all()
    answer(pipelines)
    assert status(pipelines, second) == "Succeeded"


def test_a_stage_has_one_execution_at_a_time(pipelines, create, run):
    create(SHORT)
    first, second = run(), run()
    assert stage(pipelines, "Approval")["inboundExecution"]["pipelineExecutionId"] == second
    answer(pipelines)
    assert (status(pipelines, first), status(pipelines, second)) == ("Succeeded", "InProgress")
    assert stage(pipelines, "Approval")["latestExecution"]["pipelineExecutionId"] == second


@pytest.mark.parametrize("abandon", [True, False])
def test_a_stopped_execution_ends_at_once_or_after_its_action(pipelines, create, run, abandon):
    create(SHORT)
    execution = run()
    pipelines.stop_pipeline_execution(
        pipelineName="delivery", pipelineExecutionId=execution, abandon=abandon, reason="enough"
    )
    if not abandon:
        assert status(pipelines, execution) == "Stopping"
        answer(pipelines)
    assert status(pipelines, execution) == "Stopped"
    (summary,) = pipelines.list_pipeline_executions(pipelineName="delivery")[
        "pipelineExecutionSummaries"
    ]
    assert summary["stopTrigger"]["reason"] == "enough"


def test_a_change_set_is_made_in_one_action_and_executed_in_the_next(
    session, pipelines, create, run
):
    common = {"StackName": "topics", "ChangeSetName": "next"}
    replace = {
        **common,
        "ActionMode": "CHANGE_SET_REPLACE",
        "TemplatePath": "source::template.yml",
        "ParameterOverrides": json.dumps({"Name": "changed"}),
    }
    read = {"inputArtifacts": artifacts("source")}
    deploy = [
        action("Plan", "CloudFormation", "Deploy", configuration=replace, runOrder=1, **read),
        action(
            "Apply",
            "CloudFormation",
            "Deploy",
            configuration={**common, "ActionMode": "CHANGE_SET_EXECUTE"},
            runOrder=2,
        ),
    ]
    create(stages(("Source", [SOURCE]), ("Deploy", deploy)))
    for _ in range(2):  # the second finds nothing to change
        assert status(pipelines, run()) == "Succeeded"
    described = session.client("cloudformation").describe_stacks(StackName="topics")["Stacks"][0]
    assert described["StackStatus"] == "CREATE_COMPLETE"
    assert described["Outputs"][0]["OutputValue"].endswith(":changed")
    remove = action(
        "Remove",
        "CloudFormation",
        "Deploy",
        configuration={"ActionMode": "DELETE_ONLY", "StackName": "topics"},
    )
    declared = pipelines.get_pipeline(name="delivery")["pipeline"]
    declared["stages"] = stages(("Source", [SOURCE]), ("Remove", [remove]))
    pipelines.update_pipeline(pipeline=declared)
    assert status(pipelines, run()) == "Succeeded"
    assert session.client("sns").list_topics()["Topics"] == []


def test_a_stack_that_fails_fails_the_action_with_its_reason(pipelines, create, run):
    bad = DEPLOY | {
        "configuration": {
            "ActionMode": "CREATE_UPDATE",
            "StackName": "topics",
            "TemplatePath": "source::none.yml",
        },
        "inputArtifacts": artifacts("source"),
    }
    create(stages(("Source", [SOURCE]), ("Deploy", [bad])))
    assert status(pipelines, run()) == "Failed"
    error = stage(pipelines, "Deploy")["actionStates"][0]["latestExecution"]["errorDetails"]
    assert "File [none.yml] does not exist in artifact [source]" in error["message"]


@pytest.mark.parametrize(
    ("of", "code", "said"),
    [
        (
            stages(("Source", [SOURCE]), ("Go", [action("Call", "Lambda", "Invoke")])),
            "NotSimulated",
            "action type Invoke/AWS/Lambda",
        ),
        (
            stages(("Source", [SOURCE]), ("Build", [BUILD | {"inputArtifacts": artifacts("no")}])),
            "InvalidStructureException",
            "Input Artifact Bundle no in action Render",
        ),
        (
            stages(("Source", [SOURCE]), ("Source", [APPROVE])),
            "InvalidStructureException",
            "used more than once",
        ),
        (
            stages(("Go", [APPROVE]), ("Source", [SOURCE])),
            "InvalidStructureException",
            "contain source actions",
        ),
    ],
)
def test_a_pipeline_that_cannot_run_is_refused_whole(pipelines, create, of, code, said):
    with pytest.raises(ClientError, match=said) as refused:
        create(of)
    assert refused.value.response["Error"]["Code"] == code
    assert pipelines.list_pipelines()["pipelines"] == []


def test_a_repository_nobody_registered_is_refused_by_name(pipelines, create, run):
    repository = action(
        "Git",
        "CodeStarSourceConnection",
        "Source",
        configuration={"FullRepositoryId": "us/none", "BranchName": "main", "ConnectionArn": "a"},
        outputArtifacts=artifacts("source"),
    )
    create(stages(("Source", [repository]), ("Approval", [APPROVE])))
    with pytest.raises(ClientError, match="CodeStarSourceConnection us/none is not simulated"):
        run()


def test_an_execution_is_heard_from_its_start_to_its_end(session, pipelines, create, run):
    queue = hearing(session, "aws.codepipeline")
    create(SHORT)
    execution = run()
    answer(pipelines, "Rejected")
    details = [body["detail"] for body in queue.bodies()]
    assert [one["state"] for one in details] == ["STARTED", "FAILED"]
    assert {(one["pipeline"], one["execution-id"]) for one in details} == {("delivery", execution)}
