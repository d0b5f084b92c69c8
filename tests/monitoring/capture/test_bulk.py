"""Slices at once against records one by one: whatever the lines hold, nothing differs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture import INPUT, OUTPUT, Window, envelopes, reading
from monitoring.capture.bulk import Bulk, Digest
from monitoring.capture.layout import Layout, Side
from monitoring.capture.reading import read_capture
from monitoring.capture.slices import Slice, read_slices
from monitoring.capture.tally import Counts
from monitoring.errors import CaptureError

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = Window(NINE, NINE + timedelta(hours=1))
NAMES = ("score", "age", "city")


def line(
    number: int,
    sent: str | None = "31,Rome",
    answered: str | None = "0.5\n",
    time: str = "2026-01-05T09:00:00Z",
    encoding: str = "CSV",
    **more: Any,
) -> bytes:
    """A captured event; `more` goes into its metadata."""
    side = {"observedContentType": "text/csv", "encoding": encoding}
    captured = {
        name: {**side, "data": data}
        for name, data in ((INPUT, sent), (OUTPUT, answered))
        if data is not None
    }
    metadata = {"eventId": f"event-{number}", "inferenceTime": time, **more}
    event = {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}
    return json.dumps(event).encode()


PLAIN = line(0)
NUMBERS = st.integers(0, 12)
CELLS = st.sampled_from(
    ["31", "", "-1.5", "€", "a b", '"a,b"', '"say ""x"""', '""', '"a\nb"', 'a"b', '"a"b', '"']
)
ROWS = st.lists(CELLS, min_size=1, max_size=3).map(",".join)
ENDS = st.sampled_from(["", "\n", "\r\n", "\r", "\n\n"])
PAYLOADS = st.builds(
    lambda rows, middle, end: middle.join(rows) + end,
    st.lists(st.lists(CELLS, min_size=2, max_size=2).map(",".join) | ROWS, max_size=3),
    ENDS.filter(bool),
    ENDS,
)
TIMES = st.sampled_from(
    [
        "2026-01-05T09:59:59Z",
        "2026-01-05T10:59:00+01:00",
        "2026-01-05T08:59:59Z",
        "2026-01-05T10:00:00Z",
        "2020-01-05T09:00:00Z",
        "yesterday",
        "",
    ]
)
GOOD = st.builds(
    lambda number, age: line(number, f"{age},Rome"), st.integers(0, 10**6), st.integers(0, 99)
)
ALIKE = st.builds(
    lambda lots, end, retried: [
        line(
            number,
            f"{age},{city}{end}",
            f"0.{number}",
            time=f"2026-01-05T{hour:02}:00:00Z",
            **({"inferenceId": f"order-{number % 3}"} if retried else {}),
        )
        for number, age, city, hour in lots
    ],
    st.lists(
        st.tuples(
            st.integers(0, 99),
            st.sampled_from(["", "31", "-1.5", "age"]),
            st.sampled_from(["Rome", "", "city", "a b", "{}[]:"]),
            st.sampled_from([9, 9, 9, 9, 8, 10]),
        ),
        min_size=8,
        max_size=40,
    ),
    st.sampled_from(["", "\n"]),
    st.booleans(),
)
ODD = st.one_of(
    st.builds(line, NUMBERS, PAYLOADS, st.sampled_from(["1", "1\n", "1\n2", "1,2", "", "1\n2\n3"])),
    st.builds(line, NUMBERS, st.none() | ROWS, st.none() | ROWS),
    st.builds(line, NUMBERS, time=TIMES),
    st.builds(
        lambda number, sent, name: line(number, sent, inferenceId=name),
        NUMBERS,
        st.sampled_from(["31,Rome", "32,Bern"]),
        st.sampled_from(["", "order-1", "order-2"]),
    ),
    st.sampled_from(
        [
            b"",
            b" ",
            b"\r",
            b"{}",
            b"{",
            b"}",
            b"42",
            b"\xef\xbb\xbf" + PLAIN,
            b" " + PLAIN,
            PLAIN + b"\r",
            PLAIN + PLAIN,
            PLAIN[:-1],
            PLAIN[: len(PLAIN) // 2] + b"}",
            PLAIN + b" }",
            PLAIN.replace(b"Rome", b"\xff\xfe"),
            PLAIN.replace(b"Rome", b"\\ud800"),
            PLAIN.replace(b"Rome", b"\\u0000"),
            PLAIN.replace(b"31,", b"\\ufeff31,"),
            PLAIN.replace(b'"eventVersion": "0"', b'"eventVersion": "0.7"'),
            PLAIN.replace(b'"eventVersion": "0"', b'"eventVersion": "1"'),
            PLAIN.replace(b'"eventVersion": "0"', b'"eventVersion": 0'),
            PLAIN.replace(b'"eventVersion": "0"', b'"eventVersion": null'),
            PLAIN.replace(b'"eventVersion": "0"', b'"x": 1'),
            PLAIN.replace(b'"eventVersion"', b'"x": [' + b"9" * 5000 + b'], "eventVersion"'),
            PLAIN.replace(b'"eventVersion"', b'"x": ' + b"[" * 5000 + b'], "eventVersion"'),
            PLAIN.replace(b'"event-0"', b"7"),
            PLAIN.replace(b'"event-0"', b"null"),
            PLAIN.replace(b'"31,Rome"', b'{"age": 31}'),
            PLAIN.replace(b'"31,Rome"', b'"1,1", "data": "2,2"'),
            PLAIN.replace(b'"endpointInput": {', b'"endpointInput": 5, "x": {'),
            PLAIN.replace(b"endpointOutput", b"batchTransformOutput"),
            PLAIN.replace(b'"captureData": {', b'"captureData": null, "x": {'),
            line(0, '{"age": 31}', '{"score": 0.5}', encoding="JSON"),
            line(0, base64.b64encode(b"31,Rome").decode(), "MC41Cg==", encoding="BASE64"),
            line(0, "31,Rome", encoding="csv"),
            line(0, "age,city"),
            line(0, "age,city\n31,Rome", "0.5\n0.6"),
            line(0, "31,Rome\n32,Bern", "0.5,0.6"),
        ]
    ),
)


def books(source: Path, slice_bytes: int, **options: Any) -> dict[str, Any]:
    """Everything a reader of captured traffic can see."""
    found = read_capture(source, faulty_share=1, slice_bytes=slice_bytes, **options)
    batches: list[pa.RecordBatch] = []
    ended = ""
    try:
        batches += found.batches
    except CaptureError as error:
        ended = str(error)
    return {
        "rows": [row for batch in batches for row in batch.to_pylist()] if not ended else [],
        "names": batches[0].schema.names if batches and not ended else [],
        "counts": found.counts.as_dict() if not ended else {},
        "problems": [*map(str, found.problems)],
        "warnings": [*found.warnings],
        "ended": ended,
    }


@pytest.fixture
def one_by_one(monkeypatch) -> Callable[..., dict[str, Any]]:
    """The books of a reading in which no record is ordinary."""

    def read(*arguments: Any, **options: Any) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            patch.setattr(Digest, "is_possible", False)
            return books(*arguments, **options)

    return read


@pytest.fixture(autouse=True)
def few_rows_decide(monkeypatch):
    monkeypatch.setattr(reading, "LAYOUT_ROWS", 2)
    monkeypatch.setattr(envelopes, "MANY_LINES", 2)


def test_a_slice_at_once_is_its_records_one_by_one(one_by_one):
    @settings(max_examples=400, deadline=None)
    @given(
        st.lists(
            st.lists(GOOD, min_size=12, max_size=40) | ALIKE | st.lists(ODD, max_size=4),
            max_size=12,
        ),
        st.data(),
    )
    def holds(lots, data):
        lines = [GOOD_START, GOOD_START_TOO, *(one for lot in lots for one in lot)]
        options = {
            "window": data.draw(st.sampled_from([None, HOUR])),
            "names": data.draw(st.sampled_from([(), NAMES])),
            "sides": data.draw(st.sampled_from([(OUTPUT, INPUT), (INPUT,), (OUTPUT,)])),
            "output_first": data.draw(st.booleans()),
            "like_aws": data.draw(st.booleans()),
            "batch_rows": data.draw(st.sampled_from([3, 1000])),
        }
        cut = data.draw(st.integers(0, len(lines)))
        with TemporaryDirectory() as name:
            for hour, some in (("09", lines[:cut]), ("10", lines[cut:])):
                path = Path(name, f"2026/01/05/{hour}/x.jsonl")
                path.parent.mkdir(parents=True)
                path.write_bytes(b"\n".join(some))
            slice_bytes = data.draw(st.sampled_from([300, 3000, 1 << 20]))
            expected = one_by_one(Path(name), 1 << 20, **options)
            assert books(Path(name), slice_bytes, **options) == expected

    holds()


GOOD_START, GOOD_START_TOO = line(-1, "1,Rome"), line(-2, "2,Rome")


def undigested(tmp_path: Path, lines: list[bytes]) -> tuple[Slice, Digest]:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(lines))
    (piece,) = read_slices(path, Counts())
    layout = Layout(Side(1), Side(2))
    sides = frozenset({INPUT, OUTPUT})
    return piece, Digest(layout, NAMES, frozenset(NAMES), sides, HOUR)


