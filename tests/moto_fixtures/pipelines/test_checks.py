"""QualityCheck and ClarifyCheck: which baseline is calculated, checked against, handed on."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from moto_fixtures import work
from tests.moto_fixtures.building import IMAGE, ROLE, Project, client
from tests.moto_fixtures.pipelines.building import BUCKET, Document, Pipelines, definition
from tests.moto_fixtures.pipelines.test_running import register

GROUP = "checked"
USUAL = "amount,age\n" + "\n".join(f"{n % 50},{20 + n % 40}" for n in range(400))
ODD = "amount,age\n" + "\n".join(f"{n % 50},{'old' if n % 2 else 30}" for n in range(400))
BIASED = "label,group,amount\n" + "\n".join(
    f"{int(n % 3 == 0 or n % 2)},{'ab'[n % 2]},{n % 10}" for n in range(400)
)
FAIR = "label,group,amount\n" + "\n".join(
    f"{n // 2 % 2},{'ab'[n % 2]},{n % 10}" for n in range(400)
)
CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0"
ANALYSIS = {
    "dataset_type": "text/csv",
    "label": "label",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "group", "value_or_threshold": ["b"]}],
    "methods": {"pre_training_bias": {"methods": ["CI", "DPL"]}, "report": {"name": "report"}},
}
SCORED = "label,prediction,probability\n" + "\n".join(
    f"{n % 2},{n % 2 if n % 5 else 1 - n % 2},{0.9 if n % 2 else 0.2}" for n in range(400)
)
FIRST_RUN = {"SkipCheck": True, "RegisterNewBaseline": True}


def quality_check(data: str, **other: Any) -> Document:
    """A check of data quality, as the SDK writes it."""
    local = "/opt/ml/processing/input/baseline_dataset_input"
    environment = {
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Disabled",
        "dataset_format": '{"csv": {"header": true}}',
        "dataset_source": local,
    }
    inputs = {"baseline_dataset_input": (data, local)}
    return _check("QualityCheck", "DATA_QUALITY", IMAGE, inputs, environment, other)


def model_quality_check(data: str, **other: Any) -> Document:
    """A check of model quality, as the SDK writes it."""
    step = quality_check(data, CheckType="MODEL_QUALITY", **other)
    step["Arguments"]["Environment"] |= {
        "analysis_type": "MODEL_QUALITY",
        "problem_type": "BinaryClassification",
        "inference_attribute": "prediction",
        "probability_attribute": "probability",
        "ground_truth_attribute": "label",
    }
    return step


def clarify_check(data: str, **other: Any) -> Document:
    """A check of pre-training bias, as the SDK writes it."""
    inputs = {
        "analysis_config": ("config/analysis_config.json", "/opt/ml/processing/input/config"),
        "dataset": (data, "/opt/ml/processing/input/data"),
    }
    return _check("ClarifyCheck", "DATA_BIAS", CLARIFY, inputs, {}, other)


def _check(
    kind: str, check: str, image: str, inputs: Any, environment: Document, other: Document
) -> Document:
    output = {
        "S3Uri": {"Std:Join": {"On": "/", "Values": [f"s3://{BUCKET}", ID]}},
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    return {
        "Name": "Check",
        "Type": kind,
        "CheckType": check,
        "ModelPackageGroupName": GROUP,
        "SkipCheck": False,
        "FailOnViolation": True,
        "RegisterNewBaseline": False,
        "SuppliedBaselineStatistics": None,
        "SuppliedBaselineConstraints": None,
        "Arguments": {
            "AppSpecification": {"ImageUri": image},
            "RoleArn": ROLE,
            "Environment": environment,
            "ProcessingInputs": [
                {
                    "InputName": name,
                    "S3Input": {
                        "S3Uri": f"s3://{BUCKET}/{key}",
                        "LocalPath": local,
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
                for name, (key, local) in inputs.items()
            ],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "result", "S3Output": output}]},
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 1,
                }
            },
        },
        **other,
    }


ID = {"Get": "Execution.PipelineExecutionId"}


@pytest.fixture
def checked(pipelines: Pipelines, session: boto3.Session) -> Pipelines:
    s3 = client(session, "s3")
    s3.create_bucket(Bucket=BUCKET)
    bodies = {
        "usual.csv": USUAL,
        "odd.csv": ODD,
        "scored.csv": SCORED,
        "worse.csv": SCORED.replace("1,1,", "1,0,"),
        "fair.csv": FAIR,
        "biased.csv": BIASED,
        "config/analysis_config.json": json.dumps(ANALYSIS),
    }
    for key, body in bodies.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return pipelines


def run(checked: Pipelines, name: str, *steps: Document) -> dict[str, Document]:
    """The steps of one run of a pipeline of its own."""
    checked.create(definition(*steps), name)
    answer = checked.sagemaker.start_pipeline_execution(PipelineName=name)
    work.wait(answer["PipelineExecutionArn"])
    return checked.steps(answer["PipelineExecutionArn"])


def registering(check: Document) -> list[Document]:
    """A check, and a model registered with the baseline it hands on."""
    step = register("Keep", GROUP)
    step["Arguments"]["ModelApprovalStatus"] = "Approved"
    step["Arguments"]["DriftCheckBaselines"] = {
        "ModelDataQuality": {
            part: {
                "ContentType": "application/json",
                "S3Uri": {"Get": f"Steps.Check.BaselineUsedForDriftCheck{part}"},
            }
            for part in ("Constraints", "Statistics")
        }
    }
    return [check, step]


def test_a_quality_check_lives_through_its_baselines(
    checked: Pipelines, session: boto3.Session
) -> None:
    """No baseline yet, a first one, data that keep it, data that break it, one supplied."""
    none_yet = run(checked, "none", quality_check("usual.csv"))["Check"]
    assert none_yet["StepStatus"] == "Failed"
    assert "no baseline to check against" in none_yet["FailureReason"]
    assert none_yet["Metadata"]["QualityCheck"]["CheckType"] == "DATA_QUALITY"

    first = run(checked, "first", *registering(quality_check("usual.csv", **FIRST_RUN)))
    used = first["Check"]["Metadata"]["QualityCheck"]
    calculated = used["CalculatedBaselineConstraints"]
    assert used["BaselineUsedForDriftCheckConstraints"] == calculated
    assert first["Keep"]["StepStatus"] == "Succeeded"

    kept = run(checked, "kept", *registering(quality_check("usual.csv")))
    facts = kept["Check"]["Metadata"]["QualityCheck"]
    assert facts["BaselineUsedForDriftCheckConstraints"] == calculated
    assert facts["CalculatedBaselineConstraints"] != calculated
    assert "ViolationReport" not in facts
    s3 = client(session, "s3")
    for part in ("Constraints", "Statistics"):
        key = facts[f"CalculatedBaseline{part}"].removeprefix(f"s3://{BUCKET}/")
        assert json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())["features"]

    broken = run(checked, "broken", *registering(quality_check("odd.csv")))
    assert list(broken) == ["Check"]
    assert broken["Check"]["StepStatus"] == "Failed"
    assert "violations of the baseline" in broken["Check"]["FailureReason"]
    report = broken["Check"]["Metadata"]["QualityCheck"]["ViolationReport"]
    assert report in broken["Check"]["FailureReason"]

    told = quality_check("odd.csv", FailOnViolation=False, RegisterNewBaseline=True)
    only_told = run(checked, "told", told)["Check"]
    facts = only_told["Metadata"]["QualityCheck"]
    assert only_told["StepStatus"] == "Succeeded"
    assert facts["ViolationReport"]
    assert facts["BaselineUsedForDriftCheckStatistics"] == facts["CalculatedBaselineStatistics"]

    supplied = quality_check(
        "odd.csv", SuppliedBaselineConstraints=facts["CalculatedBaselineConstraints"]
    )
    assert run(checked, "supplied", supplied)["Check"]["StepStatus"] == "Succeeded"


def test_a_new_baseline_may_lie_where_the_one_in_force_does(checked: Pipelines) -> None:
    """The SDK's default output is the same in every execution."""
    place = f"s3://{BUCKET}/one-place"

    def in_place(data: str, **other: Any) -> Document:
        step = quality_check(data, **other)
        output = step["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
        output["S3Uri"] = place
        return step

    first = run(checked, "first", in_place("usual.csv", **FIRST_RUN))["Check"]
    used = first["Metadata"]["QualityCheck"]["BaselineUsedForDriftCheckConstraints"]
    assert used == f"{place}/constraints.json"
    again = in_place("odd.csv", SuppliedBaselineConstraints=used)
    assert "violations" in run(checked, "again", again)["Check"]["FailureReason"]


def test_a_clarify_check_holds_bias_against_the_baseline(checked: Pipelines) -> None:
    first = run(checked, "first", clarify_check("fair.csv", **FIRST_RUN))["Check"]
    assert first["StepStatus"] == "Succeeded", first["FailureReason"]
    calculated = first["Metadata"]["ClarifyCheck"]["CalculatedBaselineConstraints"]
    assert calculated.endswith("/analysis.json")
    outcomes = {
        data: run(checked, data[:4], clarify_check(data, SuppliedBaselineConstraints=calculated))[
            "Check"
        ]
        for data in ("fair.csv", "biased.csv")
    }
    assert outcomes["fair.csv"]["StepStatus"] == "Succeeded", outcomes["fair.csv"]
    assert "violations of the baseline" in outcomes["biased.csv"]["FailureReason"]


def test_a_check_of_model_quality_finds_a_worse_model(checked: Pipelines) -> None:
    first = run(checked, "first", model_quality_check("scored.csv", **FIRST_RUN))["Check"]
    assert first["StepStatus"] == "Succeeded", first["FailureReason"]
    facts = first["Metadata"]["QualityCheck"]
    baseline = {"SuppliedBaselineConstraints": facts["CalculatedBaselineConstraints"]}
    outcomes = [
        run(checked, data[:5], model_quality_check(data, **baseline))["Check"]["StepStatus"]
        for data in ("scored.csv", "worse.csv")
    ]
    assert outcomes == ["Succeeded", "Failed"]


def test_a_check_of_explanations_asks_the_model_it_is_told(
    project: Project, checked: Pipelines
) -> None:
    s3 = client(project.session, "s3")
    columns, rows = project.model.columns, project.model.rows
    config = {
        "dataset_type": "text/csv",
        "headers": list(columns),
        "methods": {
            "shap": {
                "baseline": [rows[0].split(",")],
                "num_samples": 40,
                "agg_method": "mean_abs",
            }
        },
        "predictor": {
            "instance_type": "ml.m5.large",
            "initial_instance_count": 1,
            "content_type": "text/csv",
            "probability": 1,
        },
    }
    s3.put_object(Bucket=BUCKET, Key="config/analysis_config.json", Body=json.dumps(config))
    s3.put_object(Bucket=BUCKET, Key="rows.csv", Body="\n".join(rows[1:11]))
    asked = {"CheckType": "MODEL_EXPLAINABILITY", "ModelName": project.endpoint, **FIRST_RUN}
    got = run(checked, "explain", clarify_check("rows.csv", **asked))["Check"]
    assert got["StepStatus"] == "Succeeded", got["FailureReason"]
    uri = got["Metadata"]["ClarifyCheck"]["CalculatedBaselineConstraints"]
    key = uri.removeprefix(f"s3://{BUCKET}/")
    explained = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    (shap,) = explained["explanations"]["kernel_shap"].values()
    assert set(shap["global_shap_values"]) == set(columns)
