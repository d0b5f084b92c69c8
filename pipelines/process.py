"""Process: the pipeline's first step. One file of rows in, everything later steps read out.

Needs     a directory with one CSV file, and the name of a worked example whose columns it has
Writes    data/ as `preprocess` does, and batch/{train,test}.csv for a batch transform job

Batch files have no header: each of their lines is sent to the model. The target (1 or 0) comes
first, and the transform's filter takes it off; joined to the answers again, it is the label
that the model checks compare with.
"""

from __future__ import annotations

import csv
from pathlib import Path

import click

from monitoring.errors import UsageError
from pipelines import data
from pipelines.models import MODELS, from_csv, model_for
from pipelines.models.base import Model, Table
from pipelines.preprocess import SEED, preprocess
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors
from serving.schema import Row

DATA, BATCH = "data", "batch"
SCORED = ("train", "test")
"""Parts whose answers the baselines are made of."""
ANSWERED = ".out"
"""What a batch transform job puts behind the name of a file it has answered."""


def process(raw: Path, name: str, output: Path, seed: int = SEED) -> Model:
    """Split the rows of the one file in `raw`, and write what the later steps read.

    Raises UsageError when there is not one CSV file, or it is not this model's.
    """
    model, table = from_csv.load_for(model_for(name), _only_file(raw))
    parts = preprocess(output / DATA, model, table, seed)
    (output / BATCH).mkdir(exist_ok=True)
    for part in SCORED:
        _write_batch(output / BATCH / f"{part}.csv", model, parts[part])
    return model


def answered(answers: Path, part: str, model: Model) -> list[Row]:
    """What a batch transform job made of a part: target, inputs, prediction, probability.

    Raises UsageError when a row has another width.
    """
    path = answers / f"{part}.csv{ANSWERED}"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows: list[Row] = [[cell or None for cell in row] for row in csv.reader(file)]
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}), so there are no answers to measure; "
            f"transform batch/{part}.csv first"
        ) from error
    width = 1 + len(model.schema.columns) + 2
    if any(len(row) != width for row in rows):
        raise UsageError(
            f"{path}: its rows have not the {width} cells of a target, the inputs and an answer; "
            "transform with JoinSource Input and InputFilter $[1:]"
        )
    return rows


def _only_file(raw: Path) -> Path:
    found = sorted(path for path in raw.rglob("*") if path.is_file())
    if len(found) != 1:
        names = ", ".join(path.name for path in found[:5]) or "none"
        raise UsageError(
            f"{raw}: holds {len(found)} files ({names}), and one CSV file is read; let "
            "InputDataUrl name one object"
        )
    return found[0]


def _write_batch(path: Path, model: Model, table: Table) -> None:
    targets = model.targets(table)
    rows = [[str(target), *row] for target, row in zip(targets, table.rows, strict=True)]
    path.write_text("".join(f"{line}\n" for line in data.lines(rows)), encoding="utf-8")


@click.command()
@click.option(
    "--model",
    required=True,
    type=click.Choice([model.name for model in MODELS]),
    help="A worked example.",
)
@click.option("--input", "raw", required=True, type=EXISTING_DIRECTORY, help="Holds the file.")
@click.option("--seed", default=SEED, show_default=True, help="Of the split.")
@click.option("--output", required=True, type=DIRECTORY, help="Directory for data and batch.")
@one_line_errors
def main(model: str, raw: Path, seed: int, output: Path) -> None:
    """Split a model's data, and write the rows to be transformed.

    Exits 2 when the data cannot be used.

    \b
    Example:
        python -m pipelines.process --model fraud --input raw --output build
    """
    process(raw, model, output, seed)
    click.echo(f"{output / DATA}, {output / BATCH}")


if __name__ == "__main__":
    main()
