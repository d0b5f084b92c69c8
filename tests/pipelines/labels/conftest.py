"""Captured traffic and labels of a few hours, made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitoring.aws.clients import Aws
from monitoring.aws.folders import LocalFolder
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.records import Payload
from pipelines.labels.importing import Import, Importer, Labelled

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
NOON = datetime(2026, 1, 5, 12, 15, 30, tzinfo=UTC)


def captured(identity: str, time: str, answer: str = "1,0.9", sent: str = "5") -> str:
    """A line of a capture file."""
    sides = {
        "endpointInput": {"observedContentType": "text/csv", "data": sent, "encoding": "CSV"},
        "endpointOutput": {"observedContentType": "text/csv", "data": answer, "encoding": "CSV"},
    }
    metadata = {"eventId": f"e-{identity}", "inferenceId": identity, "inferenceTime": time}
    event = {"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"}
    return json.dumps(event) + "\n"


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """Three records of 9 o'clock and two of 10, as the endpoint `fraud` wrote them."""
    directory = tmp_path / "captures"
    for hour, ids in (("09", "abc"), ("10", "de")):
        path = directory / f"fraud/AllTraffic/2026/01/05/{hour}/00-00-000-x.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(captured(name, f"2026-01-05T{hour}:30:00Z") for name in ids))
    return directory


@pytest.fixture
def ground_truth(tmp_path: Path) -> Path:
    return tmp_path / "ground-truth"


Bring = Callable[..., Import]


@pytest.fixture
def bring(ground_truth: Path) -> Bring:
    """Imports labels given as `id=label`, collected at 9 o'clock unless told."""

    def run(
        *labels: tuple[str, str],
        now: datetime = NOON,
        collected: datetime | None = NINE,
        replace: bool = False,
    ) -> Import:
        importer = Importer(GroundTruth.read(ground_truth), replace)
        importer.add(Labelled(name, Payload(label, "CSV", ""), collected) for name, label in labels)
        return importer.write(LocalFolder(ground_truth), now)

    return run


@pytest.fixture
def nowhere() -> Aws:
    """An account that must not be asked."""
    return Aws(None)  # type: ignore[arg-type]
