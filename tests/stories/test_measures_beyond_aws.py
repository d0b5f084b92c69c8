"""A bank asks what AWS does not tell: calibration, cost, capacity, and quality by segment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from monitoring import cli, job
from monitoring.errors import OK, VIOLATIONS_FOUND, WRONG_USAGE

MEASURES = {
    "calibration": {"bins": 10},
    "cost": {"false_positive": 5, "false_negative": 90},
    "capacity": {"share": 0.05},
    "segments": {
        "columns": ["channel", {"column": "age", "edges": [40]}],
        "headers": ["age", "channel"],
    },
}
HOUR = {"start": "2026-01-05T09:00:00Z", "end": "2026-01-05T10:00:00Z"}
ANSWERS = ("--inference-attribute", "0", "--probability-attribute", "1")


def monitor(*arguments: Any) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])


def loans(rows: int, seed: int) -> list[tuple[int, str, int, float, int]]:
    """Age, channel, decision, probability, truth. In the branches the model guesses."""
    rng = np.random.default_rng(seed)
    scores = rng.random(rows).round(4)
    channels = rng.choice(["web", "branch"], rows)
    chances = np.where(channels == "web", scores, 0.5)
    truth = (rng.random(rows) < chances).astype(int)
    ages = rng.integers(18, 80, rows)
    said = (scores > 0.5).astype(int)
    return list(
        zip(
            ages.tolist(),
            channels.tolist(),
            said.tolist(),
            scores.tolist(),
            truth.tolist(),
            strict=True,
        )
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A container's file system: an hour captured, its labels, and a baseline."""
    processing = tmp_path / "opt/ml/processing"
    captured, labels = processing / "input_data", processing / "groundtruth"
    captured.mkdir(parents=True)
    labels.mkdir()
    side = {"observedContentType": "text/csv", "encoding": "CSV"}
    events, truths = [], []
    for n, (age, channel, said, score, truth) in enumerate(loans(1500, 1)):
        sent = {**side, "mode": "INPUT", "data": f"{age},{channel}"}
        answer = {**side, "mode": "OUTPUT", "data": f"{said},{score}"}
        metadata = {"eventId": str(n), "inferenceTime": "2026-01-05T09:30:00Z"}
        events.append(
            {
                "captureData": {"endpointInput": sent, "endpointOutput": answer},
                "eventMetadata": metadata,
            }
        )
        truths.append(
            {
                "groundTruthData": {"data": str(truth), "encoding": "CSV"},
                "eventMetadata": {"eventId": str(n)},
            }
        )
    (captured / "a.jsonl").write_text("\n".join(map(json.dumps, events)))
    (labels / "a.jsonl").write_text("\n".join(map(json.dumps, truths)))
    (processing / "measures.json").write_text(json.dumps(MEASURES))
    table = tmp_path / "predictions.csv"
    rows = [f"{said},{score},{truth}" for _, _, said, score, truth in loans(1500, 2)]
    table.write_text("\n".join(["prediction,probability,label", *rows]) + "\n")
    made = monitor(
        *("suggest", "model-quality", "--data", table, "--problem-type", "BinaryClassification"),
        *("--inference-attribute", "prediction", "--probability-attribute", "probability"),
        *("--ground-truth-attribute", "label", "--output", processing / "baseline"),
    )
    assert made.exit_code == OK, made.output
    return tmp_path


def checked(root: Path, *more: Any) -> Result:
    processing = root / "opt/ml/processing"
    return monitor(
        *("check", "model-quality", "--capture", processing / "input_data"),
        *("--ground-truth", processing / "groundtruth", *ANSWERS, *more),
        *("--baseline", processing / "baseline", "--output", root / "run"),
    )


def executed(root: Path, **more: str) -> int:
    return job.run(
        {
            "analysis_type": "MODEL_QUALITY",
            "problem_type": "BinaryClassification",
            "inference_attribute": "0",
            "probability_attribute": "1",
            "dataset_format": json.dumps({"sagemakerCaptureJson": {}}),
            "dataset_source": "/opt/ml/processing/input_data",
            "ground_truth_source": "/opt/ml/processing/groundtruth",
            "baseline_constraints": "/opt/ml/processing/baseline/constraints.json",
            "baseline_statistics": "/opt/ml/processing/baseline/statistics.json",
            "output_path": "/run",
            "start_time": HOUR["start"],
            "end_time": HOUR["end"],
        }
        | more,
        root,
    )


def measured(root: Path) -> Any:
    return json.loads((root / "run/findings.json").read_text())["additional"]["model_quality"]


def test_a_check_measures_what_the_file_asks_for(root: Path):
    plain = checked(root)
    statistics = (root / "run/statistics.json").read_text()
    result = checked(root, "--additional-measures", root / "opt/ml/processing/measures.json")
    assert (plain.exit_code, result.exit_code) == (OK, OK), result.output
    assert (root / "run/statistics.json").read_text() == statistics
    found = measured(root)
    assert {*found} == {"rows", "summary", *MEASURES}
    assert all(line in result.stdout for line in found["summary"])
    channels = {v["value"]: v for v in found["segments"]["channel"]["values"]}
    assert channels["web"]["auc"]["value"] > 0.75
    assert 0.4 < channels["branch"]["auc"]["value"] < 0.6
    assert found["capacity"]["reviewed"] == 75


def test_the_job_takes_a_file_or_the_json_itself(root: Path):
    assert executed(root, additional_measures="/opt/ml/processing/measures.json") == OK
    by_file = measured(root)
    assert executed(root, additional_measures=json.dumps({"calibration": {}})) == OK
    assert measured(root)["calibration"] == by_file["calibration"]
    assert {*measured(root)} == {"rows", "calibration", "summary"}


def test_a_limit_that_is_crossed_is_a_violation_of_its_own_name(root: Path):
    limits = {"segments": MEASURES["segments"] | {"max_gap": 0.05}}
    path = root / "limits.json"
    path.write_text(json.dumps(limits))
    result = checked(root, "--additional-measures", path)
    assert result.exit_code == VIOLATIONS_FOUND
    (violation,) = json.loads((root / "run/constraint_violations.json").read_text())["violations"]
    assert violation["constraint_check_type"] == "segment_gap_check"
    assert violation["segment_value"] == "branch"
    assert "accuracy of channel branch: " in result.stdout


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ('{"calibraton": {}}', "did you mean 'calibration'"),
        ("{", "additional_measures"),
        ("measures.json/..", "additional_measures is missing or no plain path"),
        ("/opt/ml/processing/nothing.json", "nothing.json"),
    ],
)
def test_a_wrong_file_is_one_line_and_nothing_is_written(root: Path, given: str, cause: str):
    assert executed(root, additional_measures=given) != OK
    message = (root / "opt/ml/output/message").read_text()
    assert cause in message
    assert len(message.splitlines()) == 1
    assert not (root / "run").exists()


def test_another_monitor_refuses_them(root: Path):
    code = executed(root, analysis_type="DATA_QUALITY", additional_measures='{"calibration": {}}')
    assert code == WRONG_USAGE
    assert "model quality" in (root / "opt/ml/output/message").read_text()


def test_a_baseline_does_not_take_them(root: Path):
    result = monitor("suggest", "model-quality", "--additional-measures", "x.json")
    assert result.exit_code == WRONG_USAGE
    assert "No such option" in result.output
