"""What goes on in a thread beside its callers: builds and pipelines, each under its ARN.

The clock does not move on past work that goes on: `advance` waits for it, so it ends in the
hour in which it began. When this process ends, what goes on is stopped first.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable

from moto_fixtures import clock

_lock = threading.Lock()
_going_on: dict[str, tuple[threading.Thread, Callable[[], None]]] = {}
log = logging.getLogger(__name__)


def start(arn: str, work: Callable[[], None], stop: Callable[[], None]) -> None:
    """Do `work` in a thread; `stop`, called from another, makes it end soon."""

    def run() -> None:
        try:
            work()
        except Exception:
            log.exception("%s", arn)
        finally:
            with _lock:
                del _going_on[arn]

    thread = threading.Thread(target=run, name=arn, daemon=True)
    with _lock:
        if arn in _going_on:
            raise RuntimeError(f"{arn} goes on already")
        _going_on[arn] = (thread, stop)
        thread.start()


def wait(arn: str, seconds: float | None = None) -> None:
    """Wait for an end; at once where there is nothing to wait for."""
    with _lock:
        found = _going_on.get(arn)
    if found is not None and found[0] is not threading.current_thread():
        found[0].join(seconds)


def wait_for_all() -> None:
    """Wait until nothing goes on, what began meanwhile included."""
    while arns := _others():
        for arn in arns:
            wait(arn)


def goes_on() -> bool:
    """Whether anything goes on but what calls."""
    return bool(_others())


def stop(arn: str) -> None:
    """Make it end soon; nothing happens where it has ended."""
    with _lock:
        found = _going_on.get(arn)
    if found is not None:
        found[1]()


def stop_all() -> None:
    """Stop what goes on, and wait for it."""
    for arn in _others():
        stop(arn)
    wait_for_all()


def install() -> None:
    """Hold the clock while work goes on."""
    clock.register("work", clock.Source(wait_for_all, list, lambda: None))
    atexit.register(stop_all)


def _others() -> list[str]:
    """All but what calls."""
    here = threading.current_thread()
    with _lock:
        return [arn for arn, (thread, _) in _going_on.items() if thread is not here]
