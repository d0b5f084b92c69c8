"""A small model whose world has changed: what was a good score before is a bad one now."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitoring.aws.folders import LocalFolder
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.records import Payload
from pipelines import data
from pipelines.labels.importing import Importer
from pipelines.labels.reading import Labelled
from pipelines.models.base import Model, Table
from pipelines.preprocess import preprocess
from pipelines.train import train
from serving.schema import Column, Schema

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
MODEL = Model(
    name="credit",
    schema=Schema(
        (
            Column("score", "numeric"),
            Column("income", "numeric"),
            Column("channel", "categorical", categories=("branch", "web")),
        )
    ),
    label="late",
    positive="yes",
    source="made up by this test",
)


def made_up(rows: int, seed: int, direction: float = 1.0) -> Table:
    """Rows in which a high score means `yes` (direction 1), or `no` (-1)."""
    rng = np.random.default_rng(seed)
    score, income = rng.normal(size=rows), rng.normal(size=rows)
    chance = 1 / (1 + np.exp(-(2.5 * direction * score + 0.5 * income)))
    channel = rng.choice(["branch", "web"], rows)
    labels = np.where(rng.random(rows) < chance, "yes", "no")
    cells = [
        [f"{one:.3f}", f"{other:.3f}", str(name)]
        for one, other, name in zip(score, income, channel, strict=True)
    ]
    return Table(cells, labels.tolist())


@dataclass(frozen=True)
class World:
    """An endpoint's traces: directories as their writers leave them."""

    path: Path
    history: Path
    champion: Path

    @property
    def captures(self) -> Path:
        return self.path / "captures"

    @property
    def ground_truth(self) -> Path:
        return self.path / "ground-truth"

    @property
    def evidence(self) -> Path:
        return self.path / "evidence"

    def serve(self, table: Table, first: int = 0) -> None:
        """Capture a request a minute, and import its label as 1 or 0."""
        file = self.captures / f"credit/AllTraffic/2026/01/05/09/{first:06d}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        lines, labels = [], []
        for at, (row, label) in enumerate(zip(table.rows, table.labels, strict=True), first):
            time = f"{START + timedelta(minutes=at):%Y-%m-%dT%H:%M:%SZ}"
            lines.append(captured(f"tx-{at}", time, data.lines([row])[0]))
            target = str(int(label == MODEL.positive))
            labels.append(Labelled(f"tx-{at}", Payload(target, "CSV", ""), START))
        file.write_text("".join(lines))
        importer = Importer(GroundTruth.read(self.ground_truth))
        importer.add(labels)
        importer.write(LocalFolder(self.ground_truth), START)

    def judge(self, monitor: str, verdicts: str) -> None:
        """An hour's documents for each verdict: `v` violated, `c` clean."""
        for at, verdict in enumerate(verdicts):
            hour = START + timedelta(hours=at)
            path = self.evidence / monitor / f"{hour:%Y/%m/%d/%H}/constraint_violations.json"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps({"violations": [{}] if verdict == "v" else []}))


def captured(identity: str, time: str, sent: str, media_type: str = "text/csv") -> str:
    """A line of a capture file."""
    encoding = "CSV" if media_type == "text/csv" else "JSON"
    sides = {
        "endpointInput": {"observedContentType": media_type, "data": sent, "encoding": encoding},
        "endpointOutput": {"observedContentType": "text/csv", "data": "1,0.9", "encoding": "CSV"},
    }
    metadata = {"eventId": f"e-{identity}", "inferenceId": identity, "inferenceTime": time}
    event = {"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"}
    return json.dumps(event) + "\n"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The champion and the data it was trained on."""
    made = tmp_path_factory.mktemp("credit")
    preprocess(made / "data", MODEL, made_up(300, seed=1), seed=1)
    train(made / "data", made / "model")
    return made


@pytest.fixture
def world(trained: Path, tmp_path: Path) -> World:
    return World(tmp_path, trained / "data", trained / "model")


@pytest.fixture
def table() -> Callable[..., Table]:
    return made_up


@pytest.fixture
def model(trained: Path) -> Model:
    return data.read_model(trained / "data")


@pytest.fixture
def line() -> Callable[..., str]:
    return captured
