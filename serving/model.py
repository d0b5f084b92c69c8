"""The model behind the endpoint: loaded from its files, asked by rows of text.

Needs     a directory with `model.skops` (the fitted pipeline), `model.json` (its schema,
          threshold and version) and, for reasons, `background.csv` (rows it was trained on),
          as `model.tar.gz` holds them at its top level
Writes    answers: per row the decision and the probability of the positive class

A linear model answers as a scorecard (serving/scorecard.py): a row gets the same answer to the
last bit whatever rows are sent with it. Other models promise that to 1e-12.

Loading runs no code from the file. A pickle is refused because it is not a skops archive,
and a skops archive is refused when it names a type besides scikit-learn's own and TRUSTED.
"""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import skops.io
from sklearn.pipeline import Pipeline
from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

from monitoring.errors import MonitoringError
from serving.encoder import NotANumber, Rows
from serving.schema import Row, Schema
from serving.scorecard import Scorecard

MODEL_FILE, DESCRIPTION_FILE = "model.skops", "model.json"
BACKGROUND_FILE = "background.csv"
TRUSTED = ("serving.encoder.RowEncoder", "serving.number_matrix.NumberMatrix")
"""Every type a model may hold besides those skops itself vouches for."""
BATCH_ROWS = 8192
"""Rows encoded at a time: what a request may cost in memory does not grow with its rows."""
LARGEST_MODEL = 512 * 1024 * 1024
"""Bytes a model may unpack to."""


class ModelError(MonitoringError):
    """A model directory that cannot be served."""


class Answer(NamedTuple):
    """What the model says of one row."""

    prediction: int
    """1 where the probability reaches the model's threshold, else 0."""
    probability: float
    """Of the positive class, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """A loaded model. Safe to share between threads: asking changes nothing."""

    name: str
    version: str
    schema: Schema
    threshold: float
    pipeline: Pipeline
    label: str = ""
    """The column it predicts; empty where its description does not say."""
    scorecard: Scorecard | None = None
    """The pipeline as a sum of points; None where it is no such sum."""
    background: tuple[Row, ...] = ()
    """Training rows that reasons are measured against; none in a model of an earlier build."""

    @classmethod
    def load(cls, model_dir: Path) -> Self:
        """Load a model directory, or raise ModelError saying which file is wrong and how."""
        description = _description(model_dir / DESCRIPTION_FILE)
        try:
            name, version = str(description["name"]), str(description["version"])
            schema = Schema.from_json(description["schema"])
            threshold = float(description["threshold"])
            files = {str(file): str(sha256) for file, sha256 in description["files"].items()}
            sha256 = files[MODEL_FILE]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{model_dir / DESCRIPTION_FILE}: not a model's description "
                f"({type(error).__name__}: {error}); write it with python -m pipelines.train"
            ) from error
        pipeline = _pipeline(model_dir / MODEL_FILE, sha256)
        background: tuple[Row, ...] = ()
        if BACKGROUND_FILE in files:
            path = model_dir / BACKGROUND_FILE
            background = _background(path, files[BACKGROUND_FILE], schema)
        return cls(
            name,
            version,
            schema,
            threshold,
            pipeline,
            label=str(description.get("label", "")),
            scorecard=Scorecard.of(pipeline),
            background=background,
        )

    @property
    def nullable(self) -> frozenset[str]:
        """The columns whose missing cells mean something to the model.

        Those that had some in training; every one where the model does not say.
        """
        encoder, names = self.pipeline[0], self.schema.names
        places = getattr(encoder, "nullable_", range(len(names)))
        return frozenset(names[at] for at in places)

    def predict(self, rows: Rows) -> list[Answer]:
        """One answer per row, in order; serving.encoder.NotANumber names an unreadable cell.

        Every row must have the schema's width.
        """
        answers: list[Answer] = []
        for start in range(0, len(rows), BATCH_ROWS):
            answers += self._answers(rows[start : start + BATCH_ROWS], start)
        return answers

    def _answers(self, rows: Rows, start: int) -> list[Answer]:
        try:
            if self.scorecard is None:
                probabilities = self.pipeline.predict_proba(rows)[:, 1]
            else:
                probabilities = self.scorecard.probabilities(self.scorecard.points(rows))
        except NotANumber as error:
            raise NotANumber(start + error.row, error.column) from None
        predictions = (probabilities >= self.threshold).astype(int)
        return list(
            map(Answer._make, zip(predictions.tolist(), probabilities.tolist(), strict=True))
        )


def _description(path: Path) -> Mapping[str, Any]:
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(
            f"{path}: missing. It says what the model's inputs are; "
            "write it with python -m pipelines.train"
        ) from error
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error}); train the model again") from error
    if not isinstance(description, dict):
        raise ModelError(f"{path}: not a JSON object; train the model again")
    return description


def _pipeline(path: Path, expected: str) -> Pipeline:
    """The fitted pipeline in a skops archive whose sha256 is `expected`."""
    if not path.exists():
        raise ModelError(f"{path}: missing; write it with python -m pipelines.train")
    if not zipfile.is_zipfile(path):
        raise ModelError(
            f"{path}: not a skops archive. A pickle would run code when loaded and is "
            "never opened; save the model with python -m pipelines.train"
        )
    _check_sha256(path, expected)
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_MODEL:
            raise ModelError(f"{path}: unpacks to more than {LARGEST_MODEL} bytes; not loaded")
    try:
        model = skops.io.load(path, trusted=list(TRUSTED))
    except (UntrustedTypesFoundException, UnsupportedTypeException) as error:
        raise ModelError(
            f"{path}: holds types that are not trusted, and loading could run their code; "
            f"a model may hold scikit-learn's types and {', '.join(TRUSTED)} ({error})"
        ) from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"{path}: a damaged skops archive ({type(error).__name__}); train the model again"
        ) from error
    if not isinstance(model, Pipeline):
        raise ModelError(f"{path}: holds a {type(model).__name__}, not a scikit-learn Pipeline")
    return model


def _background(path: Path, expected: str, schema: Schema) -> tuple[Row, ...]:
    """The rows of a CSV file with the schema's header, whose sha256 is `expected`."""
    if not path.exists():
        raise ModelError(
            f"{path}: missing, though {DESCRIPTION_FILE} names it. Reasons are measured against "
            "its rows; unpack the whole model.tar.gz"
        )
    _check_sha256(path, expected)
    with path.open(encoding="utf-8", newline="") as file:
        header, *records = csv.reader(file, strict=True)
    if tuple(header) != schema.names or any(len(record) != len(header) for record in records):
        raise ModelError(
            f"{path}: its columns are not those of the model's schema; train the model again"
        )
    return tuple([cell or None for cell in record] for record in records)


def _check_sha256(path: Path, expected: str) -> None:
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise ModelError(
            f"{path}: does not match the sha256 in {DESCRIPTION_FILE}, so the two are not "
            "of one training; train the model again"
        )
