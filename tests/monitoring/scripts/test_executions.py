"""Jobs and commands with scripts: from the records to the documents, and what is left after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitoring.cli import main
from monitoring.errors import FAILED, OK, VIOLATIONS_FOUND, WRONG_USAGE
from monitoring.job import MESSAGE, run

CODE = Path("opt/ml/processing/code")
INPUT = Path("opt/ml/processing/input_data")
OUTPUT = Path("opt/ml/processing/output")
HALVED = """
def preprocess_handler(record, logger):
    if isinstance(record, str):
        amount, city = record.split(",")
    else:
        amount, city = record.endpoint_input.data.split(",")
        if city == "test":
            return []
    return {"amount": int(amount) / 2, "city": city, "zip": None if city == "Oslo" else 1}
"""
CITIES = ("Rome", "Bern", "Oslo")
VARIABLES = {
    "dataset_source": f"/{INPUT}",
    "output_path": f"/{OUTPUT}",
    "record_preprocessor_script": f"/{CODE}/clean.py",
}
CAPTURED = {"dataset_format": '{"sagemakerCaptureJson": {}}'}


def event(number: int, sent: str, answered: str = "", label: str | None = None) -> str:
    made: dict[str, object] = {
        "captureData": {
            "endpointInput": {"data": sent, "encoding": "CSV"},
            "endpointOutput": {"data": answered, "encoding": "CSV"},
        },
        "eventMetadata": {"eventId": str(number), "inferenceTime": "2026-01-05T09:30:00Z"},
    }
    if label is not None:
        made["groundTruthData"] = {"data": label, "encoding": "CSV"}
    return json.dumps(made)


def lines(count: int = 400) -> list[str]:
    return [f"{number % 97},{CITIES[number % 3]}" for number in range(count)]


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def message(root: Path) -> str:
    return (root / MESSAGE).read_text()


def document(root: Path, name: str) -> dict:
    return json.loads((root / OUTPUT / name).read_text())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A container whose baseline went through the script."""
    put(tmp_path / CODE / "clean.py", HALVED)
    put(tmp_path / INPUT / "train.csv", "\n".join(["amount,city", *lines()]))
    baselining = VARIABLES | {
        "dataset_format": '{"csv": {"header": true}}',
        "output_path": "/opt/ml/baseline",
    }
    assert run(baselining, tmp_path) == 0, message(tmp_path)
    (tmp_path / INPUT / "train.csv").unlink()
    return tmp_path


def checked(root: Path, *sent: str, **variables: str) -> int:
    put(root / INPUT / "a.jsonl", "\n".join(event(n, text) for n, text in enumerate(sent)))
    baseline = {
        "baseline_constraints": "/opt/ml/baseline/constraints.json",
        "baseline_statistics": "/opt/ml/baseline/statistics.json",
    }
    return run(VARIABLES | CAPTURED | baseline | variables, root)


def test_baseline_and_traffic_pass_the_same_script(root: Path):
    constraints = json.loads((root / "opt/ml/baseline/constraints.json").read_text())
    named = {feature["name"]: feature["inferred_type"] for feature in constraints["features"]}
    assert named == {"amount": "Fractional", "city": "String", "zip": "Integral"}
    assert checked(root, *lines(), "7,test") == 0
    assert message(root) == "Completed: Job completed successfully with no violations."
    assert document(root, "findings.json")["capture"]["dropped"] == 1


def test_a_record_it_fails_on_stands_in_the_findings(root: Path):
    assert checked(root, *lines(), "x,Rome") == 0
    findings = document(root, "findings.json")
    assert findings["capture"]["unprocessed"] == 1
    assert findings["problems"] == [
        "a.jsonl:401: the preprocessing script failed on it: ValueError at line 9 of the script"
    ]


def test_a_script_of_no_use_publishes_nothing(root: Path):
    put(root / CODE / "clean.py", "import no_such_library")
    assert checked(root, *lines()) == FAILED
    assert "no_such_library cannot be imported here" in message(root)
    assert not (root / OUTPUT).exists()


