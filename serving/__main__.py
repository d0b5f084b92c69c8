"""`python -m serving`: the application on a plain host, under gunicorn.

Needs     a model directory; SERVING_… variables for what serving/settings.py lists
Writes    answers

It listens on the loopback address unless told otherwise, and on any other only when there
is a token to ask for.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from monitoring.errors import MonitoringError
from serving.settings import Settings
from serving.workers import Address, Crew, cores, guarded, hosts, run


@click.command()
@click.option(
    "--model",
    "model_dir",
    default="/opt/ml/model",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Directory with model.skops and model.json.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(1, 65_535),
    help="Port to listen on.",
)
@click.option(
    "--workers",
    default=cores,
    show_default="one per core",
    type=click.IntRange(1, 256),
    help="Processes.",
)
@click.option(
    "--threads",
    default=4,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Requests that one process answers at a time.",
)
def main(model_dir: Path, host: str, port: int, workers: int, threads: int) -> None:
    """Answer for a model: /ping, /invocations, /predict, /feedback, /metrics.

    The token, rate limit, request log, data capture and feedback are set by SERVING_…
    variables (docs/serving.md). Exits 1 when the model cannot be loaded, 2 when a variable
    is wrong or other machines could ask without a token.

    \b
    Example:
        python -m serving --model build/model
        curl -H 'Content-Type: text/csv' --data-binary @rows.csv 127.0.0.1:8080/invocations
    """
    address = Address(host, port)
    try:
        settings = Settings.read(os.environ)
        guarded(settings, address)
        settings = replace(settings, hosts=hosts(settings, address))
        run(model_dir, settings, address, Crew(workers, threads))
    except MonitoringError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
