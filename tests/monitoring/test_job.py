"""One execution under a root of its own, as the container contract has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitoring.evaluation import FINDINGS
from monitoring.job import MESSAGE, METRICS, run

OUTPUT = Path("opt/ml/processing/output")
CAPTURE = Path("opt/ml/processing/input_data/fraud-staging/AllTraffic/2026/01/05/09")
DOCUMENTS = ["constraint_violations.json", "constraints.json", "findings.json", "statistics.json"]
SECRET = "4111-1111-1111-1111"

BASELINE = {
    "dataset_format": json.dumps({"csv": {"header": "true", "output_columns_position": "START"}}),
    "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
    "output_path": "/opt/ml/processing/baseline",
    "publish_cloudwatch_metrics": "Disabled",
}
EXECUTION = {
    "dataset_format": json.dumps(
        {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}
    ),
    "dataset_source": "/opt/ml/processing/input_data",
    "output_path": "/opt/ml/processing/output",
    "publish_cloudwatch_metrics": "Enabled",
    "baseline_constraints": "/opt/ml/processing/baseline/constraints.json",
    "baseline_statistics": "/opt/ml/processing/baseline/statistics.json",
    "start_time": "2026-01-05T09:00:00Z",
    "end_time": "2026-01-05T10:00:00Z",
    "metric_time": "2026-01-05T09:00:00Z",
    "sagemaker_endpoint_name": "fraud-staging",
    "sagemaker_monitoring_schedule_name": "fraud-staging-DataQuality",
    "monitoring_input_type": "ENDPOINT_INPUT",
}
SHOPS = ("books", "shoes", "toys")


def row(number: int) -> tuple[str, str]:
    """What one transaction sends, and what the model answers."""
    sent = f"{20 + number % 60},{SHOPS[number % 3]},{number * 7 % 500}.5"
    return sent, f"{number % 2},{number % 97 / 97!r}"


def captured(number: int, sent: str, answered: str) -> str:
    side = {"observedContentType": "text/csv", "encoding": "CSV"}
    return json.dumps(
        {
            "captureData": {
                "endpointInput": {**side, "mode": "INPUT", "data": sent},
                "endpointOutput": {**side, "mode": "OUTPUT", "data": answered + "\n"},
            },
            "eventMetadata": {
                "eventId": f"event-{number}",
                "inferenceTime": f"2026-01-05T09:{number % 60:02}:00Z",
            },
            "eventVersion": "0",
        }
    )


def capture(root: Path, lines: list[str]) -> None:
    directory = root / CAPTURE
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "00-00-000-x.jsonl").write_text("\n".join(lines) + "\n")


def traffic(count: int = 400) -> list[str]:
    return [captured(number, *row(number)) for number in range(count)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A container with a baseline, made by a baselining job."""
    data = tmp_path / "opt/ml/processing/input/baseline_dataset_input"
    data.mkdir(parents=True)
    lines = [f"{answered},{sent}" for sent, answered in map(row, range(400))]
    header = "prediction,probability,age,shop,amount"
    (data / "baseline.csv").write_text("\n".join([header, *lines]) + "\n")
    assert run(BASELINE, tmp_path) == 0
    return tmp_path


def message(root: Path) -> str:
    return (root / MESSAGE).read_text()


def document(root: Path, name: str) -> Any:
    return json.loads((root / OUTPUT / name).read_text())


def metrics(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / METRICS).read_text().splitlines()]


def test_a_baselining_job_writes_statistics_and_constraints(root: Path):
    written = sorted(path.name for path in (root / "opt/ml/processing/baseline").iterdir())
    assert written == ["constraints.json", "statistics.json"]
    assert message(root) == "Completed: Job completed successfully with no violations."


def test_a_baselining_job_takes_the_drift_method_from_its_environment(root: Path):
    assert run({**BASELINE, "categorical_drift_method": "ChiSquared"}, root) == 0
    constraints = json.loads((root / "opt/ml/processing/baseline/constraints.json").read_text())
    drift = constraints["monitoring_config"]["distribution_constraints"]
    assert drift["categorical_drift_method"] == "ChiSquared"


