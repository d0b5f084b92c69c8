"""Where a job's own calls to AWS go: an address of the offline AWS, and whose calls they are.

Needs     the job's role, region and account
Gives     the variables of a client; the address listens from the first job on

A job runs in a process of its own, which cannot reach an AWS inside a test. So this process
listens on a free loopback port, in front of the same resources; a server does so beside its
own port. The credentials are the role's, as STS gave them, and lead to its account.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from moto_fixtures import environment
from moto_fixtures.clients import client

NOWHERE = "http://127.0.0.1:9"
"""Discards: an isolated job's calls are refused at once. On AWS they find no route."""
THREADS = 4


def variables(role: str, region: str, account: str, *, is_isolated: bool = False) -> dict[str, str]:
    """What a client inside the job must have set."""
    made = environment.environment(NOWHERE if is_isolated else _url(), region)
    assumed = client("sts", region, account).assume_role(
        RoleArn=role, RoleSessionName="SageMaker", DurationSeconds=43_200
    )["Credentials"]
    return {
        **made,
        "AWS_ACCESS_KEY_ID": assumed["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["SessionToken"],
        "AWS_MAX_ATTEMPTS": "1" if is_isolated else "3",
    }


@lru_cache(maxsize=1)
def _url() -> str:
    """Listen, once per process, for as long as it lives."""
    import waitress

    from moto_fixtures.server import Application, Channel

    server = waitress.create_server(
        Application(), host="127.0.0.1", port=0, threads=THREADS, channel_timeout=10**9
    )
    server.channel_class = Channel
    threading.Thread(target=server.run, name="address of jobs", daemon=True).start()
    return f"http://127.0.0.1:{server.effective_port}"
