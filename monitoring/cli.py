"""`monitor …`: suggest a baseline, check data against it, read what the schedules found.

Needs     files: a table, captured traffic, a baseline's documents; for status, credentials
Writes    the monitor's documents into --output; sentences to stdout, errors to stderr

Parses, calls, prints; decides nothing. The exit code is the answer a script needs: 0
clean, 3 violations found, 1 could not evaluate, 2 wrong usage. Without data it is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, get_args

import click
from rich.console import Console

from monitoring import report, status
from monitoring.aws.clients import connect
from monitoring.capture import FAULTY_SHARE, Window
from monitoring.documents import CONSTRAINTS, STATISTICS, publish
from monitoring.errors import VIOLATIONS_FOUND, MonitoringError, UsageError
from monitoring.job import Dataset, check, documents_of, mode_named, read_baseline, suggest
from monitoring.kinds import DATA_QUALITY, KINDS
from monitoring.monitors import monitor_for
from monitoring.monitors.base import Mode

EXIT_CODES = """\b
Exit codes:
    0  clean
    1  error, or could not evaluate (no data, a faulty baseline)
    2  wrong usage
    3  violations found"""

F = TypeVar("F", bound=Callable[..., Any])


class Monitor(click.Group):
    """The command `monitor`. Errors raised on purpose end as one line, others as they are."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MonitoringError as error:
            click.echo(f"Error: {report.clean(str(error), longest=2000)}", err=True)
            ctx.exit(error.exit_code)


