"""Answered rows, as AWS's check steps read them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from monitoring.errors import UsageError
from pipelines import data
from pipelines.process import SCORED
from pipelines.tables import tables
from serving.schema import ANSWER_COLUMNS


@pytest.fixture
def answers(build: Path, tmp_path: Path) -> Path:
    """What a batch transform leaves: target, inputs, and an answer to each row."""
    model, directory = data.read_model(build / "data"), tmp_path / "answers"
    directory.mkdir()
    for part in SCORED:
        table = data.read(build / "data", part, model)
        rows = [
            [str(target), *row, "0", "0.25"]
            for target, row in zip(model.targets(table), table.rows, strict=True)
        ]
        text = "".join(f"{line}\n" for line in data.lines(rows))
        (directory / f"{part}.csv.out").write_text(text)
    return directory


def read(output: Path, check: str) -> list[list[str]]:
    with (output / check / "table.csv").open(newline="") as file:
        return list(csv.reader(file))


def test_quality_is_read_by_name_and_explanations_by_place(build, answers, tmp_path):
    model = data.read_model(build / "data")
    output, names = tables(build / "data", answers, tmp_path / "tables"), [*model.schema.names]
    header, *rows = read(output, "data-quality")
    assert header == [*ANSWER_COLUMNS, *names]
    assert len(rows) == len(data.read(build / "data", "train", model))
    header, *rows = read(output, "model-quality")
    assert header == [model.label, *ANSWER_COLUMNS, *names]
    unseen = data.read(build / "data", "test", model)
    assert [row[0] for row in rows] == [str(target) for target in model.targets(unseen)]
    explained = read(output, "model-explainability")
    assert explained == [list(row) for row in unseen.rows[: len(explained)]]
    assert len(explained) == 500


def test_answers_of_another_width_are_refused(build, answers, tmp_path):
    (answers / "test.csv.out").write_text("1,2\n")
    with pytest.raises(UsageError, match=r"test\.csv\.out: its rows have not the"):
        tables(build / "data", answers, tmp_path / "tables")
