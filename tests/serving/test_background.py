"""What is put never waits; what is lost is counted; what fits is written in its order."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import pytest

from serving.background import FAILED, FULL, Background, Bounds

PATIENCE = 10
BOUNDS = Bounds(items=100, size=1000, batch=10, linger=0)


class Lost(Counter):
    """What was reported lost, by its reason."""

    def __call__(self, count: int, why: str) -> None:
        self[why] += count


class Stuck:
    """A sink that takes its first batch and does not come back until it is let go."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.entered, self.released = threading.Event(), threading.Event()

    def __call__(self, batch) -> None:
        self.entered.set()
        assert self.released.wait(PATIENCE)
        self.taken += batch


def test_everything_is_written_in_the_order_it_was_put():
    written: list[int] = []
    lost = Lost()
    queue = Background(written.extend, BOUNDS, lost)
    assert all(queue.put(at, 1) for at in range(50))
    queue.close(PATIENCE)
    assert written == list(range(50))
    assert not lost


def test_what_waits_is_written_when_its_time_is_up_though_it_is_little():
    done = threading.Event()
    queue = Background(lambda _: done.set(), replace(BOUNDS, linger=0.01), Lost())
    queue.put(1, 1)
    assert done.wait(PATIENCE)


@pytest.mark.parametrize(
    ("bounds", "size", "fits"),
    [
        pytest.param(replace(BOUNDS, items=5), 1, 5, id="by number"),
        pytest.param(replace(BOUNDS, size=30), 10, 3, id="by size"),
    ],
)
def test_behind_a_stuck_sink_what_does_not_fit_is_lost_and_counted(bounds, size, fits):
    stuck, lost = Stuck(), Lost()
    queue = Background(stuck, bounds, lost)
    queue.put(-1, size)
    assert stuck.entered.wait(PATIENCE)
    held = [queue.put(at, size) for at in range(10)]
    assert held == [True] * fits + [False] * (10 - fits)
    assert lost == {FULL: 10 - fits}
    stuck.released.set()
    queue.close(PATIENCE)
    assert stuck.taken == [-1, *range(fits)]


def test_a_sink_that_fails_loses_its_batch_and_nothing_after_it():
    written: list[int] = []
    done = threading.Event()

    def write(batch):
        if not done.is_set():
            done.set()
            raise OSError("disk full")
        written.extend(batch)

    lost = Lost()
    queue = Background(write, BOUNDS, lost)
    queue.put(1, 1)
    assert done.wait(PATIENCE)
    queue.put(2, 1)
    queue.close(PATIENCE)
    assert written == [2]
    assert lost == {FAILED: 1}


def test_closing_waits_no_longer_than_it_is_told_and_counts_what_is_left():
    stuck, lost = Stuck(), Lost()
    queue = Background(stuck, BOUNDS, lost)
    queue.put(0, 10)
    assert stuck.entered.wait(PATIENCE)
    queue.put(1, 1)
    queue.close(0.01)
    assert lost == {FULL: 1}
    stuck.released.set()


def test_after_closing_nothing_is_taken():
    lost = Lost()
    queue = Background(lambda _: None, BOUNDS, lost)
    queue.close(PATIENCE)
    assert not queue.put(1, 1)
    assert lost == {FULL: 1}
