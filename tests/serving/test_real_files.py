"""Models of real files, built small: `/predict` takes their rows and gives reasons for each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pipelines.models import from_csv
from pipelines.preprocess import preprocess
from pipelines.train import train
from serving.app import create_app
from serving.model import Predictor
from serving.schema import Row

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).resolve().parents[3] / "shared"))
FILES = {
    "taiwan-default/UCI_Credit_Card.csv": ("default.payment.next.month", None),
    "german-credit/german_credit.csv": ("risk", "2"),
    "ulb-creditcard/creditcard_492fraud_1230normal.csv": ("Class", None),
}
MOST_ROWS = 2000


@pytest.fixture(scope="module", params=FILES, ids=lambda name: name.split("/")[0])
def served(request, tmp_path_factory) -> tuple[FlaskClient, Predictor, list[Row]]:
    """The application around a model of a file, and rows that it was not trained on."""
    path = SHARED / "data" / request.param
    if not path.exists():
        pytest.skip(f"{path} is not there; set SHARED_DIR")
    build = tmp_path_factory.mktemp("real")
    model, table = from_csv.load(path, *FILES[request.param])
    kept = table.take(range(min(MOST_ROWS, len(table))))
    parts = preprocess(build / "data", model, kept)
    predictor = train(build / "data", build / "model")
    return create_app(build / "model").test_client(), predictor, list(parts["traffic"].rows)


def named(model: Predictor, row: Row) -> dict[str, object]:
    return {
        column.name: float(cell) if column.kind == "numeric" and cell is not None else cell
        for column, cell in zip(model.schema.columns, row, strict=True)
    }


def test_their_rows_are_answered_with_reasons(served):
    client, predictor, rows = served
    answered = [client.post("/predict", json=named(predictor, row)) for row in rows[:40]]
    assert {each.status_code for each in answered} == {200}, answered[0].text
    found = [each.json["probability"] for each in answered]
    assert found == [answer.probability for answer in predictor.predict(rows[:40])]
    assert all(each.json["reasons"] for each in answered)


def test_their_form_and_description_are_pages(served):
    client, predictor, _ = served
    for path in ("/", "/docs"):
        page = client.get(path)
        assert page.status_code == 200
        assert all(name in page.text for name in predictor.schema.names)


def test_a_category_that_training_did_not_see_is_refused(served):
    client, predictor, rows = served
    known = [column for column in predictor.schema.columns if column.categories]
    if not known:
        pytest.skip("every column of this file is numeric")
    for column in known:
        body = {**named(predictor, rows[0]), column.name: "never seen"}
        told = client.post("/predict", json=body)
        assert told.status_code == 422
        assert [each["field"] for each in told.json["errors"]] == [column.name]
