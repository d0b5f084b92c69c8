"""The bias monitor: what it finds, what it leaves to chance, and what it gives reasons for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.documents import ANALYSIS, CONSTRAINTS, VIOLATIONS, render
from monitoring.errors import CaptureError, DocumentError, NoDataError, UsageError
from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.facets import Comparison
from monitoring.measures.fairness import POST_TRAINING, PRE_TRAINING
from monitoring.measures.outcome import Uncomputable
from monitoring.monitors.base import Analysis, Observations
from monitoring.monitors.bias import analyze, judge, suggest, tallied
from monitoring.monitors.bias_counts import BiasTally
from monitoring.monitors.bias_documents import BiasBaseline
from monitoring.monitors.bias_settings import BiasSettings

ROWS = 3000
MODES: tuple[Any, ...] = ("corrected", "compat")
CONFIG = {
    "label": "repaid",
    "label_values_or_threshold": [1],
    "facet": [
        {"name_or_index": "sex", "value_or_threshold": ["f"]},
        {"name_or_index": "age", "value_or_threshold": [40.5]},
        {"name_or_index": "town"},
    ],
    "group_variable": "purpose",
}
SETTINGS = BiasSettings.of(CONFIG)
SEX_ONLY = BiasSettings.of({**CONFIG, "facet": CONFIG["facet"][:1]})

Columns = dict[str, Sequence[Any]]


def people(rows: int = ROWS, seed: int = 5, harm: float = 0.0) -> Columns:
    """Loans: who asked, whether they repaid, and whether a model believed it.

    `harm` is what the model takes off a woman's score.
    """
    rng = np.random.default_rng(seed)
    sex = np.where(rng.random(rows) < 0.4, "f", "m")
    income = rng.normal(size=rows)
    chance = 1 / (1 + np.exp(-income - 0.3))
    scores = chance + rng.normal(size=rows) * 0.2 - harm * (sex == "f")
    return {
        "sex": sex.tolist(),
        "age": rng.integers(18, 80, rows).tolist(),
        "town": rng.choice(["Roma", "Zürich", "Oslo"], rows).tolist(),
        "purpose": rng.choice(["car", "house", "study"], rows).tolist(),
        "income": income.round(4).tolist(),
        "repaid": (rng.random(rows) < chance).astype(int).tolist(),
        "granted": (scores > 0.5).astype(int).tolist(),
    }


def text(cells: Sequence[Any]) -> pa.Array:
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.utf8())


def seen(columns: Columns, size: int | None = None) -> list[Observations]:
    """Observations of `size` rows each; what is called repaid and granted is no feature."""
    names = [name for name in columns if name not in ("repaid", "granted", "score")]
    rows = len(next(iter(columns.values())))
    parts = []
    for start in range(0, rows, size or max(rows, 1)):
        part = {
            name: text(cells[start : start + (size or rows)]) for name, cells in columns.items()
        }
        features = pa.RecordBatch.from_arrays([part[name] for name in names], names=names)
        answers = (part.get(name) for name in ("repaid", "granted", "score"))
        parts.append(Observations(features, *answers))
    return parts


BASELINE = suggest(seen(people()), SETTINGS)


def checked(columns: Columns, mode: Any = "corrected", asked: BiasSettings = SETTINGS) -> Analysis:
    return analyze(seen(columns), BASELINE, mode, asked)


def values(document: Any, stage: str, facet: str, value: str) -> dict[str, Any]:
    entries = document[f"{stage}_bias_metrics"]["facets"][facet]
    (entry,) = [entry for entry in entries if entry["value_or_threshold"] == value]
    return {metric["name"]: metric for metric in entry["metrics"]}


def reason(analysis: Analysis, name: str) -> str:
    found = analysis.distances[name]
    assert isinstance(found, Uncomputable)
    return found.reason


@pytest.mark.parametrize("mode", MODES)
def test_no_violation_against_its_own_baseline(mode):
    analysis = checked(people(), mode)
    assert analysis.findings == ()
    assert analysis.documents[VIOLATIONS] == {"version": "1.0", "violations": []}
    assert analysis.item_count == ROWS
    assert all(change == 0 for change in analysis.distances.values())


def test_the_documents_of_a_baseline_are_one_and_the_same():
    assert BASELINE[CONSTRAINTS] == BASELINE[ANALYSIS]
    document = BASELINE[ANALYSIS]
    assert list(document) == [
        "version",
        "post_training_bias_metrics",
        "pre_training_bias_metrics",
    ]
    section = document["post_training_bias_metrics"]
    assert (section["label"], section["label_value_or_threshold"]) == ("repaid", "1")
    named = {
        facet: [entry["value_or_threshold"] for entry in entries]
        for facet, entries in section["facets"].items()
    }
    assert named == {"sex": ["f"], "age": ["(40.5, 79.0]"], "town": ["Oslo", "Roma", "Zürich"]}


def test_metrics_stand_in_alphabetical_order_each_with_its_description():
    metrics = BASELINE[ANALYSIS]["post_training_bias_metrics"]["facets"]["sex"][0]["metrics"]
    names = [metric["name"] for metric in metrics]
    assert names == sorted(names)
    assert len(names) == 13
    assert all(metric["description"].endswith(f"({metric['name']})") for metric in metrics)


def test_the_facet_treated_worse_is_found():
    """GE looks at no facet: it is the same for all of them."""
    findings = checked(people(seed=6, harm=0.25)).findings
    others = [finding.identity for finding in findings if finding.identity["facet"] != "sex"]
    assert {identity["metric_name"] for identity in others} == {"GE"}
    found = {f.identity["metric_name"]: f for f in findings if f.identity["facet"] == "sex"}
    assert {"DPPL", "DI", "CDDPL", "RD"} <= found.keys()
    assert found["DPPL"].violation() == {
        "facet": "sex",
        "facet_value": "f",
        "metric_name": "DPPL",
        "constraint_check_type": "bias_drift_check",
        "description": f"Metric value {found['DPPL'].observed!r} doesn't meet the baseline "
        f"constraint requirement {found['DPPL'].expected!r}",
    }


@pytest.mark.parametrize("seed", range(20, 30))
def test_an_hour_like_the_baseline_is_clean_in_corrected_mode(seed):
    assert not checked(people(rows=300, seed=seed)).findings


def test_compat_takes_any_distance_for_drift():
    """Nine metrics or more of an hour in which nothing changed: AWS's rule, not ours."""
    findings = checked(people(rows=300, seed=20), "compat").findings
    assert len(findings) > 8
    assert all(finding.other_mode.startswith("corrected: no violation") for finding in findings)


