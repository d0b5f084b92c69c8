"""The self-hosted engine: EventBridge Scheduler starts our analyzer as a processing job.

One hour of traffic is analysed twice: by SageMaker's own schedule, and by a processing job that
EventBridge Scheduler creates through its universal target. Both leave the same documents.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from monitoring.kinds import DATA_QUALITY
from tests.moto_fixtures.building import BUCKET, ROLE, Project, client, schedule_config
from tests.moto_fixtures.building import job_definition as definition
from tests.moto_fixtures.events.test_schedules import OFF, make_role
from tests.moto_fixtures.test_scheduler import send

TEN = datetime(2026, 1, 31, 10)
HOUR = timedelta(hours=1)
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitoring:1.0"
PROCESSING = "/opt/ml/processing"
DOCUMENTS = ("statistics.json", "constraint_violations.json")


def processing_job(project: Project) -> dict[str, Any]:
    """CreateProcessingJob's request, as a template of the self-hosted engine would write it."""
    inputs = {
        "capture": (f"s3://{BUCKET}/capture/{project.endpoint}", f"{PROCESSING}/input/capture"),
        "baseline": (f"s3://{BUCKET}/baselines/", f"{PROCESSING}/baseline"),
    }
    output = {
        "S3Uri": f"s3://{BUCKET}/self-hosted",
        "LocalPath": f"{PROCESSING}/output",
        "S3UploadMode": "EndOfJob",
    }
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}
    return {
        "ProcessingJobName": "data-quality-<aws.scheduler.execution-id>",
        "AppSpecification": {"ImageUri": IMAGE},
        "RoleArn": ROLE,
        "ProcessingResources": {"ClusterConfig": cluster},
        "ProcessingInputs": [
            {
                "InputName": name,
                "S3Input": {
                    "S3Uri": uri,
                    "LocalPath": local,
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for name, (uri, local) in inputs.items()
        ],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "result", "S3Output": output}]},
        "Environment": {
            "dataset_format": json.dumps(
                {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}
            ),
            "dataset_source": f"{PROCESSING}/input/capture",
            "output_path": f"{PROCESSING}/output",
            "baseline_constraints": f"{PROCESSING}/baseline/constraints.json",
            "baseline_statistics": f"{PROCESSING}/baseline/statistics.json",
            "start_time": "2026-01-31T10:00:00Z",
            "end_time": "2026-01-31T11:00:00Z",
        },
    }


@pytest.fixture
def both_engines(project: Project, clock: ModuleType) -> Project:
    """An endpoint that both engines watch, before its hour of traffic."""
    clock.travel(TEN)
    for name, body in project.model.baseline.items():
        project.s3.put_object(Bucket=BUCKET, Key=f"baselines/{name}", Body=body)
    baseline = {
        f"{kind}Resource": {"S3Uri": f"s3://{BUCKET}/baselines/{kind.lower()}.json"}
        for kind in ("Constraints", "Statistics")
    }
    project.sagemaker.create_data_quality_job_definition(
        **definition(DATA_QUALITY, project.endpoint, DataQualityBaselineConfig=baseline)
    )
    project.sagemaker.create_monitoring_schedule(
        MonitoringScheduleName="managed", MonitoringScheduleConfig=schedule_config(DATA_QUALITY)
    )
    client(project.session, "scheduler").create_schedule(
        Name="self-hosted",
        ScheduleExpression="at(2026-01-31T11:05:00)",
        FlexibleTimeWindow=OFF,
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob",
            "RoleArn": make_role(project.session, "sagemaker:CreateProcessingJob", "iam:PassRole"),
            "Input": json.dumps(processing_job(project)),
        },
    )
    return project


def documents(project: Project, prefix: str) -> dict[str, Any]:
    return {
        name: json.loads(
            project.s3.get_object(Bucket=BUCKET, Key=f"{prefix}/{name}")["Body"].read()
        )
        for name in DOCUMENTS
    }


def test_both_engines_leave_the_same_documents(both_engines: Project, clock: ModuleType) -> None:
    rows = [row.split(",", 1) for row in both_engines.model.rows[:200]]
    send(both_engines, [f"{float(amount) + 5000},{rest}" for amount, rest in rows])
    clock.advance(TEN + HOUR + timedelta(minutes=10))

    jobs = both_engines.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    (job,) = [one for one in jobs if "-monitoring-" not in one["ProcessingJobName"]]
    assert job["ExitMessage"].startswith("CompletedWithViolations"), job
    managed = f"reports/data-quality/{both_engines.endpoint}/managed/2026/01/31/11"
    assert documents(both_engines, "self-hosted") == documents(both_engines, managed)
