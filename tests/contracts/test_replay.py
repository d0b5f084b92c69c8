"""Every finding of the four monitors follows from its own evidence, as `monitor why` shows."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from monitoring import cli
from monitoring.documents import CONSTRAINTS, render
from monitoring.errors import FAILED, OK, DocumentError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind
from monitoring.measures.outcome import Uncomputable
from monitoring.monitors import monitor_for
from monitoring.monitors.answers import ModelQuality
from monitoring.monitors.base import Observations
from monitoring.monitors.bias_settings import BiasSettings
from monitoring.monitors.explainability_settings import ExplainabilitySettings
from monitoring.monitors.quality_extras_settings import Extras
from monitoring.monitors.replay import replayed
from monitoring.report import Outcome, findings_document
from monitoring.why import REPLAYS

MODES = ("corrected", "compat")
ANSWERS = ("label", "predicted", "probability")
Columns = dict[str, Any]


def texts(columns: Columns) -> dict[str, pa.Array]:
    return {
        name: pa.array([None if cell is None else str(cell) for cell in cells], pa.utf8())
        for name, cells in columns.items()
    }


def observed(columns: Columns) -> Observations:
    found = texts(columns)
    features = {name: cells for name, cells in found.items() if name not in ANSWERS}
    batch = pa.record_batch(features) if features else pa.record_batch([], names=[])
    return Observations(batch, *(found.get(name) for name in ANSWERS))


def report(kind: Kind, before: Any, now: Any, mode: Any, settings: Any, change: Any = None) -> Any:
    """findings.json of a run, as a reader has it."""
    monitor = monitor_for(kind)
    baseline = json.loads(render(dict(monitor.suggest([before], settings, mode))))
    if change:
        change(baseline)
    analysis = monitor.analyze([now], baseline, mode, settings)
    return json.loads(render(findings_document(Outcome(kind, mode, analysis))))


def table(seed: int = 1, rows: int = 600) -> Columns:
    rng = np.random.default_rng(seed)
    return {
        "amount": rng.lognormal(3, 1, rows),
        "age": rng.integers(18, 90, rows),
        "city": rng.choice(["Roma", "Bern", "Wien"], rows),
        "plan": rng.choice(["a", "b", "c", "d"], rows),
        "left": ["1"] * rows,
    }


def damaged() -> Columns:
    columns = table(2)
    rows = len(columns["age"])
    return {
        "amount": columns["amount"] * 3,
        "age": [None if n % 3 else "old" if n % 2 else "40" for n in range(rows)],
        "city": ["Oslo" if n % 4 else "Roma" for n in range(rows)],
        "plan": np.random.default_rng(3).choice(["a", "b"], rows),
        "new": ["1"] * rows,
    }


def chi_squared(baseline: Any) -> None:
    config = baseline[CONSTRAINTS]["monitoring_config"]["distribution_constraints"]
    config["categorical_drift_method"] = "ChiSquared"


def data_quality(mode: Any) -> list[Any]:
    arrays = [pa.record_batch(texts(columns)) for columns in (table(), damaged())]
    positional = dict(zip(table(), damaged().values(), strict=True))
    fewer = pa.record_batch(texts({"amount": table()["amount"]}))
    more = pa.record_batch(texts(table() | {"new": table()["left"]}))
    return [
        report(DATA_QUALITY, *arrays, mode, None),
        report(DATA_QUALITY, arrays[0], pa.record_batch(texts(positional)), mode, None),
        report(
            DATA_QUALITY, arrays[0], pa.record_batch(texts(positional)), mode, None, chi_squared
        ),
        report(DATA_QUALITY, arrays[0], fewer, mode, None),
        report(DATA_QUALITY, arrays[0], more, mode, None),
    ]


def scored(lift: float, seed: int, rows: int = 2000) -> Columns:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, rows)
    score = np.clip(0.5 + (2 * label - 1) * lift + rng.normal(0, 0.2, rows), 0, 1).round(3)
    segment = rng.choice(["web", "branch"], rows)
    score = np.where(segment == "branch", rng.random(rows).round(3), score)
    return {"label": label, "probability": score, "segment": segment}


LIMITS = {
    "calibration": {"max_error": 0.01},
    "cost": {"false_positive": 1, "false_negative": 9, "max_mean": 0.1},
    "capacity": {"rows": 200, "min_precision": 0.95},
    "segments": {"columns": ["segment"], "max_gap": 0.01},
}


def classes(wrong: float, seed: int) -> Columns:
    rng = np.random.default_rng(seed)
    label = rng.choice(["a", "b", "c"], 900)
    guessed = rng.choice(["a", "b", "c"], 900)
    return {"label": label, "predicted": np.where(rng.random(900) < wrong, guessed, label)}


def values(noise: float, seed: int) -> Columns:
    rng = np.random.default_rng(seed)
    label = rng.normal(10, 3, 900)
    segment = rng.choice(["web", "branch"], 900)
    wide = np.where(segment == "branch", 3 * noise, noise)
    predicted = (label + rng.normal(0, 1, 900) * wide).tolist()
    return {"label": label.tolist(), "predicted": predicted, "segment": segment}


def model_quality(mode: Any) -> list[Any]:
    binary = ModelQuality("BinaryClassification", extras=Extras.of(LIMITS))
    gap = Extras.of({"segments": {"columns": ["segment"], "max_gap": 0.1}})
    cases = (
        (binary, scored(0.2, 1), scored(-0.05, 2)),
        (ModelQuality("MulticlassClassification"), classes(0.1, 1), classes(0.6, 2)),
        (ModelQuality("Regression", extras=gap), values(1.0, 1), values(2.5, 2)),
    )
    return [
        report(MODEL_QUALITY, observed(before), observed(now), mode, settings)
        for settings, before, now in cases
    ]


def people(gap: float, seed: int, rows: int = 1500) -> Columns:
    rng = np.random.default_rng(seed)
    sex = rng.integers(0, 2, rows)
    label = (rng.random(rows) < 0.5 + gap * (sex - 0.5)).astype(int)
    wrong = rng.random(rows) < np.where(sex == 1, 0.1, 0.1 + abs(gap) / 2)
    said = np.where(wrong, (rng.random(rows) < 0.5 + gap * (sex - 0.5)).astype(int), label)
    towns = rng.choice(["x", "y", "z", "w"], rows, p=[0.5, 0.3, 0.197, 0.003])
    income = rng.normal(30, 5, rows).round(1)
    return {"sex": sex, "income": income, "town": towns, "label": label, "predicted": said}


FACETS = {
    "headers": ["sex", "income", "town", "label"],
    "label": "label",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "sex", "value_or_threshold": [0]}],
    "group_variable": "town",
}


def bias(mode: Any) -> list[Any]:
    settings = BiasSettings.of(FACETS)
    pairs = [(people(0.02, 1), people(0.7, 2)), (people(0.02, 1), people(-0.7, 2))]
    labels_only = [{k: v for k, v in one.items() if k != "predicted"} for one in pairs[0]]
    return [
        report(BIAS, observed(before), observed(now), mode, settings)
        for before, now in (*pairs, labels_only)
    ]


def predict(rows: Any) -> Any:
    found = [[2 * float(r[0]) + float(r[1]) + 3 * float(r[2])] for r in rows]
    return np.tanh(np.array(found) / 10)


def explainability(mode: Any) -> list[Any]:
    rng = np.random.default_rng(1)
    before = {name: rng.normal(0, scale, 60) for name, scale in (("p", 3), ("q", 1), ("r", 0.1))}
    now = {name: rng.normal(0, scale, 60) for name, scale in (("p", 0.1), ("q", 1), ("r", 9))}
    settings = ExplainabilitySettings(predict, (("0", "0", "0"),), 16, ("p", "q", "r"))
    return [report(EXPLAINABILITY, observed(before), observed(now), mode, settings)]


RUNS = {
    DATA_QUALITY: data_quality,
    MODEL_QUALITY: model_quality,
    BIAS: bias,
    EXPLAINABILITY: explainability,
}
CHECKS = {
    DATA_QUALITY: {
        "data_type_check",
        "completeness_check",
        "categorical_values_check",
        "baseline_drift_check",
        "missing_column_check",
        "extra_column_check",
    },
    MODEL_QUALITY: {
        "LessThanThreshold",
        "GreaterThanThreshold",
        "calibration_check",
        "mean_cost_check",
        "precision_at_capacity_check",
        "segment_gap_check",
    },
    BIAS: {"bias_drift_check"},
    EXPLAINABILITY: {"feature_attribution_drift_check"},
}


@pytest.fixture(
    scope="module",
    params=[(k, m) for k in RUNS for m in MODES],
    ids=lambda param: f"{param[0].slug}-{param[1]}",
)
def run(request) -> tuple[Kind, list[Any]]:
    kind, mode = request.param
    return kind, RUNS[kind](mode)


def entries(run: tuple[Kind, list[Any]]) -> list[Any]:
    return [entry for document in run[1] for entry in document["findings"]]


def test_the_replay_of_every_finding_equals_it(run):
    found = [(entry, replayed(entry, REPLAYS)) for entry in entries(run)]
    assert found
    for entry, replay in found:
        assert not isinstance(replay, Uncomputable), (entry["description"], replay)
        assert replay.agrees_with(entry), (entry, replay)
        assert replay.steps


def test_every_check_of_a_monitor_is_among_them(run):
    kind, _ = run
    assert {entry["constraint_check_type"] for entry in entries(run)} >= CHECKS[kind]


def test_a_report_that_was_changed_does_not_agree(run):
    for entry in entries(run):
        if entry["observed"] is not None:
            forged = entry | {"observed": entry["observed"] + 0.01}
            assert not replayed(forged, REPLAYS).agrees_with(forged)


def test_damaged_evidence_is_one_line(run):
    for entry in entries(run):
        for key in entry["evidence"]:
            for value in (None, "x", [], {}):
                torn = copy.deepcopy(entry)
                torn["evidence"][key] = value
                try:
                    replayed(torn, REPLAYS)
                except DocumentError as error:
                    assert "\n" not in str(error)


def test_evidence_that_tells_otherwise_does_not_agree():
    (document,) = explainability("corrected")
    (entry,) = document["findings"]
    entry["evidence"]["current_ranking"] = entry["evidence"]["baseline_ranking"]
    assert not replayed(entry, REPLAYS).agrees_with(entry)


def test_a_baseline_of_fewer_rows_than_the_report_says_makes_it_chance():
    document, *_ = model_quality("corrected")
    (entry,) = (
        e for e in document["findings"] if e.get("metric_name") == "accuracy" and "segment" not in e
    )
    assert replayed(entry, REPLAYS).agrees_with(entry)
    entry["evidence"]["baseline_rows"] = 5
    assert not replayed(entry, REPLAYS).agrees_with(entry)


def why(path: Path) -> Any:
    return CliRunner().invoke(cli.main, ["why", str(path)])


def test_why_tells_the_steps_and_agrees(run, tmp_path: Path):
    for number, document in enumerate(run[1]):
        directory = tmp_path / str(number)
        directory.mkdir()
        (directory / "findings.json").write_text(json.dumps(document))
        result = why(directory)
        assert result.exit_code == OK, result.output
        assert result.stdout.count(": a violation") >= 1
        assert "█" in result.stdout
        assert f"{len(document['findings'])} finding" in result.stdout


def test_why_says_what_does_not_agree(tmp_path: Path):
    (document,) = explainability("corrected")
    document["findings"][0]["observed"] = 0.1
    path = tmp_path / "findings.json"
    path.write_text(json.dumps(document))
    result = why(path)
    assert result.exit_code == FAILED
    assert "DOES NOT AGREE: the report says 0.1" in result.stdout


def test_a_group_that_was_withheld_is_not_a_disagreement(tmp_path: Path):
    (document, *_) = bias("compat")
    document["findings"] = document["findings"][:1]
    document["findings"][0]["evidence"]["advantaged"] = "withheld: fewer than 10 rows"
    path = tmp_path / "findings.json"
    path.write_text(json.dumps(document))
    result = why(path)
    assert result.exit_code == OK
    assert "not computed again: the counts are withheld: fewer than 10 rows" in result.stdout


def test_a_clean_run_has_nothing_to_explain_and_says_what_was_not_looked_at(tmp_path: Path):
    monitor, settings = monitor_for(MODEL_QUALITY), ModelQuality("BinaryClassification")
    data = [observed({"label": [0] * 50, "predicted": [0] * 50})]
    analysis = monitor.analyze(data, monitor.suggest(data, settings), "corrected", settings)
    outcome = Outcome(MODEL_QUALITY, "corrected", analysis)
    (tmp_path / "findings.json").write_text(json.dumps(findings_document(outcome)))
    result = why(tmp_path)
    assert result.exit_code == OK
    assert "model-quality: no finding (corrected)" in result.stdout
    assert "not computed (no row is labelled positive): " in result.stdout


@pytest.mark.parametrize("content", ["{}", "[]", "{", '{"findings": 3}', '{"findings": [3]}'])
def test_what_is_no_report_is_one_line(tmp_path: Path, content: str):
    (tmp_path / "findings.json").write_text(content)
    result = why(tmp_path)
    assert result.exit_code == FAILED
    assert result.output.startswith("Error: ")


def test_a_terminal_is_never_told_what_to_do(tmp_path: Path):
    (document,) = explainability("corrected")
    document["findings"][0] |= {"label": "\x1b[2J", "description": "\x1b[31m"}
    document["findings"][0]["evidence"]["baseline_ranking"][0]["feature"] = "\x1b[1m"
    document["findings"][0]["evidence"]["current_ranking"][0]["feature"] = "\x1b[1m"
    (tmp_path / "findings.json").write_text(json.dumps(document))
    assert "\x1b" not in why(tmp_path).output
