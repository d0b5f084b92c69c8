"""A small trained model, made once, and the application around it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pipelines import data
from pipelines.models import fraud
from pipelines.preprocess import preprocess
from pipelines.train import train
from serving.app import create_app
from serving.model import Predictor
from serving.schema import Row


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `data` and `model` of 4,000 made-up transactions."""
    build = tmp_path_factory.mktemp("build")
    preprocess(build / "data", fraud.MODEL, fraud.generate(4000, seed=3), seed=3)
    train(build / "data", build / "model")
    return build


@pytest.fixture(scope="session")
def predictor(built: Path) -> Predictor:
    return Predictor.load(built / "model")


@pytest.fixture(scope="session")
def traffic(built: Path) -> list[Row]:
    """Held-out rows."""
    return list(data.read(built / "data", "traffic", fraud.MODEL).rows)


@pytest.fixture(scope="session")
def client(built: Path) -> FlaskClient:
    return create_app(built / "model").test_client()
