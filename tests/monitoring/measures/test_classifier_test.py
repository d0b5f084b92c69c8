"""The classifier two-sample test: against scikit-learn, and against chance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from monitoring.measures.classifier_test import (
    FEWEST_ROWS,
    MOST_TERMS,
    _discriminant,
    _mann_whitney,
    classifier_test,
    encoded,
)
from monitoring.measures.state import Uncomputable


def table(chance, rows, columns=4, shift=0.0, together=0.0) -> pa.Table:
    """Normal columns n0, n1, … and one of categories; n1 goes with n0 as far as `together`."""
    numbers = chance.normal(size=(rows, columns))
    numbers[:, 1] = together * numbers[:, 0] + np.sqrt(1 - together**2) * numbers[:, 1]
    numbers[:, 0] += shift
    cells = {f"n{at}": pa.array(map(repr, numbers[:, at].tolist())) for at in range(columns)}
    return pa.table({**cells, "city": chance.choice(["Rome", "Oslo", "Lima"], rows)})


@settings(deadline=None)
@given(
    scores=st.lists(st.integers(0, 5).map(float), min_size=4, max_size=60),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_auc_is_scikit_learns_ties_included(scores, seed):
    sides = np.random.default_rng(seed).permutation(np.arange(len(scores)) % 2 == 0)
    auc, _ = _mann_whitney(np.array(scores), sides)
    assert auc == pytest.approx(roc_auc_score(sides, scores))


def test_the_discriminant_points_where_scikit_learns_does():
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(2000, 5)) @ chance.normal(size=(5, 5))
    sides = chance.random(2000) < 0.4
    rows[sides] += [1, 0, -0.5, 0, 0.2]
    ours = _discriminant(rows, sides)
    theirs = LinearDiscriminantAnalysis(solver="lsqr").fit(rows, sides).coef_[0]
    cosine = ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs)
    assert cosine > 0.9999


def test_chance_rejects_no_more_often_than_it_may():
    chance = np.random.default_rng(2)
    found = [
        classifier_test(table(chance, 300), table(chance, 120), seed).p_value for seed in range(120)
    ]
    assert np.mean(np.array(found) < 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)


def test_a_shifted_column_is_found_and_named():
    chance = np.random.default_rng(3)
    found = classifier_test(table(chance, 1000), table(chance, 600, shift=0.5))
    assert found.p_value < 1e-4
    assert found.told_by[0][0] == "n0"
    assert found.told_by[0][1] > 0.6


def test_columns_that_no_longer_go_together_are_found():
    chance = np.random.default_rng(4)
    found = classifier_test(table(chance, 2000), table(chance, 2000, together=0.5))
    assert found.interactions
    assert found.p_value < 1e-6
    assert {name for name, _ in found.told_by[:2]} == {"n0", "n1"}


def test_products_of_numbers_stay_where_those_with_categories_have_no_room():
    chance = np.random.default_rng(9)
    numbers = {f"n{at}": chance.normal(size=300).astype(str) for at in range(4)}
    texts = {f"t{at}": chance.choice(list("abcdefghij"), 300) for at in range(5)}
    products = {names for names in encoded(pa.table(numbers | texts)).columns if len(names) > 1}
    assert products == {(f"n{b}", f"n{a}") for a in range(4) for b in range(a)}


def test_a_new_category_and_a_missing_cell_are_found():
    chance = np.random.default_rng(5)
    baseline, current = table(chance, 400), table(chance, 400)
    cities = current["city"].to_pylist()
    cities[::4] = ["Cork"] * len(cities[::4])
    renamed = current.set_column(4, "city", pa.array(cities))
    assert classifier_test(baseline, renamed).told_by[0][0] == "city"
    cells = current["n2"].to_pylist()
    cells[::3] = [None] * len(cells[::3])
    emptied = current.set_column(2, "n2", pa.array(cells))
    assert classifier_test(baseline, emptied).told_by[0][0] == "n2"


def test_too_many_columns_leave_some_out_and_say_which():
    chance = np.random.default_rng(6)
    wide = pa.table(
        {f"c{at}": pa.array(map(str, chance.normal(size=120))) for at in range(MOST_TERMS + 2)}
    )
    terms = encoded(wide)
    assert terms.matrix.shape == (120, MOST_TERMS)
    assert terms.left_out == (f"c{MOST_TERMS}", f"c{MOST_TERMS + 1}")


@pytest.mark.parametrize(
    "cell",
    ["1e308", "-1e308", "1e400", "nan", "x" * 1000, "\ud83d".encode("utf-8", "replace").decode()],
)
def test_odd_cells_leave_the_numbers_finite(cell):
    chance = np.random.default_rng(7)
    odd = pa.table({"a": [cell, *map(str, chance.normal(size=99))], "b": [None, "1"] * 50})
    found = classifier_test(odd, odd)
    assert 0.0 <= found.auc <= 1.0
    assert 0.0 <= found.p_value <= 1.0


def test_what_cannot_be_told_says_why():
    chance = np.random.default_rng(8)
    few, many = table(chance, FEWEST_ROWS - 1), table(chance, 100)
    assert classifier_test(few, many) == Uncomputable(
        "the baseline sample holds 49 rows; the classifier needs 50"
    )
    assert "current sample" in classifier_test(many, few).reason
    constant = pa.table({"a": ["1"] * 60, "b": pa.array([None] * 60, pa.utf8())})
    assert "no column" in classifier_test(constant, constant).reason