@pytest.mark.parametrize("mode", ["corrected", "compat"])
def test_clean_traffic_completes(root: Path, mode: str):
    capture(root, traffic())
    assert run({**EXECUTION, "analysis_mode": mode}, root) == 0
    assert message(root) == "Completed: Job completed successfully with no violations."
    assert sorted(path.name for path in (root / OUTPUT).iterdir()) == DOCUMENTS
    assert document(root, "constraint_violations.json") == {"violations": []}
    assert document(root, FINDINGS)["mode"] == mode


def test_violations_are_named_counted_and_end_with_0(root: Path):
    lines = [
        captured(number, sent.replace("books", "guns").replace("shoes", ""), answered)
        for number, (sent, answered) in enumerate(map(row, range(400)))
    ]
    capture(root, lines)
    assert run(EXECUTION, root) == 0
    violations = document(root, "constraint_violations.json")["violations"]
    assert message(root) == (
        f"CompletedWithViolations: Job completed successfully with {len(violations)} violations."
    )
    assert {violation["feature_name"] for violation in violations} == {"shop"}
    assert {"completeness_check", "categorical_values_check"} <= {
        violation["constraint_check_type"] for violation in violations
    }


def test_findings_hold_what_awss_files_cannot(root: Path):
    lines = [captured(n, row(n)[0].replace("books", SECRET), row(n)[1]) for n in range(400)]
    capture(root, [*lines, "broken"])
    assert run(EXECUTION, root) == 0
    findings = document(root, FINDINGS)
    assert findings["window"] == "2026-01-05T09:00:00Z to 2026-01-05T10:00:00Z"
    assert findings["item_count"] == 400
    assert findings["capture"]["malformed"] == 1
    assert "00-00-000-x.jsonl:401" in findings["problems"][0]
    unseen = next(
        f["evidence"]["unseen"] for f in findings["findings"] if "unseen" in f["evidence"]
    )
    assert unseen == {"redacted 1 (19 characters)": 134}
    assert SECRET not in json.dumps(findings)


def test_metrics_are_awss_by_name_dimension_and_time(root: Path):
    capture(root, traffic())
    run(EXECUTION, root)
    by_name = {line["MetricName"]: line for line in metrics(root)}
    age = by_name["feature_data_age"]
    assert age["StatisticValues"] == {
        "Maximum": 79.0,
        "Minimum": 20.0,
        "SampleCount": 400,
        "Sum": sum(20 + n % 60 for n in range(400)),
    }
    assert age["Timestamp"] == "2026-01-05T09:00:00Z"
    assert age["Dimensions"] == [
        {"Name": "Endpoint", "Value": "fraud-staging"},
        {"Name": "MonitoringSchedule", "Value": "fraud-staging-DataQuality"},
    ]
    assert by_name["feature_non_null_shop"]["Value"] == 1.0
    assert by_name["feature_baseline_drift_shop"]["Value"] == 0.0
    assert by_name["total_number_of_violations"]["Value"] == 0
    assert by_name["records"]["Value"] == 400
    assert "feature_data_shop" not in by_name


def test_a_batch_monitors_metrics_have_no_endpoint(root: Path):
    capture(root, traffic())
    run({**EXECUTION, "sagemaker_endpoint_name": ""}, root)
    assert [d["Name"] for d in metrics(root)[0]["Dimensions"]] == ["MonitoringSchedule"]


@pytest.mark.parametrize("switch", ["environment", "constraints"])
def test_either_switch_keeps_metrics_in(root: Path, switch: str):
    capture(root, traffic())
    environment = dict(EXECUTION)
    if switch == "environment":
        environment["publish_cloudwatch_metrics"] = "Disabled"
    else:
        path = root / "opt/ml/processing/baseline/constraints.json"
        constraints = json.loads(path.read_text())
        constraints["monitoring_config"]["emit_metrics"] = "Disabled"
        path.write_text(json.dumps(constraints))
    assert run(environment, root) == 0
    assert not (root / METRICS).exists()


