"""Fixtures every test may take: the offline AWS in process, its clock, and a server of it."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

from moto_fixtures.plugin import aws, clock, server, session

__all__ = ["aws", "clock", "server", "session"]

LONGEST = (
    "tests/stories/",
    "tests/test_readme.py",
    "tests/moto_fixtures/pipelines/test_sdk.py",
    "tests/moto_fixtures/test_state.py",
    "tests/moto_fixtures/cloudformation/test_cli.py",
    "tests/monitoring/capture/test_bulk.py",
    "tests/contracts/",
    "tests/moto_fixtures/test_server.py",
)
"""Half of the tests' time. They begin first: what begins last keeps one worker waiting."""

gc.set_threshold(20_000, 20, 20)

# How long an example takes is the machine's doing, and says nothing of the code.
settings.register_profile(
    "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; each worker takes the next file of this order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """What was imported stays: a collector that walks it again takes a fifth of the tests' time."""
    gc.collect()
    gc.freeze()