def digested(tmp_path: Path, lines: list[bytes]) -> Any:
    piece, digest = undigested(tmp_path, lines)
    return digest.of(piece)


ORDINARY = {
    "quoted commas": line(0, '"Rome, Italy",31'),
    "quotes in quotes": line(0, '"say ""hi""",31'),
    "unicode": line(0, "€,שלום"),
    "empty cells": line(0, ","),
    "several rows": line(0, "1,2\n3,4\n", "5\n6\n"),
    "DOS ends": line(0, "1,2\r\n3,4\r\n", "5\r\n6"),
    "an inference id": line(0, inferenceId="order-1"),
    "custom attributes": line(0, customAttributes=["a=b"]),
    "another hour": line(0, time="2026-01-05T08:59:59Z"),
}


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY)
def test_what_endpoints_write_is_ordinary(tmp_path: Path, text: bytes):
    bulk = digested(tmp_path, [text] * 10)
    assert isinstance(bulk, Bulk)
    assert not bulk.odd.size


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("more", [{}, {"inferenceId": "order-1"}], ids=["plain", "named"])
def test_lines_that_differ_in_values_alone_are_cut_at_their_commas(tmp_path: Path, end, more):
    lines = [line(number, f"{number},{end}", "0.5", **more) for number in range(20)]
    piece, digest = undigested(tmp_path, lines)
    assert isinstance(digest.of(piece), Bulk)
    assert digest.known


def test_an_odd_line_does_not_make_its_neighbours_odd(tmp_path: Path):
    lines = [line(number) for number in range(400)]
    for number in range(0, 400, 10):
        lines[number] = lines[number][: number % 90]
    bulk = digested(tmp_path, lines)
    assert bulk.odd.tolist() == list(range(0, 400, 10))
    assert bulk.batch.num_rows == 360


def test_a_slice_of_little_but_odd_lines_is_left_as_it_is(tmp_path: Path):
    assert not isinstance(digested(tmp_path, [line(0), b"odd"] * 10), Bulk)
