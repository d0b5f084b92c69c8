"""The analysis configurations: read by their monitors, and true of the model."""

from __future__ import annotations

import numpy as np
import pytest

from monitoring.measures.attribution import KernelShap
from monitoring.monitors.bias_settings import BiasSettings
from monitoring.monitors.explainability_settings import ExplainabilityConfig
from pipelines import analysis_config, data
from pipelines.models import MODELS, fraud
from pipelines.models.base import Model, Table
from serving.probabilities import probabilities
from serving.schema import Column, Schema

MIXED = Model(
    name="mixed",
    schema=Schema(
        (
            Column("whole", "numeric"),
            Column("price", "numeric"),
            Column("channel", "categorical"),
            Column("empty", "numeric"),
        )
    ),
    label="y",
    positive="1",
    source="this test",
)


@pytest.fixture(params=MODELS, ids=lambda model: model.name)
def model(request) -> Model:
    return request.param


def test_the_typical_row_is_made_of_values_that_occur():
    rows = [
        ["3", "1.50", "web", None],
        ["10", None, "app", None],
        ["2", "0.25", "web", None],
        [None, "9.00", None, None],
    ]
    assert analysis_config.typical(MIXED, Table(rows, ["0"] * 4)) == [3, 1.5, "web", None]


def test_the_bias_monitor_compares_what_the_model_declares(model):
    settings = BiasSettings.of(analysis_config.bias(model))
    assert settings.features == model.schema.names
    assert settings.label.column == model.label
    assert settings.label.values == (str(model.favourable),)
    assert [facet.column for facet in settings.facets] == [facet.column for facet in model.facets]


def test_explanations_have_a_value_for_every_absent_feature(model):
    table = model.generate(500, 1)
    config = ExplainabilityConfig.of(analysis_config.explainability(model, table))
    assert config.features == model.schema.names
    (absent,) = config.baseline
    for cell, column in zip(absent, zip(*table.rows, strict=True), strict=True):
        assert cell in column


def test_the_coalitions_are_enough_to_explain_the_fraud_model_exactly(build):
    """On log-odds it is a sum: a feature's value is what changing it alone changes."""
    train = data.read(build / "data", "train", fraud.MODEL)
    shap = analysis_config.explainability(fraud.MODEL, train)["methods"]["shap"]
    predict = probabilities(build / "model")
    absent = np.array([[str(cell) for cell in shap["baseline"][0]]], dtype=object)
    rows = np.array([list(row) for row in train.rows[:50]], dtype=object)
    explained = KernelShap.of(predict, absent, shap["num_samples"], shap["seed"], use_logit=True)
    values = explained.explain(rows).values[:, :, 0]
    for at in range(rows.shape[1]):
        alone = np.repeat(absent, len(rows), axis=0)
        alone[:, at] = rows[:, at]
        exact = _log_odds(predict(alone)) - _log_odds(predict(absent))
        np.testing.assert_allclose(values[:, at], exact, atol=1e-9)


def _log_odds(answers):
    return np.log(answers[:, 0] / (1 - answers[:, 0]))