@pytest.mark.parametrize("lines", [[], None, ["{}"]], ids=["empty file", "no file", "other hour"])
def test_an_hour_without_data_fails_as_no_data(root: Path, lines: list[str] | None):
    (root / "opt/ml/processing/input_data").mkdir(parents=True)
    if lines == ["{}"]:
        lines = [line.replace("T09:", "T08:") for line in traffic(5)]
    if lines is not None:
        capture(root, lines)
    assert run(EXECUTION, root) == 1
    assert message(root).startswith("NO_DATA: no captured record between 2026-01-05T09:00:00Z")
    assert not (root / OUTPUT).exists()
    assert [(line["MetricName"], line["Value"]) for line in metrics(root)] == [("records", 0)]


FAULTS = {
    "no dataset_format": ({"dataset_format": ""}, 2, "dataset_format"),
    "a broken dataset_format": ({"dataset_format": "{"}, 2, "dataset_format"),
    "options that are none": ({"dataset_format": '{"csv": [1]}'}, 2, "dataset_format"),
    "a format that is not read": (
        {"dataset_format": '{"sagemakerMergeJson": {}}'},
        2,
        "sagemakerMergeJson.*does not read",
    ),
    "no output_path": ({"output_path": ""}, 2, "output_path"),
    "a path that climbs": ({"output_path": "/opt/../../etc"}, 2, "output_path"),
    "an unknown mode": ({"analysis_mode": "fast"}, 2, "analysis_mode.*corrected, compat"),
    "an unknown analysis": ({"analysis_type": "MAGIC"}, 2, "analysis_type.*MODEL_QUALITY"),
    "a share above 1": ({"faulty_record_share": "1.5"}, 2, "faulty_record_share"),
    "a share that is none": ({"faulty_record_share": "some"}, 2, "faulty_record_share"),
    "half a window": ({"end_time": ""}, 2, "window"),
    "a baseline that is not there": (
        {"baseline_constraints": "/opt/ml/nowhere.json"},
        1,
        "nowhere.json",
    ),
    "a baseline of another monitor": (
        {"baseline_constraints": "/opt/ml/processing/other.json"},
        1,
        "model quality",
    ),
    "a preprocessor that is not there": (
        {"record_preprocessor_script": "/x.py"},
        2,
        "x.py: there is no such script",
    ),
    "bias without its configuration": ({"analysis_type": "MODEL_BIAS"}, 2, "analysis_config"),
    "an unknown monitor": ({"analysis_type": "ASTROLOGY"}, 2, "analysis_type"),
    "a source that is not there": ({"dataset_source": "/opt/ml/nowhere"}, 1, "nowhere"),
}


