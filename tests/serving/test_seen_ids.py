"""The memory of answered ids is exact while it holds, and never grows beyond its limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from serving.seen_ids import Met, SeenIds


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([b"x", b"y"]))))
def test_the_latest_ids_are_known_with_their_request(met):
    seen, latest = SeenIds(most=3), {}
    for name, request in met:
        seen.remember(name, request)
        latest.pop(name, None)
        latest[name] = request
    kept = dict(list(latest.items())[-3:])
    assert len(seen) == len(kept)
    for name in "abcdef":
        for request in (b"x", b"y"):
            expected = Met.NEVER
            if name in kept:
                expected = Met.SAME if kept[name] == request else Met.OTHER
            assert seen.met(name, request) is expected
