"""What the steps' command lines have in common.

Needs     a click command
Writes    one line on stderr for a failure with a cause; the exit codes of monitoring.errors
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ParamSpec

import click

from monitoring.errors import MonitoringError

Parameters = ParamSpec("Parameters")

DIRECTORY = click.Path(file_okay=False, path_type=Path)
EXISTING_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Failed(click.ClickException):
    """A failure with a cause, as click ends a command on it: one line, and its exit code."""

    def __init__(self, error: MonitoringError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code  # type: ignore[misc]  # click asks the instance

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file=file, err=True)


def one_line_errors(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """End on a MonitoringError with its message and exit code; a defect keeps its traceback."""

    @functools.wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except MonitoringError as error:
            raise Failed(error) from error

    return run
