"""The web application SageMaker's contract asks for: `GET /ping`, `POST /invocations`.

Needs     a model directory (serving/model.py)
Writes    answers; a refusal is one line of text with the row and the column named

The answer's format is the request's `Accept`, or the request's own format where it names
none: captured input and output then have one encoding, which AWS's analyzer insists on.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import HTTPException

from serving.encoder import NotANumber
from serving.model import Predictor
from serving.payloads import LARGEST_BODY, READERS, RequestError, body_of, rows_of

CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})


def create_app(model_dir: Path) -> Flask:
    """The application around the model in `model_dir`; raises serving.model.ModelError.

    The model is loaded here, once: an application that exists can answer.
    """
    app = Flask("serving", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    predictor = Predictor.load(model_dir)

    @app.get("/ping")
    def ping() -> Response:
        return _text(f"{predictor.name} {predictor.version}\n", 200)

    @app.post("/invocations")
    def invocations() -> Response:
        media_type = _media_type()
        answer_type = _answer_type(media_type)
        rows = rows_of(request.get_data(cache=False), media_type, predictor.schema)
        try:
            answers = predictor.predict(rows)
        except NotANumber as error:
            name = predictor.schema.names[error.column]
            raise RequestError(
                f"row {error.row + 1}, column {name!r}: not a finite number"
            ) from None
        return Response(body_of(answers, answer_type), 200, content_type=_with_charset(answer_type))

    @app.errorhandler(RequestError)
    def refuse(error: RequestError) -> Response:
        return _text(f"{error}\n", error.status)

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        if error.code == 413:
            return _text(f"the body is larger than {LARGEST_BODY} bytes; send fewer rows\n", 413)
        return _text(f"{error.name}: {request.method} {request.path}\n", error.code or 500)

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        app.logger.error("the model failed: %s", type(error).__name__, exc_info=error)
        return _text("the model failed on this request; the log has the cause\n", 500)

    return app


def _media_type() -> str:
    """The request's media type, without parameters; other charsets than UTF-8 are refused."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in CHARSETS:
        raise RequestError("the body's charset is not UTF-8; send it as UTF-8", 415)
    return request.mimetype


def _answer_type(media_type: str) -> str:
    """The format to answer in: the best of `Accept`, else the request's own."""
    accept: MIMEAccept = request.accept_mimetypes
    if media_type not in READERS:
        return media_type
    if not accept or accept.quality(media_type) == max(quality for _, quality in accept):
        return media_type
    best = accept.best_match(READERS)
    if best is None:
        raise RequestError(f"no acceptable format to answer in: {', '.join(READERS)}", 406)
    return best


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def _text(line: str, status: int) -> Response:
    return Response(line, status, content_type="text/plain; charset=utf-8")