def test_violations_follow_the_order_of_the_analysis():
    findings = checked(people(seed=7), "compat").findings
    places = [
        (stage, facet, entry["value_or_threshold"], metric["name"])
        for stage in ("post_training", "pre_training")
        for facet, entries in BASELINE[ANALYSIS][f"{stage}_bias_metrics"]["facets"].items()
        for entry in entries
        for metric in entry["metrics"]
    ]
    known = {place[1:]: at for at, place in enumerate(places)}
    order = [known[tuple(finding.identity.values())] for finding in findings]
    assert order == sorted(order)


def test_disparate_impact_is_measured_from_one():
    columns = people(seed=6, harm=0.25)
    assert "DI" in {finding.identity["metric_name"] for finding in checked(columns).findings}
    compat = [f.identity for f in checked(columns, "compat").findings]
    assert ("sex", "f", "DI") not in [tuple(identity.values()) for identity in compat]


def test_nobody_of_the_facet_accepted_is_a_disparate_impact_of_zero_and_found():
    columns = people(seed=8)
    columns["granted"] = [
        0 if sex == "f" else granted
        for sex, granted in zip(columns["sex"], columns["granted"], strict=True)
    ]
    (finding,) = [
        finding
        for finding in checked(columns).findings
        if finding.identity["metric_name"] == "DI" and finding.identity["facet"] == "sex"
    ]
    assert finding.observed == 0.0
    assert json.loads(render([finding.evidence]))


