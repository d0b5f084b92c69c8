"""What the steps' command lines have in common.

Needs     a click command
Writes    one line on stderr for a failure with a cause; the exit codes of monitoring.errors
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

import click

from monitoring.errors import MonitoringError

Parameters = ParamSpec("Parameters")

DIRECTORY = click.Path(file_okay=False, path_type=Path)
EXISTING_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def one_line_errors(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """End on a MonitoringError with its message and exit code; a defect keeps its traceback."""

    @functools.wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except MonitoringError as error:
            click.echo(str(error), err=True)
            sys.exit(error.exit_code)

    return run
