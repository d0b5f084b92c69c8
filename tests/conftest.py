"""Fixtures every test may take: the offline AWS in process, its clock, and a server of it."""

from __future__ import annotations

import gc

from moto_fixtures.plugin import aws, clock, server, session

__all__ = ["aws", "clock", "server", "session"]

gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish() -> None:
    """What was imported stays: a collector that walks it again takes a fifth of the tests' time."""
    gc.collect()
    gc.freeze()
