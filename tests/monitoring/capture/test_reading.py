"""Captured traffic, fault by fault: what is read, what is counted, what ends the reading."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.capture import INPUT, OUTPUT, Reading, Window, read_capture
from monitoring.errors import CaptureError, UsageError

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = Window(NINE, NINE + timedelta(hours=1))
SECRET = "4111-1111-1111-1111"


def payload(mode: str, data: str, encoding: str = "CSV", media: str = "text/csv") -> dict[str, str]:
    return {"observedContentType": media, "mode": mode, "data": data, "encoding": encoding}


def event(
    number: int = 0,
    sent: str | dict[str, str] | None = "31,Rome",
    answered: str | dict[str, str] | None = "0,0.25\n",
    time: datetime = NINE,
    **metadata: str,
) -> dict[str, Any]:
    """A capture event as the endpoint writes it."""
    captured = {}
    if sent is not None:
        captured[INPUT] = sent if isinstance(sent, dict) else payload("INPUT", sent)
    if answered is not None:
        captured[OUTPUT] = answered if isinstance(answered, dict) else payload("OUTPUT", answered)
    return {
        "captureData": captured,
        "eventMetadata": {
            "eventId": f"event-{number}",
            "inferenceTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
            **metadata,
        },
        "eventVersion": "0",
    }


def clean_lines(count: int, first: int = 1000) -> list[bytes]:
    return [json.dumps(event(first + number)).encode() for number in range(count)]


def write(directory: Path, lines: Iterable[bytes | dict[str, Any]], name: str = "a.jsonl") -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    path.write_bytes(b"".join(line + b"\n" for line in raw))
    return path


def read(source: Path, window: Window | None = None, **options: Any) -> tuple[Reading, list[Any]]:
    """The finished reading and its rows, each as a dict."""
    reading = read_capture(source, window, **options)
    return reading, [row for batch in reading.batches for row in batch.to_pylist()]


def counted(reading: Reading) -> dict[str, int]:
    return {name: number for name, number in reading.counts.as_dict().items() if number}


# --- what a record becomes ------------------------------------------------------------


def test_outputs_come_before_inputs(tmp_path: Path):
    _, rows = read(write(tmp_path, [event()]))
    assert rows == [{"_c0": "0", "_c1": "0.25", "_c2": "31", "_c3": "Rome"}]


def test_outputs_come_last_where_the_baseline_has_them_last(tmp_path: Path):
    _, rows = read(write(tmp_path, [event()]), output_first=False)
    assert list(rows[0].values()) == ["31", "Rome", "0", "0.25"]


def test_an_empty_cell_is_null(tmp_path: Path):
    _, rows = read(write(tmp_path, [event(sent=',""')]))
    assert [rows[0]["_c2"], rows[0]["_c3"]] == [None, None]


@pytest.mark.parametrize(
    "ending",
    [pytest.param("\n", id="LF"), pytest.param("\r\n", id="CRLF"), pytest.param("", id="none")],
)
def test_every_row_of_a_record_is_an_observation(tmp_path: Path, ending: str):
    many = event(sent=f"31,Rome\n42,Bern{ending}", answered=f"0,0.1\n1,0.9{ending}")
    reading, rows = read(write(tmp_path, [many]))
    assert [row["_c2"] for row in rows] == ["31", "42"]
    assert (reading.counts.records, reading.counts.rows) == (1, 2)


def test_one_line_of_answers_is_paired_with_the_rows_sent(tmp_path: Path):
    _, rows = read(write(tmp_path, [event(sent="31,Rome\n42,Bern", answered="0.1,0.9")]))
    assert [list(row.values()) for row in rows] == [["0.1", "31", "Rome"], ["0.9", "42", "Bern"]]


def test_json_objects_name_their_columns(tmp_path: Path):
    sent = payload("INPUT", '{"instances": [{"age": 31, "vip": true}]}', "JSON", "application/json")
    answered = payload("OUTPUT", '{"predictions": [{"score": 0.5}]}', "JSON", "application/json")
    _, rows = read(write(tmp_path, [event(sent=sent, answered=answered)]))
    assert rows == [{"score": "0.5", "age": "31", "vip": "true"}]


def test_a_field_some_objects_lack_is_an_empty_cell(tmp_path: Path):
    lines = [
        event(number, payload("INPUT", text, "JSON", "application/json"), "1")
        for number, text in enumerate(['{"age": 31}', '{"age": 42, "city": "Bern"}'])
    ]
    _, rows = read(write(tmp_path, lines))
    assert rows[0] == {"_c0": "1", "age": "31", "city": None}


def test_a_field_only_later_records_have_is_left_out_and_said(tmp_path: Path):
    def json_event(number: int, text: str) -> dict[str, Any]:
        return event(number, payload("INPUT", text, "JSON", "application/json"), "1")

    early = [json_event(number, '{"age": 31}') for number in range(1200)]
    reading, rows = read(write(tmp_path, [*early, json_event(1200, '{"age": 1, "new": 2}')]))
    assert rows[-1] == {"_c0": "1", "age": "1"}
    assert reading.counts.extra_fields == 1
    assert "later records" in reading.warnings[-1]


def test_a_caller_cannot_invent_columns_without_end(tmp_path: Path):
    lines = [
        event(n, payload("INPUT", json.dumps({"age": 1, f"x{n}": 2}), "JSON", "application/json"))
        for n in range(500)
    ]
    reading, rows = read(write(tmp_path, lines))
    assert list(rows[0]) == ["_c0", "_c1", "age"]
    assert reading.counts.extra_fields == 500


def test_batches_hold_at_most_the_rows_asked_for(tmp_path: Path):
    reading = read_capture(write(tmp_path, clean_lines(10)), batch_rows=4)
    assert [batch.num_rows for batch in reading.batches] == [4, 4, 2]


# --- FAULTS A: the hour -----------------------------------------------------------------


def test_no_files_give_no_batches(tmp_path: Path):
    reading, rows = read(tmp_path)
    assert (rows, counted(reading)) == ([], {})


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(CaptureError, match="no such directory"):
        read(tmp_path / "nowhere")


@given(st.datetimes(datetime(2026, 1, 5, 8), datetime(2026, 1, 5, 12)))
def test_a_time_lies_in_exactly_one_hour(time: datetime):
    hours = [Window(NINE + timedelta(hours=h), NINE + timedelta(hours=h + 1)) for h in range(-1, 3)]
    inside = [hour.place(time.replace(tzinfo=UTC)) for hour in hours].count("inside")
    assert inside == (1 if time < datetime(2026, 1, 5, 12) else 0)


@pytest.mark.parametrize(
    ("time", "count"),
    [
        pytest.param(NINE - timedelta(seconds=1), "early", id="a second before"),
        pytest.param(NINE, "rows", id="at the start"),
        pytest.param(NINE + timedelta(minutes=59, seconds=59), "rows", id="in the last second"),
        pytest.param(NINE + timedelta(hours=1), "beyond", id="at the end"),
        pytest.param(NINE - timedelta(days=2), "skewed", id="a clock days behind"),
        pytest.param(NINE + timedelta(days=2), "skewed", id="a clock in the future"),
    ],
)
def test_a_record_counts_where_its_time_lies(tmp_path: Path, time: datetime, count: str):
    reading, rows = read(write(tmp_path, [event(time=time)]), HOUR)
    assert getattr(reading.counts, count) == 1
    assert len(rows) == (count == "rows")
    assert reading.counts.faulty == 0


def test_a_record_flushed_into_the_next_hour_is_read_and_called_late(tmp_path: Path):
    write(tmp_path, [event(time=NINE + timedelta(minutes=59))], "2026/01/05/10/00-03-000-x.jsonl")
    reading, rows = read(tmp_path, HOUR)
    assert (len(rows), reading.counts.late) == (1, 1)
    following = Window(HOUR.end, HOUR.end + timedelta(hours=1))
    assert read(tmp_path, following)[1] == []


@pytest.mark.parametrize(
    ("hour", "count"),
    [
        pytest.param("08", "early", id="the hour before"),
        pytest.param("09", "malformed", id="its own hour"),
        pytest.param("10", "beyond", id="the hour after"),
    ],
)
def test_a_broken_line_is_charged_to_the_hour_it_was_written_in(
    tmp_path: Path, hour: str, count: str
):
    write(tmp_path, [b'{"captureData": {"endp'], f"2026/01/05/{hour}/00-03-000-x.jsonl")
    write(tmp_path, clean_lines(200), "2026/01/05/09/00-00-000-y.jsonl")
    reading, rows = read(tmp_path, HOUR)
    assert getattr(reading.counts, count) == 1
    assert len(rows) == 200
    assert reading.counts.faulty == (count == "malformed")


@pytest.mark.parametrize("time", ["", "yesterday", "2026-13-05T09:00:00Z"])
def test_a_record_without_a_time_is_malformed_where_there_is_a_window(tmp_path: Path, time: str):
    write(tmp_path, [event(inferenceTime=time), *clean_lines(200)])
    reading, rows = read(tmp_path, HOUR)
    assert (len(rows), reading.counts.malformed) == (200, 1)
    assert len(read(tmp_path)[1]) == 201


@pytest.mark.parametrize(
    ("start", "end"), [("x", "y"), ("2026-01-05T10:00:00Z", "2026-01-05T09:00:00Z")]
)
def test_a_window_must_be_two_times_in_order(start: str, end: str):
    with pytest.raises(UsageError, match="window"):
        Window.parse(start, end)


def test_an_event_read_twice_counts_once(tmp_path: Path):
    write(tmp_path, [event(1), event(2)], "a.jsonl")
    write(tmp_path, [event(2), event(3)], "b.jsonl")
    reading, rows = read(tmp_path)
    assert (len(rows), reading.counts.duplicates) == (3, 1)


def test_a_clients_retry_counts_once(tmp_path: Path):
    retry = [event(number, inferenceId="order-7") for number in (1, 2)]
    reading, rows = read(write(tmp_path, retry))
    assert (len(rows), reading.counts.duplicates) == (1, 1)


def test_one_inference_id_for_all_requests_hides_none_of_them(tmp_path: Path):
    lines = [event(number, sent=f"{number},Rome", inferenceId="const") for number in range(5)]
    reading, rows = read(write(tmp_path, lines))
    assert (len(rows), reading.counts.duplicates) == (5, 0)


# --- FAULTS A: the lines ----------------------------------------------------------------

WHOLE = json.dumps(event()).encode()
BROKEN_LINES = {
    "text": b"this is not json " + SECRET.encode(),
    "truncated": WHOLE[: len(WHOLE) // 2],
    "not UTF-8": WHOLE.replace(b"Rome", b"\xff\xfe"),
    "a number": b"42",
    "an array": b"[1, 2]",
    "no captureData": b'{"eventMetadata": {}}',
    "no eventMetadata": json.dumps({"captureData": event()["captureData"]}).encode(),
    "nothing captured": json.dumps(event(sent=None, answered=None)).encode(),
    "a side that is no object": WHOLE.replace(b'"endpointInput": {', b'"endpointInput": 5, "x": {'),
    "data that is no text": json.dumps(
        event(sent={**payload("INPUT", ""), "data": {"a": 1}})
    ).encode(),  # type: ignore[dict-item]
    "an unknown major version": WHOLE.replace(b'"eventVersion": "0"', b'"eventVersion": "2"'),
    "nested without end": b'{"a":' * 100_000,
    "a number without end": b'{"captureData": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("line", BROKEN_LINES.values(), ids=BROKEN_LINES)
def test_a_broken_line_is_counted_placed_and_does_not_stop_the_others(tmp_path: Path, line: bytes):
    lines = [*clean_lines(100), line, *clean_lines(100, 2000)]
    reading, rows = read(write(tmp_path, lines))
    assert (len(rows), reading.counts.malformed) == (200, 1)
    assert [(p.file, p.line) for p in reading.problems] == [("a.jsonl", 101)]


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        pytest.param(b'"eventVersion": "0.9"', True, id="a later minor version"),
        pytest.param(b'"eventVersion": "0", "new": {"x": 1}', True, id="an unknown field"),
        pytest.param(b'"eventVersion": "1"', False, id="a later major version"),
    ],
)
def test_what_is_unknown_is_ignored_but_for_a_major_version(
    tmp_path: Path, line: bytes, accepted: bool
):
    changed = WHOLE.replace(b'"eventVersion": "0"', line)
    _, rows = read(write(tmp_path, [*clean_lines(100), changed]))
    assert len(rows) == 100 + accepted


def test_byte_order_marks_and_dos_ends_and_blank_lines_are_no_faults(tmp_path: Path):
    one, two = clean_lines(2)
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + one + b"\r\n\r\n   \r\n" + two)
    reading, rows = read(tmp_path)
    assert (len(rows), reading.counts.blank, reading.counts.faulty) == (2, 2, 0)


def test_too_many_broken_lines_end_the_reading_and_name_places_not_payloads(tmp_path: Path):
    broken = f"broken {SECRET}".encode()
    source = write(tmp_path, [*clean_lines(97), broken, broken, broken])
    with pytest.raises(CaptureError) as caught:
        read(source)
    message = str(caught.value)
    assert "3 of 100" in message
    assert "3 malformed" in message
    assert "a.jsonl:98" in message
    assert SECRET not in message


@pytest.mark.parametrize(("broken", "stops"), [(1, False), (2, True)])
def test_one_percent_of_the_records_may_be_faulty(tmp_path: Path, broken: int, stops: bool):
    source = write(tmp_path, [*clean_lines(100 - broken), *[b"broken"] * broken])
    if stops:
        with pytest.raises(CaptureError):
            read(source)
    else:
        assert len(read(source)[1]) == 99


def test_another_hours_records_do_not_water_down_the_share(tmp_path: Path):
    outside = [event(number, time=NINE - timedelta(hours=1)) for number in range(1000)]
    source = write(tmp_path, [*outside, *clean_lines(20), b"broken"])
    with pytest.raises(CaptureError, match="1 of 21"):
        read(source, HOUR)


# --- FAULTS A: the files ----------------------------------------------------------------


def test_gzip_is_recognised_by_its_content(tmp_path: Path):
    for number, name in enumerate(("a.jsonl.gz", "b.jsonl")):
        packed = gzip.compress(b"\n".join(clean_lines(3, 10 * number)))
        (tmp_path / name).write_bytes(packed)
    assert len(read(tmp_path)[1]) == 6


def test_empty_files_and_markers_hold_no_records(tmp_path: Path):
    write(tmp_path, clean_lines(2))
    for name in ("empty.jsonl", "_SUCCESS", ".hidden", "empty.gz"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "_temporary").mkdir()
    write(tmp_path, [b"not a capture"], "_temporary/part-0.jsonl")
    reading, rows = read(tmp_path)
    assert (len(rows), reading.counts.faulty) == (2, 0)


def test_a_gzip_file_that_breaks_off_gives_what_it_has_and_says_so(tmp_path: Path):
    write(tmp_path, clean_lines(200))
    packed = gzip.compress(b"\n".join(clean_lines(50, 5000)))
    (tmp_path / "b.jsonl.gz").write_bytes(packed[:-20])
    reading, rows = read(tmp_path)
    assert len(rows) >= 200
    assert reading.counts.unreadable == 1
    assert "b.jsonl.gz" in str(reading.problems[-1])


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path):
    for hour in (11, 9, 10):
        write(tmp_path, [event(hour, sent=f"{hour},Rome")], f"2026/01/05/{hour:02}/x.jsonl")
    assert [row["_c2"] for row in read(tmp_path)[1]] == ["9", "10", "11"]


# --- FAULTS A: the payloads --------------------------------------------------------------


def test_base64_is_decoded_and_read_by_its_content_type(tmp_path: Path):
    text = base64.b64encode(b"1,0.75\n").decode()
    _, rows = read(write(tmp_path, [event(answered=payload("OUTPUT", text, "BASE64"))]))
    assert list(rows[0].values())[:2] == ["1", "0.75"]


def test_a_type_nobody_listed_names_the_list_to_mend(tmp_path: Path):
    text = base64.b64encode(b"0.75").decode()
    page = payload("OUTPUT", text, "BASE64", "text/html; charset=utf-8")
    reading, _ = read(write(tmp_path, [event(answered=page), *clean_lines(100)]))
    assert reading.counts.undecodable == 1
    assert "CsvContentTypes" in reading.problems[0].cause


MIXED = (
    "Encoding mismatch: Encoding is CSV for endpointInput, but Encoding is JSON for "
    "endpointOutput. We currently only support the same type of input and output encoding at "
    "the moment."
)


def mixed_event() -> dict[str, Any]:
    return event(answered=payload("OUTPUT", '{"score": 0.5}', "JSON", "application/json"))


def test_mixed_types_are_read_with_a_warning_that_quotes_aws(tmp_path: Path):
    reading, rows = read(write(tmp_path, [mixed_event()]))
    assert rows == [{"score": "0.5", "_c1": "31", "_c2": "Rome"}]
    assert MIXED in reading.warnings[0]


def test_mixed_types_end_a_reading_like_aws(tmp_path: Path):
    source = write(tmp_path, [mixed_event()])
    with pytest.raises(CaptureError) as caught:
        read(source, like_aws=True)
    assert str(caught.value) == MIXED


def test_a_side_that_is_not_read_does_not_mix(tmp_path: Path):
    reading, rows = read(write(tmp_path, [mixed_event()]), sides=[OUTPUT], like_aws=True)
    assert (rows, reading.warnings) == ([{"score": "0.5"}], [])


def test_inputs_without_names_take_the_baselines_beside_named_outputs(tmp_path: Path):
    _, rows = read(write(tmp_path, [mixed_event()]), names=("score", "age", "city"))
    assert rows == [{"score": "0.5", "age": "31", "city": "Rome"}]


NAMES = ("prediction", "probability", "age", "city")


@pytest.mark.parametrize(
    ("sides", "expected", "count"),
    [
        pytest.param({"answered": None}, {"age": "31", "city": "Rome"}, "no_output", id="inputs"),
        pytest.param(
            {"sent": None}, {"prediction": "0", "probability": "0.25"}, "no_input", id="outputs"
        ),
    ],
)
def test_one_captured_side_is_read_under_its_own_names(
    tmp_path: Path, sides: dict[str, None], expected: dict[str, str], count: str
):
    reading, rows = read(write(tmp_path, [event(**sides)]), names=NAMES)
    assert rows == [expected]
    assert getattr(reading.counts, count) == 1


def test_a_record_that_lacks_a_side_the_others_have_has_empty_cells(tmp_path: Path):
    lines = [event(1), event(2, answered=None)]
    assert list(read(write(tmp_path, lines))[1][1].values()) == [None, None, "31", "Rome"]


def test_only_the_sides_asked_for_are_read(tmp_path: Path):
    reading, rows = read(write(tmp_path, [event()]), sides=[OUTPUT])
    assert rows == [{"_c0": "0", "_c1": "0.25"}]
    assert reading.counts.no_input == 0


def test_answers_that_do_not_pair_are_left_out(tmp_path: Path):
    unpaired = event(sent="31,Rome\n42,Bern\n5,Oslo", answered="0,0.1\n1,0.9")
    reading, rows = read(write(tmp_path, [*clean_lines(100), unpaired]))
    assert (len(rows), reading.counts.unpaired) == (100, 1)
    assert reading.problems[0].cause == "3 rows were sent and 2 answered"


def test_a_record_with_other_columns_is_left_out(tmp_path: Path):
    reading, rows = read(write(tmp_path, [*clean_lines(100), event(sent="31")]))
    assert (len(rows), reading.counts.misshapen) == (100, 1)
    assert "1 unnamed columns where most records have 2" in reading.problems[0].cause


def test_columns_everyone_lacks_are_not_the_readers_to_judge(tmp_path: Path):
    reading, rows = read(write(tmp_path, [event(n, sent="31") for n in range(5)]), names=NAMES)
    assert (list(rows[0]), reading.counts.faulty) == (["_c0", "_c1", "_c2"], 0)


HEADERS = {
    "names": "age,city",
    "values made unique": "7,0,0.1,0.2,0.3,0.4,0.5",
}


@pytest.mark.parametrize("row", HEADERS.values(), ids=HEADERS)
def test_a_header_sent_as_data_is_set_aside_and_said(tmp_path: Path, row: str):
    width = row.count(",") + 1
    lines = [event(0, sent=row), event(1, sent=",".join("5" * width))]
    reading, rows = read(write(tmp_path, lines), names=NAMES)
    assert (len(rows), reading.counts.header_rows) == (1, 1)
    assert "header rows" in reading.warnings[0]


def test_a_header_sent_as_data_is_data_to_aws(tmp_path: Path):
    reading, rows = read(write(tmp_path, [event(sent="age,city")]), names=NAMES, like_aws=True)
    assert (len(rows), reading.counts.header_rows) == (1, 1)


ODD_VALUES = {
    "euro": "€",
    "right to left": "שלום",
    "emoji": "🦊",
    "NUL": "a\x00b",
    "line separator": "a\u2028b",
    "not a number": "NaN",
    "infinity": "-Infinity",
    "too large for a double": "1e400",
    "negative zero": "-0.0",
    "a word for null": "NULL",
    "a question mark": "?",
    "a decimal comma": '"12,5"',
    "a quote": '"say ""hi"""',
    "a line break": '"a\nb"',
    "a megabyte": "x" * (1 << 20),
    "5000 digits": "9" * 5000,
}


@pytest.mark.parametrize("text", ODD_VALUES.values(), ids=ODD_VALUES)
def test_odd_values_arrive_as_they_were_sent(tmp_path: Path, text: str):
    plain = text[1:-1].replace('""', '"') if text.startswith('"') else text
    _, rows = read(write(tmp_path, [event(sent=f"31,{text}")]))
    assert rows[0]["_c3"] == plain


def test_half_a_character_is_replaced_visibly(tmp_path: Path):
    sent = payload("INPUT", json.dumps({"name": "a\ud800b"}), "JSON", "application/json")
    reading, rows = read(write(tmp_path, [event(sent=sent)]))
    assert rows[0]["name"] == "a\ufffdb"
    assert reading.counts.mended == 1


def test_a_row_of_too_many_cells_is_left_out(tmp_path: Path):
    reading, rows = read(write(tmp_path, [*clean_lines(100), event(sent="," * 30_000)]))
    assert (len(rows), reading.counts.undecodable) == (100, 1)
