"""Loan default: will this borrower stop paying? Made-up data, seeded; or a file of yours.

Needs     a number of rows and a seed; or a CSV file with these columns (`label_aliases`)
Writes    a table of loans, one in five of which was not paid back

Whether a loan is paid back hangs on the borrower's debts against income, on the credit score,
on work, and on what the lender knew besides and put into the grade. The grade sets the interest
rate. Chance does the rest: an AUC near 0.75 is all there is to learn, and one near 0.9 would
mean that the model has seen the labels.

What a reader may miss: `annual_income`, `loan_amount` and `education_level` say little of their
own: how heavily debts weigh is in `debt_to_income_ratio`, and education acts through income.
When they go wrong the model's answers hardly move, so the demo disturbs these three: such
drift is found by watching the inputs, or not at all. There is no date among the columns, as
a monitor compares an hour with a baseline of years.

`gender` and `marital_status` do not touch the outcome either, and no law lets a bank go by them
(in the USA the Equal Credit Opportunity Act, 15 U.S.C. 1691). They are inputs here as in the
files this example follows, and that no group is worse off is watched by the bias monitor.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.models.base import Costs, Facet, Limits, Model, Table, categorical, numeric
from serving.schema import Schema

DEFAULT_RATE = 0.20
SCORES = (300, 850)
"""Lowest and highest FICO score."""

GENDERS = {"Female": 0.49, "Male": 0.49, "Other": 0.02}
MARITAL = {"Single": 0.42, "Married": 0.42, "Divorced": 0.11, "Widowed": 0.05}
EDUCATION = {
    # level: (share, what it adds to the logarithm of income)
    "High School": (0.28, -0.15),
    "Bachelor's": (0.38, 0.08),
    "Master's": (0.20, 0.22),
    "PhD": (0.04, 0.32),
    "Other": (0.10, -0.05),
}
EMPLOYMENT = {
    # status: (share, what it adds to the logarithm of income, and to the log-odds of default)
    "Employed": (0.66, 0.05, 0.0),
    "Self-employed": (0.14, 0.10, 0.45),
    "Unemployed": (0.07, -0.75, 1.60),
    "Retired": (0.08, -0.30, 0.15),
    "Student": (0.05, -0.85, 0.90),
}
PURPOSES = {
    # purpose: (share, typical amount, what it adds to the log-odds of default)
    "Debt consolidation": (0.40, 16_000, 0.10),
    "Car": (0.14, 14_000, -0.25),
    "Home": (0.13, 21_000, -0.20),
    "Other": (0.10, 9_000, 0.0),
    "Education": (0.08, 13_000, 0.10),
    "Business": (0.07, 19_000, 0.50),
    "Medical": (0.05, 8_000, 0.25),
    "Vacation": (0.03, 6_000, 0.05),
}
GRADES = tuple(f"{letter}{step}" for letter in "ABCDEFG" for step in range(1, 6))
"""From the best to the worst."""

SCHEMA = Schema(
    (
        numeric("annual_income", "currency a year", "Of the borrower, before tax.", at_least=0),
        numeric(
            "debt_to_income_ratio",
            "ratio",
            "Payments on all debts, this loan's among them, as a share of income.",
            at_least=0,
            at_most=1,
        ),
        numeric(
            "credit_score",
            "points",
            "The bureau's, higher is better.",
            at_least=SCORES[0],
            at_most=SCORES[1],
        ),
        numeric("loan_amount", "currency", "What is to be lent.", at_least=1),
        numeric("interest_rate", "% a year", "Of this loan, as agreed.", at_least=0, at_most=100),
        categorical("gender", "As the borrower states it.", GENDERS),
        categorical("marital_status", "On the day of the application.", MARITAL),
        categorical("education_level", "The highest one completed.", EDUCATION),
        categorical("employment_status", "On the day of the application.", EMPLOYMENT),
        categorical("loan_purpose", "What the money is for.", PURPOSES),
        categorical(
            "grade_subgrade",
            "The lender's own rating, A1 the best and G5 the worst.",
            GRADES,
            ordered=True,
        ),
    )
)


def generate(rows: int, seed: int) -> Table:
    """`rows` loans in random order. The same seed gives the same text.

    >>> table = generate(2000, seed=7)
    >>> len(table), table == generate(2000, seed=7), table == generate(2000, seed=8)
    (2000, True, False)
    >>> dict(zip(SCHEMA.names, generate(1, seed=1).rows[0]))["grade_subgrade"] in GRADES
    True
    """
    rng = np.random.default_rng(seed)
    work = _drawn(rng, {name: row[0] for name, row in EMPLOYMENT.items()}, rows)
    school = _drawn(rng, {name: row[0] for name, row in EDUCATION.items()}, rows)
    purpose = _drawn(rng, {name: row[0] for name, row in PURPOSES.items()}, rows)
    income = _income(rng, work, school)
    ratio = np.clip(rng.beta(2.2, 5.6, rows) + 0.04 * (income < 30_000), 0.01, 0.95)
    amount = _amount(rng, purpose, income)
    score = np.clip(rng.normal(688.0, 58.0, rows), *SCORES).round().astype(int)
    known = rng.normal(0.0, 1.0, rows)
    grade = _grade(rng, score, ratio, known)
    rate = np.clip(5.2 + 0.62 * grade + rng.normal(0.0, 0.9, rows), 3.0, 36.0)
    odds = _log_odds(work, purpose, score, ratio, known)
    defaulted = rng.random(rows) < 1.0 / (1.0 + np.exp(-odds))
    values: Mapping[str, np.ndarray] = {
        "annual_income": income.astype(int),
        "debt_to_income_ratio": np.round(ratio, 3),
        "credit_score": score,
        "loan_amount": amount.astype(int),
        "interest_rate": np.round(rate, 2),
        "gender": _named(GENDERS, _drawn(rng, GENDERS, rows)),
        "marital_status": _named(MARITAL, _drawn(rng, MARITAL, rows)),
        "education_level": _named(EDUCATION, school),
        "employment_status": _named(EMPLOYMENT, work),
        "loan_purpose": _named(PURPOSES, purpose),
        "grade_subgrade": np.array(GRADES, dtype=object)[grade],
    }
    columns = [[str(value) for value in values[name].tolist()] for name in SCHEMA.names]
    return Table(
        [list(row) for row in zip(*columns, strict=True)],
        [str(int(flag)) for flag in defaulted],
    )


def _income(rng: np.random.Generator, work: np.ndarray, school: np.ndarray) -> np.ndarray:
    """Log-normal, the median of the employed near 50,000; in hundreds, as people state it."""
    by_work = np.array([row[1] for row in EMPLOYMENT.values()])[work]
    by_school = np.array([row[1] for row in EDUCATION.values()])[school]
    incomes: np.ndarray = 47_000.0 * np.exp(by_work + by_school + rng.normal(0.0, 0.42, len(work)))
    return np.maximum(np.round(incomes, -2), 6_000.0)


def _amount(rng: np.random.Generator, purpose: np.ndarray, income: np.ndarray) -> np.ndarray:
    """By purpose, more for those who earn more; lent in steps of 50."""
    typical = np.array([row[1] for row in PURPOSES.values()])[purpose]
    amounts: np.ndarray = (
        typical * (income / 47_000.0) ** 0.4 * rng.lognormal(0.0, 0.45, len(income))
    )
    return np.clip(np.round(amounts / 50.0) * 50.0, 500.0, 60_000.0)


def _grade(
    rng: np.random.Generator, score: np.ndarray, ratio: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """The lender's rating: 0 for A1 to 34 for G5. It holds what no other column does."""
    risk = 0.62 * (688.0 - score) / 58.0 + 2.2 * (ratio - 0.28) + 0.55 * known
    risk += rng.normal(0.0, 0.25, len(score))
    return np.clip(np.round(11.0 * np.exp(0.6 * risk) - 2.5), 0, len(GRADES) - 1).astype(int)


