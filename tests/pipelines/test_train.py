"""Training: the same data makes the same bytes, and a model that has learnt something."""

from __future__ import annotations

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
from pipelines import data
from pipelines.archive import dumps, pack
from pipelines.models import fraud
from pipelines.models.base import Table
from pipelines.train import best_threshold, estimator, fit, train
from serving.model import Predictor


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


def test_the_archive_holds_the_two_files_at_its_top(build):
    with tarfile.open(build / "model" / "model.tar.gz") as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == ["model.json", "model.skops"]
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}


def test_a_description_says_what_the_model_is_made_of(build):
    description = json.loads((build / "model" / "model.json").read_text())
    assert description["schema"] == fraud.SCHEMA.to_json()
    assert description["data_sha256"] == data.digest(build / "data", ("train", "validation"))
    assert set(description["libraries"]) == {"scikit-learn", "numpy", "skops"}
    assert 0 < description["threshold"] < 1


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


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_no_other_threshold_has_a_better_f1(pairs):
    targets = [target for target, _ in pairs]
    if not any(targets):
        return
    probabilities = np.array([probability for _, probability in pairs])

    def f1(threshold):
        found = probabilities >= threshold
        hits = int((found & np.array(targets, bool)).sum())
        return 2 * hits / (int(found.sum()) + sum(targets))

    assert f1(best_threshold(targets, probabilities)) >= max(map(f1, probabilities)) - 1e-12
