"""What a check looks at: its table, its analysis configuration, and what the monitor is told.

Needs     the directory of `process`; for the checks of the model its batch answers, and for its
          reasons the model
Writes    the table with a header, and analysis_config.json where the monitor reads one

The training rows are what an endpoint's data will be compared with. The model is measured on
rows it has not learnt from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitoring.instructions import Instructions
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY
from pipelines import analysis_config, data
from pipelines.baseline import CONFIG_FILE, MOST_EXPLAINED, UNSEEN_PART, told_of
from pipelines.in_force import Check
from pipelines.models.base import Model
from pipelines.process import answered
from serving.schema import ANSWER_COLUMNS

TABLE_FILE = "table.csv"


@dataclass(frozen=True, slots=True)
class Given:
    """What a check works on."""

    data: Path
    answers: Path | None = None
    """None before training: the check looks at the training rows alone."""
    model: Path | None = None
    pre_training: Path | None = None
    """What the check of the data's bias hands on; joined to that of the model's bias."""
    supplied: Mapping[str, str] = field(default_factory=dict)
    """A baseline's documents in S3, by file name; an empty URI is none."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The table, and how it is to be read."""

    table: Path
    told: Instructions
    config: Mapping[str, Any] | None
    """The analysis configuration of the check; the hourly monitor's names no methods of bias."""
    has_answers: bool


def write(asked: Check, given: Given, directory: Path) -> Inputs:
    """Write a check's table and configuration to `directory`; UsageError names what is wrong."""
    model = data.read_model(given.data)
    table, has_answers = directory / TABLE_FILE, given.answers is not None
    if given.answers is None:
        _write_unanswered(table, asked, given.data, model)
    else:
        _write_answered(table, asked, given.answers, model)
    config, path = _config(asked, given, model), None
    if config is not None:
        path = directory / CONFIG_FILE
        data.write_json(path, config)
    told = told_of(model, asked.kind, path, given.model, is_answered=has_answers)
    return Inputs(table, told, config, has_answers)


def _write_unanswered(path: Path, asked: Check, directory: Path, model: Model) -> None:
    """The training rows: inputs for data quality, behind their labels for bias."""
    rows, names = data.read(directory, "train", model), model.schema.names
    if asked.kind == DATA_QUALITY:
        data.write_rows(path, names, rows.rows)
        return
    targets = zip(model.targets(rows), rows.rows, strict=True)
    labelled = ([str(target), *row] for target, row in targets)
    data.write_rows(path, [model.label, *names], labelled)


def _write_answered(path: Path, asked: Check, answers: Path, model: Model) -> None:
    """Rows with their answers: training rows for data quality, unseen ones for the others."""
    names, width = model.schema.names, len(model.schema.columns)
    part = "train" if asked.kind == DATA_QUALITY else UNSEEN_PART
    rows = answered(answers, part, model)
    if asked.kind == DATA_QUALITY:
        header = [*ANSWER_COLUMNS, *names]
        data.write_rows(path, header, ([*row[1 + width :], *row[1 : 1 + width]] for row in rows))
    elif asked.kind == EXPLAINABILITY:
        data.write_rows(path, names, (row[1 : 1 + width] for row in rows[:MOST_EXPLAINED]))
    else:
        header = [model.label, *ANSWER_COLUMNS, *names]
        labelled = ([row[0], *row[1 + width :], *row[1 : 1 + width]] for row in rows)
        data.write_rows(path, header, labelled)


def _config(asked: Check, given: Given, model: Model) -> Mapping[str, Any] | None:
    if asked.kind == EXPLAINABILITY:
        return analysis_config.explainability(model, data.read(given.data, "train", model))
    if asked.kind == BIAS:
        return {**analysis_config.bias(model), "methods": {asked.section: {"methods": "all"}}}
    return None
