"""statistics.json and constraints.json of model quality: written, and thresholds read back.

Needs     a state of answers
Gives     the documents in AWS's order of metrics; a baseline's constraints

A metric without a number is `null`, in either document, and its constraint is skipped.
Which way is worse stands in the file: `comparison_operator` names the *violation*.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from monitoring.documents import CONSTRAINTS, number, require_kind
from monitoring.errors import ConstraintsError, DocumentError
from monitoring.kinds import MODEL_QUALITY
from monitoring.measures.classification import BETAS, binary_metrics, multiclass_metrics
from monitoring.measures.curves import (
    Curve,
    ScoreCounts,
    area_under_precision_recall,
    area_under_roc,
    precision_recall_curve,
    roc_curve,
)
from monitoring.measures.outcome import Outcome, Uncomputable
from monitoring.measures.regression import regression_metrics
from monitoring.measures.resampling import REPEATS, ResampledMoments, standard_deviations
from monitoring.monitors.answers import Answers, Classified, ProblemType, Regressed

Operator = Literal["LessThanThreshold", "GreaterThanThreshold"]
LESS: Operator = "LessThanThreshold"
GREATER: Operator = "GreaterThanThreshold"

BLOCKS: Mapping[ProblemType, str] = {
    "Regression": "regression",
    "BinaryClassification": "binary_classification",
    "MulticlassClassification": "multiclass_classification",
}
OPERATORS: Mapping[ProblemType, Mapping[str, Operator]] = {
    "Regression": {"mae": GREATER, "mse": GREATER, "rmse": GREATER, "r2": LESS},
    "BinaryClassification": {
        "recall": LESS,
        "precision": LESS,
        "accuracy": LESS,
        "true_positive_rate": LESS,
        "true_negative_rate": LESS,
        "false_positive_rate": GREATER,
        "false_negative_rate": GREATER,
        "auc": LESS,
        **dict.fromkeys(BETAS, LESS),
    },
    "MulticlassClassification": {
        "accuracy": LESS,
        "weighted_recall": LESS,
        "weighted_precision": LESS,
        **{f"weighted_{name}": LESS for name in BETAS},
    },
}
"""What is constrained, in the order of the file, and what counts as a violation."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One metric's bound; without a threshold it is not checked."""

    metric: str
    threshold: float | None
    operator: Operator


def metrics(answers: Answers, *, undefined_as_zero: bool = False) -> dict[str, Outcome]:
    """Every metric that is one number, in the order of statistics.json."""
    if isinstance(answers, Regressed):
        return regression_metrics(answers.moments)
    if not answers.is_binary:
        return multiclass_metrics(answers.counts)
    _, positive = answers.settings.classes
    found = binary_metrics(answers.counts, positive, undefined_as_zero=undefined_as_zero)
    return _with_areas(found, _areas(answers.scores) if answers.scores else {})


def deviations(answers: Answers, *, undefined_as_zero: bool = False) -> dict[str, Outcome]:
    """`standard_deviation` of each of `metrics`: five subsamples of 80 %, from 200 rows on."""
    seed = answers.settings.seed
    if isinstance(answers, Regressed):
        five = ResampledMoments(answers.samples.moments[:REPEATS])
        return five.standard_deviations(regression_metrics, answers.moments)
    if not answers.is_binary:
        return standard_deviations(multiclass_metrics, answers.counts, seed)
    _, positive = answers.settings.classes
    found = standard_deviations(
        lambda c: binary_metrics(c, positive, undefined_as_zero=undefined_as_zero),
        answers.counts,
        seed,
    )
    scores = answers.scores
    return _with_areas(found, standard_deviations(_areas, scores, seed) if scores else {})


def statistics(
    answers: Answers, values: Mapping[str, Outcome], spread: Mapping[str, Outcome]
) -> dict[str, Any]:
    """The statistics document of a state with these metrics and standard deviations."""
    block: dict[str, Any] = {
        name: {"value": written(value), "standard_deviation": written(spread[name])}
        for name, value in values.items()
    }
    if isinstance(answers, Classified):
        block = {"confusion_matrix": answers.counts.as_mapping(), **block}
        if answers.scores is not None:
            block = _before(block, "auc", _curves(answers.scores))
    return {
        "version": 0.0,
        "dataset": {"item_count": answers.rows},
        f"{BLOCKS[answers.settings.problem_type]}_metrics": block,
    }


def constraints(problem_type: ProblemType, values: Mapping[str, Outcome]) -> dict[str, Any]:
    """The constraints that data with these metrics just meets."""
    block = {
        name: {"threshold": written(values[name]), "comparison_operator": operator}
        for name, operator in OPERATORS[problem_type].items()
        if name in values
    }
    return {"version": 0.0, f"{BLOCKS[problem_type]}_constraints": block}


def read_constraints(
    document: Any, where: str = CONSTRAINTS
) -> dict[ProblemType, list[Constraint]]:
    """A baseline's constraints, by problem type: one, in any file a monitor wrote.

    Raises DocumentError when the document is another monitor's, or not shaped like one.
    """
    require_kind(document, MODEL_QUALITY, where)
    found = {
        problem: _read_block(document[f"{name}_constraints"], f"{where}: {name}_constraints")
        for problem, name in BLOCKS.items()
        if f"{name}_constraints" in document
    }
    if not found:
        raise DocumentError(
            f"{where}: holds metrics, but no constraints: there is no threshold to check. "
            "Give the constraints.json that was written beside it."
        )
    return found


def written(value: Outcome) -> float | None:
    """A metric as JSON has it: null where there is no finite number."""
    return None if isinstance(value, Uncomputable) or not math.isfinite(value) else value


def _areas(scores: ScoreCounts) -> dict[str, Outcome]:
    return {"auc": area_under_roc(scores), "au_prc": area_under_precision_recall(scores)}


def _with_areas(found: Mapping[str, Outcome], areas: Mapping[str, Outcome]) -> dict[str, Outcome]:
    return _before(found, "f0_5", areas)


def _before(block: Mapping[str, Any], name: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The block with `more` put in front of one of its entries."""
    names = list(block)
    at = names.index(name)
    first, rest = names[:at], names[at:]
    return {**{n: block[n] for n in first}, **more, **{n: block[n] for n in rest}}


def _curves(scores: ScoreCounts) -> dict[str, Any]:
    roc, precision_recall = roc_curve(scores), precision_recall_curve(scores)
    return {
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": _points(roc, "x"),
            "true_positive_rates": _points(roc, "y"),
        },
        "precision_recall_curve": {
            "precisions": _points(precision_recall, "y"),
            "recalls": _points(precision_recall, "x"),
        },
    }


def _points(curve: Curve | Uncomputable, axis: str) -> list[float]:
    """One axis of a curve; no points where it is undefined."""
    if isinstance(curve, Uncomputable):
        return []
    points: list[float] = getattr(curve.thinned(), axis).tolist()
    return points


def _read_block(block: Any, where: str) -> list[Constraint]:
    if not isinstance(block, Mapping):
        raise DocumentError(f"{where}: is no object. Suggest the baseline again.")
    found = []
    for metric, entry in block.items():
        operator = entry.get("comparison_operator") if isinstance(entry, Mapping) else None
        if operator not in (LESS, GREATER):
            raise ConstraintsError(
                f"{where}.{metric[:80]}: its comparison_operator is neither {LESS} nor {GREATER}, "
                "so what would violate it is unknown. Correct the file."
            )
        threshold = number(entry.get("threshold"), f"{where}.{metric[:80]}.threshold")
        found.append(Constraint(metric, threshold, operator))
    return found
