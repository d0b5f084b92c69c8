"""Repetitions among keys: the same as a set would find, in any mixture of single and many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.capture import seen
from monitoring.capture.seen import Seen, event_key, retry_key

KEYS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 9)
STEPS = st.lists(KEYS | st.lists(KEYS, max_size=20), max_size=20)


@pytest.fixture(params=[1, 3, seen.RECENT])
def recent(request, monkeypatch):
    monkeypatch.setattr(seen, "RECENT", request.param)


@pytest.mark.usefixtures("recent")
def test_a_key_is_known_exactly_when_it_came_before():
    @given(STEPS)
    def holds(steps):
        ours, known = Seen(), set()
        for step in steps:
            keys = step if isinstance(step, list) else [step]
            expected = []
            for key in keys:
                expected.append(key in known)
                known.add(key)
            if isinstance(step, list):
                assert ours.add_all(np.array(step, dtype=np.int64)).tolist() == expected
            else:
                assert [ours.add(step)] == expected

    holds()


def test_an_event_costs_eight_bytes_and_few_runs():
    ours = Seen()
    for start in range(0, 1_000_000, 10_000):
        ours.add_all(np.arange(start, start + 10_000, dtype=np.int64))
    assert sum(run.nbytes for run in ours.runs) == 8_000_000
    assert len(ours.runs) <= 8


def test_ids_and_retries_do_not_share_keys():
    assert len({event_key("a"), retry_key("a", ""), retry_key("", "a"), event_key("")}) == 4
