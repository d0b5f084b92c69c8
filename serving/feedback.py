"""POST /feedback: what an answer turned out to be. GET /feedback: how much came in.

Needs     a store (feedback_store.py), durable before anything is acknowledged
Writes    201 for a new label, 200 for one that is known, 409 for one that contradicts it,
          503 where it could not be kept and must be sent again

A comment may hold anything about anybody: it goes to the store and nowhere else, neither
into the log nor into a refusal.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from monitoring.errors import DocumentError, StorageError
from serving.bodies import FieldError, InvalidFields
from serving.exchange import INFERENCE_ID_PATTERN, body
from serving.feedback_store import FeedbackStore, Opinion, Outcome
from serving.metrics import Metrics
from serving.negotiation import media_type
from serving.payloads import JSON, RequestError, json_value, text_of
from serving.problems import problem_of

LARGEST_BODY = 16 * 1024
LONGEST_COMMENT = 2000
STATUS = {
    Outcome.STORED: HTTPStatus.CREATED,
    Outcome.KNOWN: HTTPStatus.OK,
    Outcome.CONFLICT: HTTPStatus.CONFLICT,
}


class Feedback(BaseModel):
    """What somebody says of one answer.

    >>> Feedback.model_validate_json('{"inference_id": "tx-1", "label": 1}').disputed
    False
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    inference_id: Annotated[
        str,
        Field(
            pattern=INFERENCE_ID_PATTERN,
            description="The inference id the answer carried; its request had one row.",
        ),
    ]
    label: Annotated[
        int, Field(ge=0, le=1, description="1 where the case was positive after all, else 0.")
    ]
    comment: Annotated[
        str, Field(max_length=LONGEST_COMMENT, description="Free text; kept beside the label.")
    ] = ""
    disputed: Annotated[bool, Field(description="Somebody contests the decision.")] = False


class FeedbackAnswer(BaseModel):
    """What came of it."""

    inference_id: str
    outcome: Literal["stored", "known", "conflict"]


class FeedbackSummary(BaseModel):
    """How many there are, since the store was begun."""

    received: int
    disputed: int
    comments: int
    conflicts: int


def blueprint(store: FeedbackStore | None, metrics: Metrics) -> Blueprint:
    """The routes; without a store they say where one is set."""
    routes = Blueprint("feedback", __name__)
    routes.register_error_handler(RequestError, problem_of)

    @routes.post("/feedback")
    def receive() -> tuple[Response, int]:
        said = _body()
        opinion = Opinion(said.inference_id, str(said.label), said.comment, said.disputed)
        try:
            outcome = _open(store).add(opinion)
        except (StorageError, DocumentError) as error:
            metrics.feedback("failed")
            raise RequestError("the feedback could not be kept; send it again", 503) from error
        metrics.feedback(outcome.value)
        answer = FeedbackAnswer(inference_id=said.inference_id, outcome=outcome.value)
        return jsonify(answer.model_dump()), STATUS[outcome]

    @routes.get("/feedback")
    def summary() -> Response:
        try:
            return jsonify(FeedbackSummary(**_open(store).summary()).model_dump())
        except StorageError as error:
            raise RequestError("the feedback could not be counted; ask again", 503) from error

    return routes


def _open(store: FeedbackStore | None) -> FeedbackStore:
    if store is None:
        raise RequestError("feedback is kept nowhere; start the server with SERVING_FEEDBACK", 501)
    return store


def _body() -> Feedback:
    """The checked body; RequestError names the field, never what stood in it."""
    if media_type() != JSON:
        raise RequestError(f"the content type is not {JSON}", 415)
    request.max_content_length = LARGEST_BODY
    document = json_value(text_of(body()), "the body", _number)
    try:
        return Feedback.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        if not found[0]["loc"]:
            raise RequestError(f"the body is no feedback: {found[0]['msg']}") from None
        raise InvalidFields(tuple(_field_error(each) for each in found)) from None


def _number(text: str) -> int | float:
    """A JSON number: a label is one digit, and no attempt is made at thousands."""
    return int(text) if len(text) < 10 and text.isdecimal() else float(text)


def _field_error(found: Any) -> FieldError:
    """One wrong field; only names that are ours are repeated."""
    name = str(found["loc"][0])
    if name not in Feedback.model_fields:
        return FieldError(field=None, reason="no field of feedback")
    return FieldError(field=name, reason=found["msg"])
