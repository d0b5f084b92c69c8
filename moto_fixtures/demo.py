"""The demo: from a model to the drift found in its traffic, on this machine alone.

    model → registry → buildspec → stacks → traffic and labels, hour by hour → executions → findings

Needs     nothing but this repository; optionally a CSV file to learn from
Writes    `.demo/` (the model, the build's log and artifacts, the bucket's files); a summary

Nothing here is a short cut past the product: the buildspec runs the script and the `aws` CLI,
SageMaker's schedules start the monitors when the clock reaches them, and the summary is read
back through the API. Only time is made to pass faster.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from monitoring import status
from monitoring.aws.clients import Aws
from monitoring.errors import OK, MonitoringError
from monitoring.kinds import KINDS, Kind
from monitoring.status import Watched
from moto_fixtures import codebuild, environment, server_process
from moto_fixtures.checkout import working_copy
from moto_fixtures.planted import planted_in
from moto_fixtures.seed import Account, Seeded, seed
from moto_fixtures.server_process import ServerProcess
from moto_fixtures.traffic import Disturbance, Request
from pipelines import data, preprocess
from pipelines.models import MODELS, from_csv, model_for
from pipelines.models.base import Model, Table

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("staging", "prod")
DISTURBED_STAGE = "staging"
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday. Fixed, so that two runs print the same."""
SEED = 7
HOUR = timedelta(hours=1)
LAST_RUN = timedelta(minutes=30)
"""SageMaker starts a run within 20 minutes of its hour."""
LONGEST_PROJECT = 24


@dataclass(frozen=True, slots=True)
class Scene:
    """How much happens, and from which hour on it goes wrong."""

    hours: int = 24
    disturbed_from: int = 18
    requests: int = 500
    """In each hour, to each stage."""
    monitors: tuple[Kind, ...] = KINDS
    """Those that are switched on, as far as the model has a baseline for them."""


@dataclass(frozen=True, slots=True)
class Source:
    """What the model learns from: a worked example, or a table of the user's."""

    example: str = "fraud"
    """Where there is no table."""
    path: Path | None = None
    label: str = ""
    positive: str | None = None

    def load(self) -> tuple[Model, Table]:
        """The model's description and its data."""
        if self.path is None:
            return preprocess.made_up(model_for(self.example))
        return from_csv.load(self.path, self.label, self.positive)


@dataclass(frozen=True, slots=True)
class Ending:
    """How the scene ended: what the monitors found, beside what there was to find."""

    watched: list[Watched]
    planted: list[Disturbance]
    alarms: list[Mapping[str, str]]
    """The changes of alarms' states, in their order."""


def play(source: Source, scene: Scene, workspace: Path, console: Console) -> Ending:
    """Play the whole scene on a server of its own, which is gone afterwards.

    Points this process's AWS variables at that server.
    """
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(parents=True)
    model, table = source.load()
    project = project_name(model)
    with ExitStack() as stack:
        with _step(console, "start the offline AWS"):
            server = stack.enter_context(server_process.running(workspace / "server.log"))
        environment.enter(os.environ, server.url)
        aws = Aws(boto3.Session())
        server.travel(MIDNIGHT)
        with _step(console, f"build and register a model of {len(table)} rows"):
            seeded = seed(aws, model, table, workspace, project)
        monitors = tuple(kind for kind in seeded.monitors if kind in scene.monitors)
        seeded = replace(seeded, monitors=monitors)
        with _step(console, f"buildspec.yml: render, package, deploy {' and '.join(STAGES)}"):
            _deploy(seeded, workspace)
        planted = [
            one for one in planted_in(seeded.model, seeded.traffic) if one.found_by in monitors
        ]
        alarms = _send_and_wind(server, aws, seeded, planted, scene, console)
        watched = status.of_project(aws, f"{project}-")
        _keep(aws, seeded.account.bucket, workspace / "s3")
        return Ending(watched, planted, alarms)


def project_name(model: Model) -> str:
    """A project name SageMaker takes, made from the model's.

    >>> from pipelines.models import model_for
    >>> project_name(model_for("loan_default"))
    'loan-default'
    """
    return model.name.replace("_", "-")[:LONGEST_PROJECT].strip("-")


