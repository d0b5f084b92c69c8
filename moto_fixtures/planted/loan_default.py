"""What the demo plants in the loan model's traffic, for each monitor to find.

Needs     the model; the traffic
Gives     disturbances: three columns for data quality, and one thing for each other monitor
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from monitoring.kinds import BIAS, EXPLAINABILITY
from moto_fixtures.traffic import Disturbance, Request, changed, number, plant, turned_positive
from pipelines.models.base import Model
from serving.schema import Row

DRIFT = ("annual_income", "loan_amount", "education_level")
"""Columns the loan model hardly uses: its answers stay as they are, only the inputs drift."""
DOWNTURN_SHARE = 0.30
SCORE, DEBTS = "credit_score", "debt_to_income_ratio"
DEFAULTS = {SCORE: "688", "grade_subgrade": "B3", "interest_rate": "10.65"}
"""The medians and the commonest grade: what a service sends that cannot reach the bureau."""
TWICE = 2.0


def planted(model: Model, rows: Sequence[Row]) -> list[Disturbance]:
    """Three columns, a downturn, a bureau that does not answer, and one group's debts."""
    at = {name: index for index, name in enumerate(model.schema.names)}
    columns = plant(model.schema, rows, DRIFT)
    return [*columns, downturn(), no_bureau(at), counted_twice(model, at)]


def downturn() -> Disturbance:
    """Loans go bad for a reason that no application holds: only their labels say so."""
    what = "of the borrowers stop paying when the largest employer closes"
    return turned_positive(DOWNTURN_SHARE, what)


def no_bureau(at: dict[str, int]) -> Disturbance:
    """The credit bureau cannot be reached, and everybody gets the same score and grade."""
    defaults = {at[name]: default for name, default in DEFAULTS.items()}

    def change(request: Request, _: random.Random) -> Request:
        return changed(request, dict(defaults))

    others = " and ".join(name for name in DEFAULTS if name != SCORE)
    return Disturbance(SCORE, f"always at a default, and so are {others}", change, EXPLAINABILITY)


def counted_twice(model: Model, at: dict[str, int]) -> Disturbance:
    """The debts of the first facet's people are counted again, so more are refused."""
    facet = model.facets[0]
    group = {str(value) for value in facet.values}
    place, debts = at[facet.column], at[DEBTS]

    def change(request: Request, _: random.Random) -> Request:
        ratio = number(request.row[debts])
        if request.row[place] not in group or ratio is None:
            return request
        return changed(request, {debts: str(round(min(1.0, TWICE * ratio), 3))})

    told = ", ".join(sorted(group))
    what = f"of {told}, debts held together with a partner are counted twice, so more are refused"
    return Disturbance(facet.column, what, change, BIAS)
