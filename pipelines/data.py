"""The data between the steps: one directory, four parts of the rows, and whose they are.

Needs     the directory `preprocess` wrote
Writes    the same: model.json, and train, validation, test and traffic as CSV

Each CSV has a header and the label first. `traffic` is held out from everything: it is what
an endpoint will be sent, so nothing about it may be known when the model is made.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from monitoring.errors import UsageError
from pipelines.models.base import Model, Table
from serving.schema import Row

PARTS = ("train", "validation", "test", "traffic")
MODEL_FILE = "model.json"


def lines(rows: Iterable[Row]) -> list[str]:
    """Each row as one CSV record without its line end: what an endpoint is sent.

    >>> lines([["12.50", "web, app"], [None, "chip"]])
    ['12.50,"web, app"', ',chip']
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="")
    found = []
    for row in rows:
        writer.writerow(row)
        found.append(buffer.getvalue())
        buffer.seek(0)
        buffer.truncate()
    return found


def write(directory: Path, model: Model, parts: dict[str, Table]) -> None:
    """Write the model's description and each part into a directory, made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    write_json(directory / MODEL_FILE, model.to_json())
    for name, table in parts.items():
        rows = [[label, *row] for label, row in zip(table.labels, table.rows, strict=True)]
        write_rows(directory / f"{name}.csv", [model.label, *model.schema.names], rows)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """A CSV file with a header; None becomes an empty field."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_json(path: Path, document: object) -> None:
    """A JSON file for people and programs: indented, sorted as given, one newline at its end."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_model(directory: Path) -> Model:
    """Whose data this is. Raises UsageError when `preprocess` did not write it."""
    path = directory / MODEL_FILE
    try:
        return Model.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: cannot be read as a model's description ({type(error).__name__}); "
            "write it with python -m pipelines.preprocess"
        ) from error


def read(directory: Path, part: str, model: Model) -> Table:
    """One part's rows. Raises UsageError when its columns are not the model's."""
    path = directory / f"{part}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *records = csv.reader(file, strict=True)
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(
            f"{path}: cannot be read ({type(error).__name__}); "
            "write it with python -m pipelines.preprocess"
        ) from error
    expected = [model.label, *model.schema.names]
    if header != expected or any(len(record) != len(expected) for record in records):
        raise UsageError(
            f"{path}: its columns are not those in {directory / MODEL_FILE}, so it belongs to "
            "another model; write both with python -m pipelines.preprocess"
        )
    return Table(
        [[cell or None for cell in record[1:]] for record in records],
        [record[0] for record in records],
    )


def digest(directory: Path, parts: Sequence[str]) -> str:
    """The sha256 of the model's description and these parts: which data it was."""
    sha256 = hashlib.sha256((directory / MODEL_FILE).read_bytes())
    for part in parts:
        sha256.update((directory / f"{part}.csv").read_bytes())
    return sha256.hexdigest()
