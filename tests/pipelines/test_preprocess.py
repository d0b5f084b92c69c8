"""The split: disjoint, complete, repeatable, and the same cells that went in."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.errors import UsageError
from pipelines import data
from pipelines.models import fraud
from pipelines.models.base import Model, Table
from pipelines.preprocess import SHARES, made_up, preprocess, split
from serving.schema import Column, Schema


def table_of(targets):
    return Table([[str(i)] for i in range(len(targets))], [str(t) for t in targets])


@given(st.lists(st.integers(0, 1), min_size=20, max_size=300), st.integers(0, 2**32))
def test_every_row_is_in_exactly_one_part(targets, seed):
    table = table_of(targets)
    parts = split(table, targets, seed)
    kept = Counter(row[0] for part in parts.values() for row in part.rows)
    assert kept == Counter(row[0] for row in table.rows)


@given(st.integers(5, 100), st.integers(50, 500), st.integers(0, 100))
def test_each_part_has_its_share_of_each_class(positives, negatives, seed):
    targets = [1] * positives + [0] * negatives
    parts = split(table_of(targets), targets, seed)
    for name, share in SHARES.items():
        assert abs(parts[name].labels.count("1") - share * positives) <= 1
        assert abs(parts[name].labels.count("0") - share * negatives) <= 1


def test_the_same_seed_gives_the_same_split():
    targets = [0, 1] * 50
    table = table_of(targets)
    assert split(table, targets, 1) == split(table, targets, 1)
    assert split(table, targets, 1) != split(table, targets, 2)


def test_too_few_rows_are_refused():
    with pytest.raises(UsageError, match="19 rows are too few"):
        split(table_of([0, 1] * 9 + [0]), [0, 1] * 9 + [0], 1)


def test_what_is_written_is_read_again(tmp_path):
    model, table = made_up(fraud.MODEL, 200, 1)
    parts = preprocess(tmp_path, model, table)
    read = data.read_model(tmp_path)
    assert read.to_json() == model.to_json()
    assert {name: data.read(tmp_path, name, read) for name in data.PARTS} == parts


def test_missing_quoted_and_odd_cells_are_read_as_they_were_written(tmp_path):
    rows = [[None, '"', "a,b"], [" x ", "two\nlines", "é"], ["?", "nan", "0.10"]]
    columns = fraud.MODEL.schema.columns[:3]
    model = Model("odd", Schema(columns), "y", "1", "this test")
    data.write(tmp_path, model, {"traffic": Table(rows, ["0", "1", "0"])})
    assert data.read(tmp_path, "traffic", model).rows == rows


def test_lines_are_csv_that_reads_as_the_rows():
    rows = [["1", None, 'a "b", c'], [None, "x", "y"]]
    assert [
        [cell or None for cell in next(csv.reader([line]))] for line in data.lines(rows)
    ] == rows


def test_data_of_another_model_is_refused(tmp_path):
    model, table = made_up(fraud.MODEL, 200, 1)
    preprocess(tmp_path, model, table)
    data.write_rows(tmp_path / "train.csv", ["a", "b"], [["1", "2"]])
    with pytest.raises(UsageError, match="belongs to another model"):
        data.read(tmp_path, "train", model)


@pytest.mark.parametrize("text", [None, "{", "{}", "[]", '{"schema": [1]}'])
def test_a_directory_that_preprocess_did_not_write_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / data.MODEL_FILE).write_text(text)
    with pytest.raises(UsageError, match=r"pipelines\.preprocess"):
        data.read_model(tmp_path)


def test_a_missing_part_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"train\.csv: cannot be read"):
        data.read(tmp_path, "train", fraud.MODEL)


def test_categories_are_those_of_the_training_rows_and_no_others(tmp_path):
    """What only the test rows hold is not known when the model is made."""
    schema = Schema((Column("x", "categorical"), Column("n", "numeric")))
    model = Model("open", schema, "y", "1", "this test")
    rows = [[f"c{i % 13}", str(i)] for i in range(40)]
    parts = preprocess(tmp_path, model, Table(rows, [str(i % 2) for i in range(40)]))
    known = data.read_model(tmp_path).schema.columns[0].categories
    assert known == tuple(sorted({row[0] for row in parts["train"].rows}))
    assert set(known) < {row[0] for part in parts.values() for row in part.rows}
