"""An execution: order, branches, failures, stops, retries, selection."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from moto_fixtures import work
from moto_fixtures.pipelines import running
from tests.moto_fixtures.building import IMAGE, ROLE, client
from tests.moto_fixtures.pipelines.building import (
    Document,
    Pipelines,
    compare,
    condition,
    definition,
    fail,
    passes,
)

LOW = {"Name": "Limit", "Type": "Float", "DefaultValue": 0.5}


def register(name: str, group: str = "g") -> Document:
    """A RegisterModel step."""
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}
    arguments = {
        "ModelPackageGroupName": group,
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    }
    return {"Name": name, "Type": "RegisterModel", "Arguments": arguments}


@pytest.fixture
def gated(pipelines: Pipelines) -> Pipelines:
    """A pipeline that registers a model or fails, by a parameter."""
    message = {"Std:Join": {"On": " ", "Values": ["above", {"Get": "Parameters.Limit"}]}}
    check = compare({"Get": "Parameters.Limit"}, "LessThan", 0.7)
    gate = condition("Gate", check, then=[register("Keep")], otherwise=[fail("Stop", message)])
    pipelines.create(definition(gate, parameters=[LOW]))
    return pipelines


def test_the_branch_that_is_taken_runs_and_the_other_never_began(gated: Pipelines) -> None:
    arn = gated.run()
    assert gated.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = gated.steps(arn)
    assert list(steps) == ["Gate", "Keep"]
    assert steps["Gate"]["Metadata"]["Condition"]["Outcome"] == "True"
    package = steps["Keep"]["Metadata"]["RegisterModel"]["Arn"]
    assert package.endswith("model-package/g/1")
    assert gated.sagemaker.describe_model_package(ModelPackageName=package)


def test_a_step_behind_a_branch_that_is_not_taken_never_begins(pipelines: Pipelines) -> None:
    gate = condition("Gate", compare(1, "Equals", 2), then=[passes("In")])
    behind = passes("Behind", DependsOn=["In"])
    pipelines.create(definition(gate, behind, passes("Free", DependsOn=["Gate"])))
    arn = pipelines.run()
    assert pipelines.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert list(pipelines.steps(arn)) == ["Gate", "Free"]


def test_a_fail_step_fails_the_execution_with_its_message(gated: Pipelines) -> None:
    arn = gated.run({"Limit": "0.9"})
    got = gated.describe(arn)
    assert got["PipelineExecutionStatus"] == "Failed"
    assert got["FailureReason"] == running.ONE_FAILED
    assert gated.steps(arn)["Stop"]["FailureReason"] == "above 0.9"


def test_the_parameters_of_an_execution_are_listed_with_their_defaults(gated: Pipelines) -> None:
    for given, value in ((None, "0.5"), ({"Limit": "0.2"}, "0.2")):
        listed = gated.sagemaker.list_pipeline_parameters_for_execution(
            PipelineExecutionArn=gated.run(given)
        )
        assert listed["PipelineParameters"] == [{"Name": "Limit", "Value": value}]


def test_nothing_becomes_ready_after_a_failure_but_what_was_ready_runs(
    pipelines: Pipelines,
) -> None:
    wrong = condition("Wrong", compare("a", "LessThan", 1))
    pipelines.create(
        definition(wrong, passes("Beside"), passes("After", DependsOn=["Beside"])),
    )
    arn = pipelines.run()
    assert pipelines.statuses(arn) == {"Wrong": "Failed", "Beside": "Succeeded"}
    assert "cannot compare" in pipelines.steps(arn)["Wrong"]["FailureReason"]
    one_at_a_time = pipelines.run(ParallelismConfiguration={"MaxParallelExecutionSteps": 1})
    assert pipelines.statuses(one_at_a_time) == {"Wrong": "Failed"}


def test_a_model_step_makes_a_model_that_later_steps_can_name(pipelines: Pipelines) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}
    model = {
        "Name": "Make",
        "Type": "Model",
        "Arguments": {
            "PrimaryContainer": container,
            "ExecutionRoleArn": ROLE,
        },
    }
    pipelines.create(definition(model, fail("Say", {"Get": "Steps.Make.ModelName"})))
    steps = pipelines.steps(pipelines.run())
    name = steps["Say"]["FailureReason"]
    assert name.startswith("pipelines-") and "-Make-" in name
    described = pipelines.sagemaker.describe_model(ModelName=name)
    assert described["ModelArn"] == steps["Make"]["Metadata"]["Model"]["Arn"]


def test_a_request_that_is_refused_fails_its_step_with_the_services_words(
    pipelines: Pipelines,
) -> None:
    step = register("Keep")
    del step["Arguments"]["InferenceSpecification"]["SupportedContentTypes"]
    step["Arguments"]["ModelApprovalStatus"] = "Perhaps"
    pipelines.create(definition(step))
    reason = pipelines.steps(pipelines.run())["Keep"]["FailureReason"]
    assert "modelApprovalStatus" in reason and reason.startswith("ClientError")


def test_execution_variables_are_those_of_the_execution(pipelines: Pipelines) -> None:
    names = ("PipelineName", "PipelineExecutionId", "PipelineArn", "PipelineExecutionArn")
    values = [{"Get": f"Execution.{name}"} for name in names]
    arn = pipelines.create(definition(fail("Say", {"Std:Join": {"On": " ", "Values": values}})))
    execution = pipelines.run()
    said = pipelines.steps(execution)["Say"]["FailureReason"].split()
    assert said == ["p", execution.rsplit("/", 1)[-1], arn, execution]


def test_a_retry_runs_what_failed_and_keeps_what_succeeded(
    pipelines: Pipelines, session: boto3.Session
) -> None:
    """The file that a condition reads appears between the attempts."""
    s3 = client(session, "s3")
    s3.create_bucket(Bucket="later")
    read = {"Std:JsonGet": {"S3Uri": "s3://later/auc.json", "Path": "auc"}}
    gate = condition("Gate", compare(read, "GreaterThan", 0.5), then=[register("Keep")])
    pipelines.create(definition(passes("First"), {**gate, "DependsOn": ["First"]}))
    arn = pipelines.run()
    assert "s3://later/auc.json cannot be read" in pipelines.steps(arn)["Gate"]["FailureReason"]
    first = pipelines.steps(arn)["First"]
    s3.put_object(Bucket="later", Key="auc.json", Body=b'{"auc": 0.9}')
    pipelines.sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
    work.wait(arn)
    assert pipelines.statuses(arn) == dict.fromkeys(("First", "Gate", "Keep"), "Succeeded")
    assert pipelines.steps(arn)["First"] == first
    with pytest.raises(ClientError, match="is Succeeded"):
        pipelines.sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)


def test_a_selective_execution_takes_the_rest_from_its_source(gated: Pipelines) -> None:
    source = gated.run()
    selection = {
        "SelectedSteps": [{"StepName": "Keep"}],
        "SourcePipelineExecutionArn": source,
    }
    arn = gated.run(SelectiveExecutionConfig=selection)
    steps = gated.steps(arn)
    assert steps["Gate"]["SelectiveExecutionResult"]["SourcePipelineExecutionArn"] == source
    assert "SelectiveExecutionResult" not in steps["Keep"]
    assert steps["Keep"]["Metadata"]["RegisterModel"]["Arn"].endswith("/g/2")
    assert gated.describe(arn)["SelectiveExecutionConfig"] == selection


@pytest.mark.parametrize(
    ("step", "why"), [("Keep", "need the results of step 'Gate'"), ("None", "not in the pipeline")]
)
def test_a_selection_without_what_it_needs_is_refused(
    gated: Pipelines, step: str, why: str
) -> None:
    with pytest.raises(ClientError, match=why):
        gated.start(SelectiveExecutionConfig={"SelectedSteps": [{"StepName": step}]})


def test_a_type_that_is_not_simulated_is_refused_before_anything_runs(
    pipelines: Pipelines,
) -> None:
    pipelines.create(definition(register("Keep"), {"Name": "Call", "Type": "Lambda"}))
    with pytest.raises(ClientError, match="Lambda step 'Call' of a pipeline is not simulated"):
        pipelines.start()
    assert pipelines.sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    listed = pipelines.sagemaker.list_pipeline_executions(PipelineName="p")
    assert listed["PipelineExecutionSummaries"] == []