def test_a_postprocessor_finds_the_documents_and_the_variables_of_the_job(root: Path):
    body = f"""
import json, os
def postprocess_handler():
    report = json.load(open(os.environ["folder"] + "/findings.json"))
    open({str(root / "told")!r}, "w").write(report["monitor"])
"""
    put(root / CODE / "after.py", body)
    described = {"Environment": {"folder": ""}}
    put(root / "opt/ml/config/processingjobconfig.json", json.dumps(described))
    after = {"post_analytics_processor_script": f"/{CODE}/after.py", "folder": str(root / OUTPUT)}
    assert checked(root, *lines(), **after) == 0, message(root)
    assert (root / "told").read_text() == "data-quality"


def test_a_postprocessor_that_fails_fails_the_job_and_leaves_the_documents(root: Path):
    put(root / CODE / "after.py", "def postprocess_handler(): raise OSError")
    after = {"post_analytics_processor_script": f"/{CODE}/after.py"}
    assert checked(root, *lines(), **after) == FAILED
    assert "after.py: postprocess_handler raised OSError at line 1" in message(root)
    assert document(root, "constraint_violations.json") == {"violations": []}


ANSWERED = """
def preprocess_handler(record):
    score = float(record.endpoint_output.data)
    return {"score": score, "said": int(score > 0.5), "age": record.endpoint_input.data}
"""


def test_model_quality_reads_the_answers_the_script_made(tmp_path: Path):
    put(tmp_path / CODE / "clean.py", ANSWERED)
    merged = [
        event(n, str(n % 60), str(n % 97 / 97), label=str(int(n % 97 > 48))) for n in range(400)
    ]
    put(tmp_path / INPUT / "a.jsonl", "\n".join(merged))
    variables = VARIABLES | {
        "analysis_type": "MODEL_QUALITY",
        "dataset_format": '{"sagemakerMergeJson": {}}',
        "problem_type": "BinaryClassification",
        "inference_attribute": "said",
        "probability_attribute": "score",
    }
    assert run(variables, tmp_path) == 0, message(tmp_path)
    metrics = document(tmp_path, "statistics.json")["binary_classification_metrics"]
    assert metrics["accuracy"]["value"] == 1.0
    assert metrics["auc"]["value"] == pytest.approx(1.0)


def test_parquet_has_no_text_for_a_script(root: Path):
    assert checked(root, *lines(), dataset_format='{"parquet": {}}') == WRONG_USAGE
    assert "the data are no lines of text" in message(root)


def monitor(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_commands_take_scripts_too(tmp_path: Path):
    script = put(tmp_path / "clean.py", HALVED)
    table = put(tmp_path / "train.csv", "\n".join(["amount,city", *lines(), "x,Rome"]))
    both = ("--record-preprocessor", script, "--script-seconds", "20")
    result = monitor(
        *("suggest", "data-quality", "--data", table, "--output", tmp_path / "baseline", *both)
    )
    assert result.exit_code == OK, result.output
    assert "skipped: train.csv:402: the preprocessing script failed on it" in result.stderr
    sent = "\n".join(event(n, text.replace("Rome", "Atlantis")) for n, text in enumerate(lines()))
    done = tmp_path / "done"
    after = put(
        tmp_path / "after.py", f"def postprocess_handler(): open({str(done)!r}, 'w').close()"
    )
    result = monitor(
        *("check", "data-quality", "--capture", put(tmp_path / "a.jsonl", sent)),
        *("--baseline", tmp_path / "baseline", "--output", tmp_path / "run", *both),
        *("--post-analytics-processor", after),
    )
    assert result.exit_code == VIOLATIONS_FOUND, result.output
    assert "city" in result.stdout
    assert done.exists()


def test_a_command_whose_script_is_not_there_ends_with_wrong_usage(tmp_path: Path):
    table = put(tmp_path / "train.csv", "\n".join(["amount,city", *lines()]))
    result = monitor(
        *("suggest", "data-quality", "--data", table, "--output", tmp_path / "baseline"),
        *("--record-preprocessor", tmp_path / "nowhere.py"),
    )
    assert result.exit_code == WRONG_USAGE
    assert "there is no such script" in result.stderr
    assert not (tmp_path / "baseline").exists()


@pytest.mark.parametrize("kind", ["bias", "explainability"])
def test_clarifys_monitors_have_no_such_options(kind: str):
    assert "--record-preprocessor" not in monitor("check", kind, "--help").output
