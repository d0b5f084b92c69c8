"""`python -m pipelines.labels`, as a person or a schedule runs it; on this machine and in S3."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest
from click.testing import CliRunner

from monitoring.cli import main as monitor
from pipelines.labels.__main__ import main

BUCKET = "labels-bucket"


def run(*arguments, code=0):
    done = CliRunner().invoke(main, [str(each) for each in arguments])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("inference_id,label\na,1\nb,0\nnobody,1\n")
    return path


def test_an_import_says_what_it_did_and_which_hours_it_touches(csv, captures, ground_truth):
    said = run("import", "--from", csv, "--to", ground_truth, "--capture", captures)
    assert "3 new labels of 3 read; 0 were known" in said
    assert "1 name no captured record" in said
    assert "evaluate again: 2026-01-05T09:00:00Z" in said
    assert "T10:00" not in said


def test_a_second_import_brings_nothing_and_touches_nothing(csv, captures, ground_truth):
    run("import", "--from", csv, "--to", ground_truth)
    said = run("import", "--from", csv, "--to", ground_truth, "--capture", captures, "--json")
    report = json.loads(said)
    assert (report["new"], report["known"], report["files"], report["hours"]) == (0, 3, [], [])


def test_a_conflict_ends_with_3_and_names_the_ids(csv, ground_truth):
    run("import", "--from", csv, "--to", ground_truth)
    csv.write_text("inference_id,label\na,0\n")
    assert "--replace corrects it: a" in run("import", "--from", csv, "--to", ground_truth, code=3)


def test_too_many_faulty_lines_import_nothing(csv, ground_truth):
    csv.write_text("inference_id,label\na,1\n,1\n")
    said = run("import", "--from", csv, "--to", ground_truth, code=1)
    assert "1 of 2 captured records are faulty" in said
    assert not ground_truth.exists()


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path, ground_truth):
    said = run("import", "--from", tmp_path / "no.csv", "--to", ground_truth, code=2)
    assert said.count("\n") == 1
    assert "no.csv: does not exist" in said


def test_labels_go_from_s3_to_s3(session, csv, captures, tmp_path):
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(csv), BUCKET, "in/labels.csv")
    for path in captures.rglob("*.jsonl"):
        s3.upload_file(str(path), BUCKET, f"capture/{path.relative_to(captures)}")
    arguments = ("--from", f"s3://{BUCKET}/in/labels.csv", "--to", f"s3://{BUCKET}/truth")
    first = json.loads(run("import", *arguments, "--json"))
    assert first["new"] == 3
    (key,) = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix="truth")["Contents"]]
    assert key == f"truth/{first['files'][0]}"
    assert json.loads(run("import", *arguments, "--json"))["files"] == []
    places = ("--capture", f"s3://{BUCKET}/capture", "--ground-truth", f"s3://{BUCKET}/truth")
    found = json.loads(run("ledger", *places, "--json"))
    assert [hour["labelled"] for hour in found["hours"]] == [2, 0]
    assert found["orphans"] == 1


def test_the_ledger_is_a_table_for_people(csv, captures, ground_truth):
    run("import", "--from", csv, "--to", ground_truth)
    said = run("ledger", "--capture", captures, "--ground-truth", ground_truth)
    assert "2026-01-05 09:00" in said
    assert "66.7%" in said


@pytest.fixture
def baseline(tmp_path):
    """Model quality's, of 400 answers that are nearly always right."""
    draw, table = random.Random(1), tmp_path / "table.csv"  # noqa: S311
    lines = ["label,prediction,probability"]
    for at in range(400):
        label = at % 2
        score = min(max(draw.gauss(0.25 + 0.5 * label, 0.12), 0.01), 0.99)
        lines.append(f"{label},{int(score >= 0.5)},{score:.4f}")
    table.write_text("\n".join(lines) + "\n")
    arguments = ["--problem-type", "BinaryClassification", "--inference-attribute", "prediction"]
    arguments += ["--probability-attribute", "probability", "--ground-truth-attribute", "label"]
    output = tmp_path / "baseline"
    command = ["suggest", "model-quality", "--data", table, *arguments, "--output", output]
    done = CliRunner().invoke(monitor, [str(each) for each in command])
    assert done.exit_code == 0, done.output
    return output


def test_an_hour_is_evaluated_when_its_labels_come_and_again_when_more_do(
    baseline, captures, ground_truth, bring, tmp_path
):
    places = ("--capture", captures, "--ground-truth", ground_truth)
    command = ("reevaluate", "model-quality", *places, "--baseline", baseline)
    command += ("--output", tmp_path / "runs")
    bring(("nobody", "1"))
    assert run(*command) == "none due\n"
    bring(("a", "0"), ("b", "0"), ("c", "1"))
    assert run(*command) == "2026-01-05T09:00:00Z: 3 labels, 0 violations\n"
    hour = tmp_path / "runs/2026/01/05/09"
    assert {"statistics.json", "constraint_violations.json", "labels.json"} <= {
        path.name for path in hour.iterdir()
    }
    assert run(*command) == "none due\n"
    bring(("d", "1"), ("e", "1"), collected=None)
    assert run(*command, "--dry-run") == "due: 2026-01-05T10:00:00Z\n"
    bring(("b", "1"), replace=True)
    assert "due: 2026-01-05T09:00:00Z" in run(*command, "--dry-run")


def test_hours_are_evaluated_from_s3_to_s3_and_not_a_second_time(
    session, baseline, captures, ground_truth, bring, tmp_path
):
    bring(("a", "0"), ("b", "0"), ("c", "1"))
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    places = {"--capture": captures, "--ground-truth": ground_truth, "--baseline": baseline}
    command = ["reevaluate", "model-quality", "--output", f"s3://{BUCKET}/runs"]
    for option, directory in places.items():
        for path in directory.rglob("*.json*"):
            s3.upload_file(str(path), BUCKET, f"{option[2:]}/{path.relative_to(directory)}")
        command += [option, f"s3://{BUCKET}/{option[2:]}"]
    assert run(*command) == "2026-01-05T09:00:00Z: 3 labels, 0 violations\n"
    run(*_here(command, places, tmp_path / "here"))
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="runs/")["Contents"]
    found = {each["Key"].removeprefix("runs/") for each in listed}
    made = (tmp_path / "here").rglob("*.json")
    assert found == {path.relative_to(tmp_path / "here").as_posix() for path in made}
    assert run(*command) == "none due\n"


def _here(command, places, output):
    """The same command with directories in the place of prefixes."""
    given = dict(zip(command[2::2], command[3::2], strict=True))
    given |= {"--output": output, **places}
    return [*command[:2], *(each for pair in given.items() for each in pair)]


def test_a_monitors_baseline_must_be_there(captures, ground_truth, bring, tmp_path):
    bring(("a", "1"))
    places = ("--capture", captures, "--ground-truth", ground_truth, "--output", tmp_path)
    said = run("reevaluate", "model-quality", *places, "--baseline", tmp_path / "no", code=2)
    assert "no: does not exist" in said


def test_the_commands_load_no_library_of_models():
    """They run after each file of labels: seconds of imports would be most of their time."""
    loaded = "import sys, pipelines.labels.__main__; print({'sklearn', 'skops'} & {*sys.modules})"
    command = [sys.executable, "-c", loaded]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
