"""What the demo puts into each worked example's traffic; any other table gets columns only.

A further example is one file with a `planted` and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from moto_fixtures.planted import fraud, loan_default
from moto_fixtures.traffic import Disturbance, plant
from pipelines.models.base import Model
from serving.schema import Row

PLANTED: Mapping[str, Callable[[Model, Sequence[Row]], list[Disturbance]]] = {
    "fraud": fraud.planted,
    "loan_default": loan_default.planted,
}


def planted_in(model: Model, rows: Sequence[Row]) -> list[Disturbance]:
    """The disturbances of a model's traffic, in the order in which they act."""
    own = PLANTED.get(model.name)
    return plant(model.schema, rows) if own is None else own(model, rows)
