"""The only "now": what the time is in the offline AWS, and what happens while it passes.

`travel` jumps, and nothing in between happens. `advance` walks from one event to the next,
with the clock standing at each while it happens, and ends where it was sent. A frozen clock
ticks no more by itself, and is moved all the same. Whatever happens by itself registers here
once: monitoring schedules, deployments, alarms, EventBridge's rules and schedules.

The whole process moves (`time-machine`), so S3's LastModified and every CreationTime do too.
Times are UTC and carry no zone, as moto's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import time_machine
from moto.core.utils import utcnow

lock = threading.RLock()
"""Held while time moves, so that two clients cannot wind the clock at once."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something that happens by itself as time passes."""

    next_event: Callable[[], datetime | None]
    """When it happens next; may lie in the past when that was missed."""
    run: Callable[[], list[Any]]
    """Do what is due now; answers what was done."""
    jumped: Callable[[], None]
    """Time jumped: forget what was due in between."""


_sources: dict[str, Source] = {}
_journeys: list[tuple[Any, Any]] = []
"""The journey the process is on, if it is on one, and its coordinates."""
_frozen = threading.Event()


def register(name: str, source: Source) -> None:
    """Let something happen as time passes. Registering a name again replaces it."""
    _sources[name] = source


def now() -> datetime:
    """The time in the offline AWS."""
    return utcnow()


def travel(to: datetime) -> None:
    """Jump to a moment; the clock goes on ticking from there."""
    with lock:
        _set(_naive(to))
        for source in _sources.values():
            source.jumped()


def advance(to: datetime) -> list[Any]:
    """Wind the clock on to a moment; answer what happened on the way, in order.

    Raises:
        ValueError: the moment lies before now; only `travel` goes back.
    """
    to = _naive(to)
    with lock:
        if to < now():
            raise ValueError(
                f"cannot advance to {to.isoformat()}: it is {now().isoformat()} already; "
                "travel goes back."
            )
        happened: list[Any] = []
        while (due := _next_event()) is not None and due <= to:
            _set(max(due, now()))
            happened += run_due()
        _set(max(to, now()))
        return happened


def run_due() -> list[Any]:
    """Do all that is due by now; answer what was done."""
    with lock:
        return [done for source in _sources.values() for done in source.run()]


def freeze() -> None:
    """Stop the clock where it is: it moves only when it is travelled or advanced."""
    with lock:
        _frozen.set()
        _set(now())


def thaw() -> None:
    """Let the clock tick again, from where it is."""
    with lock:
        _frozen.clear()
        _set(now())


def is_frozen() -> bool:
    """Whether the clock stands still."""
    return _frozen.is_set()


def reset() -> None:
    """Back to the time of the machine."""
    with lock:
        _frozen.clear()
        while _journeys:
            journey, _ = _journeys.pop()
            journey.stop()


def _next_event() -> datetime | None:
    return min((due for source in _sources.values() if (due := source.next_event())), default=None)


def _set(moment: datetime) -> None:
    """Move without a gap: other threads never see the machine's time in between."""
    destination, ticks = moment.replace(tzinfo=UTC), not is_frozen()
    if _journeys:
        _journeys[-1][1].move_to(destination, tick=ticks)
    else:
        journey = time_machine.travel(destination, tick=ticks)
        _journeys.append((journey, journey.start()))


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
