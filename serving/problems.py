"""Refusals for programs and people: RFC 9457's problem details, one JSON object each.

Needs     the reason of a refusal
Writes    `application/problem+json`: status, what is wrong, and with which fields

`/ping` and `/invocations` answer refusals as one line of text instead: that is what
SageMaker puts into the endpoint's log and hands on to the caller.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from pydantic import BaseModel, Field

from serving.bodies import FieldError, InvalidFields
from serving.payloads import RequestError

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Why a request was refused. Values that were sent are never repeated."""

    type: str = Field(default="about:blank", description="No further page describes the problem.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong, in one line.")
    errors: list[FieldError] = Field(
        default_factory=list, description="The fields that are wrong, where it is about fields."
    )


def problem(detail: str, status: int, errors: tuple[FieldError, ...] = ()) -> Response:
    """The response of a refusal."""
    said = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors)
    )
    return Response(said.model_dump_json() + "\n", status, content_type=MEDIA_TYPE)


def problem_of(error: RequestError) -> Response:
    """The response to a request the model is not asked about."""
    errors = error.errors if isinstance(error, InvalidFields) else ()
    return problem(str(error), error.status, errors)
