"""Whole lines cut at their commas: the values that parsing each line gives, or nothing."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.capture.commas import Commas

DATA, ID = ("sent", "data"), ("meta", "id")
CELLS = st.text(st.sampled_from('09.-aé \\"{}[]:'), max_size=4)


def line(cells: list[str], name: str = "a", end: str = "", **more: Any) -> bytes:
    sent = {"type": "text/csv", "data": ",".join(cells) + end}
    return json.dumps({"sent": sent, "meta": {"id": name, **more}}, ensure_ascii=False).encode()


def read(lines: list[bytes]) -> dict[str, list[list[str]]] | None:
    commas = Commas.of(lines[0], [DATA, ID])
    values = commas and commas.values(bytearray(b"\n".join(lines) + b"\n"), len(lines))
    if values is None:
        return None
    return {
        path[-1]: [
            list(row) for row in zip(*(column.to_pylist() for column in columns), strict=True)
        ]
        for path, columns in values.items()
    }


@given(st.lists(st.tuples(st.lists(CELLS, min_size=1, max_size=4), CELLS), min_size=1, max_size=9))
def test_what_is_read_is_what_parsing_gives(records):
    lines = [line(cells, name) for cells, name in records]
    found = read(lines)
    if found is None:
        return
    events = [json.loads(one) for one in lines]
    payloads = [event["sent"]["data"] for event in events]
    rows = [next(csv.reader(io.StringIO(text)), [""]) for text in payloads]
    assert found["data"] == [[cell or None for cell in row] for row in rows]
    assert found["id"] == [[event["meta"]["id"] or None] for event in events]


@given(
    st.lists(
        st.lists(st.sampled_from(["", "1", "-2.5", "a b"]), min_size=3, max_size=3), min_size=1
    )
)
def test_plain_lines_of_one_width_are_read(rows):
    assert read([line(row, end="\n") for row in rows]) is not None


START = line(["1", "2"])
ODD = {
    "another width": line(["1", "2", "3"]),
    "a comma moved from one value to the other": line(["1"], "2,a"),
    "a quote in a cell": line(['"1', '2"']),
    "a line end inside": line(["1\n3", "2"]),
    "another key": START.replace(b"type", b"kind"),
    "another type": START.replace(b"text/csv", b"text/txt"),
    "a value more": line(["1", "2"], more=1),
    "not ASCII": line(["1", "é"]),
    "a control": START.replace(b"1,2", b"1,\x01"),
    "a return": START + b"\r",
    "blank": b"",
    "cut off": START[:-1],
    "overlapping ends": START.replace(b'"data": "1,2"', b'"data": ",2"').replace(b'"a"', b'"'),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_one_line_that_differs_leaves_all_to_another_reader(odd):
    assert read([START, START]) is not None
    assert read([START, odd, START]) is None


def test_a_line_without_a_text_to_read_has_no_form():
    assert Commas.of(b'{"sent": {"data": 1}}', [DATA, ID]) is None
    assert Commas.of(line(["1", '"2"']), [DATA, ID]) is None
