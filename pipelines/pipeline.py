"""The SageMaker Pipeline of a model: its definition, the pipeline in SageMaker, its executions.

Needs     a role, a bucket, the image of this repository; the SageMaker SDK for a definition
Writes    `definition` to stdout; `upsert` a pipeline; `start` the data and an execution

    process ─> data checks ─> train | tune ─> create model ─> transform ─> model checks ─┐
                                       └──────> evaluate ────────────────> gate <────────┘
                                                                            └─> register

What a step does stands in its script, which runs alone too; in which order and by which
resources stands in definition/. The options that say where are read from the environment as
well, under the names that AWS's project template gives CodeBuild.
"""

from __future__ import annotations

import functools
import importlib
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from monitoring.aws.clients import Aws, connect
from monitoring.errors import UsageError
from pipelines import analysis_config, execution
from pipelines.definition.settings import CHECKS, Settings, resource_name
from pipelines.models import MODELS, from_csv, model_for
from pipelines.preprocess import ROWS, SEED, made_up
from pipelines.register import commit_of
from pipelines.script import EXISTING_FILE, one_line_errors

SDK_VARIABLES = {"AWS_EC2_METADATA_DISABLED": "true", "SAGEMAKER_SUPPRESS_V2_WARNING": "1"}
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Drafted:
    """A definition, and the files it names."""

    definition: str
    """JSON: pipeline definition schema 2020-12-01."""
    files: Mapping[str, bytes]
    """URI → content: the analysis configurations of ClarifyCheck steps; of our checks none."""


def drafted(settings: Settings, region: str) -> Drafted:
    """Make a definition; nothing is called. The same settings give the same.

    Raises UsageError when the SDK is not installed.
    """
    with _sdk():
        from pipelines.definition.jobs import Workshop
        from pipelines.definition.parameters import Parameters
        from pipelines.definition.session import DraftingSession
        from pipelines.definition.whole import pipeline

        session = DraftingSession(region, settings.bucket)
        made = pipeline(Workshop(settings, Parameters.of(settings.model), session)).definition()
    text = json.dumps(json.loads(made), indent=2) + "\n"
    return Drafted(text, {uri: file for uri, file in session.files.items() if f'"{uri}"' in text})


@contextmanager
def _sdk() -> Iterator[None]:
    """The SageMaker SDK, which neither looks for credentials nor talks.

    It makes sessions of its own, at its import and for each estimator, and those ask an
    instance's metadata service for credentials: elsewhere that takes until it gives up. It
    tells on stdout of defaults that it does not find.
    """
    for name in ("sagemaker", "sagemaker.config", "botocore"):
        logging.getLogger(name).setLevel(logging.ERROR)
    before = {name: os.environ.get(name) for name in SDK_VARIABLES}
    os.environ.update(SDK_VARIABLES)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Running within a PipelineSession", UserWarning)
            importlib.import_module("sagemaker.workflow.pipeline")
            yield
    except ImportError as error:
        raise UsageError(
            f"the SageMaker SDK cannot be imported ({error}), and it makes the definition; "
            'install it with pip install "sagemaker>=2.257.7,<3"'
        ) from error
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


