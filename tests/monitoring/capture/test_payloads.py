"""One payload to its rows: every shape model servers speak, and what is refused."""

from __future__ import annotations

import base64
import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.capture.lines import Flaw
from monitoring.capture.payloads import csv_rows, json_rows, media_type, rows_of
from monitoring.capture.records import Payload


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        pytest.param(0.5, [["0.5"]], id="a number"),
        pytest.param([1, 2], [["1", "2"]], id="a list is one row"),
        pytest.param([[1, 2], [3, 4]], [["1", "2"], ["3", "4"]], id="lists"),
        pytest.param({"a": 1, "b": None}, [{"a": "1", "b": ""}], id="an object"),
        pytest.param([{"a": 1}, {"a": 2}], [{"a": "1"}, {"a": "2"}], id="objects"),
        pytest.param({"predictions": [0.1, 0.9]}, [["0.1"], ["0.9"]], id="predictions"),
        pytest.param({"instances": [[1, 2]]}, [["1", "2"]], id="instances"),
        pytest.param({"features": [28, 2]}, [["28", "2"]], id="features of one row"),
        pytest.param(
            {"instances": [{"features": [1, 2]}]}, [["1", "2"]], id="instances of features"
        ),
        pytest.param({"rows": [{"a": 1}, {"a": 2}]}, [{"a": "1"}, {"a": "2"}], id="any one key"),
        pytest.param(
            {"a": {"b": 1, "c": [2]}, "d": 3}, [{"a.b": "1", "a.c.0": "2", "d": "3"}], id="nested"
        ),
        pytest.param(True, [["true"]], id="a boolean"),
    ],
)
def test_json_shapes_become_rows(value: Any, rows: list[Any]):
    assert json_rows(json.dumps(value)) == rows


@pytest.mark.parametrize("number", ["1.0", "1", "1e5", "-0.0", "1e400", "0.10", "9" * 5000])
def test_json_numbers_stay_as_they_were_written(number: str):
    assert json_rows(f"[{number}]") == [[number]]


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity"])
def test_json_tokens_no_parser_should_write_are_kept_for_the_monitor(token: str):
    assert json_rows(f"[{token}]") == [[token]]


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        pytest.param(("", "CSV", "text/csv"), "empty", id="empty CSV"),
        pytest.param(("\n\n", "CSV", "text/csv"), "empty", id="blank CSV"),
        pytest.param(("[]", "JSON", "application/json"), "empty", id="an empty list"),
        pytest.param(("{}", "JSON", "application/json"), "empty", id="an empty object"),
        pytest.param(('{"instances": []}', "JSON", "application/json"), "empty", id="no rows"),
        pytest.param(("{", "JSON", "application/json"), "not JSON", id="broken JSON"),
        pytest.param(("[" * 100_000, "JSON", "application/json"), "not JSON", id="deep JSON"),
        pytest.param(("[[[1]]]", "JSON", "application/json"), "nested: ", id="nested lists"),
        pytest.param(('"a', "CSV", "text/csv"), "quotes", id="an open quote"),
        pytest.param(("?", "BASE64", "text/csv"), "BASE64", id="no base64"),
        pytest.param(("gICA", "BASE64", "text/csv"), "UTF-8", id="no text"),
        pytest.param(("AAAA", "BASE64", "image/png"), "CaptureContentTypeHeader", id="an image"),
        pytest.param(("1", "XML", "text/xml"), "none of BASE64", id="an unknown encoding"),
    ],
)
def test_what_cannot_be_read_says_why(payload: tuple[str, str, str], cause: str):
    with pytest.raises(Flaw, match=cause) as caught:
        rows_of(Payload(*payload))
    assert caught.value.count == "undecodable"


def test_a_refused_shape_is_told_by_its_keys_not_its_values():
    with pytest.raises(Flaw) as caught:
        json_rows('[{"card": ["4111", {"cvc": "123"}]}, 5]')
    assert "card" in caught.value.cause
    assert "4111" not in caught.value.cause


@pytest.mark.parametrize(
    "content_type", ["text/csv", "text/csv; charset=utf-8", " Text/CSV ", "TEXT/CSV;header=present"]
)
def test_only_the_media_type_decides(content_type: str):
    assert media_type(content_type) == "text/csv"
    text = base64.b64encode(b"1,2").decode()
    assert rows_of(Payload(text, "BASE64", content_type)) == [["1", "2"]]


@pytest.mark.parametrize("media", ["application/jsonlines", "application/x-ndjson"])
@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_json_lines_are_told_by_their_type(media: str, encoding: str):
    text = '{"a": 1}\n{"a": 2}\n'
    data = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
    assert rows_of(Payload(data, encoding, media)) == [{"a": "1"}, {"a": "2"}]


cells = st.text(st.characters(exclude_characters="\r\n\x00\ufeff", exclude_categories=["Cs"]))


@given(st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=4))
def test_csv_that_a_writer_wrote_is_read_back(rows: list[list[str]]):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    assert csv_rows(text.getvalue()) == rows


@given(st.lists(st.lists(st.text(), min_size=1, max_size=4), min_size=1, max_size=5))
def test_json_rows_are_read_back(rows: list[list[str]]):
    assert json_rows(json.dumps(rows)) == rows
