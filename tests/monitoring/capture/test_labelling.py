"""The label with the largest score: where the scores are, and what is none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.capture.labelling import LargestScore
from monitoring.capture.lines import Flaw
from monitoring.capture.records import Payload
from monitoring.errors import UsageError

ANIMALS = ("cat", "dog", "fish")
CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"


def chosen(place: str, data: str, media: str, rows: int | None = None) -> list[str]:
    payload = Payload(data, "CSV" if media == CSV else "JSON", media)
    return LargestScore.of(place, "ProbabilityAttribute", ANIMALS).cells(payload, rows)


@pytest.mark.parametrize(
    ("place", "data", "media"),
    [
        ("0", "0.1,0.7,0.2\n0.5,0.3,0.2\n", CSV),
        ("1", "dog,0.1,0.7,0.2\ncat,0.5,0.3,0.2\n", CSV),
        ("1", 'x,"[0.1, 0.7, 0.2]"\ny,"[0.5,0.3,0.2]"', CSV),
        (
            "predictions[*].scores",
            '{"predictions": [{"scores": [1, 7, 2]}, {"scores": [5, 3, 2]}]}',
            JSON,
        ),
        ("scores", '[{"scores": [1, 7, 2]}, {"scores": [5, 3, 2]}]', JSON),
        ("scores", '{"scores": [[1, 7, 2], [5, 3, 2]]}', JSON),
        ("scores", '{"scores": [0.1, 0.7, 0.2]}\n{"scores": [0.5, 0.3, 0.2]}\n', LINES),
        ("0", "[[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]", JSON),
    ],
)
def test_every_shape_of_scores_is_read(place: str, data: str, media: str):
    assert chosen(place, data, media, 2) == ["dog", "cat"]


@pytest.mark.parametrize(
    ("place", "data", "media"),
    [
        ("0", "0.1,0.7", CSV),
        ("9", "0.1,0.7,0.2", CSV),
        ("0", "0.1,high,0.2", CSV),
        ("0", "nan,0.7,0.2", CSV),
        ("0", '"[0.1, 0.7"', CSV),
        ("scores", "0.1,0.7,0.2", CSV),
        ("scores", '{"other": [1, 2, 3]}', JSON),
        ("scores", '{"scores": 0.7}', JSON),
        ("scores", '{"scores": [1, 2, null]}', JSON),
        ("scores", '{"scores": [1, 2, 3, 4]}', JSON),
    ],
)
def test_what_is_no_list_of_scores_is_a_flaw_of_its_record(place: str, data: str, media: str):
    with pytest.raises(Flaw) as raised:
        chosen(place, data, media)
    assert raised.value.count == "undecodable"
    assert "high" not in raised.value.cause


def test_another_number_of_rows_is_unpaired():
    with pytest.raises(Flaw, match="2 rows were sent and 1 answered"):
        chosen("0", "0.1,0.7,0.2", CSV, 2)


@pytest.mark.parametrize("labels", [(), ("cat",), ("cat", "cat")])
def test_labels_that_leave_no_choice_are_refused(labels: tuple[str, ...]):
    with pytest.raises(UsageError, match="label_headers"):
        LargestScore.of("0", "ProbabilityAttribute", labels)


def test_a_path_that_is_none_is_refused():
    with pytest.raises(UsageError, match="ProbabilityAttribute"):
        LargestScore.of("scores[", "ProbabilityAttribute", ANIMALS)


@given(st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 3), min_size=1, max_size=20))
def test_it_is_the_label_numpy_would_choose(rows: list[tuple[float, ...]]):
    expected = [ANIMALS[place] for place in np.argmax(rows, axis=1)]
    assert chosen("0", "\n".join(",".join(map(repr, row)) for row in rows), CSV) == expected
    assert chosen("s", json.dumps({"s": rows}), JSON, len(rows)) == expected
