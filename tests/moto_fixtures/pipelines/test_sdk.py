"""A pipeline as the SageMaker SDK writes it: prepare, train, evaluate, decide, register."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import WaiterError

from moto_fixtures import work
from tests.moto_fixtures.building import ROLE, client

BUCKET, GROUP = "sdk-pipelines", "sdk-group"
CONFIG = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}
PREPARE = """
import sys
from pathlib import Path
rows = [f"{n % 2},{n % 2 + n / 1000},{n % 7}" for n in range(int(sys.argv[2]))]
Path("/opt/ml/processing/train/rows.csv").write_text("\\n".join(rows))
"""
TRAIN = """
import argparse, os, pickle
import numpy as np
from sklearn.linear_model import LogisticRegression
parser = argparse.ArgumentParser()
parser.add_argument("--strength", type=float)
asked = parser.parse_args()
rows = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "rows.csv"), delimiter=",")
model = LogisticRegression(C=asked.strength).fit(rows[:, 1:], rows[:, 0])
with open(os.path.join(os.environ["SM_MODEL_DIR"], "model.pkl"), "wb") as file:
    pickle.dump(model, file)
"""
EVALUATE = """
import json, pickle, tarfile
from pathlib import Path
import numpy as np
with tarfile.open("/opt/ml/processing/model/model.tar.gz") as archive:
    model = pickle.load(archive.extractfile("model.pkl"))
rows = np.loadtxt("/opt/ml/processing/rows/rows.csv", delimiter=",")
score = float(model.score(rows[:, 1:], rows[:, 0]))
report = {"metrics": {"accuracy": {"value": score}, "C": model.C, "rows": len(rows)}}
Path("/opt/ml/processing/evaluation/evaluation.json").write_text(json.dumps(report))
"""


@pytest.fixture
def sdk(
    session: boto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SimpleNamespace]:
    """The SDK's classes, imported late because they take seconds, and three scripts."""
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    from sagemaker.workflow.pipeline_context import PipelineSession

    client(session, "s3").create_bucket(Bucket=BUCKET)
    for name, script in (("prepare", PREPARE), ("train", TRAIN), ("evaluate", EVALUATE)):
        directory = tmp_path / name
        directory.mkdir()
        (directory / f"{name}.py").write_text(script)
    offline = PipelineSession(session, default_bucket=BUCKET, sagemaker_config=CONFIG)
    yield SimpleNamespace(session=offline, scripts=tmp_path)
    work.wait_for_all()


def pipeline(sdk: SimpleNamespace) -> Any:
    """The whole pipeline; every reference between its steps is the SDK's own."""
    from sagemaker.inputs import TrainingInput
    from sagemaker.model import Model
    from sagemaker.model_metrics import MetricsSource, ModelMetrics
    from sagemaker.processing import ProcessingInput, ProcessingOutput
    from sagemaker.sklearn.estimator import SKLearn
    from sagemaker.sklearn.processing import SKLearnProcessor
    from sagemaker.workflow.condition_step import ConditionStep
    from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.functions import Join, JsonGet
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.properties import PropertyFile
    from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep

    rows = ParameterInteger("Rows", default_value=60)
    least = ParameterFloat("LeastAccuracy", default_value=0.8)
    place: dict[str, Any] = {
        "role": ROLE,
        "instance_type": "ml.m5.large",
        "instance_count": 1,
        "framework_version": "1.2-1",
        "sagemaker_session": sdk.session,
    }
    processor = SKLearnProcessor(**place)
    prepare = ProcessingStep(
        "Prepare",
        step_args=processor.run(
            code=str(sdk.scripts / "prepare" / "prepare.py"),
            arguments=["--rows", rows.to_string()],
            outputs=[ProcessingOutput("/opt/ml/processing/train", output_name="train")],
        ),
        cache_config=CacheConfig(enable_caching=True, expire_after="P1D"),
    )
    data = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    estimator = SKLearn(
        entry_point="train.py",
        source_dir=str(sdk.scripts / "train"),
        hyperparameters={"strength": 0.5},
        **place,
    )
    train = TrainingStep("Train", step_args=estimator.fit({"train": TrainingInput(data)}))
    model_data = train.properties.ModelArtifacts.S3ModelArtifacts
    report = PropertyFile("Report", output_name="evaluation", path="evaluation.json")
    evaluate = ProcessingStep(
        "Evaluate",
        step_args=processor.run(
            code=str(sdk.scripts / "evaluate" / "evaluate.py"),
            inputs=[
                ProcessingInput(source=model_data, destination="/opt/ml/processing/model"),
                ProcessingInput(source=data, destination="/opt/ml/processing/rows"),
            ],
            outputs=[ProcessingOutput("/opt/ml/processing/evaluation", output_name="evaluation")],
        ),
        property_files=[report],
    )
    evaluation = evaluate.properties.ProcessingOutputConfig.Outputs["evaluation"].S3Output.S3Uri
    model = Model(
        image_uri=estimator.training_image_uri(),
        model_data=model_data,
        role=ROLE,
        sagemaker_session=sdk.session,
    )
    register = ModelStep(
        "Keep",
        step_args=model.register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            model_package_group_name=GROUP,
            approval_status="PendingManualApproval",
            model_metrics=ModelMetrics(
                model_statistics=MetricsSource(
                    content_type="application/json",
                    s3_uri=Join("/", [evaluation, "evaluation.json"]),
                )
            ),
        ),
    )
    accuracy = JsonGet("Evaluate", property_file=report, json_path="metrics.accuracy.value")
    gate = ConditionStep(
        "Gate",
        conditions=[ConditionGreaterThanOrEqualTo(accuracy, least)],
        if_steps=[register],
        else_steps=[FailStep("Poor", Join(" ", ["accuracy below", least]))],
    )
    return Pipeline(
        "sdk", [rows, least], steps=[prepare, train, evaluate, gate], sagemaker_session=sdk.session
    )


def steps(execution: Any) -> dict[str, Any]:
    return {one["StepName"]: one for one in execution.list_steps()}


def failed(step: dict[str, Any]) -> bool:
    return bool(step["StepStatus"] != "Succeeded")


def test_a_pipeline_of_the_sdk_trains_and_registers_a_model(
    sdk: SimpleNamespace, session: boto3.Session
) -> None:
    made = pipeline(sdk)
    made.upsert(role_arn=ROLE)

    first = made.start(parameters={"Rows": 40})
    work.wait(first.arn)
    began = steps(first)
    assert not {name: one.get("FailureReason") for name, one in began.items() if failed(one)}
    assert first.describe()["PipelineExecutionStatus"] == "Succeeded"
    first.wait(delay=1, max_attempts=1)
    assert set(began) == {"Prepare", "Train", "Evaluate", "Gate", "Keep-RegisterModel"}
    arn = began["Keep-RegisterModel"]["Metadata"]["RegisterModel"]["Arn"]
    package = client(session, "sagemaker").describe_model_package(ModelPackageName=arn)
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"

    s3 = client(session, "s3")
    key = statistics.removeprefix(f"s3://{BUCKET}/")
    read = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())["metrics"]
    assert read["rows"] == 40 and read["C"] == 0.5 and read["accuracy"]["value"] >= 0.8

    second = made.start(parameters={"Rows": 40, "LeastAccuracy": 1.5})
    with pytest.raises(WaiterError, match="Failed"):
        second.wait(delay=1, max_attempts=60)
    again = steps(second)
    source = again["Prepare"]["CacheHitResult"]["SourcePipelineExecutionArn"]
    assert source == first.arn
    assert again["Poor"]["FailureReason"] == "accuracy below 1.5"
