"""The web application: SageMaker's `GET /ping` and `POST /invocations`, and what is beside them.

Needs     a model directory (serving/model.py)
Writes    answers; a refusal is one line of text with the row and the column named, or problem
          details where it is no path of SageMaker's (serving/problems.py)

The answer's format is the request's `Accept`, or the request's own format where it names
none: captured input and output then have one encoding, which AWS's analyzer insists on.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from serving import exchange, openapi, operations, pages, predict
from serving.captured import Payload
from serving.encoder import NotANumber
from serving.model import Predictor
from serving.negotiation import answer_type, media_type
from serving.payloads import LARGEST_BODY, RequestError, body_of, rows_of
from serving.predict import Scoring
from serving.problems import problem
from serving.settings import Settings

EVERYTHING_OFF = Settings()
CONTAINER_PATHS = ("/ping", "/invocations")
"""SageMaker's own; their refusals are one line of text, all others' are problem details."""


class _InOrder(DefaultJSONProvider):
    """JSON objects as they were made: fields in the order of the model's columns."""

    sort_keys = False


def create_app(model_dir: Path, settings: Settings = EVERYTHING_OFF) -> Flask:
    """The application around the model in `model_dir`; raises serving.model.ModelError.

    The model is loaded here, once: an application that exists can answer.
    """
    app = Flask("serving", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json = _InOrder(app)
    predictor = Predictor.load(model_dir)
    operations.install(app, settings, predictor.name, predictor.version)
    scoring = Scoring.of(predictor)

    @cache
    def described() -> dict[str, Any]:
        return openapi.document(scoring, {rule.rule for rule in app.url_map.iter_rules()})

    @app.get("/ping")
    def ping() -> Response:
        return _text(f"{predictor.name} {predictor.version}\n", 200)

    @app.post("/invocations")
    def invocations() -> Response:
        sent = media_type()
        answered = answer_type(sent)
        body = exchange.body()
        rows = rows_of(body, sent, predictor.schema)
        try:
            answers = predictor.predict(rows)
        except NotANumber as error:
            name = predictor.schema.names[error.column]
            raise RequestError(
                f"row {error.row + 1}, column {name!r}: not a finite number"
            ) from None
        answer = Payload(body_of(answers, answered).encode(), _with_charset(answered))
        exchange.note(len(rows), Payload(body, request.content_type or sent), answer)
        return Response(answer.data, 200, content_type=answer.content_type)

    @app.get("/openapi.json")
    def openapi_json() -> Response:
        return jsonify(described())

    app.register_blueprint(predict.blueprint(scoring))
    app.register_blueprint(pages.blueprint(scoring, described, settings.token is not None))
    _refuse(app)
    return app


def _refuse(app: Flask) -> None:
    """Say every refusal of `app` in the form its path's callers expect."""

    @app.errorhandler(RequestError)
    def refuse_request(error: RequestError) -> Response:
        return _refusal(str(error), error.status)

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        if error.code == 413:
            largest = request.max_content_length or LARGEST_BODY
            return _refusal(f"the body is larger than {largest} bytes; send less", 413)
        refused = _refusal(f"{error.name}: {request.method} {request.path}", error.code or 500)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            refused.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return refused

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        app.logger.error("the model failed: %s", type(error).__name__, exc_info=error)
        return _refusal("the model failed on this request; the log has the cause", 500)


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def _text(line: str, status: int) -> Response:
    return Response(line, status, content_type="text/plain; charset=utf-8")


def _refusal(reason: str, status: int) -> Response:
    if request.path in CONTAINER_PATHS:
        return _text(f"{reason}\n", status)
    return problem(reason, status)
