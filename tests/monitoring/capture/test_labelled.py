"""Labels joined while reading against a merge job whose files are read: the same rows."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture import Attributes, Coverage, Window, merge, read_labelled, read_observed
from monitoring.capture.observed_records import Observed
from monitoring.errors import CaptureError, NoDataError

NINE = Window.parse("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z")
CSV = Attributes("0", "1", headers=("age", "city"))

unhurried = settings(deadline=None, max_examples=40)


def event(
    number: int, minute: int = 30, answer: str = "1,0.75\n", inference_id: str = ""
) -> dict[str, Any]:
    side = {"observedContentType": "text/csv", "encoding": "CSV", "mode": "x"}
    metadata = {"eventId": f"e{number}", "inferenceTime": f"2026-01-05T09:{minute:02}:00Z"}
    if inference_id:
        metadata["inferenceId"] = inference_id
    return {
        "captureData": {
            "endpointInput": {**side, "data": f"{number},Rome"},
            "endpointOutput": {**side, "data": answer},
        },
        "eventMetadata": metadata,
        "eventVersion": "0",
    }


def label(identity: str, data: str) -> dict[str, Any]:
    return {"groundTruthData": {"data": data}, "eventMetadata": {"eventId": identity}}


class Place:
    """Captured traffic and labels in a directory."""

    def __init__(self, root: Path) -> None:
        self.captured, self.labels, self.merged = root / "data", root / "labels", root / "merged"
        self.captured.mkdir()
        self.labels.mkdir()

    def write(self, events: list[Any], labels: list[Any]) -> None:
        for directory, lines in ((self.captured, events), (self.labels, labels)):
            text = "".join(
                (one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines
            )
            (directory / "0.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def rows(batches: Iterator[Observed]) -> list[tuple[Any, ...]]:
    found = []
    for batch in batches:
        columns = [column.to_pylist() for column in batch[1:] if column is not None]
        found += list(zip(batch.features.to_pylist(), *columns, strict=True))
    return found


def by_files(place: Place) -> tuple[list[tuple[Any, ...]], Coverage]:
    made = merge(place.captured, place.labels, place.merged, faulty_share=1.0)
    return rows(read_observed(place.merged, CSV, faulty_share=1.0).batches), made.coverage


def in_memory(place: Place) -> tuple[list[tuple[Any, ...]], Coverage]:
    found = read_labelled(place.captured, place.labels, CSV, faulty_share=1.0)
    return rows(found.reading.batches), found.coverage


events = st.lists(
    st.builds(
        event,
        st.integers(0, 9),
        st.integers(0, 59),
        st.sampled_from(["1,0.75\n", "0,0.2", '"0","0.5"', "1", "1,0.5\n0,0.5\n", ""]),
        st.sampled_from(["", "", "i1", "i2"]),
    ),
    max_size=12,
)
truths = st.lists(
    st.builds(
        label,
        st.sampled_from(["e0", "e1", "e2", "e3", "i1", "i2", "nobody"]),
        st.sampled_from(["0", "1", "0,1", "0\n1"]),
    ),
    max_size=12,
)


@unhurried
@given(events, truths)
def test_rows_and_counts_are_those_of_merged_files(some: list[Any], labels: list[Any]):
    with tempfile.TemporaryDirectory() as root:
        place = Place(Path(root))
        place.write(some, labels)
        try:
            expected = by_files(place)
        except NoDataError as error:
            with pytest.raises(NoDataError) as raised:
                in_memory(place)
            assert str(raised.value) == str(error)
            return
        assert in_memory(place) == expected


def test_the_books_hold_all_that_was_captured(place: Place):
    late = event(9)
    late["eventMetadata"]["inferenceTime"] = "2026-01-05T10:30:00Z"
    place.write(
        [event(0), event(0), event(1), late, *map(event, range(20, 400)), "broken"],
        [
            label("e0", "1"),
        ],
    )
    found = read_labelled(place.captured, place.labels, CSV, NINE)
    assert len(rows(found.reading.batches)) == 1
    counts = found.reading.counts
    assert (counts.duplicates, counts.beyond, counts.malformed) == (1, 1, 1)
    assert (counts.records, counts.no_label, counts.rows) == (385, 381, 1)
    assert [problem.line for problem in found.reading.problems] == [385]


def test_faulty_records_are_held_against_the_labelled_ones_alone(place: Place):
    strange = event(0, answer='"')
    place.write([strange, *map(event, range(1, 1000))], [label("e0", "1"), label("e1", "1")])
    found = read_labelled(place.captured, place.labels, CSV)
    with pytest.raises(CaptureError, match="1 of 2 captured records are faulty"):
        rows(found.reading.batches)


def test_nothing_labelled_is_said_before_a_batch_is_asked_for(place: Place):
    place.write([event(0)], [label("nobody", "1")])
    with pytest.raises(NoDataError, match="PENDING_LABELS: none of 1 records"):
        read_labelled(place.captured, place.labels, CSV)
