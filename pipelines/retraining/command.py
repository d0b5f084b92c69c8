"""`python -m pipelines.retrain`: what to read, what to write, and whether only to explain.

Needs     the options below
Writes    the rules as a table; without --dry-run what `pipelines/retrain.py` writes
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monitoring.aws.clients import Aws, connect
from monitoring.aws.folders import everything, folder
from monitoring.errors import UsageError
from pipelines.retrain import Considered, Registry, Retraining, explained, summary
from pipelines.retraining.audit import Audit
from pipelines.retraining.evidence import (
    VIOLATIONS_FILE,
    Evidence,
    from_executions,
    from_files,
)
from pipelines.retraining.policy import Policy
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, EXISTING_FILE, one_line_errors


@click.command()
@click.option("--policy", type=EXISTING_FILE, help="JSON; the defaults where it is not given.")
@click.option("--data", "history", required=True, type=EXISTING_DIRECTORY, help="From preprocess.")
@click.option("--champion", required=True, type=EXISTING_DIRECTORY, help="From train.")
@click.option("--capture", required=True, help="Captures: a directory or s3:// prefix.")
@click.option("--ground-truth", required=True, help="Ground truth: a directory or s3:// prefix.")
@click.option("--evidence", help="{monitor}/…/yyyy/mm/dd/hh/…: a directory or s3:// prefix.")
@click.option("--endpoint", help="The endpoint whose monitoring executions are the evidence.")
@click.option("--trained-at", type=click.DateTime(), help="When the champion was trained (UTC).")
@click.option("--snapshots", required=True, help="Directory or s3:// prefix for snapshots.")
@click.option("--audit", required=True, help="Directory or s3:// prefix for audit records.")
@click.option("--output", required=True, type=DIRECTORY, help="Directory for the challenger.")
@click.option("--bucket", help="Where a package's files go.")
@click.option("--group", help="The model package group.")
@click.option("--image-uri", help="The container image that serves the model.")
@click.option("--dry-run", is_flag=True, help="Explain the decision; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--profile", help="AWS profile.")
@click.option("--region", help="AWS region.")
@one_line_errors
def main(**options: Any) -> None:
    """Decide by the policy whether to retrain; if so, train a challenger and compare.

    Exits 0 whatever is decided, 1 when it could not be, 2 when an option or file is wrong.

    \b
    Example:
        python -m pipelines.retrain --data build/data --champion build/model \\
            --capture capture/ --ground-truth labels/ --evidence runs/ \\
            --snapshots snapshots/ --audit audit/ --output build/challenger --dry-run
    """
    aws = connect(options["profile"], options["region"])
    if not options["dry_run"] and not all(
        options[name] for name in ("bucket", "group", "image_uri")
    ):
        raise UsageError("give --bucket, --group and --image-uri to register, or --dry-run")
    if bool(options["evidence"]) == bool(options["endpoint"]):
        raise UsageError("give either --evidence PLACE or --endpoint NAME, to say how it has done")
    trained = options["trained_at"]
    now = datetime.now(UTC)
    with ExitStack() as stack:
        captures, labels = (
            stack.enter_context(folder(options[name], aws).brought(everything))
            for name in ("capture", "ground_truth")
        )
        retraining = Retraining(
            policy=Policy.read(options["policy"]) if options["policy"] else Policy(),
            history=options["history"],
            champion=options["champion"],
            captures=captures,
            ground_truth=labels,
            evidence=_evidence(aws, options["evidence"], options["endpoint"]),
            snapshots=folder(options["snapshots"], aws),
            audit=Audit(folder(options["audit"], aws)),
            output=options["output"],
            last_training=trained.replace(tzinfo=UTC) if trained else None,
        )
        if options["dry_run"]:
            _explain(retraining.consider(now), options["as_json"])
            return
        registry = Registry(aws, options["bucket"], options["group"], options["image_uri"])
        record = retraining.run(now, registry)
    _report(record, options["as_json"], options["audit"])


def _evidence(aws: Aws, place: str | None, endpoint: str) -> Evidence:
    """Out of documents, wherever they are; else of the endpoint's monitoring executions."""
    if place is None:
        return from_executions(aws, endpoint)
    with folder(place, aws).brought(lambda name: name.endswith(VIOLATIONS_FILE)) as directory:
        return from_files(directory)


def _explain(found: Considered, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.decision.to_json(), indent=2))
        return
    table = Table("rule", "value", "limit", "verdict", box=SIMPLE_HEAD)
    for row in explained(found.decision):
        table.add_row(*map(escape, row))
    console = Console(highlight=False)
    console.print(table)
    verdict = "would retrain" if found.decision.retrain else "would not retrain"
    console.print(f"{verdict}: {found.decision.why}", soft_wrap=True)
    console.print(f"{found.production.waiting:,} captured records wait for their label")


def _report(record: Any, as_json: bool, audit: str) -> None:
    if as_json:
        click.echo(json.dumps(summary(record), indent=2))
        return
    click.echo(f"{record['outcome']}: {record['decision']['why']}")
    for failure in record.get("challenge", {}).get("failures", ()):
        click.echo(f"  {failure}")
    if "package" in record:
        click.echo(f"{record['package']}: {record['approval']}")
    click.echo(f"audit record {record['number']} in {audit}", err=True)
