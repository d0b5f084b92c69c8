"""Reasons are exact Shapley values: every coalition asked, without the formula."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import comb, log

import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from monitoring.measures.outcome import Uncomputable
from serving.encoder import RowEncoder
from serving.model import Predictor
from serving.reasons import MOST, Reasons
from serving.schema import Column, Schema
from serving.scorecard import Scorecard

SCHEMA = Schema(
    (
        Column("debt_to_income_ratio", "numeric"),
        Column("employment_status", "categorical"),
        Column("age", "numeric"),
        Column("noise", "numeric"),
    )
)


def table(count: int, seed: int) -> list[list[str | None]]:
    rng = np.random.default_rng(seed)
    work = rng.choice(["employed", "unemployed", "student", None], count, p=[0.6, 0.2, 0.1, 0.1])
    ages = [None if at % 9 == 0 else str(age) for at, age in enumerate(rng.integers(18, 80, count))]
    ratios = [f"{ratio:.2f}" for ratio in rng.uniform(0, 1, count)]
    noise = [str(number) for number in rng.integers(0, 9, count)]
    return [list(row) for row in zip(ratios, work.tolist(), ages, noise, strict=True)]


def predictor_of(model, background: int = 7) -> Predictor:
    rows = table(600, seed=1)
    odds = [6 * float(row[0]) - 4 + 2 * (row[1] == "unemployed") for row in rows]
    targets = np.random.default_rng(2).random(len(rows)) < 1 / (1 + np.exp(-np.array(odds)))
    encoder = RowEncoder(numeric=SCHEMA.numeric, categorical=SCHEMA.categorical, stretches=4)
    pipeline = Pipeline([("encoder", encoder), ("model", model)]).fit(rows, targets.astype(int))
    return Predictor(
        name="loans",
        version="1",
        schema=SCHEMA,
        threshold=0.5,
        pipeline=pipeline,
        scorecard=Scorecard.of(pipeline),
        background=tuple(rows[:background]),
    )


LINEAR = predictor_of(LogisticRegression(max_iter=2000))


def by_coalitions(predictor: Predictor, row, scale: str) -> list[float]:
    """Shapley's own formula over all coalitions; those not in one have a background row's cells."""

    def worth(coalition) -> float:
        mixed = [
            [row[at] if at in coalition else cell for at, cell in enumerate(usual)]
            for usual in predictor.background
        ]
        answers = predictor.pipeline.predict_proba(mixed)[:, 1]
        return float(np.mean([log(p / (1 - p)) if scale == "log_odds" else p for p in answers]))

    players = range(len(row))
    values = []
    for player in players:
        others = [other for other in players if other != player]
        values.append(
            sum(
                (worth({*coalition, player}) - worth(coalition))
                / (len(row) * comb(len(others), size))
                for size in range(len(row))
                for coalition in combinations(others, size)
            )
        )
    return values


@pytest.mark.parametrize(
    ("model", "scale"),
    [
        (LogisticRegression(max_iter=2000), "log_odds"),
        (RandomForestClassifier(4, max_depth=4, random_state=1), "probability"),
        (GradientBoostingClassifier(n_estimators=6, random_state=1), "log_odds"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_contributions_are_the_shapley_values_of_every_coalition(model, scale):
    predictor = predictor_of(model)
    reasons = Reasons.of(predictor)
    assert reasons.scale == scale
    for row in [*table(4, seed=3), [None, None, None, None], ["5", "never seen", "200", "-1"]]:
        expected = by_coalitions(predictor, row, scale)
        np.testing.assert_allclose(reasons.values(row), expected, rtol=0, atol=1e-9)


def test_the_features_that_moved_the_answer_most_come_first_and_nothing_that_did_not():
    reasons = Reasons.of(LINEAR)
    for row in table(50, seed=4):
        found, values = reasons.of_row(row), reasons.values(row)
        sizes = [abs(reason.contribution) for reason in found]
        assert sizes == sorted(np.abs(values), reverse=True)[: len(found)]
        assert len(found) == min(MOST, np.count_nonzero(values))
        for reason in found:
            assert (reason.direction == "raises") == (reason.contribution > 0)


def test_an_equal_pull_is_told_in_the_schemas_order():
    def equal(row):
        return np.array([0.5, -0.5, 0.5, 0.0])

    found = replace(Reasons.of(LINEAR), values=equal).of_row(table(1, seed=1)[0])
    assert [reason.feature for reason in found] == list(SCHEMA.names[:3])


@pytest.mark.parametrize(
    ("at", "cell", "code", "words"),
    [
        (0, "0.99", "debt_to_income_ratio.high", "is high among the rows"),
        (0, "0.00", "debt_to_income_ratio.low", "is low among the rows"),
        (1, "unemployed", "employment_status.category", "is 'unemployed': +"),
        (1, None, "employment_status.missing", "is not known: "),
        (2, None, "age.missing", "age is not known: "),
        (2, "?", "age.missing", "age is not known: "),
    ],
)
def test_a_reason_says_what_about_the_feature_it_was(at, cell, code, words):
    row = ["0.5", "employed", "40", "4"]
    row[at] = cell
    told = {reason.code: reason.text for reason in Reasons.of(LINEAR).of_row(row)}
    assert words in told[code]
    assert told[code].endswith(" log-odds")


@pytest.mark.parametrize(
    ("predictor", "why"),
    [
        (replace(LINEAR, background=()), "without background rows"),
        (predictor_of(HistGradientBoostingClassifier(max_iter=3)), "neither a scorecard nor"),
    ],
)
def test_where_there_are_no_reasons_the_cause_is_said(predictor, why):
    found = Reasons.of(predictor)
    assert isinstance(found, Uncomputable)
    assert why in found.reason
