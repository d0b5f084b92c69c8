"""Which part of a record is the label, the answer, the features: shapes, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitoring.capture import Attributes, Reading, read_observed
from monitoring.capture.observed_records import Observed
from monitoring.errors import CaptureError, UsageError


def side(data: str, encoding: str) -> dict[str, str]:
    media = {"CSV": "text/csv", "JSON": "application/json", "LINES": "application/jsonlines"}
    kind = "CSV" if encoding == "CSV" else "JSON"
    return {"observedContentType": media[encoding], "mode": "x", "data": data, "encoding": kind}


def merged(
    number: int = 0,
    sent: tuple[str, str] | None = ("31,Rome", "CSV"),
    answered: tuple[str, str] | None = ("1,0.75\n", "CSV"),
    label: tuple[str, str] | None = ("1", "CSV"),
) -> dict[str, Any]:
    sides = {"endpointInput": sent, "endpointOutput": answered}
    event: dict[str, Any] = {
        "captureData": {name: side(*part) for name, part in sides.items() if part},
        "eventMetadata": {"eventId": str(number), "inferenceTime": "2026-01-05T09:00:00Z"},
        "eventVersion": "0",
    }
    if label:
        event["groundTruthData"] = {"data": label[0], "encoding": label[1]}
    return event


def read(
    tmp_path: Path, events: list[Any], attributes: Attributes, **options: Any
) -> tuple[Reading[Observed], list[Observed]]:
    path = tmp_path / "part-00000.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    reading = read_observed(path, attributes, **{"faulty_share": 1.0, **options})
    return reading, list(reading.batches)


CSV = Attributes("0", "1", headers=("age", "city"))


def test_csv_answers_are_found_by_index(tmp_path: Path):
    _, (rows,) = read(tmp_path, [merged(0), merged(1, ("40,Bern", "CSV"))], CSV)
    assert rows.features.to_pylist() == [
        {"age": "31", "city": "Rome"},
        {"age": "40", "city": "Bern"},
    ]
    assert rows.label.to_pylist() == ["1", "1"]
    assert rows.predicted.to_pylist() == ["1", "1"]
    assert rows.probability.to_pylist() == ["0.75", "0.75"]


JSON_SHAPES = {
    "a field": ('{"score": 0.75}', "score"),
    "a path": ('{"predictions": [{"score": 0.75}]}', "predictions[0].score"),
    "all of a list": ('{"predictions": [{"score": 0.75}]}', "predictions[*].score"),
    "in each of a list": ('[{"score": 0.75}]', "score"),
    "a nested list": ('{"predictions": [[1, 0.75]]}', "predictions[0][1]"),
    "an index": ("[1, 0.75]", "1"),
    "a name that is no path": ('{"my score": 0.75}', "my score"),
}


@pytest.mark.parametrize(("answer", "attribute"), JSON_SHAPES.values(), ids=JSON_SHAPES)
def test_json_answers_are_found_by_name_index_or_path(tmp_path: Path, answer: str, attribute: str):
    event = merged(answered=(answer, "JSON"))
    reading, batches = read(tmp_path, [event], Attributes(probability=attribute))
    assert reading.problems == []
    assert batches[0].probability.to_pylist() == ["0.75"]


def test_numbers_stay_as_they_were_written(tmp_path: Path):
    event = merged(answered=('{"score": 0.10}', "JSON"))
    _, (rows,) = read(tmp_path, [event], Attributes(probability="score"))
    assert rows.probability.to_pylist() == ["0.10"]


LABELS = [("1", "CSV"), ('{"label": 1}', "JSON"), ("1\n", "CSV"), ("[1]", "JSON"), ("1", "JSON")]


@pytest.mark.parametrize("label", LABELS)
def test_labels_are_csv_or_json(tmp_path: Path, label: tuple[str, str]):
    _, (rows,) = read(tmp_path, [merged(label=label)], CSV)
    assert rows.label.to_pylist() == ["1"]


def test_an_event_of_several_rows_gives_several_observations(tmp_path: Path):
    event = merged(
        sent=("31,Rome\n40,Bern\n", "CSV"),
        answered=("1,0.75\n0,0.25\n", "CSV"),
        label=('{"instances": [{"label": 1}, {"label": 0}]}', "JSON"),
    )
    _, (rows,) = read(tmp_path, [event], CSV)
    assert rows.label.to_pylist() == ["1", "0"]
    assert rows.probability.to_pylist() == ["0.75", "0.25"]
    assert rows.features.num_rows == 2


def test_one_line_of_labels_pairs_with_as_many_rows(tmp_path: Path):
    event = merged(answered=("1,0.75\n0,0.25\n", "CSV"), sent=None, label=("1,0", "CSV"))
    _, (rows,) = read(tmp_path, [event], CSV, sides=("endpointOutput",))
    assert rows.label.to_pylist() == ["1", "0"]


def test_labels_that_do_not_pair_leave_the_record_out(tmp_path: Path):
    event = merged(label=("1\n0\n1", "CSV"))
    reading, batches = read(tmp_path, [event, merged(1)], CSV)
    assert reading.counts.unpaired == 1
    assert batches[0].label.to_pylist() == ["1"]


def test_a_changed_answer_is_shown_by_its_shape_alone(tmp_path: Path):
    event = merged(answered=('{"secret": [4111]}', "JSON"))
    reading, _ = read(tmp_path, [event], Attributes(probability="score"))
    (problem,) = reading.problems
    assert "ProbabilityAttribute 'score' is not in {secret: [1 x value]}" in str(problem)
    assert "4111" not in str(problem)


def test_too_many_changed_answers_end_the_reading(tmp_path: Path):
    event = merged(answered=("0.75", "CSV"))
    with pytest.raises(CaptureError, match="ProbabilityAttribute is 1, but a row has 1 columns"):
        read(tmp_path, [event], CSV, faulty_share=0.01)


def test_a_missing_side_is_counted_and_not_guessed(tmp_path: Path):
    events = [merged(0, answered=None), merged(1, sent=None), merged(2, label=None), merged(3)]
    reading, batches = read(tmp_path, events, CSV)
    counts = reading.counts
    assert (counts.no_output, counts.no_input, counts.no_label, counts.rows) == (1, 1, 1, 1)
    assert batches[0].label.to_pylist() == ["1"]


def test_what_needs_no_label_reads_records_without(tmp_path: Path):
    _, (rows,) = read(tmp_path, [merged(label=None)], Attributes(), labelled=False)
    assert rows.label is None
    assert rows.predicted is None
    assert rows.features.to_pylist() == [{"_c0": "31", "_c1": "Rome"}]


def test_features_are_found_by_a_path(tmp_path: Path):
    event = merged(sent=('{"features": [31, "Rome"], "id": 7}', "JSON"))
    attributes = Attributes("0", features="features", headers=("age", "city"))
    _, (rows,) = read(tmp_path, [event], attributes)
    assert rows.features.to_pylist() == [{"age": "31", "city": "Rome"}]


def test_named_features_are_put_in_the_order_of_the_headers(tmp_path: Path):
    event = merged(sent=('{"city": "Rome", "age": 31, "id": 7}', "JSON"))
    _, (rows,) = read(tmp_path, [event], CSV)
    assert rows.features.to_pylist() == [{"age": "31", "city": "Rome"}]


def test_a_header_sent_as_data_goes_with_its_answer(tmp_path: Path):
    event = merged(
        sent=("age,city\n31,Rome", "CSV"), answered=("0,0.1\n1,0.75", "CSV"), label=("0,1", "CSV")
    )
    reading, (rows,) = read(tmp_path, [event], CSV)
    assert reading.counts.header_rows == 1
    assert rows.label.to_pylist() == ["1"]
    assert rows.probability.to_pylist() == ["0.75"]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_the_size_of_batches_changes_nothing(tmp_path: Path, size: int):
    events = [merged(number, (f"{number},Rome", "CSV")) for number in range(5)]
    _, batches = read(tmp_path, events, CSV, batch_rows=size)
    ages = [row["age"] for rows in batches for row in rows.features.to_pylist()]
    assert ages == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("text", ["predictions[", "a.[b", "{x: }"])
def test_an_attribute_that_is_no_path_is_refused_before_reading(tmp_path: Path, text: str):
    with pytest.raises(UsageError, match="ProbabilityAttribute"):
        read_observed(tmp_path, Attributes(probability=text))
