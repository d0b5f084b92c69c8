"""What is a violation and what is chance; what cannot be computed, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import CONSTRAINTS, STATISTICS, VIOLATIONS
from monitoring.errors import DocumentError, NoDataError, UsageError
from monitoring.monitors.answers import MOST_CLASSES, Classified, ModelQuality, Regressed
from monitoring.monitors.base import Analysis, Observations
from monitoring.monitors.model_quality import ORDER, analyze, suggest

BINARY = ModelQuality("BinaryClassification")
MULTICLASS = ModelQuality("MulticlassClassification")
REGRESSION = ModelQuality("Regression")


def rows(label: Any, predicted: Any = None, probability: Any = None) -> Observations:
    columns = [
        None if part is None else pa.array(part, pa.utf8())
        for part in (label, predicted, probability)
    ]
    return Observations(pa.record_batch([], names=[]), *columns)


def scored(count: int = 2000, seed: int = 1, lift: float = 0.25) -> Observations:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, count)
    scores = np.clip(0.5 + (2 * truth - 1) * lift + rng.normal(0, 0.25, count), 0, 1)
    return rows([str(x) for x in truth], probability=[repr(x) for x in scores.tolist()])


def measured(count: int = 500, seed: int = 1, noise: float = 1.0) -> Observations:
    rng = np.random.default_rng(seed)
    truth = rng.normal(10, 3, count)
    said = truth + rng.normal(0, noise, count)
    return rows([repr(x) for x in truth.tolist()], [repr(x) for x in said.tolist()])


def judged(
    data: Observations, baseline: Observations, settings: ModelQuality, mode: Any
) -> Analysis:
    return analyze([data], suggest([baseline], settings), mode, settings)


def values(documents: Any) -> dict[str, Any]:
    (block,) = (v for k, v in documents[STATISTICS].items() if k.endswith("_metrics"))
    return {name: entry["value"] for name, entry in block.items() if "value" in entry}


def test_corrected_lets_chance_pass_and_compat_does_not():
    silent, loud = 0, 0
    baseline = suggest([scored()], BINARY)
    for seed in range(2, 42):
        silent += bool(analyze([scored(300, seed)], baseline, "corrected", BINARY).findings)
        loud += bool(analyze([scored(300, seed)], baseline, "compat", BINARY).findings)
    assert silent == 0
    assert loud > 20


def test_a_model_that_guesses_is_found_in_both_modes():
    for mode in ("corrected", "compat"):
        found = judged(scored(300, 2, lift=0.0), scored(), BINARY, mode).findings
        assert {"auc", "accuracy", "recall", "precision"} <= {finding.feature for finding in found}


def test_violations_stand_in_awss_order():
    found = judged(scored(300, 2, lift=-0.2), scored(), BINARY, "compat").findings
    assert [finding.feature for finding in found] == [name for name in ORDER if name != "f0_5"]


def test_f0_5_is_judged_by_corrected_alone():
    worse = (scored(300, 2, lift=0.0), scored(), BINARY)
    assert "f0_5" in {f.feature for f in judged(*worse, "corrected").findings}
    assert "f0_5" not in {f.feature for f in judged(*worse, "compat").findings}


def test_a_finding_can_be_computed_again_from_its_evidence():
    for finding in judged(scored(300, 2, lift=0.0), scored(), BINARY, "corrected").findings:
        if finding.feature == "recall":
            matrix = finding.evidence["confusion_matrix"]
            assert finding.observed == matrix["1"]["1"] / sum(matrix["1"].values())
            tolerated = finding.evidence["tolerated_by_chance"]
            assert finding.threshold == pytest.approx(finding.expected - tolerated)
            return
    raise AssertionError("recall was not found")


def test_fewer_than_200_rows_have_no_spread_in_the_sentence():
    (finding, *_) = judged(scored(199, 2, lift=0.0), scored(), BINARY, "compat").findings
    assert "+/-" not in finding.description
    (finding, *_) = judged(scored(200, 2, lift=0.0), scored(), BINARY, "compat").findings
    assert " +/- " in finding.description


def test_no_positives_gives_reasons_not_numbers():
    data = rows(["0"] * 50, ["0"] * 50, ["0.1"] * 50)
    analysis = judged(data, scored(), BINARY, "corrected")
    found = values(analysis.documents)
    assert found["accuracy"] == 1.0
    for name in ("recall", "precision", "auc", "au_prc", "f1", "true_positive_rate"):
        assert found[name] is None
        assert "no row is" in str(analysis.distances[name])
    assert analysis.findings == ()


def test_too_few_rows_behind_a_metric_are_said_and_not_judged():
    data = rows(["1"] * 4 + ["0"] * 300, ["0"] * 304)
    analysis = judged(data, scored(), BINARY, "corrected")
    assert "recall" not in {finding.feature for finding in analysis.findings}
    assert any("not judged: " in warning and "recall" in warning for warning in analysis.warnings)


@pytest.mark.parametrize("spelt", ["1.0", " 1", "true", "1e0", "TRUE"])
def test_labels_are_one_however_they_are_written(spelt: str):
    data = rows([spelt, "0", "0.0", "false"] * 10, ["1", "0", "0", "0"] * 10)
    assert values(suggest([data], BINARY))["accuracy"] == 1.0


def test_a_third_label_is_rejected_and_counted():
    data = rows(["1", "0", "2", None], ["1", "0", "1", "1"])
    documents = suggest([data], BINARY)
    assert values(documents)["accuracy"] == 1.0
    warnings = analyze([data], documents, "corrected", BINARY).warnings
    assert any(text.startswith("1 labels are not one of 0, 1") for text in warnings)
    assert any(text.startswith("1 of 4 rows have no label") for text in warnings)


def test_named_labels_need_both_names():
    with pytest.raises(UsageError, match="negative_label"):
        ModelQuality("BinaryClassification", positive_label="fraud")
    settings = ModelQuality("BinaryClassification", positive_label="fraud", negative_label="ok")
    data = rows(["fraud", "ok"] * 10, ["fraud", "ok"] * 10)
    assert values(suggest([data], settings))["recall"] == 1.0


@pytest.mark.parametrize(("score", "recall"), [("0.5", 0.0), ("0.5000001", 1.0)])
def test_a_probability_above_the_threshold_is_positive(score: str, recall: float):
    data = rows(["1", "0"] * 10, probability=[score, "0.1"] * 10)
    assert values(suggest([data], BINARY))["recall"] == recall


def test_without_a_probability_there_is_no_auc_and_no_constraint_for_it():
    documents = suggest([rows(["1", "0"] * 10, ["1", "0"] * 10)], BINARY)
    assert "auc" not in documents[STATISTICS]["binary_classification_metrics"]
    assert "auc" not in documents[CONSTRAINTS]["binary_classification_constraints"]


def test_a_constraint_without_a_threshold_is_skipped():
    documents = suggest([rows(["0"] * 20, ["0"] * 20)], BINARY)
    block = documents[CONSTRAINTS]["binary_classification_constraints"]
    assert block["recall"]["threshold"] is None
    found = analyze([scored(300, lift=-0.2)], documents, "compat", BINARY).findings
    assert "recall" not in {finding.feature for finding in found}


def test_a_threshold_set_by_hand_is_the_one_checked():
    documents = suggest([scored()], BINARY)
    documents[CONSTRAINTS]["binary_classification_constraints"]["accuracy"]["threshold"] = 0.999
    (finding,) = analyze([scored()], documents, "corrected", BINARY).findings
    assert finding.identity == {"metric_name": "accuracy"}
    assert finding.expected == 0.999


def test_regression_is_found_worse_and_left_alone_by_chance():
    baseline = suggest([measured(2000)], REGRESSION)
    assert values(baseline)["mae"] == pytest.approx(0.8, abs=0.1)
    clean = [analyze([measured(300, s)], baseline, "corrected", REGRESSION) for s in range(2, 22)]
    assert sum(len(analysis.findings) for analysis in clean) == 0
    worse = analyze([measured(300, 2, noise=3.0)], baseline, "corrected", REGRESSION)
    assert [finding.feature for finding in worse.findings] == ["mae", "mse", "rmse", "r2"]


def test_multiclass_is_weighted_by_actual_class():
    data = rows(["a", "b", "c", "c"] * 60, ["a", "c", "c", "c"] * 60)
    documents = suggest([data], MULTICLASS)
    assert values(documents)["accuracy"] == 0.75
    constraints = documents[CONSTRAINTS]["multiclass_classification_constraints"]
    assert next(iter(constraints)) == "accuracy"
    worse = rows(["a", "b", "c", "c"] * 60, ["b", "c", "a", "c"] * 60)
    found = analyze([worse], documents, "corrected", MULTICLASS).documents[VIOLATIONS]
    assert {"weightedRecall", "weightedF1", "weightedF0_5"} <= {
        entry["metric_name"] for entry in found["violations"]
    }


def test_labels_that_are_no_classes_are_refused():
    numbers = [str(number) for number in range(MOST_CLASSES + 1)]
    with pytest.raises(UsageError, match="no classes"):
        suggest([rows(numbers, numbers)], MULTICLASS)


def test_the_baseline_of_another_problem_type_is_refused():
    documents = suggest([measured()], REGRESSION)
    with pytest.raises(DocumentError, match="BinaryClassification"):
        analyze([scored()], documents, "corrected", BINARY)


def test_a_problem_type_that_is_not_given_is_the_baselines():
    assert analyze([scored()], suggest([scored()], BINARY)).findings == ()


@pytest.mark.parametrize(
    "change",
    [
        {"comparison_operator": "NearThreshold", "threshold": 1.0},
        {"comparison_operator": "LessThanThreshold", "threshold": "high"},
        None,
    ],
)
def test_a_damaged_constraint_names_itself(change: Any):
    documents = suggest([scored()], BINARY)
    documents[CONSTRAINTS]["binary_classification_constraints"]["recall"] = change
    with pytest.raises(DocumentError, match="recall"):
        analyze([scored()], documents, "corrected", BINARY)


def test_rows_without_any_usable_label_are_no_data():
    for label in ([None, None], ["2", "maybe"]):
        with pytest.raises(NoDataError, match=r"\ANO_DATA: none of 2 rows"):
            suggest([rows(label, ["1", "0"])], BINARY)


@pytest.mark.parametrize(
    ("state", "settings", "data"),
    [
        (Classified, BINARY, scored),
        (Classified, MULTICLASS, None),
        (Regressed, REGRESSION, measured),
    ],
)
def test_states_add_up(state: Any, settings: ModelQuality, data: Any):
    parts = [
        data(50, seed) if data else rows(["a", "b"] * seed, ["b", "b"] * seed) for seed in (1, 2, 3)
    ]
    whole = state.nothing(settings)
    singles = []
    for part in parts:
        whole.update(part)
        single = state.nothing(settings)
        single.update(part)
        singles.append(single)
    one, two, three = singles
    for merged in (
        (one + two) + three,
        one + (two + three),
        state.nothing(settings) + one + two + three,
    ):
        assert merged.rows == whole.rows
        assert merged.usable == whole.usable
        if state is Classified:
            assert merged.counts.as_mapping() == whole.counts.as_mapping()
