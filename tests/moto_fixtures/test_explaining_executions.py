"""Executions of explainability: the container asks a temporary endpoint of the model."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from moto.sagemaker.models import sagemaker_backends

from monitoring import job
from monitoring.aws.clients import Aws
from monitoring.kinds import EXPLAINABILITY
from monitoring.predictors import opened
from moto_fixtures import runtime
from moto_fixtures.runtime import Record
from tests.moto_fixtures.building import BUCKET, Project, client, job_definition, schedule_config

TEN = datetime(2026, 1, 31, 10)
HOUR = timedelta(hours=1)
LATE = timedelta(minutes=10)
ROWS = 60
REPORT = "reports/model-explainability/fraud-staging/hourly/2026/01/31"

Watch = Callable[..., Project]


def analysis_config(project: Project, model_name: str) -> dict[str, Any]:
    """One baseline row, and the model that answers to position 1: its probability."""
    return {
        "version": "1.0",
        "headers": list(project.model.columns),
        "methods": {
            "shap": {
                "baseline": [project.model.rows[0].split(",")],
                "num_samples": 64,
                "agg_method": "mean_abs",
                "save_local_shap_values": True,
            }
        },
        "predictor": {
            "model_name": model_name,
            "instance_type": "ml.m5.large",
            "initial_instance_count": 1,
            "content_type": "text/csv",
            "probability": 1,
        },
    }


def suggested(project: Project, config: dict[str, Any], directory: Path) -> str:
    """The constraints that the container suggests for the rows."""
    inputs = directory / "opt/ml/processing/input"
    (inputs / "config").mkdir(parents=True)
    (inputs / "config/analysis_config.json").write_text(json.dumps(config))
    lines = [",".join(project.model.columns), *project.model.rows[:ROWS]]
    (inputs / "data.csv").write_text("\n".join(lines) + "\n")
    told = {
        "analysis_type": "MODEL_EXPLAINABILITY",
        "dataset_format": '{"csv": {"header": true}}',
        "dataset_source": "/opt/ml/processing/input/data.csv",
        "output_path": "/opt/ml/processing/output",
    }
    code = job.run(told, directory, lambda asked: opened(asked.predictor, Aws(project.session)))
    assert code == 0, (directory / "opt/ml/output/message").read_text()
    return (directory / "opt/ml/processing/output/constraints.json").read_text()


@pytest.fixture
def watch(project: Project, clock: ModuleType, tmp_path: Path) -> Watch:
    """Watch the endpoint hourly; the model asked is its own unless another is named."""

    def begin(model_name: str = "fraud-staging", **definition: Any) -> Project:
        clock.travel(TEN)
        constraints = suggested(project, analysis_config(project, project.endpoint), tmp_path)
        config = json.dumps(analysis_config(project, model_name))
        for name, text in (("constraints", constraints), ("analysis_config", config)):
            project.s3.put_object(Bucket=BUCKET, Key=f"baselines/{name}.json", Body=text.encode())
        resource = {"S3Uri": f"s3://{BUCKET}/baselines/constraints.json"}
        request = job_definition(
            EXPLAINABILITY,
            project.endpoint,
            ModelExplainabilityBaselineConfig={"ConstraintsResource": resource},
            **definition,
        )
        project.sagemaker.create_model_explainability_job_definition(**request)
        project.sagemaker.create_monitoring_schedule(
            MonitoringScheduleName="hourly",
            MonitoringScheduleConfig=schedule_config(EXPLAINABILITY),
        )
        return project

    return begin


def send(project: Project, rows: Sequence[str], hour: datetime) -> None:
    backend = sagemaker_backends["123456789012"]["us-east-1"]
    records = [Record(row.encode(), "text/csv", hour + timedelta(minutes=5)) for row in rows]
    assert runtime.send_traffic(backend, project.endpoint, records).invocations == len(rows)


def executions(project: Project) -> list[dict[str, Any]]:
    answer = project.sagemaker.list_monitoring_executions(SortOrder="Ascending")
    return list(answer["MonitoringExecutionSummaries"])


def document(project: Project, name: str) -> Any:
    body = project.s3.get_object(Bucket=BUCKET, Key=f"{REPORT}/{name}")["Body"].read()
    return json.loads(body)


def test_the_same_reasons_complete_and_others_are_found(watch: Watch, clock: ModuleType) -> None:
    project = watch()
    rows = project.model.rows[:ROWS]
    send(project, rows, TEN)
    clock.advance(TEN + HOUR + LATE)
    values = document(project, "11/analysis.json")["explanations"]["kernel_shap"]["label0"]
    ranked = sorted(values["global_shap_values"].items(), key=lambda one: -one[1])
    places = [project.model.columns.index(name) for name, _ in ranked[:2]]
    usual = rows[0].split(",")
    constant = [
        ",".join(usual[at] if at in places else cell for at, cell in enumerate(row.split(",")))
        for row in rows
    ]
    send(project, constant, TEN + HOUR)
    clock.advance(TEN + 2 * HOUR + LATE)
    first, second = executions(project)
    assert first["MonitoringExecutionStatus"] == "Completed", first
    assert second["MonitoringExecutionStatus"] == "CompletedWithViolations", second
    (violation,) = document(project, "12/constraint_violations.json")["violations"]
    assert violation["constraint_check_type"] == "feature_attribution_drift_check"


def test_the_temporary_endpoint_is_gone_and_was_not_captured(
    watch: Watch, clock: ModuleType
) -> None:
    project = watch()
    send(project, project.model.rows[:20], TEN)
    clock.advance(TEN + HOUR + LATE)
    assert executions(project)[0]["MonitoringExecutionStatus"] != "Failed", executions(project)
    (endpoint,) = project.sagemaker.list_endpoints()["Endpoints"]
    assert endpoint["EndpointName"] == project.endpoint
    (config,) = project.sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert config["EndpointConfigName"] == project.endpoint
    assert sum(len(events) for events in project.captured().values()) == 20


def test_baseline_rows_in_s3_are_fetched(watch: Watch, clock: ModuleType) -> None:
    project = watch()
    uri = f"s3://{BUCKET}/baselines/shap.csv"
    config = analysis_config(project, project.endpoint)
    config["methods"]["shap"]["baseline"] = uri
    put = project.s3.put_object
    put(Bucket=BUCKET, Key="baselines/analysis_config.json", Body=json.dumps(config).encode())
    send(project, project.model.rows[:20], TEN)
    clock.advance(TEN + HOUR + LATE)
    put(Bucket=BUCKET, Key="baselines/shap.csv", Body=project.model.rows[0].encode() + b"\n")
    send(project, project.model.rows[:20], TEN + HOUR)
    clock.advance(TEN + 2 * HOUR + LATE)
    without, with_rows = executions(project)
    assert without["MonitoringExecutionStatus"] == "Failed"
    assert f"{uri}: is not there" in without["FailureReason"]
    assert with_rows["MonitoringExecutionStatus"] != "Failed", with_rows


def test_each_captured_row_has_its_own_values(watch: Watch, clock: ModuleType) -> None:
    project = watch()
    send(project, project.model.rows[:20], TEN)
    clock.advance(TEN + HOUR + LATE)
    key = f"{REPORT}/11/explanations_shap/out.csv"
    text = project.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    header, *lines = csv.reader(io.StringIO(text, newline=""))
    assert header == [f"{name}_label0" for name in project.model.columns]
    assert len(lines) == 20
    assert all(math.isfinite(float(cell)) for line in lines for cell in line)


def test_its_metrics_are_in_its_own_namespace(watch: Watch, clock: ModuleType) -> None:
    project = watch()
    send(project, project.model.rows[:20], TEN)
    clock.advance(TEN + HOUR + LATE)
    metrics = client(project.session, "cloudwatch").list_metrics(
        Namespace=EXPLAINABILITY.namespace
    )["Metrics"]
    names = {metric["MetricName"] for metric in metrics}
    assert {f"feature_{name}" for name in project.model.columns} <= names


def test_a_model_that_is_not_there_fails_and_is_named(watch: Watch, clock: ModuleType) -> None:
    project = watch("fraud-of-yesterday")
    send(project, project.model.rows[:20], TEN)
    clock.advance(TEN + HOUR + LATE)
    (execution,) = executions(project)
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert "fraud-of-yesterday" in execution["FailureReason"]


def test_an_isolated_job_reaches_no_model(watch: Watch, clock: ModuleType) -> None:
    project = watch(NetworkConfig={"EnableNetworkIsolation": True})
    send(project, project.model.rows[:20], TEN)
    clock.advance(TEN + HOUR + LATE)
    (execution,) = executions(project)
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert "network isolation" in execution["FailureReason"]
