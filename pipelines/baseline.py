"""Baseline: what the model's inputs, answers and reasons are like when all is well.

Needs     the directories of `preprocess` and `train`
Writes    baseline.csv (training rows behind their answers), labelled.csv (rows the model has
          not learnt from: label, answers, inputs) and explained.csv (inputs of some of these);
          for each monitor a directory of its own with the documents it suggests and, where it
          reads one, its analysis_config.json

Answers come from the serving code, as text: a baseline that says `0.10` where the endpoint
writes `0.1` would find drift in a healthy model. Labels are 1 and 0, as the answers are. A
model that declares no facets gets no bias baseline; the monitor then cannot be switched on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from monitoring import documents, evaluation
from monitoring.datasets import Dataset
from monitoring.instructions import Given, Instructions, instructions
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind
from monitoring.monitors import MONITORS
from monitoring.monitors.base import Mode, Monitor
from pipelines import analysis_config, data
from pipelines.models.base import Model, Table
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors
from serving.model import Predictor
from serving.payloads import cells
from serving.probabilities import probabilities
from serving.schema import ANSWER_COLUMNS, Row

BASELINE_FILE, LABELLED_FILE, EXPLAINED_FILE = "baseline.csv", "labelled.csv", "explained.csv"
READS = {
    DATA_QUALITY: BASELINE_FILE,
    MODEL_QUALITY: LABELLED_FILE,
    BIAS: LABELLED_FILE,
    EXPLAINABILITY: EXPLAINED_FILE,
}
"""What each monitor suggests its baseline from."""
CONFIG_FILE = documents.ANALYSIS_CONFIG
UNSEEN_PART = "test"
"""Not validation, on whose rows the threshold was chosen: it looks better there than it is."""
MOST_EXPLAINED = 500
"""Rows, each of which the model is asked about many times."""


def baseline(
    directory: Path, model_dir: Path, output: Path, monitors: Sequence[Monitor] = MONITORS
) -> Path:
    """Write the baselines of a model to `output`, which is returned."""
    model = data.read_model(directory)
    train = data.read(directory, "train", model)
    unseen = data.read(directory, UNSEEN_PART, model)
    output.mkdir(parents=True, exist_ok=True)
    _write_tables(output, model, Predictor.load(model_dir), train, unseen)
    configs = {EXPLAINABILITY: analysis_config.explainability(model, train)}
    if model.facets:
        configs[BIAS] = analysis_config.bias(model)
    for monitor in monitors:
        if monitor.kind in configs or not monitor.kind.has_config_file:
            _suggest(monitor, model, model_dir, output, configs.get(monitor.kind))
    return output


def answered(predictor: Predictor, rows: Sequence[Row]) -> list[Row]:
    """Each row behind the text of the answer an endpoint would give it."""
    answers = predictor.predict(rows)
    return [[*cells(answer), *row] for answer, row in zip(answers, rows, strict=True)]


def _write_tables(
    output: Path, model: Model, predictor: Predictor, train: Table, unseen: Table
) -> None:
    names = model.schema.names
    answers = [*ANSWER_COLUMNS, *names]
    data.write_rows(output / BASELINE_FILE, answers, answered(predictor, train.rows))
    labels = [str(target) for target in model.targets(unseen)]
    rows = zip(labels, answered(predictor, unseen.rows), strict=True)
    labelled = ([label, *row] for label, row in rows)
    data.write_rows(output / LABELLED_FILE, [model.label, *answers], labelled)
    data.write_rows(output / EXPLAINED_FILE, names, unseen.rows[:MOST_EXPLAINED])


def _suggest(
    monitor: Monitor, model: Model, model_dir: Path, output: Path, config: Mapping[str, Any] | None
) -> None:
    """The documents of one monitor, as `monitor suggest` makes them, in its own directory.

    Data quality's sketches are AWS's own (`compat`): which engine will read a registered
    baseline is not known here, and both modes compare with either.
    """
    own = output / monitor.kind.slug
    own.mkdir(exist_ok=True)
    if config is not None:
        data.write_json(own / CONFIG_FILE, config)
    told = told_of(model, monitor.kind, own / CONFIG_FILE if config else None, model_dir)
    documents.publish(suggested(monitor, output / READS[monitor.kind], told), own)


def told_of(
    model: Model,
    kind: Kind,
    config: Path | None,
    model_dir: Path | None,
    *,
    is_answered: bool = True,
) -> Instructions:
    """What a monitor is told of this build's tables; the model asks itself, not an endpoint.

    `is_answered` says whether the table has the model's answers.
    """
    prediction, probability = ANSWER_COLUMNS if is_answered else ("", "")
    given = Given(
        problem_type=model.problem_type,
        inference_attribute=prediction,
        probability_attribute=probability,
        ground_truth_attribute=model.label,
        analysis_config=config,
    )
    asked = (lambda _: nullcontext(probabilities(model_dir))) if model_dir else None
    return instructions(kind, given, is_table=True, model=asked)


def suggested(monitor: Monitor, table: Path, told: Instructions) -> documents.Documents:
    """A baseline's documents from a CSV file with a header."""
    mode: Mode = "compat" if monitor.kind == DATA_QUALITY else "corrected"
    return evaluation.suggest(monitor, dataset(table), told, mode=mode)


def dataset(table: Path) -> Dataset:
    """A CSV file with a header, as the monitors read it."""
    return Dataset(table, "csv", {"header": True})


def built(directory: Path) -> tuple[Kind, ...]:
    """The monitors that have a baseline in a directory of this step.

    >>> built(Path("no-such-directory"))
    ()
    """
    return tuple(
        kind for kind in READS if (directory / kind.slug / documents.CONSTRAINTS).is_file()
    )


@click.command()
@click.option(
    "--data", "directory", required=True, type=EXISTING_DIRECTORY, help="From preprocess."
)
@click.option("--model", required=True, type=EXISTING_DIRECTORY, help="From train.")
@click.option("--output", required=True, type=DIRECTORY, help="Directory for the baselines.")
@one_line_errors
def main(directory: Path, model: Path, output: Path) -> None:
    """Suggest the baselines of a model, one for each monitor.

    Exits 1 when the model cannot be loaded, 2 when the data cannot be used.

    \b
    Example:
        python -m pipelines.baseline --data build/data --model build/model --output build/baseline
    """
    baseline(directory, model, output)
    for kind in built(output):
        click.echo(f"{output / kind.slug}: {kind.title}")


if __name__ == "__main__":
    main()
