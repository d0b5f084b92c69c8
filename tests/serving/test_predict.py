"""`/predict`: an answer with its reasons, or every wrong field by name and the model not asked."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import pytest
from flask import Flask

from pipelines.models.fraud import SCHEMA
from serving.app import create_app
from serving.bodies import NamedRow
from serving.exchange import INFERENCE_ID
from serving.model import Predictor
from serving.payloads import LARGEST_BODY
from serving.predict import Scoring, blueprint
from serving.schema import Schema
from serving.settings import Settings


class Asked(Exception):
    """The model was asked."""


class Untouchable(Predictor):
    """A model that must not be asked."""

    def predict(self, rows):  # noqa: ARG002 - the model's
        raise Asked


@pytest.fixture(scope="module")
def untouchable(predictor) -> Flask:
    """The application around a model that must not be asked."""
    fields = {name: getattr(predictor, name) for name in Predictor.__dataclass_fields__}
    app = Flask("untouchable")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.register_blueprint(blueprint(Scoring.of(Untouchable(**fields))))
    return app


def named(row) -> dict[str, object]:
    return {
        column.name: float(cell) if column.kind == "numeric" and cell is not None else cell
        for column, cell in zip(SCHEMA.columns, row, strict=True)
    }


def test_an_answer_says_all_that_a_record_of_it_needs(client, predictor, traffic):
    row = traffic[0]
    answered = client.post("/predict", json=named(row), headers={INFERENCE_ID: "case 17"})
    assert answered.status_code == 200, answered.text
    expected = predictor.predict([row])[0]
    told = answered.json
    reasons = told.pop("reasons")
    assert told == {
        "inference_id": "case 17",
        "model_name": "fraud",
        "model_version": predictor.version,
        "label": "is_fraud",
        "probability": expected.probability,
        "threshold": predictor.threshold,
        "decision": expected.prediction,
        "reason_scale": "log_odds",
        "reasons_unavailable": None,
    }
    assert 1 <= len(reasons) <= 4
    assert set(reasons[0]) == {"code", "feature", "direction", "contribution", "text"}
    assert answered.headers[INFERENCE_ID] == "case 17"


def test_an_inference_id_is_made_where_none_is_sent(client, traffic):
    ids = [client.post("/predict", json=named(row)).json["inference_id"] for row in traffic[:2]]
    assert len({uuid.UUID(each) for each in ids}) == 2


def test_an_inference_id_that_sagemaker_would_refuse_is_refused(client, traffic):
    answered = client.post("/predict", json=named(traffic[0]), headers={INFERENCE_ID: "x" * 65})
    assert (answered.status_code, answered.json["status"]) == (400, 400)


def test_a_model_without_background_rows_answers_and_says_why_there_are_no_reasons(predictor):
    scoring = Scoring.of(replace(predictor, background=()))
    found = scoring.prediction([None] * len(SCHEMA.columns), "1")
    assert found.reasons is None
    assert "without background rows" in found.reasons_unavailable


JSON = "application/json"
WRONG = {
    "a number as text": ("amount", "12.50", "not a number"),
    "true for a number": ("amount", True, "not a number"),
    "a list": ("amount", [12.5], "not a number"),
    "below the range": ("amount", 0, "less than 0.01 currency"),
    "above the range": ("distance_from_home", 1e9, "more than 20040 km"),
    "no float holds it": ("amount", "1e999", "too large for a number"),
    "null where training had none": ("amount", None, "no row this model learnt from"),
    "a category never seen": ("app_platform", "harmonyos", "not one of the 3 values"),
    "a number for text": ("app_platform", 3, "not one of the 3 values"),
    "half a character": ("app_platform", "\ud800", "not Unicode"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_field_is_named_and_its_value_is_not(untouchable, traffic, fault):
    name, value, reason = WRONG[fault]
    body = json.dumps({**named(traffic[0]), name: value})
    body = body.replace('"1e999"', "1e999")
    answered = untouchable.test_client().post("/predict", data=body, content_type=JSON)
    assert (answered.status_code, answered.mimetype) == (422, "application/problem+json")
    assert [each["field"] for each in answered.json["errors"]] == [name]
    assert reason in answered.json["errors"][0]["reason"]
    assert "harmonyos" not in answered.text
    assert "12.5" not in answered.text


def test_all_wrong_fields_are_told_at_once(untouchable, traffic):
    row = {**named(traffic[0]), "amuont": 1, "s3cret name!": 2}
    del row["amount"]
    told = untouchable.test_client().post("/predict", json=row).json["errors"]
    assert {(each["field"], each["reason"]) for each in told} == {
        ("amount", "missing"),
        ("amuont", "no field of this model; did you mean 'amount'?"),
        (None, "no field of this model"),
    }


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("", 400, "not JSON"),
        ("{", 400, "not JSON"),
        ("[]", 400, "one JSON object"),
        ("7", 400, "one JSON object"),
        ('{"amount": NaN}', 400, "NaN is not JSON"),
        ('{"amount": -Infinity}', 400, "-Infinity is not JSON"),
        ('{"amount": 1, "amount": 2}', 400, "same name twice"),
        (b"\xff", 400, "not UTF-8"),
        ("[" * 100_000, 400, "nested too deeply"),
        ('{"amount": ' + "1" * 5000 + "}", 422, "too large for a number"),
        ('{"\\ud800": 1}', 422, "not Unicode"),
        ("1" * (LARGEST_BODY + 1), 413, ""),
    ],
    ids=range(12),
)
def test_a_body_that_is_no_row_never_reaches_the_model(untouchable, body, status, words):
    answered = untouchable.test_client().post("/predict", data=body, content_type=JSON)
    assert answered.status_code == status
    assert words in answered.text


@pytest.mark.parametrize("content_type", ["text/csv", "", "application/json; charset=utf-16"])
def test_another_content_type_is_refused(untouchable, content_type):
    answered = untouchable.test_client().post("/predict", data="{}", content_type=content_type)
    assert answered.status_code == 415


def test_null_is_taken_where_training_rows_had_missing_cells(traffic):
    named_row = NamedRow.of(SCHEMA, nullable={"amount", "app_platform"})
    row = named_row.row({**named(traffic[0]), "amount": None, "app_platform": None})
    assert [name for name, cell in zip(SCHEMA.names, row, strict=True) if cell is None] == [
        "amount",
        "app_platform",
    ]


def test_columns_may_be_called_what_no_python_name_can_be(predictor):
    names = ["default.payment", " a b", "model_x", "schema", "__class__", "ß", "json"]
    columns = [
        replace(column, name=name) for column, name in zip(SCHEMA.columns, names, strict=False)
    ]
    schema = Schema((*columns, *SCHEMA.columns[len(columns) :]))
    scoring = Scoring.of(replace(predictor, schema=schema))
    row = dict(zip(schema.names, named(predictor.background[0]).values(), strict=True))
    assert scoring.named.row(scoring.named.document(json.dumps(row).encode()))


def test_a_case_is_captured_as_the_row_it_is_in_csv(built, traffic, tmp_path):
    app = create_app(built / "model", Settings(capture=str(tmp_path)))
    body = json.dumps({**named(traffic[0]), "amount": 0}).replace('"amount": 0', '"amount": 12.50')
    answered = app.test_client().post(
        "/predict", data=body, content_type=JSON, headers={INFERENCE_ID: "case 17"}
    )
    app.extensions["operations"].close()
    (line,) = [line for path in tmp_path.rglob("*.jsonl") for line in path.open()]
    event = json.loads(line)
    captured = event["captureData"]["endpointInput"]["data"].strip().split(",")
    assert captured[SCHEMA.names.index("amount")] == "12.50"
    told = answered.json
    assert event["captureData"]["endpointOutput"]["data"] == (
        f"{told['decision']},{told['probability']!r}\n"
    )
    assert event["eventMetadata"]["inferenceId"] == "case 17"
