"""A user's script between the records and the monitor: columns, faults, labels, tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.capture import Window
from monitoring.errors import CaptureError
from monitoring.scripts.preprocessing import GROUND_TRUTH, preprocess_capture, preprocess_table
from monitoring.scripts.process import Limits, Script

SPLIT = """
def preprocess_handler(inference_record):
    cells = inference_record.endpoint_input.data.split(",")
    return {f"_c{place}": float(cell) for place, cell in enumerate(cells)}
"""
RAISES_ON_7 = """
def preprocess_handler(inference_record):
    data = inference_record.endpoint_input.data
    if data == "7":
        raise ValueError(data)
    return [] if data == "8" else {"a": data}
"""
HOUR = Window.parse("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z")


def script(directory: Path, body: str) -> Script:
    path = directory / "clean.py"
    path.write_text(body)
    return Script(path, Limits(seconds=20))


def event(number: int, data: str, label: str | None = None, minute: int = 0) -> str:
    made: dict[str, object] = {
        "captureData": {"endpointInput": {"data": data, "encoding": "CSV"}},
        "eventMetadata": {
            "eventId": f"e{number}",
            "inferenceTime": f"2026-01-05T09:{minute:02}:00Z",
        },
        "eventVersion": "0",
    }
    if label is not None:
        made["groundTruthData"] = {"data": label, "encoding": "CSV"}
    return json.dumps(made)


def captured(directory: Path, *lines: str) -> Path:
    source = directory / "capture"
    source.mkdir()
    (source / "a.jsonl").write_text("\n".join(lines) + "\n")
    return source


def test_columns_are_the_keys_in_aws_order(tmp_path: Path):
    source = captured(tmp_path, event(0, ",".join(map(str, range(12)))))
    (batch,) = preprocess_capture(source, script(tmp_path, SPLIT)).batches
    assert batch.schema.names[:5] == ["_c0", "_c1", "_c10", "_c11", "_c2"]
    assert batch.to_pylist()[0]["_c10"] == "10.0"


def test_a_record_it_fails_on_is_named_counted_and_left_out(tmp_path: Path):
    lines = [event(number, str(number)) for number in range(200)]
    reading = preprocess_capture(captured(tmp_path, *lines), script(tmp_path, RAISES_ON_7))
    (batch,) = reading.batches
    assert batch.num_rows == reading.counts.rows == 198
    assert reading.counts.unprocessed == 1
    assert reading.counts.dropped == 1
    assert list(map(str, reading.problems)) == [
        "a.jsonl:8: the preprocessing script failed on it: ValueError at line 5 of the script"
    ]


def test_too_many_failures_end_the_run(tmp_path: Path):
    lines = [event(number, "7" if number % 2 else "1") for number in range(40)]
    reading = preprocess_capture(captured(tmp_path, *lines), script(tmp_path, RAISES_ON_7))
    with pytest.raises(CaptureError, match=r"20 of 40 .*20 unprocessed.*a\.jsonl:2: "):
        list(reading.batches)


def test_in_compat_the_first_failure_ends_the_run_as_in_aws(tmp_path: Path):
    lines = [event(number, str(number)) for number in range(200)]
    source = captured(tmp_path, *lines)
    reading = preprocess_capture(source, script(tmp_path, RAISES_ON_7), like_aws=True)
    with pytest.raises(
        CaptureError, match=r"Preprocess Handler not implemented correctly.*a\.jsonl:8"
    ):
        list(reading.batches)


def test_only_the_records_of_the_window_reach_the_script(tmp_path: Path):
    other = event(1, "2").replace("T09:", "T08:")
    source = captured(tmp_path, event(0, "1"), other, event(0, "1"))
    reading = preprocess_capture(source, script(tmp_path, RAISES_ON_7), HOUR)
    assert [batch.to_pylist() for batch in reading.batches] == [[{"a": "1"}]]
    assert reading.counts.early == reading.counts.duplicates == 1


def test_none_and_absent_keys_are_empty_cells(tmp_path: Path):
    body = """
def preprocess_handler(r):
    return [{"b": 1, "a": None}, {"b": 2}, {"a": "x", "b": 3, "c": "later"}]
