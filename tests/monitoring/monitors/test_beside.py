"""Drift tests beside the monitors: what they find, what they leave alone, what they say."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import STATISTICS, render
from monitoring.errors import DocumentError, NoDataError
from monitoring.kinds import DATA_QUALITY
from monitoring.monitors import BIAS_MONITOR, DATA_QUALITY_MONITOR, MODEL_QUALITY_MONITOR
from monitoring.monitors.answers import ModelQuality
from monitoring.monitors.base import Observations
from monitoring.monitors.beside import with_drift_tests
from monitoring.monitors.bias_settings import BiasSettings
from monitoring.monitors.drift_baseline import ADDITIONAL_BASELINE
from monitoring.monitors.drift_measures import ROWS
from monitoring.monitors.drift_test_settings import THRESHOLDS, DriftTests
from monitoring.report import Outcome, findings_document

MODES = ("corrected", "compat")
SURE = {name: {"threshold": 0} for name in THRESHOLDS}
BINARY = ModelQuality("BinaryClassification")


def beside(monitor, **config):
    return with_drift_tests(monitor, DriftTests.of({"tests": SURE, **config}))


def text(values) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values])


def rows_of(cells) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(found, pa.utf8()) for name, found in cells.items()})


def columns(chance, rows, shift=0.0) -> dict[str, np.ndarray]:
    age = chance.normal(40, 10, rows)
    return {
        "score": chance.random(rows),
        "age": age + shift,
        "income": chance.lognormal(10, 1, rows),
        "children": chance.poisson(1.5, rows),
        "city": chance.choice(["Rome", "Oslo", "Lima"], rows, p=[0.5, 0.3, 0.2]),
    }


def batch(chance, rows=1500, shift=0.0) -> pa.RecordBatch:
    found = columns(chance, rows, shift)
    return pa.record_batch({name: text(values.tolist()) for name, values in found.items()})


def observed(chance, rows=1500, positive=0.3, sure=0.0) -> Observations:
    label = (chance.random(rows) < positive).astype(int)
    probability = np.clip(0.2 + 0.5 * label + chance.normal(0, 0.1, rows) + sure, 0, 1)
    features = pa.record_batch({"sex": text(chance.choice(["f", "m"], rows))})
    answers = (probability > 0.5).astype(int)
    return Observations(features, text(label), text(answers), text(probability))


def block(analysis) -> dict:
    found = analysis.additional["drift_tests"]
    json.loads(render(found))
    return found


@pytest.mark.parametrize("mode", MODES)
def test_a_shifted_column_is_found_and_no_other(mode):
    chance = np.random.default_rng(1)
    monitor = beside(DATA_QUALITY_MONITOR)
    baseline = monitor.suggest([batch(chance, 4000)], mode=mode)
    found = block(monitor.analyze([batch(chance, shift=4.0)], baseline, mode))
    assert found["drifted"] == ["age", ROWS]
    tests = found["columns"]["age"]["tests"]
    assert all(one["drifted"] for one in tests.values())
    assert set(tests) == set(THRESHOLDS) - {"classifier"}
    assert tests["wasserstein"]["effect_size"] == pytest.approx(0.4, abs=0.1)
    rows = found["columns"][ROWS]["tests"]["classifier"]
    assert next(iter(rows["told_by"])) == "age"


def test_hours_like_the_baseline_are_called_drift_no_more_often_than_configured():
    chance = np.random.default_rng(2)
    monitor = beside(DATA_QUALITY_MONITOR, false_discovery_rate=0.1)
    data = batch(chance, 3000)
    baseline = monitor.suggest([data])
    hours = 24
    alarms = 0
    for _ in range(hours):
        drawn = data.take(pa.array(chance.integers(0, data.num_rows, 600)))
        alarms += bool(block(monitor.analyze([drawn], baseline))["drifted"])
    assert alarms <= hours * 0.1 + 3 * np.sqrt(hours * 0.1 * 0.9)


@pytest.mark.parametrize("mode", MODES)
def test_aws_documents_are_what_they_are_without_the_tests(mode):
    chance = np.random.default_rng(3)
    monitor = beside(DATA_QUALITY_MONITOR)
    data, hour = batch(chance), batch(chance, shift=8.0)
    baseline = monitor.suggest([data], mode=mode)
    plain = DATA_QUALITY_MONITOR.suggest([data], mode=mode)
    assert baseline.keys() - plain.keys() == {ADDITIONAL_BASELINE}
    assert all(baseline[name] == plain[name] for name in plain)
    analysis = monitor.analyze([hour], baseline, mode)
    assert analysis.documents == DATA_QUALITY_MONITOR.analyze([hour], plain, mode).documents


def test_drift_is_a_violation_only_where_that_is_configured():
    chance = np.random.default_rng(4)
    data, hour = batch(chance), batch(chance, shift=2.5)
    silent, loud = beside(DATA_QUALITY_MONITOR), beside(DATA_QUALITY_MONITOR, violation=True)
    baseline = silent.suggest([data])
    own = DATA_QUALITY_MONITOR.analyze([hour], baseline).findings
    assert silent.analyze([hour], baseline).findings == own
    analysis = loud.analyze([hour], baseline)
    more = analysis.findings[len(own) :]
    entries = [finding.violation() for finding in analysis.findings]
    assert analysis.documents["constraint_violations.json"]["violations"] == entries
    assert {finding.feature for finding in more} >= {"age"}
    for finding in more:
        assert finding.check == "additional_drift_check"
        assert finding.observed > finding.threshold
        assert finding.evidence["adjusted_p_value"] <= 0.05
        assert "exceeds threshold" in finding.description


def test_an_effect_below_its_threshold_is_no_drift_however_sure():
    chance = np.random.default_rng(5)
    monitor = with_drift_tests(
        DATA_QUALITY_MONITOR, DriftTests.of({"tests": {"ks": {"threshold": 0.3}}})
    )
    baseline = monitor.suggest([batch(chance, 4000)])
    found = block(monitor.analyze([batch(chance, 4000, shift=4.0)], baseline))
    test = found["columns"]["age"]["tests"]["ks"]
    assert test["adjusted_p_value"] < 1e-6
    assert not test["drifted"]


def test_only_chosen_columns_are_tested_and_roles_are_told_apart():
    chance = np.random.default_rng(6)
    monitor = beside(DATA_QUALITY_MONITOR, columns=["age", "agee"], predictions=["score"])
    baseline = monitor.suggest([batch(chance)])
    found = block(monitor.analyze([batch(chance)], baseline))["columns"]
    assert {name: entry["role"] for name, entry in found.items()} == {
        "score": "prediction",
        "age": "feature",
        "agee": "feature",
        ROWS: "rows",
    }
    assert "no distribution" in found["agee"]["tests"]["ks"]["not_computed"]


def test_row_order_and_parts_change_nothing():
    chance = np.random.default_rng(7)
    monitor = beside(DATA_QUALITY_MONITOR)
    data, hour = batch(chance), batch(chance)
    turned = [part.take(pa.array(chance.permutation(part.num_rows))) for part in (data, hour)]
    one = block(monitor.analyze([hour], monitor.suggest([data])))
    other = block(monitor.analyze([turned[1]], monitor.suggest([turned[0]])))
    assert one == other
    baseline = monitor.suggest([data])
    sent = pickle.loads(pickle.dumps(monitor))  # noqa: S301
    parts = [
        pickle.loads(pickle.dumps(sent.gather([part], baseline=baseline)))  # noqa: S301
        for part in (hour.slice(0, 700), hour.slice(700))
    ]
    assert block(monitor.analyze_from(parts[0] + parts[1], baseline)) == one


def test_a_column_that_changed_its_nature_has_reasons():
    chance = np.random.default_rng(8)
    monitor = beside(DATA_QUALITY_MONITOR)
    baseline = monitor.suggest([batch(chance)])
    hour = batch(chance).to_pydict()
    hour["age"] = ["old"] * 1500
    hour["city"] = [str(number) for number in range(1500)]
    hour["income"] = [None] * 1500
    del hour["children"]
    found = block(monitor.analyze([rows_of(hour)], baseline))["columns"]
    for name in ("age", "city", "income", "children"):
        tests = found[name]["tests"]
        assert all(one.get("not_computed") for one in tests.values()), name
    assert found["score"]["tests"]["ks"]["p_value"] > 0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "strange",
    [
        ["inf", "-inf", "1e400"],
        ["nan", "NaN", "null"],
        ["9" * 400, "-" + "9" * 400],
        ["1.7e308", "-1.7e308"],
        ["x" * 2**19],
        ["\U0001f600", "\u202e", "\x00"],
        [None],
        ["7"],
    ],
)
def test_strange_cells_give_a_number_or_a_reason(mode, strange):
    chance = np.random.default_rng(17)
    monitor = beside(DATA_QUALITY_MONITOR, violation=True)
    for side in ("baseline", "current"):
        cells = {
            "baseline": batch(chance, 300).to_pydict(),
            "current": batch(chance, 300).to_pydict(),
        }
        for name in ("age", "city"):
            cells[side][name][: len(strange) * 20] = strange * 20
        baseline = monitor.suggest([rows_of(cells["baseline"])], mode=mode)
        analysis = monitor.analyze([rows_of(cells["current"])], baseline, mode)
        render(dict(baseline))
        render(findings_document(Outcome(DATA_QUALITY, mode, analysis)))
        for entry in block(analysis)["columns"].values():
            for test in entry["tests"].values():
                assert test.get("not_computed") or 0 <= test["adjusted_p_value"] <= 1


def test_few_rows_have_reasons_and_none_is_no_data():
    chance = np.random.default_rng(18)
    monitor = beside(DATA_QUALITY_MONITOR)
    baseline = monitor.suggest([batch(chance)])
    found = block(monitor.analyze([batch(chance, 1)], baseline))
    assert found["tests"] == 0
    assert found["drifted"] == []
    with pytest.raises(NoDataError):
        monitor.analyze([], baseline)
    with pytest.raises(NoDataError):
        monitor.suggest([batch(chance, 0)])


def test_a_new_category_is_counted_and_not_named():
    chance = np.random.default_rng(9)
    monitor = beside(DATA_QUALITY_MONITOR)
    baseline = monitor.suggest([batch(chance)])
    hour = batch(chance).to_pydict()
    hour["city"] = ["4111-1111-1111-1111"] * 1500
    analysis = monitor.analyze([rows_of(hour)], baseline)
    assert "city" in block(analysis)["drifted"]
    assert "4111" not in render(analysis.additional)


def test_without_a_sample_the_classifier_says_what_to_do():
    chance = np.random.default_rng(10)
    plain = DATA_QUALITY_MONITOR.suggest([batch(chance)])
    found = block(beside(DATA_QUALITY_MONITOR).analyze([batch(chance)], plain))
    assert "suggest it again" in found["columns"][ROWS]["tests"]["classifier"]["not_computed"]
    assert found["columns"]["age"]["tests"]["ks"]["p_value"] > 0


def test_rows_are_kept_only_where_the_classifier_is_asked_for():
    chance = np.random.default_rng(11)
    asked = DriftTests.of({"tests": {"ks": {}}})
    documents = with_drift_tests(DATA_QUALITY_MONITOR, asked).suggest([batch(chance)])
    assert ADDITIONAL_BASELINE not in documents
    kept = beside(DATA_QUALITY_MONITOR, sample_rows=100).suggest([batch(chance)])
    sample = kept[ADDITIONAL_BASELINE]["sample"]
    assert (len(sample["rows"]), sample["drawn_from"]) == (100, 1500)
    assert sample["holds"] == "rows of the baseline data"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("monitor", "settings"),
    [
        (MODEL_QUALITY_MONITOR, BINARY),
        (
            BIAS_MONITOR,
            BiasSettings.of(
                {
                    "label": "y",
                    "label_values_or_threshold": [1],
                    "facet": [{"name_or_index": "sex", "value_or_threshold": ["f"]}],
                }
            ),
        ),
    ],
    ids=["model quality", "bias"],
)
def test_labels_and_answers_that_drift_are_told_apart(monitor, settings, mode):
    chance = np.random.default_rng(12)
    with_tests = beside(monitor)
    baseline = with_tests.suggest([observed(chance, 3000)], settings, mode)
    assert "sample" not in baseline[ADDITIONAL_BASELINE]

    def drifted(hour):
        return block(with_tests.analyze([hour], baseline, mode, settings))["drifted"]

    assert drifted(observed(chance)) == []
    assert drifted(observed(chance, positive=0.45)) == ["label", "prediction", "probability"]
    assert drifted(observed(chance, sure=0.1)) == ["probability"]


def test_a_baseline_without_answers_says_so():
    chance = np.random.default_rng(13)
    plain = MODEL_QUALITY_MONITOR.suggest([observed(chance)], BINARY)
    found = block(beside(MODEL_QUALITY_MONITOR).analyze([observed(chance)], plain, settings=BINARY))
    assert found["tests"] == 0
    assert "suggest it again" in found["columns"]["label"]["tests"]["psi"]["not_computed"]


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        {},
        {"version": 2},
        {"version": 1, "sample": []},
        {"version": 1, "sample": {"columns": ["a"], "rows": [["1"], ["1", "2"]]}},
        {"version": 1, "sample": {"columns": ["a"], "rows": [[1]], "drawn_from": 1}},
    ],
)
def test_a_damaged_baseline_is_refused_by_name(damaged):
    chance = np.random.default_rng(14)
    baseline = DATA_QUALITY_MONITOR.suggest([batch(chance)])
    with pytest.raises(DocumentError, match=ADDITIONAL_BASELINE):
        beside(DATA_QUALITY_MONITOR).analyze(
            [batch(chance)], {**baseline, ADDITIONAL_BASELINE: damaged}
        )


def test_statistics_that_are_missing_leave_reasons():
    chance = np.random.default_rng(15)
    monitor = beside(DATA_QUALITY_MONITOR)
    baseline = dict(monitor.suggest([batch(chance)]))
    del baseline[STATISTICS]
    found = block(monitor.analyze([batch(chance)], baseline))
    assert "baseline statistics" in found["columns"]["age"]["tests"]["ks"]["not_computed"]


def test_the_summary_says_what_drifted_and_what_was_not_tested():
    chance = np.random.default_rng(16)
    monitor = beside(DATA_QUALITY_MONITOR, predictions=["age"])
    baseline = monitor.suggest([batch(chance)])
    hour = batch(chance, shift=5.0).to_pydict()
    hour["city"] = [str(number) for number in range(1500)]
    lines = block(monitor.analyze([rows_of(hour)], baseline))["summary"]
    assert lines[0].startswith("drift tests of columns and rows: 2 of 6 drifted")
    assert any(line.strip().startswith("age (prediction): ks 0.") for line in lines)
    assert any("not tested" in line and "psi of city" in line for line in lines)
    assert not any("no order" in line for line in lines)


def test_no_tests_leave_the_monitor_itself():
    assert with_drift_tests(BIAS_MONITOR, None) is BIAS_MONITOR
