"""The application keeps to its own description: every route is in it, and fuzzing finds no gap."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from serving.app import create_app
from serving.settings import Settings

JSON_LINES = "application/jsonlines"
PROMISES = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
STRICT = [*PROMISES, checks.positive_data_acceptance, checks.negative_data_rejection]
EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def document(client) -> dict:
    return client.get("/openapi.json").json


def test_it_is_an_openapi_document(document):
    OpenAPIV31SpecValidator(document).validate()


def test_it_describes_every_route_the_application_has(built, document):
    routes = {
        (rule.rule, method.lower())
        for rule in create_app(built / "model").url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    assert described == routes


def test_the_examples_are_answered(client, document):
    for path in ("/predict", "/invocations"):
        content = document["paths"][path]["post"]["requestBody"]["content"]
        for media_type, body in content.items():
            if "example" in body:
                sent = (
                    {"data": body["example"]}
                    if media_type == "text/csv"
                    else {"json": body["example"]}
                )
                answered = client.post(path, content_type=media_type, **sent)
                assert answered.status_code == 200, answered.text


def test_no_background_row_is_in_it(document, predictor):
    """The example is made column by column."""
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    shown = [str(value) for value in body["example"].values()]
    assert shown not in [list(row) for row in predictor.background]


@schemathesis.serializer(JSON_LINES, "text/csv")
def as_text(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()


ASKED = {"/predict": STRICT, "/invocations": PROMISES, "/feedback": PROMISES, "/": PROMISES}
READ = ("/ping", "/feedback", "/metrics", "/", "/docs", "/openapi.json")


@pytest.fixture(scope="module")
def described(built, tmp_path_factory):
    """The application as its own document describes it, feedback kept in a folder."""
    kept = Settings(feedback=str(tmp_path_factory.mktemp("feedback")))
    return schemathesis.openapi.from_wsgi("/openapi.json", create_app(built / "model", kept))


def fuzz(operation, mode: GenerationMode, promises: list) -> None:
    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=mode))
    def hold(case):
        case.call_and_validate(checks=promises)

    hold()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("path", ASKED)
def test_what_is_sent_is_answered_or_refused_as_described(described, path, mode):
    fuzz(described[path]["post"], mode, ASKED[path])


@pytest.mark.parametrize("path", READ)
def test_what_is_asked_for_is_as_described(described, path):
    fuzz(described[path]["get"], GenerationMode.POSITIVE, PROMISES)