"""
    reading = preprocess_capture(captured(tmp_path, event(0, "1")), script(tmp_path, body))
    (batch,) = reading.batches
    assert batch.to_pydict() == {
        "a": [None, None, "x"],
        "b": ["1", "2", "3"],
        "c": [None, None, "later"],
    }


def test_a_value_that_is_none_is_a_fault(tmp_path: Path):
    body = "def preprocess_handler(r): return {'a': [1, 2]}"
    reading = preprocess_capture(captured(tmp_path, event(0, "1")), script(tmp_path, body))
    with pytest.raises(CaptureError, match="flatten it"):
        list(reading.batches)


def test_labels_stand_behind_the_columns_and_only_labelled_records_count(tmp_path: Path):
    source = captured(
        tmp_path, event(0, "1", label="yes"), event(1, "2"), event(2, "3", label="no")
    )
    reading = preprocess_capture(source, script(tmp_path, SPLIT), labelled=True)
    (batch,) = reading.batches
    assert batch.schema.names == ["_c0", GROUND_TRUTH]
    assert batch.column(1).to_pylist() == ["yes", "no"]
    assert reading.counts.no_label == 1


def test_labels_that_do_not_fit_the_rows_are_a_fault(tmp_path: Path):
    body = "def preprocess_handler(r): return [{'a': 1}, {'a': 2}]"
    source = captured(tmp_path, event(0, "1", label="yes"))
    reading = preprocess_capture(source, script(tmp_path, body), labelled=True)
    with pytest.raises(CaptureError, match="1 unpaired"):
        list(reading.batches)


def test_half_a_surrogate_pair_gets_through(tmp_path: Path):
    body = "def preprocess_handler(r): return {'a': r.endpoint_input.data}"
    line = event(0, "x").replace('"x"', '"\\ud800"')
    reading = preprocess_capture(captured(tmp_path, line), script(tmp_path, body))
    (batch,) = reading.batches
    assert batch.to_pydict() == {"a": ["\ufffd"]}
    assert reading.counts.mended == 1


TABLE = "def preprocess_handler(line): return {'line': line}"


@pytest.mark.parametrize(
    ("text", "header", "lines"),
    [
        ("age,city\n1,Rome\n2,Bern\n", True, ["1,Rome", "2,Bern"]),
        ("1,Rome\r\n\r\n2,Bern", False, ["1,Rome", "2,Bern"]),
        ('age,city\n1,"Ro\nme"\n2,"a ""quoted"" b"\n', True, ['1,"Ro\nme"', '2,"a ""quoted"" b"']),
        ("\ufeff1,€\n", False, ["1,€"]),
    ],
)
def test_a_table_reaches_the_script_line_by_line(
    tmp_path: Path, text: str, header: bool, lines: list[str]
):
    path = tmp_path / "train.csv"
    path.write_bytes(text.encode())
    reading = preprocess_table(path, script(tmp_path, TABLE), header=header)
    assert [row["line"] for batch in reading.batches for row in batch.to_pylist()] == lines


def test_quotes_that_never_close_are_a_fault_of_their_line(tmp_path: Path):
    path = tmp_path / "train.csv"
    path.write_text('1,a\n2,"b\n3,c\n')
    reading = preprocess_table(path, script(tmp_path, TABLE), header=False, faulty_share=0.6)
    assert [batch.num_rows for batch in reading.batches] == [1]
    assert [str(problem) for problem in reading.problems] == [
        "train.csv:2: its quotes do not close"
    ]


def test_json_lines_are_handed_over_with_their_quotes(tmp_path: Path):
    path = tmp_path / "train.jsonl"
    path.write_text('{"a": "an inch is 1\\""}\n\n{"a": 2}\n')
    body = "import json\ndef preprocess_handler(line): return json.loads(line)"
    reading = preprocess_table(path, script(tmp_path, body), csv=False)
    assert [b.to_pydict() for b in reading.batches] == [{"a": ['an inch is 1"', "2"]}]


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=1500), rows=st.integers(1, 700))
def test_batches_hold_the_same_rows_however_they_are_cut(
    tmp_path: Path, values: list[int], rows: int
):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(event(n, str(value)) for n, value in enumerate(values)))
    reading = preprocess_capture(
        path, script(tmp_path, RAISES_ON_7), faulty_share=1.0, batch_rows=rows
    )
    found = [cell for batch in reading.batches for cell in batch.column(0).to_pylist()]
    assert found == [str(value) for value in values if value not in (7, 8)]
    assert reading.counts.dropped == values.count(8)
    assert reading.counts.unprocessed == values.count(7)
    assert reading.counts.rows + reading.counts.dropped + values.count(7) == len(values)
