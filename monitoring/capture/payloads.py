"""One payload → its rows: CSV, JSON, JSON Lines, and any of them in BASE64.

Needs     the captured text, its encoding and its content type
Gives     rows of text: a list where cells have no names (CSV, JSON arrays), a dict where
          they have (JSON objects). An empty text is an empty cell

Numbers stay as they were written: `1.0` is fractional and `1` is integral, and only the
text knows. JSON numbers are therefore never turned into numbers here.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from monitoring.capture.lines import LINE_LIMIT, Flaw
from monitoring.capture.records import Payload

Row = list[str] | dict[str, str]

ENCODINGS = {"CSV", "JSON", "BASE64"}
JSON_TYPES = {"application/json", "text/json"}
JSON_LINES_TYPES = {
    "application/jsonlines",
    "application/jsonl",
    "application/x-jsonlines",
    "application/x-ndjson",
}
CSV_TYPES = {"text/csv", "application/csv"}
WRAPPERS = {"instances", "predictions"}
"""Keys whose list holds one entry per row, even where the entries are single values."""
LONGEST_NAME = 60
MOST_KEYS = 8

# A module-wide setting of the standard library: 128 KiB by default, less than a payload.
csv.field_size_limit(LINE_LIMIT)


def rows_of(payload: Payload) -> list[Row]:
    """The rows of one payload; raises Flaw.

    >>> rows_of(Payload("0.9,ok\\n0.1,", "CSV", "text/csv"))
    [['0.9', 'ok'], ['0.1', '']]
    >>> rows_of(Payload('{"age": 31, "vip": true}', "JSON", "application/json"))
    [{'age': '31', 'vip': 'true'}]
    """
    text, parse = _text_and_parser(payload)
    rows = parse(text)
    if not rows or not all(rows):
        raise Flaw("undecodable", "the payload is empty")
    return rows


@lru_cache(maxsize=256)
def media_type(content_type: str) -> str:
    """The part that decides: no parameters, lower case.

    >>> media_type("Text/CSV; charset=utf-8")
    'text/csv'
    """
    return content_type.partition(";")[0].strip().lower()


def _text_and_parser(payload: Payload) -> tuple[str, Callable[[str], list[Row]]]:
    media = media_type(payload.content_type)
    if payload.encoding == "CSV":
        return payload.data, csv_rows
    if payload.encoding == "JSON":
        return payload.data, json_lines_rows if media in JSON_LINES_TYPES else json_rows
    if payload.encoding != "BASE64":
        raise Flaw("undecodable", f"the encoding is none of {', '.join(sorted(ENCODINGS))}")
    if media in CSV_TYPES:
        return _from_base64(payload.data), csv_rows
    if media in JSON_LINES_TYPES:
        return _from_base64(payload.data), json_lines_rows
    if media in JSON_TYPES or media.endswith("+json"):
        return _from_base64(payload.data), json_rows
    raise Flaw(
        "undecodable",
        "the content type is neither CSV nor JSON, so it was captured as BASE64; list it under "
        "CaptureContentTypeHeader's CsvContentTypes or JsonContentTypes",
    )


def _from_base64(data: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode("utf-8-sig")
    except (binascii.Error, ValueError):
        raise Flaw("undecodable", "the payload is not BASE64 of UTF-8 text") from None


def csv_rows(text: str) -> list[Row]:
    """Rows of cells; blank lines are no rows."""
    text = text.removeprefix("\ufeff")
    if '"' not in text:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return [line.split(",") for line in lines if line]
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        raise Flaw("undecodable", "the payload is not CSV (its quotes do not close)") from None


def json_lines_rows(text: str) -> list[Row]:
    """One JSON value a line; each may hold several rows."""
    return [row for line in text.split("\n") if line.strip() for row in json_rows(line)]


def json_rows(text: str) -> list[Row]:
    """The rows of one JSON value, in any of the shapes model servers speak."""
    try:
        return [_row(entry) for entry in entries(_json(text))]
    except RecursionError:
        raise Flaw("undecodable", "the JSON is nested too deep") from None


def holds_json(payload: Payload) -> bool:
    """Whether the payload is JSON or JSON Lines, by what was said of it; raises Flaw."""
    return _text_and_parser(payload)[1] is not csv_rows


def json_values(payload: Payload) -> list[Any]:
    """The JSON values of a payload, one unless it is JSON Lines; raises Flaw.

    Numbers stay the text they were written as.

    >>> json_values(Payload('{"score": 0.90}', "JSON", "application/json"))
    [{'score': '0.90'}]
    """
    text, parse = _text_and_parser(payload)
    if parse is json_lines_rows:
        return [_json(line) for line in text.split("\n") if line.strip()]
    return [_json(text)]


def _json(text: str) -> Any:
    try:
        return json.loads(
            text.removeprefix("\ufeff"), parse_float=str, parse_int=str, parse_constant=str
        )
    except (ValueError, RecursionError):
        raise Flaw("undecodable", "the payload is not JSON") from None


def entries(value: Any) -> list[Any]:
    """What stands for one row each: `[[..], [..]]`, `{"predictions": [..]}`, or the value."""
    inner = value
    if isinstance(value, dict) and len(value) == 1:
        ((name, inner),) = value.items()
        if name in WRAPPERS and isinstance(inner, list):
            return inner
    return inner if isinstance(inner, list) and _holds_rows(inner) else [value]


def _holds_rows(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(value, list | dict) for value in values)


def _row(value: Any) -> Row:
    """A list of values and `{"features": [values]}` have no names; an object has."""
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        if isinstance(inner, list) and inner:
            value = inner
    if isinstance(value, dict):
        return dict(_flat("", value))
    if not isinstance(value, list):
        return [cell(value)]
    if any(isinstance(entry, list | dict) for entry in value):
        raise Flaw("undecodable", f"the JSON is nested: {shape(value)}")
    return [cell(entry) for entry in value]


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """`{"a": {"b": 1}}` → `a.b`; AWS's own container wants flat JSON and would stop here."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{prefix}.{name}" if prefix else name, inner)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _flat(f"{prefix}.{position}", inner)
    else:
        yield prefix, cell(value)


def cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def shape(value: Any, depth: int = 4) -> str:
    """What a JSON value looks like without what it says: keys and kinds only.

    >>> shape({"predictions": [["0.1"], ["0.9"]]})
    '{predictions: [2 x [1 x value]]}'
    """
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        keys = [str(key)[:LONGEST_NAME] for key in list(value)[:MOST_KEYS]]
        inner = (shape(value[key], depth - 1) for key in list(value)[:MOST_KEYS])
        more = ", …" if len(value) > MOST_KEYS else ""
        return "{" + ", ".join(map("{}: {}".format, keys, inner)) + more + "}"
    if isinstance(value, list):
        return f"[{len(value)} x {shape(value[0], depth - 1)}]" if value else "[]"
    return "null" if value is None else "value"
