"""A step that need not run again: the result of an earlier execution is taken in its place.

Needs     a step with CacheConfig, its expressions resolved
Gives     the latest run of the same step of the same pipeline, that succeeded with the same key

What counts is what AWS names as the default cache keys of each type
(docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html): a step that writes
elsewhere, or on other instances, is the same step. The content of what it reads is not
looked at, here or there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from moto.core.utils import utcnow

from moto_fixtures.pipelines.expressions import ExpressionError
from moto_fixtures.pipelines.state import SUCCEEDED, Execution, StepRun

CHECK_KEYS = (
    "Arguments.AppSpecification",
    "Arguments.Environment",
    "Arguments.ProcessingInputs",
    "CheckType",
    "SkipCheck",
    "RegisterNewBaseline",
    "ModelPackageGroupName",
    "SuppliedBaselineConstraints",
    "SuppliedBaselineStatistics",
)
KEYS: Mapping[str, tuple[str, ...]] = {
    "Processing": (
        "Arguments.AppSpecification",
        "Arguments.Environment",
        "Arguments.ProcessingInputs",
    ),
    "Training": (
        "Arguments.AlgorithmSpecification",
        "Arguments.CheckpointConfig",
        "Arguments.DebugHookConfig",
        "Arguments.DebugRuleConfigurations",
        "Arguments.Environment",
        "Arguments.HyperParameters",
        "Arguments.InputDataConfig",
    ),
    "Tuning": (
        "Arguments.HyperParameterTuningJobConfig",
        "Arguments.TrainingJobDefinition",
        "Arguments.TrainingJobDefinitions",
    ),
    "Transform": (
        "Arguments.DataProcessing",
        "Arguments.Environment",
        "Arguments.ModelName",
        "Arguments.TransformInput",
    ),
    "QualityCheck": CHECK_KEYS,
    "ClarifyCheck": CHECK_KEYS,
}
"""Type of step → what of it must be equal."""
_UNITS = ("days=365Y", "days=30M", "weeks=1W", "days=1D", "hours=1H", "minutes=1M", "seconds=1S")
_DURATION = re.compile(
    r"P?(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
    re.IGNORECASE,
)


def key(kind: str, resolved: Mapping[str, Any]) -> str | None:
    """What a run of a step is known by; None when it is not cached."""
    if kind not in KEYS or not (resolved.get("CacheConfig") or {}).get("Enabled"):
        return None
    arguments = resolved.get("Arguments") or {}
    parts = {
        name: arguments.get(name.removeprefix("Arguments."))
        if name.startswith("Arguments.")
        else resolved.get(name)
        for name in KEYS[kind]
    }
    return json.dumps(parts, sort_keys=True, default=str)


def found(
    execution: Execution, step: StepRun, config: Mapping[str, Any]
) -> tuple[Execution, StepRun] | None:
    """The latest run that can be taken instead, and the execution it belongs to."""
    oldest = utcnow() - duration(config["ExpireAfter"]) if config.get("ExpireAfter") else None
    for earlier in reversed(execution.pipeline.executions.values()):
        run = earlier.steps.get(step.name)
        if (
            run is not None
            and earlier is not execution
            and run.status == SUCCEEDED
            and run.cached_from is None
            and run.cache_key == step.cache_key
            and (oldest is None or run.started >= oldest)
        ):
            return earlier, run
    return None


def duration(text: str) -> timedelta:
    """An ISO 8601 duration; a year has 365 days and a month 30.

    >>> duration("P30d"), duration("PT1H30M")
    (datetime.timedelta(days=30), datetime.timedelta(seconds=5400))
    """
    read = _DURATION.fullmatch(text)
    if read is None or not any(read.groups()):
        raise ExpressionError(
            f"CacheConfig.ExpireAfter {text!r} is no ISO 8601 duration, such as P30D or PT1H."
        )
    total = timedelta()
    for unit, count in zip(_UNITS, read.groups(), strict=True):
        name, size = unit[:-1].split("=")
        total += timedelta(**{name: int(size) * int(count or 0)})
    return total
