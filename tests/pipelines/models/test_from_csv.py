"""Any CSV file as a model: what is inferred, what is kept, and what is refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitoring.errors import UsageError
from pipelines.models import loan_default
from pipelines.models.base import Model, Table
from pipelines.models.from_csv import completed, load, load_for
from serving.schema import Column, Schema

DATA = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[4] / "shared")) / "data"


def written(path: Path, text: str) -> Path:
    file = path / "Some File.csv"
    file.write_bytes(text.encode())
    return file


def kinds(model):
    return {column.name: column.kind for column in model.schema.columns}


def test_columns_are_inferred_and_cells_kept_as_they_are(tmp_path):
    file = written(tmp_path, "a,b,c,y\n 1,x,007,0\n?, x,1e2,1\nnan,,,0\n")
    model, table = load(file, "y")
    assert kinds(model) == {"a": "numeric", "b": "categorical", "c": "numeric"}
    assert table.rows == [[" 1", "x", "007"], ["?", " x", "1e2"], ["nan", None, None]]
    assert (model.name, model.positive) == ("some-file", "1")


def test_bom_crlf_blank_lines_and_quotes_are_read(tmp_path):
    file = written(tmp_path, '\ufeff"a b",y\r\n"1,5",yes\r\n\r\n"two ""2""",no\r\n\r\n')
    model, table = load(file, "y")
    assert model.schema.names == ("a b",)
    assert table.rows == [["1,5"], ['two "2"']]


@pytest.mark.parametrize("header,start", [("", 0), ("", 5), ("ID", 0), ("ID", 1)])
def test_a_first_column_that_counts_the_rows_is_left_out(tmp_path, header, start):
    rows = "".join(f"{start + i},{i % 3},{i % 2}\n" for i in range(6))
    model, _ = load(written(tmp_path, f"{header},a,y\n{rows}"), "y")
    assert model.schema.names == ("a",)


def test_a_first_column_that_only_looks_like_a_count_is_kept(tmp_path):
    model, _ = load(written(tmp_path, "n,a,y\n1,5,0\n2,5,1\n4,5,0\n"), "y")
    assert model.schema.names == ("n", "a")


def test_rows_without_a_label_are_left_out(tmp_path):
    _, table = load(written(tmp_path, "a,y\n1,0\n2,\n3,1\n"), "y")
    assert table.rows == [["1"], ["3"]]


def test_the_positive_value_may_be_one_of_many(tmp_path):
    model, table = load(written(tmp_path, "a,y\n1,low\n2,mid\n3,high\n"), "y", "high")
    assert model.targets(table) == [0, 0, 1]


