"""Logged models come in with the answers they were logged with, and no code of theirs runs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import skops.io
from click.testing import CliRunner
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from monitoring.errors import UsageError
from pipelines import data
from pipelines.from_mlflow import MlflowError, bring
from pipelines.models import fraud
from pipelines.models.base import Model, Table
from pipelines.preprocess import preprocess
from pipelines.register import main
from pipelines.train import fit
from serving.encoder import NotANumber
from serving.model import Predictor
from serving.schema import Column, Schema

NUMBERS = Model(
    name="numbers",
    schema=Schema((Column("age", "numeric"), Column("debt", "numeric"))),
    label="late",
    positive="1",
    source="made up by this test",
)


@pytest.fixture(scope="module")
def numeric(tmp_path_factory) -> Path:
    """Data with numeric columns alone."""
    rng, rows = np.random.default_rng(1), 400
    values = rng.normal(size=(rows, 2))
    labels = (values.sum(axis=1) + rng.normal(size=rows) > 0).astype(int)
    table = Table([[f"{a:.3f}", f"{b:.3f}"] for a, b in values], [str(each) for each in labels])
    directory = tmp_path_factory.mktemp("numeric")
    preprocess(directory, NUMBERS, table, seed=1)
    return directory


@pytest.fixture(scope="module")
def matrix(numeric):
    """The training rows as a modeller would have them: floats, and targets of 0 and 1."""
    table = data.read(numeric, "train", NUMBERS)
    return np.array(table.rows, dtype=float), np.array(NUMBERS.targets(table))


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Logs an estimator in a file store of MLflow; answers its `runs:/` URI."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow
    import mlflow.sklearn

    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())

    def logged(estimator, serialization_format="skops", **settings):
        with mlflow.start_run() as run:
            mlflow.sklearn.log_model(
                estimator,
                name="model",
                serialization_format=serialization_format,
                pip_requirements=[],
                **settings,
            )
        return f"runs:/{run.info.run_id}/model"

    return logged


def test_a_model_of_numbers_answers_as_it_was_logged(log, numeric, matrix, tmp_path):
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(*matrix)
    predictor = bring(log(estimator), numeric, tmp_path / "model")
    rows = data.read(numeric, "test", NUMBERS).rows
    expected = estimator.predict_proba(np.array(rows, dtype=float))[:, 1]
    found = [answer.probability for answer in predictor.predict(rows)]
    assert found == pytest.approx(expected, abs=1e-12)
    assert Predictor.load(tmp_path / "model").version == predictor.version
    assert (tmp_path / "model" / "model.tar.gz").is_file()


def test_a_model_that_knows_no_missing_numbers_refuses_them_by_column(
    log, numeric, matrix, tmp_path
):
    predictor = bring(log(LogisticRegression().fit(*matrix)), numeric, tmp_path / "model")
    assert predictor.nullable == frozenset()
    with pytest.raises(NotANumber) as raised:
        predictor.predict([["1", "2"], ["1", None]])
    assert (raised.value.row, raised.value.column) == (1, 1)


def test_a_pipeline_that_reads_rows_of_text_comes_as_it_is(log, tmp_path):
    model = fraud.MODEL
    preprocess(tmp_path / "data", model, fraud.generate(3000, seed=2), seed=2)
    pipeline = fit(model, data.read(tmp_path / "data", "train", model))
    uri = log(pipeline, skops_trusted_types=["serving.encoder.RowEncoder"])
    predictor = bring(uri, tmp_path / "data", tmp_path / "model")
    rows = data.read(tmp_path / "data", "traffic", model).rows
    found = [answer.probability for answer in predictor.predict(rows)]
    assert found == pytest.approx(pipeline.predict_proba(rows)[:, 1], abs=1e-12)


class Ran:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("form", ["cloudpickle", "pickle"])
def test_a_pickle_is_refused_and_none_of_its_code_runs(log, numeric, matrix, tmp_path, form):
    uri = log(LogisticRegression().fit(*matrix), form)
    (stored,) = (tmp_path / "mlruns").rglob("model.pkl")
    stored.write_bytes(pickle.dumps(Ran(tmp_path / "ran")))
    with pytest.raises(MlflowError, match=rf"was logged as {form}, and loading that runs"):
        bring(uri, numeric, tmp_path / "model")
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "model").exists()


def test_a_pickle_that_is_trusted_by_name_is_stored_as_skops(log, numeric, matrix, tmp_path):
    uri = log(LogisticRegression().fit(*matrix), "cloudpickle")
    bring(uri, numeric, tmp_path / "model", trust_pickle=True)
    assert (tmp_path / "model" / "model.skops").read_bytes()[:2] == b"PK"


def test_what_a_model_lists_as_trusted_is_not_trusted_for_it(log, numeric, matrix, tmp_path):
    uri = log(LogisticRegression().fit(*matrix))
    (stored,) = (tmp_path / "mlruns").rglob("model.skops")
    skops.io.dump(Foreign(), stored)
    (listed,) = (tmp_path / "mlruns").rglob("MLmodel")
    text = listed.read_text()
    assert "skops_trusted_types: null" in text
    listed.write_text(text.replace("skops_trusted_types: null", f"skops_trusted_types: [{TYPE}]"))
    with pytest.raises(MlflowError, match="holds types that are not trusted"):
        bring(uri, numeric, tmp_path / "model")


class Foreign:
    """A type nobody vouches for."""


TYPE = f"{Foreign.__module__}.Foreign"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x, _: LinearRegression().fit(x, x[:, 0]), "is a LinearRegression with 0 classes"),
        (
            lambda x, y: LogisticRegression().fit(x, np.where(y, "bad", "good")),
            "gives the probability of 'good' last",
        ),
        (lambda x, y: LogisticRegression().fit(x[:, :1], y), "was fitted to 1 columns"),
    ],
    ids=["no classifier", "classes the other way round", "another width"],
)
def test_a_model_that_does_not_fit_the_data_is_refused(
    log, numeric, matrix, tmp_path, make, message
):
    with pytest.raises(MlflowError, match=message):
        bring(log(make(*matrix)), numeric, tmp_path / "model")


def test_columns_in_another_order_are_refused(log, numeric, matrix, tmp_path):
    estimator = LogisticRegression().fit(*matrix)
    estimator.feature_names_in_ = np.array(["debt", "age"], dtype=object)
    uri = log(estimator)
    with pytest.raises(MlflowError, match="was fitted to the columns debt, age"):
        bring(uri, numeric, tmp_path / "model")


def test_a_run_that_is_not_there_is_named(log, numeric, tmp_path):
    with pytest.raises(MlflowError, match=r"it \(RESOURCE_DOES_NOT_EXIST\).*FILE_STORE=true"):
        bring("runs:/0123456789abcdef0123456789abcdef/model", numeric, tmp_path / "model")


def test_data_that_preprocess_did_not_write_are_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="preprocess"):
        bring("runs:/x/model", tmp_path, tmp_path / "model")


def test_the_description_is_complete(log, numeric, matrix, tmp_path):
    bring(log(LogisticRegression().fit(*matrix)), numeric, tmp_path / "model")
    described = json.loads((tmp_path / "model" / "model.json").read_text())
    assert described["schema"][0]["name"] == "age"
    assert 0 < described["threshold"] < 1
    assert described["data_sha256"] == data.digest(numeric, ("train", "validation"))


def test_a_logged_model_is_registered_with_its_baselines(session, log, numeric, matrix):
    session.client("s3").create_bucket(Bucket="models")
    uri = log(make_pipeline(StandardScaler(), LogisticRegression()).fit(*matrix))
    command = ["--from-mlflow", uri, "--data", str(numeric), "--bucket", "models"]
    command += ["--group", "numbers", "--image-uri", "111122223333.dkr.ecr/serving:1"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    arn = done.stdout.strip()
    package = session.client("sagemaker").describe_model_package(ModelPackageName=arn)
    assert package["CustomerMetadataProperties"]["mlflow_model"] == uri
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert {"ModelDataQuality", "ModelQuality", "Explainability"} <= package[
        "DriftCheckBaselines"
    ].keys()


@pytest.mark.parametrize(
    "given", [["--from-mlflow", "runs:/x/model"], ["--data", "."], ["--model", "."]]
)
def test_half_a_command_line_is_wrong_usage(given):
    rest = ["--bucket", "b", "--group", "g", "--image-uri", "i"]
    done = CliRunner().invoke(main, [*given, *rest])
    assert done.exit_code == 2
    assert "or --from-mlflow with --data" in done.output
