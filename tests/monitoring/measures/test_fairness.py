"""Bias metrics against smclarify 0.5, recorded by benchmarks/oracles/smclarify_fixtures.py."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.facets import (
    Comparison,
    FacetCounts,
    Interval,
    above,
    cautions,
    is_continuous,
)
from monitoring.measures.fairness import DESCRIPTIONS, POST_TRAINING, PRE_TRAINING, bias_metrics
from monitoring.measures.labels import Coded
from monitoring.measures.outcome import Outcome, Uncomputable

unhurried = settings(deadline=None, max_examples=50)

FIXTURES = Path(__file__).parents[2] / "fixtures" / "smclarify"
ALL = (*PRE_TRAINING, *POST_TRAINING)

cell = st.one_of(st.just(0), st.integers(0, 500))
eight = arrays(np.int64, (2, 2, 2), elements=cell)


def recorded(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def comparison(cells: np.ndarray) -> Comparison:
    """Counts by facet (a, d), actual, predicted; a leading axis is the group variable."""
    groups = cells if cells.ndim == 4 else cells[None]
    names = tuple(map(str, range(len(groups)))) if cells.ndim == 4 else None
    return FacetCounts(("a", "d"), names, groups.swapaxes(0, 1)).against_rest(["d"])


def same(ours: Outcome, oracle: float | str | None) -> bool:
    """Equal to 1e-12; the oracle's refusal is our reason, its infinity ours."""
    if oracle is None or isinstance(ours, Uncomputable):
        return oracle is None and isinstance(ours, Uncomputable)
    return math.isclose(ours, float(oracle), rel_tol=1e-12, abs_tol=1e-12) or ours == float(oracle)


def test_counts_give_what_smclarify_gives_for_every_pattern_of_empty_cells():
    differing = [
        (case["cells"], name, ours[name], value)
        for case in recorded("tables")
        if (ours := bias_metrics(ALL, comparison(np.array(case["cells"]).reshape(2, 2, 2))))
        for name, value in case["metrics"].items()
        if not same(ours[name], value)
    ]
    assert not differing, differing[:5]


def test_disparity_within_groups_is_smclarifys():
    differing = [
        (name, ours[name], value)
        for case in recorded("groups")
        if (ours := bias_metrics(ALL, comparison(np.array(case["cells"]))))
        for name, value in case["metrics"].items()
        if not same(ours[name], value)
    ]
    assert not differing, differing[:5]


def test_every_metric_but_the_flip_test_is_compared_with_the_oracle():
    compared = {name for kind in ("tables", "groups") for name in recorded(kind)[0]["metrics"]}
    assert compared == {metric.name for metric in ALL} == set(DESCRIPTIONS) - {"FT"}


def test_metrics_stand_in_alphabetical_order():
    for stage in (PRE_TRAINING, POST_TRAINING):
        names = [metric.name for metric in stage]
        assert names == sorted(names)


@unhurried
@given(eight)
def test_a_metric_is_a_number_or_a_reason(cells):
    for name, value in bias_metrics(ALL, comparison(cells)).items():
        assert isinstance(value, Uncomputable) or not math.isnan(value), name


@unhurried
@given(eight)
def test_exchanging_the_facets_flips_every_difference(cells):
    here = bias_metrics(ALL, comparison(cells))
    there = bias_metrics(ALL, comparison(cells[::-1]))
    for name in ("CI", "DPL", "AD", "DAR", "DCA", "DCR", "DPPL", "DRR", "RD", "SD", "TE"):
        left, right = here[name], there[name]
        if isinstance(left, Uncomputable):
            assert isinstance(right, Uncomputable)
        else:
            assert left == -right


@unhurried
@given(eight)
def test_exchanging_the_facets_leaves_every_symmetric_distance(cells):
    here, there = (bias_metrics(ALL, comparison(side)) for side in (cells, cells[::-1]))
    for name in ("JS", "KS", "LP", "TVD", "GE"):
        if not isinstance(here[name], Uncomputable):
            assert here[name] == pytest.approx(there[name], abs=1e-15)


