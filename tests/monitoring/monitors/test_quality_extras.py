"""What is measured beyond AWS: that it is right, in its own block, and never a false zero."""

from __future__ import annotations

import json
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, mean_absolute_error, recall_score, roc_auc_score

from monitoring.documents import VIOLATIONS
from monitoring.monitors.answers import ModelQuality
from monitoring.monitors.base import Analysis, Observations
from monitoring.monitors.model_quality import analyze, analyze_from, gather, suggest
from monitoring.monitors.quality_extras_settings import Extras
from monitoring.monitors.segments import MISSING, MOST_SEGMENTS

EVERYTHING = {
    "calibration": {"bins": 10},
    "cost": {"false_positive": 5, "false_negative": 90},
    "capacity": {"rows": 50},
    "segments": {"columns": ["sex", {"column": "age", "edges": [30, 60]}]},
}


def table(rows: int = 1000, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    scores = rng.random(rows)
    return {
        "score": scores,
        "label": (rng.random(rows) < scores).astype(int),
        "sex": rng.choice(["f", "m"], rows, p=[0.3, 0.7]),
        "age": rng.integers(18, 90, rows),
    }


def observed(found: dict[str, Any], size: int = 10_000) -> list[Observations]:
    parts = []
    for start in range(0, len(found["label"]), size):
        texts = {
            name: pa.array(
                [None if c is None else str(c) for c in cells[start : start + size]], pa.utf8()
            )
            for name, cells in found.items()
        }
        features = {name: texts[name] for name in ("sex", "age") if name in texts}
        parts.append(
            Observations(
                pa.record_batch(features) if features else pa.record_batch([], names=[]),
                texts["label"],
                texts.get("predicted"),
                texts.get("score"),
            )
        )
    return parts


def run(
    found: dict[str, Any], document: Any, problem: Any = "BinaryClassification", mode: Any = None
) -> Analysis:
    settings = ModelQuality(problem, extras=Extras.of(document))
    data = observed(found)
    return analyze(data, suggest(data, settings), mode or "corrected", settings)


def block(found: dict[str, Any], document: Any, problem: Any = "BinaryClassification") -> Any:
    analysis = run(found, document, problem)
    json.dumps(analysis.additional, allow_nan=False)
    return analysis.additional["model_quality"]


def test_nothing_is_measured_unless_asked_and_awss_documents_stay_as_they_are():
    data, plain = observed(table()), ModelQuality("BinaryClassification")
    asked = ModelQuality("BinaryClassification", extras=Extras.of(EVERYTHING))
    without = analyze(data, suggest(data, plain), "corrected", plain)
    with_all = analyze(data, suggest(data, asked), "corrected", asked)
    assert without.additional == {}
    assert {*with_all.additional["model_quality"]} == {"rows", "summary", *EVERYTHING}
    assert with_all.documents == without.documents
    assert with_all.findings == without.findings == ()


def test_the_reliability_curve_is_sklearns():
    found = table()
    told = block(found, {"calibration": {"bins": 10}})["calibration"]
    observed_rates, claimed = calibration_curve(found["label"], found["score"], n_bins=10)
    assert [p["positive_rate"] for p in told["reliability_curve"]] == pytest.approx(observed_rates)
    assert [p["mean_score"] for p in told["reliability_curve"]] == pytest.approx(claimed)
    assert all(
        p["interval"][0] <= p["positive_rate"] <= p["interval"][1]
        for p in told["reliability_curve"]
    )
    assert 0 < told["expected_calibration_error"] < 3 * told["by_chance"]["mean"]


def test_costs_are_those_of_the_decisions_and_the_best_threshold_is_cheaper():
    found = table()
    told = block(found, {"cost": {"false_positive": 5, "false_negative": 90}})["cost"]
    said = found["score"] > 0.5
    spent = np.where(said & (found["label"] == 0), 5, 0) + np.where(
        ~said & (found["label"] == 1), 90, 0
    )
    assert told["mean_cost"] == pytest.approx(spent.mean())
    assert told["standard_error"] == pytest.approx(spent.std(ddof=1) / 1000**0.5)
    assert told["best"]["mean_cost"] < told["mean_cost"]
    assert told["best"]["threshold"] == pytest.approx(told["break_even_threshold"], abs=0.05)
    assert told["curve"]["thresholds"] == sorted(told["curve"]["thresholds"])


def test_precision_at_capacity_is_that_of_the_highest_scores():
    found = table()
    told = block(found, {"capacity": {"share": 0.05}})["capacity"]
    highest = np.argsort(-found["score"])[:50]
    assert told["reviewed"] == 50
    assert told["precision"] == pytest.approx(found["label"][highest].mean())
    assert told["recall"] == pytest.approx(found["label"][highest].sum() / found["label"].sum())


def test_segments_are_measured_like_the_whole():
    found = table()
    columns = block(found, EVERYTHING)["segments"]
    said = (found["score"] > 0.5).astype(int)
    for value in columns["sex"]["values"]:
        mine = found["sex"] == value["value"]
        label, predicted = found["label"][mine], said[mine]
        assert value["rows"] == mine.sum()
        assert value["accuracy"]["value"] == accuracy_score(label, predicted)
        assert value["recall"]["value"] == pytest.approx(recall_score(label, predicted))
        assert value["auc"]["value"] == pytest.approx(roc_auc_score(label, found["score"][mine]))
        low, high = value["accuracy"]["interval"]
        assert low < value["accuracy"]["value"] < high
    assert [value["value"] for value in columns["sex"]["values"]] == ["m", "f"]
    ages = {value["value"]: value["rows"] for value in columns["age"]["values"]}
    assert ages == {
        "below 30": (found["age"] < 30).sum(),
        "30 to below 60": ((found["age"] >= 30) & (found["age"] < 60)).sum(),
        "60 or more": (found["age"] >= 60).sum(),
    }


def test_the_summary_tells_the_numbers_or_why_there_are_none():
    found = table()
    summary = block(found, EVERYTHING)["summary"]
    assert [line.partition(":")[0] for line in summary] == [
        "expected calibration error",
        "mean cost of a row",
        "precision of the 50 highest scores",
        "accuracy by sex",
        "accuracy by age",
    ]
    found["predicted"] = (found.pop("score") > 0.5).astype(int)
    summary = block(found, EVERYTHING | {"segments": {"columns": ["city"]}})["summary"]
    assert sum("not computed: " in line for line in summary) == 3


def test_a_small_segment_is_marked_and_a_tiny_one_is_not_named():
    found = table()
    found["sex"] = np.array(["f"] * 3 + ["x"] * 40 + ["m"] * 956 + [None], dtype=object)
    told = block(found, {"segments": {"columns": ["sex"], "few_rows": 50}})["segments"]["sex"]
    assert [(v["value"], v["few_rows"]) for v in told["values"]] == [("m", False), ("x", True)]
    assert told["smaller"] == {"segments": 2, "rows": 4}


def test_rows_without_a_value_are_a_segment_of_their_own():
    found = table()
    found["sex"] = np.array([None] * 20 + ["m"] * 980, dtype=object)
    told = block(found, {"segments": {"columns": ["sex"]}})["segments"]["sex"]["values"]
    assert [v["value"] for v in told] == ["m", MISSING]


def test_a_column_that_is_not_there_or_has_too_many_values_says_so():
    found = table()
    found["sex"] = np.array([f"name {i}" for i in range(1000)])
    told = block(found, {"segments": {"columns": ["sex", "city"]}})["segments"]
    assert told["sex"] == {"not_computed": "it has too many values to be told apart; give edges"}
    assert told["city"] == {"not_computed": "some or all of the data have no such column"}


@pytest.mark.parametrize("size", [1, 13, 400])
@pytest.mark.parametrize("values", [2, MOST_SEGMENTS, MOST_SEGMENTS + 1])
def test_states_of_parts_add_up_to_the_wholes(size: int, values: int):
    found = table(400)
    found["sex"] = np.array([f"v{i % values}" for i in range(400)])
    settings = ModelQuality("BinaryClassification", extras=Extras.of(EVERYTHING))
    baseline = suggest(observed(found), settings)
    whole = analyze(observed(found), baseline, "corrected", settings).additional
    states = [gather([p], settings, "corrected", baseline) for p in observed(found, size)]
    for parts in (states, states[::-1]):
        merged = analyze_from(reduce(add, parts), baseline, "corrected").additional
        assert json.loads(json.dumps(merged)) == json.loads(json.dumps(whole))


def test_a_baseline_needs_no_segments():
    settings = ModelQuality("BinaryClassification", extras=Extras.of(EVERYTHING))
    assert gather(observed(table()), settings).segments.states == {}


def test_one_class_only_gives_reasons():
    found = table(100)
    found["label"] = np.zeros(100, dtype=int)
    told = block(found, EVERYTHING)
    assert told["capacity"]["recall"] == {"not_computed": "no row is labelled positive"}
    segment = told["segments"]["sex"]["values"][0]
    assert "not_computed" in segment["auc"]["value"]
    assert "not_computed" in segment["recall"]["value"]
    assert "interval" not in segment["recall"]


def test_without_a_probability_there_is_a_reason():
    found = table()
    found["predicted"] = (found.pop("score") > 0.5).astype(int)
    told = block(found, EVERYTHING)
    reason = {"not_computed": "there is no probability: name probability_attribute"}
    assert told["calibration"]["expected_calibration_error"] == reason
    assert told["capacity"]["precision"] == reason
    assert told["cost"]["best"] == reason
    assert told["cost"]["mean_cost"] > 0


def test_scores_that_are_no_probabilities_are_not_calibrated():
    found = table()
    found["score"] = found["score"] * 3
    told = block(found, EVERYTHING)
    assert "outside 0 to 1" in told["calibration"]["expected_calibration_error"]["not_computed"]
    assert told["capacity"]["precision"] > 0


def test_a_regression_has_errors_by_segment_and_reasons_for_the_rest():
    rng = np.random.default_rng(1)
    found = table()
    found["label"] = rng.normal(10, 3, 1000)
    found["predicted"] = found["label"] + rng.normal(0, 1, 1000)
    del found["score"]
    told = block(found, EVERYTHING, "Regression")
    assert "not_computed" in told["cost"]["mean_cost"]
    for value in told["segments"]["sex"]["values"]:
        mine = found["sex"] == value["value"]
        mae = mean_absolute_error(found["label"][mine], found["predicted"][mine])
        assert value["mae"]["value"] == pytest.approx(mae)
        low, high = value["mae"]["interval"]
        assert low < mae < high


def test_more_than_two_classes_have_accuracy_by_segment():
    found = table()
    found["label"] = np.array(["a", "b", "c", "a"] * 250)
    found["predicted"] = np.array(["a", "b", "a", "a"] * 250)
    del found["score"]
    told = block(found, EVERYTHING, "MulticlassClassification")
    for value in told["segments"]["sex"]["values"]:
        mine = found["sex"] == value["value"]
        expected = accuracy_score(found["label"][mine], found["predicted"][mine])
        assert value["accuracy"]["value"] == pytest.approx(expected)


LIMITS = {
    "calibration": {"max_error": 0.05},
    "cost": {"false_positive": 5, "false_negative": 90, "max_mean": 12.0},
    "capacity": {"share": 0.05, "min_precision": 0.97},
    "segments": {"columns": ["sex"], "max_gap": 0.05},
}


def spoilt(found: dict[str, Any]) -> dict[str, Any]:
    """Probabilities squeezed together, the best of them wrong, and one segment guessed at."""
    rng = np.random.default_rng(2)
    score = np.where(found["sex"] == "f", rng.random(len(found["sex"])), found["score"])
    score = np.where(found["score"] > 0.9, 0.01, score)
    return found | {"score": score / 2 + 0.25}


def test_what_is_beyond_a_limit_is_a_finding_of_its_own_kind():
    analysis = run(spoilt(table(4000)), LIMITS)
    assert [finding.check for finding in analysis.findings] == [
        "calibration_check",
        "mean_cost_check",
        "precision_at_capacity_check",
        "segment_gap_check",
    ]
    entries = analysis.documents[VIOLATIONS]["violations"]
    assert [entry["metric_name"] for entry in entries] == [
        "expectedCalibrationError",
        "meanCost",
        "precisionAtCapacity",
        "accuracy",
    ]
    assert entries[-1]["segment_value"] == "f"
    assert all(finding.other_mode.startswith("compat: the same") for finding in analysis.findings)


def test_limits_are_not_crossed_by_chance():
    """A model that is exactly at its limits, in forty hours of 150 rows."""
    crossed = 0
    for seed in range(40):
        limits = LIMITS | {
            "calibration": {"max_error": 0.0},
            "cost": {"false_positive": 5, "false_negative": 90, "max_mean": 11.875},
            "capacity": {"share": 0.1, "min_precision": 0.95},
            "segments": {"columns": ["sex"], "max_gap": 0.0},
        }
        crossed += bool(run(table(150, seed), limits).findings)
    assert crossed <= 1


@pytest.mark.parametrize("mode", ["corrected", "compat"])
def test_a_regressions_segment_is_held_to_its_gap(mode: Any):
    rng = np.random.default_rng(1)
    found = table(2000)
    found["label"] = rng.normal(10, 3, 2000)
    wide = np.where(found["sex"] == "f", 3.0, 1.0)
    found["predicted"] = found["label"] + wide * rng.normal(0, 1, 2000)
    del found["score"]
    limits = {"segments": {"columns": ["sex"], "max_gap": 0.5}}
    (finding,) = run(found, limits, "Regression", mode).findings
    assert finding.identity == {"metric_name": "mae", "segment": "sex", "segment_value": "f"}
    assert finding.observed > finding.threshold > finding.expected == 0.5
