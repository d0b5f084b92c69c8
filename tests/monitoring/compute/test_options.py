"""--processes and --compute at the command line."""

from __future__ import annotations

import csv
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click.testing
import pytest

from monitoring.cli import main
from monitoring.compute.gathering import ONE_PASS
from monitoring.documents import CONSTRAINTS, STATISTICS
from monitoring.errors import OK, VIOLATIONS_FOUND, WRONG_USAGE
from pipelines import analysis_config
from pipelines.models import fraud
from pipelines.preprocess import preprocess
from pipelines.train import train
from tests.monitoring.compute.parted import near, rows_of, write_table, write_traffic


def monitor(*words: object) -> click.testing.Result:
    return click.testing.CliRunner().invoke(main, [str(word) for word in words])


def documents(directory: Path) -> Any:
    return {path.name: json.loads(path.read_text()) for path in directory.glob("*.json")}


def test_a_baseline_and_a_check_are_the_same_with_processes(tmp_path):
    data = write_table(tmp_path / "data", rows_of(900), files=3).path
    made = {}
    for name, options in (("one", ()), ("two", ("--processes", 2))):
        result = monitor(
            "suggest", "data-quality", "--data", data, *options, "--output", tmp_path / name
        )
        assert result.exit_code == OK, result.output
        made[name] = documents(tmp_path / name)
    assert set(made["one"]) == {STATISTICS, CONSTRAINTS}
    near(made["two"], made["one"])


def test_a_violation_in_another_process_ends_the_command_with_its_exit_code(tmp_path):
    rows = rows_of(600)
    usual = write_traffic(tmp_path / "usual", rows, merged=False).path
    other = [[*row[:3], str(float(row[3]) * 5), *row[4:]] for row in rows]
    shifted = write_traffic(tmp_path / "shifted", other, merged=False, files=4).path
    table = tmp_path / "train.csv"
    with table.open("w", newline="") as file:
        names = ["predicted", "probability", "amount", "age", "member", "city"]
        csv.writer(file).writerows([names, *(row[1:] for row in rows)])
    base = tmp_path / "baseline"
    assert monitor("suggest", "data-quality", "--data", table, "--output", base).exit_code == OK
    found = {}
    for capture, code in ((usual, OK), (shifted, VIOLATIONS_FOUND)):
        result = monitor(
            *("check", "data-quality", "--capture", capture, "--baseline", base),
            *("--processes", 2, "--output", tmp_path / f"of-{capture.name}"),
        )
        assert result.exit_code == code, result.output
        found[capture.name] = result.output
    assert "amount" in found["shifted"]
    assert "600 rows" in found["usual"]


def test_a_saved_model_is_asked_by_each_process(tmp_path):
    parts = preprocess(tmp_path / "data", fraud.MODEL, fraud.generate(500, 5), seed=5)
    train(tmp_path / "data", tmp_path / "model")
    config = analysis_config.explainability(fraud.MODEL, parts["train"])
    (tmp_path / "analysis_config.json").write_text(json.dumps(config))
    (tmp_path / "rows").mkdir()
    for at in range(2):
        with (tmp_path / "rows" / f"{at}.csv").open("w", newline="") as file:
            rows = parts["test"].rows[at * 10 : at * 10 + 10]
            csv.writer(file).writerows([fraud.SCHEMA.names, *rows])
    made = []
    for options in ((), ("--processes", 2)):
        result = monitor(
            *("suggest", "explainability", "--data", tmp_path / "rows"),
            *("--config", tmp_path / "analysis_config.json", "--model", tmp_path / "model"),
            *(*options, "--output", tmp_path / f"of{len(made)}"),
        )
        assert result.exit_code == OK, result.output
        made.append(documents(tmp_path / f"of{len(made)}"))
    near(*made)


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="PySpark is installed")
def test_without_pyspark_the_error_names_what_to_install(tmp_path):
    data = write_table(tmp_path / "data", rows_of(9)).path
    result = monitor(
        *("suggest", "data-quality", "--data", data, "--compute", "spark"),
        *("--output", tmp_path / "out"),
    )
    assert result.exit_code == WRONG_USAGE
    assert "PySpark is not installed" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_of_processes_is_a_whole_number_from_one(number, tmp_path):
    result = monitor("suggest", "data-quality", "--processes", number, "--output", tmp_path / "o")
    assert result.exit_code == WRONG_USAGE


def test_one_process_is_one_pass():
    assert ONE_PASS.parts == 1