@pytest.mark.parametrize("mode", MODES)
def test_the_evidence_gives_the_metric_again(mode):
    measures = {metric.name: metric.measure for metric in (*PRE_TRAINING, *POST_TRAINING)}
    findings = checked(people(seed=6, harm=0.25), mode).findings
    again = set()
    for finding in findings:
        name, evidence = finding.identity["metric_name"], finding.evidence
        if name in measures and not name.startswith("CDD"):
            sides = (BinaryCounts(**evidence[side]) for side in ("advantaged", "disadvantaged"))
            assert measures[name](Comparison(*sides)) == finding.observed
        elif name == "FT":
            flipped = evidence["favoured"] - evidence["passed_over"]
            assert flipped / evidence["rows"] == finding.observed
        else:
            assert disparity(evidence) == pytest.approx(finding.observed, rel=1e-12)
        again.add(name)
    assert {"DI", "CDDPL", "FT"} & again


def disparity(evidence: Any) -> float:
    other = evidence["other_groups"]
    total, rows = (other["disparity"] or 0) * other["rows"], other["rows"]
    for a_accepted, a_rejected, d_accepted, d_rejected in evidence["groups"]:
        share = d_rejected / (a_rejected + d_rejected) - d_accepted / (a_accepted + d_accepted)
        size = a_accepted + a_rejected + d_accepted + d_rejected
        total, rows = total + share * size, rows + size
    return float(total / rows)


@pytest.mark.parametrize("size", [1, 7, 149, 400])
def test_the_size_of_batches_does_not_matter(size):
    columns = people(rows=400)
    assert suggest(seen(columns, size), SETTINGS) == suggest(seen(columns), SETTINGS)


@pytest.mark.parametrize("mode", MODES)
def test_the_order_of_rows_does_not_matter(mode):
    columns = people(rows=400, seed=6, harm=0.3)
    order = np.random.default_rng(1).permutation(400)
    shuffled = {name: [cells[i] for i in order] for name, cells in columns.items()}
    assert suggest(seen(shuffled), SETTINGS) == suggest(seen(columns), SETTINGS)
    one, other = checked(columns, mode), checked(shuffled, mode)
    assert one.documents == other.documents
    assert one.distances == other.distances


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 399), max_size=3, unique=True), st.permutations(range(4)))
def test_parts_add_up_in_any_order(cuts, order):
    columns = people(rows=400)
    edges = [0, *sorted(cuts), 400]
    parts = [
        tallied(seen({n: c[a:b] for n, c in columns.items()}), SETTINGS) for a, b in pairwise(edges)
    ]
    total = BiasTally(SETTINGS)
    for at in order:
        if at < len(parts):
            total += parts[at]
    baseline = BiasBaseline.of(suggest(seen(columns), SETTINGS)[CONSTRAINTS], CONSTRAINTS)
    analysis = judge(total, baseline, "compat")
    assert analysis.findings == ()
    assert all(change == 0 for change in analysis.distances.values())


def test_a_threshold_stays_one_however_few_rows_an_hour_has():
    """40 rows with 18 ages would be categories of their own accord were there 1000 of them."""
    columns = people(rows=60, seed=6) | {"age": [41, 39] * 30}
    document = checked(columns, "compat").documents[ANALYSIS]
    metrics = values(document, "pre_training", "age", "(40.5, 79.0]")
    assert metrics["CI"]["value"] == 0.0