class Verb(click.Group):
    """`suggest` or `check`, with one command per monitor that is built."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if command is None:
            for kind in KINDS:
                if kind.slug == cmd_name:
                    monitor_for(kind)
        return command


@click.group(cls=Monitor, epilog=EXIT_CODES)
@click.version_option(package_name="sagemaker-model-monitoring")
def main() -> None:
    """Watch models behind SageMaker endpoints: baselines in, findings out."""


@click.group("suggest", cls=Verb, epilog=EXIT_CODES)
def suggest_group() -> None:
    """Make a baseline from data the model was approved on.

    \b
    Example:
        monitor suggest data-quality --data train.csv --output baseline/
    """


@click.group("check", cls=Verb, epilog=EXIT_CODES)
def check_group() -> None:
    """Compare data with a baseline.

    \b
    Example:
        monitor check data-quality --capture capture/ --baseline baseline/ --output run/
    """


def data_option(required: bool) -> Callable[[F], F]:
    """`--data` with what belongs to it."""

    def decorate(command: F) -> F:
        header = click.option(
            "--header/--no-header", default=True, show_default=True, help="Whether CSV has names."
        )
        path = click.option(
            "--data",
            required=required,
            type=click.Path(path_type=Path),
            help="A table: CSV, or Parquet by its suffix.",
        )
        return path(header(command))

    return decorate


def output_option(command: F) -> F:
    """`--output`."""
    return click.option(
        "--output",
        required=True,
        type=click.Path(file_okay=False, path_type=Path),
        help="Directory for the documents. They appear all together, or not at all.",
    )(command)


@suggest_group.command("data-quality", epilog=EXIT_CODES)
@data_option(required=True)
@output_option
def suggest_data_quality(data: Path, header: bool, output: Path) -> None:
    """Statistics and constraints of a data set: what later traffic is held to.

    Put the model's outputs before its inputs, as captured traffic has them.

    \b
    Example:
        monitor suggest data-quality --data train.csv --output baseline/
    """
    with working("describing the data"):
        documents = suggest(monitor_for(DATA_QUALITY), table(data, header))
    for path in publish(documents, output):
        click.echo(path)


@check_group.command("data-quality", epilog=EXIT_CODES)
@data_option(required=False)
@click.option(
    "--capture",
    type=click.Path(path_type=Path),
    help="Captured traffic: a directory of .jsonl files, or one file.",
)
@click.option(
    "--faulty-share",
    default=FAULTY_SHARE,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="More captured records than this are faulty: could not evaluate.",
)
@click.option("--start", default="", help="Only traffic from this time on (UTC), with --end.")
@click.option("--end", default="", help="Only traffic before this time.")
@click.option(
    "--baseline",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=f"Directory with {CONSTRAINTS} and, for drift, {STATISTICS}.",
)
@output_option
@click.option(
    "--mode",
    default="corrected",
    show_default=True,
    type=click.Choice(get_args(Mode)),
    help="compat gives AWS's numbers, its known defects included.",
)
@click.option("--show-values", is_flag=True, help="Print sampled values instead of redacting them.")
@click.pass_context
def check_data_quality(
    ctx: click.Context,
    data: Path | None,
    header: bool,
    capture: Path | None,
    faulty_share: float,
    start: str,
    end: str,
    baseline: Path,
    output: Path,
    mode: str,
    show_values: bool,
) -> None:
    """Types, completeness, domains and distributions against the baseline.

    \b
    Example:
        monitor check data-quality --capture capture/ --baseline baseline/ --output run/
        monitor check data-quality --data today.csv --baseline baseline/ --output run/
    """
    if (data is None) == (capture is None):
        raise UsageError("give either --data FILE or --capture DIR, to say what is checked.")
    if output.resolve() == baseline.resolve():
        raise UsageError(
            "--output is the baseline's directory; its constraints would be overwritten by "
            "those suggested for this data. Name another directory."
        )
    window = Window.parse(start, end) if start or end else None
    if capture is not None:
        dataset = Dataset(capture, "sagemakerCaptureJson", {}, window, faulty_share)
    elif data is not None:
        dataset = table(data, header)
    with working("checking the data"):
        outcome = check(monitor_for(DATA_QUALITY), dataset, baseline_in(baseline), mode_named(mode))
        publish(documents_of(outcome), output)
    for sentence in report.sentences(outcome, show_values):
        click.echo(sentence)
    click.echo(f"documents in {output}")
    ctx.exit(VIOLATIONS_FOUND if outcome.analysis.findings else 0)


def table(path: Path, header: bool) -> Dataset:
    """A table on disk, told apart by its suffix."""
    return Dataset(path, "parquet" if path.suffix == ".parquet" else "csv", {"header": header})


def baseline_in(directory: Path) -> dict[str, Any]:
    """The documents of a baseline; statistics may be absent, and with them drift."""
    files = {CONSTRAINTS: directory / CONSTRAINTS}
    if (directory / STATISTICS).exists():
        files[STATISTICS] = directory / STATISTICS
    return dict(read_baseline(files))


@contextmanager
def working(doing: str) -> Iterator[None]:
    """A sign of life on a terminal; nothing in a pipe or a log."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(doing):
        yield


@click.command("status", epilog=EXIT_CODES)
@click.argument("project", default="")
@click.option("--profile", help="AWS profile.")
@click.option("--region", help="AWS region.")
@click.pass_context
def show_status(ctx: click.Context, project: str, profile: str | None, region: str | None) -> None:
    """Say what the monitoring schedules found, for those whose name contains PROJECT.

    The exit code is of each schedule's latest run. A schedule that has not run, was stopped,
    or could not evaluate is not healthy: 1.

    \b
    Example:
        monitor status fraud-prod
    """
    watched = status.of_project(connect(profile, region), project)
    if not watched:
        raise MonitoringError(
            f"no monitoring schedule has {project!r} in its name, so nothing is watched here; "
            "check --region, or deploy model-monitor-template.yml"
        )
    status.show(watched, Console(highlight=False))
    ctx.exit(status.exit_code(watched))


COMMANDS = (suggest_group, check_group, show_status)
"""Every command of `monitor`; a new one is registered by standing here."""

for _command in COMMANDS:
    main.add_command(_command)
