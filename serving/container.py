"""`serve`: what SageMaker runs in a container to have a model answered for.

Needs     /opt/ml/model, and SageMaker's variables: SAGEMAKER_BIND_TO_PORT (8080 where it is
          not set), SAGEMAKER_MODEL_SERVER_WORKERS (one per core)
Writes    answers; the request log on standard output, which SageMaker keeps in CloudWatch

It listens on every address and asks for a token only where one is set: SageMaker lets
nobody in whom IAM does not. Anywhere else run `python -m serving`, which insists.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from monitoring.errors import MonitoringError, UsageError
from serving.request_log import STANDARD_OUTPUT
from serving.settings import Settings
from serving.workers import Address, Crew, cores, run

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - inside a container, behind SageMaker
PORT = "8080"
THREADS = 4


def main() -> None:
    """Answer until TERM; exits 1 when the model cannot be loaded, 2 for a wrong variable."""
    try:
        address, crew = asked(os.environ)
        run(model_directory(os.environ), settings(os.environ), address, crew)
    except MonitoringError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


def asked(environment: Mapping[str, str]) -> tuple[Address, Crew]:
    """What SageMaker's variables ask for.

    >>> asked({"SAGEMAKER_BIND_TO_PORT": "9000", "SAGEMAKER_MODEL_SERVER_WORKERS": "3"})
    (Address(host='0.0.0.0', port=9000), Crew(workers=3, threads=4))
    """
    port = _count(environment, "SAGEMAKER_BIND_TO_PORT", PORT, 65_535)
    workers = _count(environment, "SAGEMAKER_MODEL_SERVER_WORKERS", str(cores()), 256)
    return Address(EVERY_ADDRESS, port), Crew(workers, THREADS)


def model_directory(environment: Mapping[str, str]) -> Path:
    """Where SageMaker unpacks model.tar.gz; SAGEMAKER_BASE_DIR moves it, as in its toolkits."""
    return Path(environment.get("SAGEMAKER_BASE_DIR", "/opt/ml"), "model")


def settings(environment: Mapping[str, str]) -> Settings:
    """The environment's settings, with the request log on unless it is said otherwise."""
    read = Settings.read(environment)
    if "SERVING_REQUEST_LOG" in environment:
        return read
    return replace(read, request_log=STANDARD_OUTPUT)


def _count(environment: Mapping[str, str], name: str, default: str, most: int) -> int:
    text = environment.get(name, default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise UsageError(f"{name}: not a whole number from 1 to {most}; correct it")
    return int(text)


if __name__ == "__main__":
    main()
