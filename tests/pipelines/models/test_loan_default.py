"""The loan example: learnable to a degree, even-handed, and blind to what the demo disturbs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

from pipelines.models.loan_default import GRADES, MODEL, SCHEMA, generate
from pipelines.train import fit


@pytest.fixture(scope="module")
def table():
    return generate(12_000, seed=3)


@pytest.fixture(scope="module")
def fitted(table):
    return fit(MODEL, table.take(range(8_000)))


def column(table, name, kind=str):
    return np.array([kind(row[SCHEMA.names.index(name)]) for row in table.rows])


def defaults(table):
    return np.array(MODEL.targets(table))


@pytest.mark.parametrize("seed", range(3))
def test_one_loan_in_five_is_not_paid_back(seed):
    assert defaults(generate(10_000, seed)).mean() == pytest.approx(0.20, abs=0.02)


def test_there_is_something_to_learn_and_much_that_nobody_can_know(table, fitted):
    rest = table.take(range(8_000, 12_000))
    scores = fitted.predict_proba(rest.rows)[:, 1]
    assert 0.70 < roc_auc_score(defaults(rest), scores) < 0.80


def test_borrowers_are_as_borrowers_are(table):
    assert 40_000 < np.median(column(table, "annual_income", int)) < 60_000
    assert 670 < np.median(column(table, "credit_score", int)) < 710
    assert 0.2 < np.median(column(table, "debt_to_income_ratio", float)) < 0.35
    assert 5_000 < np.median(column(table, "loan_amount", int)) < 20_000


def test_worse_grades_pay_more_interest_and_default_more_often(table):
    letters = column(table, "grade_subgrade").astype("U1")
    rates, defaulted = column(table, "interest_rate", float), defaults(table)
    by_letter = [letters == letter for letter in "ABCD"]
    assert np.all(np.diff([rates[at].mean() for at in by_letter]) > 1)
    assert np.all(np.diff([defaulted[at].mean() for at in by_letter]) > 0)


def test_the_grades_are_ordered_from_the_best_to_the_worst():
    grade = SCHEMA.columns[SCHEMA.names.index("grade_subgrade")]
    assert grade.ordered
    assert (len(GRADES), grade.categories[0], grade.categories[-1]) == (35, "A1", "G5")
    assert list(grade.categories) == sorted(grade.categories)


@pytest.mark.parametrize("facet", MODEL.facets, ids=lambda facet: facet.column)
def test_the_outcome_does_not_hang_on_whom_it_is_about(facet):
    table = generate(40_000, seed=4)
    inside, defaulted = np.isin(column(table, facet.column), facet.values), defaults(table)
    assert abs(defaulted[inside].mean() - defaulted[~inside].mean()) < 0.02


def test_the_answers_hardly_move_when_the_demos_columns_go_wrong(table, fitted):
    """Were it otherwise, the demo's drift would be found in the answers as well."""
    changed = []
    for row in table.rows:
        cells = dict(zip(SCHEMA.names, row, strict=True))
        cells |= {"annual_income": str(int(cells["annual_income"]) + 75_000)}
        cells |= {"loan_amount": None, "education_level": "unseen"}
        changed.append(list(cells.values()))
    before, after = (fitted.predict_proba(rows)[:, 1] for rows in (table.rows, changed))
    assert ks_2samp(before, after).statistic < 0.15
