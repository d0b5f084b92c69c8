"""`python -m pipelines.labels`: import labels, see what is labelled, evaluate hours again.

Needs     files of labels; captures and ground truth, each a directory or an s3:// prefix
Writes    ground truth (import); the monitor's documents per hour (reevaluate)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from monitoring.aws.clients import Aws, connect
from monitoring.aws.folders import Folder, S3Folder, everything, folder
from monitoring.capture.ground_truth import GroundTruth
from monitoring.capture.tally import FAULTY_SHARE, Tally
from monitoring.documents import ANALYSIS_CONFIG, CONSTRAINTS, STATISTICS, Documents
from monitoring.errors import FAILED, VIOLATIONS_FOUND, UsageError
from monitoring.evaluation import read_baseline
from monitoring.instructions import Given, Instructions, instructions
from monitoring.kinds import BIAS, MODEL_QUALITY, Kind
from monitoring.monitors.quality_documents import read_constraints
from pipelines.labels.importing import Importer, ground_truth_of
from pipelines.labels.ledger import Ledger, ledger, table
from pipelines.labels.reading import SUFFIXES, Columns, read_labels
from pipelines.labels.reevaluating import LABELS_FILE, Evaluated, Evaluation, hand_over
from pipelines.script import one_line_errors

SHOWN_IDS = 10
KINDS = {kind.slug: kind for kind in (MODEL_QUALITY, BIAS)}
"""The monitors that read labels."""

CAPTURE = click.option("--capture", required=True, help="Captures: a directory or s3:// prefix.")
GROUND_TRUTH = click.option(
    "--ground-truth", required=True, help="Ground truth: a directory or s3:// prefix."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
PROFILE = click.option("--profile", help="AWS profile.")
REGION = click.option("--region", help="AWS region.")


@click.group()
def main() -> None:
    """Labels: what turned out to be true of an endpoint's answers."""


@main.command("import")
@click.option("--from", "source", required=True, help="CSV, JSON Lines, a directory, or s3://….")
@click.option("--to", "target", required=True, help="Ground truth: a directory or s3:// prefix.")
@click.option("--id-column", default="", help="Default: the first of inference_id, event_id, ….")
@click.option("--label-column", default="", help="Default: label.")
@click.option("--time-column", default="", help="When the label became known; default: now.")
@click.option("--capture", help="Captures, to find labels of no record and the hours they touch.")
@click.option("--replace", is_flag=True, help="A label that contradicts a known one corrects it.")
@click.option(
    "--faulty-share",
    default=FAULTY_SHARE,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="More lines than this are faulty: nothing is imported.",
)
@JSON
@PROFILE
@REGION
@one_line_errors
def import_labels(
    source: str,
    target: str,
    id_column: str,
    label_column: str,
    time_column: str,
    capture: str | None,
    replace: bool,
    faulty_share: float,
    as_json: bool,
    profile: str | None,
    region: str | None,
) -> None:
    """Bring labels into SageMaker's ground-truth layout.

    Importing the same labels again writes nothing. Exits 3 when labels contradict those
    known (they stay as they were, without --replace), 1 when too many lines are faulty.

    \b
    Example:
        python -m pipelines.labels import --from chargebacks.csv --label-column fraud \\
            --to s3://my-bucket/ground-truth/fraud-prod
    """
    aws, tally = connect(profile, region), Tally()
    columns = Columns(id_column, label_column, time_column)
    goal = folder(target, aws)
    with goal.brought(everything) as stored, _readable(source, aws) as given:
        importer = Importer(GroundTruth.read(stored), replace)
        importer.add(read_labels(given, columns, tally))
    tally.judge(faulty_share)
    importer.done.faulty = tally.counts.faulty
    done = importer.write(goal, datetime.now(UTC))
    report: dict[str, Any] = done.as_dict()
    if capture:
        with _readable(capture, aws) as captures:
            found = ledger(captures, ground_truth_of(importer.taken.values()))
        report["orphans"] = found.orphans
        report["hours"] = [f"{h.start:%Y-%m-%dT%H:%M:%SZ}" for h in found.hours if h.labelled]
    report["problems"] = [str(problem) for problem in tally.problems]
    click.echo(json.dumps(report, indent=2) if as_json else _in_words(report, target))
    sys.exit(VIOLATIONS_FOUND if done.conflicts else 0)


def _readable(place: str, aws: Aws) -> AbstractContextManager[Path]:
    """A file or directory on this machine; of S3 a copy that is gone after the block."""
    if not place.startswith("s3://"):
        if not Path(place).exists():
            raise UsageError(f"{place}: does not exist; check the path")
        return nullcontext(Path(place))
    parent, _, name = place.rpartition("/")
    if Path(name).suffix in SUFFIXES:
        return folder(f"{parent}/", aws).brought(lambda found: found == name)
    return folder(place, aws).brought(everything)


def _in_words(report: dict[str, Any], target: str) -> str:
    lines = [
        f"{target}: {report['new']:,} new labels of {report['read']:,} read; "
        f"{report['known']:,} were known, {report['replaced']:,} corrected, "
        f"{report['faulty']:,} faulty"
    ]
    if conflicts := report["conflicts"]:
        named = ", ".join(conflicts[:SHOWN_IDS])
        more = f" and {len(conflicts) - SHOWN_IDS:,} more" if len(conflicts) > SHOWN_IDS else ""
        lines.append(
            f"{len(conflicts):,} contradict a label that is known, which stays; --replace "
            f"corrects it: {named}{more}"
        )
    if "orphans" in report:
        lines.append(f"{report['orphans']:,} name no captured record")
        lines += [f"evaluate again: {hour}" for hour in report["hours"]]
    return "\n".join([*lines, *(f"skipped: {problem}" for problem in report["problems"])])


