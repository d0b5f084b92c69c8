"""pytest fixtures: the offline AWS in this process, its clock, and a server of it.

`tests/conftest.py` imports them. A test takes what it needs: `aws` for the in-process one
(an empty account per test), `session` for clients, `clock` to wind it, `server` for the CLI.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType

import boto3
import pytest
from moto import mock_aws

import moto_fixtures
from moto_fixtures import clock as offline_clock
from moto_fixtures import server_process, work

REGION = "us-east-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "offline",
    "AWS_SECRET_ACCESS_KEY": "offline",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS in this process, for one test."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    moto_fixtures.install()
    with mock_aws():
        yield
        work.stop_all()
    offline_clock.reset()


@pytest.fixture
def session(aws: None) -> boto3.Session:  # noqa: ARG001 (in it, the session is offline)
    """A session of the in-process AWS."""
    return _session()


@cache
def _session() -> boto3.Session:
    """One for all tests: reading botocore's models is most of a small test's time."""
    return boto3.Session("offline", "offline", region_name=REGION)


@pytest.fixture
def clock(aws: None) -> Iterator[ModuleType]:  # noqa: ARG001 (its backends are moved)
    """The clock of the in-process AWS, standing still: it moves only when a test moves it.

    What happens in a test then happens at the second the test travelled to, however slow the
    machine. `clock.thaw()` lets it tick. Set back to the machine's afterwards.
    """
    offline_clock.freeze()
    yield offline_clock
    offline_clock.reset()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of the offline AWS, one per test session. Its state is shared."""
    with server_process.running(tmp_path_factory.mktemp("server") / "log") as running:
        yield running.url
