"""Tables: a transform's answers as the data sets that AWS's check steps read.

Needs     the directory of `process`, and what the batch transform job made of its batch files
Writes    data-quality/table.csv and model-quality/table.csv with a header, by whose names the
          quality monitors know the columns; model-explainability/table.csv of inputs alone and
          without one, as Clarify reads its columns' names from its configuration

Our own checks make the same tables for themselves (check_inputs.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from pipelines import check_inputs, data
from pipelines.baseline import MOST_EXPLAINED, UNSEEN_PART
from pipelines.check_inputs import TABLE_FILE, Given
from pipelines.in_force import CHECKS
from pipelines.process import answered
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors

QUALITY: Final = ("data-quality", "model-quality")
EXPLAINED: Final = "model-explainability"


def tables(directory: Path, answers: Path, output: Path) -> Path:
    """Write the tables to `output`, which is returned; UsageError names what is missing."""
    given = Given(directory, answers)
    for name in (*QUALITY, EXPLAINED):
        (output / name).mkdir(parents=True, exist_ok=True)
    for name in QUALITY:
        check_inputs.write(CHECKS[name], given, output / name)
    model = data.read_model(directory)
    rows = answered(answers, UNSEEN_PART, model)[:MOST_EXPLAINED]
    inputs = (row[1 : 1 + len(model.schema.columns)] for row in rows)
    text = "".join(f"{line}\n" for line in data.lines(inputs))
    (output / EXPLAINED / TABLE_FILE).write_text(text, encoding="utf-8")
    return output


@click.command()
@click.option(
    "--data", "directory", required=True, type=EXISTING_DIRECTORY, help="data/ of process."
)
@click.option("--answers", required=True, type=EXISTING_DIRECTORY, help="Of the transform job.")
@click.option("--output", required=True, type=DIRECTORY, help="Directory for the tables.")
@one_line_errors
def main(directory: Path, answers: Path, output: Path) -> None:
    """Lay out answered rows as AWS's check steps read them.

    Exits 2 when the data or the answers cannot be used.

    \b
    Example:
        python -m pipelines.tables --data build/data --answers build/answers --output build/tables
    """
    click.echo(tables(directory, answers, output))


if __name__ == "__main__":
    main()