@pytest.mark.parametrize(("change", "code", "cause"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_evaluated_says_so_in_one_line_and_publishes_nothing(
    root: Path, change: dict[str, str], code: int, cause: str
):
    capture(root, traffic(5))
    other = root / "opt/ml/processing/other.json"
    other.write_text('{"version": 0.0, "regression_constraints": {}}')
    assert run({**EXECUTION, **change}, root) == code
    assert re.search(cause, message(root)), message(root)
    assert "\n" not in message(root)
    assert len(message(root).encode()) <= 1024
    assert not (root / OUTPUT).exists()
    assert not (root / METRICS).exists()


def test_too_many_faulty_records_fail_without_their_content(root: Path):
    capture(root, [*traffic(50), *[SECRET] * 50])
    assert run(EXECUTION, root) == 1
    assert "50 of 100 captured records are faulty" in message(root)
    assert SECRET not in message(root)
    assert not (root / OUTPUT).exists()


def test_the_share_of_faulty_records_can_be_set(root: Path):
    capture(root, [*traffic(50), *[SECRET] * 50])
    assert run({**EXECUTION, "faulty_record_share": "0.5"}, root) == 0
    assert document(root, FINDINGS)["capture"]["malformed"] == 50


def test_a_defect_is_placed_but_never_quotes_the_data(
    root: Path, capfd: pytest.CaptureFixture[str]
):
    class Environment(dict[str, str]):
        def get(self, *_: Any) -> Any:
            raise ZeroDivisionError(SECRET)

    assert run(Environment(), root) == 1
    assert message(root).startswith("InternalError: ZeroDivisionError")
    shown = message(root) + "".join(capfd.readouterr())
    assert "test_job.py" in shown
    assert SECRET not in shown


def test_the_same_execution_twice_leaves_the_same_documents(root: Path):
    capture(root, traffic())
    run(EXECUTION, root)
    first = {name: (root / OUTPUT / name).read_bytes() for name in DOCUMENTS}
    run(EXECUTION, root)
    assert {name: (root / OUTPUT / name).read_bytes() for name in DOCUMENTS} == first


def test_a_failed_execution_leaves_the_documents_before_it(root: Path):
    capture(root, traffic())
    run(EXECUTION, root)
    before = {name: (root / OUTPUT / name).read_bytes() for name in DOCUMENTS}
    capture(root, [])
    assert run(EXECUTION, root) == 1
    assert {name: (root / OUTPUT / name).read_bytes() for name in DOCUMENTS} == before


def test_only_inputs_captured_is_missing_outputs_and_nothing_else(root: Path):
    lines = [json.loads(line) for line in traffic()]
    for line in lines:
        del line["captureData"]["endpointOutput"]
    capture(root, [json.dumps(line) for line in lines])
    assert run(EXECUTION, root) == 0
    (violation,) = document(root, "constraint_violations.json")["violations"]
    assert violation["constraint_check_type"] == "missing_column_check"


MERGE = {
    "dataset_source": "/opt/ml/processing/input_data",
    "ground_truth_source": "/opt/ml/processing/groundtruth",
    "output_path": "/opt/ml/processing/output",
    "start_time": "2026-01-05T09:00:00Z",
    "end_time": "2026-01-05T10:00:00Z",
}
QUALITY = {
    **EXECUTION,
    "analysis_type": "MODEL_QUALITY",
    "problem_type": "BinaryClassification",
    "inference_attribute": "0",
    "probability_attribute": "1",
    "dataset_format": json.dumps({"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"]}}),
    "baseline_constraints": "/opt/ml/processing/baseline/mq/constraints.json",
}
del QUALITY["baseline_statistics"]


def labels(root: Path, count: int = 400, turned: bool = False) -> None:
    """The truth about each transaction: what the model said, or its opposite."""
    directory = root / "opt/ml/processing/groundtruth/2026/01/05/12"
    directory.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps(
            {
                "groundTruthData": {"data": str((number + turned) % 2), "encoding": "CSV"},
                "eventMetadata": {"eventId": f"event-{number}"},
                "eventVersion": "0",
            }
        )
        for number in range(count)
    ]
    (directory / "labels.jsonl").write_text("\n".join(lines) + "\n")


def quality_baseline(root: Path) -> None:
    """Of a table whose label is what the model says, by a baselining job."""
    data = root / "opt/ml/processing/input/labelled"
    data.mkdir(parents=True)
    lines = [f"{answered},{answered[0]}" for _, answered in map(row, range(400))]
    (data / "table.csv").write_text("\n".join(["prediction,probability,label", *lines]) + "\n")
    environment = {
        **BASELINE,
        "analysis_type": "MODEL_QUALITY",
        "problem_type": "BinaryClassification",
        "inference_attribute": "prediction",
        "probability_attribute": "probability",
        "ground_truth_attribute": "label",
        "dataset_source": "/opt/ml/processing/input/labelled",
        "output_path": "/opt/ml/processing/baseline/mq",
    }
    assert run(environment, root) == 0, message(root)


def test_a_merge_job_joins_labels_where_awss_does(root: Path):
    capture(root, traffic())
    labels(root, count=300)
    assert run(MERGE, root) == 0
    assert message(root) == (
        "Completed: 300 of 400 records were joined with a label (0 labels of other records)."
    )
    (part,) = (root / OUTPUT).rglob("part-*.jsonl")
    assert part.parent == root / OUTPUT / "fraud-staging/AllTraffic/2026/01/05/09"
    assert len(part.read_text().splitlines()) == 300


