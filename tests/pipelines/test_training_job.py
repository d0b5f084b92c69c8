"""The image's program `train`: SageMaker's directories in, the model's files out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipelines.training_job import CHANNEL, run
from serving.model import Predictor


@pytest.fixture
def container(tmp_path: Path) -> Path:
    """/opt/ml of a training container, without its data."""
    (tmp_path / "input" / "data").mkdir(parents=True)
    (tmp_path / "model").mkdir()
    return tmp_path


def test_the_models_files_are_left_for_sagemaker_to_pack(build, container, capsys):
    shutil.copytree(build / "data", container / "input" / "data" / CHANNEL)
    assert run(container) == 0
    left = {path.name for path in (container / "model").iterdir()}
    assert left == {"model.skops", "model.json", "background.csv"}
    expected = Predictor.load(build / "model")
    assert Predictor.load(container / "model").version == expected.version
    assert "validation:auc=0." in capsys.readouterr().out
    assert not (container / "output" / "failure").exists()


@pytest.mark.parametrize("value", ["0", "-1", "inf", "strong"])
def test_a_penalty_that_is_none_fails_with_the_reason(container, value):
    config = container / "input" / "config"
    config.mkdir()
    (config / "hyperparameters.json").write_text(json.dumps({"C": value}))
    assert run(container) == 1
    assert f"hyperparameter C is {value!r}" in (container / "output" / "failure").read_text()


def test_the_reason_of_a_failure_is_where_sagemaker_reads_it(container):
    (container / "input" / "data" / CHANNEL).mkdir()
    assert run(container) == 1
    assert "model.json: cannot be read" in (container / "output" / "failure").read_text()
