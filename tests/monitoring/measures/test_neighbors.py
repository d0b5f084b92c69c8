"""The flip test against smclarify 0.5 where distances are distinct, and our rule where not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitoring.measures.neighbors import FEW_ROWS, NEIGHBORS, flip_test
from monitoring.measures.outcome import Uncomputable

unhurried = settings(deadline=None, max_examples=50)

FIXTURES = Path(__file__).parents[2] / "fixtures" / "smclarify"
CASES = json.loads((FIXTURES / "flips.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rows']}x{case['columns']}")
def test_it_equals_smclarify_where_no_two_distances_are_equal(case):
    random = np.random.RandomState(case["seed"])
    features = random.normal(size=(case["rows"], case["columns"]))
    facet, predicted = random.random_sample((2, case["rows"])) < 0.5
    assert flip_test(features, facet, predicted) == pytest.approx(case["FT"], abs=1e-12)


def test_the_recorded_cases_reach_both_numbers_of_neighbours():
    advantaged = set()
    for case in CASES:
        random = np.random.RandomState(case["seed"])
        random.normal(size=(case["rows"], case["columns"]))
        facet, _ = random.random_sample((2, case["rows"])) < 0.5
        advantaged.add(np.count_nonzero(~facet) < FEW_ROWS)
    assert advantaged == {True, False}


def by_definition(features: np.ndarray, facet: np.ndarray, predicted: np.ndarray) -> float:
    """All distances at once; the shell of the last neighbour shares the places left."""
    people, accepted = features[~facet], predicted[~facet]
    wanted = NEIGHBORS if len(people) >= FEW_ROWS else 1
    flips = 0
    for target, own in zip(features[facet], predicted[facet], strict=True):
        distance = ((people - target) ** 2).sum(axis=1)
        limit = np.sort(distance)[wanted - 1]
        inside, shell = distance < limit, distance == limit
        votes = accepted[inside].sum() * shell.sum()
        votes += (wanted - inside.sum()) * accepted[shell].sum()
        expected = 2 * votes > wanted * shell.sum()
        flips += int(own and not expected) - int(expected and not own)
    return flips / np.count_nonzero(facet)


grids = st.integers(3, 60).flatmap(
    lambda rows: st.tuples(
        arrays(np.float64, (rows, 2), elements=st.integers(0, 3).map(float)),
        arrays(np.bool_, rows),
        arrays(np.bool_, rows),
    )
)


@unhurried
@given(grids)
def test_equally_distant_neighbours_share_the_last_places(table):
    features, facet, predicted = table
    facet[0], facet[1] = True, False
    assert flip_test(features, facet, predicted) == by_definition(features, facet, predicted)


@unhurried
@given(grids, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_nothing(table, random):
    features, facet, predicted = table
    facet[0], facet[1] = True, False
    order = np.array(random.sample(range(len(facet)), len(facet)))
    shuffled = flip_test(features[order], facet[order], predicted[order])
    assert shuffled == flip_test(features, facet, predicted)


def test_many_equal_rows_are_no_burden():
    features = np.zeros((50_000, 3))
    facet = np.arange(50_000) % 2 == 0
    assert flip_test(features, facet, predicted=~facet) == -1.0


@pytest.mark.parametrize(
    ("features", "facet", "reason"),
    [
        (np.ones((2, 1)), [True, True], "every row is in the disadvantaged facet"),
        (np.ones((2, 1)), [False, False], "no row is in the disadvantaged facet"),
        (np.ones((2, 0)), [True, False], "no feature columns"),
        (np.array([[np.nan], [1.0]]), [True, False], "missing or infinite"),
        (np.ones((0, 1)), [], "no row is in the disadvantaged facet"),
    ],
)
def test_what_cannot_be_computed_says_why(features, facet, reason):
    found = flip_test(features, np.array(facet, bool), np.zeros(len(facet), bool))
    assert isinstance(found, Uncomputable)
    assert reason in found.reason
