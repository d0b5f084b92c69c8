"""The pages: a form from the schema, answers without a script, nothing from another host."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from flask import Flask

from pipelines.models.fraud import SCHEMA
from serving.app import create_app
from serving.examples import usual_row
from serving.pages import POLICY, TOKEN_POLICY, blueprint
from serving.predict import Scoring
from serving.schema import Schema
from serving.settings import Settings


@pytest.fixture
def typed(predictor) -> dict[str, str]:
    """The form as it stands when nothing was changed."""
    return dict(zip(SCHEMA.names, usual_row(predictor), strict=True))


def test_the_form_has_a_field_for_each_column_with_its_unit_and_categories(client):
    page = client.get("/").text
    for column in SCHEMA.columns:
        assert f'name="{column.name}"' in page
        assert not column.unit or f"({column.unit})" in page
        for category in column.categories:
            assert re.search(rf"<option( selected)?>{category}</option>", page)


def test_the_first_values_are_a_row_that_the_model_takes(client, typed):
    answered = client.post("/", data=typed)
    assert answered.status_code == 200
    assert "Decision" in answered.text


def test_the_page_says_what_predict_says(client, predictor, typed):
    typed["distance_from_home"] = "900"
    row = [typed[name] for name in SCHEMA.names]
    expected = Scoring.of(predictor).prediction(row, "1")
    page = client.post("/", data=typed).text
    assert f"{expected.probability:.1%}" in page or f"{100 * expected.probability:.2g}%" in page
    for reason in expected.reasons:
        assert reason.text.replace("'", "&#39;") in page
    assert 'value="900"' in page


def test_each_wrong_field_says_how_and_keeps_what_was_typed(client, typed):
    answered = client.post("/", data={**typed, "amount": "much", "distance_from_home": "-3"})
    assert answered.status_code == 422
    page = answered.text
    assert page.count('aria-invalid="true"') == 2
    assert "not a number" in page
    assert "less than 0 km" in page
    assert 'value="much"' in page


def test_what_is_typed_is_text_and_never_markup(client, typed):
    page = client.post("/", data={**typed, "amount": '"><script>alert(1)</script>'}).text
    assert "<script" not in page


def test_a_column_is_text_and_never_markup(predictor):
    columns = (replace(SCHEMA.columns[0], name="<b>", unit="<i>", description="<u>"),)
    schema = Schema((*columns, *SCHEMA.columns[1:]))
    app = Flask("markup")
    scoring = Scoring.of(replace(predictor, schema=schema))
    app.register_blueprint(blueprint(scoring, dict))
    page = app.test_client().get("/").text
    assert not re.search("<[biu]>", page)
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_needs_nothing_but_itself(client, path):
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"] == POLICY
    assert not re.search(r"<script|<link|<img|style=|url\(|@import", page.text)
    assert {url for url in re.findall(r'(?:src|href|action)="([^"#]*)', page.text) if url} <= {
        "/",
        "/docs",
        "/openapi.json",
    }


def test_the_policy_allows_the_style_sheet_as_it_is_in_the_page(client):
    style = re.search(r"<style>(.*?)</style>", client.get("/").text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in POLICY


def test_a_server_that_wants_a_token_sends_a_script_and_allows_it_alone(built, typed):
    token = "0123456789abcdef"
    client = create_app(built / "model", Settings(token=token)).test_client()
    page = client.get("/")
    assert page.headers["Content-Security-Policy"] == TOKEN_POLICY
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in TOKEN_POLICY
    assert token not in page.text
    assert client.post("/", data=typed).status_code == 401
    sent = client.post("/", data=typed, headers={"Authorization": f"Bearer {token}"})
    assert "Decision" in sent.text


def test_the_docs_page_shows_every_operation_and_every_field(client):
    page = client.get("/docs").text
    document = client.get("/openapi.json").json
    for path, item in document["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in item.values():
            assert f'id="{operation["operationId"]}"' in page
    for name in SCHEMA.names:
        assert f"<code>{name}</code>" in page


def test_a_form_of_another_type_is_refused(client):
    assert client.post("/", json={}).status_code == 415


def test_a_form_with_another_field_says_so(client, typed):
    answered = client.post("/", data={**typed, "tip": "1"})
    assert answered.status_code == 422
    assert "no field of this model" in answered.text


def test_without_background_rows_the_form_begins_with_what_the_schema_allows(predictor):
    bare = replace(predictor, background=())
    row = usual_row(bare)
    assert Scoring.of(bare).predictor.predict([row])
    document = {
        column.name: float(cell) if column.kind == "numeric" else cell
        for column, cell in zip(SCHEMA.columns, row, strict=True)
    }
    Scoring.of(bare).named.model.model_validate(document)
