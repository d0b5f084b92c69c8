"""What the demo plants in the fraud model's traffic, for each monitor to find.

Needs     the model; the traffic
Gives     disturbances: three columns for data quality, and one thing for each other monitor
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from monitoring.kinds import BIAS, EXPLAINABILITY
from moto_fixtures.traffic import Disturbance, Request, changed, plant, turned_positive
from pipelines.models.base import Model
from serving.schema import Row

DRIFT = ("basket_items", "account_age", "app_platform")
"""Columns the fraud model hardly uses: its answers stay as they are, only the inputs drift."""
COUNT, PAUSE, DEVICE = "transactions_24h", "minutes_since_last", "device_age"
DEFAULTS = {PAUSE: "600", "distance_from_home": "6.0"}
"""Near their medians: what a service sends that does not know."""
UNSEEN_FRAUD_SHARE = 0.06


def planted(model: Model, rows: Sequence[Row]) -> list[Disturbance]:
    """Three columns, a kind of fraud, features of a service, and older customers."""
    at = {name: index for index, name in enumerate(model.schema.names)}
    columns = plant(model.schema, rows, DRIFT)
    return [*columns, unseen_fraud(), another_count(at), sent_twice(model, at)]


def unseen_fraud() -> Disturbance:
    """Frauds of a kind the model has not learnt: only their labels say what they are."""
    what = "of the payments turn out to be a fraud the model cannot see"
    return turned_positive(UNSEEN_FRAUD_SHARE, what)


def another_count(at: dict[str, int]) -> Disturbance:
    """The features of one service come to mean something else, or nothing."""
    defaults = {at[name]: default for name, default in DEFAULTS.items()}

    def change(request: Request, _: random.Random) -> Request:
        count = request.row[at[COUNT]]
        weekly = str(7 * int(count)) if count is not None else None
        return changed(request, {at[COUNT]: weekly, **defaults})

    what = f"counted over a week; {' and '.join(DEFAULTS)} always at a default"
    return Disturbance(COUNT, what, change, EXPLAINABILITY)


def sent_twice(model: Model, at: dict[str, int]) -> Disturbance:
    """Only the first facet's people are sent to the model in a way that looks like fraud."""
    facet = model.facets[0]
    group = {str(value) for value in facet.values}
    place = at[facet.column]

    def change(request: Request, _: random.Random) -> Request:
        if request.row[place] not in group:
            return request
        return changed(request, {at[DEVICE]: "0", at[PAUSE]: "10"})

    what = (
        f"from {facet.values[0]} on, payments are sent twice and from a device without a history, "
        "so more of them are stopped"
    )
    return Disturbance(facet.column, what, change, BIAS)
