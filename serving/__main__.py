"""`python -m serving`: the application on a port, under waitress.

Needs     a model directory; in a SageMaker container that is /opt/ml/model
Writes    answers

It listens on the loopback address unless told otherwise, as it asks nobody who they are:
in front of any other address belongs something that does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import waitress

from monitoring.errors import MonitoringError
from serving.app import create_app
from serving.payloads import LARGEST_BODY


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
@click.option("--port", default=8080, show_default=True, help="Port to listen on.")
@click.option("--threads", default=4, show_default=True, help="Requests answered at a time.")
def main(model_dir: Path, host: str, port: int, threads: int) -> None:
    """Answer for a model: GET /ping, POST /invocations.

    Exits 1 when the model cannot be loaded.

    \b
    Example:
        python -m serving --model build/model
        curl -H 'Content-Type: text/csv' --data-binary @rows.csv 127.0.0.1:8080/invocations
    """
    try:
        app = create_app(model_dir)
    except MonitoringError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    click.echo(f"listening on http://{host}:{port}", err=True)
    # waitress cuts the connection at its limit; below it the application says why.
    longest = 2 * LARGEST_BODY
    waitress.serve(app, host=host, port=port, threads=threads, max_request_body_size=longest)


if __name__ == "__main__":
    main()