def _log_odds(
    work: np.ndarray,
    purpose: np.ndarray,
    score: np.ndarray,
    ratio: np.ndarray,
    known: np.ndarray,
) -> np.ndarray:
    """Of default, with an intercept that brings about `DEFAULT_RATE`."""
    by_work = np.array([row[2] for row in EMPLOYMENT.values()])[work]
    by_purpose = np.array([row[2] for row in PURPOSES.values()])[purpose]
    odds: np.ndarray = (
        -1.98
        - 0.62 * (score - 688.0) / 58.0
        + 3.6 * (ratio - 0.28)
        + 0.45 * known
        + by_work
        + by_purpose
    )
    return odds


def _drawn(rng: np.random.Generator, shares: Mapping[str, float], rows: int) -> np.ndarray:
    """Positions among the names, each as often as its share says."""
    weights = np.array(list(shares.values()))
    drawn: np.ndarray = rng.choice(len(shares), rows, p=weights / weights.sum())
    return drawn


def _named(names: Mapping[str, object], positions: np.ndarray) -> np.ndarray:
    named: np.ndarray = np.array(list(names), dtype=object)[positions]
    return named


MODEL = Model(
    name="loan_default",
    schema=SCHEMA,
    label="defaulted",
    positive="1",
    facets=(Facet("gender", ("Female",)), Facet("marital_status", ("Single",))),
    favourable=0,
    costs=Costs(false_positive=2_000.0, false_negative=6_000.0),
    capacity=0.10,
    segments=("gender", "marital_status", "education_level", "employment_status", "annual_income"),
    limits=Limits(
        min_auc=0.68,
        min_precision_at_capacity=0.35,
        max_calibration_error=0.05,
        max_overfitting=0.08,
        max_relative_cost=0.97,
    ),
    source=f"made up by {__name__}: loans, {DEFAULT_RATE:.0%} of them not paid back",
    generate=generate,
    label_aliases={"loan_paid_back": {"0": "1", "1": "0"}},
)
