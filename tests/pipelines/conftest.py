"""A build of the fraud example, small enough to make once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.evaluate import evaluate
from pipelines.models import fraud
from pipelines.preprocess import preprocess
from pipelines.train import train


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `data`, `model` and `report` of 12,000 made-up transactions."""
    build = tmp_path_factory.mktemp("build")
    preprocess(build / "data", fraud.MODEL, fraud.generate(12_000, seed=5), seed=5)
    train(build / "data", build / "model")
    evaluate(build / "data", build / "model", build / "report")
    return build
