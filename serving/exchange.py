"""What one request came to: noted by whoever answered it, for those who keep account of it.

Needs     a request being answered
Writes    the request's inference id; its rows, body and answer, for the log, the metrics and
          data capture

The inference id ties an answer to the label that comes later. It is the caller's, sent as
InvokeEndpoint sends it, or one made up here; either way the answer carries it.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from serving.captured import Payload
from serving.payloads import RequestError

INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
INFERENCE_ID_PATTERN = r"^[\x20-\x7e]{1,64}$"
"""SageMaker's limit: 1 to 64 printable characters."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Rows that were answered, as they were sent and as they were answered."""

    rows: int
    sent: Payload
    answered: Payload


def note(rows: int, sent: Payload, answered: Payload) -> None:
    """Say what the request being answered came to; a refused request notes nothing."""
    g.exchange = Exchange(rows, sent, answered)


def noted() -> Exchange | None:
    """What was noted of the request being answered."""
    found: Exchange | None = g.get("exchange")
    return found


def begin() -> None:
    """Note under which id the request is answered.

    Raises RequestError for one SageMaker would refuse: before the model is asked.
    """
    sent = request.headers.get(INFERENCE_ID)
    if sent is not None and not re.fullmatch(INFERENCE_ID_PATTERN, sent):
        raise RequestError(f"{INFERENCE_ID} is not 1 to 64 printable characters")
    g.inference_id, g.is_callers = sent or str(uuid.uuid4()), sent is not None


def body() -> bytes:
    """The whole body of the request being answered.

    Raises RequestEntityTooLarge beyond the limit, however the body is sent: of a chunked one
    werkzeug reads as far as the limit, and rows would be missing without a word.
    """
    read = request.get_data(cache=False)
    full = request.content_length is None and len(read) == request.max_content_length
    if full and request.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge
    return read


def inference_id() -> str:
    """The inference id of the request being answered: the caller's, else one made up."""
    noted_: str = g.inference_id
    return noted_


def is_callers() -> bool:
    """Whether the caller sent the inference id."""
    said: bool = g.is_callers
    return said
