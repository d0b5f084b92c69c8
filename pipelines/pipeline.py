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
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from monitoring.aws.clients import Aws, connect
from monitoring.errors import UsageError
from pipelines import execution
from pipelines.definition.settings import CHECKS, Settings
from pipelines.models import MODELS, from_csv, model_for
from pipelines.preprocess import ROWS, SEED, made_up
from pipelines.register import commit_of
from pipelines.script import EXISTING_FILE, one_line_errors

TELEMETRY_OFF = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}
"""The SDK's own configuration: it would report each use to AWS."""
HERE = Path(__file__).resolve().parent


def definition(aws: Aws, settings: Settings) -> str:
    """The definition as JSON: pipeline definition schema 2020-12-01.

    The same settings give the same text. Raises UsageError when the SDK is not installed.
    """
    if settings.checks == "aws":
        raise UsageError(
            "--checks aws: the definition with AWS's QualityCheck and ClarifyCheck steps is not "
            "made yet; leave --checks out, and our analyzer carries the checks out"
        )
    os.environ.setdefault("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    try:
        from sagemaker.workflow.pipeline_context import PipelineSession
    except ImportError as error:
        raise UsageError(
            f"the SageMaker SDK cannot be imported ({error}), and it makes the definition; "
            'install it with pip install "sagemaker>=2.257.7,<3"'
        ) from error
    from pipelines.definition.jobs import Workshop
    from pipelines.definition.parameters import Parameters
    from pipelines.definition.whole import pipeline

    # It tells of every default, and of each job name that it leaves to SageMaker.
    logging.getLogger("sagemaker").setLevel(logging.ERROR)
    session = PipelineSession(
        aws.session, default_bucket=settings.bucket, sagemaker_config=TELEMETRY_OFF
    )
    made = pipeline(Workshop(settings, Parameters(), session)).definition()
    return json.dumps(json.loads(made), indent=2) + "\n"


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
            group=group or model.name,
            commit=commit_of(HERE),
            **own,
        )
        command(connect(profile, region), settings, **others)

    options = (
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
            help="The model package group; the model's name unless given.",
        ),
        click.option(
            "--checks",
            type=click.Choice(CHECKS),
            default="own",
            show_default=True,
            help="By our analyzer, or by AWS's QualityCheck and ClarifyCheck steps.",
        ),
        click.option("--tune", is_flag=True, help="Tune; train one model unless given."),
        click.option("--profile", help="AWS profile."),
        click.option("--region", help="AWS region."),
    )
    for option in reversed(options):
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
def print_definition(aws: Aws, settings: Settings) -> None:
    """Print the definition as JSON. The SDK looks whether the bucket is there."""
    click.echo(definition(aws, settings), nl=False)


@main.command()
@settings_options
@one_line_errors
def upsert(aws: Aws, settings: Settings) -> None:
    """Create the pipeline, or give it this definition. Prints its ARN."""
    click.echo(_upsert(aws, settings))


@main.command()
@settings_options
@click.option("--data", "path", type=EXISTING_FILE, help="A CSV file with the model's columns.")
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
    if not execution.exists(aws, settings.name):
        _upsert(aws, settings)
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
        parameters = {**execution.first_run_switches(), **parameters}
    arn = execution.start(aws, settings.name, parameters)
    click.echo(arn)
    if wait:
        ended = execution.wait(aws, arn)
        for step in execution.steps(aws, arn):
            click.echo(f"{step['StepStatus']:10} {step['StepName']}", err=True)
        execution.require_success(aws, arn, ended)


def _upsert(aws: Aws, settings: Settings) -> str:
    description = f"{settings.model.name}: {settings.model.source}"
    return execution.upsert(
        aws, settings.name, definition(aws, settings), settings.role, description
    )


if __name__ == "__main__":
    main()
