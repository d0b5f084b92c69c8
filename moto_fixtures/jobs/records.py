"""Records of a batch transform: split from a file, sent in batches, filtered, joined again.

Needs     DataProcessing, the split type, the content types
Gives     bodies for the model; lines for the output

A record is a line, or the whole file where nothing splits it. The model sees what InputFilter
leaves; the join is with the record as it was read, and OutputFilter takes its part of both.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto_fixtures.jobs.background import JobError
from moto_fixtures.jobs.jsonpath import Path, PathError

INPUT, OUTPUT = "SageMakerInput", "SageMakerOutput"
IDENTITY, TIME = "SageMakerInferenceId", "SageMakerInferenceTime"
CSV = "text/csv"
JSON = ("application/json", "application/jsonlines", "application/x-jsonlines")


def split(body: bytes, split_type: str) -> list[bytes]:
    r"""The records of a file.

    >>> split(b"a\nb\r\n\n", "Line"), split(b"a\nb\n", "None")
    ([b'a', b'b'], [b'a\nb\n'])
    """
    if split_type == "None":
        return [body]
    return [line.rstrip(b"\r") for line in body.split(b"\n") if line.strip()]


def batches(records: Iterable[bytes], strategy: str, most: int) -> Iterator[list[bytes]]:
    """As many records as one request may hold (`most` bytes, 0 for any), or one by one.

    >>> [len(one) for one in batches([b"12345"] * 5, "MultiRecord", 12)]
    [2, 2, 1]

    Raises JobError for a record that no request may hold.
    """
    batch: list[bytes] = []
    size = 0
    for record in records:
        if most and len(record) > most:
            raise JobError(
                f"ClientError: a record of {len(record)} bytes is larger than MaxPayloadInMB "
                f"allows ({most} bytes)."
            )
        added = len(record) + 1
        if batch and (strategy == "SingleRecord" or (most and size + added > most)):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += added
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Form:
    """How records of one content type are taken apart and put together."""

    content_type: str

    @property
    def is_csv(self) -> bool:
        return self.content_type.partition(";")[0].strip().lower() == CSV

    @property
    def is_known(self) -> bool:
        return self.is_csv or self.content_type.partition(";")[0].strip().lower() in JSON

    def read(self, record: bytes) -> Any:
        """A list of cells, or what the JSON says; raises JobError when it says nothing."""
        try:
            text = record.decode("utf-8")
            if self.is_csv:
                return next(csv.reader(io.StringIO(text, newline="")), [])
            return json.loads(text)
        except ValueError as error:
            raise JobError(
                f"ClientError: a record cannot be read as {self.content_type}."
            ) from error

    def written(self, value: Any) -> bytes:
        """The line of a record."""
        if not self.is_csv:
            return json.dumps(value).encode()
        buffer = io.StringIO(newline="")
        cells = value if isinstance(value, list) else [value]
        csv.writer(buffer, lineterminator="").writerow(cells)
        return buffer.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Processing:
    """What is done to records on their way."""

    before: Path
    after: Path
    joins: bool

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Processing:
        """From DataProcessing; raises PathError for a filter that is none."""
        return cls(
            Path.parse(given.get("InputFilter") or "$"),
            Path.parse(given.get("OutputFilter") or "$"),
            given.get("JoinSource", "None") == "Input",
        )

    @property
    def is_needed(self) -> bool:
        """Whether answers are taken apart."""
        return self.joins or not self.after.is_whole

    def sent(self, record: bytes, form: Form) -> bytes:
        """What the model sees of a record."""
        return (
            record if self.before.is_whole else form.written(_part(self.before, form.read(record)))
        )

    def kept(self, record: bytes, answer: bytes, sent: Form, got: Form) -> Any:
        """A record of the output: the answer, or both, or a part of them."""
        value = got.read(answer)
        if self.joins:
            value = joined(sent.read(record), value, sent, got)
        return _part(self.after, value)


def joined(record: Any, answer: Any, sent: Form, got: Form) -> Any:
    """Input and output of one record in one.

    >>> joined(["7", "0.1"], ["0.9"], Form("text/csv"), Form("text/csv"))
    ['7', '0.1', '0.9']
    >>> joined({"id": 7}, 0.9, Form("application/json"), Form("application/json"))
    {'id': 7, 'SageMakerOutput': 0.9}
    """
    if sent.is_csv != got.is_csv:
        raise JobError(
            f"ClientError: the input ({sent.content_type}) and the model's answer "
            f"({got.content_type}) are of different forms and cannot be joined."
        )
    if sent.is_csv:
        return [*record, *answer]
    if isinstance(record, dict):
        return {**record, OUTPUT: answer}
    return {INPUT: record, OUTPUT: answer}


def identified(value: Any, identity: str, time: str, form: Form) -> Any:
    """A record with its inference id: two cells more, or two members."""
    if form.is_csv:
        return [*(value if isinstance(value, list) else [value]), identity, time]
    record = value if isinstance(value, dict) else {OUTPUT: value}
    return {**record, IDENTITY: identity, TIME: time}


def _part(path: Path, record: Any) -> Any:
    try:
        return path.of(record)
    except PathError as error:
        raise JobError(f"ClientError: {error}") from error
