"""Explanations Clarify wrote: read without loss, taken as baselines, written in the same shape."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import CONSTRAINTS
from monitoring.monitors.base import Observations
from monitoring.monitors.explainability import ANALYSIS, analyze
from monitoring.monitors.explainability_settings import (
    ExplainabilityConfig,
    ExplainabilitySettings,
)

ROOT = Path(__file__).parents[2]
GOLDEN = Path(os.environ.get("SHARED_DIR", ROOT.parent / "shared")) / "golden"
ANALYSES = (
    "bias-expl-batch-csv/cell49_0.analysis.json",
    "expl-batch-json/cell49_0.analysis.json",
    "expl-endpoint-jsonlines/cell66_0.analysis.json",
    "clarify-misc/fraud.explainability.analysis.json",
)

pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"no golden cases at {GOLDEN}; set SHARED_DIR"
)


@pytest.fixture(params=ANALYSES, ids=lambda name: name.split("/")[0])
def written(request) -> Any:
    return json.loads((GOLDEN / request.param).read_text())


def values_of(document: Any) -> dict[str, float]:
    (label,) = document["explanations"]["kernel_shap"].values()
    return label["global_shap_values"]


def model_of(values: dict[str, float]) -> ExplainabilitySettings:
    """A linear model whose global values, for a row of ones against zeros, are these."""
    weights = np.array(list(values.values()))
    return ExplainabilitySettings(
        predict=lambda rows: (np.asarray(rows, float) @ weights)[:, None],
        baseline=(("0",) * len(values),),
        num_samples=4 * len(values),
        features=tuple(values),
    )


def ones(values: dict[str, float]) -> list[Observations]:
    return [Observations(pa.record_batch({name: pa.array(["1"]) for name in values}))]


def test_an_unchanged_ranking_is_clean_and_written_in_clarifys_shape(written):
    values = values_of(written)
    analysis = analyze(ones(values), {CONSTRAINTS: written}, settings=model_of(values))
    assert analysis.findings == ()
    document = analysis.documents[ANALYSIS]
    assert values_of(document) == pytest.approx(values)
    (label,) = document["explanations"]["kernel_shap"].values()
    (theirs,) = written["explanations"]["kernel_shap"].values()
    assert document.keys() == written.keys()
    assert label.keys() == theirs.keys()


def test_a_reversed_ranking_is_found(written):
    values = values_of(written)
    turned = dict(zip(sorted(values, key=values.get), sorted(values.values())[::-1], strict=True))
    turned = {name: turned[name] for name in values}
    analysis = analyze(ones(values), {CONSTRAINTS: written}, settings=model_of(turned))
    ranked = np.sort(list(values.values()))
    discounts = 1 / np.log2(np.arange(2, len(ranked) + 2))
    score = ranked @ discounts / (ranked[::-1] @ discounts)
    assert analysis.distances["label0"] == pytest.approx(score)
    assert len(analysis.findings) == (score < 0.9)


def test_the_configuration_amazon_published_is_read():
    path = GOLDEN / "clarify-misc" / "explainability_analysis_config.json"
    read = ExplainabilityConfig.of(json.loads(path.read_text()))
    assert len(read.features) == len(read.baseline[0]) == 14
    assert "Target" not in read.features
    assert (read.num_samples, read.agg_method) == (15, "mean_abs")
    assert read.save_local_shap_values
    assert read.predictor.model_name == "DEMO-clarify-xgboost-model"
    assert read.predictor.instance_type == "ml.m5.xlarge"
