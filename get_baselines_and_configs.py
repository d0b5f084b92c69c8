"""Render what CloudFormation is given: for each stage, its endpoint's and its monitors' parameters.

    stage files → model package → baselines → derived files → exports

Needs     `{stage}-monitoring-schedule-config.json`, and `{stage}-endpoint-config.json` where this
          repository deploys the endpoint; standard library and boto3, nothing else
Writes    `*-export.json`, `*-export.args` (the same for `xargs`), derived baselines in S3

The one thing a reader gets wrong: everything is looked up and checked first. Nothing is uploaded
and no export is touched until both stages are complete.
Exits 0, 1 on an error, 2 on a wrong command line or stage file.
"""

from __future__ import annotations

import logging
import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import cache

import boto3

from monitoring import config, exports
from monitoring.arguments import parse
from monitoring.aws import registry, rendering, storage
from monitoring.aws.clients import Aws, connect
from monitoring.aws.registry import ModelPackage, Served
from monitoring.aws.rendering import Rendered
from monitoring.aws.stages import Project, Stage
from monitoring.config import Source
from monitoring.errors import OK, ConfigError, MonitoringError
from monitoring.exports import Results
from utils import combine_resource_tags, get_project_tags

log = logging.getLogger("get_baselines_and_configs")


def main(
    argv: Sequence[str] | None = None,
    session: boto3.Session | None = None,
    environment: Mapping[str, str] = os.environ,
) -> int:
    """Run the five steps. `session` is for callers that have one already."""
    try:
        args = parse(argv, environment)
        start_logging(args.log_level)
        written = read_stage_files(args)
        aws = Aws(session) if session else connect(args.profile, args.region)
        project = describe_project(args, aws)
        chosen = choose_models(args, written, project, aws)
        rendered = render(args, chosen, project, aws)
        results = publish(args, rendered, project, aws)
    except MonitoringError as error:
        for problem in str(error).splitlines():
            print(f"error: {problem}", file=sys.stderr)
        return error.exit_code
    print((exports.as_json if args.output == "json" else exports.as_text)(results, args.dry_run))
    return OK


def start_logging(level: str) -> None:
    """Our own messages on stderr; stdout is for the result. Libraries stay quiet."""
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    for ours in (log, logging.getLogger("monitoring")):
        ours.setLevel(level)


def read_stage_files(args: Namespace) -> list[Stage]:
    """1. Read and check what the user wrote, all of it, before anything is asked of AWS."""
    sources = [Source.monitors(files.monitors, files.stage) for files in args.stages]
    sources += [Source.endpoint(f.endpoint, f.stage) for f in args.stages if f.endpoint]
    read = iter(config.read(sources))
    monitors = [next(read) for _ in args.stages]
    endpoints = [next(read) if files.endpoint else None for files in args.stages]
    stages = [Stage(*pair) for pair in zip(monitors, endpoints, strict=True)]
    if problems := [
        f"{files.stage}: {problem}"
        for files, stage in zip(args.stages, stages, strict=True)
        for problem in stage.disagreements(
            args.sagemaker_project_name, args.model_execution_role, args.default_ground_truth
        )
    ]:
        raise ConfigError("\n".join(problems))
    return stages


def describe_project(args: Namespace, aws: Aws) -> Project:
    """2. What all stages share. The bucket they write to must be there, and be ours."""
    project = Project(
        name=args.sagemaker_project_name,
        id=args.sagemaker_project_id,
        region=aws.region,
        monitor_role=args.model_monitor_role,
        outputs_bucket=args.monitor_outputs_bucket,
        execution_role=args.model_execution_role or "",
        default_ground_truth=args.default_ground_truth,
    )
    storage.check_bucket(aws.s3, project.outputs_bucket, project.region, project.account)
    return project


def choose_models(
    args: Namespace, stages: Sequence[Stage], project: Project, aws: Aws
) -> list[tuple[Stage, Served]]:
    """3. The package each stage will deploy, or the one behind its own running endpoint."""

    @cache
    def newest() -> ModelPackage:
        return registry.newest_approved(aws.sagemaker, args.model_package_group_name)

    chosen = []
    for stage in stages:
        if stage.endpoint is None:
            name = stage.endpoint_name(project.name)
            chosen.append((stage, registry.served_by(aws.sagemaker, name, stage.name)))
        else:
            pinned = stage.endpoint.get("ModelPackageName") or args.model_package_arn
            package = registry.approved_package(aws.sagemaker, pinned) if pinned else newest()
            chosen.append(stage.deploying(package, project))
    return chosen


def render(
    args: Namespace, chosen: Sequence[tuple[Stage, Served]], project: Project, aws: Aws
) -> list[Rendered]:
    """4. Tag both stacks, fill every gap; refuse, all at once, what any stage lacks."""
    own = get_project_tags(project.name, args.sagemaker_project_arn, aws.sagemaker)
    tagged = [
        (stage.tagged(combine_resource_tags(stage.name, project.id, project.name, own)), served)
        for stage, served in chosen
    ]
    return rendering.render(tagged, project, aws.s3)


def publish(args: Namespace, rendered: Sequence[Rendered], project: Project, aws: Aws) -> Results:
    """5. Upload what was derived, then write every export, now that nothing can be missing."""
    results = {
        files.stage: (stage, exports.exports(files, stage))
        for files, stage in zip(args.stages, rendered, strict=True)
    }
    texts = exports.texts(export for _, done in results.values() for export in done)
    for name, (stage, _) in results.items():
        for line in stage.notes:
            log.info("%s: %s", name, line)
        for line in stage.warnings:
            print(f"warning: {name}: {line}", file=sys.stderr)
    if args.dry_run:
        return results
    for stage in rendered:
        for file in stage.derived:
            key = stage.monitors.get("KMSKeyArn")
            storage.put_once(aws.s3, file, owner=project.account, kms_key=key)
    config.write(texts)
    return results


if __name__ == "__main__":
    sys.exit(main())