def test_a_merge_job_without_labels_is_pending(root: Path):
    capture(root, traffic())
    assert run(MERGE, root) == 1
    assert message(root).startswith("PENDING_LABELS: 400 records were captured")
    assert not (root / OUTPUT).exists()


@pytest.mark.parametrize("turned", [False, True], ids=["right", "wrong"])
def test_merge_then_model_quality_as_aws_runs_them(root: Path, turned: bool):
    quality_baseline(root)
    capture(root, traffic())
    labels(root, turned=turned)
    assert run({**MERGE, "output_path": "/opt/ml/processing/merged"}, root) == 0
    assert run({**QUALITY, "dataset_source": "/opt/ml/processing/merged"}, root) == 0
    completed = "CompletedWithViolations: " if turned else "Completed: "
    assert message(root).startswith(completed)
    published = {line["MetricName"]: line for line in metrics(root)}
    assert published["accuracy"]["Value"] == (0.0 if turned else 1.0)
    assert published["records"]["Value"] == 400
    assert document(root, FINDINGS)["ground_truth"]["joined"] == 400


def test_one_job_can_join_and_evaluate(root: Path):
    quality_baseline(root)
    capture(root, traffic())
    labels(root, count=380)
    environment = {
        **QUALITY,
        "dataset_format": EXECUTION["dataset_format"],
        "ground_truth_source": MERGE["ground_truth_source"],
    }
    assert run(environment, root) == 0
    assert message(root) == "Completed: Job completed successfully with no violations."
    findings = document(root, FINDINGS)
    assert findings["ground_truth"]["records"] == 400
    assert "380 of 400 records have a label (95.0%)" in findings["warnings"]
    bounds = "accuracy over all 400 records lies between 0.950 and 1.000"
    assert any(warning.startswith(bounds) for warning in findings["warnings"])


def test_too_few_labels_are_not_evaluated_where_a_minimum_is_set(root: Path):
    quality_baseline(root)
    capture(root, traffic())
    labels(root, count=100)
    environment = {
        **QUALITY,
        "dataset_format": EXECUTION["dataset_format"],
        "ground_truth_source": MERGE["ground_truth_source"],
        "minimum_label_coverage": "0.5",
    }
    assert run(environment, root) == 1
    assert message(root).startswith("PENDING_LABELS: 100 of 400 records")
    assert [line["MetricName"] for line in metrics(root)] == ["records"]
    assert not (root / OUTPUT).exists()


def test_captured_records_that_nobody_merged_are_pending(root: Path):
    quality_baseline(root)
    capture(root, traffic())
    assert run(QUALITY, root) == 1
    assert message(root).startswith("PENDING_LABELS: no record between 2026-01-05T09:00:00Z")


ATTRIBUTES = {
    "no prediction": ({"inference_attribute": "", "probability_attribute": ""}, "inference_attri"),
    "no problem type": ({"problem_type": ""}, "problem_type"),
    "an unknown problem type": ({"problem_type": "Guessing"}, "problem_type"),
    "a threshold that is none": ({"probability_threshold_attribute": "high"}, "threshold"),
    "a share that is none": ({"minimum_label_coverage": "2"}, "minimum_label_coverage"),
    "a path that is none": ({"probability_attribute": "a[["}, "ProbabilityAttribute"),
}


