"""Labels in CSV, flat JSON Lines and ground truth: read alike, the unusable counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitoring.aws.folders import LocalFolder
from monitoring.capture.tally import Tally
from monitoring.errors import UsageError
from pipelines.labels.reading import Columns, read_labels
from serving.feedback_store import FeedbackStore, Opinion


def labels(path, columns=None, tally=None):
    found = read_labels(path, columns or Columns(), tally or Tally())
    return [(one.identity, one.label.data, one.collected) for one in found]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "inference_id,label\na,1\nb,0\n"),
        ("labels.jsonl", '{"inferenceId": "a", "label": 1}\n{"event_id": "b", "label": "0"}\n'),
        (
            "labels.jsonl",
            '{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"a"}}\n'
            '{"groundTruthData":{"data":0},"eventMetadata":{"eventId":"b"}}\n',
        ),
    ],
    ids=["csv", "flat", "ground truth"],
)
def test_one_label_is_the_same_in_every_format(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert labels(tmp_path / name) == [("a", "1", None), ("b", "0", None)]


def test_columns_are_named_where_they_are_not_the_usual_ones(tmp_path):
    (tmp_path / "x.csv").write_text("tx,chargeback,seen\n7,1,2026-01-05T10:30:00+01:00\n")
    found = labels(tmp_path / "x.csv", Columns("tx", "chargeback", "seen"))
    assert found == [("7", "1", datetime(2026, 1, 5, 9, 30, tzinfo=UTC))]


def test_a_file_in_ground_truths_layout_says_when_by_its_path(tmp_path):
    path = tmp_path / "2026/01/05/09/labels.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"groundTruthData":{"data":"1"},"eventMetadata":{"eventId":"a"}}\n')
    assert labels(tmp_path) == [("a", "1", datetime(2026, 1, 5, 9, tzinfo=UTC))]


def test_a_line_that_is_no_label_is_counted_and_the_others_are_read(tmp_path):
    (tmp_path / "x.csv").write_text("inference_id,label\na,1\n,1\nb,\nc,1,2\nd,0\n")
    tally = Tally()
    assert [name for name, _, _ in labels(tmp_path / "x.csv", tally=tally)] == ["a", "d"]
    assert (tally.counts.records, tally.counts.faulty) == (5, 3)
    assert str(tally.problems[0]) == "x.csv:3: inference_id is empty, so the label is nobody's"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "who,label\na,1\n", "no column for the record's id"),
        ("x.csv", "inference_id,truth\na,1\n", "no column for its label"),
        ("x.csv", '"inference_id,label\n', "cannot be read as CSV"),
        ("x.xlsx", "PK", "neither .csv nor .jsonl"),
    ],
)
def test_a_file_that_says_not_how_to_read_it_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=message):
        labels(tmp_path / name)


def test_of_feedbacks_store_only_the_labels_are_read(tmp_path):
    store = FeedbackStore(
        LocalFolder(tmp_path), LocalFolder(tmp_path).private(), lambda: datetime.now(UTC)
    )
    store.add(Opinion("a", "1", "my neighbour says so", disputed=True))
    tally = Tally()
    assert [(name, label) for name, label, _ in labels(tmp_path, tally=tally)] == [("a", "1")]
    assert (tally.counts.records, tally.counts.faulty) == (1, 0)
