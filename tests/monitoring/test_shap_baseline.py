"""Baseline rows that lie elsewhere: every format, beside the configuration or in S3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitoring.errors import StorageError, UsageError
from monitoring.monitors.explainability_settings import ExplainabilityConfig
from monitoring.shap_baseline import baseline_rows

ROWS = (("38", "web"), ("0.5", None))


def config(uri: str, **keys: Any) -> ExplainabilityConfig:
    document = {"headers": ["Age", "Channel"], "methods": {"shap": {"baseline": uri}}, **keys}
    return ExplainabilityConfig.of(document)


def lines(*values: Any) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


FILES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "csv": ("a.csv", "38,web\n0.5,\n", {}),
    "csv with a header": ("a.csv", "Age,Channel\n38,web\n0.5,\n", {}),
    "csv with a header in another order": ("a.csv", "Channel,Age\nweb,38\n,0.5\n", {}),
    "json lines of lists": (
        "a.jsonl",
        lines([38, "web"], [0.5, None]),
        {"dataset_type": "application/jsonlines"},
    ),
    "json lines of objects": (
        "a.jsonl",
        lines({"Channel": "web", "Age": 38}, {"Age": 0.5, "Channel": None}),
        {"dataset_type": "application/jsonlines"},
    ),
    "json lines with a path": (
        "a.jsonl",
        lines({"x": [38, "web"]}, {"x": [0.5, None]}),
        {"dataset_type": "application/jsonlines", "features": "x"},
    ),
    "json": ("a.json", '[[38, "web"], [0.5, null]]', {"dataset_type": "application/json"}),
}


@pytest.mark.parametrize(("name", "text", "keys"), FILES.values(), ids=FILES)
def test_rows_are_read_from_beside_the_configuration(tmp_path: Path, name, text, keys):
    (tmp_path / name).write_text(text)
    assert baseline_rows(config(name, **keys), tmp_path) == ROWS


def test_rows_of_parquet_are_taken_by_name(tmp_path: Path):
    pq.write_table(pa.table({"Channel": ["web"], "Age": [38], "id": [1]}), tmp_path / "a.parquet")
    read = config("a.parquet", dataset_type="application/x-parquet")
    assert baseline_rows(read, tmp_path) == (("38", "web"),)


def test_rows_are_fetched_from_s3_and_the_copy_goes(tmp_path: Path):
    seen: list[Path] = []

    def fetch(uri: str, path: Path) -> None:
        assert uri == "s3://bucket/rows.csv"
        path.write_text("38,web\n0.5,\n")
        seen.append(path)

    assert baseline_rows(config("s3://bucket/rows.csv"), tmp_path, fetch) == ROWS
    assert not seen[0].exists()


def test_rows_in_the_configuration_need_no_file(tmp_path: Path):
    document = {"headers": ["Age"], "methods": {"shap": {"baseline": [[38]]}}}
    assert baseline_rows(ExplainabilityConfig.of(document), tmp_path) == ()


def test_an_object_that_is_not_there_says_so(tmp_path: Path):
    def fetch(uri: str, path: Path) -> None:
        raise StorageError(f"{uri}: is not there")

    with pytest.raises(StorageError, match=r"s3://bucket/rows\.csv: is not there"):
        baseline_rows(config("s3://bucket/rows.csv"), tmp_path, fetch)


WRONG = {
    "missing": (None, "there is no .*rows.csv"),
    "empty": ("", "is empty"),
    "header alone": ("Age,Channel\n", "holds no row"),
    "too wide": ("38,web,1\n", "rows of 3 values, but there are 2 features"),
    "ragged": ("38,web\n38\n", "row 2 has 1 cells"),
}


@pytest.mark.parametrize(("text", "cause"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_the_baseline_says_why_in_one_line(tmp_path: Path, text, cause):
    if text is not None:
        (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(UsageError, match=cause) as error:
        baseline_rows(config("rows.csv"), tmp_path)
    assert str(error.value).startswith("methods.shap.baseline: ")
    assert "\n" not in str(error.value)


def test_without_a_way_to_s3_it_says_what_to_do(tmp_path: Path):
    with pytest.raises(UsageError, match="nothing here reaches S3"):
        baseline_rows(config("s3://bucket/rows.csv"), tmp_path)
