"""Production rows are what the model saw, with the label that came for them."""

from __future__ import annotations

import json

import pytest

from monitoring.aws.folders import LocalFolder
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.records import Payload
from monitoring.errors import CaptureError
from pipelines.labels.importing import Importer
from pipelines.labels.reading import Labelled
from pipelines.retraining.production import read_production


@pytest.fixture
def read(tmp_path, model, line):
    """Captured lines and labels → production rows."""

    def run(lines, labels, faulty_share=0.0):
        (tmp_path / "capture").mkdir()
        (tmp_path / "capture" / "a.jsonl").write_text("".join(lines))
        importer = Importer(GroundTruth.read(tmp_path / "labels"))
        importer.add(Labelled(name, Payload(text, "CSV", ""), None) for name, text in labels)
        from datetime import UTC, datetime

        importer.write(LocalFolder(tmp_path / "labels"), datetime(2026, 1, 5, tzinfo=UTC))
        truth = GroundTruth.read(tmp_path / "labels")
        return read_production(
            tmp_path / "capture", truth, model, ["yes", "no", "no"], faulty_share
        )

    return run


def at(minute):
    return f"2026-01-05T09:{minute:02d}:00Z"


def test_rows_come_in_the_order_in_which_they_were_answered(read, line):
    lines = [line("b", at(2), "1.5,2,web"), line("a", at(1), "0.50,,branch")]
    found = read(lines, [("a", "1"), ("b", "0")])
    assert [(one.identity, list(one.row), one.label) for one in found.rows] == [
        ("a", ["0.50", None, "branch"], "yes"),
        ("b", ["1.5", "2", "web"], "no"),
    ]


def test_json_is_read_as_csv_is(read, line):
    sent = json.dumps({"income": 2, "score": 1.5, "channel": "web"})
    lines = [line("a", at(1), "1.5,2,web"), line("b", at(1), sent, "application/json")]
    one, other = read(lines, [("a", "1"), ("b", "1")]).rows
    assert one.row == other.row


def test_what_has_no_label_waits(read, line):
    lines = [line("a", at(1), "1,2,web"), line("b", at(2), "1,2,web")]
    found = read(lines, [("b", "1")])
    assert [one.identity for one in found.rows] == ["b"]
    assert found.waiting == 1


def test_a_request_of_several_rows_has_a_label_for_each(read, line):
    found = read([line("a", at(1), "1,2,web\n3,4,web\n")], [("a", "1\n0")])
    assert [(one.identity, one.label) for one in found.rows] == [("a", "yes"), ("a#1", "no")]


@pytest.mark.parametrize("label", ["yes", "1", "1.0", "true"])
def test_a_positive_label_may_be_spelt_as_the_answers_or_as_the_data(read, line, label):
    assert read([line("a", at(1), "1,2,web")], [("a", label)]).rows[0].label == "yes"


@pytest.mark.parametrize(
    ("sent", "label", "cause"),
    [
        ("1,2,web", "maybe", "the label is neither 1 nor 0"),
        ("1,2", "1", "the request is none this model reads"),
        ("much,2,web", "1", "the request is none this model reads"),
        ("1,2,web", "1\n0", "1 rows were sent and 2 labelled"),
        ("1,2,web", "1,0", "has 2 values for a row"),
    ],
)
def test_a_row_that_cannot_be_learnt_from_is_counted(read, line, sent, label, cause):
    lines = [line("a", at(1), sent), line("b", at(2), "1,2,web")]
    found = read(lines, [("a", label), ("b", "1")], faulty_share=0.5)
    assert [one.identity for one in found.rows] == ["b"]
    assert cause in str(found.tally.problems[0])


def test_too_many_of_them_end_the_reading(read, line):
    with pytest.raises(CaptureError, match="faulty"):
        read([line("a", at(1), "1,2")], [("a", "1")])
