"""The steps as scripts: each runs alone, explains itself, and fails in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from monitoring.errors import UsageError
from pipelines import (
    baseline,
    check,
    evaluate,
    gather,
    preprocess,
    process,
    register,
    tables,
    train,
)
from pipelines.script import one_line_errors
from serving import __main__ as serve

COMMANDS = {
    "pipelines.preprocess": preprocess.main,
    "pipelines.train": train.main,
    "pipelines.evaluate": evaluate.main,
    "pipelines.baseline": baseline.main,
    "pipelines.register": register.main,
    "pipelines.process": process.main,
    "pipelines.check": check.main,
    "pipelines.tables": tables.main,
    "pipelines.gather": gather.main,
    "serving": serve.main,
}
MADE_UP = ("--model", "fraud", "--rows", "100")
CSV_ROWS = "x,city,y\n" + "".join(f"{i % 23},{'ab'[i % 2]},{int(i % 5 == 0)}\n" for i in range(200))


def run(module, *arguments):
    return CliRunner().invoke(COMMANDS[module], [str(each) for each in arguments])


@pytest.mark.parametrize("module", COMMANDS)
def test_help_says_what_the_command_does_with_an_example(module):
    shown = run(module, "--help")
    assert shown.exit_code == 0
    assert f"python -m {module}" in shown.output
    assert "Exits" in shown.output


def test_a_csv_file_goes_the_whole_way_to_a_baseline(tmp_path):
    (tmp_path / "some.csv").write_text(CSV_ROWS)
    build = {name: tmp_path / name for name in ("data", "model", "report", "baseline")}
    steps = [
        ("pipelines.preprocess", "--data", tmp_path / "some.csv", "--label", "y"),
        ("pipelines.train", "--data", build["data"]),
        ("pipelines.evaluate", "--data", build["data"], "--model", build["model"]),
        ("pipelines.baseline", "--data", build["data"], "--model", build["model"]),
    ]
    for step, output in zip(steps, build.values(), strict=True):
        done = run(*step, "--output", output)
        assert done.exit_code == 0, done.output
    assert (build["baseline"] / "data-quality" / "constraints.json").exists()


def test_a_step_runs_as_a_module(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.preprocess", *MADE_UP, "--output", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{tmp_path / 'train.csv'}: " in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [(), ("--model", "fraud", "--data", __file__, "--label", "y"), ("--data", __file__)],
    ids=["no source", "a model's file with a label", "no label"],
)
def test_preprocess_wants_one_source_of_data(tmp_path, arguments):
    refused = run("pipelines.preprocess", *arguments, "--output", tmp_path)
    assert refused.exit_code == 2
    assert "give --model, or --model with --data, or --data with --label" in refused.output


def test_a_directory_of_the_wrong_step_is_refused_in_one_line(tmp_path):
    refused = run("pipelines.train", "--data", tmp_path, "--output", tmp_path / "model")
    assert refused.exit_code == 2
    assert refused.output.count("\n") == 1


def test_serving_a_directory_without_a_model_ends_with_the_reason(tmp_path):
    refused = run("serving", "--model", tmp_path)
    assert refused.exit_code == 1
    assert "model.json: missing" in refused.output


def test_a_defect_keeps_its_traceback():
    @click.command()
    @one_line_errors
    def broken() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(broken, []).exception, ZeroDivisionError)


def test_an_error_with_a_cause_ends_with_its_exit_code():
    @click.command()
    @one_line_errors
    def refusing() -> None:
        raise UsageError("here: wrong")

    refused = CliRunner().invoke(refusing, [])
    assert (refused.exit_code, refused.output) == (2, "here: wrong\n")


def test_every_step_is_in_the_list():
    steps = {
        f"pipelines.{path.stem}"
        for path in Path(preprocess.__file__).parent.glob("*.py")
        if "@click.command" in path.read_text()
    }
    assert steps == COMMANDS.keys() - {"serving"}
