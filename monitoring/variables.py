"""One variable of a container's environment → the monitor, a path, a share, the window.

Needs     the environment, and the directory that stands for the container's /
Gives     the value, or a UsageError that names the variable

A variable that is set to nothing is a mistake where a path is needed, and no window.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from monitoring.capture import Window
from monitoring.errors import UsageError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind

ANALYSIS_TYPES = {
    "": DATA_QUALITY,
    "DATA_QUALITY": DATA_QUALITY,
    "MODEL_QUALITY": MODEL_QUALITY,
    "MODEL_BIAS": BIAS,
    "MODEL_EXPLAINABILITY": EXPLAINABILITY,
}
"""`analysis_type`; AWS leaves it out for data quality. Clarify's two are UNCONFIRMED."""


def kind_in(environment: Mapping[str, str]) -> Kind:
    """The monitor that `analysis_type` names.

    >>> kind_in({"analysis_type": "MODEL_BIAS"}).name
    'ModelBias'
    """
    name = environment.get("analysis_type", "")
    if name not in ANALYSIS_TYPES:
        known = ", ".join(name for name in ANALYSIS_TYPES if name)
        raise UsageError(f"analysis_type is {name!r}; it is one of {known}.")
    return ANALYSIS_TYPES[name]


def path_at(environment: Mapping[str, str], name: str, root: Path) -> Path:
    """A path of the container, under `root`.

    >>> path_at({"output_path": "/opt/ml/out"}, "output_path", Path("scratch")).as_posix()
    'scratch/opt/ml/out'
    """
    value = environment.get(name, "")
    path = Path(value.lstrip("/"))
    if not value or ".." in path.parts:
        raise UsageError(f"{name} is missing or no plain path; the container's paths start at /.")
    return root / path


def share_in(environment: Mapping[str, str], name: str, default: float) -> float:
    """A variable of ours: `faulty_record_share`, how much of a window may be left out as
    faulty; `minimum_label_coverage`, how much of it must have a label.

    >>> share_in({"faulty_record_share": "0.05"}, "faulty_record_share", 0.01)
    0.05
    """
    text = environment.get(name, str(default))
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0.0 <= share <= 1.0:
        raise UsageError(f"{name} is {text!r}; it is a share from 0 to 1.")
    return share


def window_in(environment: Mapping[str, str]) -> Window | None:
    """`start_time` to `end_time`; None where neither is set."""
    start, end = environment.get("start_time", ""), environment.get("end_time", "")
    return Window.parse(start, end) if start or end else None
