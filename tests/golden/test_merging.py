"""AWS's own capture and ground truth, merged, against what its merge job wrote.

Needs the golden cases beside the repository ($SHARED_DIR/golden, default ../shared). The
two records that were published merged were not published captured: what is known of them
is taken apart again, and put between two that have no label.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from monitoring.capture.coverage import read_coverage
from monitoring.capture.merging import merge
from monitoring.capture.records import Window

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"))
CASE = SHARED / "golden/from-idea-to-prod-2025"
pytestmark = pytest.mark.skipif(not CASE.is_dir(), reason=f"no {CASE}; set SHARED_DIR")


def lines(name: str) -> list[Any]:
    return [json.loads(line) for line in (CASE / name).read_text().splitlines()]


@pytest.fixture
def captured(tmp_path: Path) -> Path:
    """Capture as the endpoint writes it: the merged records without their labels."""
    hour = tmp_path / "input_data/prod/AllTraffic/2025/02/16/15"
    hour.mkdir(parents=True)
    unmerged = [
        {
            "captureData": {
                side: dict(reversed(part.items())) for side, part in event["captureData"].items()
            },
            "eventMetadata": event["eventMetadata"],
            "eventVersion": "0",
        }
        for event in lines("merged.jsonl")
    ]
    one, other = lines("capture.jsonl")
    text = "".join(json.dumps(event) + "\n" for event in (one, *unmerged, other))
    (hour / "00-44-000-x.jsonl").write_text(text)
    return tmp_path / "input_data"


def test_merged_records_are_awss(captured: Path, tmp_path: Path):
    made = merge(captured, CASE / "groundtruth.jsonl", tmp_path / "merge")
    (path,) = made.paths
    place = path.relative_to(tmp_path / "merge").parent.as_posix()
    assert place == "prod/AllTraffic/2025/02/16/15"
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert found == lines("merged.jsonl")
    assert [list(event) for event in found] == [list(event) for event in lines("merged.jsonl")]


def test_merged_bytes_are_awss(captured: Path, tmp_path: Path):
    (path,) = merge(captured, CASE / "groundtruth.jsonl", tmp_path / "merge").paths
    assert path.read_bytes() == (CASE / "merged.jsonl").read_bytes()


def test_what_did_not_join_is_counted(captured: Path, tmp_path: Path):
    merge(captured, CASE / "groundtruth.jsonl", tmp_path / "merge")
    coverage = read_coverage(tmp_path / "merge")
    assert coverage is not None
    assert (coverage.records, coverage.joined, coverage.orphans) == (4, 2, 8)


def test_the_window_is_the_records_own(captured: Path, tmp_path: Path):
    window = Window.parse("2025-02-16T15:00:00Z", "2025-02-16T16:00:00Z")
    made = merge(captured, CASE / "groundtruth.jsonl", tmp_path / "merge", window)
    assert made.coverage.records == 2
    assert made.tally.counts.early == 2
