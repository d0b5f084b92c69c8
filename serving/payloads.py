"""Bodies to rows and answers to bodies, in the three formats the endpoint speaks.

Needs     a request's bytes and media type, and the model's schema
Writes    rows of text; the bytes of an answer

The rows an endpoint is sent are the rows its data capture keeps, so nothing is repaired
here: a body is read whole or refused with the row and the column named (never the cell: a
reason ends in logs). JSON numbers keep the text they were sent as, so `12.50` is one value
in all three formats.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from serving.model import Answer
from serving.schema import Cell, Row, Schema

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
LARGEST_BODY = 6 * 1024 * 1024
"""Bytes, SageMaker's limit for one real-time request."""


class RequestError(Exception):
    """A request the model is not asked about: an HTTP status and a reason in one line."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


def rows_of(body: bytes, media_type: str, schema: Schema) -> list[Row]:
    """The rows of a body, each as wide as the schema.

    >>> from serving.schema import Column
    >>> schema = Schema((Column("amount", "numeric"), Column("channel", "categorical")))
    >>> rows_of(b'12.50,"web, app"\\n,chip\\n', CSV, schema)
    [['12.50', 'web, app'], [None, 'chip']]
    >>> rows_of(b'{"channel": "chip", "amount": 12.50}', JSON, schema)
    [['12.50', 'chip']]

    Raises RequestError: 415 for another media type, 400 for a body that cannot be read.
    """
    read = READERS.get(media_type)
    if read is None:
        known = ", ".join(READERS)
        raise RequestError(f"the content type is not one this model reads: {known}", 415)
    rows = read(text_of(body), schema)
    if not rows:
        raise RequestError("the body holds no row; send at least one")
    return rows


def text_of(body: bytes) -> str:
    """A body's text; raises RequestError where it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(f"the body is not UTF-8 at byte {error.start}") from None


def json_value(text: str, where: str, number: Callable[[str], Any] = str) -> Any:
    """The JSON value of a text; `number` is what to make of the text of each number.

    Raises RequestError, saying `where`, for NaN and Infinity, which are not JSON, and for an
    object that has the same name twice, of which only one value would be read.
    """

    def refuse(constant: str) -> None:
        raise RequestError(f"{where}: {constant} is not JSON; send null for a missing value")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(named := dict(pairs)) < len(pairs):
            raise RequestError(f"{where}: an object has the same name twice")
        return named

    try:
        return json.loads(
            text,
            parse_int=number,
            parse_float=number,
            parse_constant=refuse,
            object_pairs_hook=once,
        )
    except json.JSONDecodeError as error:
        raise RequestError(
            f"{where} is not JSON: {error.msg}, line {error.lineno} column {error.colno}"
        ) from None
    except RecursionError:
        raise RequestError(f"{where} is nested too deeply; a row is flat") from None


def body_of(answers: Sequence[Answer], media_type: str) -> str:
    r"""The answers as a body.

    >>> body_of([Answer(0, 0.25), Answer(1, 0.875)], CSV)
    '0,0.25\n1,0.875\n'
    >>> body_of([Answer(0, 0.25)], JSON)
    '{"predictions": [{"prediction": 0, "probability": 0.25}]}'
    """
    if media_type == CSV:
        return "".join([f"{prediction},{probability!r}\n" for prediction, probability in answers])
    objects = [{"prediction": a.prediction, "probability": a.probability} for a in answers]
    if media_type == JSON_LINES:
        return "".join(json.dumps(each) + "\n" for each in objects)
    return json.dumps({"predictions": objects})


def cells(answer: Answer) -> tuple[str, str]:
    """The text of an answer's two cells in CSV: `repr` keeps the probability Fractional.

    >>> cells(Answer(0, 1e-05))
    ('0', '1e-05')
    """
    return str(answer.prediction), repr(answer.probability)


def csv_line(cells_: Row) -> str:
    """A row, or an answer's cells, as one line of CSV with its line end.

    >>> csv_line(["12.50", None, "web, app"])
    '12.50,,"web, app"\\n'
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells_)
    return line.getvalue()


def _csv_rows(text: str, schema: Schema) -> list[Row]:
    rows: list[Row] = []
    width = len(schema.columns)
    try:
        for cells_ in csv.reader(io.StringIO(text, newline=""), strict=True):
            if cells_:
                if len(cells_) != width:
                    _check_width(len(cells_), width, len(rows) + 1)
                # Most rows have every cell: those are not made anew.
                rows.append([cell or None for cell in cells_] if "" in cells_ else cells_)
    except csv.Error as error:
        raise RequestError(f"row {len(rows) + 1} is not CSV: {error}") from None
    return rows


def _json_rows(text: str, schema: Schema) -> list[Row]:
    document = json_value(text, "the body")
    if isinstance(document, dict) and isinstance(document.get("instances"), list):
        return [_row(each, schema, at + 1) for at, each in enumerate(document["instances"])]
    if isinstance(document, dict):
        return [_row(document, schema, 1)]
    raise RequestError('the body must be {"instances": [row, …]} or one flat object')


def _json_lines_rows(text: str, schema: Schema) -> list[Row]:
    lines = enumerate((line for line in text.split("\n") if line.strip()), 1)
    return [_row(json_value(line, f"row {at}"), schema, at) for at, line in lines]


READERS: Mapping[str, Callable[[str, Schema], list[Row]]] = {
    CSV: _csv_rows,
    JSON: _json_rows,
    JSON_LINES: _json_lines_rows,
}


def _row(value: Any, schema: Schema, number: int) -> Row:
    """One JSON row, by name or by position, in the schema's order."""
    if isinstance(value, list):
        _check_width(len(value), len(schema.columns), number)
        named: Mapping[str, Any] = dict(zip(schema.names, value, strict=True))
    elif isinstance(value, dict):
        _check_names(value, schema, number)
        named = value
    else:
        raise RequestError(f"row {number} is neither an object nor an array")
    return [_cell(named[name], name, number) for name in schema.names]


def _cell(value: Any, name: str, row: int) -> Cell:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    raise RequestError(f"row {row}, column {name!r}: not a number, a string or null")


def _check_width(found: int, expected: int, row: int) -> None:
    if found != expected:
        raise RequestError(f"row {row} has {found} columns; this model reads {expected}")


def _check_names(value: Mapping[str, Any], schema: Schema, row: int) -> None:
    for name in schema.names:
        if name not in value:
            raise RequestError(f"row {row}: {name!r} is missing; send null where it has no value")
    known = set(schema.names)
    for name in value:
        if name not in known:
            near = difflib.get_close_matches(name, schema.names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise RequestError(f"row {row} has a field that is no column of this model{hint}")
