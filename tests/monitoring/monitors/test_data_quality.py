"""Data quality: each check in its words, each switch of monitoring_config, both modes."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import render
from monitoring.errors import DocumentError
from monitoring.measures.state import Uncomputable
from monitoring.monitors.constraints import Constraints
from monitoring.monitors.data_quality import analyze, describe, suggest, summarize

MODES = ("corrected", "compat")
RNG = np.random.default_rng(11)
DECIMALS = [repr(x) for x in RNG.normal(100, 15, 300).tolist()]
CITIES = [str(x) for x in RNG.choice(["Roma", "Bern", "Oslo"], 300)]


def table(**columns: list[str] | list[str | None]) -> list[pa.RecordBatch]:
    return [pa.record_batch({name: pa.array(c, pa.string()) for name, c in columns.items()})]


def edited(baseline: Any, **config: Any) -> Any:
    """A copy of a baseline with keys of its monitoring_config replaced."""
    baseline = copy.deepcopy(dict(baseline))
    block = baseline["constraints.json"]["monitoring_config"]
    for key, value in config.items():
        target = block if key in block else block["distribution_constraints"]
        target[key] = value
    return baseline


def sentences(findings: Any) -> list[tuple[str, str]]:
    return [(finding.feature, finding.description) for finding in findings]


@pytest.mark.parametrize("mode", MODES)
def test_a_type_violation_reads_as_aws_writes_it(mode):
    baseline = suggest(table(n=["1"] * 18))
    found = analyze(table(n=["1"] * 12 + ["1.5"] * 6), baseline, mode).findings
    assert sentences(found)[0] == (
        "n",
        "Data type match requirement is not met. Expected data type: Integral, "
        "Expected match: 100.0%. Observed: Only 66.66666666666666% of data is Integral.",
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_completeness_violation_reads_as_aws_writes_it(mode):
    baseline = suggest(table(n=["1"] * 320))
    found = analyze(table(n=["1"] * 310 + [None] * 10), baseline, mode).findings
    assert sentences(found) == [
        ("n", "Data completeness requirement is not met. Expected: 100.0%. Observed: Only 96.875%.")
    ]


def test_an_hour_like_an_incomplete_baseline_is_clean_and_a_worse_one_is_not():
    gaps: list[str | None] = [None if i % 20 == 0 else "1" for i in range(2000)]
    baseline = suggest(table(n=gaps))
    for missing, codes in ((28, ()), (60, ("completeness_check",))):
        hour: list[str | None] = [None] * missing + ["1"] * (500 - missing)
        findings = analyze(table(n=hour), baseline, "corrected").findings
        assert tuple(finding.check for finding in findings) == codes
        assert analyze(table(n=hour), baseline, "compat").findings


def test_a_completeness_set_by_hand_is_a_hard_bound():
    baseline = copy.deepcopy(dict(suggest(table(n=["1"] * 95 + [None] * 5))))
    baseline["constraints.json"]["features"][0]["completeness"] = 0.94
    hour: list[str | None] = [None] * 31 + ["1"] * 469
    (finding,) = analyze(table(n=hour), baseline, "corrected").findings
    assert finding.threshold == 0.94


def test_a_column_of_numbers_with_rare_text_is_known_by_its_domains():
    """A baseline with one `nan` in it calls the column String; most hours hold no text."""
    ages = [str(20 + i % 50) for i in range(999)]
    baseline = suggest(table(age=["nan", *ages]))
    assert analyze(table(age=ages), baseline, "corrected").findings == ()
    assert [f.check for f in analyze(table(age=ages), baseline, "compat").findings] == [
        "data_type_check"
    ]
    (unseen, *_) = analyze(table(age=[str(700 + i % 9) for i in range(500)]), baseline).findings
    assert unseen.check == "data_type_check"


@pytest.mark.parametrize("mode", MODES)
def test_an_unseen_category_is_found_and_quoted(mode):
    baseline = suggest(table(city=CITIES))
    (finding, *_) = analyze(table(city=[*CITIES, "Atlantis" * 20]), baseline, mode).findings
    assert finding.check == "categorical_values_check"
    assert finding.observed == 300 / 301
    assert finding.evidence["unseen"] == {("Atlantis" * 20)[:40]: 1}


@pytest.mark.parametrize("mode", MODES)
def test_nulls_are_completenesss_business_alone(mode):
    baseline = suggest(table(city=CITIES, n=["1"] * 300))
    half: list[str | None] = [None, *CITIES[1:]]
    found = analyze(table(city=half, n=[None, *["1"] * 299]), baseline, mode).findings
    assert {finding.check for finding in found} == {"completeness_check"}


@pytest.mark.parametrize("mode", MODES)
def test_negative_values_are_no_violation(mode):
    baseline = suggest(table(n=["0", "1"] * 50))
    assert baseline["constraints.json"]["features"][0]["num_constraints"]["is_non_negative"]
    assert (
        analyze(
            table(n=["-1", "1"] * 50), edited(baseline, perform_comparison="Disabled"), mode
        ).findings
        == ()
    )


def test_a_flag_that_flips_drifts_by_rows_and_not_by_distinct_values():
    baseline = suggest(table(flag=["0"] * 200 + ["1"] * 100))
    current = table(flag=["0"] * 100 + ["1"] * 200)
    (finding,) = analyze(current, baseline, "corrected").findings
    assert finding.check == "baseline_drift_check"
    assert finding.evidence["largest_difference"] == pytest.approx(1 / 3)
    assert finding.other_mode == "compat: no violation; distance 0.0 over 2 and 2 distinct values"
    assert analyze(current, baseline, "compat").findings == ()


def test_the_evidence_of_a_drift_gives_its_distance_again():
    shifted = [repr(float(x) + 20) for x in DECIMALS]
    (finding,) = analyze(table(x=shifted), suggest(table(x=DECIMALS))).findings
    evidence = finding.evidence
    assert finding.observed == evidence["largest_difference"] - evidence["correction"]
    assert sum(evidence["baseline_shares"]) == pytest.approx(1)
    assert sum(evidence["current_shares"]) == pytest.approx(1)
    assert len(evidence["current_shares"]) == len(evidence["edges"]) + 1


def test_a_shifted_category_drifts():
    baseline = suggest(table(city=CITIES))
    (finding,) = analyze(table(city=["Roma"] * 280 + ["Bern"] * 20), baseline).findings
    assert finding.check == "baseline_drift_check"
    assert finding.evidence["at"] in ("Roma", "Bern", "Oslo")


@pytest.mark.parametrize("mode", MODES)
def test_chi_squared_finds_a_small_p_value(mode):
    baseline = edited(suggest(table(city=CITIES)), categorical_drift_method="ChiSquared")
    (finding,) = analyze(table(city=["Roma"] * 200 + ["Bern"] * 100), baseline, mode).findings
    assert finding.observed is not None
    assert finding.observed < 0.1
    assert finding.description.startswith("Baseline drift p-value: ")
    assert analyze(table(city=CITIES), baseline, mode).findings == ()


def test_simple_takes_nothing_off_for_chance():
    baseline = suggest(table(x=DECIMALS))
    current = table(x=[repr(float(x) + 20) for x in DECIMALS])
    simple = analyze(current, edited(baseline, comparison_method="Simple")).distances["x"]
    robust = analyze(current, baseline).distances["x"]
    assert isinstance(simple, float)
    assert isinstance(robust, float)
    assert simple - robust == pytest.approx(1.8 * (2 / 300) ** 0.5)


def test_drift_is_still_measured_beside_one_bad_cell():
    """AWS calls the column String then, and looks no further."""
    baseline = suggest(table(x=DECIMALS))
    current = table(x=["N/A"] + [repr(float(x) + 60) for x in DECIMALS])
    checks = {m: {f.check for f in analyze(current, baseline, m).findings} for m in MODES}
    assert checks["corrected"] == {"data_type_check", "baseline_drift_check"}
    assert checks["compat"] == {"data_type_check"}


def test_too_few_values_have_no_distance_rather_than_zero():
    analysis = analyze(table(x=DECIMALS[:3]), suggest(table(x=DECIMALS)))
    assert isinstance(analysis.distances["x"], Uncomputable)
    assert "3 current values" in str(analysis.distances["x"])


def test_a_threshold_of_one_is_no_lack_of_values():
    baseline = edited(suggest(table(x=DECIMALS)), comparison_threshold=1.0)
    assert isinstance(analyze(table(x=DECIMALS), baseline).distances["x"], float)


def test_without_baseline_statistics_nothing_is_called_stable():
    baseline = {"constraints.json": suggest(table(x=DECIMALS))["constraints.json"]}
    analysis = analyze(table(x=["9"] * 300), baseline)
    assert isinstance(analysis.distances["x"], Uncomputable)


def test_without_constraints_there_is_nothing_to_check():
    with pytest.raises(DocumentError, match=r"constraints\.json: is missing"):
        analyze(table(x=["1"]), {"statistics.json": suggest(table(x=["1"]))["statistics.json"]})


BAD = table(x=["a"] * 300, city=["Atlantis"] * 300)


@pytest.mark.parametrize("mode", MODES)
def test_evaluate_constraints_switches_every_check_off(mode):
    baseline = suggest(table(x=DECIMALS, city=CITIES))
    analysis = analyze(BAD, edited(baseline, evaluate_constraints="Disabled"), mode)
    assert analysis.findings == ()
    assert analysis.documents["constraint_violations.json"] == {"violations": []}
    assert analysis.documents["statistics.json"]["dataset"] == {"item_count": 300}


@pytest.mark.parametrize("mode", MODES)
def test_one_feature_can_be_switched_off(mode):
    baseline = edited(suggest(table(x=DECIMALS, city=CITIES)))
    block = baseline["constraints.json"]["features"][1]["string_constraints"]
    block["monitoring_config_overrides"] = {"evaluate_constraints": "Disabled"}
    findings = analyze(BAD, baseline, mode).findings
    assert findings
    assert {finding.feature for finding in findings} == {"x"}


@pytest.mark.parametrize("mode", MODES)
def test_one_feature_can_be_switched_on_alone(mode):
    baseline = edited(suggest(table(x=DECIMALS, city=CITIES)), evaluate_constraints="Disabled")
    feature = baseline["constraints.json"]["features"][1]
    feature["monitoring_config_overrides"] = {"evaluate_constraints": "Enabled"}
    findings = analyze(BAD, baseline, mode).findings
    assert findings
    assert {finding.feature for finding in findings} == {"city"}


def test_thresholds_below_one_leave_room():
    baseline = suggest(table(n=["1"] * 100, city=["Roma", "Bern"] * 50))
    lenient = edited(
        baseline,
        datatype_check_threshold=0.9,
        domain_content_threshold=0.9,
        perform_comparison="Disabled",
    )
    current = table(n=["1.5"] * 9 + ["1"] * 91, city=["Oslo"] * 9 + ["Roma"] * 91)
    assert analyze(current, lenient).findings == ()
    assert len(analyze(current, edited(baseline, perform_comparison="Disabled")).findings) == 2


def test_a_monitoring_run_suggests_constraints_for_its_own_data():
    current = table(x=["1", "2"])
    analysis = analyze(current, suggest(table(x=DECIMALS)))
    assert analysis.documents["constraints.json"] == suggest(current)["constraints.json"]


def test_other_checks_go_on_when_a_named_column_is_missing():
    baseline = suggest(table(x=DECIMALS, city=CITIES))
    findings = analyze(table(city=["Atlantis"] * 300), baseline).findings
    assert [f.check for f in findings][:2] == ["missing_column_check", "categorical_values_check"]


def test_drift_stands_last_in_feature_order():
    baseline = suggest(table(a=DECIMALS, b=DECIMALS, c=DECIMALS))
    shifted = [repr(float(x) + 60) for x in DECIMALS]
    findings = analyze(table(a=shifted, b=shifted, c=["x"] * 300), baseline).findings
    assert [f.feature for f in findings] == ["c", "a", "b"]
    assert findings[0].check == "data_type_check"


@pytest.mark.parametrize("seed", range(20))
def test_a_bootstrap_of_the_same_data_does_not_drift(seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 300, 120)
    baseline = suggest(table(x=DECIMALS, city=CITIES))
    current = table(x=[DECIMALS[i] for i in rows], city=[CITIES[i] for i in rows])
    assert analyze(current, baseline).findings == ()


def hour(rows: int, seed: int) -> pa.RecordBatch:
    """Columns of many kinds, too long for any sketch to hold every value."""
    generator = np.random.default_rng(seed)
    prices = [repr(x) for x in generator.lognormal(3, 1, rows).round(2).tolist()]
    odd = ["1e-05", "1e400", "N/A", "-0", "7.50", None]
    columns = {
        "decimal": [repr(x) for x in (1e9 + generator.normal(size=rows)).tolist()],
        "price": prices,
        "count": [str(x) for x in generator.geometric(0.05, rows).tolist()],
        "flag": [str(x) for x in generator.integers(0, 2, rows).tolist()],
        "city": [("Roma", "Bern", "Oslo")[x] for x in generator.integers(0, 3, rows).tolist()],
        "user": [f"user-{x}" for x in generator.integers(0, 10**6, rows).tolist()],
        "mixed": [odd[i % 50] if i % 50 < len(odd) else price for i, price in enumerate(prices)],
    }
    return pa.record_batch({name: pa.array(cells, pa.string()) for name, cells in columns.items()})


def same(one: Any, other: Any, where: str = "$") -> None:
    """Equal, but that floating sums may differ by a relative 1e-12."""
    if isinstance(one, dict):
        assert list(one) == list(other), where
        for key in one:
            same(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for i, pair in enumerate(zip(one, other, strict=True)):
            same(*pair, f"{where}[{i}]")
    elif where.rpartition(".")[2] in ("sum", "mean", "std_dev"):
        assert one == pytest.approx(other, rel=1e-12), where
    else:
        assert one == other, where


def test_row_order_batches_and_partitions_change_nothing_in_corrected_mode():
    rows = hour(12_000, seed=1)
    mixed = rows.take(pa.array(np.random.default_rng(2).permutation(rows.num_rows)))
    known = suggest([rows])
    constraints = Constraints.of(known["constraints.json"])
    parts = [summarize([mixed.slice(start, 3500)], constraints) for start in range(0, 12_000, 3500)]
    merged = parts[2] + ((parts[3] + parts[0]) + parts[1])
    same(dict(describe(merged)), dict(known))
    same(dict(suggest([mixed.slice(0, 5), mixed.slice(5, 8000), mixed.slice(8005)])), dict(known))
    current = hour(5000, seed=3)
    turned = current.take(pa.array(np.arange(4999, -1, -1)))
    one, other = analyze([current], known), analyze([turned.slice(0, 99), turned.slice(99)], known)
    same(dict(one.documents), dict(other.documents))
    assert (one.findings, one.distances) == (other.findings, other.distances)


def test_compat_depends_on_the_order_of_rows_as_aws_s_analyzer_does():
    rows = hour(12_000, seed=1)
    turned = rows.take(pa.array(np.arange(11_999, -1, -1)))
    assert suggest([rows], mode="compat") != suggest([turned], mode="compat")


@pytest.mark.parametrize("written", MODES)
@pytest.mark.parametrize("mode", MODES)
def test_a_baseline_of_either_mode_serves_both(written, mode):
    baseline = suggest([hour(20_000, seed=1)], mode=written)
    assert analyze([hour(4000, seed=2)], baseline, mode).findings == ()
    shifted = hour(4000, seed=2).to_pydict()
    shifted["price"] = [repr(float(price) * 2) for price in shifted["price"]]
    found = analyze([pa.RecordBatch.from_pydict(shifted)], baseline, mode).findings
    assert [finding.feature for finding in found] == ["price"]


def test_a_column_past_every_limit_is_described_in_bounded_size():
    """A million values that occur once, a text of a megabyte, numbers past float64."""
    numbers = np.char.add("1", np.char.zfill(np.arange(100_000).astype(str), 30))
    batch = table(
        user=[f"user-{i}" for i in range(100_000)],
        huge=numbers.tolist(),
        long=["x" * 2**20, *["y"] * 99_999],
        infinite=["inf", "-inf", "nan", "1e999"] * 25_000,
    )
    for mode in MODES:
        assert len(render(suggest(batch, mode=mode)["statistics.json"])) < 2**20 + 300_000
