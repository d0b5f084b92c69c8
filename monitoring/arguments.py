"""The command line of `get_baselines_and_configs.py`: AWS's flags, same meaning, and ours besides.

Needs     the arguments, the environment (LOGLEVEL), and which stage files exist
Writes    nothing

The one thing a reader gets wrong: a flag that is not known is refused, not ignored, and a flag is
never completed from its beginning. A typo must not render prod with a default.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from monitoring import parameters
from monitoring.errors import UsageError
from monitoring.names import STAGES

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
REGISTRY, ENDPOINT = "registry", "endpoint"
FILES = {"config": "monitoring-schedule-config", "endpoint-config": "endpoint-config"}
"""End of the flags that name a file, and of the file's usual name."""


@dataclass(frozen=True, slots=True)
class StageFiles:
    """Which files one stage is read from and written to."""

    stage: str
    monitors: Path
    monitors_export: Path
    endpoint: Path | None
    """None where the baselines come from an endpoint that something else deploys."""
    endpoint_export: Path

    @property
    def baselines_from(self) -> str:
        return ENDPOINT if self.endpoint is None else REGISTRY


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of leaving the program."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. See {self.prog} --help")

    def knows(self, word: str) -> bool:
        return word.partition("=")[0] in self._option_string_actions

    def nearest(self, word: str) -> str:
        """What an unknown flag was probably meant to be."""
        flag = word.partition("=")[0]
        near = difflib.get_close_matches(flag, self._option_string_actions, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"see {self.prog} --help"
        return f"unknown flag {flag}: {hint}"


def parser() -> Parser:
    """Every flag, with its help."""
    made = Parser(
        prog="get_baselines_and_configs.py",
        description="Render the endpoint's and the monitors' stack parameters of each stage.",
        allow_abbrev=False,
    )
    add = made.add_argument
    add(
        "--model-monitor-role", required=True, metavar="ARN", help="role the monitoring jobs run as"
    )
    add("--sagemaker-project-id", required=True, metavar="ID")
    add("--sagemaker-project-name", required=True, metavar="NAME")
    add("--monitor-outputs-bucket", required=True, metavar="BUCKET", help="reports, baselines")
    add("--sagemaker-project-arn", metavar="ARN", help="saves looking it up by its name")
    add("--model-package-arn", metavar="ARN", help="deploy this package, not the newest Approved")
    add("--model-package-group-name", metavar="NAME", help="default {project-name}-{project-id}")
    add("--model-execution-role", metavar="ARN", help="role the endpoint's model runs as")
    add(
        "--baselines-from",
        choices=(REGISTRY, ENDPOINT),
        help="default registry where {stage}-endpoint-config.json exists, else endpoint",
    )
    add(
        "--default-ground-truth",
        action="store_true",
        help="fill an empty GroundTruthInput with s3://{bucket}/ground-truth/{endpoint}",
    )
    for stage in STAGES:
        for flag, file in FILES.items():
            name = f"{stage}-{file}"
            add(f"--import-{stage}-{flag}", type=Path, metavar="FILE", help=f"default {name}.json")
            add(
                f"--export-{stage}-{flag}",
                type=Path,
                metavar="FILE",
                default=Path(f"{name}-export.json"),
                help="default %(default)s",
            )
    add("--profile", help="of the AWS configuration")
    add("--region", help="default that of the profile or the environment")
    add("--dry-run", action="store_true", help="print what would change; write and upload nothing")
    add("--output", choices=("text", "json"), default="text", help="default %(default)s")
    add("--log-level", type=str.upper, metavar="LEVEL", help="default LOGLEVEL, else INFO")
    return made


def parse(argv: Sequence[str] | None, environment: Mapping[str, str]) -> argparse.Namespace:
    """The arguments, checked: all that is wrong with them is said at once.

    Raises UsageError.
    """
    made = parser()
    words = list(sys.argv[1:] if argv is None else argv)
    if unknown := [word for word in words if word.startswith("--") and not made.knows(word)]:
        raise UsageError("\n".join(map(made.nearest, unknown)))
    args = made.parse_args(words)
    args.log_level = args.log_level or environment.get("LOGLEVEL", "INFO").upper()
    args.stages = [stage_files(stage, args) for stage in STAGES]
    if problems := list(_problems(args)):
        raise UsageError("\n".join(problems))
    args.model_package_group_name = args.model_package_group_name or (
        f"{args.sagemaker_project_name}-{args.sagemaker_project_id}"
    )
    return args


def stage_files(stage: str, args: argparse.Namespace) -> StageFiles:
    """One stage's files: those named, else the usual ones."""
    named = vars(args)
    monitors = named[f"import_{stage}_config"] or Path(f"{stage}-monitoring-schedule-config.json")
    given = named[f"import_{stage}_endpoint_config"]
    endpoint = given or Path(f"{stage}-endpoint-config.json")
    wanted = args.baselines_from or (REGISTRY if given or endpoint.exists() else ENDPOINT)
    return StageFiles(
        stage,
        monitors,
        named[f"export_{stage}_config"],
        endpoint if wanted == REGISTRY else None,
        named[f"export_{stage}_endpoint_config"],
    )


def _problems(args: argparse.Namespace) -> Iterator[str]:
    checks = {
        "model_monitor_role": parameters.arn("iam"),
        "model_execution_role": parameters.arn("iam"),
        "model_package_arn": parameters.arn("sagemaker"),
        "sagemaker_project_arn": parameters.arn("sagemaker"),
        "sagemaker_project_name": parameters.project_name,
        "sagemaker_project_id": parameters.name,
        "model_package_group_name": parameters.name,
        "log_level": parameters.one_of(*LOG_LEVELS),
        "monitor_outputs_bucket": _bucket,
    }
    for key, check in checks.items():
        value = getattr(args, key)
        if value is not None and (wrong := check(value)):
            yield f"--{key.replace('_', '-')} {wrong}"
    if args.model_package_arn and all(files.endpoint is None for files in args.stages):
        yield (
            "--model-package-arn names a package to deploy, but the baselines are taken from "
            "running endpoints; leave it out, or add --baselines-from registry"
        )
    written = [path for f in args.stages for path in (f.monitors_export, f.endpoint_export)]
    for path in sorted({path for path in written if written.count(path) > 1}):
        yield f"{path} is named for more than one export; each needs a file of its own"
    read = {path.resolve() for f in args.stages for path in (f.monitors, f.endpoint) if path}
    for path in sorted({path for path in written if path.resolve() in read}):
        yield (
            f"{path} is read and would be written over: all that was filled in would count as "
            "yours from then on. Name another export file"
        )


def _bucket(value: str) -> str | None:
    if "/" in value or (parameters.s3_prefix(f"s3://{value}")):
        return f"is {value!r}; it must be a bucket's name, without s3:// and without a prefix"
    return None
