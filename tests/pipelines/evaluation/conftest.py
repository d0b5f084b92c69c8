"""Small models whose answers a test can work out by hand, and the fraud build's parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipelines import data
from pipelines.evaluation.answered import Answered, ask
from pipelines.evaluation.spread import Spread, spreads_of
from pipelines.models import fraud
from serving.model import Answer, Predictor
from serving.schema import Row


@dataclass(frozen=True)
class Rule:
    """A model that is one function of a row. It keeps count of the rows it was asked about."""

    probability: Callable[[Row], float]
    threshold: float = 0.5

    def predict(self, rows: Sequence[Row]) -> list[Answer]:
        return [Answer(int(p >= self.threshold), p) for p in map(self.probability, rows)]


def answered(model: Rule, rows: Sequence[Row], targets: Sequence[int] | None = None) -> Answered:
    """Rows with a rule's answers; without targets, those are taken to be right."""
    probabilities, predictions = ask(model, rows)
    truth = predictions if targets is None else np.array(targets, dtype=np.int64)
    return Answered(rows, truth, probabilities, predictions)


@dataclass(frozen=True)
class Built:
    """The fraud build, answered."""

    predictor: Predictor
    parts: dict[str, Answered]
    spreads: tuple[Spread, ...]


@pytest.fixture(scope="session")
def built(build: Path) -> Built:
    predictor = Predictor.load(build / "model")
    tables = {
        part: data.read(build / "data", part, fraud.MODEL)
        for part in ("train", "validation", "test")
    }
    return Built(
        predictor,
        {part: Answered.of(predictor, fraud.MODEL, table) for part, table in tables.items()},
        spreads_of(fraud.SCHEMA, tables["train"]),
    )


@pytest.fixture(scope="session")
def rule() -> type[Rule]:
    return Rule


@pytest.fixture(scope="session")
def answers() -> Callable[..., Answered]:
    return answered
