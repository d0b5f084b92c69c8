"""Stages: what the user wrote for one, and all of it that names and arguments can fill.

Needs     the two configurations of a stage, the command line, and the package it serves
Writes    nothing

The one thing a reader gets wrong: the endpoint is rendered before its monitors. The model's name
is made of the endpoint's parameters, and the explainability monitor asks that model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from monitoring.aws import images
from monitoring.aws.registry import APPROVED, ModelPackage, Served
from monitoring.config import StageConfig, check_labels, model_name
from monitoring.kinds import KINDS
from monitoring.names import endpoint_name, schedule_name
from monitoring.parameters import ENDPOINT_PARAMETERS, MONITOR_PARAMETERS

HOURLY = "cron(0 * ? * * *)"
HALF_AN_HOUR = 1800


@dataclass(frozen=True, slots=True)
class Project:
    """What the command line says of the project; the same for every stage."""

    name: str
    id: str
    region: str
    monitor_role: str
    outputs_bucket: str
    execution_role: str = ""
    default_ground_truth: bool = False

    @property
    def account(self) -> str:
        """The account that monitors run in: that of their role."""
        return self.monitor_role.split(":")[4]

    def prefix(self, stage: str) -> str:
        return f"s3://{self.outputs_bucket}/{self.name}/{stage}"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage's configurations; `endpoint` is None where something else deploys it."""

    monitors: StageConfig
    endpoint: StageConfig | None = None

    @property
    def name(self) -> str:
        return self.monitors.stage

    def endpoint_name(self, project: str) -> str:
        """The endpoint that is watched, which the user may have named in either file."""
        ours = self.endpoint.get("EndpointName") if self.endpoint else ""
        return ours or self.monitors.get("EndpointName") or endpoint_name(project, self.name)

    def disagreements(
        self, project: str, execution_role: str | None, default_ground_truth: bool = False
    ) -> Iterator[str]:
        """What no file shows alone, but only with the other or with the command line."""
        if default_ground_truth:
            yield from check_labels(self.monitors.filled_from({"GroundTruthInput": "the default"}))
        if self.endpoint is None:
            return
        if not (execution_role or self.endpoint.get("ModelExecutionRoleArn")):
            yield (
                "'ModelExecutionRoleArn' is missing, and the endpoint's model needs a role. Pass "
                "--model-execution-role, or write it into the endpoint's configuration"
            )
        watched, deployed = self.monitors.get("EndpointName"), self.endpoint_name(project)
        if watched and watched != deployed:
            yield (
                f"the monitors watch {watched!r}, but {deployed!r} is deployed with them: they "
                "would never see its traffic. Write one EndpointName, or none, in both files"
            )

    def deploying(self, package: ModelPackage, project: Project) -> tuple[Stage, Served]:
        """The stage with its endpoint's parameters complete, and what will answer there."""
        assert self.endpoint is not None
        endpoint = endpoint_config(
            self.endpoint, project, package.arn, self.endpoint_name(project.name)
        )
        served = Served(endpoint.get("EndpointName"), endpoint.get("ModelName"), package)
        return replace(self, endpoint=endpoint), served

    def tagged(self, tags: Mapping[str, str]) -> Stage:
        """The stage with these tags on both stacks; the user's own win."""
        endpoint = self.endpoint.tagged(tags) if self.endpoint else None
        return Stage(self.monitors.tagged(tags), endpoint)


def endpoint_config(
    config: StageConfig, project: Project, package_arn: str, endpoint: str
) -> StageConfig:
    """The endpoint stack's parameters. The model's name comes last: it hashes the others."""
    filled = config.filled_from(
        {
            "SageMakerProjectName": project.name,
            "SageMakerProjectId": project.id,
            "EndpointName": endpoint,
            "ModelPackageName": package_arn,
            "ModelExecutionRoleArn": project.execution_role,
            "DataCaptureUploadPath": (
                f"s3://{project.outputs_bucket}/datacapture/{project.name}/{config.stage}"
            ),
        }
    )
    return filled.filled_from(
        {"ModelName": model_name(project.name, config.stage, filled.parameters)}
    )


def monitor_config(config: StageConfig, project: Project, endpoint: str) -> StageConfig:
    """The monitor stack's parameters, but for what comes from the model package."""
    stage = config.stage
    defaults = {
        "SageMakerProjectName": project.name,
        "ModelMonitorRoleArn": project.monitor_role,
        "EndpointName": endpoint,
        "MonitoringScheduleName": schedule_name(project.name, stage),
        "GroundTruthInput": "",
    }
    if project.default_ground_truth:
        defaults["GroundTruthInput"] = f"s3://{project.outputs_bucket}/ground-truth/{endpoint}"
    for kind in KINDS:
        defaults[f"{kind.name}MonitoringOutputS3Uri"] = (
            f"{project.prefix(stage)}/monitoring/{kind.slug}"
        )
    filled = config.filled_from(defaults)
    return filled.filled_from(
        {
            parameter: _image(filled, image, project.region)
            for image, parameter in images.PARAMETERS.items()
        }
    )


def _image(config: StageConfig, image: str, region: str) -> str:
    """An image's URI; empty when nothing that is on runs in it, and the region has none.

    The self-hosted engine runs neither of AWS's, so it names none and needs no region that has one.
    """
    parameter = images.PARAMETERS[image]
    if config.is_self_hosted:
        return config.get(parameter)
    used = any(kind.image == image and config.why_off(kind) is None for kind in KINDS)
    if config.get(parameter) or not (used or images.account(image, region)):
        return config.get(parameter)
    return images.uri(image, region)


def warnings(
    monitors: StageConfig, endpoint: StageConfig | None, package: ModelPackage
) -> Iterator[str]:
    """What will deploy, but perhaps not as it was meant."""
    unknown = [name for name in monitors.parameters if name not in MONITOR_PARAMETERS]
    if endpoint is not None:
        unknown += [name for name in endpoint.parameters if name not in ENDPOINT_PARAMETERS]
    if unknown:
        yield (
            f"{', '.join(unknown)}: no parameter of the template as it came; "
            "`aws cloudformation deploy` leaves out what a template does not name"
        )
    if package.status != APPROVED:
        yield f"{package.arn} is {package.status}, but the endpoint serves it"
    waiting = [
        kind
        for kind in KINDS
        if kind.needs_labels
        and monitors.get(f"Enable{kind.name}Monitor") != "no"
        and not monitors.get("GroundTruthInput")
    ]
    if waiting:
        yield (
            f"{' and '.join(kind.title for kind in waiting)} will not be monitored: "
            "GroundTruthInput is empty. Put the S3 prefix of the labels there, or pass "
            "--default-ground-truth"
        )
    on = [kind for kind in KINDS if monitors.why_off(kind) is None]
    if on and endpoint is not None and endpoint.get("EnableDataCapture") == "no":
        yield "EnableDataCapture is no: every monitor that is on will fail for want of data"
    for kind in on:
        expression = monitors.get(f"{kind.name}ScheduleExpression") or HOURLY
        seconds = int(monitors.get(f"{kind.name}MaxRuntimeInSeconds") or 0)
        longest = HALF_AN_HOUR if kind.needs_labels else 2 * HALF_AN_HOUR
        if expression == HOURLY and seconds > longest:
            yield (
                f"{kind.name}MaxRuntimeInSeconds is {seconds}, too long for an hourly schedule: "
                f"a slow run overlaps the next one. Keep it at {longest} or less"
            )
