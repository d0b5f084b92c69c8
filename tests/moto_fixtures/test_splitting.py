"""Requests are split by weight, exactly and always the same way."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.splitting import Split

WEIGHTS = st.dictionaries(st.text("abc", min_size=1), st.integers(0, 20), min_size=1).filter(
    lambda weights: any(weights.values())
)


@given(WEIGHTS, st.integers(1, 200))
def test_no_choice_is_ever_as_many_requests_behind_as_there_are_choices(
    weights: dict[str, int], requests: int
) -> None:
    split = Split()
    picked = Counter(split.pick(weights) for _ in range(requests))
    total = sum(weights.values())
    for name, weight in weights.items():
        assert abs(picked[name] - requests * weight / total) < len(weights)


@given(WEIGHTS)
def test_a_whole_cycle_is_split_exactly(weights: dict[str, int]) -> None:
    split = Split()
    picked = Counter(split.pick(weights) for _ in range(sum(weights.values())))
    assert picked == Counter({name: weight for name, weight in weights.items() if weight})


def test_weights_may_change_between_two_requests() -> None:
    split = Split()
    split.pick({"old": 1, "new": 1})
    assert {split.pick({"old": 0, "new": 1}) for _ in range(3)} == {"new"}
    assert split.pick({"other": 2}) == "other"


@pytest.mark.parametrize("weights", [{}, {"a": 0, "b": 0.0}])
def test_nobody_is_picked_where_no_weight_is_above_zero(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="is above zero"):
        Split().pick(weights)
