"""Columns that are left out: of the data, of the baseline, and of both by the same place."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.documents import CONSTRAINTS, STATISTICS
from monitoring.errors import UsageError
from monitoring.excluding import Exclusion
from monitoring.job import MESSAGE, run

BASELINE = ("score", "age", "zip", "city")
MODES = ("corrected", "compat")


def documents(names: tuple[str, ...]) -> dict[str, object]:
    return {
        name: {"version": 0.0, "features": [{"name": feature} for feature in names]}
        for name in (CONSTRAINTS, STATISTICS)
    }


def batch(*names: str) -> pa.RecordBatch:
    return pa.record_batch({name: [name] for name in names})


def left(text: str, data: pa.RecordBatch, mode: str, known: tuple[str, ...] = ()) -> list[str]:
    """The columns that are left, each holding the name it came under."""
    exclusion = Exclusion.of(text)
    assert exclusion is not None
    if known:
        exclusion, _ = exclusion.beside(documents(known))
    (kept,) = exclusion.applied([data], mode)
    return [f"{name}={kept.column(name)[0].as_py()}" for name in kept.schema.names]


def test_a_table_loses_the_named_columns():
    assert left("zip, age", batch(*BASELINE), "corrected") == ["score=score", "city=city"]


def test_a_number_that_is_no_name_is_a_place():
    assert left("2", batch(*BASELINE), "corrected") == ["score=score", "age=age", "city=city"]
    assert left("2", batch("1", "2", "3"), "corrected") == ["1=1", "3=3"]


@pytest.mark.parametrize("mode", MODES)
def test_columns_without_names_go_by_their_place_in_the_whole_baseline(mode: str):
    data = batch("_c0", "_c1", "_c2", "_c3")
    assert left("age", data, mode, BASELINE) == ["score=_c0", "zip=_c2", "city=_c3"]


def test_keys_that_only_count_go_by_place_too():
    counted = batch(*(str(place).zfill(20) for place in range(4)))
    kept = left("age", counted, "corrected", BASELINE)
    assert [name.split("=")[0] for name in kept] == ["score", "zip", "city"]


def test_named_columns_in_another_order_go_by_name_but_in_compat_by_place():
    data = batch("city", "zip", "age", "score")
    assert left("age", data, "corrected", BASELINE) == ["city=city", "zip=zip", "score=score"]
    assert left("age", data, "compat", BASELINE) == ["score=city", "zip=age", "city=score"]


def test_a_column_too_many_stays_one_too_many():
    data = batch("_c0", "_c1", "_c2", "_c3", "_c4")
    assert left("age", data, "corrected", BASELINE) == [
        *("score=_c0", "zip=_c2", "city=_c3"),
        "_c4=_c4",
    ]


def test_the_baseline_loses_them_in_both_documents():
    exclusion, kept = Exclusion(("zip",)).beside(documents(BASELINE))
    assert exclusion.known == BASELINE
    assert kept == documents(("score", "age", "city"))


def test_a_document_that_is_none_is_left_to_its_reader():
    _, kept = Exclusion(("zip",)).beside(documents(BASELINE) | {"other.json": [1]})
    assert kept["other.json"] == [1]


@pytest.mark.parametrize("text", ["phone", "zip,phone", "9"])
def test_a_column_that_is_not_there_is_refused(text: str):
    with pytest.raises(UsageError, match="there is no such column"):
        left(text, batch(*BASELINE), "corrected")
    with pytest.raises(UsageError, match="there is no such column"):
        left(text, batch(*BASELINE), "corrected", BASELINE)


@given(st.sets(st.sampled_from(BASELINE), min_size=1), st.sampled_from(MODES))
def test_what_is_excluded_is_nowhere_and_the_rest_keeps_its_order(excluded: set[str], mode: str):
    for data in (batch(*BASELINE), batch("_c0", "_c1", "_c2", "_c3")):
        names = [name.split("=")[0] for name in left(",".join(excluded), data, mode, BASELINE)]
        assert names == [name for name in BASELINE if name not in excluded]


def test_a_job_does_not_look_at_what_is_excluded(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    rows = [f"{n % 50},{'Rome' if n % 2 else 'Bern'}" for n in range(200)]
    (data / "train.csv").write_text("\n".join(["age,city", *rows]))
    csv = {"dataset_format": '{"csv": {}}', "dataset_source": "/data"}
    assert run(csv | {"output_path": "/baseline"}, tmp_path) == 0
    event = {"endpointInput": {"data": "", "encoding": "CSV"}}
    lines = []
    for n, row in enumerate(rows):
        event["endpointInput"]["data"] = row.replace("Rome", "Atlantis")
        lines.append(json.dumps({"captureData": event, "eventMetadata": {"eventId": str(n)}}))
    (data / "train.csv").unlink()
    (data / "a.jsonl").write_text("\n".join(lines))
    traffic = {
        "dataset_format": '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput"]}}',
        "dataset_source": "/data",
        "output_path": "/output",
        "baseline_constraints": "/baseline/constraints.json",
        "baseline_statistics": "/baseline/statistics.json",
    }
    assert run(traffic, tmp_path) == 0
    assert "CompletedWithViolations" in (tmp_path / MESSAGE).read_text()
    assert run(traffic | {"exclude_features_attribute": "city"}, tmp_path) == 0
    assert "no violations" in (tmp_path / MESSAGE).read_text()
    statistics = json.loads((tmp_path / "output/statistics.json").read_text())
    assert [feature["name"] for feature in statistics["features"]] == ["age"]


def test_only_data_quality_has_features_to_exclude(tmp_path: Path):
    variables = {
        "analysis_type": "MODEL_QUALITY",
        "dataset_format": '{"csv": {}}',
        "dataset_source": "/data",
        "exclude_features_attribute": "city",
    }
    assert run(variables, tmp_path) == 2
    assert "for data quality only" in (tmp_path / MESSAGE).read_text()
