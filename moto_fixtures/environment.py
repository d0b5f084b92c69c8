"""What a shell or a process must have set to talk to the offline AWS, and to nothing else.

On a laptop with real credentials a forgotten variable would send a call to the real AWS. So
credentials, region and endpoint are set, and the user's own AWS files are put out of sight.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

DEFAULT_URL = "http://127.0.0.1:5000"
FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN")
"""Variables that would lead a client past the ones below."""


def environment(url: str = DEFAULT_URL) -> dict[str, str]:
    """The variables of a client of the offline AWS at `url`.

    >>> environment()["AWS_ENDPOINT_URL"]
    'http://127.0.0.1:5000'
    """
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "offline",
        "AWS_SECRET_ACCESS_KEY": "offline",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
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


def exports(url: str, tools: str) -> str:
    """Lines for a shell to `eval`: the variables, the tools' path, and an `aws` that stays here.

    Version 1 of the aws CLI ignores AWS_ENDPOINT_URL for a few services (sqs among them), so
    the wrapper passes the endpoint to every call.
    """
    unset = f"unset {' '.join(FOREIGN)}"
    lines = [f"export {name}={value!r}" for name, value in environment(url).items()]
    wrapper = f'aws() {{ command aws --endpoint-url {url} "$@"; }}'
    return "\n".join([unset, *lines, f'export PATH="{tools}:$PATH"', wrapper])
