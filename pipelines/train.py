"""Train: a scikit-learn pipeline that reads the rows an endpoint will be sent.

Needs     the directory `preprocess` wrote: train and validation
Writes    model.skops, model.json (schema, threshold, version), background.csv (training rows
          for reasons to be measured against), and model.tar.gz of the three

A logistic regression over ramps and categories, a scorecard: the answer for a row is a sum
one can read, costs microseconds, does not depend on the rows beside it, and is calibrated,
as nothing is reweighted. The threshold is where decisions cost least on the validation rows
(`Costs`), so a prediction of 1 is not a probability of one half.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from monitoring.errors import UsageError
from monitoring.measures.costs import cheapest, cost_curve
from monitoring.measures.curves import ScoreCounts
from monitoring.measures.outcome import Uncomputable
from pipelines import archive, data
from pipelines.models.base import Costs, Model, Table
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors
from serving.encoder import RowEncoder
from serving.model import BACKGROUND_FILE, DESCRIPTION_FILE, MODEL_FILE, Predictor
from serving.schema import Schema
from serving.scorecard import Scorecard

ARCHIVE_FILE = "model.tar.gz"
BACKGROUND_ROWS, BACKGROUND_SEED = 100, 0
INPUTS = ("train", "validation")
LIBRARIES = ("scikit-learn", "numpy", "skops")


def train(directory: Path, output: Path, inverse_penalty: float = 1.0) -> Predictor:
    """Fit a model on the data in `directory`, write it to `output`, and load it from there.

    `inverse_penalty` is scikit-learn's C, what a tuning job varies.

    The same data and libraries give the same bytes. Raises UsageError when the training
    rows hold one class only.
    """
    model = data.read_model(directory)
    parts = {part: data.read(directory, part, model) for part in INPUTS}
    return store(
        fit(model, parts["train"], inverse_penalty),
        model,
        parts,
        data.digest(directory, INPUTS),
        output,
    )


def store(
    pipeline: Pipeline, model: Model, parts: dict[str, Table], data_sha256: str, output: Path
) -> Predictor:
    """Write a fitted pipeline as an endpoint loads it, and load it from there.

    The threshold is chosen on `parts`, the train and validation rows.
    """
    threshold = _threshold(pipeline, model, parts)
    output.mkdir(parents=True, exist_ok=True)
    (output / MODEL_FILE).write_bytes(archive.dumps(pipeline))
    _write_background(output / BACKGROUND_FILE, model, parts["train"])
    description = {
        **model.to_json(),
        "threshold": threshold,
        "data_sha256": data_sha256,
        "libraries": {name: version(name) for name in LIBRARIES},
        "files": {
            name: hashlib.sha256((output / name).read_bytes()).hexdigest()
            for name in (MODEL_FILE, BACKGROUND_FILE)
        },
    }
    data.write_json(output / DESCRIPTION_FILE, {"version": _version(description), **description})
    files = (MODEL_FILE, DESCRIPTION_FILE, BACKGROUND_FILE)
    archive.pack([output / name for name in files], output / ARCHIVE_FILE)
    return Predictor.load(output)


def estimator(schema: Schema, inverse_penalty: float = 1.0) -> Pipeline:
    """The unfitted pipeline: rows of text in, probabilities out."""
    encoder = RowEncoder(numeric=list(schema.numeric), categorical=list(schema.categorical))
    classifier = LogisticRegression(C=inverse_penalty, max_iter=2000)
    return Pipeline([("encoder", encoder), ("classifier", classifier)])


def fit(model: Model, table: Table, inverse_penalty: float = 1.0) -> Pipeline:
    """The pipeline fitted to a table.

    On one thread: with more, the order of the sums, and so the model's bytes, would depend
    on how many cores the machine has.
    """
    targets = model.targets(table)
    if len(set(targets)) < 2:
        raise UsageError(
            f"the {len(table)} training rows hold only one of the two classes of "
            f"{model.label!r}; bring rows of both (positive is {model.positive!r})"
        )
    with threadpool_limits(1):
        return estimator(model.schema, inverse_penalty).fit(table.rows, targets)


def _threshold(pipeline: Pipeline, model: Model, parts: dict[str, Table]) -> float:
    """Chosen on the validation rows; on the training rows where those hold no positive.

    The serving code is asked: what it parts are the very probabilities an endpoint gives.
    """
    usable = [part for part in ("validation", "train") if any(model.targets(parts[part]))]
    table = parts[usable[0]]
    asked = Predictor(model.name, "", model.schema, 0.5, pipeline, scorecard=Scorecard.of(pipeline))
    probabilities = np.array([answer.probability for answer in asked.predict(table.rows)])
    return cheapest_threshold(model.targets(table), probabilities, model.costs)


def cheapest_threshold(targets: Sequence[int], probabilities: np.ndarray, costs: Costs) -> float:
    """The probability from which on a decision of 1 makes these rows cost least.

    Halfway between the two probabilities that it parts: each place between them costs the
    same, and there no last digit of a probability decides. Of equal costs the lowest.
    Targets are 0 or 1, one at least; probabilities lie between 0 and 1, not at either.

    >>> cheapest_threshold([0, 0, 1, 0, 1], np.array([0.1, 0.2, 0.3, 0.4, 0.5]), Costs(1, 5))
    0.25
    >>> cheapest_threshold([0, 0, 1, 0, 1], np.array([0.1, 0.2, 0.3, 0.4, 0.5]), Costs(5, 1))
    0.45
    """
    counts = ScoreCounts.of(probabilities, np.array(targets, dtype=bool))
    curve = cost_curve(counts, costs.false_positive, costs.false_negative)
    if isinstance(curve, Uncomputable):
        raise UsageError(f"no threshold can be chosen: {curve.reason}; bring rows with a label")
    below = cheapest(curve).threshold
    above = counts.scores[counts.scores > below]
    return (below + (float(above[0]) if above.size else 1.0)) / 2


def _write_background(path: Path, model: Model, table: Table) -> None:
    """Up to `BACKGROUND_ROWS` training rows as text, in the schema's order, without labels."""
    rng = np.random.default_rng(BACKGROUND_SEED)
    size = min(BACKGROUND_ROWS, len(table))
    drawn = sorted(rng.choice(len(table), size, replace=False).tolist())
    data.write_rows(path, model.schema.names, table.take(drawn).rows)


def _version(description: dict[str, Any]) -> str:
    """Twelve hex digits of the sha256 of all that the model is."""
    text = json.dumps(description, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@click.command()
@click.option(
    "--data", "directory", required=True, type=EXISTING_DIRECTORY, help="From preprocess."
)
@click.option("--output", required=True, type=DIRECTORY, help="Directory for the model.")
@one_line_errors
def main(directory: Path, output: Path) -> None:
    """Train a model and pack it as SageMaker unpacks it.

    Exits 2 when the data cannot be used.

    \b
    Example:
        python -m pipelines.train --data build/data --output build/model
    """
    trained = train(directory, output)
    click.echo(f"{output / ARCHIVE_FILE}: {trained.name} version {trained.version}")


if __name__ == "__main__":
    main()
