"""Values cut out of lines against the same lines parsed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture.envelopes import line_starts
from monitoring.capture.forms import Form

PATHS = [("a", "data"), ("b",), ("absent",)]
TEXTS = st.text(max_size=5) | st.text('"\\n\u20ac,/u', max_size=6)


def written(first: str, second: str, more: object = 1) -> bytes:
    return json.dumps(
        {"a": {"kind": "x", "data": first}, "b": second, "c": more}, ensure_ascii=False
    ).encode(errors="replace")


def cut(sample: bytes, lines: list[bytes]) -> dict[int, tuple[str, ...]]:
    """Each line that has the sample's form, by number: its values."""
    data = bytearray(b"\n".join([*lines, b""]))
    starts = line_starts(data)
    form = Form.of(sample, PATHS)
    assert form is not None
    found, values = form.values(data, starts, np.ones(len(lines), dtype=np.bool_))
    columns = (values[path].to_pylist() for path in PATHS[:2])
    return dict(zip(found.tolist(), zip(*columns, strict=True), strict=True))


@settings(deadline=None, max_examples=300)
@given(st.tuples(TEXTS, TEXTS), st.lists(st.tuples(TEXTS, TEXTS) | TEXTS.map(str.encode)))
def test_what_is_cut_out_is_what_a_parser_finds(sample, rows):
    lines = [row.replace(b"\n", b"") if isinstance(row, bytes) else written(*row) for row in rows]
    for number, values in cut(written(*sample), lines).items():
        event = json.loads(lines[number])
        assert values == (event["a"]["data"], event["b"])
        assert event == {"a": {"kind": "x", "data": values[0]}, "b": values[1], "c": 1}


def test_lines_of_one_form_are_all_found():
    lines = [written(f"{number},Rome\n", f'"{number}"') for number in range(50)]
    assert len(cut(lines[0], lines)) == 50


OTHER = {
    "a constant": written("1", "2", more=2),
    "another key": written("1", "2").replace(b"kind", b"KIND"),
    "another kind of value": written("1", "2").replace(b'"2"', b"2222"),
    "one value more": written("1", "2", more="3"),
    "a control character": written("1", "2").replace(b'"2"', b'"\x01"'),
    "a tab between": written("1", "2").replace(b", ", b"\t, "),
    "an escaped slash": written("1", "\\"),
    "an escaped character": written("1", "2").replace(b'"2"', b'"\\u0032"'),
    "text behind the object": written("1", "2") + b" ",
    "nothing": b"",
}


@pytest.mark.parametrize("line", OTHER.values(), ids=OTHER)
def test_a_line_of_another_form_is_not_cut(line: bytes):
    good = written("1", "2")
    assert list(cut(good, [good, line, good])) == [0, 2]


def test_a_line_without_texts_has_no_form():
    assert Form.of(b'{"b": 1}', PATHS) is None