def _deploy(seeded: Seeded, workspace: Path) -> None:
    """Run the buildspec over a copy of this checkout, as CodeBuild would on a commit."""
    account = seeded.account
    source, artifacts = workspace / "source", workspace / "artifacts"
    working_copy(ROOT, source)
    for stage in STAGES:
        config = source / f"{stage}-monitoring-schedule-config.json"
        _switch_on(config, seeded.monitors, f"s3://{account.bucket}/{_labels(account, stage)}")
    variables = {
        "MODEL_MONITOR_ROLE_ARN": account.role_arn,
        "SAGEMAKER_PROJECT_ID": account.project_id,
        "SAGEMAKER_PROJECT_NAME": account.project,
        "MONITOR_OUTPUTS_BUCKET": account.bucket,
        "ARTIFACT_BUCKET": account.bucket,
        "EXPORT_TEMPLATE_NAME": "packaged-model-monitor.yml",
        "EXPORT_TEMPLATE_STAGING_CONFIG": "staging-monitoring-schedule-config-export.json",
        "EXPORT_TEMPLATE_PROD_CONFIG": "prod-monitoring-schedule-config-export.json",
        "DEPLOY_STAGES": " ".join(STAGES),
    }
    log = workspace / "build.log"
    with log.open("w", encoding="utf-8") as output:
        build = codebuild.run(
            source / "buildspec.yml", source, {**os.environ, **variables}, artifacts, output
        )
    if not build.succeeded:
        last = "".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[-15:])
        raise RuntimeError(f"the build failed; its log is {_short(log)} and ends:\n{last}")


def _switch_on(config: Path, monitors: Sequence[Kind], ground_truth: str) -> None:
    """Edit a stage file as a team does once it has labels and wants every monitor."""
    document = json.loads(config.read_text(encoding="utf-8"))
    document["Parameters"] |= {f"Enable{kind.name}Monitor": "yes" for kind in monitors}
    document["Parameters"]["GroundTruthInput"] = ground_truth
    data.write_json(config, document)


def _labels(account: Account, stage: str) -> str:
    """The key prefix below which a stage's labels lie."""
    return f"ground-truth/{account.project}-{stage}"


def _send_and_wind(
    server: ServerProcess,
    aws: Aws,
    seeded: Seeded,
    planted: Sequence[Disturbance],
    scene: Scene,
    console: Console,
) -> list[Mapping[str, str]]:
    """Wind the clock hour by hour; send what arrived in that hour; let the monitors run.

    Answers which alarms changed their state on the way.
    """
    chance = random.Random(SEED)  # noqa: S311 (reproducible traffic, not a secret)
    account = seeded.account
    known = [Request(*pair) for pair in zip(seeded.traffic, seeded.labels, strict=True)]
    alarms: list[Mapping[str, str]] = []
    for hour in track(range(scene.hours), "traffic and monitoring, hour by hour", console=console):
        start = MIDNIGHT + timedelta(hours=hour)
        alarms += server.advance(start + HOUR)["alarms"]
        for stage in STAGES:
            requests = chance.choices(known, k=scene.requests)
            if stage == DISTURBED_STAGE and hour >= scene.disturbed_from:
                for disturbance in planted:
                    requests = [disturbance.change(request, chance) for request in requests]
            names = [f"{stage}-{hour:02}-{number:05}" for number in range(scene.requests)]
            server.send(f"{account.project}-{stage}", _records(requests, names, start))
            aws.s3.put_object(
                Bucket=account.bucket,
                Key=f"{_labels(account, stage)}/{start:%Y/%m/%d/%H}/labels.jsonl",
                Body=_ground_truth(requests, names).encode(),
            )
    return alarms + server.advance(MIDNIGHT + scene.hours * HOUR + LAST_RUN)["alarms"]


def _records(
    requests: Sequence[Request], names: Sequence[str], start: datetime
) -> list[dict[str, str]]:
    """The requests of an hour, evenly spread over it, for the offline AWS to send."""
    bodies = data.lines([request.row for request in requests])
    return [
        {
            "Body": body,
            "ContentType": "text/csv",
            "InferenceId": name,
            "Time": (start + number * HOUR / len(names)).isoformat(),
        }
        for number, (body, name) in enumerate(zip(bodies, names, strict=True))
    ]


