"""Plain tables as text: what is kept, and every way a file can be wrong."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.errors import UsageError
from monitoring.tables import BATCH_ROWS, BLOCK_BYTES, CACHED_BYTES, read_csv, read_parquet

SECRET = "4111-1111"


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(path: Path, **options: Any) -> list[dict[str, str | None]]:
    return [row for batch in read_csv(path, **options) for row in batch.to_pylist()]


def test_cells_keep_their_text_and_empty_ones_are_null(tmp_path: Path):
    path = written(tmp_path / "a.csv", 'a,b,c\n1,1.0,"x, ""y"""\n,007, z\n')
    assert rows(path) == [
        {"a": "1", "b": "1.0", "c": 'x, "y"'},
        {"a": None, "b": "007", "c": " z"},
    ]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbfa,b\r\n1,2\r\n", id="BOM and CRLF"),
        pytest.param(b"\n\na,b\n\n1,2\n\n", id="blank lines"),
        pytest.param(b'"a",b\n1,2', id="no last line end"),
    ],
)
def test_a_file_from_elsewhere_is_read_alike(tmp_path: Path, content: bytes):
    assert rows(written(tmp_path / "a.csv", content)) == [{"a": "1", "b": "2"}]


def test_a_quoted_line_break_is_part_of_its_cell(tmp_path: Path):
    path = written(tmp_path / "a.csv", 'a,"b\nb"\n"1\n1",2\n')
    assert rows(path) == [{"a": "1\n1", "b\nb": "2"}]


def test_without_a_header_columns_are_called_by_position(tmp_path: Path):
    path = written(tmp_path / "a.csv", "1,x\n2,y\n")
    assert rows(path, header=False) == [{"_c0": "1", "_c1": "x"}, {"_c0": "2", "_c1": "y"}]


def test_a_column_without_a_name_is_called_by_position(tmp_path: Path):
    assert rows(written(tmp_path / "a.csv", ",b\n1,2\n")) == [{"_c0": "1", "b": "2"}]


def test_a_header_without_rows_has_no_rows(tmp_path: Path):
    assert rows(written(tmp_path / "a.csv", "a,b\n")) == []


def test_a_directory_is_one_table_of_its_files(tmp_path: Path):
    for name, value in (("b.csv", "2"), ("a.csv", "1"), ("_SUCCESS", "")):
        written(tmp_path / name, f"a\n{value}\n" if value else "")
    assert [row["a"] for row in rows(tmp_path)] == ["1", "2"]


def test_batches_hold_at_most_the_rows_asked_for(tmp_path: Path):
    path = written(tmp_path / "a.csv", "a\n" + "1\n" * 10)
    assert [batch.num_rows for batch in read_csv(path, batch_rows=4)] == [4, 4, 2]


def test_a_megabyte_in_a_cell_is_a_cell(tmp_path: Path):
    path = written(tmp_path / "a.csv", "a,b\n1," + "x" * (1 << 20) + "\n")
    assert len(rows(path)[0]["b"] or "") == 1 << 20


WRONG = {
    "missing": (None, "does not exist"),
    "empty": (b"", "is empty"),
    "a short row": (f"a,b\n1,2\n{SECRET}\n".encode(), "row 3 has 1 cells, but there are 2"),
    "a long row": (f"a,b\n1,2\n3,4,{SECRET}\n".encode(), "row 3 has 3 cells, but there are 2"),
    "no header": (b"1,2\n3,4\n", "holds numbers, not column names"),
    "a name twice": (b"a,b,a\n1,2,3\n", "more than once"),
    "latin-1 cells": ("a,b\nä,2\n".encode("latin-1"), "is not UTF-8"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "is not UTF-8"),
}


@pytest.mark.parametrize(("content", "cause"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_named_with_its_cause_and_without_its_cells(
    tmp_path: Path, content: bytes | None, cause: str
):
    path = tmp_path / "data.csv"
    if content is not None:
        written(path, content)
    with pytest.raises(UsageError, match=cause) as caught:
        rows(path)
    assert str(path) in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_of_one_table_have_the_same_columns(tmp_path: Path):
    written(tmp_path / "a.csv", "a,b\n1,2\n")
    written(tmp_path / "b.csv", "b,a\n1,2\n")
    with pytest.raises(UsageError, match=r"b\.csv: has other columns"):
        rows(tmp_path)


texts = st.text(st.characters(exclude_characters="\r\n\x00", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_what_a_csv_writer_wrote_is_read_back(tmp_path_factory: Any, table: list[tuple[str, str]]):
    text = io.StringIO()
    csv.writer(text).writerows([("first", "second"), *table])
    path = written(tmp_path_factory.mktemp("csv") / "a.csv", text.getvalue())
    assert [tuple(row.values()) for row in rows(path)] == table


def test_a_gzipped_csv_is_refused_by_name(tmp_path: Path):
    path = written(tmp_path / "a.csv.gz", gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(UsageError, match="UTF-8"):
        rows(path)


def test_parquet_numbers_become_the_text_csv_would_hold(tmp_path: Path):
    path = tmp_path / "a.parquet"
    columns = {"i": [1, None], "f": [1.0, float("nan")], "s": ["x", None], "b": [True, False]}
    pq.write_table(pa.table(columns), path)
    (batch,) = read_parquet(path)
    assert batch.to_pylist() == [
        {"i": "1", "f": "1.0", "s": "x", "b": "true"},
        {"i": None, "f": "NaN", "s": None, "b": "false"},
    ]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n"])
def test_what_is_no_parquet_is_said_to_be_none(tmp_path: Path, content: bytes):
    path = written(tmp_path / "a.parquet", content)
    with pytest.raises(UsageError, match="is not Parquet"):
        list(read_parquet(path))


def test_a_nested_parquet_column_is_refused_by_name(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"tags": [[1, 2]]}), path)
    with pytest.raises(UsageError, match="'tags'"):
        list(read_parquet(path))


@pytest.mark.parametrize("place", [0, 20, 21, 50_000])
def test_a_row_longer_than_a_block_is_read_like_any_other(tmp_path: Path, place: int):
    cells = [str(i) for i in range(60_000)]
    lines = [f"{i},short" for i in range(60_000)]
    lines[place] = f"{place},{'y' * (2 * CACHED_BYTES)}"
    path = written(tmp_path / "t.csv", "\n".join(["a,b", *lines, ""]))
    batches = list(read_csv(path))
    assert [cell for batch in batches for cell in batch["a"].to_pylist()] == cells
    assert all(batch.num_rows <= BATCH_ROWS for batch in batches)


@pytest.mark.parametrize("place", [0, 9000, 50_000])
@pytest.mark.parametrize("long", [None, 20, 40_000])
def test_a_ragged_row_knows_its_number_beside_long_rows(tmp_path: Path, place: int, long: Any):
    lines = [f"{i},short" for i in range(60_000)]
    if long is not None:
        lines[long] = f"{long},{'y' * (2 * CACHED_BYTES)}"
    lines[place] += ",more"
    path = written(tmp_path / "t.csv", "\n".join(["a,b", *lines, ""]))
    with pytest.raises(UsageError, match=f"row {place + 2} has 3 cells"):
        list(read_csv(path))


def test_batches_of_long_rows_hold_fewer(tmp_path: Path):
    rows = 3 * BLOCK_BYTES // 100_000
    path = written(tmp_path / "t.csv", "a,b\n" + f"1,{'y' * 100_000}\n" * rows)
    batches = list(read_csv(path))
    assert sum(batch.num_rows for batch in batches) == rows
    assert max(batch.nbytes for batch in batches) < 2 * BLOCK_BYTES
