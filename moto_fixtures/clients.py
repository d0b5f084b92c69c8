"""boto3 clients answered by moto inside this process: no socket, any account and region.

The CloudFormation engine, the scheduler and the endpoints call AWS's own API through
these, so a resource made by a stack and one made by a user are the same resource.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber as mock_aws_stubber

_stubber = BotocoreStubber()
_stubber.enabled = True


def _answer(**sent: Any) -> Any:
    """Answer from moto, unless `mock_aws` is active and will.

    botocore runs *every* before-send handler: without this guard each call would be
    executed twice under `mock_aws` (seen as empty S3 bodies).
    """
    return None if mock_aws_stubber.enabled else _stubber(**sent)


@cache
def client(service: str, region: str, account: str) -> Any:
    """A client for one service, region and account."""
    made = boto3.session.Session("offline", "offline", region_name=region).client(
        service,
        config=Config(ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 1}),
    )
    made.meta.events.register(
        "before-sign",
        lambda request, **_: request.headers.add_header("x-moto-account-id", account),
    )
    made.meta.events.register("before-send", _answer)
    return made
