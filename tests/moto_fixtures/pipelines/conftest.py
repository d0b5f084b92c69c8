"""An account in which pipelines run."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from moto_fixtures import work
from tests.moto_fixtures.building import client
from tests.moto_fixtures.pipelines.building import Pipelines


@pytest.fixture
def pipelines(session: boto3.Session) -> Iterator[Pipelines]:
    yield Pipelines(client(session, "sagemaker"))
    work.wait_for_all()
