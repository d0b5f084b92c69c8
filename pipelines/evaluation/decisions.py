"""Decisions: are the probabilities to be believed, what do wrong decisions cost, and whom?

Needs     answered test rows; the model's costs, capacity and segments; training rows
Gives     `calibration`, `cost`, `capacity` and `segments` of evaluation.json

Measured by the model quality monitor itself, in the form of its `findings.json`, so that an
hour of production compares with the evaluation number by number. A segment of less than
ten rows is summed up with others like it: its name may be a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.costs import cost_curve
from monitoring.measures.decisions import mean_cost
from monitoring.measures.outcome import Uncomputable, ratio
from monitoring.monitors import quality_extras
from monitoring.monitors.answers import ModelQuality
from monitoring.monitors.base import Observations
from monitoring.monitors.quality_extras import told
from monitoring.monitors.quality_extras_settings import (
    Calibration,
    Capacity,
    Cost,
    Extras,
    SegmentColumn,
    SegmentsAsked,
)
from monitoring.monitors.segments import Divided
from pipelines.evaluation.answered import Answered
from pipelines.evaluation.spread import Spread
from pipelines.models.base import Costs, Model

QUARTILES: Final = (0.25, 0.5, 0.75)
COST_POINTS: Final = 201


def measure(model: Model, test: Answered, spreads: Sequence[Spread]) -> dict[str, Any]:
    """The four blocks. `spreads` are those of the training rows, in the schema's order."""
    state = Divided.nothing(ModelQuality("BinaryClassification", extras=_asked(model, spreads)))
    state.update(_observations(model, test))
    found = quality_extras.additional(state)
    against = same_for_all(test.counts, model.costs.false_positive, model.costs.false_negative)
    curve = _curve(test, model.costs)
    return {
        "calibration": {**found["calibration"], "beyond_chance": _beyond(found["calibration"])},
        "cost": {**found["cost"], **against, **curve},
        "capacity": {"share": model.capacity, **found["capacity"]},
        "segments": found.get("segments", {}),
    }


def same_for_all(
    counts: BinaryCounts, false_positive: float, false_negative: float
) -> dict[str, Any]:
    """What one decision for everybody would cost per row, and ours as a share of the cheaper.

    >>> found = same_for_all(BinaryCounts(tp=1, fp=1, fn=0, tn=8), 2.0, 10.0)
    >>> found["same_for_all"], round(found["relative"], 3)
    ({'0': 1.0, '1': 1.8}, 0.2)
    """
    negative = BinaryCounts(0, 0, counts.positives, counts.negatives)
    positive = BinaryCounts(counts.positives, counts.negatives, 0, 0)
    ours, *constant = (
        mean_cost(each, false_positive, false_negative) for each in (counts, negative, positive)
    )
    block = {"same_for_all": {str(i): told(cost) for i, cost in enumerate(constant)}}
    known = [cost for cost in (ours, *constant) if not isinstance(cost, Uncomputable)]
    if len(known) < 3:
        return {**block, "relative": told(ours)}
    nothing_to_decide = Uncomputable("one decision for everybody costs nothing on these rows")
    return {**block, "relative": told(ratio(known[0], min(known[1:]), nothing_to_decide))}


def _curve(test: Answered, costs: Costs) -> dict[str, Any]:
    """The cost at thresholds evenly spaced; the monitor's are spaced by rows, of which a rare
    class leaves few where they matter."""
    curve = cost_curve(test.scores, costs.false_positive, costs.false_negative)
    if isinstance(curve, Uncomputable):
        return {}
    thresholds = np.linspace(0.0, 1.0, COST_POINTS)
    at = np.searchsorted(curve.x, thresholds, side="right") - 1
    return {"curve": {"thresholds": thresholds.tolist(), "mean_costs": curve.y[at].tolist()}}


def _beyond(calibration: Mapping[str, Any]) -> Any:
    """By how much the calibration error exceeds that of a model whose claims are all true."""
    error = calibration["expected_calibration_error"]
    if "by_chance" not in calibration:
        return error
    return max(0.0, error - calibration["by_chance"]["mean"])


def _asked(model: Model, spreads: Sequence[Spread]) -> Extras:
    by_name = {spread.column.name: spread for spread in spreads}
    columns = tuple(
        SegmentColumn(name, _edges(by_name[name])) for name in model.segments if name in by_name
    )
    return Extras(
        calibration=Calibration(),
        cost=Cost(model.costs.false_positive, model.costs.false_negative),
        capacity=Capacity(share=model.capacity),
        segments=SegmentsAsked(columns) if columns else None,
    )


def _edges(spread: Spread) -> tuple[float, ...]:
    """Of a column of numbers, the quartiles of the training rows; of categories, none."""
    if spread.column.kind == "categorical" or not spread.keys.size:
        return ()
    return tuple(np.unique(np.quantile(spread.keys, QUARTILES)).tolist())


def _observations(model: Model, test: Answered) -> Observations:
    """The rows as the monitor reads them: text, column by column."""
    wanted = [name for name in model.schema.names if name in model.segments]
    places = [model.schema.names.index(name) for name in wanted]
    columns = [pa.array([row[at] for row in test.rows], pa.utf8()) for at in places]
    return Observations(
        pa.record_batch(columns, names=wanted),
        label=_text(test.targets.tolist()),
        predicted=_text(test.predictions.tolist()),
        probability=_text(test.probabilities.tolist()),
    )


def _text(values: Sequence[float]) -> pa.Array:
    return pa.array([repr(value) for value in values], pa.utf8())
