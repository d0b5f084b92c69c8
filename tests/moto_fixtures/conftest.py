"""A real model behind a real endpoint: trained once per session, hosted by the serving app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from pipelines.baseline import baseline
from pipelines.models import fraud
from pipelines.preprocess import preprocess
from pipelines.train import train
from tests.moto_fixtures.building import Project, TrainedModel, deploy_endpoint

collect_ignore = ["stock_moto.py"]
"""A script, for processes of its own: it imports what lies beside it."""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """A small fraud model, trained by the pipeline's own steps."""
    directory = tmp_path_factory.mktemp("fraud")
    data, model_dir = directory / "data", directory / "model"
    parts = preprocess(data, fraud.MODEL, fraud.generate(4000, 7))
    train(data, model_dir)
    rows = [",".join("" if cell is None else cell for cell in row) for row in parts["test"].rows]
    baseline(data, model_dir, directory / "baseline")
    baselines = directory / "baseline" / "data-quality"
    documents = {path.name: path.read_bytes() for path in baselines.glob("*.json")}
    archive = (model_dir / "model.tar.gz").read_bytes()
    return TrainedModel(archive, rows, fraud.SCHEMA.names, documents)


@pytest.fixture
def deploy(session: boto3.Session, trained: TrainedModel) -> Callable[..., Project]:
    """Deploy the model: bucket, model, endpoint configuration with capture, endpoint."""

    def make(endpoint: str = "fraud-staging", **capture: Any) -> Project:
        project = Project(session, endpoint, trained)
        deploy_endpoint(project, capture)
        return project

    return make


@pytest.fixture
def project(deploy: Callable[..., Project]) -> Project:
    """An endpoint that captures everything it is sent and answers."""
    return deploy()
