"""What cannot be computed says why, in each of the four monitors: never 0, never NaN."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import render
from monitoring.errors import MonitoringError, NoDataError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, KINDS, MODEL_QUALITY, Kind
from monitoring.measures.state import Uncomputable
from monitoring.monitors import monitor_for
from monitoring.monitors.answers import ModelQuality
from monitoring.monitors.base import Analysis, Observations
from monitoring.monitors.bias_settings import BiasSettings
from monitoring.monitors.explainability_settings import ExplainabilitySettings
from monitoring.monitors.quality_extras_settings import Extras
from monitoring.report import Outcome, findings_document

MODES = ("corrected", "compat")
ANSWERS = ("label", "predicted", "probability")
Columns = dict[str, list[Any]]


def ordinary(rows: int = 400, seed: int = 1) -> Columns:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, rows)
    score = np.clip(0.5 + (2 * label - 1) * 0.2 + rng.normal(0, 0.2, rows), 0, 1)
    return {
        "amount": rng.normal(50, 9, rows).tolist(),
        "sex": rng.choice(["f", "m"], rows).tolist(),
        "label": label.tolist(),
        "predicted": (score > 0.5).astype(int).tolist(),
        "probability": score.tolist(),
    }


def arrays(columns: Columns) -> dict[str, pa.Array]:
    return {
        name: pa.array([None if cell is None else str(cell) for cell in cells], pa.utf8())
        for name, cells in columns.items()
    }


def batch(columns: Columns) -> Any:
    return pa.record_batch(arrays(columns))


def observed(columns: Columns) -> Observations:
    found = arrays(columns)
    features = {name: cells for name, cells in found.items() if name not in ANSWERS}
    return Observations(pa.record_batch(features), *(found.get(name) for name in ANSWERS))


def predict(rows: Any) -> Any:
    return np.array([[float(row[0] or 0) / 100 + (row[1] == "f") / 10] for row in rows])


def indifferent(rows: Any) -> Any:
    """A model that answers everybody alike: no feature matters, so none has a rank."""
    return np.full((len(rows), 1), 0.5)


EVERYTHING = Extras.of(
    {
        "calibration": {},
        "cost": {"false_positive": 1, "false_negative": 9},
        "capacity": {"share": 0.1},
        "segments": {"columns": ["sex"]},
    }
)
SEX = BiasSettings.of(
    {
        "headers": ["amount", "sex", "label"],
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "sex", "value_or_threshold": ["f"]}],
    }
)


def explained(model: Any) -> ExplainabilitySettings:
    return ExplainabilitySettings(model, (("50", "m"),), 8, ("amount", "sex"))


class Case(NamedTuple):
    """A baseline and a window in which something has no number."""

    kind: Kind
    settings: Any
    before: Columns
    now: Columns
    unknown: tuple[str, ...]
    """What must have a reason (parts of its name); nothing: the whole is refused."""


def without(name: str) -> Columns:
    return {key: cells for key, cells in ordinary().items() if key != name}


def filled(**cells: Any) -> Columns:
    return ordinary() | {name: [cell] * 400 for name, cell in cells.items()}


BINARY = ModelQuality("BinaryClassification", extras=EVERYTHING)
REGRESSION = ModelQuality("Regression")
CASES = {
    "data quality, few values": Case(DATA_QUALITY, None, ordinary(12), ordinary(3), ("amount",)),
    "data quality, all null": Case(
        DATA_QUALITY, None, ordinary(), filled(amount=None, sex=None), ("amount", "sex")
    ),
    "data quality, a baseline of nothing": Case(
        DATA_QUALITY, None, filled(amount=None), ordinary(), ("amount",)
    ),
    "model quality, no positives": Case(
        MODEL_QUALITY,
        BINARY,
        ordinary(),
        filled(label=0),
        ("recall", "auc", "au_prc", "true_positive_rate", "f1"),
    ),
    "model quality, no negatives": Case(
        MODEL_QUALITY,
        BINARY,
        ordinary(),
        filled(label=1),
        ("auc", "true_negative_rate", "false_positive_rate"),
    ),
    "model quality, no probability": Case(
        MODEL_QUALITY, BINARY, ordinary(), without("probability"), ("auc",)
    ),
    "model quality, a constant label": Case(
        MODEL_QUALITY, REGRESSION, ordinary(), filled(label=7.0), ("r2",)
    ),
    "model quality, no labels": Case(MODEL_QUALITY, BINARY, ordinary(), filled(label=None), ()),
    "bias, one facet only": Case(BIAS, SEX, ordinary(), filled(sex="m"), ("DPL", "DI", "AD")),
    "bias, few of a facet": Case(
        BIAS, SEX, ordinary(), ordinary() | {"sex": ["f"] * 4 + ["m"] * 396}, ()
    ),
    "bias, nobody positive": Case(
        BIAS, SEX, ordinary(), filled(label=0, predicted=0), ("RD", "DCA")
    ),
    "bias, no labels": Case(BIAS, SEX, ordinary(), filled(label=None), ()),
    "explainability, nothing mattered": Case(
        EXPLAINABILITY, explained(indifferent), ordinary(20), ordinary(20, 2), ("label0",)
    ),
    "explainability, nobody asked": Case(
        EXPLAINABILITY, explained(predict), ordinary(20), ordinary(0), ()
    ),
}


@pytest.fixture(params=CASES, ids=lambda name: name.replace(", ", "-").replace(" ", "-"))
def case(request) -> Case:
    return CASES[request.param]


def attempted(case: Case, mode: Any) -> Analysis | MonitoringError:
    monitor = monitor_for(case.kind)
    read: Callable[[Columns], Any] = batch if case.kind == DATA_QUALITY else observed
    baseline = monitor.suggest([read(case.before)], case.settings, mode)
    try:
        return monitor.analyze([read(case.now)], baseline, mode, case.settings)
    except MonitoringError as error:
        return error


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        yield from (n for part in value.values() for n in numbers(part))
    elif isinstance(value, list | tuple):
        yield from (n for part in value for n in numbers(part))
    elif isinstance(value, float):
        yield value


def test_every_monitor_has_its_cases():
    assert {case.kind for case in CASES.values()} == {*KINDS}


def test_what_has_no_number_has_a_reason(case: Case):
    found = attempted(case, "corrected")
    if isinstance(found, MonitoringError):
        assert not case.unknown
        assert isinstance(found, NoDataError)
        assert str(found).startswith(("NO_DATA: ", "PENDING_LABELS: "))
        return
    assert case.unknown, "something was evaluated that should not have been"
    for part in case.unknown:
        named = [value for name, value in found.distances.items() if name.startswith(part)]
        assert named, f"{part} is not spoken of"
        for value in named:
            assert isinstance(value, Uncomputable), f"{part} is {value}"
            assert value.reason.strip()


@pytest.mark.parametrize("mode", MODES)
def test_no_document_holds_nan(case: Case, mode: Any):
    found = attempted(case, mode)
    if isinstance(found, MonitoringError):
        assert "\n" not in str(found)
        return
    report = findings_document(Outcome(case.kind, mode, found))
    for document in (*found.documents.values(), report):
        assert not [n for n in numbers(document) if math.isnan(n)]
        json.loads(render(document), parse_constant=pytest.fail)


def test_a_reason_stands_in_the_report_where_the_document_has_null(case: Case):
    found = attempted(case, "corrected")
    if isinstance(found, MonitoringError) or case.kind != MODEL_QUALITY:
        return
    report = findings_document(Outcome(case.kind, "corrected", found))
    (block,) = (v for k, v in found.documents["statistics.json"].items() if k.endswith("_metrics"))
    unknown = {n for n, v in block.items() if "value" in v and v["value"] is None}
    assert unknown <= {*report["not_computed"]}
    assert set(case.unknown) <= {*report["not_computed"]}


def test_no_finding_rests_on_what_has_no_number(case: Case):
    found = attempted(case, "corrected")
    if isinstance(found, MonitoringError):
        return
    unknown = {name for name, value in found.distances.items() if isinstance(value, Uncomputable)}
    drifted = [f for f in found.findings if f.check.endswith(("drift_check", "Threshold"))]
    assert not {finding.feature for finding in drifted} & unknown