OPTIONS = (
    click.option(
        "--model",
        "name",
        required=True,
        type=click.Choice([model.name for model in MODELS]),
        help="A worked example.",
    ),
    click.option(
        "--role-arn",
        required=True,
        envvar="SAGEMAKER_PIPELINE_ROLE_ARN",
        help="Of the pipeline and its jobs.",
    ),
    click.option(
        "--bucket", required=True, envvar="ARTIFACT_BUCKET", help="For everything it writes."
    ),
    click.option("--prefix", default="pipelines", show_default=True, help="Of the keys."),
    click.option(
        "--image-uri",
        required=True,
        envvar="MODEL_IMAGE_URI",
        help="The image of this repository.",
    ),
    click.option(
        "--group",
        envvar="SAGEMAKER_PROJECT_NAME_ID",
        help="The model package group; the model's name, with dashes, unless given.",
    ),
    click.option(
        "--checks",
        type=click.Choice(CHECKS),
        default="own",
        show_default=True,
        help="By our analyzer, or by AWS's QualityCheck and ClarifyCheck steps.",
    ),
    click.option(
        "--data",
        "path",
        type=EXISTING_FILE,
        help="A CSV file with the model's columns; rows are made up where none is given.",
    ),
    click.option("--tune", is_flag=True, help="Tune; train one model unless given."),
    click.option("--profile", help="AWS profile."),
    click.option("--region", help="AWS region."),
)
"""What a pipeline is made with, on the command line."""


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that a pipeline is made with; the command gets `settings` and `aws`."""

    @functools.wraps(command)
    def run(
        name: str,
        role_arn: str,
        image_uri: str,
        group: str | None,
        profile: str | None,
        region: str | None,
        **others: Any,
    ) -> None:
        own = {key: others.pop(key) for key in ("bucket", "prefix", "checks", "tune")}
        model = model_for(name)
        settings = Settings(
            model,
            role_arn,
            image=image_uri,
            group=group or resource_name(model),
            commit=commit_of(HERE),
            **own,
        )
        command(connect(profile, region), settings, **others)

    for option in reversed(OPTIONS):
        run = option(run)
    return run


@click.group()
def main() -> None:
    """The SageMaker Pipeline of a model.

    Exits 1 when AWS refuses or an execution fails, 2 when called wrongly.

    \b
    Example:
        python -m pipelines.pipeline start --model fraud --wait
    """


@main.command("definition")
@settings_options
@one_line_errors
def print_definition(aws: Aws, settings: Settings, path: Path | None) -> None:
    """Print the definition as JSON. Nothing is called, and nothing written."""
    click.echo(drafted(explaining(settings, path), aws.region).definition, nl=False)


@main.command()
@settings_options
@one_line_errors
def upsert(aws: Aws, settings: Settings, path: Path | None) -> None:
    """Create the pipeline, or give it this definition. Prints its ARN.

    With --checks aws it first writes the configurations of Clarify's steps into the bucket.
    """
    click.echo(_upsert(aws, explaining(settings, path)))


@main.command()
@settings_options
@click.option("--rows", default=ROWS, show_default=True, help="To make up where no file is given.")
@click.option("--parameter", "given", multiple=True, help="Name=Value of a pipeline parameter.")
@click.option("--wait", is_flag=True, help="Until it has ended; then tell how.")
@one_line_errors
def start(
    aws: Aws, settings: Settings, path: Path | None, rows: int, given: tuple[str, ...], wait: bool
) -> None:
    """Start an execution; makes the pipeline first where there is none. Prints its ARN.

    The data are put into S3 unless --parameter InputDataUrl=s3://… says where they are. While
    no package is approved, the checks are skipped and new baselines registered.
    """
    parameters = execution.parsed(given)
    asked = explaining(settings, path)
    there = execution.definition_of(aws, settings.name)
    if there is None:
        _upsert(aws, asked)
    elif there != json.loads(drafted(asked, aws.region).definition):
        click.echo(
            f"{settings.name}: the pipeline is started as it is, and these options and this "
            "checkout would define another; upsert gives it that definition.",
            err=True,
        )
    if "InputDataUrl" not in parameters:
        model, table = (
            from_csv.load_for(settings.model, path) if path else made_up(settings.model, rows, SEED)
        )
        account = settings.role.split(":")[4]
        parameters["InputDataUrl"] = execution.upload_data(
            aws, settings.bucket, f"{settings.prefix}/{settings.name}", account, model, table
        )
    if execution.is_first(aws, settings.group):
        click.echo(
            f"{settings.group}: no package is approved, so no baseline is in force: the checks "
            "are skipped, and the new baselines registered.",
            err=True,
        )
        parameters = {**execution.first_run_switches(settings.model), **parameters}
    arn = execution.start(aws, settings.name, parameters)
    click.echo(arn)
    if wait:
        ended = execution.wait(aws, arn)
        for step in execution.steps(aws, arn):
            click.echo(f"{step['StepStatus']:10} {step['StepName']}", err=True)
        execution.require_success(aws, arn, ended)


def explaining(settings: Settings, path: Path | None) -> Settings:
    """With the row that AWS's check compares with, of a file or of made-up rows."""
    if settings.checks != "aws":
        return settings
    model, table = from_csv.load_for(settings.model, path) if path else made_up(settings.model)
    row = analysis_config.typical(model, table)
    return replace(settings, typical=tuple(None if cell is None else str(cell) for cell in row))


def _upsert(aws: Aws, settings: Settings) -> str:
    made = drafted(settings, aws.region)
    account = settings.role.split(":")[4]
    for uri, content in made.files.items():
        execution.put(aws, uri, account, content)
    description = f"{settings.model.name}: {settings.model.source}"
    return execution.upsert(aws, settings.name, made.definition, settings.role, description)


if __name__ == "__main__":
    main()
