"""Render one stage: package, baselines and the user's file → what its two stacks are given.

Needs     the package that the stage serves; read access to the baselines that are rewritten
Writes    nothing. It says what to write: two configurations, and the files derived for them

The one thing a reader gets wrong: a monitor that is off, or waits for labels, is rendered with
empty baselines. It needs none, and old ones would be picked up by whoever switches it on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitoring import baselines
from monitoring.aws import storage
from monitoring.aws.registry import PACKAGE_TAG, Served
from monitoring.aws.stages import Project, Stage, monitor_config, warnings
from monitoring.baselines import Baselines, DerivedFile, Need
from monitoring.config import StageConfig
from monitoring.errors import RegistryError, StorageError
from monitoring.kinds import KINDS, MODEL_QUALITY


@dataclass(frozen=True, slots=True)
class Rendered:
    """One stage, complete: nothing in it is left to look up."""

    served: Served
    monitors: StageConfig
    endpoint: StageConfig | None
    derived: tuple[DerivedFile, ...]
    notes: tuple[str, ...]
    """Where a baseline came from, when not from DriftCheckBaselines."""
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """What `--output json` says of a stage."""
        off = {kind.name: self.monitors.why_off(kind) for kind in KINDS}
        return {
            "endpoint": self.served.endpoint,
            "model_name": self.served.model_name,
            "package": {
                "arn": self.served.package.arn,
                "version": self.served.package.version,
                "created": self.served.package.created.isoformat(),
                "approval_status": self.served.package.status,
            },
            "monitors": {name: {"on": why is None, "reason": why} for name, why in off.items()},
            "derived_files": [file.uri for file in self.derived],
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


def missing(config: StageConfig, found: Baselines) -> list[Need]:
    """What enabled monitors need, the user has not written, and the package does not have."""
    return [
        need
        for need in _read_by_monitors(config)
        if not config.get(need.parameter) and not need.found_in(found)
    ]


def refuse_missing(stages: Iterable[tuple[StageConfig, Served]]) -> None:
    """Raise RegistryError with every baseline that a monitor of any stage lacks."""
    lines = []
    for config, served in stages:
        found, _ = baselines.complete(served.package.drift_check, served.package.metrics)
        if needs := missing(config, found):
            lines.append(
                f"{served.package.arn}: has no baseline that {config.stage}'s monitors could "
                f"compare with: DriftCheckBaselines lacks {', '.join(map(str, needs))}. Register "
                "a version that has them, write their S3 URIs into the stage's configuration, "
                "or switch those monitors off there (Enable…Monitor: no)"
            )
    if lines:
        raise RegistryError("\n".join(lines))


def fill_baselines(
    config: StageConfig, project: Project, served: Served, s3: Any
) -> tuple[StageConfig, tuple[DerivedFile, ...], tuple[str, ...]]:
    """The parameters that point at baselines, the files derived for them, and what to know."""
    found, filled_from = baselines.complete(served.package.drift_check, served.package.metrics)
    read = [need for need in _read_by_monitors(config) if not config.get(need.parameter)]
    parts_read = [f"{need.monitor}.{member}" for need in read for member in need.members]
    notes = tuple(f"{part}: from {filled_from[part]}" for part in parts_read if part in filled_from)
    values: dict[str, str] = {}
    derived: list[DerivedFile] = []
    for kind in KINDS:
        for need in baselines.needs(kind):
            parts = need.found_in(found)
            if config.get(need.parameter):
                continue
            if config.why_off(kind) is not None or not parts:
                values[need.parameter] = ""
            elif need.derived:
                prefix = f"{project.prefix(config.stage)}/baselines/{kind.slug}"
                documents = [(part["S3Uri"], _read(part, s3)) for part in parts]
                content = baselines.derive(need, documents, served.model_name)
                derived.append(DerivedFile(need.derived, baselines.to_bytes(content), prefix))
                values[need.parameter] = derived[-1].uri
            else:
                values[need.parameter] = parts[0]["S3Uri"]
    values.update(_self_hosted(config, found))
    return config.filled_from(values), tuple(derived), notes


def _self_hosted(config: StageConfig, found: Baselines) -> dict[str, str]:
    """What the self-hosted engine reads beside: AWS's definition has no place for it."""
    statistics = found.get(MODEL_QUALITY.drift_check, {}).get("Statistics")
    if not (config.is_self_hosted and statistics and config.why_off(MODEL_QUALITY) is None):
        return {}
    return {f"{MODEL_QUALITY.name}StatisticsS3Uri": statistics["S3Uri"]}


def _read(part: Mapping[str, str], s3: Any) -> Any:
    return storage.read_json(s3, part["S3Uri"], part.get("ContentDigest", ""))


def refuse_absent(rendered: Iterable[Rendered], s3: Any) -> dict[str, list[str]]:
    """Raise StorageError with every baseline that is named but not in S3.

    Returns, by stage, a warning for each that this role may not look at: the monitors' may.
    """
    absent: list[str] = []
    unseen: dict[str, list[str]] = {}
    for stage in rendered:
        made = {file.uri for file in stage.derived}
        for need in _read_by_monitors(stage.monitors):
            uri = stage.monitors.get(need.parameter)
            there = uri in made or storage.exists(s3, uri)
            where = f"{uri} ({need.parameter} of {stage.monitors.stage})"
            if there is None:
                unseen.setdefault(stage.monitors.stage, []).append(
                    f"{where}: not looked at, for this role lacks s3:GetObject on it"
                )
            elif not there:
                absent.append(
                    f"{where}: is not there, and the monitor would fail every hour. Restore it, "
                    "register a version with new baselines, or correct the parameter"
                )
    if absent:
        raise StorageError("\n".join(absent))
    return unseen


def _read_by_monitors(config: StageConfig) -> list[Need]:
    on = [kind for kind in KINDS if config.why_off(kind) is None]
    return [need for kind in on for need in baselines.needs(kind)]


def render(stages: Iterable[tuple[Stage, Served]], project: Project, s3: Any) -> list[Rendered]:
    """Every stage complete, or one error that says all that any of them lacks."""
    filled = [
        (
            stage,
            served,
            monitor_config(stage.monitors, project, served.endpoint).tagged(
                {PACKAGE_TAG: served.package.arn}
            ),
        )
        for stage, served in stages
    ]
    refuse_missing((config, served) for _, served, config in filled)
    rendered = []
    for stage, served, config in filled:
        monitors, derived, notes = fill_baselines(config, project, served, s3)
        said = tuple(warnings(monitors, stage.endpoint, served.package))
        rendered.append(Rendered(served, monitors, stage.endpoint, derived, notes, said))
    unseen = refuse_absent(rendered, s3)
    return [
        replace(stage, warnings=(*stage.warnings, *unseen.get(stage.monitors.stage, ())))
        for stage in rendered
    ]
