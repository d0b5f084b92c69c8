"""`python -m serving.health`: ask /ping on this machine, as a container's health check.

Needs     the port in SAGEMAKER_BIND_TO_PORT, 8080 where it is not set
Writes    nothing; exits 0 when the model answers, 1 when it does not
"""

from __future__ import annotations

import http.client
import os
import sys

PATIENCE = 4
"""Seconds; the image's health check allows five."""


def is_healthy(port: int) -> bool:
    """Whether /ping answers 200 on a port of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/ping", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))) else 1)
