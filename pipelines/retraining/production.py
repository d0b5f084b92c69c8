"""Production: what an endpoint was sent, with what turned out to be true of it.

Needs     captures, ground truth, and the model whose rows they are
Gives     labelled rows in the order in which they were answered; what was left out, counted

Rows are read by the code that served them, so a cell is what the model saw. Ground truth says
1 and 0, as the answers do; the values of the training data's label column are understood too.

What a reader may miss: rows without a label are not here, and labels do not come at random. A
fraud is noticed, an honest payment is merely not disputed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from monitoring.capture import payloads
from monitoring.capture.events import Event, Events
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.joining import Join
from monitoring.capture.lines import Flaw
from monitoring.capture.records import Payload, when
from monitoring.capture.tally import FAULTY_SHARE, Tally
from pipelines.models.base import Model
from serving.encoder import NotANumber, numbers
from serving.payloads import RequestError, rows_of
from serving.schema import Row


class Labelled(NamedTuple):
    """One row of production."""

    identity: str
    """The id its label names it by; `#1`, `#2`, … behind it for further rows of one request."""
    time: datetime
    row: Row
    label: str
    """As the training data spell it."""


@dataclass(slots=True)
class Production:
    """Labelled rows, oldest first; each id once."""

    rows: list[Labelled] = field(default_factory=list)
    waiting: int = 0
    """Captured records without a label."""
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Labels:
    """What ground truth may say, and how the training data spell it."""

    positive: str
    negative: str
    others: frozenset[str]
    """Further values of the label column; all of them negative."""

    @classmethod
    def of(cls, model: Model, known: Sequence[str]) -> Labels:
        """`known` are the labels of the historical rows.

        >>> from pipelines.models.fraud import MODEL
        >>> Labels.of(MODEL, ["0", "1", "0"]).spelt("1.0")
        '1'
        """
        negatives = [label for label in known if label != model.positive]
        commonest = max(sorted(set(negatives)), key=negatives.count, default="0")
        return cls(model.positive, commonest, frozenset(negatives))

    def spelt(self, text: str) -> str:
        """A label of ground truth as the training data spell it; raises Flaw.

        1 and 0 are the answers' own terms and come first, whatever the column's values are.
        """
        if text in ("1", "1.0", "true"):
            return self.positive
        if text in ("0", "0.0", "false"):
            return self.negative
        if text == self.positive or text in self.others:
            return text
        raise Flaw("undecodable", "the label is neither 1 nor 0, nor a value of the label column")


def read_production(
    captures: Path,
    truth: GroundTruth,
    model: Model,
    known: Sequence[str],
    faulty_share: float = FAULTY_SHARE,
) -> Production:
    """Read labelled production rows; raises CaptureError when too many are faulty."""
    found = Production()
    join, labels = Join.with_labels(truth), Labels.of(model, known)
    rows: dict[str, Labelled] = {}
    for event in join.of(Events(None, found.tally).of(captures)):
        try:
            for each in _rows(event, model, labels):
                rows.setdefault(each.identity, each)
        except Flaw as flaw:
            found.tally.note(event.file, event.line, flaw)
    found.tally.judge(faulty_share)
    found.rows = sorted(rows.values(), key=lambda each: (each.time, each.identity))
    found.waiting = join.coverage.records - join.coverage.joined
    return found


def _rows(event: Event, model: Model, labels: Labels) -> Iterator[Labelled]:
    record = event.record
    if record.input is None or record.label is None:
        raise Flaw("undecodable", "the request was not captured; capture Input too")
    try:
        time = when(record.time)
    except ValueError:
        raise Flaw("malformed", "inferenceTime is missing, or no time") from None
    rows, said = _sent(record.input, model), _labels(record.label)
    if len(rows) != len(said):
        raise Flaw("unpaired", f"{len(rows)} rows were sent and {len(said)} labelled")
    for at, (row, label) in enumerate(zip(rows, said, strict=True)):
        identity = f"{record.join_id}#{at}" if at else record.join_id
        yield Labelled(identity, time, row, labels.spelt(label))


def _sent(payload: Payload, model: Model) -> list[Row]:
    """The rows as the endpoint read them."""
    media_type = payloads.media_type(payload.content_type)
    try:
        body = payload.data.encode("utf-8", "surrogatepass")
        if payload.encoding == "BASE64":
            body = base64.b64decode(payload.data, validate=True)
        rows = rows_of(body, media_type, model.schema)
        for at in model.schema.numeric:
            numbers(np.array([row[at] for row in rows], dtype=object))
    except (RequestError, NotANumber, binascii.Error, ValueError):
        raise Flaw("undecodable", "the request is none this model reads") from None
    return rows


def _labels(payload: Payload) -> list[str]:
    """One label per row: the only cell, or the field `label`."""
    found = []
    for row in payloads.rows_of(payload):
        cells = list(row.values()) if isinstance(row, dict) else row
        if len(cells) != 1:
            raise Flaw("undecodable", f"the ground truth has {len(cells)} values for a row, not 1")
        found.append(cells[0].strip())
    return found
