"""The only "now"."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from types import ModuleType

import pytest

from moto_fixtures.clock import Source
from tests.moto_fixtures.building import BUCKET, Project

START = datetime(2026, 1, 31, 10)
SLACK = timedelta(seconds=5)


class Bell:
    """Rings at its times, and remembers what the clock said."""

    def __init__(self, clock: ModuleType, *times: datetime) -> None:
        self.clock, self.times, self.jumps = clock, list(times), 0
        self.rung: list[datetime] = []

    def next_event(self) -> datetime | None:
        return min(self.times, default=None)

    def run(self) -> list[datetime]:
        due = sorted(time for time in self.times if time <= self.clock.now())
        self.times = [time for time in self.times if time not in due]
        self.rung += [self.clock.now() for _ in due]
        return due

    def jumped(self) -> None:
        self.jumps += 1


@pytest.fixture
def ring(clock: ModuleType) -> Iterator[Bell]:
    clock.travel(START)
    bell = Bell(clock)
    clock.register("bell", Source(bell.next_event, bell.run, bell.jumped))
    yield bell
    del clock._sources["bell"]


def test_events_happen_in_their_order_at_their_own_time(clock: ModuleType, ring: Bell) -> None:
    ring.times = [START + timedelta(hours=n) for n in (3, 1, 2)]
    happened = clock.advance(START + timedelta(hours=2, minutes=30))
    assert happened == [START + timedelta(hours=1), START + timedelta(hours=2)]
    assert all(
        timedelta() <= rung - at < SLACK for rung, at in zip(ring.rung, happened, strict=True)
    )
    assert timedelta() <= clock.now() - (START + timedelta(hours=2, minutes=30)) < SLACK


def test_what_was_missed_happens_before_time_moves(clock: ModuleType, ring: Bell) -> None:
    ring.times = [START - timedelta(hours=1)]
    assert clock.advance(START + timedelta(minutes=1)) == [START - timedelta(hours=1)]
    assert ring.rung[0] - START < SLACK


def test_a_jump_passes_over_what_lies_between(clock: ModuleType, ring: Bell) -> None:
    ring.times = [START + timedelta(hours=1)]
    clock.travel(START + timedelta(hours=2))
    assert (ring.rung, ring.jumps) == ([], 1)


def test_only_a_jump_goes_back(clock: ModuleType) -> None:
    clock.travel(START)
    with pytest.raises(ValueError, match="travel goes back"):
        clock.advance(START - timedelta(hours=1))
    clock.travel(START - timedelta(days=1))
    assert clock.now() < START


def test_a_time_with_a_zone_is_understood(clock: ModuleType) -> None:
    clock.travel(datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2))))
    assert timedelta() <= clock.now() - START < SLACK


def test_the_whole_process_moves(clock: ModuleType, project: Project) -> None:
    clock.travel(START)
    project.s3.put_object(Bucket=BUCKET, Key="late", Body=b"")
    modified = project.s3.head_object(Bucket=BUCKET, Key="late")["LastModified"]
    assert modified - START.replace(tzinfo=UTC) < SLACK


def test_a_frozen_clock_stands_and_is_moved_all_the_same(clock: ModuleType, ring: Bell) -> None:
    clock.freeze()
    clock.travel(START)
    assert clock.now() == clock.now() == START
    ring.times = [START + timedelta(hours=1)]
    clock.advance(START + timedelta(hours=2))
    assert (ring.rung, clock.now()) == (
        [START + timedelta(hours=1)],
        START + timedelta(hours=2),
    )
    clock.thaw()
    clock.now()
    time.sleep(0.01)  # it ticks from when it is first asked
    assert clock.now() > START + timedelta(hours=2)
    assert not clock.is_frozen()


def test_afterwards_it_is_the_machines_time_again(clock: ModuleType) -> None:
    before = clock.now()
    clock.travel(START)
    clock.reset()
    assert timedelta() <= clock.now() - before < timedelta(minutes=1)
