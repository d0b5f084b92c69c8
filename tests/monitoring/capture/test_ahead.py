"""Results in order, few of them early, and errors where they happen."""

from __future__ import annotations

import threading

import pytest

from monitoring.capture.ahead import ahead


def test_results_come_in_the_order_of_what_they_are_made_of():
    first_may_end = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert first_may_end.wait(10)
        elif number == 1:
            first_may_end.set()
        return number

    assert list(ahead(range(20), work)) == list(range(20))


def test_no_more_is_taken_than_may_wait():
    taken: list[int] = []

    def things():
        for number in range(100):
            taken.append(number)
            yield number

    results = ahead(things(), str, most=3)
    assert [next(results), len(taken), next(results), len(taken)] == ["0", 3, "1", 4]
    results.close()
    assert len(taken) == 4


def test_an_error_is_raised_in_its_place():
    results = ahead([1, 0, 2], lambda number: 1 / number)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
