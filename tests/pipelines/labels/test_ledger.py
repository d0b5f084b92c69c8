"""The ledger: labels are counted in the hour of their record, however late they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitoring.capture.ground_truth import GroundTruth
from pipelines.labels.ledger import ledger

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def rows(captures, ground_truth):
    found = ledger(captures, GroundTruth.read(ground_truth))
    return [(h.start.hour, h.captured, h.labelled, h.conflicting, h.waiting) for h in found.hours]


def test_without_labels_every_record_waits(captures, ground_truth):
    assert rows(captures, ground_truth) == [(9, 3, 0, 0, 3), (10, 2, 0, 0, 2)]


def test_a_late_label_counts_in_the_hour_of_its_record(captures, ground_truth, bring):
    bring(("a", "1"), ("d", "0"), ("e", "0"), collected=None)
    assert rows(captures, ground_truth) == [(9, 3, 1, 0, 2), (10, 2, 2, 0, 0)]


def test_a_label_of_no_record_is_an_orphan(captures, ground_truth, bring):
    bring(("a", "1"), ("nobody", "1"), ("e-b", "1"))
    assert ledger(captures, GroundTruth.read(ground_truth)).orphans == 2


def test_a_record_whose_label_was_corrected_is_said_to_be_contested(captures, ground_truth, bring):
    bring(("a", "1"), ("b", "1"))
    bring(("a", "0"), replace=True)
    assert rows(captures, ground_truth) == [(9, 3, 2, 1, 1), (10, 2, 0, 0, 2)]


def test_an_hours_digest_changes_with_its_own_labels_only(captures, ground_truth, bring):
    def digests():
        return [h.labels_digest for h in ledger(captures, GroundTruth.read(ground_truth)).hours]

    assert digests() == ["", ""]
    bring(("a", "1"), ("b", "0"))
    first = digests()
    bring(("nobody", "1"))
    assert digests() == first
    bring(("b", "1"), replace=True)
    corrected = digests()
    assert corrected[0] != first[0]
    bring(("d", "1"))
    assert digests()[0] == corrected[0]
    assert digests()[1]


def test_the_order_in_which_labels_came_makes_no_difference(
    captures, tmp_path, bring, ground_truth
):
    bring(("a", "1"), ("b", "0"))
    together = ledger(captures, GroundTruth.read(ground_truth)).hours[0].labels_digest
    for path in ground_truth.rglob("*.jsonl"):
        path.unlink()
    for at, one in enumerate([("b", "0"), ("a", "1")]):
        bring(one, collected=None, now=NOON + timedelta(hours=at))
    assert ledger(captures, GroundTruth.read(ground_truth)).hours[0].labels_digest == together