@pytest.mark.parametrize(
    "text,label,positive,words",
    [
        pytest.param("a,y\n1,0\n2,1\n", "z", None, "its columns are a, y", id="no label"),
        pytest.param("a,Class\n1,0\n", "class", None, "did you mean 'Class'", id="near label"),
        pytest.param("a,y\n1,2\n2,3\n", "y", None, "--positive", id="which is positive"),
        pytest.param("a,y\n1,>5\n2,<5\n", "y", " >5", "is never ' >5'", id="never positive"),
        pytest.param("a,y\n1,1\n2,1\n", "y", "1", "always '1'", id="one class"),
        pytest.param("a,b,y\n1,2,0\n1,1\n", "y", None, ":3: 2 cells", id="ragged"),
        pytest.param("a,a,y\n1,2,0\n", "y", None, "rename 'a'", id="a name twice"),
        pytest.param("a,,y\n1,2,0\n", "y", None, "rename ''", id="no name"),
        pytest.param("prediction,y\n1,0\n", "y", None, "rename 'prediction'", id="answers"),
        pytest.param("a,y\n", "y", None, "no row", id="no rows"),
        pytest.param("", "y", None, "no row", id="empty"),
        pytest.param("y\n1\n0\n", "y", None, "only the label", id="label only"),
        pytest.param('a,y\n"1,0\n', "y", None, "not CSV", id="open quote"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path, text, label, positive, words):
    with pytest.raises(UsageError) as caught:
        load(written(tmp_path, text), label, positive)
    assert words in str(caught.value)
    assert "Some File.csv" in str(caught.value)


def test_a_positive_value_is_found_without_the_spaces_around_it(tmp_path):
    file = written(tmp_path, "age,income\n30, <=50K\n40, >50K\n")
    assert load(file, "income", ">50K")[0].positive == " >50K"


def test_spaces_that_tell_two_values_apart_are_not_guessed(tmp_path):
    file = written(tmp_path, "age,income\n30, a\n40,a \n50,b\n")
    with pytest.raises(UsageError, match="'income' is never 'a'"):
        load(file, "income", "a")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    file = tmp_path / "latin.csv"
    file.write_bytes("a,y\né,0\n".encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8"):
        load(file, "y")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        load(tmp_path / "none.csv", "y")


def loans(path, header=None, change=lambda row: row, rows=6):
    """A file of made-up loans whose label is spelt as public files spell it."""
    table = loan_default.generate(rows, 1)
    header = header or (*loan_default.SCHEMA.names, "loan_paid_back")
    lines = [",".join(header)]
    for at, row in enumerate(table.rows):
        lines.append(",".join(change([*row, f"{at % 2}.0"])))
    return written(path, "\n".join(lines) + "\n"), table


def test_a_file_with_a_models_columns_is_that_models_data(tmp_path):
    file, table = loans(tmp_path)
    model, read = load_for(loan_default.MODEL, file)
    assert model.schema == loan_default.SCHEMA
    assert model.source == "Some File.csv, 6 rows"
    assert read == Table(table.rows, ["1", "0", "1", "0", "1", "0"])


def test_columns_may_stand_in_another_order_with_others_among_them(tmp_path):
    header = ("loan_paid_back", "id", *reversed(loan_default.SCHEMA.names))
    file, table = loans(tmp_path, header, lambda row: [row[-1], "7", *reversed(row[:-1])])
    assert load_for(loan_default.MODEL, file)[1].rows == table.rows


@pytest.mark.parametrize(
    "header,change,words",
    [
        (("x", *loan_default.SCHEMA.names[1:], "defaulted"), None, "no column 'annual_income'"),
        ((*loan_default.SCHEMA.names, "y"), None, "no column 'defaulted' to learn"),
        (None, lambda row: [*row[:-1], "maybe"], "means something only as 0, 1"),
        (None, lambda row: [*row[:-1], "1"], "one value only"),
        (None, lambda row: ["much", *row[1:]], "'annual_income' of row 1 with a label is no"),
    ],
    ids=["a missing column", "no label", "an unknown label", "one label", "no number"],
)
def test_a_file_that_is_not_the_models_is_refused_by_name(tmp_path, header, change, words):
    file, _ = loans(tmp_path, header, change or (lambda row: row))
    with pytest.raises(UsageError, match=words):
        load_for(loan_default.MODEL, file)


def test_a_column_of_names_keeps_no_categories():
    model = Model("m", Schema((Column("id", "categorical"),)), "y", "1", "this test")
    known = completed(model, Table([[f"id-{i}"] for i in range(101)], ["0"] * 101))
    assert known.schema.columns[0].categories == ()
    assert known.segments == ()


@pytest.mark.skipif(not DATA.exists(), reason="the real data (SHARED_DIR) is not on this machine")
@pytest.mark.parametrize(
    "path,label,positive,rows,numeric,categorical,positives",
    [
        (
            "taiwan-default/UCI_Credit_Card.csv",
            "default.payment.next.month",
            None,
            30_000,
            23,
            0,
            6636,
        ),
        ("german-credit/german_credit.csv", "risk", "2", 1000, 7, 13, 300),
        ("ulb-creditcard/creditcard_492fraud_1230normal.csv", "Class", None, 1722, 30, 0, 492),
        ("ulb-creditcard/creditcard_random2000.csv", "Class", None, 2000, 30, 0, 6),
        ("aws-churn/training-dataset-with-header.csv", "Churn", None, 2333, 69, 0, 325),
        ("adult-census/adult.csv", "income", " >50K", 32_561, 6, 8, 7841),
    ],
)
def test_real_files_are_read_whole(path, label, positive, rows, numeric, categorical, positives):
    model, table = load(DATA / path, label, positive)
    assert len(table) == rows
    assert (len(model.schema.numeric), len(model.schema.categorical)) == (numeric, categorical)
    assert sum(model.targets(table)) == positives
