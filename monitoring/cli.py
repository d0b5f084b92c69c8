"""`monitor …`: suggest a baseline, check data against it, read what the schedules found.

Needs     files: a table, captured traffic, a baseline's documents; for status, credentials
Writes    the monitor's documents into --output; sentences to stdout, errors to stderr

Parses, calls, prints; decides nothing. The exit code is the answer a script needs: 0
clean, 3 violations found, 1 could not evaluate, 2 wrong usage or a constraint set wrong.
Without data it is 1.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console

from monitoring import report, status
from monitoring.aws.clients import connect
from monitoring.cautions import Caution, cautions
from monitoring.commands import EXIT_CODES, check_group, suggest_group
from monitoring.errors import AwsError, MonitoringError
from monitoring.why import why


class Monitor(click.Group):
    """The command `monitor`. Errors raised on purpose end as one line, others as they are."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MonitoringError as error:
            click.echo(f"Error: {report.clean(str(error), longest=2000)}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=Monitor, epilog=EXIT_CODES)
@click.version_option(package_name="sagemaker-model-monitoring")
def main() -> None:
    """Watch models behind SageMaker endpoints: baselines in, findings out."""


@click.command("status", epilog=EXIT_CODES)
@click.argument("project", default="")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="Only runs scheduled from then on (UTC).",
)
@click.option("--profile", help="AWS profile.")
@click.option("--region", help="AWS region.")
@click.pass_context
def show_status(
    ctx: click.Context,
    project: str,
    since: datetime | None,
    profile: str | None,
    region: str | None,
) -> None:
    """Say what the monitoring schedules found.

    PROJECT leaves only the schedules whose name contains it. The exit code is of each
    schedule's latest run. A schedule that has not run, was stopped, could not evaluate, or
    compares with another model's baselines is not healthy: 1.

    \b
    Example:
        monitor status fraud-prod --since 2026-01-05
    """
    after = since.replace(tzinfo=UTC) if since else None
    aws = connect(profile, region)
    watched = status.of_project(aws, project, after)
    said: list[Caution] = []
    try:
        watched += status.self_hosted_of_project(aws, project, after)
    except AwsError as error:
        if not watched:
            raise
        said.append(Caution("", f"Self-hosted schedules, if any, are not shown: {error}"))
    if not watched:
        raise MonitoringError(
            f"no monitoring schedule of either engine has {project!r} in its name, so nothing is "
            "watched here; check --region, or deploy model-monitor-template.yml"
        )
    said += cautions(aws, [one.schedule for one in watched])
    status.show(watched, Console(highlight=False), said)
    ctx.exit(status.exit_code(watched, said))


COMMANDS = (suggest_group, check_group, show_status, why)
"""Every command of `monitor`; a new one is registered by standing here."""

for _command in COMMANDS:
    main.add_command(_command)
