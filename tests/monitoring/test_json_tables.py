"""Tables in JSON: their columns, the parts that monitors ask for, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.capture import Attributes
from monitoring.errors import UsageError
from monitoring.job import MESSAGE, run
from monitoring.json_tables import observed_json, read_json

SECRET = "4111-1111"


def written(path: Path, *values: Any) -> Path:
    path.write_text("\n".join(v if isinstance(v, str) else json.dumps(v) for v in values))
    return path


def rows(path: Path, **options: Any) -> list[dict[str, Any]]:
    return [row for batch in read_json(path, **options) for row in batch.to_pylist()]


def test_numbers_keep_their_text_and_nested_fields_their_path(tmp_path: Path):
    path = written(
        tmp_path / "a.jsonl", '{"a": 1.0, "b": {"c": true}}', "", '{"a": 1e5, "b": {"c": null}}'
    )
    assert rows(path) == [{"a": "1.0", "b.c": "true"}, {"a": "1e5", "b.c": None}]


def test_a_field_that_only_some_rows_have_is_empty_elsewhere(tmp_path: Path):
    path = written(tmp_path / "a.jsonl", {"a": 1}, {"b": 2, "a": 3})
    assert rows(path) == [{"a": "1", "b": None}, {"a": "3", "b": "2"}]


@pytest.mark.parametrize(
    "document",
    [[{"a": 1}, {"a": 2}], {"instances": [{"a": 1}, {"a": 2}]}, [[1], [2]]],
    ids=["a list", "instances", "a matrix"],
)
def test_one_document_holds_all_rows(tmp_path: Path, document: Any):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document, indent=2))
    assert [[*row.values()] for row in rows(path, lines=False)] == [["1"], ["2"]]


def test_lists_have_columns_by_place(tmp_path: Path):
    assert rows(written(tmp_path / "a.jsonl", [1, "x"], [2, ""])) == [
        {"_c0": "1", "_c1": "x"},
        {"_c0": "2", "_c1": None},
    ]


def test_files_of_a_directory_are_one_table(tmp_path: Path):
    written(tmp_path / "b.jsonl", {"a": 2})
    written(tmp_path / "a.jsonl", {"a": 1})
    assert rows(tmp_path) == [{"a": "1"}, {"a": "2"}]


WRONG = {
    "no JSON": ((b'{"a": 1}\n' + SECRET.encode()), r"a\.jsonl:2: the payload is not JSON"),
    "a cut line": (b'{"a": 1}\n{"a": ', r"a\.jsonl:2: the payload is not JSON"),
    "an empty object": (b"{}", "the payload is empty"),
    "a list among objects": (b'{"a": 1}\n[1]', r"a\.jsonl:2: has 1 unnamed values"),
    "another width": (
        b"[1, 2]\n[1]",
        r"a\.jsonl:2: has 1 unnamed values where the first row has 2",
    ),
    "nothing": (b"\n\n", "is empty"),
    "no UTF-8": (b'{"a": "\xff"}', "is not UTF-8"),
    "a nested list": (b"[[1, [2]]]", "the JSON is nested"),
}


@pytest.mark.parametrize(("content", "cause"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_named_by_file_and_line(tmp_path: Path, content: bytes, cause: str):
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=cause) as raised:
        rows(path)
    assert SECRET not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_field_that_comes_too_late_is_refused(tmp_path: Path):
    path = written(tmp_path / "a.jsonl", {"a": 1}, {"a": 2}, {"a": 3, "b": 4})
    with pytest.raises(UsageError, match=r"a\.jsonl:3: has a field 'b' that no earlier row has"):
        rows(path, batch_rows=2)


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(UsageError, match="does not exist"):
        rows(tmp_path / "nowhere.jsonl")


def observed(path: Path, lines: bool = True, **attributes: Any) -> dict[str, list[Any]]:
    given = Attributes(**attributes)
    found = observed_json(path, given, lines=lines, labelled=True, with_features=True)
    columns: dict[str, list[Any]] = {}
    for batch in found:
        for name, column in [*zip(batch.features.schema.names, batch.features, strict=True)]:
            columns.setdefault(name, []).extend(column.to_pylist())
        for name in ("label", "predicted", "probability"):
            if (column := getattr(batch, name)) is not None:
                columns.setdefault(name, []).extend(column.to_pylist())
    return columns


EXPECTED = {
    "age": ["31", "28"],
    "debt": ["0.5", "2"],
    "label": ["1", "0"],
    "predicted": ["1", "1"],
    "probability": ["0.9", "0.6"],
}


def test_flat_rows_lose_their_label_and_answers(tmp_path: Path):
    path = written(
        tmp_path / "a.jsonl",
        {"age": 31, "debt": 0.5, "y": 1, "said": 1, "score": 0.9},
        {"age": 28, "debt": 2, "y": 0, "said": 1, "score": 0.6},
    )
    found = observed(path, ground_truth="y", inference="said", probability="score")
    assert found == EXPECTED


def test_clarifys_json_lines_are_found_by_path(tmp_path: Path):
    path = written(
        tmp_path / "a.jsonl",
        {"features": [31, 0.5], "label": 1, "out": {"said": 1, "score": 0.9}},
        {"features": [28, 2], "label": 0, "out": {"said": 1, "score": 0.6}},
    )
    found = observed(
        path,
        features="features",
        ground_truth="label",
        inference="out.said",
        probability="out.score",
        headers=("age", "debt", "Target"),
    )
    assert found == EXPECTED


def test_clarifys_json_is_found_by_path_over_the_whole_document(tmp_path: Path):
    document = {
        "instances": [
            {"features": [31, 0.5], "label": 1, "said": 1, "score": 0.9},
            {"features": [28, 2], "label": 0, "said": 1, "score": 0.6},
        ]
    }
    found = observed(
        written(tmp_path / "a.json", document),
        lines=False,
        features="instances[*].features",
        ground_truth="instances[*].label",
        inference="instances[*].said",
        probability="instances[*].score",
        headers=("age", "debt"),
    )
    assert found == EXPECTED


@pytest.mark.parametrize(
    ("attributes", "cause"),
    [
        ({"ground_truth": "truth"}, r"a\.jsonl:1: ground_truth_attribute 'truth' is not in"),
        ({"ground_truth": "label", "inference": "a["}, "no JMESPath"),
        ({"ground_truth": "label", "features": "nothing"}, "finds no list of features"),
        ({}, "where is the label"),
    ],
)
def test_a_part_that_is_not_there_is_named(tmp_path: Path, attributes: dict[str, str], cause: str):
    path = written(tmp_path / "a.jsonl", {"features": [1], "label": 1, "card": SECRET})
    with pytest.raises(UsageError, match=cause) as raised:
        observed(path, **attributes)
    assert SECRET not in str(raised.value)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(
        st.fixed_dictionaries(
            {
                "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
                "text": st.text(st.characters(codec="utf-8"), min_size=1),
            }
        ),
        min_size=1,
        max_size=30,
    ),
    size=st.integers(1, 40),
)
def test_every_value_comes_back_as_it_was_written(
    tmp_path: Path, values: list[dict[str, Any]], size: int
):
    expected = [{"number": json.dumps(v["number"]), "text": v["text"]} for v in values]
    assert rows(written(tmp_path / "a.jsonl", *values), batch_rows=size) == expected
    document = tmp_path / "a.json"
    document.write_text(json.dumps(values))
    assert rows(document, lines=False, batch_rows=size) == expected


JSON_LINES = ('{"json": {"line": true}}', '{"json": {"lines": "true"}}', '{"json": {}}')


@pytest.mark.parametrize("dataset_format", JSON_LINES)
def test_a_baselining_job_reads_json_lines(tmp_path: Path, dataset_format: str):
    (tmp_path / "data").mkdir()
    values = [{"age": n % 50, "city": "Rome" if n % 2 else "Bern"} for n in range(100)]
    written(tmp_path / "data/a.jsonl", *values)
    variables = {
        "dataset_format": dataset_format,
        "dataset_source": "/data",
        "output_path": "/output",
    }
    assert run(variables, tmp_path) == 0, (tmp_path / MESSAGE).read_text()
    constraints = json.loads((tmp_path / "output/constraints.json").read_text())
    types = {feature["name"]: feature["inferred_type"] for feature in constraints["features"]}
    assert types == {"age": "Integral", "city": "String"}


def test_a_bias_job_reads_clarifys_json_lines(tmp_path: Path):
    (tmp_path / "data").mkdir()
    values = [
        {"features": [n % 50, n % 2], "label": int(n % 3 == 0), "said": int(n % 5 == 0)}
        for n in range(300)
    ]
    written(tmp_path / "data/a.jsonl", *values)
    config = {
        "dataset_type": "application/jsonlines",
        "headers": ["Age", "Sex", "Target"],
        "features": "features",
        "label": "label",
        "predicted_label": "said",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "Sex", "value_or_threshold": [0]}],
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    variables = {
        "analysis_type": "MODEL_BIAS",
        "analysis_config": "/config.json",
        "dataset_format": '{"json": {"line": true}}',
        "dataset_source": "/data",
        "output_path": "/output",
    }
    assert run(variables, tmp_path) == 0, (tmp_path / MESSAGE).read_text()
    analysis = json.loads((tmp_path / "output/analysis.json").read_text())
    (facet,) = analysis["pre_training_bias_metrics"]["facets"]["Sex"]
    metrics = {metric["name"]: metric["value"] for metric in facet["metrics"]}
    assert metrics["DPL"] == 0.0
    assert metrics["CI"] == 0.0
