"""The gate: is the candidate good enough to be registered, and if not, why not?

Needs     the other blocks of evaluation.json; the model's limits
Gives     `gate`: passed or not, and a line for each limit that is not kept

A limit on a number that could not be computed is not kept: unknown is never good enough.
Answers that are no probabilities are a failure whatever the limits are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

from monitoring.errors import GateError, UsageError
from pipelines.models.base import Limits


class Limited(NamedTuple):
    """What a limit is on."""

    title: str
    path: tuple[str, ...]
    """Where the number stands in evaluation.json."""
    at_least: bool
    """Whether the limit is the lowest value, not the highest."""


LIMITED: Final[Mapping[str, Limited]] = {
    "min_auc": Limited(
        "area under the ROC curve", ("binary_classification_metrics", "auc", "value"), True
    ),
    "min_precision_at_capacity": Limited(
        "precision among the cases there is time to review", ("capacity", "precision"), True
    ),
    "max_calibration_error": Limited(
        "calibration error beyond chance", ("calibration", "beyond_chance"), False
    ),
    "max_overfitting": Limited(
        "training rows less test rows, area under the ROC curve",
        ("overfitting", "auc_gap", "value"),
        False,
    ),
    "max_relative_cost": Limited(
        "cost as a share of one decision for everybody's", ("cost", "relative"), False
    ),
}


def judge(limits: Limits, report: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the report keeps all limits, which they are, and a line for each it does not.

    `reason` is all of these in one line: what a pipeline's Fail step can show.
    """
    failures = [*_failures(limits, report)]
    reason = "; ".join(failures)
    return {
        "passed": not failures,
        "failures": failures,
        "reason": reason,
        "limits": asdict(limits),
    }


def require(content: bytes, where: Path) -> None:
    """Raise GateError unless the evaluation.json at `where` says that the gate was passed.

    Raises UsageError when it says nothing of a gate: unknown is not passed.
    """
    try:
        report = json.loads(content)
        gate = report["gate"]
        passed, failures = gate["passed"], [str(line) for line in gate["failures"]]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{where}: does not say whether the model keeps its limits, and a model of which "
            "that is unknown is not registered; write it with python -m pipelines.evaluate"
        ) from error
    if passed is not True:
        raise GateError(
            f"{where}: the model does not keep its limits, so it is not registered: "
            f"{'; '.join(failures) or 'the gate was not passed'}. Train a better one, or have its "
            "owner change the limits in its file under pipelines/models/."
        )


def _failures(limits: Limits, report: Mapping[str, Any]) -> Iterator[str]:
    for name, limit in asdict(limits).items():
        if limit is None:
            continue
        limited = LIMITED[name]
        found = value_of(report, limited.path)
        bound = f"{'at least' if limited.at_least else 'at most'} {limit:g} ({name})"
        if not isinstance(found, int | float):
            yield f"{limited.title} must be {bound}, and could not be computed: {found}"
        elif (found < limit) if limited.at_least else (found > limit):
            yield f"{limited.title} is {found:.4g}; it must be {bound}"
    invalid = report["stress"]["invalid"]
    if invalid:
        yield f"{invalid} of {report['stress']['answers']} answers under stress are no probability"


def value_of(report: Mapping[str, Any], path: tuple[str, ...]) -> float | str:
    """A number of the report, or the reason why there is none.

    >>> value_of({"cost": {"relative": {"not_computed": "no rows"}}}, ("cost", "relative"))
    'no rows'
    """
    found: Any = report
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, Mapping):
        return str(found.get("not_computed"))
    return "it is not defined on these rows" if found is None else float(found)