@unhurried
@given(eight)
def test_equal_facets_show_no_bias(cells):
    cells[1] = cells[0]
    for name, value in bias_metrics(ALL, comparison(cells)).items():
        if name not in ("GE", "DI") and not isinstance(value, Uncomputable):
            assert value == 0, name


@unhurried
@given(eight, st.integers(2, 50))
def test_only_proportions_matter(cells, times):
    once, often = (bias_metrics(ALL, comparison(table)) for table in (cells, cells * times))
    for name, value in once.items():
        if not isinstance(value, Uncomputable):
            assert often[name] == pytest.approx(value, rel=1e-12, abs=1e-12)


rows = st.lists(
    st.tuples(st.sampled_from("fmx"), st.booleans(), st.booleans(), st.sampled_from("uvw")),
    max_size=40,
)


def counted(table: list[tuple[str, bool, bool, str]]) -> FacetCounts:
    facet, actual, predicted, group = zip(*table, strict=True) if table else ((),) * 4
    return FacetCounts.of(
        Coded.of(facet), np.array(actual, bool), np.array(predicted, bool), Coded.of(group)
    )


@unhurried
@given(rows, rows, rows)
def test_counts_add_up_in_any_order_and_grouping(one, two, three):
    sides = [
        counted(one + two + three),
        (counted(one) + counted(two)) + counted(three),
        counted(one) + (counted(two) + counted(three)),
        counted(three) + counted(one) + counted(two),
    ]
    pairs = [side.against_rest(["f", "x"]) for side in sides]
    assert len({(pair.advantaged, pair.disadvantaged) for pair in pairs}) == 1
    assert len({tuple(sorted(pair.groups, key=repr)) for pair in pairs}) == 1


def test_rows_without_a_facet_are_left_out_and_counted():
    counts = FacetCounts.of(Coded.of(["f", None, "m"]), np.ones(3, bool), np.ones(3, bool))
    assert counts.left_out == 1
    assert counts.against_rest(["f"]).everybody.total == 2


def test_counts_with_and_without_predictions_do_not_mix():
    facet, label = Coded.of(["f", "m"]), np.array([True, False])
    with pytest.raises(ValueError, match="do not add up"):
        FacetCounts.of(facet, label) + FacetCounts.of(facet, label, label)


def test_without_predictions_post_training_metrics_say_so():
    counts = FacetCounts.of(Coded.of(["f", "m"]), np.array([True, False]))
    found = bias_metrics(POST_TRAINING, counts.against_rest(["f"]))
    assert {str(value) for value in found.values()} == {
        "not computed: there are no predicted labels"
    }


def test_an_unknown_facet_value_is_an_empty_facet():
    counts = FacetCounts.of(Coded.of(["f", "m"]), np.array([True, False]))
    found = bias_metrics(PRE_TRAINING, counts.against_rest(["nobody"]))
    assert found["CI"] == Uncomputable("no row is in the disadvantaged facet")


@pytest.mark.parametrize(
    ("distinct", "rows", "expected"),
    [(3, 60, True), (3, 61, False), (49, 1000, False), (50, 1000, True), (2, 20, True)],
)
def test_integers_are_categories_while_under_five_percent_of_rows_differ(distinct, rows, expected):
    assert is_continuous(distinct, rows, integers=True) is expected


def test_an_interval_is_written_as_clarify_writes_it():
    assert str(Interval(40, 75)) == "(40, 75]"
    assert str(Interval(0.5, 0.9936148802477393)) == "(0.5, 0.9936148802477393]"


def test_a_value_at_the_threshold_is_not_above_it():
    assert above(np.array([39.0, 40.0, 41.0]), 40).codes.tolist() == [0, 0, 1]


def test_small_groups_and_empty_denominators_are_flagged():
    big = BinaryCounts(tp=50, fp=50, fn=50, tn=50)
    assert cautions(Comparison(big, big)) == ()
    flagged = cautions(Comparison(big, BinaryCounts(tp=0, fp=0, fn=0, tn=7)))
    assert len(flagged) == 3
    assert "7 rows" in flagged[0]
