"""Three hours under both engines: SageMaker's schedules, and EventBridge Scheduler's with our jobs.

Both templates watch one endpoint with all four monitors. Hour by hour they leave the same
documents, byte for byte, under the same layout, and the same metrics.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from monitoring import status
from monitoring.aws.clients import Aws
from monitoring.kinds import BIAS, EXPLAINABILITY, KINDS, MODEL_QUALITY, Kind
from monitoring.status import Watched
from tests.moto_fixtures import test_explaining_executions as explaining
from tests.moto_fixtures.building import BUCKET, ROLE, Project, client
from tests.moto_fixtures.test_labelled_executions import (
    SPOILT,
    TEN,
    THRESHOLD,
    World,
    mostly_as_predicted,
    suggested,
)

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
ROWS = 40
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitoring:1.0"
ENGINES = {"managed": "model-monitor-template.yml", "self-hosted": "self-hosted-template.yml"}


def configs(world: World) -> dict[Kind, dict[str, Any]]:
    """The analysis configurations of the two monitors that have one."""
    bias = {
        "version": "1.0",
        "headers": ["label", "probability", *world.project.model.columns],
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "entry_mode", "value_or_threshold": ["online"]}],
        "predicted_label": "probability",
    }
    explainability = explaining.analysis_config(world.project, world.project.endpoint)
    explainability["methods"]["shap"]["num_samples"] = 16
    return {BIAS: bias, EXPLAINABILITY: explainability}


def put_baselines(world: World, directory: Path) -> None:
    """What each monitor compares with, suggested by the container itself."""
    project, columns = world.project, world.project.model.columns
    made = configs(world)
    for kind in (MODEL_QUALITY, BIAS):
        found = suggested(directory / kind.slug, kind, made[BIAS], columns, world.scored)
        world.put(f"baselines/{kind.slug}/constraints.json", json.dumps(found))
    text = explaining.suggested(project, made[EXPLAINABILITY], directory / "explainability")
    world.put(f"baselines/{EXPLAINABILITY.slug}/constraints.json", text)
    for kind, config in made.items():
        world.put(f"baselines/{kind.slug}/analysis_config.json", json.dumps(config))
    for name, body in project.model.baseline.items():
        world.put(f"baselines/data-quality/{name}", body.decode())


def parameters(engine: str) -> dict[str, str]:
    """One stage file for both templates; only what an engine alone knows differs."""
    of_kinds = {
        f"{kind.name}{what}": value
        for kind in KINDS
        for what, value in {
            "ConstraintsS3Uri": f"s3://{BUCKET}/baselines/{kind.slug}/constraints.json",
            "MonitoringOutputS3Uri": f"s3://{BUCKET}/{engine}/{kind.slug}",
            **(
                {"ConfigS3Uri": f"s3://{BUCKET}/baselines/{kind.slug}/analysis_config.json"}
                if kind.has_config_file
                else {}
            ),
        }.items()
    }
    images = {"AnalyzerImageUri": IMAGE}
    if engine == "managed":
        images = {
            "ModelMonitorImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/"
            "sagemaker-model-monitor-analyzer",
            "ClarifyImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing:1.0",
        }
    return {
        "SageMakerProjectName": "fraud",
        "StageName": "staging",
        "EndpointName": "fraud-staging",
        "MonitoringScheduleName": engine,
        "ModelMonitorRoleArn": ROLE,
        "MonitorEngine": engine,
        "ProbabilityAttribute": "1",
        "ProbabilityThresholdAttribute": str(THRESHOLD),
        "GroundTruthInput": f"s3://{BUCKET}/ground-truth",
        "DataQualityStatisticsS3Uri": f"s3://{BUCKET}/baselines/data-quality/statistics.json",
        **images,
        **of_kinds,
    }


@pytest.fixture
def world(project: Project, clock: ModuleType, tmp_path: Path) -> World:
    clock.freeze()
    made = World(project, clock, tmp_path)
    put_baselines(made, tmp_path)
    # Past the quarter: at 10:15 the self-hosted engine would begin with the hour before.
    clock.travel(TEN + timedelta(minutes=20))
    for engine, template in ENGINES.items():
        cloudformation = client(project.session, "cloudformation")
        cloudformation.create_stack(
            StackName=engine,
            TemplateBody=(ROOT / template).read_text(),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in parameters(engine).items()
            ],
        )
        (stack,) = cloudformation.describe_stacks(StackName=engine)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    return made


def documents(world: World, engine: str) -> dict[str, bytes]:
    """Every report of an engine, by its place with the schedule's own name left out."""
    found = world.stored(f"{engine}/")
    return {name.replace(f"/{engine}-", "/"): body for name, body in found.items()}


