"""Executions of model quality and bias: captured traffic, its labels, a merge, an analysis."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from moto.sagemaker.models import sagemaker_backends

from monitoring import job
from monitoring.kinds import BIAS, KINDS, MODEL_QUALITY, Kind
from moto_fixtures import data_capture, processing, running, runtime
from moto_fixtures.running import Running
from moto_fixtures.runtime import Record
from moto_fixtures.sagemaker.executions import MonitoringExecution
from tests.moto_fixtures.building import BUCKET, Project, client, job_definition, schedule_config

TEN = datetime(2026, 1, 31, 10)
HOUR = timedelta(hours=1)
LATE = timedelta(minutes=10)
THRESHOLD = 0.0016
"""Near the median of the answers: a model of rare frauds says 0 to all of so few rows."""
LABELLED = [kind for kind in KINDS if kind.needs_labels]
OUTPUT = "/opt/ml/processing/output"

each_labelled_kind = pytest.mark.parametrize("kind", LABELLED, ids=lambda kind: kind.name)


@dataclass(frozen=True)
class Scored:
    """A row, and what the endpoint answers to it."""

    row: str
    probability: float

    @property
    def is_positive(self) -> bool:
        return self.probability > THRESHOLD

    @property
    def entry_mode(self) -> str:
        return self.row.split(",")[-2]


Truth = Callable[[Scored, np.random.Generator], bool]


def mostly_as_predicted(one: Scored, rng: np.random.Generator) -> bool:
    """The model is right nine times in ten."""
    return one.is_positive != (rng.random() < 0.1)


def as_a_coin_falls(_: Scored, rng: np.random.Generator) -> bool:
    return rng.random() < 0.5


def against_online_customers(one: Scored, rng: np.random.Generator) -> bool:
    """As predicted, but whoever pays online is said to be a fraud."""
    return one.entry_mode == "online" or mostly_as_predicted(one, rng)


SPOILT: Mapping[Kind, Truth] = {MODEL_QUALITY: as_a_coin_falls, BIAS: against_online_customers}


class World:
    """An endpoint watched by a labelled monitor, whose baseline is of the same traffic."""

    def __init__(self, project: Project, clock: ModuleType, directory: Path) -> None:
        self.project, self.clock, self.directory = project, clock, directory
        self.scored = scored(project)
        self.sent = 0
        clock.travel(TEN)

    def watch(self, kind: Kind, **source: Any) -> None:
        """Suggest a baseline with the real job, then schedule the monitor hourly."""
        columns = self.project.model.columns
        config = {
            "version": "1.0",
            "headers": ["label", "probability", *columns],
            "label": "label",
            "label_values_or_threshold": [1],
            "facet": [{"name_or_index": "entry_mode", "value_or_threshold": ["online"]}],
            "predicted_label": "probability",
        }
        constraints = suggested(self.directory, kind, config, columns, self.scored)
        for name, document in (("analysis_config", config), ("constraints", constraints)):
            self.put(f"baselines/{name}.json", json.dumps(document))
        definition = job_definition(kind, self.project.endpoint)
        definition[f"{kind.name}JobInput"]["EndpointInput"].update(
            ProbabilityAttribute="1", ProbabilityThresholdAttribute=THRESHOLD, **source
        )
        definition[f"{kind.name}BaselineConfig"] = {
            "ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/baselines/constraints.json"}
        }
        sagemaker = self.project.sagemaker
        noun = f"{kind.slug.replace('-', '_')}_job_definition"
        getattr(sagemaker, f"create_{noun}")(**definition)
        sagemaker.create_monitoring_schedule(
            MonitoringScheduleName="hourly", MonitoringScheduleConfig=schedule_config(kind)
        )

    def send(self, hour: datetime, rows: Sequence[Scored]) -> list[str]:
        """Send rows in an hour; answer their inference ids."""
        ids = [f"order-{self.sent + n}" for n in range(len(rows))]
        self.sent += len(rows)
        records = [
            Record(one.row.encode(), "text/csv", hour + timedelta(minutes=5), identity)
            for one, identity in zip(rows, ids, strict=True)
        ]
        backend = sagemaker_backends["123456789012"]["us-east-1"]
        runtime.send_traffic(backend, self.project.endpoint, records)
        return ids

    def label(
        self, collected: datetime, ids: Sequence[str], rows: Sequence[Scored], truth: Truth
    ) -> None:
        """Put the labels of records where the hour of their collection has them."""
        rng = np.random.default_rng(collected.hour)
        lines = [
            {
                "groundTruthData": {"data": str(int(truth(one, rng))), "encoding": "CSV"},
                "eventMetadata": {"eventId": identity},
                "eventVersion": "0",
            }
            for one, identity in zip(rows, ids, strict=True)
        ]
        body = "".join(json.dumps(line) + "\n" for line in lines)
        self.put(f"ground-truth/{collected:%Y/%m/%d/%H}/labels.jsonl", body)

    def hour_of(self, hour: datetime, truth: Truth, rows: int = 400) -> None:
        """An hour of traffic, labelled in the same hour."""
        sent = self.scored[:rows]
        self.label(hour, self.send(hour, sent), sent, truth)

    def prepared(self, scheduled: datetime) -> Running:
        """An execution that has not begun, of a moment of the schedule."""
        backend: Any = sagemaker_backends["123456789012"]["us-east-1"]
        schedule = backend.monitoring_schedules["hourly"]
        execution = MonitoringExecution(
            schedule_name="hourly",
            kind=schedule.kind,
            job_definition_name="watch",
            endpoint_name=self.project.endpoint,
            scheduled=scheduled,
            created=scheduled,
            modified=scheduled,
        )
        return Running(backend, processing.prepare(backend, schedule, scheduled), execution)

    def executions(self) -> list[dict[str, Any]]:
        answer = self.project.sagemaker.list_monitoring_executions(SortOrder="Ascending")
        return list(answer["MonitoringExecutionSummaries"])

    def job_of(self, execution: Mapping[str, Any]) -> dict[str, Any]:
        name = execution["ProcessingJobArn"].rsplit("/", 1)[-1]
        return dict(self.project.sagemaker.describe_processing_job(ProcessingJobName=name))

    def merge_jobs(self) -> list[Any]:
        jobs = sagemaker_backends["123456789012"]["us-east-1"].processing_jobs
        return [one for name, one in jobs.items() if name.startswith("groundtruth-merge-")]

    def stored(self, prefix: str) -> dict[str, bytes]:
        """Objects below a prefix, by the rest of their key."""
        s3 = self.project.s3
        found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return {
            one["Key"].removeprefix(prefix): s3.get_object(Bucket=BUCKET, Key=one["Key"])[
                "Body"
            ].read()
            for one in found
        }

    def put(self, key: str, text: str) -> None:
        self.project.s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())


def scored(project: Project) -> list[Scored]:
    rows = project.model.rows
    answer = project.runtime.invoke_endpoint(
        EndpointName=project.endpoint, Body="\n".join(rows).encode(), ContentType="text/csv"
    )
    lines = answer["Body"].read().decode().split()
    return [Scored(row, float(line.split(",")[1])) for row, line in zip(rows, lines, strict=True)]


def suggested(
    directory: Path,
    kind: Kind,
    config: Mapping[str, Any],
    columns: Sequence[str],
    rows: Sequence[Scored],
) -> Any:
    """The constraints that the container suggests for rows labelled as the model predicts."""
    rng = np.random.default_rng(0)
    table = directory / "opt/ml/processing/input/data.csv"
    table.parent.mkdir(parents=True)
    (directory / "opt/ml/processing/input/config").mkdir()
    table.write_text(
        f"label,probability,{','.join(columns)}\n"
        + "".join(
            f"{int(mostly_as_predicted(one, rng))},{one.probability},{one.row}\n" for one in rows
        )
    )
    path = directory / "opt/ml/processing/input/config/analysis_config.json"
    path.write_text(json.dumps(config))
    told = {
        "analysis_type": {MODEL_QUALITY: "MODEL_QUALITY", BIAS: "MODEL_BIAS"}[kind],
        "dataset_format": '{"csv": {"header": true}}',
        "dataset_source": "/opt/ml/processing/input/data.csv",
        "output_path": OUTPUT,
        "problem_type": "BinaryClassification",
        "ground_truth_attribute": "label",
        "probability_attribute": "probability",
        "probability_threshold_attribute": str(THRESHOLD),
    }
    code = job.run(told, directory)
    assert code == 0, (directory / "opt/ml/output/message").read_text()
    return json.loads((directory / "opt/ml/processing/output/constraints.json").read_text())


@pytest.fixture
def world(project: Project, clock: ModuleType, tmp_path: Path) -> World:
    return World(project, clock, tmp_path)


@each_labelled_kind
def test_a_clean_hour_completes_and_a_spoilt_one_is_found(world: World, kind: Kind) -> None:
    world.watch(kind)
    world.hour_of(TEN, mostly_as_predicted)
    world.hour_of(TEN + HOUR, SPOILT[kind])
    world.clock.advance(TEN + 2 * HOUR + LATE)
    first, second = world.executions()
    assert first["MonitoringExecutionStatus"] == "Completed", first
    assert second["MonitoringExecutionStatus"] == "CompletedWithViolations", second
    found = world.stored(f"reports/{kind.slug}/fraud-staging/hourly/2026/01/31/12/")
    assert json.loads(found["constraint_violations.json"])["violations"]


@each_labelled_kind
def test_an_hour_without_labels_waits_for_them(world: World, kind: Kind) -> None:
    world.watch(kind)
    world.send(TEN, world.scored[:50])
    world.clock.advance(TEN + HOUR + LATE)
    (execution,) = world.executions()
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert execution["FailureReason"].startswith("PENDING_LABELS: 50 records were captured")
    merging = world.job_of(execution)
    assert merging["ProcessingJobName"].startswith("groundtruth-merge-202601311100-")
    assert merging["ProcessingJobStatus"] == "Failed"
    assert merging["ExitMessage"] == execution["FailureReason"]
    assert world.stored("reports/") == {}


@each_labelled_kind
def test_its_metrics_are_in_its_own_namespace(world: World, kind: Kind) -> None:
    world.watch(kind)
    world.hour_of(TEN, mostly_as_predicted)
    world.clock.advance(TEN + HOUR + LATE)
    cloudwatch = client(world.project.session, "cloudwatch")
    metrics = cloudwatch.list_metrics(Namespace=kind.namespace)["Metrics"]
    names = {metric["MetricName"] for metric in metrics}
    assert names & {"accuracy", "bias_metric_DPL"}
    everything = {metric["Namespace"] for metric in cloudwatch.list_metrics()["Metrics"]}
    assert everything & {one.namespace for one in KINDS} == {kind.namespace}


def test_merged_records_lie_where_amazons_do(world: World) -> None:
    world.watch(MODEL_QUALITY)
    world.hour_of(TEN, mostly_as_predicted, 20)
    world.clock.advance(TEN + HOUR + LATE)
    merged = world.stored("reports/model-quality/merge/")
    (name,) = (name for name in merged if name.endswith(".jsonl"))
    assert name.startswith("fraud-staging/AllTraffic/2026/01/31/10/part-00000-")
    lines = [json.loads(line) for line in merged[name].splitlines()]
    assert len(lines) == 20
    assert list(lines[0]) == ["eventVersion", "groundTruthData", "captureData", "eventMetadata"]
    (execution,) = world.executions()
    sources = [one["S3Input"]["S3Uri"] for one in world.job_of(execution)["ProcessingInputs"]]
    hour = "fraud-staging/AllTraffic/2026/01/31/10"
    assert f"s3://{BUCKET}/reports/model-quality/merge/{hour}" in sources
    assert not any("/capture/" in uri for uri in sources)


def test_labels_that_come_later_are_found_where_they_were_collected(world: World) -> None:
    """The window lies four hours back, and its labels came in the hour before the run."""
    world.watch(MODEL_QUALITY, StartTimeOffset="-PT4H", EndTimeOffset="-PT3H")
    rows = world.scored[:100]
    ids = world.send(TEN, rows)
    world.send(TEN + HOUR, rows)
    world.label(TEN + 3 * HOUR, ids, rows, mostly_as_predicted)
    world.clock.advance(TEN + 4 * HOUR + LATE)
    *_, last = world.executions()
    assert last["MonitoringExecutionStatus"] == "Completed", last
    merging = world.merge_jobs()[-1]
    assert merging.exit_message.startswith("Completed: 100 of 100 records were joined")
    assert merging.request["Environment"] == {
        "dataset_source": "/opt/ml/processing/input_data",
        "ground_truth_source": "/opt/ml/processing/groundtruth",
        "output_path": "/opt/ml/processing/output",
        "start_time": "2026-01-31T10:00:00Z",
        "end_time": "2026-01-31T11:00:00Z",
    }


def test_a_window_that_overlaps_the_one_before_counts_its_own_records(world: World) -> None:
    """The first run finds labels for 11:00 alone; the second those for 10:00 too."""
    world.watch(MODEL_QUALITY, StartTimeOffset="-PT3H", EndTimeOffset="-PT0H")
    rows = world.scored[:100]
    ids = world.send(TEN, rows)
    world.hour_of(TEN + HOUR, mostly_as_predicted, 100)
    world.clock.advance(TEN + 2 * HOUR + LATE)
    world.label(TEN + 2 * HOUR, ids, rows, mostly_as_predicted)
    world.clock.advance(TEN + 3 * HOUR + LATE)
    reports = world.stored("reports/model-quality/fraud-staging/hourly/2026/01/31/")
    first, second = (
        json.loads(reports[f"{hour}/findings.json"])["ground_truth"] for hour in ("12", "13")
    )
    assert (first["joined"], first["records"]) == (100, 200)
    assert (second["joined"], second["records"]) == (200, 200)


def test_both_jobs_share_one_time_limit(world: World) -> None:
    world.watch(MODEL_QUALITY)
    world.hour_of(TEN, mostly_as_predicted, 20)
    world.clock.travel(TEN + HOUR)
    data_capture.flush_all()
    one = world.prepared(TEN + HOUR)
    assert one.seconds == 1800
    running.run_all([one])
    assert one.execution.status == "Completed", one.execution
    assert one.seconds < 1800

    late = world.prepared(TEN + HOUR)
    late.seconds = 0.0
    running.run_all([late])
    assert late.execution.status == "Stopped"
    assert late.execution.failure_reason.startswith("MaxRuntimeExceeded")
