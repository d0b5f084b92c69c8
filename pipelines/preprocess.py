"""Preprocess: a model's data, split into train, validation, test and traffic.

Needs     the name of a worked example, or a CSV file and its label's column
Writes    model.json and {train,validation,test,traffic}.csv (pipelines/data.py)

The split is seeded and keeps each label's share, so that rare frauds reach every part.
Nothing is scaled, filled or encoded here: that is part of the model (serving/encoder.py),
where a request goes through it too.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from monitoring.errors import UsageError
from pipelines import data
from pipelines.models import MODELS, from_csv, model_for
from pipelines.models.base import Model, Table
from pipelines.models.business import stated
from pipelines.script import DIRECTORY, EXISTING_FILE, one_line_errors

SHARES = {"train": 0.6, "validation": 0.1, "test": 0.1, "traffic": 0.2}
ROWS, SEED = 30_000, 20_260_730
FEWEST_ROWS = 20
"""With fewer, a part would be empty."""


def preprocess(
    output: Path,
    model: Model,
    table: Table,
    seed: int = SEED,
) -> dict[str, Table]:
    """Split a model's data, write the parts into `output`, and return them.

    What the model leaves open is filled in from the training rows. Raises UsageError when
    there are too few rows to learn from one part and test on another.
    """
    parts = split(table, model.targets(table), seed)
    data.write(output, from_csv.completed(model, parts["train"]), parts)
    return parts


def split(table: Table, targets: list[int], seed: int) -> dict[str, Table]:
    """The parts of a table, disjoint and together complete; each keeps the targets' shares."""
    if len(table) < FEWEST_ROWS:
        raise UsageError(
            f"{len(table)} rows are too few to train, test and send as traffic; "
            f"bring at least {FEWEST_ROWS}"
        )
    rng = np.random.default_rng(seed)
    ends = np.cumsum(list(SHARES.values()))[:-1]
    chosen: dict[str, list[int]] = {name: [] for name in SHARES}
    for value in (0, 1):
        members = rng.permutation(np.flatnonzero(np.array(targets) == value))
        pieces = np.split(members, np.rint(ends * len(members)).astype(int))
        for name, piece in zip(SHARES, pieces, strict=True):
            chosen[name] += piece.tolist()
    return {name: table.take(rng.permutation(at).tolist()) for name, at in chosen.items()}


@click.command()
@click.option(
    "--model",
    "name",
    type=click.Choice([model.name for model in MODELS]),
    help="A worked example; its data are made up unless --data is given.",
)
@click.option("--rows", default=ROWS, show_default=True, help="How many rows to make up.")
@click.option("--data", "path", type=EXISTING_FILE, help="A CSV file with a header.")
@click.option("--label", help="The file's column to predict, where no --model is given.")
@click.option("--positive", help="The label's value to give the probability of.")
@click.option(
    "--business",
    type=EXISTING_FILE,
    help="JSON of what a file's model is held to: costs, limits, facets, … (docs/evaluation.md).",
)
@click.option("--seed", default=SEED, show_default=True, help="Of the data and of the split.")
@click.option("--output", required=True, type=DIRECTORY, help="Directory for the parts.")
@one_line_errors
def main(
    name: str | None,
    rows: int,
    path: Path | None,
    label: str | None,
    positive: str | None,
    business: Path | None,
    seed: int,
    output: Path,
) -> None:
    """Make or read a model's data and split it.

    Exits 2 when the data cannot be used.

    \b
    Examples:
        python -m pipelines.preprocess --model fraud --output build/data
        python -m pipelines.preprocess --model loan_default --data loans.csv --output build/data
        python -m pipelines.preprocess --data cards.csv --label Class --output build/data
    """
    if business is not None and label is None:
        raise click.UsageError("--business is of a file's own model; a worked example has its own")
    model, table = _source(name, rows, seed, path, label, positive)
    if business is not None:
        model = stated(model, business)
    for part, kept in preprocess(output, model, table, seed).items():
        positives = sum(model.targets(kept))
        click.echo(f"{output / part}.csv: {len(kept)} rows, {positives} positive")


def _source(
    name: str | None,
    rows: int,
    seed: int,
    path: Path | None,
    label: str | None,
    positive: str | None,
) -> tuple[Model, Table]:
    """A worked example's data, made up or from a file; or a file's own model."""
    if name is not None and label is None:
        model = model_for(name)
        return made_up(model, rows, seed) if path is None else from_csv.load_for(model, path)
    if name is None and path is not None and label is not None:
        return from_csv.load(path, label, positive)
    raise click.UsageError(
        "give --model, or --model with --data, or --data with --label: a worked example, "
        "a file with its columns, or a file of other columns"
    )


def made_up(model: Model, rows: int = ROWS, seed: int = SEED) -> tuple[Model, Table]:
    """A worked example and its data; UsageError when it has no generator."""
    if model.generate is None:
        raise UsageError(f"model {model.name!r} makes up no data; give its file with --data")
    return model, model.generate(rows, seed)


if __name__ == "__main__":
    main()
