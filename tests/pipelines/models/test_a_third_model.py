"""A model is one file: put beside the others, it goes through every step without another line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHURN = '''
"""Churn: will this customer leave? A third model, as CONTRIBUTING.md says to write one."""

import numpy as np

from pipelines.models.base import Costs, Facet, Limits, Model, Table
from serving.schema import Column, Schema

SCHEMA = Schema(
    (
        Column("months", "numeric", "months", "As a customer.", minimum=0),
        Column("plan", "categorical", "", "What is paid for.", categories=("basic", "plus")),
    )
)


def generate(rows, seed):
    rng = np.random.default_rng(seed)
    months, plus = rng.integers(0, 60, rows), rng.random(rows) < 0.3
    left = rng.random(rows) < 1 / (1 + np.exp(0.1 * months + 1.5 * plus - 1.5))
    cells = zip(months.tolist(), plus.tolist(), strict=True)
    return Table(
        [[str(month), "plus" if is_plus else "basic"] for month, is_plus in cells],
        [str(int(each)) for each in left],
    )


MODEL = Model(
    name="churn",
    schema=SCHEMA,
    label="left",
    positive="1",
    source="made up",
    facets=(Facet("plan", ("basic",)),),
    costs=Costs(false_positive=20.0, false_negative=90.0),
    limits=Limits(min_auc=0.7, max_relative_cost=0.95),
    generate=generate,
)
'''


@pytest.fixture
def checkout(tmp_path):
    """This build with one file more."""
    for package in ("monitoring", "serving"):
        (tmp_path / package).symlink_to(ROOT / package)
    shutil.copytree(ROOT / "pipelines", tmp_path / "pipelines")
    (tmp_path / "pipelines" / "models" / "churn.py").write_text(CHURN)
    return tmp_path


STEPS = """
from pathlib import Path
from monitoring.kinds import BIAS
from monitoring.monitors import MONITORS
from pipelines import baseline, evaluate, preprocess, train
from pipelines.models import model_for

preprocess.preprocess(Path("data"), *preprocess.made_up(model_for("churn"), 3_000, seed=1))
train.train(Path("data"), Path("model"))
evaluate.evaluate(Path("data"), Path("model"), Path("report"))
bias = [monitor for monitor in MONITORS if monitor.kind == BIAS]
baseline.baseline(Path("data"), Path("model"), Path("baseline"), bias)
"""


def test_one_file_more_is_one_model_more(checkout):
    done = subprocess.run(
        [sys.executable, "-c", STEPS],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((checkout / "report" / "evaluation.json").read_text())
    assert report["gate"]["passed"], report["gate"]
    assert report["cost"]["false_negative"] == 90.0
    config = json.loads((checkout / "baseline/model-bias/analysis_config.json").read_text())
    assert config["facet"] == [{"name_or_index": "plan", "value_or_threshold": ["basic"]}]
