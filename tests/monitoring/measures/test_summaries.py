"""What corrected mode promises and compat does not: the same answer for every order of rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from monitoring.measures.state import Mode
from monitoring.measures.summaries import OrderFreeSummary, SequentialSummary, summary_for
from monitoring.measures.types import classify

RNG = np.random.default_rng(9)
VALUES = RNG.normal(1e4, 1.0, 40_000)


def of(mode: Mode, values: np.ndarray) -> SequentialSummary | OrderFreeSummary:
    summary = summary_for(mode)
    for part in np.array_split(values, 9):
        texts = pa.array([repr(value) for value in part.tolist()])
        summary.update(texts, classify(texts)[1], None, None)
    return summary


@pytest.mark.parametrize(("mode", "same"), [("corrected", True), ("compat", False)])
def test_a_shuffled_column_is_the_same_unless_aws_looks_at_it(mode, same):
    one, other = of(mode, VALUES), of(mode, RNG.permutation(VALUES))
    levels = [
        b"".join(level.tobytes() for level in summary.sketch.as_kll().levels)
        for summary in (one, other)
    ]
    assert (levels[0] == levels[1]) is same
    assert one.distinct.estimate == other.distinct.estimate
    assert one.moments.mean == pytest.approx(other.moments.mean, rel=1e-12)


def test_both_modes_describe_the_same_column():
    ours, theirs = of("corrected", VALUES), of("compat", VALUES)
    assert ours.moments.std_dev == pytest.approx(theirs.moments.std_dev, rel=1e-9)
    assert ours.sketch.count == theirs.sketch.count == VALUES.size
    assert ours.distinct.estimate == pytest.approx(theirs.distinct.estimate, rel=0.15)
    points = np.linspace(VALUES.min(), VALUES.max(), 50)
    gaps = ours.sketch.ranked().share_up_to(points) - theirs.sketch.ranked().share_up_to(points)
    assert np.abs(gaps).max() < 0.02
