"""Scripts of a job definition: staged from S3, run by the real job, on the hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from monitoring.kinds import DATA_QUALITY
from tests.moto_fixtures.building import BUCKET, Project, job_definition, schedule_config

TEN = datetime(2026, 1, 31, 10)
ELEVEN_TEN = TEN + timedelta(hours=1, minutes=10)
COUNTED = """
import csv

def preprocess_handler(inference_record, logger):
    answered, sent = inference_record.endpoint_output.data, inference_record.endpoint_input.data
    (cells,) = csv.reader([answered.rstrip("\\n") + "," + sent.rstrip("\\n")])
    if not LAST:
        cells[-1] = "never seen"
    return {str(place).zfill(20): cell or None for place, cell in enumerate(cells)}
"""
"""Follows AWS's advice: keys that sort as numbers do, outputs first."""
REPORTS = """
import os

def postprocess_handler():
    raise RuntimeError if os.environ["team"] != "risk" else RuntimeWarning
"""


@pytest.fixture
def watched(project: Project, clock: ModuleType) -> Project:
    clock.travel(TEN)
    for name, body in project.model.baseline.items():
        project.s3.put_object(Bucket=BUCKET, Key=f"baselines/{name}", Body=body)
    return project


def execution(project: Project, clock: ModuleType, script: str, **app: Any) -> dict[str, Any]:
    """The first execution of a schedule whose definition names a preprocessing script."""
    project.s3.put_object(Bucket=BUCKET, Key="code/clean.py", Body=script.encode())
    definition = job_definition(
        DATA_QUALITY,
        project.endpoint,
        "scripted-definition",
        DataQualityAppSpecification={
            "ImageUri": "image",
            "RecordPreprocessorSourceUri": f"s3://{BUCKET}/code/clean.py",
            **app,
        },
        DataQualityBaselineConfig={
            "ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/baselines/constraints.json"},
            "StatisticsResource": {"S3Uri": f"s3://{BUCKET}/baselines/statistics.json"},
        },
    )
    project.sagemaker.create_data_quality_job_definition(**definition)
    project.sagemaker.create_monitoring_schedule(
        MonitoringScheduleName="scripted",
        MonitoringScheduleConfig=schedule_config(DATA_QUALITY, "scripted-definition"),
    )
    for row in project.model.rows[:150]:
        project.runtime.invoke_endpoint(
            EndpointName=project.endpoint, ContentType="text/csv", Body=row
        )
    clock.advance(ELEVEN_TEN)
    (found,) = project.sagemaker.list_monitoring_executions()["MonitoringExecutionSummaries"]
    name = found["ProcessingJobArn"].rsplit("/", 1)[-1]
    return {**found, **project.sagemaker.describe_processing_job(ProcessingJobName=name)}


def test_a_script_that_only_counts_its_keys_finds_nothing_in_a_clean_hour(
    watched: Project, clock: ModuleType
) -> None:
    found = execution(watched, clock, COUNTED.replace("LAST", "True"))
    assert found["MonitoringExecutionStatus"] == "Completed", found["ExitMessage"]


def test_what_a_script_makes_of_the_traffic_is_what_is_judged(
    watched: Project, clock: ModuleType
) -> None:
    found = execution(watched, clock, COUNTED.replace("LAST", "False"))
    assert found["MonitoringExecutionStatus"] == "CompletedWithViolations", found["ExitMessage"]


def test_a_script_without_handler_fails_the_execution_in_awss_words(
    watched: Project, clock: ModuleType
) -> None:
    found = execution(watched, clock, "def handler(record): return {}")
    assert found["MonitoringExecutionStatus"] == "Failed"
    assert found["ExitMessage"].startswith(
        "Preprocess Handler not implemented correctly in customer script. clean.py: "
    )


def test_a_postprocessor_sees_what_the_definition_says(watched: Project, clock: ModuleType) -> None:
    watched.s3.put_object(Bucket=BUCKET, Key="code/after.py", Body=REPORTS.encode())
    found = execution(
        watched,
        clock,
        COUNTED.replace("LAST", "True"),
        PostAnalyticsProcessorSourceUri=f"s3://{BUCKET}/code/after.py",
        Environment={"team": "risk"},
    )
    assert found["MonitoringExecutionStatus"] == "Failed"
    assert "after.py: postprocess_handler raised RuntimeWarning at line 5" in found["ExitMessage"]
