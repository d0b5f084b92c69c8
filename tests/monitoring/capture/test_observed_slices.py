"""Whole slices against record by record: the same rows, the same books, wherever slices end."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture import Attributes, Window, read_labelled, read_observed
from monitoring.capture.events import Events
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.joining import Join
from monitoring.capture.observed_records import Columns, Observed, Observer
from monitoring.capture.observing import LINES_AT_ONCE
from monitoring.capture.reading import LAYOUT_ROWS
from monitoring.capture.tally import Tally

NINE = Window.parse("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z")
CSV = Attributes("0", "1", headers=("age", "city"))

unhurried = settings(deadline=None, max_examples=30)


def record(
    identity: str,
    sent: str | None = "31,Rome",
    answer: str | None = "1,0.75\n",
    label: Any = "1",
    **metadata: str,
) -> str:
    side = {"observedContentType": "text/csv", "encoding": "CSV", "mode": "x"}
    sides = {"endpointInput": sent, "endpointOutput": answer}
    event: dict[str, Any] = {
        "captureData": {
            name: {**side, "data": text} for name, text in sides.items() if text is not None
        },
        "eventMetadata": {
            "eventId": identity,
            "inferenceTime": "2026-01-05T09:30:00Z",
            **metadata,
        },
        "eventVersion": "0",
    }
    if label is not None:
        event["groundTruthData"] = {"data": label, "encoding": "CSV"}
    return json.dumps(event)


FIRST = [
    record("first-1"),
    record("first-2", "31,Rome\n" * LAYOUT_ROWS, "1,0.75\n" * LAYOUT_ROWS, "1\n" * LAYOUT_ROWS),
    *[""] * (LINES_AT_ONCE - 2),
]
"""So much is read one by one wherever slices end."""

identities = st.sampled_from(["a", "b", "c", "d", "e", "f", "first-1", ""])
ordinary = st.builds(
    record,
    identities,
    st.sampled_from(["31,Rome", "5,Bern", ",", '"1","a, b"']),
    st.sampled_from(["1,0.75\n", "0,0.5", "0,"]),
    st.sampled_from(["0", "1", "0.0", " x"]),
)
elsewhere = st.builds(record, identities, inferenceTime=st.just("2026-01-05T10:00:00Z"))
retried = st.builds(record, identities, inferenceId=st.sampled_from(["i1", "i2"]))
odd = st.one_of(
    st.builds(record, identities, answer=st.sampled_from(["1", "1,0.5\n0,0.5", "", None])),
    st.builds(record, identities, sent=st.sampled_from(["1", "1,2\n3,4", "age,city", None])),
    st.builds(record, identities, label=st.sampled_from(["0,1", "", '"1"', "1\n", 1, "\ufeff1"])),
    st.builds(record, identities, label=st.none()),
    st.sampled_from(["broken", "", '{"captureData": {}}']),
)
mixtures = st.lists(st.one_of(ordinary, ordinary, elsewhere, retried, odd), max_size=25)
plain = st.lists(st.one_of(ordinary, elsewhere, retried), max_size=25)


def books(batches: list[Observed], tally: Any) -> dict[str, Any]:
    """All that a reading gave."""
    rows: list[Any] = []
    for batch in batches:
        columns = [column for column in batch[1:] if column is not None]
        columns += batch.features.columns
        rows += zip(*(column.to_pylist() for column in columns), strict=True)
    return {
        "rows": rows,
        "counts": tally.counts.as_dict(),
        "problems": sorted(map(str, tally.problems)),
        "warnings": list(tally.warnings),
    }


def one_by_one(
    path: Path, attributes: Attributes, join: Join | None, **options: bool
) -> dict[str, Any]:
    tally = Tally()
    events = Events(NINE, tally).of(path)
    observer = Observer.of(tally, attributes, **options)
    rows = list(observer.read(join.of(events) if join else events))
    columns = Columns.of(rows[:LAYOUT_ROWS], attributes.headers, tally)
    return books([columns.batch(rows)], tally)


def written(root: str, lines: list[str], labels: list[Any]) -> tuple[Path, Path]:
    captured, truth = Path(root, "part.jsonl"), Path(root, "labels.jsonl")
    captured.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    truth.write_text("".join(json.dumps(label) + "\n" for label in labels), encoding="utf-8")
    return captured, truth


ATTRIBUTES = {
    "all of it": (CSV, True, True),
    "no features": (Attributes("0", "1"), False, True),
    "no labels": (CSV, True, False),
    "the probability alone": (Attributes(probability="1"), False, True),
    "features alone": (Attributes(headers=("age", "city")), True, False),
    "features without names": (Attributes("0"), True, True),
}


@pytest.mark.parametrize(
    ("attributes", "features", "labelled"), ATTRIBUTES.values(), ids=ATTRIBUTES
)
@settings(unhurried, max_examples=8)
@given(st.one_of(mixtures, plain), st.sampled_from([400, 3_000, 1 << 20]))
def test_merged_records_read_as_one_by_one(attributes, features, labelled, lines, slice_bytes):
    with tempfile.TemporaryDirectory() as root:
        path, _ = written(root, [*FIRST, *lines], [])
        found = read_observed(
            path,
            attributes,
            NINE,
            sides=("endpointInput", "endpointOutput") if features else ("endpointOutput",),
            labelled=labelled,
            faulty_share=1.0,
            slice_bytes=slice_bytes,
        )
        batches = list(found.batches)
        expected = one_by_one(path, attributes, None, wants_features=features, labelled=labelled)
        assert books(batches, found) == expected


@unhurried
@given(
    st.one_of(mixtures, plain),
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "i1", "nobody"]),
            st.sampled_from(["0", "1", "1", "0,1", '"1"', "", "\ud800"]),
        )
    ),
    st.sampled_from([400, 3_000, 1 << 20]),
)
def test_joined_records_read_as_one_by_one(lines, labels, slice_bytes):
    labels = [
        {"groundTruthData": {"data": data}, "eventMetadata": {"eventId": identity}}
        for identity, data in [("first-1", "1"), ("first-2", "1\n" * LAYOUT_ROWS), *labels]
    ]
    with tempfile.TemporaryDirectory() as root:
        path, truth = written(root, [*FIRST, *lines], labels)
        found = read_labelled(path, truth, CSV, NINE, faulty_share=1.0, slice_bytes=slice_bytes)
        batches = list(found.reading.batches)
        join = Join.with_labels(GroundTruth.read(truth))
        expected = one_by_one(path, CSV, join, wants_features=True, labelled=True)
        unlabelled = join.coverage.records - join.coverage.joined
        assert found.coverage == join.coverage
        assert found.reading.counts.no_label == unlabelled
        found.reading.counts.no_label = 0
        assert books(batches, found.reading) == expected
