"""Imports: the same label is written once, and a contradiction is never silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.aws.folders import LocalFolder
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.records import Payload
from monitoring.errors import StorageError
from pipelines.labels.importing import Importer, Labelled

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOON = datetime(2026, 1, 5, 12, 15, 30, tzinfo=UTC)


def label_of(ground_truth, identity: str) -> str:
    truth = GroundTruth.read(ground_truth)
    return truth.payloads(truth.places([identity]))[0].data


def test_labels_are_filed_by_the_hour_of_their_collection(bring, ground_truth):
    done = bring(("a", "1"), ("b", "0"))
    (path,) = ground_truth.rglob("*.jsonl")
    assert done.files == [path.relative_to(ground_truth).as_posix()]
    assert path.parent == ground_truth / "2026/01/05/09"
    assert path.read_text().splitlines()[0] == (
        '{"groundTruthData":{"data":"1","encoding":"CSV"},'
        '"eventMetadata":{"eventId":"a"},"eventVersion":"0"}'
    )


def test_the_same_labels_again_write_nothing(bring, ground_truth):
    bring(("a", "1"), ("b", "0"))
    before = {path: path.read_bytes() for path in ground_truth.rglob("*.jsonl")}
    again = bring(("b", "0"), ("a", "1"), now=NOON + timedelta(days=1))
    assert (again.new, again.known, again.files) == (0, 2, [])
    assert {path: path.read_bytes() for path in ground_truth.rglob("*.jsonl")} == before


def test_a_contradiction_is_reported_and_the_known_label_stays(bring, ground_truth):
    bring(("a", "1"))
    done = bring(("a", "0"), ("b", "1"))
    assert (done.conflicts, done.new) == (["a"], 1)
    assert label_of(ground_truth, "a") == "1"


def test_of_two_labels_in_one_import_the_first_stays(bring, ground_truth):
    done = bring(("a", "1"), ("a", "0"), ("a", "1"))
    assert (done.new, done.known, done.conflicts) == (1, 1, ["a"])
    assert label_of(ground_truth, "a") == "1"


def test_a_correction_is_filed_behind_what_it_corrects(bring, ground_truth):
    bring(("a", "1"))
    done = bring(("a", "0"), replace=True)
    assert (done.replaced, done.conflicts) == (1, [])
    assert label_of(ground_truth, "a") == "0"
    assert bring(("a", "0"), replace=True).files == []


def test_a_correction_that_would_be_outweighed_is_refused(bring, ground_truth):
    bring(("a", "1"), collected=NOON + timedelta(hours=2))
    with pytest.raises(StorageError, match="would outweigh the corrections"):
        bring(("a", "0"), replace=True)
    assert label_of(ground_truth, "a") == "1"


def test_a_label_without_a_time_was_collected_now(bring, ground_truth):
    bring(("a", "1"), collected=None)
    assert [path.parent for path in ground_truth.rglob("*.jsonl")] == [
        ground_truth / "2026/01/05/12"
    ]


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("01"))))
def test_every_label_read_is_new_known_or_in_conflict(tmp_path_factory, labels):
    folder = LocalFolder(tmp_path_factory.mktemp("labels"))
    for _ in range(2):
        importer = Importer(GroundTruth.read(folder.path))
        importer.add(Labelled(name, Payload(label, "CSV", ""), NINE) for name, label in labels)
        done = importer.write(folder, NOON)
        assert done.read == len(labels) == done.new + done.known + len(done.conflicts)
    assert done.new == 0
    stored = GroundTruth.read(folder.path)
    assert stored.conflicts == 0
    assert len(stored) == len({name for name, _ in labels})
