"""Histograms: exact while there are few texts, and off for good when there are many."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from monitoring.measures import categories
from monitoring.measures.categories import Categories

COUNTED = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 9)))


def of(*counted: tuple[str, int]) -> Categories:
    result = Categories()
    result.update(counted)
    return result


@given(COUNTED, COUNTED)
def test_counts_add_up(a, b):
    expected: Counter[str] = Counter()
    for text, count in a + b:
        expected[text] += count
    assert (of(*a) + of(*b)).counts == of(*a, *b).counts == dict(expected)


def test_too_many_texts_end_it():
    many = [(str(i), 1) for i in range(categories.MAX_CATEGORIES)]
    full = of(*many)
    assert len(full.counts or ()) == categories.MAX_CATEGORIES
    full.update([("one more", 1)])
    assert full.counts is None


def test_too_long_texts_end_it():
    assert of(("x" * (categories.MAX_BYTES + 1), 1)).counts is None


def test_once_ended_it_stays_ended():
    ended = of(*[(str(i), 1) for i in range(categories.MAX_CATEGORIES + 1)])
    ended.update([("a", 1)])
    assert ended.counts is None
    assert (ended + of(("a", 1))).counts is None
    assert (of(("a", 1)) + ended).counts is None


def test_too_many_texts_are_given_up_before_they_are_counted():
    counted = Categories({"a": 1})
    counted.expect(categories.MAX_CATEGORIES)
    assert counted.counts == {"a": 1}
    counted.expect(categories.MAX_CATEGORIES + 1)
    assert counted.counts is None