@pytest.mark.parametrize(("change", "cause"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_a_wrong_attribute_is_wrong_usage(root: Path, change: dict[str, str], cause: str):
    quality_baseline(root)
    capture(root, traffic())
    assert run({**QUALITY, **change}, root) == 2
    assert cause in message(root)


def test_a_bias_job_reads_its_configuration_where_clarify_does(root: Path):
    config = {
        "headers": ["age", "shop", "amount", "label"],
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "shop", "value_or_threshold": ["books"]}],
    }
    directory = root / "opt/ml/processing/input/config"
    directory.mkdir(parents=True)
    (directory / "any_name.json").write_text(json.dumps(config))
    data = root / "opt/ml/processing/input/labelled"
    data.mkdir(parents=True)
    lines = [f"{sent},{said[0]},{said[0]}" for sent, said in map(row, range(400))]
    (data / "table.csv").write_text("\n".join(["age,shop,amount,label,said", *lines]) + "\n")
    bias = {"analysis_type": "MODEL_BIAS", "inference_attribute": "said"}
    source, output = "/opt/ml/processing/input/labelled", "/opt/ml/processing/baseline/bias"
    assert run({**BASELINE, **bias, "dataset_source": source, "output_path": output}, root) == 0
    capture(root, traffic())
    labels(root)
    environment = {
        **QUALITY,
        **bias,
        "inference_attribute": "0",
        "dataset_format": EXECUTION["dataset_format"],
        "ground_truth_source": MERGE["ground_truth_source"],
        "baseline_constraints": f"{output}/analysis.json",
    }
    assert run(environment, root) == 0, message(root)
    assert message(root) == "Completed: Job completed successfully with no violations."
    assert {"analysis.json", "constraint_violations.json", FINDINGS} <= {
        path.name for path in (root / OUTPUT).iterdir()
    }
    assert any(line["MetricName"].startswith("bias_metric_") for line in metrics(root))


@pytest.mark.parametrize("named", [5, 4], ids=["every column", "one too few"])
def test_headers_name_the_columns_of_a_table_that_has_no_header_row(root: Path, named: int):
    config = {
        "headers": ["age", "shop", "amount", "label", "said"][:named],
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "shop", "value_or_threshold": ["books"]}],
    }
    directory = root / "opt/ml/processing/input/config"
    directory.mkdir(parents=True)
    (directory / "analysis_config.json").write_text(json.dumps(config))
    (root / "table").mkdir()
    lines = [f"{sent},{said[0]},{said[0]}" for sent, said in map(row, range(400))]
    (root / "table/data.csv").write_text("\n".join(lines) + "\n")
    bias = {
        **BASELINE,
        "analysis_type": "MODEL_BIAS",
        "inference_attribute": "said",
        "dataset_format": '{"csv": {"header": false}}',
        "dataset_source": "/table",
        "output_path": "/bias",
    }
    assert run(bias, root) == (0 if named == 5 else 2), message(root)
    if named == 5:
        document = json.loads((root / "bias/analysis.json").read_text())
        assert document["pre_training_bias_metrics"]["facets"].keys() == {"shop"}
    else:
        assert "5 columns and no header row, but the configuration's headers name 4" in message(
            root
        )


def test_an_explainability_job_asks_the_model_it_is_given(root: Path):
    config = {
        "headers": ["age", "shop", "amount"],
        "methods": {"shap": {"baseline": [[40, "books", 100.5]], "num_samples": 20}},
        "predictor": {"model_name": "fraud", "instance_type": "ml.m5.large"},
    }
    directory = root / "opt/ml/processing/input/config"
    directory.mkdir(parents=True)
    (directory / "analysis_config.json").write_text(json.dumps(config))
    asked = []

    @contextmanager
    def model(given: Any) -> Iterator[Any]:
        asked.append(given.predictor.model_name)
        yield lambda rows: np.array([[float(cells[0]) / 100] for cells in rows])

    capture(root, traffic(60))
    environment = {
        "analysis_type": "MODEL_EXPLAINABILITY",
        **{name: EXECUTION[name] for name in ("dataset_format", "dataset_source")},
        "output_path": "/opt/ml/processing/baseline/shap",
    }
    assert run(environment, root, model) == 0, message(root)
    environment = {
        **EXECUTION,
        "analysis_type": "MODEL_EXPLAINABILITY",
        "baseline_constraints": "/opt/ml/processing/baseline/shap/constraints.json",
    }
    del environment["baseline_statistics"]
    assert run(environment, root, model) == 0, message(root)
    assert message(root) == "Completed: Job completed successfully with no violations."
    assert asked == ["fraud", "fraud"]
    published = {line["MetricName"]: line["Value"] for line in metrics(root)}
    assert published["feature_age"] > published["feature_shop"]
