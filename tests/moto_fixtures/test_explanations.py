"""Explanations of a hosted model: through an endpoint, through its own, and never captured."""

from __future__ import annotations

import csv
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from monitoring.aws.clients import Aws
from monitoring.monitors.base import Observations
from monitoring.monitors.explainability import ANALYSIS, suggest
from monitoring.monitors.explainability_settings import ExplainabilityConfig, Predictor
from monitoring.predictors import opened
from moto_fixtures import data_capture
from serving.probabilities import probabilities
from tests.moto_fixtures.building import Project


def cells(project: Project, count: int) -> list[list[str | None]]:
    return [[cell or None for cell in row] for row in csv.reader(project.model.rows[:count])]


def config(project: Project) -> ExplainabilityConfig:
    shap = {"baseline": cells(project, 1), "num_samples": 40}
    headers = list(project.model.columns)
    return ExplainabilityConfig.of({"headers": headers, "methods": {"shap": shap}})


def observed(project: Project) -> list[Observations]:
    columns = zip(*cells(project, 20), strict=True)
    arrays = [pa.array(column, pa.string()) for column in columns]
    return [Observations(pa.record_batch(arrays, names=list(project.model.columns)))]


def captured(project: Project) -> int:
    data_capture.flush_all()
    return sum(len(events) for events in project.captured().values())


@pytest.fixture
def clients(project: Project) -> Aws:
    return Aws(project.session)


def test_an_endpoint_says_of_itself_what_the_saved_model_does(
    project: Project, clients: Aws, tmp_path: Path
) -> None:
    (tmp_path / "model.tar.gz").write_bytes(project.model.archive)
    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    asked = config(project)
    known = suggest(observed(project), asked.settings(probabilities(tmp_path)))
    with opened(Predictor(endpoint_name=project.endpoint, output="1"), clients) as predict:
        found = suggest(observed(project), asked.settings(predict))
    one, other = (
        document[ANALYSIS]["explanations"]["kernel_shap"]["label0"] for document in (known, found)
    )
    assert one["expected_value"] == pytest.approx(other["expected_value"])
    assert one["global_shap_values"] == pytest.approx(other["global_shap_values"], abs=1e-12)


def test_questions_to_a_live_endpoint_are_captured(project: Project, clients: Aws) -> None:
    """The trap that a model's own endpoint is there for."""
    with opened(Predictor(endpoint_name=project.endpoint, output="1"), clients) as predict:
        predict(np.array(cells(project, 3), dtype=object))
    assert captured(project) == 1


def test_a_model_is_asked_at_an_endpoint_of_its_own_that_captures_nothing(
    project: Project, clients: Aws
) -> None:
    before = {one["EndpointName"] for one in project.sagemaker.list_endpoints()["Endpoints"]}
    named = Predictor(model_name=project.endpoint, instance_type="ml.m5.large", output="1")
    with opened(named, clients) as predict:
        answers = predict(np.array(cells(project, 3), dtype=object))
        during = {one["EndpointName"] for one in project.sagemaker.list_endpoints()["Endpoints"]}
    after = {one["EndpointName"] for one in project.sagemaker.list_endpoints()["Endpoints"]}
    assert np.isfinite(answers).all()
    assert len(during - before) == 1
    assert after == before
    assert captured(project) == 0


def test_a_row_the_model_refuses_is_the_only_one_without_an_answer(
    project: Project, clients: Aws
) -> None:
    rows = np.array(cells(project, 9), dtype=object)
    rows[4, project.model.columns.index("amount")] = "much"
    with opened(Predictor(endpoint_name=project.endpoint, output="1"), clients) as predict:
        assert np.flatnonzero(np.isnan(predict(rows)[:, 0])).tolist() == [4]
