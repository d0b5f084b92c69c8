"""A model behind an endpoint, as explanations ask it: rows of text in, numbers out.

Needs     `predictor` of analysis_config.json, and clients that may invoke the endpoint
Gives     a callable; inside the block for a model, whose endpoint goes when the block ends

A request holds many rows. When the model refuses it, its halves are asked, down to the row
at fault: that row's answer is NaN, the others' are not lost. A model that lies in a
directory needs none of this; whoever has it hands over a callable (serving/probabilities.py).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from monitoring.aws import endpoints
from monitoring.aws.clients import Aws
from monitoring.capture.selecting import compiled
from monitoring.errors import MonitoringError, UsageError
from monitoring.measures.attribution import Predict, Rows
from monitoring.measures.coalitions import Floats
from monitoring.monitors.explainability_settings import (
    CSV,
    FEATURES,
    JSON,
    JSON_LINES,
    RECORDS,
    Predictor,
)

LARGEST_BODY: Final = 4 * 1024 * 1024
"""Bytes; SageMaker takes six million for one request."""
MOST_ROWS: Final = 4096
"""Of one request: a minute is all the time a model has to answer it."""

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)

_END = "\r\n"
"""Cells with either of its characters are quoted; then it goes."""

Send = Callable[[bytes], bytes | None]
"""A body to an answer; None where the model refuses it."""


@contextmanager
def opened(predictor: Predictor, aws: Aws) -> Iterator[Predict]:
    """The model a configuration names, ready to be asked.

    Raises UsageError when it names none, AwsError when it cannot be reached.
    """
    if predictor.endpoint_name:
        yield Asking(predictor, _sender(predictor, aws, predictor.endpoint_name))
    elif predictor.model_name:
        with endpoints.shadow_endpoint(
            aws,
            predictor.model_name,
            predictor.instance_type,
            predictor.initial_instance_count,
            predictor.endpoint_name_prefix,
        ) as name:
            yield Asking(predictor, _sender(predictor, aws, name))
    else:
        raise UsageError(
            "predictor: names no model, so nobody can be asked. Give predictor.model_name (with "
            "instance_type) or predictor.endpoint_name in the analysis configuration."
        )


def _sender(predictor: Predictor, aws: Aws, endpoint_name: str) -> Send:
    accept = predictor.accept_type or predictor.content_type

    def send(body: bytes) -> bytes | None:
        return endpoints.invoke(
            aws,
            endpoint_name,
            body,
            predictor.content_type,
            accept,
            predictor.target_model,
            predictor.custom_attributes,
        )

    return send


@dataclass(frozen=True, slots=True)
class Asking:
    """Rows to bodies, bodies to an endpoint, its answers to numbers."""

    predictor: Predictor
    send: Send

    def __call__(self, rows: Rows) -> Floats:
        """Answers (rows, labels); raises UsageError when they are not what the settings say."""
        records = [record(row, self.predictor) for row in rows]
        answers = [one for part in _parts(records) for one in self._answers(part)]
        width = max((len(one) for one in answers), default=0) or 1
        if any(one and len(one) != width for one in answers):
            raise UsageError(
                "the model answers some rows with more numbers than others; name the score with "
                "predictor.probability."
            )
        return np.array([one or [np.nan] * width for one in answers]).reshape(len(rows), width)

    def _answers(self, records: Sequence[str]) -> list[list[float]]:
        """An answer per record, empty where it was refused."""
        answer = self.send(body(records, self.predictor))
        if answer is not None:
            return numbers(answer, self.predictor, len(records))
        if len(records) == 1:
            return [[]]
        middle = len(records) // 2
        return self._answers(records[:middle]) + self._answers(records[middle:])


def record(row: Sequence[str | None], predictor: Predictor) -> str:
    """One row as its part of a body.

    >>> record(["12.50", "web, app", None], Predictor())
    '12.50,"web, app",'
    >>> record(["12.50", "web", None], Predictor(content_type="application/jsonlines"))
    '[12.50, "web", null]'
    """
    if predictor.content_type == CSV:
        line = io.StringIO()
        csv.writer(line, lineterminator=_END).writerow("" if cell is None else cell for cell in row)
        return line.getvalue().removesuffix(_END)
    features = f"[{', '.join(map(_json_cell, row))}]"
    lines = predictor.content_type == JSON_LINES
    template = predictor.content_template if lines else predictor.record_template
    return (template or FEATURES).replace(FEATURES, features)


def body(records: Sequence[str], predictor: Predictor) -> bytes:
    """A request of several records.

    >>> body(["[1]", "[2]"], Predictor(content_type="application/json"))
    b'{"instances": [[1], [2]]}'
    """
    if predictor.content_type != JSON:
        return ("\n".join(records) + "\n").encode()
    template = predictor.content_template or f'{{"instances": {RECORDS}}}'
    return template.replace(RECORDS, f"[{', '.join(records)}]").encode()


def numbers(answer: bytes, predictor: Predictor, count: int) -> list[list[float]]:
    """The scores in an answer, a list per row.

    >>> numbers(b"1,0.75\\n0,0.25\\n", Predictor(output="1"), count=2)
    [[0.75], [0.25]]
    """
    media_type = predictor.accept_type or predictor.content_type
    reader = {CSV: _csv_scores, JSON: _json_scores, JSON_LINES: _json_lines_scores}[media_type]
    try:
        scores = reader(answer.decode("utf-8-sig"), predictor.output)
        found = [[float(cell) for cell in row] for row in scores]
    except (ValueError, TypeError, IndexError):
        raise UsageError(
            f"predictor: the score {predictor.output or 'of every column'!r} is no number in the "
            f"model's {media_type} answer. Name its position (CSV) or JMESPath (JSON) with "
            "predictor.probability or predictor.label."
        ) from None
    if len(found) != count:
        raise MonitoringError(
            f"predictor: the model gave {len(found)} answers for {count} rows, so nobody knows "
            "which is whose. It must answer every row of a request, in order."
        )
    return found


def _csv_scores(text: str, output: str) -> list[list[Any]]:
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    return [[row[int(output)]] for row in rows] if output else list(rows)


def _json_scores(text: str, path: str) -> list[list[Any]]:
    return [_listed(value) for value in _at(json.loads(text), path)]


def _json_lines_scores(text: str, path: str) -> list[list[Any]]:
    return [_listed(_at(json.loads(line), path)) for line in text.splitlines() if line.strip()]


def _at(value: Any, path: str) -> Any:
    return compiled(path, "predictor.probability")(value) if path else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _json_cell(cell: str | None) -> str:
    """A number stays as it is written; other text is a string."""
    if cell is not None and _NUMBER.fullmatch(cell):
        return cell
    return json.dumps(cell, ensure_ascii=False)


def _parts(records: Sequence[str]) -> Iterator[Sequence[str]]:
    """Records in requests that are not too large."""
    start, size = 0, 0
    for at, one in enumerate(records):
        length = len(one.encode()) + 2
        if at > start and (size + length > LARGEST_BODY or at - start == MOST_ROWS):
            yield records[start:at]
            start, size = at, 0
        size += length
    if records:
        yield records[start:]
