"""Capture files that AWS wrote, read without loss.

Needs the golden cases and real data beside the repository ($SHARED_DIR, default ../shared).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from monitoring.capture import Attributes, Reading, Window, read_capture, read_observed
from monitoring.job import Job, run
from monitoring.kinds import MODEL_QUALITY
from monitoring.monitors.answers import ModelQuality

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"))
GOLDEN = SHARED / "golden"
pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"no golden cases at {GOLDEN}; set SHARED_DIR"
)

IDEA_TO_PROD = GOLDEN / "from-idea-to-prod-2025"


def read(source: Path, window: Window | None = None) -> tuple[Reading, list[dict[str, Any]]]:
    reading = read_capture(source, window)
    rows = [row for batch in reading.batches for row in batch.to_pylist()]
    assert not reading.problems
    return reading, rows


def events(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text().splitlines()
    return [json.loads(line)["captureData"] for line in lines if line]


def test_csv_capture_is_its_outputs_then_its_inputs_character_by_character():
    path = IDEA_TO_PROD / "capture.jsonl"
    _, rows = read(path)
    expected = [
        captured["endpointOutput"]["data"].rstrip("\n") + "," + captured["endpointInput"]["data"]
        for captured in events(path)
    ]
    assert [",".join(row.values()) for row in rows] == expected


def test_the_window_is_the_hour_of_inference():
    hour = Window.parse("2025-02-16T11:00:00Z", "2025-02-16T12:00:00Z")
    reading, rows = read(IDEA_TO_PROD / "capture.jsonl", hour)
    assert [row["_c1"] for row in rows] == ["-1"]
    assert reading.counts.early == 1


def test_merged_records_are_capture_records_with_labels():
    _, rows = read(IDEA_TO_PROD / "merged.jsonl")
    assert [row["_c1"] for row in rows][:2] == ["31", "34"]


def test_json_lines_in_one_event_are_one_row_each(tmp_path: Path):
    # The notebook printed these events over many lines; the endpoint writes one a line.
    cases = sorted((GOLDEN / "expl-endpoint-jsonlines").glob("*.capture.json"))
    lines = [json.dumps(json.loads(case.read_text())) for case in cases]
    (tmp_path / "capture.jsonl").write_text("\n".join(lines))
    reading, rows = read(tmp_path)
    assert reading.counts.duplicates == 1  # two cells of the notebook print the same event
    assert [",".join(row.values()) for row in rows] == [
        "1,0.989977359771728,28,2,133937,9,13,2,0,0,4,1,15024,0,55,37",
        "1,0.989977359771728,28,2,133937,9,13,2,0,0,4,1,15024,0,55,37",
        "1,0.504138827323913,43,2,72338,12,14,2,12,0,1,1,0,0,40,37",
    ]
    assert list(rows[0])[:3] == ["predicted_label", "score", "_c2"]


def test_the_sdks_own_samples_are_read_whole():
    samples = GOLDEN / "sdk-monitor"
    assert len(read(samples / "capture.jsonl")[1]) == len(events(samples / "capture.jsonl"))
    _, rows = read(samples / "captured-data.jsonl")
    assert [list(row.values()) for row in rows[:3]] == [
        ["3.5", "1.0"],
        ["4.0", "2.0"],
        ["5.5", "5.0"],
    ]


def test_nested_json_of_a_real_endpoint_keeps_every_value():
    (path,) = (SHARED / "data" / "aws-capture").glob("*.jsonl")
    _, rows = read(path)
    for row, captured in zip(rows, events(path), strict=True):
        sent = json.loads(captured["endpointInput"]["data"])
        assert (
            row["generated_text"]
            == json.loads(captured["endpointOutput"]["data"])["generated_text"]
        )
        assert row["inputs"] == sent["inputs"]
        assert float(row["parameters.temperature"]) == sent["parameters"]["temperature"]


def test_the_header_row_of_awss_own_notebook_is_recognised(tmp_path: Path):
    inputs = (
        (SHARED / "data" / "aws-churn" / "test-dataset-input-cols.csv").read_text().splitlines()
    )
    side = {"observedContentType": "text/csv", "encoding": "CSV"}
    lines = [
        json.dumps(
            {
                "captureData": {
                    "endpointInput": {**side, "mode": "INPUT", "data": row},
                    "endpointOutput": {**side, "mode": "OUTPUT", "data": "0.1"},
                },
                "eventMetadata": {"eventId": str(number)},
            }
        )
        for number, row in enumerate(inputs)
    ]
    (tmp_path / "capture.jsonl").write_text("\n".join(lines))
    reading, rows = read(tmp_path)
    assert reading.counts.header_rows == 1
    assert len(rows) == len(inputs) - 1


def golden_environment() -> dict[str, str]:
    described = json.loads((IDEA_TO_PROD / "mq_monitoring_job_describe.json").read_text())
    environment: dict[str, str] = described["Environment"]
    return environment


def test_the_environment_of_a_real_job_is_parsed(tmp_path: Path):
    environment = golden_environment()
    job = Job.parse(environment, tmp_path)
    assert job.dataset.path == tmp_path / "opt/ml/processing/input_data"
    assert str(job.dataset.window) == "2025-02-16T15:00:00Z to 2025-02-16T16:00:00Z"
    assert job.output == tmp_path / "opt/ml/processing/output"
    assert job.baseline == {
        "constraints.json": tmp_path / "opt/ml/processing/baseline/constraints/constraints.json"
    }
    assert job.publishes_metrics
    assert job.metric_time == "2025-02-16T15:00:00Z"
    assert job.dimensions == {
        "Endpoint": "mlops-02-14-11-03-33-prod",
        "MonitoringSchedule": "from-idea-to-prod-model-monitor-schedule-2025-02-16-15-02-27",
    }


def test_what_the_real_job_monitors_is_parsed_with_it(tmp_path: Path):
    job = Job.parse(golden_environment(), tmp_path)
    assert job.monitor.kind == MODEL_QUALITY
    assert job.dataset.format == "sagemakerMergeJson"
    assert job.instructions.settings == ModelQuality("BinaryClassification", threshold=0.5)
    assert job.instructions.wanted is not None
    assert job.instructions.wanted.attributes == Attributes(probability="0")


def test_the_real_job_runs_on_the_merged_records_there_are(tmp_path: Path):
    """Two rows of the 77: both labelled 0, both below the threshold."""
    hour = tmp_path / "opt/ml/processing/input_data/mlops/AllTraffic/2025/02/16/15"
    hour.mkdir(parents=True)
    (hour / "part-00000.jsonl").write_bytes((IDEA_TO_PROD / "merged.jsonl").read_bytes())
    baseline = tmp_path / "opt/ml/processing/baseline/constraints/constraints.json"
    baseline.parent.mkdir(parents=True)
    bound = {"threshold": 0.8951201747997086, "comparison_operator": "LessThanThreshold"}
    block = {"accuracy": bound, "recall": {**bound, "threshold": 0.2229}}
    document = {"version": 0.0, "binary_classification_constraints": block}
    baseline.write_text(json.dumps(document))
    assert run(golden_environment(), tmp_path) == 0
    output = tmp_path / "opt/ml/processing/output"
    statistics = json.loads((output / "statistics.json").read_text())
    metrics = statistics["binary_classification_metrics"]
    assert metrics["confusion_matrix"] == {"0": {"0": 2, "1": 0}, "1": {"0": 0, "1": 0}}
    assert metrics["accuracy"]["value"] == 1.0
    assert metrics["recall"]["value"] is None
    assert metrics["auc"]["value"] is None
    findings = json.loads((output / "findings.json").read_text())
    assert findings["not_computed"]["recall"] == "no row is labelled positive"


@pytest.mark.parametrize(
    ("case", "attributes", "rows"),
    [
        (
            "bias-adult-batch-json",
            Attributes(
                "SageMakerOutput.predictions[*].predicted_label",
                "SageMakerOutput.predictions[*].score",
                "instances[*].label",
                "instances[*].features",
            ),
            334,
        ),
        (
            "bias-adult-batch-jsonl",
            Attributes("SageMakerOutput.predicted_label", "SageMakerOutput.score", "", "features"),
            1,
        ),
    ],
)
def test_merged_records_of_batch_transforms_are_read(
    tmp_path: Path, case: str, attributes: Attributes, rows: int
):
    record = json.loads((GOLDEN / case / "merged_record_first_line.json").read_text())
    merged = tmp_path / "part-00000.jsonl"
    merged.write_text(json.dumps(record) + "\n")
    reading = read_observed(merged, attributes)
    (observed,) = reading.batches
    assert observed.features.num_rows == rows
    assert observed.features.num_columns == 14
    assert len(observed.label) == len(observed.predicted) == len(observed.probability) == rows
    assert observed.probability[0].as_py().startswith("0.98997735977172")
    assert reading.counts.faulty == 0
