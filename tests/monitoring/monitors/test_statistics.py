"""statistics.json: written in AWS's shape, and a damaged baseline is refused."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.errors import DocumentError
from monitoring.measures.table import TableState
from monitoring.monitors.statistics import distributions, statistics


def of(**columns: list[str | None]) -> dict[str, Any]:
    batch = pa.record_batch({name: pa.array(c, pa.string()) for name, c in columns.items()})
    return statistics(TableState.of([batch]))


def feature(document: dict[str, Any], name: str) -> Any:
    return next(f for f in document["features"] if f["name"] == name)


def test_keys_stand_in_aws_order():
    numeric = feature(of(a=["1", "2"]), "a")["numerical_statistics"]
    assert list(numeric) == [
        "common",
        "mean",
        "sum",
        "std_dev",
        "min",
        "max",
        "approximate_num_distinct_values",
        "completeness",
        "distribution",
    ]
    text = feature(of(a=["x", "y"]), "a")["string_statistics"]
    assert list(text) == ["common", "distinct_count", "completeness", "distribution"]


def test_missing_and_non_finite_are_counted_apart():
    common = feature(of(a=["1.5", None, "1e400"]), "a")["numerical_statistics"]["common"]
    assert common == {"num_present": 2, "num_missing": 1, "num_non_finite": 1}


def test_a_column_of_nothing_is_unknown_and_has_no_block():
    assert feature(of(a=[None, None]), "a") == {"name": "a", "inferred_type": "Unknown"}


def test_numbers_that_are_all_past_float64_have_no_distribution():
    numeric = feature(of(a=["1e400", "-1e999"]), "a")["numerical_statistics"]
    assert (numeric["mean"], numeric["min"], numeric["std_dev"]) == (None, None, None)
    assert "distribution" not in numeric


def test_many_distinct_texts_have_no_histogram():
    document = of(a=[f"user-{i}" for i in range(500)])
    assert "distribution" not in feature(document, "a")["string_statistics"]


def test_the_histogram_does_not_depend_on_row_order():
    assert of(a=["x", "y", "y", "z"]) == of(a=["z", "y", "x", "y"])


def test_distributions_are_read_back():
    read = distributions(of(n=["1", "2", "2"], t=["a", "b", "a"], u=[None] * 3))
    assert read["n"].sketch is not None
    assert read["n"].sketch.ranked().weights.tolist() == [1.0, 2.0]
    assert read["t"].histogram == {"a": 2, "b": 1}
    assert (read["u"].sketch, read["u"].histogram) == (None, None)


def test_a_baseline_with_a_number_past_float64_is_read():
    assert distributions(of(n=["1e400", "2.5"]))["n"].sketch is not None


def damaged(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(of(n=["1", "2", "3"]))
    place: Any = document["features"][0]["numerical_statistics"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


SKETCH = ("distribution", "kll", "sketch")


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ((*SKETCH, "data"), [[1.0]], "stands for 1 values, but num_present says 3"),
        ((*SKETCH, "data"), [[1.0, "x", 3.0]], "holds a str"),
        ((*SKETCH, "data"), [[1.0, "NaN", 3.0]], "no finite number"),
        ((*SKETCH, "data"), 7, "not shaped like"),
        ((*SKETCH, "parameters"), {"c": 2.0, "k": 2048.0}, "no KLL sketch's"),
        ((*SKETCH, "parameters"), {}, "not shaped like"),
        (("common",), {}, "not shaped like"),
    ],
)
def test_a_damaged_sketch_is_refused(path, value, complaint):
    with pytest.raises(DocumentError, match=complaint):
        distributions(damaged(path, value))


@pytest.mark.parametrize("document", [{"features": None}, {"features": [3]}, {"features": [{}]}])
def test_a_document_of_another_shape_is_refused(document):
    with pytest.raises(DocumentError, match="not shaped like"):
        distributions(document)


@pytest.mark.parametrize("rows", [2050, 2051, 30_000])
def test_the_sketch_of_either_mode_is_read_back_as_the_column_it_stands_for(rows):
    values = np.random.default_rng(rows).lognormal(3, 1, rows).round(2).tolist()
    batch = pa.record_batch({"n": pa.array([repr(value) for value in values])})
    exact = np.searchsorted(np.sort(values), np.unique(values), side="right") / rows
    for mode in ("corrected", "compat"):
        document = statistics(TableState.of([batch], mode=mode))
        sketch = distributions(document)["n"].sketch
        assert sketch is not None
        assert sketch.count == rows
        shares = sketch.ranked().share_up_to(np.unique(values))
        assert np.abs(shares - exact).max() < (0.01 if rows > 2050 else 1e-12)
        block = feature(document, "n")["numerical_statistics"]
        assert sum(b["count"] for b in block["distribution"]["kll"]["buckets"]) == rows
        assert block["distribution"]["kll"]["sketch"]["parameters"] == {"c": 0.64, "k": 2048.0}