@main.command("ledger")
@CAPTURE
@GROUND_TRUTH
@JSON
@PROFILE
@REGION
@one_line_errors
def show_ledger(
    capture: str, ground_truth: str, as_json: bool, profile: str | None, region: str | None
) -> None:
    """Say per hour how many captured records have a label.

    \b
    Example:
        python -m pipelines.labels ledger --capture s3://my-bucket/capture/fraud-prod \\
            --ground-truth s3://my-bucket/ground-truth/fraud-prod
    """
    found = _with_both(capture, ground_truth, connect(profile, region), _ledger_of)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
        return
    console = Console()
    console.print(table(found.hours))
    console.print(f"{found.orphans:,} labels of no captured record", highlight=False)
    if found.undated:
        console.print(f"{found.undated:,} records without a time", highlight=False)


def _with_both(capture: str, ground_truth: str, aws: Aws, use: Callable[[Path, Path], Any]) -> Any:
    with _readable(capture, aws) as captures, _readable(ground_truth, aws) as labels:
        return use(captures, labels)


def _ledger_of(captures: Path, labels: Path) -> Ledger:
    return ledger(captures, GroundTruth.read(labels))


@main.command("reevaluate")
@click.argument("monitor", type=click.Choice([*KINDS]))
@CAPTURE
@GROUND_TRUTH
@click.option("--baseline", required=True, help="The monitor's: a directory or s3:// prefix.")
@click.option("--output", required=True, help="A directory or s3:// prefix: yyyy/mm/dd/hh below.")
@click.option("--inference-attribute", default="0", show_default=True, help="The decision.")
@click.option("--probability-attribute", default="1", show_default=True, help="The score.")
@click.option("--features-attribute", default="", help="The inputs, in JSON.")
@click.option(
    "--minimum-coverage",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="An hour with a smaller share of labelled records waits.",
)
@click.option("--dry-run", is_flag=True, help="Only name the hours.")
@PROFILE
@REGION
@one_line_errors
def reevaluate(
    monitor: str,
    capture: str,
    ground_truth: str,
    baseline: str,
    output: str,
    inference_attribute: str,
    probability_attribute: str,
    features_attribute: str,
    minimum_coverage: float,
    dry_run: bool,
    profile: str | None,
    region: str | None,
) -> None:
    """Evaluate every hour whose labels are new or corrected since it was evaluated.

    Exits 1 when an hour could not be evaluated, 3 when violations were found, else 0.

    \b
    Example:
        python -m pipelines.labels reevaluate model-quality --capture capture/ \\
            --ground-truth labels/ --baseline build/baseline/model-quality \\
            --output runs/model-quality
    """
    kind, aws = KINDS[monitor], connect(profile, region)
    given = Given(
        inference_attribute=inference_attribute,
        probability_attribute=probability_attribute,
        features_attribute=features_attribute,
    )
    with ExitStack() as stack:
        captures, labels, documents = (
            stack.enter_context(_readable(place, aws))
            for place in (capture, ground_truth, baseline)
        )
        target = folder(output, aws)
        made = stack.enter_context(target.brought(lambda name: name.endswith(LABELS_FILE)))
        files = _baseline_in(documents)
        told = _told(kind, given, documents, files)
        evaluation = Evaluation(kind, files, told, captures, labels, made)
        due = evaluation.due(_ledger_of(captures, labels).hours, minimum_coverage)
        if dry_run or not due:
            named = (f"due: {hour.start:%Y-%m-%dT%H:%M:%SZ}" for hour in due)
            click.echo("\n".join(named) or "none due")
            return
        done = evaluation.run(due, partial(_deliver, evaluation, target))
    if any(found.error for found in done):
        sys.exit(FAILED)
    sys.exit(VIOLATIONS_FOUND if any(found.violations for found in done) else 0)


def _baseline_in(directory: Path) -> Documents:
    """A baseline's documents; statistics are not in every one."""
    there = {name: directory / name for name in (CONSTRAINTS, STATISTICS)}
    return read_baseline(
        {name: path for name, path in there.items() if name == CONSTRAINTS or path.is_file()}
    )


def _told(kind: Kind, given: Given, directory: Path, files: Documents) -> Instructions:
    """What the monitor is told; the rest of it stands with the baseline."""
    config = directory / ANALYSIS_CONFIG
    if kind == MODEL_QUALITY:
        given = replace(given, problem_type=next(iter(read_constraints(files[CONSTRAINTS]))))
    if config.is_file():
        given = replace(given, analysis_config=config)
    return instructions(kind, given, is_table=False)


def _deliver(evaluation: Evaluation, target: Folder, found: Evaluated) -> None:
    """Bring an hour's documents to S3, where they are wanted there; say what became of it."""
    if isinstance(target, S3Folder) and found.error is None:
        hand_over(evaluation.directory(found.hour), target, found.hour.name)
    _say(found)


def _say(found: Evaluated) -> None:
    hour = f"{found.hour.start:%Y-%m-%dT%H:%M:%SZ}"
    said = found.error or f"{found.hour.labelled:,} labels, {found.violations} violations"
    click.echo(f"{hour}: {said}", err=found.error is not None)


if __name__ == "__main__":
    main()