def test_a_facet_of_zero_and_one_is_never_turned_into_a_threshold():
    columns = people(rows=30) | {"sex": [0, 1, 1] * 10}
    asked = BiasSettings.of(
        {**CONFIG, "facet": [{"name_or_index": "sex", "value_or_threshold": 0}]}
    )
    document = suggest(seen(columns), asked)[ANALYSIS]
    assert values(document, "pre_training", "sex", "0")["CI"]["value"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("spelling", [("1.0", "0.0"), ("true", "False"), (" 1", "0 ")])
def test_labels_are_the_same_however_they_are_spelt(spelling):
    columns = people()
    for name in ("repaid", "granted"):
        columns[name] = [spelling[0] if cell else spelling[1] for cell in columns[name]]
    assert suggest(seen(columns), SETTINGS) == BASELINE


def test_a_probability_is_a_prediction_when_above_the_threshold():
    columns = people()
    granted = columns.pop("granted")
    columns["score"] = [0.71 if yes else 0.7 for yes in granted]
    asked = BiasSettings.of(CONFIG, probability_threshold=0.7)
    assert suggest(seen(columns), asked) == BASELINE


@pytest.mark.parametrize(("positive", "negative"), [("0", "1"), ("good", "bad")])
def test_a_probability_is_of_label_one_unless_labels_are_called_otherwise(positive, negative):
    """Where 0 is the good outcome a high score is a bad sign; of text labels it is a good one."""
    columns = people()
    granted = columns.pop("granted")
    high = [bool(yes) != (positive == "0") for yes in granted]
    columns["score"] = [0.9 if yes else 0.1 for yes in high]
    columns["repaid"] = [positive if yes else negative for yes in columns["repaid"]]
    asked = BiasSettings.of({**CONFIG, "label_values_or_threshold": [positive]})
    found = suggest(seen(columns), asked)[ANALYSIS]
    theirs = BASELINE[ANALYSIS]
    assert (
        found["post_training_bias_metrics"]["facets"]
        == (theirs["post_training_bias_metrics"]["facets"])
    )


def test_without_predictions_the_labels_are_still_compared():
    columns = people()
    del columns["granted"]
    document = suggest(seen(columns), SETTINGS)[ANALYSIS]
    post = values(document, "post_training", "sex", "f")
    assert {metric["value"] for metric in post.values()} == {None}
    assert post["DI"]["error"] == "there are no predicted labels"
    assert document["pre_training_bias_metrics"] == BASELINE[ANALYSIS]["pre_training_bias_metrics"]


def test_without_a_group_variable_the_reason_is_aws_own():
    config = {key: value for key, value in CONFIG.items() if key != "group_variable"}
    document = suggest(seen(people()), BiasSettings.of(config))[ANALYSIS]
    metric = values(document, "pre_training", "sex", "f")["CDDL"]
    assert (metric["value"], metric["error"]) == (None, "Group variable is empty or not provided")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("data", [[], seen({"sex": [], "repaid": []})], ids=["no batch", "no row"])
def test_no_rows_is_an_error_that_begins_no_data(data, mode):
    with pytest.raises(NoDataError, match=r"\ANO_DATA"):
        suggest(data, SETTINGS)
    with pytest.raises(NoDataError, match=r"\ANO_DATA"):
        analyze(data, BASELINE, mode, SETTINGS)


@pytest.mark.parametrize("label", [None, [None] * ROWS], ids=["no column", "all null"])
def test_no_labels_is_no_data(label):
    columns = people()
    del columns["repaid"]
    if label:
        columns["repaid"] = label
    with pytest.raises(NoDataError, match=r"\ANO_DATA: none of 3000 rows has a label"):
        checked(columns)


def test_rows_without_a_label_are_left_out_and_said():
    columns = people()
    columns["repaid"] = [None, "NaN", *columns["repaid"][2:]]
    analysis = checked(columns)
    assert analysis.item_count == ROWS - 2
    assert any("2 of 3000 rows have no label" in warning for warning in analysis.warnings)


def test_one_row_can_be_compared_with_nothing():
    with pytest.raises(NoDataError, match="not one metric of the baseline could be compared"):
        checked(people(rows=1))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("cells", [[None], ["diverse"]], ids=["all null", "unseen value"])
def test_an_hour_without_anybody_of_the_facet_has_reasons(cells, mode):
    analysis = checked(people() | {"sex": cells * ROWS}, mode)
    assert "sex" not in {finding.identity["facet"] for finding in analysis.findings}
    assert reason(analysis, "DPPL of sex f") == "no row is in the disadvantaged facet"


def test_an_hour_without_anybody_of_the_only_facet_is_not_clean():
    with pytest.raises(NoDataError, match="no row is in the disadvantaged facet"):
        checked(people() | {"sex": [None] * ROWS}, asked=SEX_ONLY)


def test_a_value_the_baseline_does_not_have_is_measured_and_not_judged():
    columns = people()
    columns["town"] = ["Bern" if town == "Oslo" else town for town in columns["town"]]
    analysis = checked(columns)
    assert reason(analysis, "DI of town Bern") == "the baseline has no such number"
    assert "no such facet value" in reason(analysis, "DI of town Oslo")
    assert values(analysis.documents[ANALYSIS], "post_training", "town", "Bern")["DI"]["value"]


def test_a_rare_value_the_baseline_does_not_have_is_not_named():
    columns = people()
    columns["town"] = [*["Via Roma 7, Bern"] * 9, *columns["town"][9:]]
    corrected, compat = checked(columns), checked(columns, "compat")
    assert "Bern" not in str((corrected.documents, corrected.warnings, corrected.distances))
    assert "Bern" in str(compat.documents)


def test_a_missing_facet_is_a_finding():
    columns = people()
    del columns["age"]
    analysis = checked(columns)
    assert [(f.check, f.feature) for f in analysis.findings] == [("missing_column_check", "age")]


def test_data_without_any_facet_are_refused():
    columns = people()
    del columns["sex"]
    with pytest.raises(CaptureError, match="no column sex"):
        checked(columns, asked=SEX_ONLY)


def test_a_missing_group_variable_costs_only_its_own_metrics():
    columns = people()
    del columns["purpose"]
    analysis = checked(columns)
    assert reason(analysis, "CDDL of sex f") == "Group variable is empty or not provided"
    assert analysis.distances["DPL of sex f"] == 0
    assert any("no column 'purpose'" in warning for warning in analysis.warnings)


def test_rows_without_a_group_still_count():
    columns = people()
    columns["purpose"] = [None, *columns["purpose"][1:]]
    analysis = checked(columns)
    assert analysis.distances["DPL of sex f"] == 0
    assert analysis.distances["CDDL of sex f"] != 0


@pytest.mark.parametrize(
    ("label", "name", "why"),
    [
        (0, "RD", "the advantaged facet has no positive label"),
        (1, "SD", "the advantaged facet has no negative label"),
    ],
)
def test_one_class_only_gives_a_reason_and_in_compat_clarifys_zero(label, name, why):
    columns = people() | {"repaid": [label] * ROWS}
    corrected, compat = checked(columns), checked(columns, "compat")
    assert reason(corrected, f"{name} of sex f") == why
    found = values(corrected.documents[ANALYSIS], "post_training", "sex", "f")[name]
    assert (found["value"], found["error"]) == (None, why)
    assert values(compat.documents[ANALYSIS], "post_training", "sex", "f")[name]["value"] == 0.0


def test_small_groups_are_withheld_and_in_compat_counted():
    columns = people(rows=200)
    columns["sex"] = ["f"] * 9 + ["m"] * 191
    corrected, compat = checked(columns), checked(columns, "compat")
    assert "fewer than 10 rows" in reason(corrected, "DPPL of sex f")
    document = corrected.documents[ANALYSIS]
    metrics = values(document, "pre_training", "sex", "f")
    assert {metric["value"] for metric in metrics.values()} == {None}
    found = [finding for finding in compat.findings if finding.identity["facet"] == "sex"]
    assert found
    for finding in found:
        assert finding.evidence["disadvantaged"] == "withheld: fewer than 10 rows"


def test_small_groups_are_pointed_out():
    columns = people(rows=200)
    columns["sex"] = ["f"] * 25 + ["m"] * 175
    warnings = checked(columns).warnings
    assert any("the disadvantaged facet has 25 rows, fewer than 30" in text for text in warnings)


def test_a_long_list_of_values_is_not_repeated_in_every_sentence():
    """The facet's name in AWS's file stays whole: that is what its readers look for."""
    ages = [str(age) for age in range(60, 95)]
    listed = [{"name_or_index": "age", "value_or_threshold": ages}]
    asked = BiasSettings.of({**CONFIG, "facet": listed})
    columns = people(rows=300)
    columns["age"] = ["60" if at < 20 else "30" for at in range(300)]
    baseline = suggest(seen(columns), asked)
    refused = columns | {"granted": [int(age == "30") for age in columns["age"]]}
    analysis = analyze(seen(refused), baseline, "compat", asked)
    said = [*analysis.warnings, *analysis.distances, *(f.feature for f in analysis.findings)]
    assert any("age 60,61,…,94 (35 values)" in text for text in analysis.warnings)
    assert max(map(len, said)) < 200
    assert {finding.identity["facet_value"] for finding in analysis.findings} == {",".join(ages)}


def test_many_small_groups_are_one_line():
    columns = people(rows=400)
    columns["town"] = [f"town {at % 40}" for at in range(400)]
    asked = BiasSettings.of({**CONFIG, "facet": [{"name_or_index": "town"}]})
    warnings = analyze(seen(columns), suggest(seen(columns), asked), settings=asked).warnings
    (line,) = [text for text in warnings if text.startswith("town")]
    assert line.startswith("town: 40 of 40 values have fewer than 30 rows")
    assert line.endswith("town 0, town 1, town 10 and 37 more")


def test_infinite_values_are_written_as_strict_json():
    """Treatment equality of a facet that has false negatives and no false positive."""
    columns = people()
    columns["granted"] = [
        0 if sex == "f" else granted
        for sex, granted in zip(columns["sex"], columns["granted"], strict=True)
    ]
    analysis = checked(columns, "compat")
    te = values(analysis.documents[ANALYSIS], "post_training", "sex", "f")["TE"]
    assert te["value"] == "Infinity"
    (finding,) = [f for f in analysis.findings if f.feature == "TE of sex f"]
    assert finding.description.startswith("Metric value Infinity doesn't meet")
    assert finding.observed is None
    evidence = [dict(finding.evidence) for finding in analysis.findings]
    written = render({**analysis.documents, "evidence": evidence})
    json.loads(written, parse_constant=refused)


def refused(token: str) -> None:
    raise AssertionError(f"{token} is no JSON")


@pytest.mark.parametrize(
    "cells",
    [
        ["9" * 400, "-9223372036854775809"],
        ["inf", "-1e400"],
        ["€", "\u0000"],
        ["1", "2.5", "true", "x"],
        ["x" * 2**20, "a"],
        ["<script>", "\x1b[31m"],
        ["(40, 75]", "(nan, inf]"],
    ],
    ids=["huge", "infinite", "unicode", "mixed", "megabyte", "markup", "intervals"],
)
@pytest.mark.parametrize("name", ["sex", "age", "town", "purpose", "income", "repaid", "granted"])
def test_strange_columns_are_judged_or_refused_with_a_reason(name, cells):
    columns = people(rows=100) | {name: (list(cells) * 100)[:100]}
    for mode in MODES:
        json.loads(render(checked(columns, mode).documents), parse_constant=refused)
    try:
        documents = suggest(seen(columns), SETTINGS)
    except NoDataError:
        return
    json.loads(render(documents), parse_constant=refused)
    assert not analyze(seen(columns), documents, "compat", SETTINGS).findings


def test_text_among_the_features_leaves_the_flip_test_uncomputed():
    ft = values(BASELINE[ANALYSIS], "post_training", "sex", "f")["FT"]
    assert ft["value"] is None
    assert "purpose, town" in ft["error"]


def test_the_flip_test_looks_at_every_column_but_label_and_facet():
    asked = BiasSettings.of({**CONFIG, "excluded_columns": ["town", "purpose"]})
    document = suggest(seen(people()), asked)[ANALYSIS]
    assert isinstance(values(document, "post_training", "sex", "f")["FT"]["value"], float)
    assert values(document, "post_training", "age", "(40.5, 79.0]")["FT"]["error"].endswith("sex")


def test_a_facet_with_too_many_values_is_left_out_and_said():
    columns = people() | {"town": [f"town-{i}" for i in range(ROWS)]}
    analysis = checked(columns)
    assert "no such facet value" in reason(analysis, "DI of town Oslo")
    assert any("'town' has too many values" in warning for warning in analysis.warnings)


def test_a_group_with_too_many_values_costs_only_its_own_metrics():
    rows = 12_000
    columns = people(rows) | {"purpose": [f"p{i}" for i in range(rows)]}
    document = suggest(seen(columns, 1000), SEX_ONLY)[ANALYSIS]
    metrics = values(document, "pre_training", "sex", "f")
    assert metrics["CDDL"]["value"] is None
    assert metrics["DPL"]["value"] == pytest.approx(
        values(
            suggest(seen(columns | {"purpose": ["x"] * rows}), SEX_ONLY)[ANALYSIS],
            "pre_training",
            "sex",
            "f",
        )["DPL"]["value"]
    )


def test_settings_are_needed():
    with pytest.raises(UsageError, match="analysis configuration"):
        suggest(seen(people()))
    with pytest.raises(UsageError, match="analysis configuration"):
        analyze(seen(people()), BASELINE)


def test_a_baseline_about_another_outcome_is_refused():
    asked = BiasSettings.of({**CONFIG, "label_values_or_threshold": [0]})
    with pytest.raises(DocumentError, match="opposite people"):
        checked(people(), asked=asked)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "missing from the baseline"),
        ({CONSTRAINTS: {"features": []}}, "data quality"),
        ({CONSTRAINTS: {"post_training_bias_metrics": []}}, "an object belongs"),
        ({CONSTRAINTS: {"post_training_bias_metrics": {"facets": {"sex": {}}}}}, "a list belongs"),
    ],
)
def test_a_baseline_that_is_none_is_refused(document, message):
    with pytest.raises(DocumentError, match=message):
        analyze(seen(people()), document, "corrected", SETTINGS)


