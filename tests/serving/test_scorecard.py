"""The scorecard is the pipeline it was read from, and does not look at neighbouring rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from serving.encoder import NotANumber, RowEncoder
from serving.scorecard import Scorecard

CHANNELS = ["web", "shop", "phone", "rare", None]
NUMBERS = st.floats(-1e300, 1e300) | st.integers(-50, 150)
ROWS = st.lists(
    st.tuples(
        st.none() | NUMBERS.map(repr),
        st.sampled_from([*CHANNELS, "never seen"]),
        st.none() | NUMBERS.map(repr),
    ),
    min_size=1,
    max_size=40,
)


def training(count: int = 400) -> tuple[list[list[str | None]], list[int]]:
    rng = np.random.default_rng(11)
    amounts = rng.lognormal(3, 1, count)
    ages = rng.integers(18, 80, count)
    channels = rng.choice(CHANNELS[:3], count).tolist()
    channels[:3], channels[3:40] = ["rare"] * 3, [None] * 37
    rows = [
        [f"{amount:.2f}", channel, str(age) if age > 25 else None]
        for amount, channel, age in zip(amounts, channels, ages, strict=True)
    ]
    odds = amounts / 20 - 2 + (ages < 30)
    return rows, (rng.random(count) < 1 / (1 + np.exp(-odds))).astype(int).tolist()


def fitted(model) -> Pipeline:
    encoder = RowEncoder(numeric=[0, 2], categorical=[1], stretches=5)
    return Pipeline([("encoder", encoder), ("classifier", model)]).fit(*training())


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return fitted(LogisticRegression(max_iter=2000))


@pytest.fixture(scope="module")
def scorecard(pipeline) -> Scorecard:
    found = Scorecard.of(pipeline)
    assert found is not None
    return found


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_its_answers_are_the_pipelines(pipeline, scorecard, rows):
    expected = pipeline.predict_proba(rows)[:, 1]
    found = scorecard.probabilities(scorecard.points(rows))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, repeats=st.integers(1, 300))
def test_a_row_gets_the_same_bits_whatever_rows_stand_beside_it(scorecard, rows, repeats):
    together = scorecard.probabilities(scorecard.points(rows * repeats))
    alone = [scorecard.probabilities(scorecard.points([row]))[0] for row in rows]
    assert together.tolist() == alone * repeats


def test_a_column_with_one_value_and_one_with_none_add_nothing():
    rows = [["7", None, str(age)] for age in range(40)]
    encoder = RowEncoder(numeric=[0, 1, 2])
    pipeline = Pipeline([("encoder", encoder), ("classifier", LogisticRegression())])
    scorecard = Scorecard.of(pipeline.fit(rows, [0] * 20 + [1] * 20))
    asked = [["7", None, "3"], ["8", None, "3"], ["8", "5", "3"]]
    points = scorecard.points(asked)
    assert not points[:, 0].any()
    assert points[0].tolist() == points[1].tolist()
    assert points[2, 1] == 0, "a number where training knew none"
    np.testing.assert_allclose(
        scorecard.probabilities(points), pipeline.predict_proba(asked)[:, 1], atol=1e-12
    )


def test_a_cell_that_is_no_number_is_named_by_its_place(scorecard):
    with pytest.raises(NotANumber) as caught:
        scorecard.points([["1", "web", "2"], ["1", "web", "old"]])
    assert (caught.value.row, caught.value.column) == (1, 2)


@pytest.mark.parametrize("model", [RandomForestClassifier(2), LogisticRegression()])
def test_another_model_is_no_scorecard(model):
    rows, targets = training()
    three = [target + (at % 7 == 0) for at, target in enumerate(targets)]
    encoder = RowEncoder(numeric=[0, 2], categorical=[1])
    pipeline = Pipeline([("encoder", encoder), ("classifier", model)]).fit(rows, three)
    assert Scorecard.of(pipeline) is None
