"""Steps that run jobs: what goes in, what comes out, failures, stops, other attempts."""

from __future__ import annotations

import pickle
import time
from datetime import timedelta
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.utils import utcnow
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import work
from moto_fixtures.pipelines.jobs import DEFAULT_ATTEMPTS, StepFailed, is_retried, refused
from moto_fixtures.pipelines.running import STOPPED_BY_USER
from moto_fixtures.pipelines.state import Execution, Pipeline, StepRun, job_name
from moto_fixtures.pipelines.steps import HANDLERS
from tests.moto_fixtures.building import BUCKET as MODELS
from tests.moto_fixtures.building import ROLE, Project, client
from tests.moto_fixtures.jobs.building import SKLEARN, archive
from tests.moto_fixtures.pipelines.building import (
    BUCKET,
    Pipelines,
    compare,
    condition,
    definition,
    fail,
    passes,
    processing,
)
from tests.patience import PATIENCE

WRITE = """
import json, sys
from pathlib import Path
Path("/opt/ml/processing/output/metrics.json").write_text(json.dumps({"auc": float(sys.argv[1])}))
"""
DOUBLE = """
import json
from pathlib import Path
auc = json.loads(Path("/opt/ml/processing/input/metrics/metrics.json").read_text())["auc"]
Path("/opt/ml/processing/output/metrics.json").write_text(json.dumps({"auc": 2 * auc}))
"""
SCRIPTS = {
    "write.py": WRITE,
    "double.py": DOUBLE,
    "fail.py": "1 / 0",
    "sleep.py": "import time; time.sleep(60)",
}
METRICS = {"PropertyFileName": "Metrics", "OutputName": "result", "FilePath": "metrics.json"}
AUC = {
    "Std:JsonGet": {"PropertyFile": {"Get": "Steps.Double.PropertyFiles.Metrics"}, "Path": "auc"}
}
OUTPUT = {"Get": "Steps.Write.ProcessingOutputConfig.Outputs['result'].S3Output.S3Uri"}


@pytest.fixture
def scripted(pipelines: Pipelines, session: boto3.Session) -> Pipelines:
    s3 = client(session, "s3")
    s3.create_bucket(Bucket=BUCKET)
    for name, script in SCRIPTS.items():
        s3.put_object(Bucket=BUCKET, Key=f"code/{name}", Body=script)
    return pipelines


