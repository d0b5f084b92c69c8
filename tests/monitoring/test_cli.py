"""`monitor …` as a person or a script meets it: documents, sentences, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from monitoring.cli import main
from monitoring.errors import FAILED, OK, VIOLATIONS_FOUND, WRONG_USAGE
from monitoring.kinds import KINDS

CITIES = ("Rome", "Bern", "Oslo")


def write_table(path: Path, shift: int = 0, rows: int = 300) -> Path:
    lines = [f"{n % 60 + 20 + shift},{CITIES[n % 3]},{n * 7 % 500}.5" for n in range(rows)]
    path.write_text("\n".join(["age,city,amount", *lines]) + "\n")
    return path


def write_capture(directory: Path, shift: int = 0) -> Path:
    directory.mkdir()
    side = {"observedContentType": "text/csv", "encoding": "CSV"}
    lines = [
        json.dumps(
            {
                "captureData": {
                    "endpointOutput": {**side, "mode": "OUTPUT", "data": str(n % 60 + 20 + shift)},
                    "endpointInput": {
                        **side,
                        "mode": "INPUT",
                        "data": f"{CITIES[n % 3]},{n * 7 % 500}.5",
                    },
                },
                "eventMetadata": {"eventId": str(n), "inferenceTime": "2026-01-05T09:30:00Z"},
            }
        )
        for n in range(300)
    ]
    (directory / "capture.jsonl").write_text("\n".join(lines))
    return directory


def monitor(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    table = write_table(tmp_path / "train.csv")
    result = monitor("suggest", "data-quality", "--data", table, "--output", tmp_path / "baseline")
    assert result.exit_code == OK, result.output
    return tmp_path / "baseline"


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_suggest_writes_both_documents_and_says_where(baseline: Path):
    assert sorted(path.name for path in baseline.iterdir()) == [
        "constraints.json",
        "statistics.json",
    ]
    constraints = json.loads((baseline / "constraints.json").read_text())
    assert [feature["name"] for feature in constraints["features"]] == ["age", "city", "amount"]


@pytest.mark.parametrize("mode", ["corrected", "compat"])
@pytest.mark.parametrize("source", ["--data", "--capture"])
def test_clean_data_end_with_0(tmp_path: Path, baseline: Path, source: str, mode: str):
    if source == "--data":
        given = write_table(tmp_path / "today.csv")
    else:
        given = write_capture(tmp_path / "capture")
    run = tmp_path / "run"
    result = monitor(
        "check",
        "data-quality",
        source,
        given,
        "--baseline",
        baseline,
        "--output",
        run,
        "--mode",
        mode,
    )
    assert result.exit_code == OK, result.output
    assert "no violations in 300 rows" in result.stdout
    assert json.loads((run / "constraint_violations.json").read_text()) == {"violations": []}


def test_violations_end_with_3_and_are_named(tmp_path: Path, baseline: Path):
    given = write_capture(tmp_path / "capture", shift=40)
    run = tmp_path / "run"
    result = monitor(
        "check", "data-quality", "--capture", given, "--baseline", baseline, "--output", run
    )
    assert result.exit_code == VIOLATIONS_FOUND
    assert "age: Baseline drift distance:" in result.stdout
    assert json.loads((run / "findings.json").read_text())["findings"][0]["feature_name"] == "age"


def test_a_baseline_without_statistics_still_checks_the_rest(tmp_path: Path, baseline: Path):
    (baseline / "statistics.json").unlink()
    table = write_table(tmp_path / "today.csv", shift=40)
    result = monitor(
        "check",
        "data-quality",
        "--data",
        table,
        "--baseline",
        baseline,
        "--output",
        tmp_path / "run",
    )
    assert result.exit_code == OK


def test_a_past_hour_can_be_checked_alone(tmp_path: Path, baseline: Path):
    given = write_capture(tmp_path / "capture")
    options = ["--capture", given, "--baseline", baseline, "--output", tmp_path / "run"]
    inside = ["--start", "2026-01-05T09:00:00Z", "--end", "2026-01-05T10:00:00Z"]
    outside = ["--start", "2026-01-05T10:00:00Z", "--end", "2026-01-05T11:00:00Z"]
    assert monitor("check", "data-quality", *options, *inside).exit_code == OK
    result = monitor("check", "data-quality", *options, *outside)
    assert result.exit_code == FAILED
    assert result.stderr.startswith("Error: NO_DATA: no captured record between 2026-01-05T10")


@pytest.mark.parametrize(("share", "code"), [("0.01", FAILED), ("0.5", OK)])
def test_the_share_of_faulty_records_can_be_set(
    tmp_path: Path, baseline: Path, share: str, code: int
):
    given = write_capture(tmp_path / "capture")
    (given / "broken.jsonl").write_text("broken\n" * 100)
    options = ["--baseline", baseline, "--output", tmp_path / "run", "--faulty-share", share]
    result = monitor("check", "data-quality", "--capture", given, *options)
    assert result.exit_code == code
    assert "100 malformed" in result.output


WRONG = {
    "no data": (["--data", "nowhere.csv"], WRONG_USAGE, "nowhere.csv: does not exist"),
    "no capture": (["--capture", "nowhere"], FAILED, "nowhere: no such directory"),
    "an empty table": (["--data", "empty.csv"], FAILED, "NO_DATA"),
    "neither": ([], WRONG_USAGE, "either --data FILE or --capture DIR"),
    "both": (["--data", "a", "--capture", "b"], WRONG_USAGE, "either --data"),
    "half a window": (["--capture", ".", "--start", "2026-01-05T09:00:00Z"], WRONG_USAGE, "window"),
    "an unknown mode": (["--data", "a", "--mode", "fast"], WRONG_USAGE, "fast"),
    "output over the baseline": (
        ["--data", "train.csv", "--output", "baseline"],
        WRONG_USAGE,
        "would be overwritten",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "cause"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_one_line_on_stderr_and_nothing_is_written(
    tmp_path: Path,
    baseline: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    cause: str,
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.csv").write_text("age,city,amount\n")
    before = (baseline / "constraints.json").read_bytes()
    result = monitor(
        "check", "data-quality", "--baseline", "baseline", "--output", "run", *arguments
    )
    assert result.exit_code == code
    error = result.stderr.splitlines()[-1]
    assert error.startswith("Error: ")
    assert cause in error
    assert "Traceback" not in result.output
    assert not (tmp_path / "run").exists()
    assert (baseline / "constraints.json").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        pytest.param(None, "constraints.json is not there", id="missing"),
        pytest.param("{", "is not JSON", id="no JSON"),
        pytest.param(
            '{"version": 0.0, "regression_constraints": {}}', "model quality", id="another"
        ),
    ],
)
def test_an_unusable_baseline_could_not_be_evaluated(
    tmp_path: Path, baseline: Path, content: str | None, cause: str
):
    path = baseline / "constraints.json"
    path.unlink() if content is None else path.write_text(content)
    table = tmp_path / "train.csv"
    result = monitor(
        "check",
        "data-quality",
        "--data",
        table,
        "--baseline",
        baseline,
        "--output",
        tmp_path / "run",
    )
    assert result.exit_code == FAILED
    assert cause in result.stderr
    assert result.stderr.count("\n") == 1


WRONG_CONSTRAINTS = {
    "a share above 1": ("datatype_check_threshold", 1.5),
    "a negative share": ("domain_content_threshold", -0.1),
    "a method": ("comparison_method", "Magic"),
    "a switch": ("evaluate_constraints", "On"),
}


@pytest.mark.parametrize(("key", "value"), WRONG_CONSTRAINTS.values(), ids=WRONG_CONSTRAINTS)
def test_a_constraint_set_wrong_is_wrong_usage(
    tmp_path: Path, baseline: Path, key: str, value: object
):
    path = baseline / "constraints.json"
    document = json.loads(path.read_text())
    config = document["monitoring_config"]
    (config["distribution_constraints"] if key == "comparison_method" else config)[key] = value
    path.write_text(json.dumps(document))
    result = monitor(
        *("check", "data-quality", "--data", tmp_path / "train.csv", "--baseline", baseline),
        *("--output", tmp_path / "run"),
    )
    assert result.exit_code == WRONG_USAGE
    assert "constraints.json: " in result.stderr
    assert key in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_failed_suggestion_leaves_the_baseline_before_it(tmp_path: Path, baseline: Path):
    before = {path: path.read_bytes() for path in baseline.iterdir()}
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("a,b\n1,2\n3\n")
    result = monitor("suggest", "data-quality", "--data", ragged, "--output", baseline)
    assert result.exit_code == WRONG_USAGE
    assert {path: path.read_bytes() for path in baseline.iterdir()} == before


@pytest.mark.parametrize("verb", ["suggest", "check"])
@pytest.mark.parametrize("name", [*(kind.slug for kind in KINDS), "bias", "explainability"])
def test_every_monitor_is_a_command_by_its_slug_and_its_short_name(verb: str, name: str):
    result = monitor(verb, name, "--help")
    assert result.exit_code == OK
    assert "--output" in result.stdout


def test_an_unknown_monitor_is_wrong_usage():
    assert monitor("check", "astrology").exit_code == WRONG_USAGE


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_every_command_helps_with_an_example_and_its_exit_codes(command: tuple[str, ...]):
    result = monitor(*command, "--help")
    assert result.exit_code == OK
    assert "Example" in result.stdout
    assert "Exit codes:" in result.stdout
    assert f"monitor {command[0]}" in result.stdout.partition("Example")[2]


def test_the_module_is_the_command(tmp_path: Path, baseline: Path):
    table = write_table(tmp_path / "today.csv", shift=40)
    options = ["--data", table, "--baseline", baseline, "--output", tmp_path / "run"]
    ended = subprocess.run(
        [sys.executable, "-m", "monitoring", "check", "data-quality", *map(str, options)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == VIOLATIONS_FOUND
    assert "1 violation " in ended.stdout
    assert ended.stderr == ""


def write_predictions(path: Path, rows: int = 600) -> Path:
    lines = [f"{n % 60 + 20},{n % 2},{0.9 if n % 2 else 0.1},{n % 2}" for n in range(rows)]
    path.write_text("\n".join(["age,prediction,probability,label", *lines]) + "\n")
    return path


def write_labelled(directory: Path, right: bool = True, rows: int = 300) -> tuple[Path, Path]:
    """Captured traffic and its labels, which agree with the answers or contradict them."""
    captured, labels = directory / "capture", directory / "labels"
    captured.mkdir()
    labels.mkdir()
    side = {"observedContentType": "text/csv", "encoding": "CSV"}
    events, truths = [], []
    for n in range(rows):
        answer = f"{n % 2},{0.9 if n % 2 else 0.1}"
        events.append(
            {
                "captureData": {
                    "endpointInput": {**side, "mode": "INPUT", "data": str(n % 60 + 20)},
                    "endpointOutput": {**side, "mode": "OUTPUT", "data": answer},
                },
                "eventMetadata": {"eventId": str(n), "inferenceTime": "2026-01-05T09:30:00Z"},
            }
        )
        truth = {"data": str(n % 2 if right else 1 - n % 2), "encoding": "CSV"}
        truths.append({"groundTruthData": truth, "eventMetadata": {"eventId": str(n)}})
    (captured / "a.jsonl").write_text("\n".join(map(json.dumps, events)))
    (labels / "a.jsonl").write_text("\n".join(map(json.dumps, truths)))
    return captured, labels


@pytest.fixture
def quality(tmp_path: Path) -> Path:
    """A model-quality baseline, by the command line that the issue gives."""
    table = write_predictions(tmp_path / "predictions.csv")
    result = monitor(
        *("suggest", "model-quality", "--data", table),
        *("--problem-type", "BinaryClassification", "--inference-attribute", "prediction"),
        *("--probability-attribute", "probability", "--ground-truth-attribute", "label"),
        *("--output", tmp_path / "quality"),
    )
    assert result.exit_code == OK, result.output
    return tmp_path / "quality"


@pytest.mark.parametrize(("right", "code"), [(True, OK), (False, VIOLATIONS_FOUND)])
def test_model_quality_of_captured_traffic_and_its_labels(
    tmp_path: Path, quality: Path, right: bool, code: int
):
    captured, labels = write_labelled(tmp_path, right)
    run = tmp_path / "run"
    result = monitor(
        *("check", "model-quality", "--capture", captured, "--ground-truth", labels),
        *("--inference-attribute", "0", "--probability-attribute", "1"),
        *("--baseline", quality, "--output", run),
    )
    assert result.exit_code == code, result.output
    statistics = json.loads((run / "statistics.json").read_text())
    metrics = statistics["binary_classification_metrics"]
    assert metrics["accuracy"]["value"] == (1.0 if right else 0.0)
    assert ("Metric auc with 0.0" in result.stdout) is not right


def test_model_quality_of_a_table(tmp_path: Path, quality: Path):
    result = monitor(
        *("check", "model-quality", "--data", write_predictions(tmp_path / "today.csv")),
        *("--inference-attribute", "1", "--ground-truth-attribute", "label"),
        *("--baseline", quality, "--output", tmp_path / "run", "--mode", "compat"),
    )
    assert result.exit_code == OK, result.output
    assert "auc" in result.stdout.partition("not computed")[2]


def test_traffic_whose_labels_have_not_come_ends_with_1(tmp_path: Path, quality: Path):
    captured, labels = write_labelled(tmp_path)
    (labels / "a.jsonl").unlink()
    result = monitor(
        *("check", "model-quality", "--capture", captured, "--ground-truth", labels),
        *("--inference-attribute", "0", "--baseline", quality, "--output", tmp_path / "run"),
    )
    assert result.exit_code == FAILED
    assert result.stderr.startswith("Error: PENDING_LABELS: 300 records were captured")
    assert not (tmp_path / "run").exists()


WRONG = {
    "labels of a table": (["--data", "today.csv", "--ground-truth", "labels"], "--ground-truth"),
    "labels that are nowhere": (["--capture", "c", "--ground-truth", "nowhere"], "nowhere"),
    "no answer": (["--data", "today.csv", "--ground-truth-attribute", "label"], "inference_attr"),
    "a column that is not there": (
        [
            *("--data", "today.csv", "--ground-truth-attribute", "label"),
            *("--inference-attribute", "nothing"),
        ],
        "its columns: age, prediction",
    ),
}


@pytest.mark.parametrize(("options", "cause"), WRONG.values(), ids=WRONG)
def test_what_a_monitor_is_told_wrongly_ends_with_2(
    tmp_path: Path, quality: Path, monkeypatch, options: list[str], cause: str
):
    monkeypatch.chdir(tmp_path)
    write_predictions(tmp_path / "today.csv")
    told = ["--baseline", quality, "--output", tmp_path / "run", *options]
    result = monitor("check", "model-quality", *told)
    assert result.exit_code == WRONG_USAGE, result.output
    assert cause.lower() in result.stderr.lower()


def test_data_quality_takes_no_labels():
    result = monitor("check", "data-quality", "--ground-truth", "labels")
    assert result.exit_code == WRONG_USAGE
    assert "No such option" in result.stderr


def write_config(path: Path, **more: object) -> Path:
    config = {
        "headers": ["age", "label"],
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "age"}],
    }
    path.write_text(json.dumps({**config, **more}))
    return path


@pytest.mark.parametrize("name", ["bias", "model-bias"])
def test_bias_of_a_table_and_of_captured_traffic(tmp_path: Path, name: str):
    config = write_config(
        tmp_path / "analysis_config.json",
        facet=[{"name_or_index": "age", "value_or_threshold": list(range(20, 50))}],
    )
    table = write_predictions(tmp_path / "table.csv")
    told = ["--config", config, "--output"]
    result = monitor(
        "suggest", name, "--data", table, "--predicted-label", "prediction", *told, tmp_path / "b"
    )
    assert result.exit_code == OK, result.output
    captured, labels = write_labelled(tmp_path)
    result = monitor(
        *("check", name, "--capture", captured, "--ground-truth", labels),
        *("--inference-attribute", "0", "--baseline", tmp_path / "b", *told, tmp_path / "run"),
    )
    assert result.exit_code == OK, result.output
    assert "bias: no violations in 300 rows" in result.stdout


def test_explainability_without_a_model_says_what_to_give(tmp_path: Path):
    shap = {"shap": {"baseline": [[40]], "num_samples": 8}}
    config = write_config(tmp_path / "analysis_config.json", methods=shap)
    table = write_predictions(tmp_path / "table.csv")
    told = ["--data", table, "--config", config, "--output", tmp_path / "e"]
    result = monitor("suggest", "explainability", *told)
    assert result.exit_code == WRONG_USAGE
    assert "names no model" in result.stderr
