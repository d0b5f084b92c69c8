"""The application describes itself: an OpenAPI 3.1 document of every path it has.

Needs     the model's columns, and which routes there are
Writes    GET /openapi.json

Bodies are described by the pydantic models that check them, so the description and the check
cannot differ. A test holds it to the application's routes, another sends what it allows
and what it forbids.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from serving.examples import usual_row
from serving.exchange import CUSTOM_ATTRIBUTES, INFERENCE_ID, INFERENCE_ID_PATTERN
from serving.feedback import Feedback, FeedbackAnswer, FeedbackSummary
from serving.payloads import CSV, JSON, JSON_LINES, csv_line
from serving.predict import Prediction, Scoring
from serving.problems import MEDIA_TYPE, Problem
from serving.schema import Cell, Schema

Json = dict[str, Any]
TEXT, HTML, FORM = "text/plain", "text/html", "application/x-www-form-urlencoded"
REASONS = {
    400: "The request cannot be read.",
    401: "The server wants a token; send Authorization: Bearer TOKEN.",
    403: "The server does not answer to the name in the Host header.",
    406: "No format that Accept allows.",
    409: "A label for this inference id is known already, and it is another one.",
    413: "The body is too large.",
    415: "The content type is not one this path reads.",
    422: "A field is wrong; errors names each one.",
    429: "Too many requests; wait as long as Retry-After says.",
    500: "The server failed; its log has the cause.",
    501: "The server was started without a place to keep feedback.",
    503: "It could not be kept; send it again.",
}
AT_THE_DOOR = (401, 403, 429)
"""Refused before the path is looked at, as a line of text."""


def document(scoring: Scoring, routes: Collection[str]) -> Json:
    """The document; `routes` are the paths the application has."""
    predictor = scoring.predictor
    _, schemas = models_json_schema(
        [
            (scoring.named.model, "validation"),
            (Feedback, "validation"),
            *((each, "serialization") for each in (Prediction, Problem)),
            *((each, "serialization") for each in (FeedbackAnswer, FeedbackSummary)),
        ],
        ref_template="#/components/schemas/{model}",
    )
    paths = {**_model_paths(scoring), **_feedback_paths(), **_pages()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": predictor.name,
            "version": predictor.version,
            "description": f"Answers of the model {predictor.name}: the probability of "
            f"{predictor.label or 'the positive class'}, and why.",
        },
        "security": [{}, {"token": []}],
        "paths": {path: item for path, item in paths.items() if path in routes},
        "components": {
            "schemas": {name: _told(schema) for name, schema in schemas["$defs"].items()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Where the server was given one.",
                }
            },
        },
    }


def _model_paths(scoring: Scoring) -> Json:
    schema, row = scoring.predictor.schema, usual_row(scoring.predictor)
    named = {
        column.name: _json_cell(cell, column.kind == "numeric")
        for column, cell in zip(schema.columns, row, strict=True)
    }
    predict = {
        "operationId": "predict",
        "summary": "Ask about one case, by named fields, and get the reasons",
        "description": "Every field is checked against the model's columns, and the model is "
        "asked only where all are right. Values that it has never seen are refused.",
        "parameters": [_inference_id()],
        "requestBody": _body({JSON: {"schema": _ref("NamedRow"), "example": named}}),
        "responses": {
            "200": _answer("The answer.", {JSON: {"schema": _ref("Prediction")}}, _echoed()),
            **_refused(400, 413, 415, 422, 500),
        },
    }
    invocations = {
        "operationId": "invocations",
        "summary": "Ask about any number of cases, as SageMaker does",
        "description": "CSV rows are without a header, their columns in the order of the named "
        "fields. An empty cell or null is not known; a category never seen is answered, so that "
        "a monitor can find it. The answer is in the request's format unless Accept names "
        "another. A refusal is one line of text.",
        "parameters": [_inference_id(), _header(CUSTOM_ATTRIBUTES, {"type": "string"})],
        "requestBody": _body(_rows(schema, row, named)),
        "responses": {
            "200": _answer("An answer for each row, in their order.", _answers(), _echoed()),
            **_refused(400, 406, 413, 415, 500, media_type=TEXT),
        },
    }
    ping = {
        "operationId": "ping",
        "summary": "Whether the model is there",
        "responses": {
            "200": _answer("Name and version of the model.", _text()),
            **_refused(400, media_type=TEXT),
        },
        "security": [],
    }
    return {
        "/predict": {"post": predict},
        "/invocations": {"post": invocations},
        "/ping": {"get": ping},
    }


def _rows(schema: Schema, row: list[Cell], named: Json) -> Json:
    cells: Json = {
        column.name: {"type": ["number" if column.kind == "numeric" else "string", "null"]}
        for column in schema.columns
    }
    by_name = {
        "type": "object",
        "properties": cells,
        "required": list(cells),
        "additionalProperties": False,
    }
    by_place = {
        "type": "array",
        "prefixItems": list(cells.values()),
        "minItems": len(cells),
        "maxItems": len(cells),
    }
    several = {
        "type": "object",
        "properties": {
            "instances": {"type": "array", "minItems": 1, "items": {"anyOf": [by_name, by_place]}}
        },
        "required": ["instances"],
        "additionalProperties": False,
    }
    lines = {"type": "string", "description": "A JSON object or array on each line."}
    return {
        CSV: {"schema": {"type": "string"}, "example": csv_line(row)},
        JSON: {"schema": {"anyOf": [several, by_name]}, "example": {"instances": [named]}},
        JSON_LINES: {"schema": lines},
    }


def _answers() -> Json:
    one = {
        "type": "object",
        "properties": {
            "prediction": {"type": "integer", "enum": [0, 1]},
            "probability": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["prediction", "probability"],
    }
    several = {
        "type": "object",
        "properties": {"predictions": {"type": "array", "items": one}},
        "required": ["predictions"],
    }
    return {
        CSV: {"schema": {"type": "string"}, "example": "0,0.25\n"},
        JSON: {"schema": several},
        JSON_LINES: {"schema": {"type": "string"}},
    }


def _feedback_paths() -> Json:
    said = {JSON: {"schema": _ref("FeedbackAnswer")}}
    give = {
        "operationId": "feedback",
        "summary": "Say what an answer turned out to be",
        "description": "Acknowledged once it is on disk. The same label again changes nothing.",
        "requestBody": _body({JSON: {"schema": _ref("Feedback")}}),
        "responses": {
            "201": _answer("Kept.", said),
            "200": _answer("Known already.", said),
            "409": _answer(REASONS[409], said),
            **_refused(400, 413, 415, 422, 500, 501, 503),
        },
    }
    count = {
        "operationId": "feedbackSummary",
        "summary": "How much feedback there is",
        "responses": {
            "200": _answer("The counts.", {JSON: {"schema": _ref("FeedbackSummary")}}),
            **_refused(400, 500, 501, 503),
        },
    }
    metrics = {
        "operationId": "metrics",
        "summary": "The numbers Prometheus reads",
        "responses": {"200": _answer("Text format.", _text()), **_refused(400, 500)},
    }
    return {"/feedback": {"post": give, "get": count}, "/metrics": {"get": metrics}}


def _pages() -> Json:
    html = {HTML: {"schema": {"type": "string"}}}

    def page(operation: str, summary: str) -> Json:
        answers = {"200": _answer("The page.", html), **_refused(400, 500)}
        return {"operationId": operation, "summary": summary, "responses": answers}

    fields = {"type": "object", "additionalProperties": {"type": "string"}}
    asked = {
        "operationId": "formAnswer",
        "summary": "The answer to the form, as a page",
        "requestBody": _body({FORM: {"schema": fields}}),
        "responses": {
            "200": _answer("The page, with the answer.", html),
            "422": _answer("The page, with what is wrong at each field.", html),
            **_refused(400, 413, 415, 500),
        },
    }
    described = {JSON: {"schema": {"type": "object"}}}
    return {
        "/": {"get": page("form", "A form to try the model with"), "post": asked},
        "/docs": {"get": page("docs", "This description, as a page")},
        "/openapi.json": {
            "get": {
                "operationId": "openapi",
                "summary": "This description",
                "responses": {"200": _answer("It.", described), **_refused(400, 500)},
            }
        },
    }


def _told(schema: Json) -> Json:
    """A schema, of a class's docstring the first paragraph only."""
    description = schema.get("description", "").partition("\n\n")[0]
    return {**schema, "description": description} if description else schema


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _text() -> Json:
    return {TEXT: {"schema": {"type": "string"}}}


