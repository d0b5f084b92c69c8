"""Overfitting: is the model better on the rows it learnt from than on those it did not?

Needs     answered training, validation and test rows
Gives     `overfitting` of evaluation.json

The validation rows chose the threshold: their cost flatters the model, their area under the
ROC curve does not, as no threshold is in it. The gap is between training and test rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from monitoring.measures.curves import area_under_precision_recall, area_under_roc
from monitoring.measures.decisions import expected_calibration_error, mean_cost
from monitoring.measures.intervals import normal_interval
from monitoring.measures.noise import roc_area_error
from monitoring.measures.outcome import Uncomputable
from monitoring.monitors.quality_extras import told
from pipelines.evaluation.answered import Answered
from pipelines.models.base import Costs


def measure(parts: Mapping[str, Answered], costs: Costs) -> dict[str, Any]:
    """Each part's metrics, and by how much the training rows' area exceeds the test rows'."""
    return {
        "parts": {name: _metrics(part, costs) for name, part in parts.items()},
        "auc_gap": _gap(parts["train"], parts["test"]),
    }


def _metrics(part: Answered, costs: Costs) -> dict[str, Any]:
    scores = part.scores
    cost = mean_cost(part.counts, costs.false_positive, costs.false_negative)
    return {
        "rows": len(part.rows),
        "positives": part.counts.positives,
        "auc": told(area_under_roc(scores)),
        "au_prc": told(area_under_precision_recall(scores)),
        "mean_cost": told(cost),
        "expected_calibration_error": told(expected_calibration_error(scores)),
    }


def _gap(train: Answered, test: Answered) -> dict[str, Any]:
    """The difference of the two areas, with its 95 % interval: the parts are independent."""
    areas, errors = [], []
    for part in (train, test):
        area = area_under_roc(part.scores)
        if isinstance(area, Uncomputable):
            return {"value": told(area)}
        areas.append(area)
        errors.append(roc_area_error(area, area, part.counts.positives, part.counts.negatives))
    gap = areas[0] - areas[1]
    return {"value": gap, "interval": list(normal_interval(gap, math.hypot(*errors)))}
