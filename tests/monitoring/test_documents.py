"""Documents: read whatever AWS wrote, write what every strict parser reads, all or nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.documents import (
    MAX_DEPTH,
    java_double,
    number,
    parse,
    publish,
    read,
    render,
    require_kind,
)
from monitoring.errors import DocumentError, MonitoringError
from monitoring.kinds import DATA_QUALITY, EXPLAINABILITY, KINDS
from monitoring.spools import HELD, Spool

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters()),
)
VALUES = st.recursive(
    SCALARS, lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside), max_leaves=20
)


@given(VALUES)
def test_what_is_written_is_read_back(value):
    assert parse(render(value).encode(), "x") == value


@given(VALUES)
def test_what_is_written_is_strict_json(value):
    def refuse(token):
        raise AssertionError(token)

    assert json.loads(render(value), parse_constant=refuse) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_java_double_is_the_same_number(value):
    text = java_double(value)
    assert float(text) == value
    assert math.copysign(1, float(text)) == math.copysign(1, value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1648511.0, "1648511.0"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (0.001, "0.001"),
        (0.000999, "9.99E-4"),
        (1e300, "1.0E300"),
        (-2.348543e108, "-2.348543E108"),
        (4.972724545902011e-17, "4.972724545902011E-17"),
    ],
)
def test_doubles_are_spelt_as_java_spells_them(value, text):
    assert java_double(value) == text


def test_arrays_and_empty_values_are_laid_out_as_aws_does():
    document = {"violations": [], "domains": ["é", "b"], "sketch": [[1.0, 2.0], [3.0]], "none": {}}
    assert render(document) == (
        '{\n  "violations" : [ ],\n  "domains" : [ "é", "b" ],\n'
        '  "sketch" : [ [ 1.0, 2.0 ], [ 3.0 ] ],\n  "none" : { }\n}'
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_json_cannot_hold_is_refused_by_place(value):
    with pytest.raises(DocumentError, match=r"\$\.features\[1\]\.mean"):
        render({"features": [{}, {"mean": value}]})


def test_a_lone_surrogate_survives():
    assert parse(render({"a": "\ud800"}).encode(), "x") == {"a": "\ud800"}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is not JSON"),
        (b'{"a": 1', "is not JSON"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"b": {"a": 1, "a": 1}}', "'a' stands twice"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deep"),
        (b"[" * 100_000, "deep"),
        (b"9" * 5000, "is not JSON"),
    ],
    ids=["empty", "cut", "duplicate", "nested duplicate", "binary", "deep", "bomb", "long number"],
)
def test_a_file_that_is_no_document_is_refused_by_name(content, complaint):
    with pytest.raises(DocumentError, match=rf"constraints\.json: .*{complaint}"):
        parse(content, "constraints.json")


def test_a_byte_order_mark_is_skipped():
    assert parse(b"\xef\xbb\xbf{}", "x") == {}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DocumentError, match=r"statistics\.json: cannot be read"):
        read(tmp_path / "statistics.json")


@pytest.mark.parametrize("generation", ['"NaN"', "null", "NaN"])
def test_undefined_numbers_of_every_generation_are_none(generation):
    document = parse(f'{{"value": {generation}}}'.encode(), "statistics.json")
    assert number(document["value"], "value") is None


@pytest.mark.parametrize("value", ["12", True, [], {}, 10**400])
def test_what_is_no_number_is_refused_by_place(value):
    with pytest.raises(DocumentError, match=r"features\[0\]\.mean"):
        number(value, "features[0].mean")


DOCUMENTS = {
    "DataQuality": {"features": []},
    "ModelQuality": {"binary_classification_constraints": {}},
    "ModelBias": {"post_training_bias_metrics": {}},
    "ModelExplainability": {"explanations": {}},
}


@pytest.mark.parametrize("wanted", KINDS, ids=lambda kind: kind.slug)
@pytest.mark.parametrize("given_kind", KINDS, ids=lambda kind: kind.slug)
def test_another_monitors_document_is_refused(wanted, given_kind):
    document = DOCUMENTS[given_kind.name]
    if wanted == given_kind:
        require_kind(document, wanted, "x")
    else:
        with pytest.raises(DocumentError, match=f"of {given_kind.title}, not of {wanted.title}"):
            require_kind(document, wanted, "constraints.json")


def test_clarifys_analysis_may_serve_two_monitors():
    require_kind({"pre_training_bias_metrics": {}, "explanations": {}}, EXPLAINABILITY, "x")


@pytest.mark.parametrize("document", [{}, [], None, "features"])
def test_a_document_of_no_monitor_is_refused(document):
    with pytest.raises(DocumentError, match="no monitor"):
        require_kind(document, DATA_QUALITY, "constraints.json")


def test_an_output_set_is_published(tmp_path):
    paths = publish({"a.json": {"x": 1}, "b.json": {}}, tmp_path / "new" / "dir")
    assert [read(path) for path in paths] == [{"x": 1}, {}]
    assert sorted(path.name for path in (tmp_path / "new" / "dir").iterdir()) == [
        "a.json",
        "b.json",
    ]


def test_publishing_twice_leaves_the_second_set_alone(tmp_path):
    publish({"a.json": 1, "b.json": 1}, tmp_path)
    publish({"a.json": 2, "b.json": 2}, tmp_path)
    assert listing(tmp_path) == {"a.json": "2\n", "b.json": "2\n"}


def test_one_unwritable_number_publishes_nothing(tmp_path):
    with pytest.raises(DocumentError, match=r"b\.json: \$\.x"):
        publish({"a.json": {}, "b.json": {"x": math.nan}}, tmp_path)
    assert listing(tmp_path) == {}


def test_a_target_that_cannot_be_replaced_leaves_the_old_set(tmp_path):
    publish({"a.json": 1}, tmp_path)
    (tmp_path / "b.json").mkdir()
    with pytest.raises(MonitoringError, match="nothing was published"):
        publish({"a.json": 2, "b.json": 2}, tmp_path)
    assert listing(tmp_path) == {"a.json": "1\n"}


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MonitoringError, match="file/out"):
        publish({"a.json": 1}, tmp_path / "file" / "out")


def test_a_long_document_appears_with_the_others(tmp_path):
    table = Spool()
    table.write("income\n")
    table.write("1\r\n" * HELD)
    publish({"a.json": 1, "tables/out.csv": table}, tmp_path)
    assert (tmp_path / "tables" / "out.csv").read_bytes() == b"income\n" + b"1\r\n" * HELD


def test_of_a_set_that_fails_no_directory_stays(tmp_path):
    (tmp_path / "b.json").mkdir()
    with pytest.raises(MonitoringError, match="nothing was published"):
        publish({"tables/out.csv": Spool(), "b.json": 2}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


@pytest.mark.parametrize(
    "name", ["../a.json", "/etc/a.json", "", ".hidden", "a/../b.json", "a/b/c.json"]
)
def test_only_plain_file_names_are_published(tmp_path, name):
    with pytest.raises(ValueError, match="no plain file name"):
        publish({name: {}}, tmp_path)


def listing(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir() if path.is_file()}