def _body(content: Mapping[str, Any]) -> Json:
    return {"required": True, "content": dict(content)}


def _answer(description: str, content: Mapping[str, Any], headers: Json | None = None) -> Json:
    answer = {"description": description, "content": dict(content)}
    return {**answer, "headers": headers} if headers else answer


def _refused(*statuses: int, media_type: str = MEDIA_TYPE) -> Json:
    """Responses of refusals: the path's own, and those at the door."""
    own = {media_type: {"schema": _ref("Problem")}} if media_type == MEDIA_TYPE else _text()
    told = {str(status): _answer(REASONS[status], own) for status in statuses}
    told |= {str(status): _answer(REASONS[status], _text()) for status in AT_THE_DOOR}
    return dict(sorted(told.items()))


def _header(name: str, schema: Json) -> Json:
    return {"name": name, "in": "header", "required": False, "schema": schema}


def _inference_id() -> Json:
    described = "Names this answer in feedback and captured data. Made here where it is not sent."
    schema = {"type": "string", "pattern": INFERENCE_ID_PATTERN}
    return {**_header(INFERENCE_ID, schema), "description": described}


def _echoed() -> Json:
    return {INFERENCE_ID: {"description": "The inference id.", "schema": {"type": "string"}}}


def _json_cell(cell: Cell, numeric: bool) -> Any:
    """An example's cell as JSON.

    >>> _json_cell("12", True), _json_cell("12.50", True), _json_cell("web", False)
    (12, 12.5, 'web')
    """
    if cell is None or not numeric:
        return cell
    return int(cell) if cell.isdecimal() else float(cell)
