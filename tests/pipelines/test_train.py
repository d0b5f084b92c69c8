"""Training: the same data makes the same bytes, and a model that has learnt something."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.errors import UsageError
from monitoring.measures.costs import break_even
from pipelines import data
from pipelines.archive import dumps, pack
from pipelines.models import fraud
from pipelines.models.base import Costs, Model, Table
from pipelines.preprocess import preprocess
from pipelines.train import cheapest_threshold, estimator, fit, train
from serving.model import Predictor
from serving.schema import Column, Schema


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_same_data_makes_the_same_bytes_on_any_number_of_cores(build, tmp_path, threads):
    subprocess.run(
        [sys.executable, "-m", "pipelines.train", "--data", build / "data", "--output", tmp_path],
        check=True,
        capture_output=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
    )
    for path in (build / "model").iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_other_data_makes_another_version(build, tmp_path):
    shutil.copytree(build / "data", tmp_path / "data")
    rows = (tmp_path / "data" / "train.csv").read_text().splitlines(keepends=True)
    (tmp_path / "data" / "train.csv").write_text("".join(rows[:-1]))
    trained = train(tmp_path / "data", tmp_path / "model")
    assert trained.version != Predictor.load(build / "model").version


def test_the_archive_holds_the_three_files_at_its_top(build):
    with tarfile.open(build / "model" / "model.tar.gz") as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == ["background.csv", "model.json", "model.skops"]
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}


def test_a_description_says_what_the_model_is_made_of(build):
    description = json.loads((build / "model" / "model.json").read_text())
    assert description["schema"] == fraud.SCHEMA.to_json()
    assert description["data_sha256"] == data.digest(build / "data", ("train", "validation"))
    assert set(description["libraries"]) == {"scikit-learn", "numpy", "skops"}
    assert 0 < description["threshold"] < 1
    assert description["costs"] == {"false_positive": 25.0, "false_negative": 110.0}


def test_the_background_is_of_the_training_rows_and_its_digest_is_kept(build):
    content = (build / "model" / "background.csv").read_bytes()
    files = json.loads((build / "model" / "model.json").read_text())["files"]
    assert files["background.csv"] == hashlib.sha256(content).hexdigest()
    header, *rows = csv.reader(content.decode().splitlines())
    training = data.read(build / "data", "train", fraud.MODEL).rows
    assert tuple(header) == fraud.SCHEMA.names
    assert len(rows) == 100
    assert {tuple(row) for row in rows} <= {tuple(row) for row in training}


def test_a_background_is_no_larger_than_its_data_and_leaves_missing_cells_empty(tmp_path):
    model = Model("few", Schema((Column("x", "numeric"),)), "y", "1", "this test")
    table = Table([["1"], [None], ["3"]] * 10, ["0", "1", "0"] * 10)
    preprocess(tmp_path / "data", model, table)
    train(tmp_path / "data", tmp_path / "model")
    header, *rows = (tmp_path / "model" / "background.csv").read_text().splitlines()
    assert header == "x"
    assert len(rows) == len(data.read(tmp_path / "data", "train", model))
    assert set(rows) == {"1", '""', "3"}


def test_the_pattern_is_learnt(build):
    report = json.loads((build / "report" / "evaluation.json").read_text())
    assert report["binary_classification_metrics"]["auc"]["value"] > 0.8


def test_a_probability_is_never_a_whole_number_in_csv(build):
    table = data.read(build / "data", "traffic", fraud.MODEL)
    answers = Predictor.load(build / "model").predict(table.rows)
    assert all(set("._e") & set(repr(answer.probability)) for answer in answers)


def test_one_class_only_is_refused():
    with pytest.raises(UsageError, match="only one of the two classes"):
        fit(fraud.MODEL, Table(fraud.generate(5, 1).rows, ["0"] * 5))


def test_a_stored_pipeline_answers_as_the_fitted_one(build):
    table = data.read(build / "data", "train", fraud.MODEL)
    fitted = fit(fraud.MODEL, table)
    stored = Predictor.load(build / "model").pipeline
    rows = data.read(build / "data", "test", fraud.MODEL).rows
    assert np.array_equal(fitted.predict_proba(rows), stored.predict_proba(rows))


def test_a_category_named_like_a_field_of_the_format_is_kept():
    rows = [["file"], ["__id__"], ["content"]] * 20
    fitted = estimator(type(fraud.SCHEMA)((fraud.SCHEMA.columns[-1],))).fit(rows, [0, 1, 1] * 20)
    assert dumps(fitted) == dumps(fitted)


def test_packing_does_not_depend_on_when_or_who(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("a")
    pack([file], tmp_path / "one.tar.gz")
    file.touch()
    file.chmod(0o600)
    pack([file], tmp_path / "two.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


PROBABILITIES = st.floats(0, 1, exclude_min=True, exclude_max=True)
PRICES = st.floats(0.01, 1e6)


@given(
    st.lists(st.tuples(st.integers(0, 1), PROBABILITIES), min_size=1, max_size=30), PRICES, PRICES
)
def test_no_other_threshold_costs_less(pairs, false_positive, false_negative):
    targets = np.array([target for target, _ in pairs], dtype=bool)
    probabilities = np.array([probability for _, probability in pairs])

    def cost(threshold):
        found = probabilities >= threshold
        wrong = (found & ~targets).sum() * false_positive, (~found & targets).sum() * false_negative
        return sum(wrong)

    chosen = cheapest_threshold(targets, probabilities, Costs(false_positive, false_negative))
    least = min(map(cost, (0.0, *probabilities, 1.0)))
    assert cost(chosen) <= least * (1 + 1e-9)


def test_where_probabilities_are_to_be_believed_the_threshold_is_the_one_that_breaks_even():
    rng = np.random.default_rng(1)
    probabilities = rng.random(200_000)
    targets = rng.random(200_000) < probabilities
    found = cheapest_threshold(targets, probabilities, Costs(1.0, 4.0))
    assert found == pytest.approx(break_even(1.0, 4.0), abs=0.02)


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("inf"), float("nan")])
def test_a_wrong_decision_costs_more_than_nothing(wrong):
    with pytest.raises(ValueError, match="false_negative costs"):
        Costs(1.0, wrong)


def test_the_threshold_parts_the_probabilities_that_the_endpoint_gives(build):
    predictor = Predictor.load(build / "model")
    validation = data.read(build / "data", "validation", fraud.MODEL)
    given = np.array([answer.probability for answer in predictor.predict(validation.rows)])
    targets = fraud.MODEL.targets(validation)
    assert predictor.threshold == cheapest_threshold(targets, given, fraud.MODEL.costs)
