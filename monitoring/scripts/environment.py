"""The scripts of a job: which files, which limits, and which variables they may see.

Needs     the container's environment, and the job's description beside it
Gives     a `Script`, or None where the job has none

A script sees the variables that the job was *given* (its definition's Environment and the
service's own), because it may be written for them. What else is in the process, the way to
the role's credentials above all, it does not inherit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from monitoring.errors import UsageError
from monitoring.kinds import Kind
from monitoring.scripts.process import MEMORY, SECONDS, Limits, Script

PREPROCESSOR: Final = "record_preprocessor_script"
POSTPROCESSOR: Final = "post_analytics_processor_script"
JOB_DESCRIPTIONS: Final = (
    Path("opt/ml/config/processingjobconfig.json"),
    Path("opt/ml/processing/processingjobconfig.json"),
)
"""AWS's pages name both places."""


def script_of(
    environment: Mapping[str, str], root: Path, variable: str, kind: Kind
) -> Script | None:
    """The script that a variable names, under `root`.

    Raises UsageError when the monitor knows no scripts, or a path or limit cannot be one.
    """
    text = environment.get(variable, "")
    if not text:
        return None
    if kind.has_config_file:
        raise UsageError(
            f"{variable}: the {kind.title} monitor reads records as Clarify does, without scripts. "
            "Unset it, and name the parts of a record with its attributes."
        )
    path = Path(text.lstrip("/"))
    if ".." in path.parts or "://" in text:
        raise UsageError(
            f"{variable} is no plain path; the service stages the script and names its place in "
            "the container."
        )
    limits = Limits(
        _number(environment, "script_seconds", SECONDS),
        int(_number(environment, "script_memory_mb", MEMORY >> 20)) << 20,
    )
    return Script(root / path, limits, given_variables(environment, root))


def given_variables(environment: Mapping[str, str], root: Path) -> dict[str, str]:
    """The part of the environment that the job's description names."""
    names: set[str] = set()
    for place in JOB_DESCRIPTIONS:
        try:
            described = json.loads((root / place).read_text(encoding="utf-8"))
            names.update(described["Environment"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return {name: environment[name] for name in sorted(names) if name in environment}


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    """A limit. Both variables are ours: AWS documents none."""
    try:
        value = float(environment.get(name) or default)
    except ValueError:
        value = math.nan
    if not 0 < value < 1e9:
        raise UsageError(f"{name} is {environment[name][:40]!r}; it is a number above 0.")
    return value
