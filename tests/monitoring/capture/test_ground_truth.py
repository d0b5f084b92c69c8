"""Labels by id against a dictionary: who is found, which label counts, what contradicts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.label_lines import parse_labels
from monitoring.capture.lines import Run
from monitoring.capture.records import Payload
from monitoring.capture.tally import Tally
from monitoring.measures.xxhash import Words, xxhash64

unhurried = settings(deadline=None, max_examples=80)

ids = st.text(alphabet="ab\u00fc\ud800", min_size=1, max_size=3)
labels = st.lists(
    st.tuples(ids, st.sampled_from(["0", "1", "", "\udfff"]), st.sampled_from(["CSV", "JSON"])),
    max_size=30,
)


def truth(
    given_labels: list[tuple[str, str, str]], cut: int = 0, distinct_hashes: int = 2**64
) -> GroundTruth:
    """The labels in two parts; of many `distinct_hashes` two ids have the same one."""

    def hashed(column: pa.Array) -> Words:
        return xxhash64(column) % np.uint64(distinct_hashes - 1)

    parts = []
    for some in (given_labels[:cut], given_labels[cut:]):
        lines = [
            json.dumps(
                {
                    "groundTruthData": {"data": data, "encoding": encoding},
                    "eventMetadata": {"eventId": identity},
                }
            )
            for identity, data, encoding in some
        ]
        parts.append(parse_labels(Run(1, bytearray("".join(f"{x}\n" for x in lines).encode()))))
    return GroundTruth.of(parts, Tally(), hashed)


@unhurried
@given(labels, st.integers(0, 30), st.lists(ids, max_size=20), st.sampled_from([2, 3, 2**64]))
def test_it_is_the_dictionary_of_the_last_labels_whatever_the_hash(
    given_labels, cut, asked, distinct_hashes
):
    expected: dict[str, Payload] = {}
    conflicts = 0
    for identity, data, encoding in given_labels:
        label = Payload(data, encoding, "")
        conflicts += expected.get(identity, label) != label
        expected[identity] = label
    found = truth(given_labels, cut, distinct_hashes)
    assert (len(found), found.conflicts) == (len(expected), conflicts)
    everybody = [*asked, *expected]
    places = found.places(everybody)
    assert [place >= 0 for place in places] == [identity in expected for identity in everybody]
    known = [identity for identity in everybody if identity in expected]
    assert found.payloads(places[places >= 0]) == [expected[identity] for identity in known]


def test_ids_may_be_asked_as_a_column():
    found = truth([("a", "1", "CSV"), ("b", "0", "CSV")])
    places = found.places(pa.array(["b", "x", "a"]).slice(1))
    assert places[0] == -1
    assert found.payloads(places[1:]) == [Payload("1", "CSV", "")]


def test_no_labels_are_no_error(tmp_path: Path):
    none = GroundTruth.read(tmp_path / "labels")
    assert len(none) == 0
    assert none.places(["a"]).tolist() == [-1]


@pytest.mark.parametrize("rows", [50_000])
def test_memory_is_what_the_docstring_says(rows: int):
    width = 36
    found = truth([(f"{at:0{width}d}", "1", "CSV") for at in range(rows)])
    held = found.ids.nbytes + found.data.nbytes
    held += found.hashes.nbytes + found.rows.nbytes + found.encoding.nbytes
    assert held / rows == pytest.approx(36 + width + 1, abs=0.1)
