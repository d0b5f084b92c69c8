"""Labels and captured records, fault by fault: who is joined, what is counted, what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.capture import Window
from monitoring.capture.coverage import COVERAGE, Coverage, read_coverage
from monitoring.capture.merging import Merge, merge
from monitoring.errors import CaptureError, MonitoringError, NoDataError

NINE = Window.parse("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z")
HOUR = "fraud/AllTraffic/2026/01/05/09"


def event(number: int, time: str = "09:30", **metadata: str) -> dict[str, Any]:
    side = {"observedContentType": "text/csv", "encoding": "CSV"}
    return {
        "captureData": {
            "endpointInput": {**side, "mode": "INPUT", "data": f"{number},Zürich"},
            "endpointOutput": {**side, "mode": "OUTPUT", "data": "1,0.75\n"},
        },
        "eventMetadata": {
            "eventId": f"event-{number}",
            "inferenceTime": f"2026-01-05T{time}:00Z",
            **metadata,
        },
        "eventVersion": "0",
    }


def label(identity: str, data: Any = "1") -> dict[str, Any]:
    return {
        "groundTruthData": {"data": data, "encoding": "CSV"},
        "eventMetadata": {"eventId": identity},
        "eventVersion": "0",
    }


def write(path: Path, lines: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")


class Place:
    """Directories of one merge."""

    def __init__(self, root: Path) -> None:
        self.captured, self.labels, self.output = root / "data", root / "labels", root / "merge"
        self.captured.mkdir()

    def capture(self, *events: Any, hour: str = HOUR) -> None:
        write(self.captured / hour / "00-00-000-x.jsonl", list(events))

    def label(self, *lines: Any, file: str = "2026/01/05/12/labels.jsonl") -> None:
        write(self.labels / file, list(lines))

    def merge(self, window: Window | None = NINE, **options: Any) -> Merge:
        return merge(self.captured, self.labels, self.output, window, **options)

    def merged(self) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for path in sorted(self.output.rglob("part-*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
        ]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_label_names_the_inference_id_where_the_client_gave_one(place: Place):
    place.capture(event(1, inferenceId="order-1"), event(2))
    place.label(label("order-1", "0"), label("event-2", "1"), label("event-1", "1"))
    coverage = place.merge().coverage
    found = {e["eventMetadata"]["eventId"]: e["groundTruthData"]["data"] for e in place.merged()}
    assert found == {"event-1": "0", "event-2": "1"}
    assert (coverage.joined, coverage.by_event_id, coverage.orphans) == (2, 1, 1)


def test_an_inference_id_is_kept_in_the_merged_record(place: Place):
    place.capture(event(1, inferenceId="order-1"))
    place.label(label("order-1"))
    place.merge()
    (merged,) = place.merged()
    assert merged["eventMetadata"]["inferenceId"] == "order-1"


def test_a_record_without_a_label_is_counted_and_not_written(place: Place):
    place.capture(*(event(number) for number in range(10)))
    place.label(*(label(f"event-{number}") for number in range(3)))
    coverage = place.merge().coverage
    assert len(place.merged()) == coverage.joined == 3
    assert coverage.records == 10
    assert "3 of 10 records have a label (30.0%)" in list(coverage.warnings())


def test_labels_of_other_hours_are_orphans_and_do_no_harm(place: Place):
    place.capture(event(1), event(2, "08:59"), event(3, "10:00"))
    place.label(*(label(f"event-{number}") for number in (1, 2, 3)))
    coverage = place.merge().coverage
    assert (coverage.records, coverage.joined, coverage.orphans) == (1, 1, 2)


def test_the_last_of_conflicting_labels_is_taken_and_said(place: Place):
    place.capture(event(1), event(2))
    place.label(label("event-1", "0"), label("event-2", "0"), file="2026/01/05/11/a.jsonl")
    place.label(label("event-1", "1"), label("event-2", "0"), file="2026/01/05/12/a.jsonl")
    coverage = place.merge().coverage
    assert [e["groundTruthData"]["data"] for e in place.merged()] == ["1", "0"]
    assert coverage.conflicts == 1
    assert any("contradict" in warning for warning in coverage.warnings())


def test_labels_that_come_days_later_re_open_their_hour(place: Place):
    place.capture(event(1), event(2))
    place.label(label("event-1"))
    place.merge()
    place.label(label("event-2"), file="2026/01/13/09/late.jsonl")
    place.merge()
    assert len(place.merged()) == 2
    assert read_coverage(place.output) == Coverage(2, 2, labels=2, by_event_id=2)


def test_the_same_merge_twice_leaves_the_same_files(place: Place):
    place.capture(event(1), event(2))
    place.label(label("event-1"))

    def files() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in place.output.rglob("*") if p.is_file()}

    place.merge()
    once = files()
    place.merge()
    assert files() == once
    assert len(once) == 2


def test_records_are_written_to_the_hour_they_happened(place: Place):
    place.capture(event(1, "09:59"), hour="fraud/AllTraffic/2026/01/05/10")
    place.label(label("event-1"))
    (path,) = place.merge().paths
    assert path.parent == place.output / HOUR
    assert (path.parent / COVERAGE).is_file()


def test_a_shared_inference_id_is_said(place: Place):
    place.capture(event(1, inferenceId="same"), event(2, inferenceId="same"))
    place.label(label("same"))
    coverage = place.merge().coverage
    assert coverage.shared_ids == 1
    assert any("share an inference id" in warning for warning in coverage.warnings())


@pytest.mark.parametrize("data", [1, 1.0, True, "1"])
def test_a_label_that_was_not_written_as_text_is_read(place: Place, data: Any):
    place.capture(event(1))
    place.label(label("event-1", data))
    place.merge()
    (merged,) = place.merged()
    assert merged["groundTruthData"]["data"] in {"1", "1.0", "true"}


def test_a_bad_line_of_ground_truth_is_counted(place: Place):
    place.capture(*(event(number) for number in range(200)))
    place.label(*(label(f"event-{number}") for number in range(200)), "broken", "")
    coverage = place.merge().coverage
    assert (coverage.joined, coverage.labels, coverage.faulty_labels) == (200, 200, 1)


def test_too_many_bad_lines_of_ground_truth_end_the_merge(place: Place):
    place.capture(event(1))
    place.label(label("event-1"), "broken", '{"eventMetadata": {"eventId": "x"}}')
    with pytest.raises(CaptureError, match=r"2 of 3 .*malformed"):
        place.merge()
    assert not list(place.output.rglob("*.jsonl"))


@pytest.mark.parametrize(
    ("captured", "labels", "begins"),
    [
        ([event(1)], [], "PENDING_LABELS: 1 records were captured"),
        ([event(1)], [label("event-9")], "PENDING_LABELS: none of 1 records"),
        ([event(1, "08:00")], [label("event-1")], "NO_DATA: no captured record between"),
        ([], [label("event-1")], "NO_DATA"),
    ],
    ids=["no labels", "other labels", "another hour", "no traffic"],
)
def test_nothing_to_join_is_not_health(place: Place, captured, labels, begins: str):
    place.capture(*captured)
    if labels:
        place.label(*labels)
    with pytest.raises(NoDataError) as raised:
        place.merge()
    assert str(raised.value).startswith(begins)
    assert not [path for path in place.output.rglob("*") if path.is_file()]


def test_a_failed_merge_leaves_the_one_before_it(place: Place):
    place.capture(event(1))
    place.label(label("event-1"))
    (path,) = place.merge().paths
    before = path.read_bytes()
    place.capture(event(1), *["broken"] * 5)
    with pytest.raises(CaptureError):
        place.merge()
    assert path.read_bytes() == before
    assert not list(place.output.rglob(".*.new"))


def test_an_output_that_cannot_be_written_is_one_line(place: Place, tmp_path: Path):
    place.capture(event(1))
    place.label(label("event-1"))
    place.output.write_text("a file")
    with pytest.raises(MonitoringError, match="could not be written"):
        place.merge()


def test_text_that_utf8_cannot_hold_is_written_escaped(place: Place):
    strange = event(1)
    strange["captureData"]["endpointInput"]["data"] = "\ud800"
    place.capture(json.dumps(strange))
    place.label(label("event-1"))
    place.merge()
    (merged,) = place.merged()
    assert merged["captureData"]["endpointInput"]["data"] == "\ud800"


counts = st.integers(0, 10**6)
coverages = st.builds(Coverage, *[counts] * 8)


@given(coverages, coverages, coverages)
def test_coverage_adds_up(one: Coverage, two: Coverage, three: Coverage):
    assert (one + two) + three == one + (two + three)
    assert one + Coverage() == one