def _ground_truth(requests: Sequence[Request], names: Sequence[str]) -> str:
    """What turned out to be true of them, as SageMaker reads it: a line each.

    >>> line = json.loads(_ground_truth([Request(["12.50"], "1")], ["staging-00-00000"]))
    >>> line["groundTruthData"], line["eventMetadata"]
    ({'data': '1', 'encoding': 'CSV'}, {'eventId': 'staging-00-00000'})
    """
    return "".join(
        json.dumps(
            {
                "groundTruthData": {"data": request.label, "encoding": "CSV"},
                "eventMetadata": {"eventId": name},
                "eventVersion": "0",
            }
        )
        + "\n"
        for request, name in zip(requests, names, strict=True)
    )


def _keep(aws: Aws, bucket: str, directory: Path) -> None:
    """Copy a bucket's objects to where they can be read once the offline AWS is gone."""
    top = (directory / bucket).resolve()
    for page in aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            path = (top / found["Key"]).resolve()
            if not path.is_relative_to(top):
                continue  # a key is not a path: `../` in it would lead out of the directory
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(aws.s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())


def _say_planted(console: Console, planted: Sequence[Disturbance], scene: Scene) -> None:
    first = MIDNIGHT + scene.disturbed_from * HOUR
    console.print(
        f"Planted in {DISTURBED_STAGE}'s traffic from {first:%H:%M} on, and who is to find it:"
    )
    for disturbance in planted:
        told = f"{disturbance.subject}: {disturbance.what} ({disturbance.found_by.title})"
        console.print(f"  {escape(told)}", soft_wrap=True)


def _say_alarms(console: Console, changes: Sequence[Mapping[str, str]]) -> None:
    """Which alarms went off, and when each changed its state."""
    rung = {one["AlarmName"] for one in changes if one["NewStateValue"] == "ALARM"}
    console.print(f"Alarms that went off: {len(rung) or 'none'}")
    for name in sorted(rung):
        told = ", ".join(
            f"{one['NewStateValue']} {one['Time'][11:16]}"
            for one in changes
            if one["AlarmName"] == name
        )
        console.print(f"  {escape(name)}: {told}", soft_wrap=True)


@contextmanager
def _step(console: Console, what: str) -> Iterator[None]:
    """Say what is being done while it is done, and how long it took."""
    began = time.monotonic()
    with console.status(escape(what)):
        yield
    console.print(f"{escape(what)}  [dim]{time.monotonic() - began:.1f} s[/]", highlight=False)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def main(arguments: list[str]) -> int:
    """`python -m moto_fixtures demo`: run the scene in this terminal."""
    parser = argparse.ArgumentParser("python -m moto_fixtures demo", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--model",
        choices=[model.name for model in MODELS],
        default=Source().example,
        help="a worked example (%(default)s)",
    )
    parser.add_argument("--data", type=Path, help="a CSV file with a header, instead")
    parser.add_argument("--label", default="", help="its column to predict")
    parser.add_argument("--positive", help="the label's value to give the probability of")
    usual = Scene()
    parser.add_argument("--hours", type=int, default=usual.hours, help="%(default)s")
    parser.add_argument("--disturbed-from", type=int, default=usual.disturbed_from, metavar="HOUR")
    parser.add_argument("--requests", type=int, default=usual.requests, help="an hour and stage")
    parser.add_argument("--workspace", type=Path, default=Path(".demo"), help="%(default)s")
    parser.add_argument(
        "--monitor",
        action="append",
        choices=[kind.slug for kind in KINDS],
        help="only this one, and what is planted for it; may be repeated",
    )
    asked = parser.parse_args(arguments)
    if (asked.data is None) == bool(asked.label):
        parser.error("--data and --label belong together: a table, and its column to predict")
    source = Source(asked.model, asked.data, asked.label, asked.positive)
    chosen = tuple(kind for kind in KINDS if kind.slug in (asked.monitor or [kind.slug]))
    scene = Scene(asked.hours, asked.disturbed_from, asked.requests, chosen)
    console = Console(highlight=False)
    began = time.monotonic()
    try:
        ending = play(source, scene, asked.workspace, console)
    except MonitoringError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    console.print()
    status.show(ending.watched, console)
    _say_alarms(console, ending.alarms)
    _say_planted(console, ending.planted, scene)
    workspace = _short(asked.workspace)
    console.print(
        f"s3://… above is {workspace}/s3/… here; the build's log is {workspace}/build.log"
    )
    console.print(f"{time.monotonic() - began:.0f} s")
    return OK