def test_a_column_named_twice_is_refused():
    batch = pa.record_batch([text(["f"]), text(["m"])], names=["sex", "sex"])
    with pytest.raises(CaptureError, match="more than once"):
        suggest([Observations(batch, text(["1"]), text(["1"]))], SETTINGS)


def test_a_baseline_of_older_clarify_is_judged_by_what_it_has():
    """2020: no GE, no SD."""
    document = json.loads(json.dumps(BASELINE[CONSTRAINTS]))
    for entries in document["post_training_bias_metrics"]["facets"].values():
        for entry in entries:
            entry["metrics"] = [m for m in entry["metrics"] if m["name"] not in ("GE", "SD")]
    analysis = analyze(seen(people(seed=9)), {CONSTRAINTS: document}, "compat", SETTINGS)
    assert reason(analysis, "GE of sex f") == "the baseline has no such number"
    assert not {"GE", "SD"} & {finding.identity["metric_name"] for finding in analysis.findings}


def test_hours_drawn_from_the_baseline_are_in_violation_no_oftener_than_nominal():
    """Bonferroni's bound is one hour in a thousand; none of twenty may be in violation."""
    columns = people()
    generator = np.random.default_rng(11)
    for rows in (100, 400) * 10:
        drawn = generator.integers(0, ROWS, rows)
        hour = {name: [cells[at] for at in drawn] for name, cells in columns.items()}
        assert not checked(hour).findings
