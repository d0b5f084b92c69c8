"""What a shell or a process must have set to talk to the offline AWS, and to nothing else.

On a laptop with real credentials a forgotten variable would send a call to the real AWS. So
credentials, region and endpoint are set, and the user's own AWS files are put out of sight.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_URL = "http://127.0.0.1:5000"
DEFAULT_REGION = "us-east-1"
FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN")
"""Variables that would lead a client past the ones below."""


def environment(url: str = DEFAULT_URL, region: str = DEFAULT_REGION) -> dict[str, str]:
    """The variables of a client of the offline AWS at `url`.

    >>> environment()["AWS_ENDPOINT_URL"]
    'http://127.0.0.1:5000'
    """
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


def enter(variables: MutableMapping[str, str], url: str) -> None:
    """Point a process's variables at the offline AWS at `url`."""
    for name in FOREIGN:
        variables.pop(name, None)
    variables.update(environment(url))


def is_offline(variables: Mapping[str, str]) -> bool:
    """Whether these variables point every client at a loopback address.

    >>> is_offline(environment()), is_offline({})
    (True, False)
    """
    host = urlsplit(variables.get("AWS_ENDPOINT_URL", "")).hostname
    return host in ("127.0.0.1", "localhost", "::1")


def exports(url: str, tools: str, region: str = DEFAULT_REGION) -> str:
    """Lines for a shell to `eval`: the variables, the tools' path, and an `aws` that stays here.

    Version 1 of the aws CLI ignores AWS_ENDPOINT_URL for a few services, sqs among them:
    without the wrapper `aws sqs` would reach the real AWS.
    """
    unset = f"unset {' '.join(FOREIGN)}"
    lines = [
        f"export {name}={shlex.quote(value)}" for name, value in environment(url, region).items()
    ]
    path = f'export PATH={shlex.quote(tools)}:"$PATH"'
    wrapper = f'aws() {{ command aws --endpoint-url {shlex.quote(url)} "$@"; }}'
    return "\n".join([unset, *lines, path, wrapper])


def main(arguments: list[str]) -> int:
    """`python -m moto_fixtures env`: print what a shell evaluates."""
    parser = argparse.ArgumentParser("python -m moto_fixtures env", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--url", default=DEFAULT_URL, help="of the server (%(default)s)")
    parser.add_argument("--region", default=DEFAULT_REGION, help="%(default)s")
    asked = parser.parse_args(arguments)
    print(exports(asked.url, str(Path(sys.executable).parent), asked.region))
    return 0
