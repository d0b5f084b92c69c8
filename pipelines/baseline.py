"""Baseline: what the model's inputs and answers look like when all is well.

Needs     the directories of `preprocess` (its training part) and `train`
Writes    baseline.csv (prediction, probability, then the inputs), statistics.json and
          constraints.json for the data-quality monitor

The columns stand as captured traffic will have them: answers first. The answers are made
by the serving code, as text, because a baseline that says `0.10` where the endpoint writes
`0.1` would find drift in a healthy model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from monitoring import documents
from monitoring.kinds import DATA_QUALITY
from monitoring.monitors import monitor_for
from monitoring.tables import read_csv
from pipelines import data
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors
from serving.model import Predictor
from serving.payloads import cells
from serving.schema import ANSWER_COLUMNS, Row

BASELINE_FILE = "baseline.csv"


def baseline(directory: Path, model_dir: Path, output: Path) -> Path:
    """Write the baseline of the training rows to `output`, which is returned."""
    model = data.read_model(directory)
    table = data.read(directory, "train", model)
    rows = answered(Predictor.load(model_dir), table.rows)
    output.mkdir(parents=True, exist_ok=True)
    data.write_rows(output / BASELINE_FILE, [*ANSWER_COLUMNS, *model.schema.names], rows)
    suggested = monitor_for(DATA_QUALITY).suggest(read_csv(output / BASELINE_FILE))
    documents.publish(suggested, output)
    return output


def answered(predictor: Predictor, rows: Sequence[Row]) -> list[Row]:
    """Each row behind the text of the answer an endpoint would give it."""
    answers = predictor.predict(rows)
    return [[*cells(answer), *row] for answer, row in zip(answers, rows, strict=True)]


@click.command()
@click.option(
    "--data", "directory", required=True, type=EXISTING_DIRECTORY, help="From preprocess."
)
@click.option("--model", required=True, type=EXISTING_DIRECTORY, help="From train.")
@click.option("--output", required=True, type=DIRECTORY, help="Directory for the baseline.")
@one_line_errors
def main(directory: Path, model: Path, output: Path) -> None:
    """Suggest the data-quality baseline of a model.

    Exits 1 when the model cannot be loaded, 2 when the data cannot be used.

    \b
    Example:
        python -m pipelines.baseline --data build/data --model build/model --output build/baseline
    """
    baseline(directory, model, output)
    for name in (BASELINE_FILE, documents.STATISTICS, documents.CONSTRAINTS):
        click.echo(output / name)


if __name__ == "__main__":
    main()
