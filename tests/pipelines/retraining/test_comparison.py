"""ROC-AUC is scikit-learn's, and the interval is as wide as DeLong's method makes it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pipelines.retraining.comparison import compare, roc_auc

ROWS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])), min_size=2
).filter(lambda rows: len({label for label, _ in rows}) == 2)


@given(ROWS)
def test_the_area_is_scikit_learns(rows):
    targets, scores = zip(*rows, strict=True)
    assert roc_auc(targets, scores) == pytest.approx(roc_auc_score(targets, scores), abs=1e-12)


def two_models(rows=600, gain=0.6, seed=3):
    """Targets, and the scores of a model and of a better one that knows what the first does."""
    rng = np.random.default_rng(seed)
    targets = rng.random(rows) < 0.3
    first = targets + rng.normal(size=rows)
    return targets, first, first + gain * (targets + rng.normal(size=rows))


def delong(targets, one, other):
    """Standard error of the difference of two AUCs on the same rows (DeLong et al. 1988)."""
    components = []
    for scores in (one, other):
        above, below = scores[targets][:, None], scores[~targets][None, :]
        wins = (above > below) + 0.5 * (above == below)
        components.append((wins.mean(axis=1), wins.mean(axis=0)))
    (one_above, one_below), (other_above, other_below) = components
    return math.sqrt(
        np.var(other_above - one_above, ddof=1) / targets.sum()
        + np.var(other_below - one_below, ddof=1) / (~targets).sum()
    )


@pytest.mark.parametrize("gain", [0.0, 0.3, 1.0])
def test_the_interval_is_as_wide_as_delongs(gain):
    targets, one, other = two_models(gain=gain)
    found = compare(targets, one, other, confidence=0.95, resamples=4000)
    error = delong(targets, one, other)
    assert found.difference == pytest.approx(
        roc_auc_score(targets, other) - roc_auc_score(targets, one), abs=1e-12
    )
    # A quantile of 4,000 draws is itself known to some 3 %; 12 % leaves room and no more.
    assert found.upper - found.lower == pytest.approx(2 * 1.96 * error, rel=0.12, abs=1e-9)


def test_a_model_compared_with_itself_gains_nothing():
    targets, one, _ = two_models()
    found = compare(targets, one, one, resamples=200)
    assert (found.difference, found.lower, found.upper) == (0, 0, 0)


def test_the_order_of_the_models_turns_the_sign():
    targets, one, other = two_models()
    there, back = compare(targets, one, other), compare(targets, other, one)
    assert (there.lower, there.upper) == pytest.approx((-back.upper, -back.lower))


def test_the_pairing_makes_the_interval_narrower_than_either_models_own():
    targets, one, _ = two_models()
    nearly = one + 0.01 * np.random.default_rng(1).normal(size=one.size)
    paired = compare(targets, one, nearly)
    shuffled = compare(targets, one, np.random.default_rng(1).permutation(nearly))
    assert paired.upper - paired.lower < 0.1 * (shuffled.upper - shuffled.lower)


def test_the_same_rows_give_the_same_interval():
    assert compare(*two_models()) == compare(*two_models())


def test_intervals_hold_the_truth_as_often_as_they_say():
    held = 0
    for seed in range(80):
        targets, one, _ = two_models(rows=150, seed=seed)
        other = targets + np.random.default_rng(10_000 + seed).normal(size=150)
        found = compare(targets, one, other, confidence=0.9, resamples=200)
        held += found.lower <= 0 <= found.upper
    assert 62 <= held <= 79, "two models of one strength: the difference is 0 nine times in ten"


@pytest.mark.parametrize("targets", [[1, 1], [0, 0]])
def test_rows_of_one_class_cannot_be_compared(targets):
    with pytest.raises(ValueError, match="one class only"):
        compare(targets, [0.1, 0.2], [0.2, 0.1])
