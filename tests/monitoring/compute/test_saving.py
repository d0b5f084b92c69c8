"""A partial as a file: what is read is what was written, and reading runs nothing."""

from __future__ import annotations

import json
import math
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture import Coverage, Window
from monitoring.compute.gathering import gathered
from monitoring.compute.saving import STRUCTURE, load, save
from monitoring.errors import DocumentError
from monitoring.kinds import DATA_QUALITY, KINDS
from monitoring.measures.confusion import BinaryCounts, ConfusionCounts
from monitoring.measures.facets import Interval
from monitoring.measures.outcome import Uncomputable
from monitoring.monitors.beside import with_drift_tests
from monitoring.monitors.drift_test_settings import DriftTests
from tests.monitoring.compute.parted import regression, rows_of, work_on, write_table

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.text() | st.integers() | st.tuples(st.text(), st.booleans())
VALUES = st.recursive(
    SCALARS | st.frozensets(st.text()) | st.sets(st.integers()),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "algo-1.state"


def again(value: Any, path: Path) -> Any:
    save(value, path)
    return load(path)


@given(value=VALUES)
@settings(max_examples=40)
def test_what_is_read_is_what_was_written(value, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "algo-1.state"
    found = again(value, path)
    assert found == value
    assert repr(found) == repr(value) or isinstance(value, set | frozenset | dict | list | tuple)


@pytest.mark.parametrize(
    "value",
    [
        Uncomputable("no labels"),
        BinaryCounts(1, 2, 3, 4),
        Interval(40, 75.0),
        Coverage(records=5, joined=3),
        Window.parse("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"),
        {("a", 1): [BinaryCounts(0, 0, 0, 1)]},
        "half a character: \ud800",
        10**400,
        -0.0,
        np.float64(0.1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_objects_of_ours_come_back_as_they_were(value, path):
    found = again(value, path)
    assert found == value
    assert type(found) is type(value)


def test_numbers_that_json_has_not_come_back(path):
    nan, *others = again([math.nan, math.inf, -math.inf], path)
    assert math.isnan(nan)
    assert others == [math.inf, -math.inf]


def test_arrays_keep_their_type_shape_and_bits(path):
    arrays = [
        np.array([[0.1, np.nan], [-0.0, np.inf]]),
        np.arange(5, dtype=np.uint64),
        np.zeros((0, 3), dtype=np.int8),
        np.array([True, False]),
    ]
    for found, array in zip(again(arrays, path), arrays, strict=True):
        assert found.dtype == array.dtype
        assert found.shape == array.shape
        assert found.tobytes() == array.tobytes()


def test_arrow_texts_come_back(path):
    texts = pa.array(["Zürich", None, ""])
    assert again({"domain": texts}, path)["domain"].equals(texts)


def test_counts_read_from_a_file_add_up_like_others(path):
    counts = ConfusionCounts(("0", "1"), np.array([[5, 1], [2, 7]]))
    both = again(counts, path) + counts
    assert both.total == 30


@pytest.mark.parametrize("value", [object(), lambda: 0, Path("a"), np.array([object()])])
def test_what_has_no_form_is_not_written(value, path):
    with pytest.raises((TypeError, ValueError)):
        save(value, path)
    assert not path.exists()


def write(path: Path, structure: Any) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(STRUCTURE, json.dumps(structure))


@pytest.mark.parametrize(
    "form",
    [
        ["object", "os:system", ["tuple", ["echo"]]],
        ["object", "subprocess:Popen", None],
        ["object", "monitoring.measures.facets:np", None],
        ["object", "monitoring.measures.facets:above", None],
        ["object", "monitoring.job:Job", None],
        ["object", "monitoring.measures.nowhere:Counts", None],
        ["object", "monitoring.measures.confusion:BinaryCounts", 7],
        ["array", "0.npy"],
        ["eval", "1"],
        [],
        ["dict", [["a"]]],
    ],
    ids=str,
)
def test_a_file_can_make_nothing_but_our_own_classes(form, path):
    write(path, {"version": 1, "value": form})
    with pytest.raises(DocumentError, match="no partial state"):
        load(path)


def test_a_pickle_in_the_place_of_an_array_is_refused(path):
    class Exploit:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was run",))

    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(STRUCTURE, json.dumps({"version": 1, "value": ["array", "0.npy"]}))
        packed.writestr("0.npy", pickle.dumps(Exploit()))
    with pytest.raises(DocumentError):
        load(path)


def test_another_version_is_refused_by_its_number(path):
    write(path, {"version": 2, "value": None})
    with pytest.raises(DocumentError, match="version 2"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"PK", b'{"version": 1}', pickle.dumps({})])
def test_another_file_is_refused_in_one_line(content, path):
    path.write_bytes(content)
    with pytest.raises(DocumentError) as refused:
        load(path)
    assert "\n" not in str(refused.value)


def test_a_value_that_cannot_be_written_leaves_the_former_file(path):
    save([1], path)
    with pytest.raises(TypeError):
        save([object()], path)
    assert load(path) == [1]


# States


@pytest.mark.parametrize("mode", ["corrected", "compat"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_every_monitors_state_says_the_same_when_read_again(kind, mode, tmp_path):
    work = work_on(kind, write_table(tmp_path / "data", rows_of(300)), tmp_path, mode)
    partial = gathered(work)
    found = again(partial, tmp_path / "algo-1.state")
    assert found.columns == partial.columns
    one, other = (dict(work.monitor.suggest_from(p.state, mode)) for p in (partial, found))
    assert one == other


def test_a_regressions_state_says_the_same_when_read_again(tmp_path):
    work = regression(write_table(tmp_path / "data", rows_of(300)))
    partial = gathered(work)
    found = again(partial, tmp_path / "algo-1.state")
    one, other = (dict(work.monitor.suggest_from(p.state)) for p in (partial, found))
    assert one == other


def test_the_state_of_drift_tests_says_the_same_when_read_again(tmp_path):
    dataset = write_table(tmp_path / "data", rows_of(300))
    plain = work_on(DATA_QUALITY, dataset, tmp_path, "corrected")
    asked = DriftTests.of({"tests": {"ks": {}, "classifier": {}}}, "tests.json")
    work = replace(plain, monitor=with_drift_tests(plain.monitor, asked))
    partial = gathered(work)
    found = again(partial, tmp_path / "algo-1.state")
    one, other = (dict(work.monitor.suggest_from(p.state)) for p in (partial, found))
    assert one == other