def metrics(world: World, engine: str) -> dict[tuple[str, str], list[tuple[datetime, float]]]:
    """Every metric of an engine: namespace and name → times and values."""
    cloudwatch = client(world.project.session, "cloudwatch")
    found: dict[tuple[str, str], list[tuple[datetime, float]]] = {}
    for kind in KINDS:
        named = {"Name": "MonitoringSchedule", "Value": f"{engine}-{kind.name}"}
        pages = cloudwatch.list_metrics(Namespace=kind.namespace, Dimensions=[named])
        for metric in pages["Metrics"]:
            points = cloudwatch.get_metric_statistics(
                Namespace=kind.namespace,
                MetricName=metric["MetricName"],
                Dimensions=metric["Dimensions"],
                StartTime=TEN - HOUR,
                EndTime=TEN + 5 * HOUR,
                Period=3600,
                Statistics=["Maximum"],
            )["Datapoints"]
            others = [
                f"{one['Name']}={one['Value']}"
                for one in metric["Dimensions"]
                if one["Name"] != "MonitoringSchedule"
            ]
            key = (kind.namespace, " ".join([metric["MetricName"], *others]))
            found[key] = sorted((one["Timestamp"], one["Maximum"]) for one in points)
    return found


def test_both_engines_leave_the_same(world: World) -> None:
    for n, truth in enumerate((mostly_as_predicted, SPOILT[MODEL_QUALITY], SPOILT[BIAS])):
        world.hour_of(TEN + n * HOUR, truth, ROWS)
        world.clock.advance(TEN + (n + 1) * HOUR + timedelta(minutes=20))

    jobs = world.project.sagemaker.list_processing_jobs(MaxResults=100)["ProcessingJobSummaries"]
    assert [one for one in jobs if one["ProcessingJobStatus"] != "Completed"] == []
    managed, hosted = (documents(world, engine) for engine in ENGINES)
    assert sorted(hosted) == sorted(managed)
    assert [name for name in hosted if hosted[name] != managed[name]] == []
    for kind in KINDS:
        hours = {
            name.split("/")[-2]
            for name in hosted
            if name.startswith(f"{kind.slug}/fraud-staging/{kind.name}/2026/01/31/")
        }
        assert hours >= {"11", "12", "13"}, kind
    one, other = (metrics(world, engine) for engine in ENGINES)
    assert one == other
    assert {namespace for namespace, _ in one} == {kind.namespace for kind in KINDS}
    assert_status_shows_both_alike(Aws(world.project.session))


def assert_status_shows_both_alike(aws: Aws) -> None:
    """`monitor status`: the same runs, with the same endings and findings, in the same places."""
    managed = status.of_project(aws, "managed-")
    hosted = status.self_hosted_of_project(aws, "self-hosted-")
    assert {one.schedule.status for one in (*managed, *hosted)} == {"Scheduled"}
    assert shown(hosted) == shown(managed)
    endings = {run[1] for runs in shown(hosted).values() for run in runs}
    assert endings >= {"Completed", "CompletedWithViolations"}
    assert status.exit_code(hosted) == status.exit_code(managed)


def shown(watched: list[Watched]) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """(endpoint, monitor) → each run's hour, status, findings and place below its prefix."""
    return {
        (one.schedule.endpoint, one.schedule.monitoring_type): [
            (
                run.execution.scheduled,
                run.execution.status,
                run.violations,
                run.uri.split("/")[-4:],
            )
            for run in one.runs
        ]
        for one in watched
    }
