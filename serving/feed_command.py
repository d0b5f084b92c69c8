"""The command line of the feed: which streams, which model, and when to stop.

Needs     `kinesis:NAME` or `sqs:URL` for source and sink, folders for what is kept
Writes    one line of counts when it ends; exits 0 on SIGTERM and SIGINT
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from monitoring.aws.clients import Aws, connect
from monitoring.aws.folders import folder
from monitoring.errors import MonitoringError, UsageError
from serving.feed import BATCH, Feed, Sink, Source
from serving.feed_capture import FeedCapture
from serving.feed_delivery import Pause
from serving.feed_kinesis import Checkpoint, KinesisSink, KinesisSource
from serving.feed_sqs import SqsSink, SqsSource
from serving.model import Predictor
from serving.seen_ids import MOST, SeenIds

KINESIS, SQS = "kinesis", "sqs"


def source_of(place: str, aws: Aws, checkpoint: str, from_now: bool, pause: Pause) -> Source:
    """The stream or queue to read; raises UsageError."""
    kind, name = _split(place, "--source")
    if kind == SQS:
        if checkpoint or from_now:
            raise UsageError("--checkpoint and --from-now are of Kinesis; SQS deletes instead")
        return SqsSource(aws.sqs, name, pause)
    if not checkpoint:
        raise UsageError(
            f"--source {place}: a stream is read on from its checkpoint; give --checkpoint a "
            "directory or an s3:// prefix"
        )
    start = datetime.now(UTC) if from_now else None
    opened = Checkpoint.opened(folder(checkpoint, aws), name, start)
    return KinesisSource(aws.kinesis, name, opened, pause)


def sink_of(place: str, aws: Aws, pause: Pause) -> Sink:
    """The stream or queue to write to; raises UsageError."""
    kind, name = _split(place, "--sink")
    if kind == SQS:
        return SqsSink(aws.sqs, name, pause)
    return KinesisSink(aws.kinesis, name, pause)


def _split(place: str, option: str) -> tuple[str, str]:
    kind, _, name = place.partition(":")
    if kind not in (KINESIS, SQS) or not name:
        raise UsageError(f"{option} {place}: is neither kinesis:NAME nor sqs:URL")
    return kind, name


@click.command()
@click.option("--source", required=True, help="kinesis:NAME or sqs:URL to read requests from.")
@click.option("--sink", required=True, help="kinesis:NAME or sqs:URL to write answers to.")
@click.option("--dead-letters", required=True, help="Directory or s3:// prefix for the rest.")
@click.option("--checkpoint", default="", help="Directory or s3:// prefix; of Kinesis.")
@click.option("--from-now", is_flag=True, help="A new checkpoint begins now, not at the start.")
@click.option(
    "--model",
    "model_dir",
    default="/opt/ml/model",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Directory with model.skops and model.json.",
)
@click.option(
    "--capture", default="", help="Directory or s3:// prefix for captures; none if empty."
)
@click.option("--endpoint-name", default="", help="In the captures' paths; default the model's.")
@click.option("--batch", default=BATCH, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--remember", default=MOST, show_default=True, help="Ids whose repeats are known.")
@click.option("--profile", help="AWS profile.")
@click.option("--region", help="AWS region.")
def main(
    source: str,
    sink: str,
    dead_letters: str,
    checkpoint: str,
    from_now: bool,
    model_dir: Path,
    capture: str,
    endpoint_name: str,
    batch: int,
    remember: int,
    profile: str | None,
    region: str | None,
) -> None:
    """Answer the requests of a stream or queue.

    Runs until SIGTERM or SIGINT, finishes its batch and exits 0. Exits 1 when AWS refuses or
    the model cannot be loaded; what was not checkpointed is read again by the next run.

    \b
    Example:
        python -m serving.feed --source kinesis:transactions --sink kinesis:scores \\
            --checkpoint s3://my-bucket/feed/ --dead-letters s3://my-bucket/dead/ \\
            --model build/model
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        aws = connect(profile, region)
        predictor = Predictor.load(model_dir)
        captured = FeedCapture(folder(capture, aws).private(), endpoint_name or predictor.name)
        feed = Feed(
            predictor,
            source_of(source, aws, checkpoint, from_now, stopping.wait),
            sink_of(sink, aws, stopping.wait),
            folder(dead_letters, aws).private(),
            source,
            SeenIds(remember),
            captured if capture else None,
            batch,
        )
        click.echo(f"answering {source}", err=True)
        counts = feed.run(stopping.is_set)
    except MonitoringError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    click.echo(json.dumps(asdict(counts)), err=True)
