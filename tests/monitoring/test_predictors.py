"""Rows to requests and answers to numbers, for every media type and for models that refuse."""

from __future__ import annotations

import csv
import io
import json

import boto3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring import predictors
from monitoring.aws.clients import Aws
from monitoring.errors import MonitoringError, UsageError
from monitoring.monitors.explainability_settings import Predictor
from monitoring.predictors import Asking, body, numbers, opened, record

JSON, JSON_LINES = "application/json", "application/jsonlines"

cells = st.one_of(
    st.none(), st.text(min_size=1, max_size=8), st.from_regex(r"-?[1-9]\.[1-9]", fullmatch=True)
)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5)
)


def rows(*cells: list[str | None]) -> np.ndarray:
    return np.array(cells, dtype=object)


@settings(deadline=None, max_examples=60)
@given(tables)
def test_csv_is_read_back_as_the_rows_it_was(table):
    text = body([record(row, Predictor()) for row in table], Predictor()).decode()
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    whole = [row or [""] for row in read]
    assert whole == [[cell or "" for cell in row] for row in table]


@settings(deadline=None, max_examples=60)
@given(tables, st.sampled_from([JSON, JSON_LINES]))
def test_json_is_read_back_as_the_rows_it_was(table, media_type):
    predictor = Predictor(content_type=media_type)
    text = body([record(row, predictor) for row in table], predictor).decode()
    if media_type == JSON:
        read = json.loads(text, parse_float=str, parse_int=str)["instances"]
    else:
        read = [json.loads(x, parse_float=str, parse_int=str) for x in text.split("\n") if x]
    assert read == table


def test_clarifys_templates_are_filled():
    predictor = Predictor(
        content_type=JSON,
        content_template='{"rows": $records}',
        record_template='{"features": $features}',
    )
    sent = json.loads(body([record(["1", "web"], predictor)], predictor))
    assert sent == {"rows": [{"features": [1, "web"]}]}
    lines = Predictor(content_type=JSON_LINES, content_template='{"x": $features}')
    assert body([record(["1"], lines)], lines) == b'{"x": [1]}\n'


def test_a_text_that_looks_nearly_like_a_number_stays_text():
    predictor = Predictor(content_type=JSON_LINES)
    assert json.loads(record(["007", "1_0", "١", "1e5"], predictor)) == ["007", "1_0", "١", 1e5]


ANSWERS = {
    "all columns": (b"0.2,0.8\n0.5,0.5\n", Predictor(), [[0.2, 0.8], [0.5, 0.5]]),
    "one column": (b"0,0.8\n1,0.5\n", Predictor(output="1"), [[0.8], [0.5]]),
    "json": (
        b'{"predictions": [{"p": 0.8}, {"p": 0.5}]}',
        Predictor(content_type=JSON, output="predictions[*].p"),
        [[0.8], [0.5]],
    ),
    "json, several labels": (
        b'{"p": [[0.2, 0.8], [0.5, 0.5]]}',
        Predictor(content_type=JSON, output="p"),
        [[0.2, 0.8], [0.5, 0.5]],
    ),
    "json lines": (
        b'{"score": 0.8}\n{"score": 0.5}\n',
        Predictor(content_type=JSON_LINES, output="score"),
        [[0.8], [0.5]],
    ),
    "another type than the request's": (
        b'{"score": 0.8}\n{"score": 0.5}\n',
        Predictor(accept_type=JSON_LINES, output="score"),
        [[0.8], [0.5]],
    ),
}


@pytest.mark.parametrize(("answer", "predictor", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_scores_are_found_in_an_answer(answer, predictor, expected):
    assert numbers(answer, predictor, 2) == expected


@pytest.mark.parametrize(
    ("answer", "predictor"),
    [
        pytest.param(b"yes,0.5\n", Predictor(), id="a text among the columns"),
        pytest.param(b"0.5\n", Predictor(output="1"), id="no such column"),
        pytest.param(b'{"a": 1}', Predictor(content_type=JSON, output="b"), id="finds nothing"),
        pytest.param(b"<html>", Predictor(content_type=JSON, output="b"), id="no JSON"),
        pytest.param(b'{"a": 1}\n', Predictor(content_type=JSON_LINES, output="b"), id="no key"),
        pytest.param(b"\xff", Predictor(), id="no UTF-8"),
    ],
)
def test_an_answer_without_the_score_says_what_to_configure(answer, predictor):
    with pytest.raises(UsageError, match=r"predictor\.probability"):
        numbers(answer, predictor, 1)


def test_an_answer_for_fewer_rows_is_nobodys():
    with pytest.raises(MonitoringError, match="1 answers for 2 rows"):
        numbers(b"0.5\n", Predictor(), 2)


def summing(body: bytes) -> bytes | None:
    """A model that refuses a request with an `x` in it."""
    if b"x" in body:
        return None
    lines = body.decode().splitlines()
    return "".join(f"{sum(map(float, line.split(',')))}\n" for line in lines).encode()


def test_only_the_row_at_fault_has_no_answer():
    asked = rows(["1", "2"], ["3", "4"], ["x", "5"], ["6", "7"], ["8", "x"])
    answers = Asking(Predictor(), summing)(asked)[:, 0]
    np.testing.assert_array_equal(answers, [3, 7, np.nan, 13, np.nan])


def test_a_model_that_refuses_everything_answers_nothing():
    assert np.isnan(Asking(Predictor(), lambda _: None)(rows(["1"], ["2"]))).all()


def test_a_request_stays_below_what_an_endpoint_takes():
    sizes: list[tuple[int, int]] = []

    def send(sent: bytes) -> bytes:
        lines = sent.splitlines()
        sizes.append((len(sent), len(lines)))
        return b"1\n" * len(lines)

    wide = rows(*[["x" * 30_000]] * 300)
    narrow = rows(*[["1"]] * 10_000)
    for asked in (wide, narrow):
        assert Asking(Predictor(), send)(asked).shape == (len(asked), 1)
    assert max(size for size, _ in sizes) <= predictors.LARGEST_BODY
    assert max(lines for _, lines in sizes) == predictors.MOST_ROWS
    assert sum(lines for _, lines in sizes) == 10_300


def test_answers_of_different_widths_are_refused():
    with pytest.raises(UsageError, match="more numbers than others"):
        Asking(Predictor(), lambda _: b"1\n1,2\n")(rows(["1"], ["2"]))


def test_a_configuration_that_names_no_model_says_so():
    with (
        pytest.raises(UsageError, match=r"model_name .* or predictor\.endpoint_name"),
        opened(Predictor(), Aws(boto3.Session())),
    ):
        pytest.fail("there is no model")
