"""A stream's records: requests in, answers out, and what becomes of those that are neither.

Needs     a record's bytes, and the model's schema
Gives     `Request`, or `Poison` with its reason in one line

A record is one JSON object: `{"inference_id": "tx-1", "features": {"amount": 12.50, …}}`.
The id comes from the caller (1 to 64 printable characters, as SageMaker's InferenceId), as
labels will name it. Numbers keep the text they were sent as.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from serving.model import Answer
from serving.payloads import JSON, RequestError, rows_of
from serving.schema import Row, Schema

LONGEST_ID = 64
FIELDS = {"inference_id", "features"}


class Poison(Exception):
    """A record that no attempt will ever answer; the reason never quotes it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record as the stream gave it."""

    data: bytes
    position: str
    """Where in the stream: a shard and sequence number, or a message id."""


@dataclass(frozen=True, slots=True)
class Request:
    """One row to be answered."""

    inference_id: str
    row: Row
    content: bytes
    """The features in one spelling: two requests are the same when these bytes are."""


@dataclass(frozen=True, slots=True)
class Scored:
    """An answer on its way out."""

    inference_id: str
    line: str


def request_of(data: bytes, schema: Schema) -> Request:
    """The request in a record; raises Poison.

    >>> from serving.schema import Column
    >>> schema = Schema((Column("amount", "numeric"),))
    >>> request_of(b'{"inference_id": "tx-1", "features": {"amount": 12.50}}', schema)
    Request(inference_id='tx-1', row=['12.50'], content=b'{"amount": "12.50"}')
    >>> request_of(b'{"features": {"amount": 1}}', schema)
    Traceback (most recent call last):
    serving.feed_records.Poison: inference_id is not 1 to 64 printable characters
    """
    document = _object(data)
    if set(document) - FIELDS:
        raise Poison("has other fields than inference_id and features")
    inference_id, features = document.get("inference_id"), document.get("features")
    if not _is_id(inference_id):
        raise Poison(f"inference_id is not 1 to {LONGEST_ID} printable characters")
    if not isinstance(features, dict):
        raise Poison("features is not an object of named values")
    content = json.dumps(features, sort_keys=True).encode()
    try:
        (row,) = rows_of(content, JSON, schema)
    except RequestError as error:
        raise Poison(str(error)) from None
    return Request(str(inference_id), row, content)


def _object(data: bytes) -> dict[str, Any]:
    def refuse(_: str) -> None:
        raise Poison("holds NaN or Infinity, which are not JSON; send null for a missing value")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(named := dict(pairs)) < len(pairs):
            raise Poison("an object has the same name twice")
        return named

    try:
        # A number's text is the cell: quoted, it passes through JSON once more unchanged.
        found = json.loads(
            data,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=refuse,
            object_pairs_hook=once,
        )
    except UnicodeDecodeError:
        raise Poison("is not UTF-8") from None
    except (json.JSONDecodeError, RecursionError):
        raise Poison("is not JSON") from None
    if not isinstance(found, dict):
        raise Poison("is JSON, but no object")
    return found


class _Number(str):
    """The text of a JSON number, to be told from that of a string."""

    __slots__ = ()


def _is_id(value: Any) -> bool:
    """Whether it is an id: an `inference_id` of 17 is none, for labels would have to name 17."""
    text = isinstance(value, str) and not isinstance(value, _Number)
    return text and 0 < len(value) <= LONGEST_ID and value.isascii() and value.isprintable()


def scored(inference_id: str, answer: Answer, model: str, version: str) -> Scored:
    """An answer as it goes out; the id goes with it, so that whoever reads can drop repeats.

    >>> print(scored("tx-1", Answer(1, 0.875), "fraud", "c0ffee").line)
    {"inference_id": "tx-1", "prediction": 1, "probability": 0.875, "model": "fraud", \
"model_version": "c0ffee"}
    """
    document = {
        "inference_id": inference_id,
        "prediction": answer.prediction,
        "probability": answer.probability,
        "model": model,
        "model_version": version,
    }
    return Scored(inference_id, json.dumps(document))


def dead_letter(record: Incoming, reason: str, source: str) -> str:
    """A record that was not answered, whole, with the reason: one JSON object.

    >>> dead_letter(Incoming(b"oops", "m-1"), "is not JSON", "sqs:https://…/in")
    '{"reason": "is not JSON", "source": "sqs:https://\\\\u2026/in", "position": "m-1", \
"data": "oops"}'
    """
    try:
        data = {"data": record.data.decode()}
    except UnicodeDecodeError:
        data = {"data_base64": base64.b64encode(record.data).decode()}
    return json.dumps({"reason": reason, "source": source, "position": record.position, **data})