def test_what_one_step_wrote_another_reads_and_a_condition_weighs(scripted: Pipelines) -> None:
    scripted.create(
        definition(
            processing(
                "Write", "write.py", {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Auc"}]}}
            ),
            processing("Double", "double.py", inputs={"metrics": OUTPUT}, PropertyFiles=[METRICS]),
            condition("Gate", compare(AUC, "GreaterThan", 0.7), otherwise=[fail("Low", AUC)]),
            parameters=[{"Name": "Auc", "Type": "Float", "DefaultValue": 0.4}],
        )
    )
    arn = scripted.run()
    assert scripted.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = scripted.steps(arn)
    assert list(steps) == ["Write", "Double", "Gate"]
    job = steps["Double"]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[-1]
    assert job.startswith(f"pipelines-{arn.rsplit('/', 1)[-1]}-Double-")
    described = scripted.sagemaker.describe_processing_job(ProcessingJobName=job)
    assert described["ProcessingJobStatus"] == "Completed"
    assert scripted.steps(scripted.run({"Auc": "0.1"}))["Low"]["FailureReason"] == "0.2"


def test_a_job_that_fails_fails_its_step_with_its_reason(scripted: Pipelines) -> None:
    scripted.create(
        definition(processing("Break", "fail.py"), passes("After", DependsOn=["Break"]))
    )
    arn = scripted.run()
    (step,) = scripted.steps(arn).values()
    assert step["StepStatus"] == "Failed"
    assert step["FailureReason"].startswith("AlgorithmError")
    assert step["AttemptCount"] == 1
    assert step["Metadata"]["ProcessingJob"]["Arn"]


def test_a_property_file_that_was_not_written_fails_the_step_that_reads_it(
    scripted: Pipelines,
) -> None:
    file = {**METRICS, "FilePath": "other.json"}
    gate = condition("Gate", compare(AUC, "GreaterThan", 0.7))
    write = processing("Double", "write.py", "0.5", PropertyFiles=[file])
    scripted.create(definition(write, gate))
    steps = scripted.steps(scripted.run())
    assert "Double/other.json cannot be read" in steps["Gate"]["FailureReason"]


def test_a_stop_stops_the_job_that_runs_and_begins_no_other(scripted: Pipelines) -> None:
    sleep = processing("Sleep", "sleep.py")
    scripted.create(definition(sleep, passes("After", DependsOn=["Sleep"])))
    arn, sagemaker = scripted.start(), scripted.sagemaker
    until = time.monotonic() + PATIENCE
    while "ProcessingJob" not in scripted.steps(arn).get("Sleep", {}).get("Metadata", {}):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert scripted.describe(arn)["PipelineExecutionStatus"] == "Executing"
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    work.wait(arn)
    got = scripted.describe(arn)
    assert (got["PipelineExecutionStatus"], got["FailureReason"]) == ("Stopped", STOPPED_BY_USER)
    assert scripted.statuses(arn) == {"Sleep": "Stopped"}
    (job,) = sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    assert job["ProcessingJobStatus"] == "Stopped"


TRIAL = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int)
asked, _ = parser.parse_known_args()
print(f"loss={(asked.depth - 3) ** 2};")
"""


def test_a_tuning_step_tells_its_training_jobs_the_best_first(
    scripted: Pipelines, session: boto3.Session
) -> None:
    code = f"s3://{BUCKET}/code/sourcedir.tar.gz"
    s3 = client(session, "s3")
    s3.put_object(Bucket=BUCKET, Key="code/sourcedir.tar.gz", Body=archive(train__py=TRIAL))
    tune = {
        "Name": "Tune-the-depth-of-the-trees",
        "Type": "Tuning",
        "Arguments": {
            "HyperParameterTuningJobConfig": {
                "Strategy": "Grid",
                "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
                "ResourceLimits": {"MaxParallelTrainingJobs": 1},
                "ParameterRanges": {
                    "CategoricalParameterRanges": [{"Name": "depth", "Values": ["1", "3"]}]
                },
            },
            "TrainingJobDefinition": {
                "RoleArn": ROLE,
                "AlgorithmSpecification": {
                    "TrainingImage": SKLEARN,
                    "TrainingInputMode": "File",
                    "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+);"}],
                },
                "StaticHyperParameters": {
                    "sagemaker_program": '"train.py"',
                    "sagemaker_submit_directory": f'"{code}"',
                },
                "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
                "ResourceConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 1,
                },
                "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            },
        },
    }
    trials = "Steps.Tune-the-depth-of-the-trees.TrainingJobSummaries"
    values = [
        {"Get": f"{trials}[0].TunedHyperParameters['depth']"},
        {"Get": f"{trials}[1].TunedHyperParameters['depth']"},
    ]
    say = fail("Say", {"Std:Join": {"On": " ", "Values": values}})
    scripted.create(definition(tune, say))
    steps = scripted.steps(scripted.run())
    assert steps["Say"]["FailureReason"] == "3 1", steps
    arn = steps[tune["Name"]]["Metadata"]["TuningJob"]["Arn"]
    assert len(arn.rsplit("/", 1)[-1]) <= 32


def test_a_transform_step_scores_with_a_model(project: Project, pipelines: Pipelines) -> None:
    rows = "\n".join(project.model.rows[:5])
    project.s3.put_object(Bucket=MODELS, Key="in/rows.csv", Body=rows)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{MODELS}/in/"}}
    score = {
        "Name": "Score",
        "Type": "Transform",
        "Arguments": {
            "ModelName": project.endpoint,
            "TransformInput": {
                "DataSource": source,
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {"S3OutputPath": f"s3://{MODELS}/out", "AssembleWith": "Line"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    }
    place = {"Get": "Steps.Score.TransformOutput.S3OutputPath"}
    pipelines.create(definition(score, fail("Say", place)))
    steps = pipelines.steps(pipelines.run())
    assert steps["Say"]["FailureReason"] == f"s3://{MODELS}/out", steps
    assert ":transform-job/pipelines-" in steps["Score"]["Metadata"]["TransformJob"]["Arn"]
    answers = project.s3.get_object(Bucket=MODELS, Key="out/rows.csv.out")["Body"].read()
    assert len(answers.splitlines()) == 5


@pytest.mark.parametrize(("failures", "status"), [(1, "Succeeded"), (DEFAULT_ATTEMPTS, "Failed")])
def test_a_throttled_step_is_tried_again_by_default(
    pipelines: Pipelines, monkeypatch: pytest.MonkeyPatch, failures: int, status: str
) -> None:
    left = [StepFailed("ClientError: ThrottlingException: slow down", "Step.THROTTLING")] * failures

    def throttled(attempt: Any, resolved: Any) -> None:
        if left:
            raise left.pop()

    monkeypatch.setitem(cast(dict[str, Any], HANDLERS), "Model", throttled)
    pipelines.create(definition({"Name": "Make", "Type": "Model", "Arguments": {}}))
    step = pipelines.steps(pipelines.run())["Make"]
    assert (step["StepStatus"], step["AttemptCount"]) == (status, min(failures + 1, 3))


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ThrottlingException", 400, "Step.THROTTLING"),
        ("ResourceLimitExceeded", 400, "SageMaker.RESOURCE_LIMIT"),
        ("InternalFailure", 500, "Step.SERVICE_FAULT"),
        ("ValidationException", 400, ""),
    ],
)
def test_a_refused_call_is_told_apart_by_its_error(code: str, status: int, kind: str) -> None:
    response: Any = {
        "Error": {"Code": code, "Message": "why"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    failure = refused(ClientError(response, "CreateTrainingJob"))
    assert (str(failure), failure.kind) == (f"ClientError: {code}: why", kind)


def test_what_a_pipeline_is_and_was_can_be_saved(pipelines: Pipelines) -> None:
    pipelines.create(definition(passes("Go"), fail("Stop", DependsOn=["Go"])))
    arn = pipelines.run()
    kept: Any = sagemaker_backends["123456789012"]["us-east-1"].pipelines["p"]
    restored = pickle.loads(pickle.dumps(kept))  # noqa: S301 (our own bytes)
    assert restored.executions[arn].describe() == kept.executions[arn].describe()


def step_run(attempts: int) -> StepRun:
    return StepRun("Train", "Training", attempts=attempts)


POLICY = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "MaxAttempts": 2}


@pytest.mark.parametrize(
    ("kind", "attempts", "policies", "again"),
    [
        ("SageMaker.CAPACITY_ERROR", 1, [POLICY], True),
        ("SageMaker.CAPACITY_ERROR", 2, [POLICY], True),
        ("SageMaker.CAPACITY_ERROR", 3, [POLICY], False),
        ("SageMaker.RESOURCE_LIMIT", 1, [POLICY], False),
        ("", 1, [POLICY], False),
        ("Step.THROTTLING", 1, None, True),
        ("Step.THROTTLING", DEFAULT_ATTEMPTS, None, False),
        ("SageMaker.CAPACITY_ERROR", 1, None, False),
    ],
)
def test_another_attempt_is_made_while_a_policy_asks_for_it(
    kind: str, attempts: int, policies: Any, again: bool
) -> None:
    assert is_retried(StepFailed("why", kind), policies, step_run(attempts)) is again


def test_a_policy_that_expires_makes_no_attempt_after_it() -> None:
    policy = {"ExceptionType": ["Step.THROTTLING"], "ExpireAfterMin": 10}
    run = step_run(1)
    failure = StepFailed("why", "Step.THROTTLING")
    assert is_retried(failure, [policy], run)
    run.started = utcnow() - timedelta(minutes=11)
    assert not is_retried(failure, [policy], run)


@pytest.mark.parametrize("longest", [32, 63])
@pytest.mark.parametrize("step", ["T", "Train_the-model", "x" * 64])
def test_a_job_name_is_valid_and_fits(step: str, longest: int) -> None:
    pipeline = Pipeline({"PipelineName": "p"}, "arn", utcnow(), utcnow(), [])
    version: Any = None
    execution = Execution(pipeline, version, {}, {})
    names = {job_name(execution, step, longest) for _ in range(5)}
    assert len(names) == 5
    for name in names:
        assert len(name) <= longest
        assert all(part.isalnum() for part in name.replace("--", "").split("-"))
