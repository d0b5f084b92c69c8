"""The processing job of an execution is the one Amazon's service makes for itself."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from moto.sagemaker.models import sagemaker_backends

from monitoring.kinds import BIAS, DATA_QUALITY, KINDS, MODEL_QUALITY, Kind
from moto_fixtures import processing
from moto_fixtures.processing import Run, output_of
from tests.moto_fixtures.building import BUCKET, Project, job_definition, schedule_config

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"))
GOLDEN = SHARED / "golden/from-idea-to-prod-2025/mq_monitoring_job_describe.json"
SCHEDULED = datetime(2025, 2, 16, 16)
URI = f"s3://{BUCKET}/baselines"


def prepare(project: Project, kind: Kind, **change: Any) -> Run:
    noun = f"{kind.slug.replace('-', '_')}_job_definition"
    request = job_definition(kind, project.endpoint, **change)
    getattr(project.sagemaker, f"create_{noun}")(**request)
    project.sagemaker.create_monitoring_schedule(
        MonitoringScheduleName="hourly", MonitoringScheduleConfig=schedule_config(kind)
    )
    backend: Any = sagemaker_backends["123456789012"]["us-east-1"]
    return processing.prepare(backend, backend.monitoring_schedules["hourly"], SCHEDULED)


def inputs(run: Run) -> dict[str, str]:
    """S3 URI → where it lies in the container."""
    listed = [one["S3Input"] for one in run.request["ProcessingInputs"]]
    return {one["S3Uri"]: one["LocalPath"] for one in listed}


@pytest.mark.skipif(not GOLDEN.exists(), reason=f"{GOLDEN} is not here; set SHARED_DIR")
def test_a_model_quality_job_is_told_what_amazons_was(project: Project) -> None:
    golden = json.loads(GOLDEN.read_text())
    source = {
        "EndpointName": project.endpoint,
        "LocalPath": "/opt/ml/processing/input_data",
        "ProbabilityAttribute": "0",
        "ProbabilityThresholdAttribute": 0.5,
    }
    output = {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output"}
    run = prepare(
        project,
        MODEL_QUALITY,
        ModelQualityJobInput={
            "EndpointInput": source,
            "GroundTruthS3Input": {"S3Uri": f"s3://{BUCKET}/labels"},
        },
        ModelQualityBaselineConfig={"ConstraintsResource": {"S3Uri": f"{URI}/constraints.json"}},
        ModelQualityJobOutputConfig={"MonitoringOutputs": [{"S3Output": output}]},
    )
    names = {"sagemaker_endpoint_name", "sagemaker_monitoring_schedule_name"}
    wanted = {key: value for key, value in golden["Environment"].items() if key not in names}
    got = {key: value for key, value in run.request["Environment"].items() if key not in names}
    for environment in (wanted, got):
        environment["dataset_format"] = json.loads(environment["dataset_format"])
    assert got == wanted
    assert set(run.request) | {"ProcessingJobArn"} <= set(golden)
    assert (
        run.request["ProcessingJobName"].rsplit("-", 1)[0]
        == (golden["ProcessingJobName"].rsplit("-", 1)[0])
    )
    assert len(run.request["ProcessingJobName"]) == len(golden["ProcessingJobName"])
    assert output_of(run.request)["S3Uri"].endswith(f"/{project.endpoint}/hourly/2025/02/16/16")


def test_the_window_and_the_hours_beside_it_are_staged(project: Project) -> None:
    run = prepare(project, DATA_QUALITY)
    hours = [uri.rsplit("/", 1)[-1] for uri in inputs(run)]
    assert hours == ["14", "15", "16"]
    assert inputs(run)[f"s3://{BUCKET}/capture/fraud-staging/AllTraffic/2025/02/16/15"] == (
        "/opt/ml/processing/input/data-quality/fraud-staging/AllTraffic/2025/02/16/15"
    )


def test_baselines_and_scripts_lie_where_their_variables_point(project: Project) -> None:
    app = {
        "ImageUri": "image",
        "RecordPreprocessorSourceUri": f"{URI}/clean.py",
        "Environment": {"analysis_mode": "compat", "output_path": "/somewhere/else"},
    }
    run = prepare(
        project,
        DATA_QUALITY,
        DataQualityAppSpecification=app,
        DataQualityBaselineConfig={
            "ConstraintsResource": {"S3Uri": f"{URI}/constraints.json"},
            "StatisticsResource": {"S3Uri": f"{URI}/statistics.json"},
        },
    )
    environment = run.request["Environment"]
    for variable, file in (
        ("baseline_constraints", "constraints.json"),
        ("baseline_statistics", "statistics.json"),
        ("record_preprocessor_script", "clean.py"),
    ):
        assert environment[variable] == f"{inputs(run)[f'{URI}/{file}']}/{file}"
    assert environment["analysis_mode"] == "compat"
    assert environment["output_path"] == "/opt/ml/processing/output/data-quality"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_its_name_fits_whatever_the_kind(project: Project, kind: Kind) -> None:
    name = prepare(project, kind).request["ProcessingJobName"]
    assert name.startswith(f"{kind.slug}-monitoring-202502161600-")
    assert len(name) <= 63


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.has_config_file], ids=str)
def test_clarify_finds_its_configuration(project: Project, kind: Kind) -> None:
    found = inputs(prepare(project, kind))
    assert found[f"{URI}/analysis_config.json"] == "/opt/ml/processing/input/config"


def test_a_merge_gets_the_records_and_every_hour_of_labels_up_to_the_run(project: Project) -> None:
    source = {
        "EndpointName": project.endpoint,
        "LocalPath": "/opt/ml/processing/input/endpoint",
        "StartTimeOffset": "-PT5H",
        "EndTimeOffset": "-PT4H",
    }
    labels = {"S3Uri": f"s3://{BUCKET}/labels/"}
    run = prepare(
        project,
        MODEL_QUALITY,
        ModelQualityJobInput={"EndpointInput": source, "GroundTruthS3Input": labels},
    )
    assert run.merge is not None
    staged = [one["S3Input"] for one in run.merge["ProcessingInputs"]]
    paths = {
        one["S3Uri"].removeprefix(f"s3://{BUCKET}/"): one["LocalPath"].removeprefix("/opt/ml/")
        for one in staged
    }
    assert paths["labels/2025/02/16/11"] == "processing/groundtruth/2025/02/16/11"
    hours = [path[-2:] for path in paths if path.startswith("labels/")]
    assert hours == ["10", "11", "12", "13", "14", "15", "16"]
    records = [path for path in paths if path.startswith("capture/")]
    assert [path[-2:] for path in records] == ["10", "11", "12"]
    assert paths[records[1]] == ("processing/input_data/fraud-staging/AllTraffic/2025/02/16/11")
    assert run.merge["ProcessingJobName"].startswith("groundtruth-merge-202502161600-")


def test_an_analysis_of_labels_reads_what_the_merge_wrote(project: Project) -> None:
    run = prepare(project, BIAS)
    assert run.merge is not None
    written = output_of(run.merge)["S3Uri"]
    assert written == f"s3://{BUCKET}/reports/model-bias/merge"
    hour = "fraud-staging/AllTraffic/2025/02/16/15"
    assert inputs(run)[f"{written}/{hour}"] == f"/opt/ml/processing/input/model-bias/{hour}"
    assert not any("/capture/" in uri for uri in inputs(run))


def test_bias_is_told_where_features_and_answers_are(project: Project) -> None:
    source = {
        "EndpointName": project.endpoint,
        "LocalPath": "/opt/ml/processing/input/endpoint",
        "FeaturesAttribute": "features",
        "InferenceAttribute": "0",
    }
    labels = {"S3Uri": f"s3://{BUCKET}/labels"}
    job_input = {"EndpointInput": source, "GroundTruthS3Input": labels}
    environment = prepare(project, BIAS, ModelBiasJobInput=job_input).request["Environment"]
    assert environment["features_attribute"] == "features"
    assert environment["inference_attribute"] == "0"
    assert environment["analysis_config"] == "/opt/ml/processing/input/config/analysis_config.json"
    read = json.loads(environment["dataset_format"])["sagemakerMergeJson"]["captureIndexNames"]
    assert read == ["endpointInput", "endpointOutput"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_merge_goes_before_monitors_of_labels_only(project: Project, kind: Kind) -> None:
    assert (prepare(project, kind).merge is not None) == kind.needs_labels


def batch_source(**other: Any) -> dict[str, Any]:
    return {
        "DataCapturedDestinationS3Uri": f"s3://{BUCKET}/batch/",
        "DatasetFormat": {"Csv": {"Header": True}},
        "LocalPath": "/opt/ml/processing/input",
        **other,
    }


def test_a_monitor_of_batch_jobs_is_given_the_manifests_of_its_window(project: Project) -> None:
    run = prepare(
        project, DATA_QUALITY, DataQualityJobInput={"BatchTransformInput": batch_source()}
    )
    assert inputs(run) == {
        f"s3://{BUCKET}/batch/{side}/2025/02/16/15": (
            f"/opt/ml/processing/input/{side}/2025/02/16/15"
        )
        for side in ("input", "output")
    }
    environment = run.request["Environment"]
    assert json.loads(environment["dataset_format"]) == {"csv": {"header": True}}
    assert environment["monitoring_input_type"] == "BATCH_TRANSFORM_INPUT"
    assert "sagemaker_endpoint_name" not in environment
    assert run.namespace == "aws/sagemaker/ModelMonitoring/data-metrics"
    assert output_of(run.request)["S3Uri"].endswith("/data-quality/hourly/2025/02/16/16")


def test_labels_of_a_batch_job_are_merged_for_each_run_alone(project: Project) -> None:
    """Its records have no time, so no hour could tell one run's from another's."""
    source = batch_source(DatasetFormat={"Json": {"Line": True}}, InferenceAttribute="label")
    job_input = {
        "BatchTransformInput": source,
        "GroundTruthS3Input": {"S3Uri": f"s3://{BUCKET}/labels"},
    }
    run = prepare(project, MODEL_QUALITY, ModelQualityJobInput=job_input)
    assert run.merge is not None
    told = run.merge["Environment"]
    assert json.loads(told["dataset_format"]) == {"json": {"line": True}}
    assert told["monitoring_input_type"] == "BATCH_TRANSFORM_INPUT"
    written = output_of(run.merge)["S3Uri"]
    assert written.endswith("/merge/hourly/2025/02/16/16")
    assert inputs(run) == {written: "/opt/ml/processing/input"}
    read = json.loads(run.request["Environment"]["dataset_format"])["sagemakerMergeJson"]
    assert read == {
        "captureIndexNames": ["batchTransformOutput"],
        "originalDatasetFormat": {"json": {"line": True}},
    }
