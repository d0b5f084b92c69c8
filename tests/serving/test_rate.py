"""A client gets its burst and then its rate, however many processes it asks."""

from __future__ import annotations

import os
import signal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.rate import Buckets


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def taken(buckets, client, times):
    return sum(buckets.wait(client) == 0 for _ in range(times))


def test_a_burst_is_let_through_and_then_the_rate(clock):
    buckets = Buckets(rate=10, burst=5, clock=clock)
    assert taken(buckets, "a", 20) == 5
    clock.now += 0.5
    assert taken(buckets, "a", 20) == 5
    clock.now += 0.25
    assert taken(buckets, "a", 20) == 2


def test_waiting_as_long_as_it_says_is_enough(clock):
    buckets = Buckets(rate=4, burst=1, clock=clock)
    assert buckets.wait("a") == 0
    clock.now += buckets.wait("a")
    assert buckets.wait("a") == 0


def test_clients_do_not_use_up_each_others(clock):
    buckets = Buckets(rate=1, burst=1, clock=clock)
    assert taken(buckets, "a", 3) == 1
    assert taken(buckets, "b", 3) == 1


@given(
    rate=st.integers(1, 100),
    burst=st.integers(1, 50),
    pauses=st.lists(st.fractions(0, 1, max_denominator=16), max_size=60),
)
def test_no_client_ever_gets_more_than_its_burst_and_its_rate(rate, burst, pauses):
    clock = Clock()
    buckets = Buckets(rate, burst, clock)
    passed, elapsed = 0, Fraction(0)
    for pause in pauses:
        clock.now += float(pause)
        elapsed += pause
        passed += taken(buckets, "a", 3)
        assert passed <= burst + rate * elapsed + Fraction(1, 1000)


def in_a_child(act):
    """What `act` answers in a forked process, as its exit code."""
    child = os.fork()
    if child == 0:
        os._exit(act())
    return child


def code(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_processes_share_a_clients_bucket(clock):
    buckets = Buckets(rate=1, burst=10, clock=clock)
    children = [in_a_child(lambda: taken(buckets, "a", 4)) for _ in range(4)]
    assert sum(map(code, children)) == 10


def test_a_killed_process_does_not_keep_the_others_waiting():
    """It is killed by its own clock, which is looked at while the client's lock is held."""
    here = os.getpid()

    def clock():
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return 1000.0

    buckets = Buckets(rate=1, burst=1, clock=clock)
    assert code(in_a_child(lambda: int(buckets.wait("a")))) == -signal.SIGKILL
    assert buckets.wait("a") == 0
