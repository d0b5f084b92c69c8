"""What is planted in each worked example: where it says, for whom it says, for every monitor."""

from __future__ import annotations

import random

import pytest

from monitoring.kinds import BIAS, EXPLAINABILITY, KINDS, MODEL_QUALITY
from moto_fixtures.planted import PLANTED, planted_in
from moto_fixtures.traffic import Request
from pipelines.models import MODELS
from pipelines.models.base import Model, Table
from serving.schema import Column, Schema

TOUCHED = {
    "fraud": {"transactions_24h", "minutes_since_last", "distance_from_home"},
    "loan_default": {"credit_score", "grade_subgrade", "interest_rate"},
}
"""By what explainability is to find."""
OF_THE_GROUP = {
    "fraud": {"device_age", "minutes_since_last"},
    "loan_default": {"debt_to_income_ratio"},
}
"""By what bias is to find, in its facet's rows only."""
RELABELLED = {"fraud": (0.04, 0.08), "loan_default": (0.20, 0.30)}


@pytest.fixture(scope="module", params=MODELS, ids=lambda model: model.name)
def model(request) -> Model:
    return request.param


@pytest.fixture(scope="module")
def table(model) -> Table:
    return model.generate(2000, seed=3)


def sent(model, table, kind):
    """The requests before and after what is planted for a monitor."""
    (one,) = (each for each in planted_in(model, table.rows) if each.found_by == kind)
    chance = random.Random(7)  # noqa: S311 (seeded on purpose)
    before = [Request(*pair) for pair in zip(table.rows, table.labels, strict=True)]
    return [(request, one.change(request, chance)) for request in before]


def changed_columns(model, before, after):
    pairs = zip(model.schema.names, before.row, after.row, strict=True)
    return {name for name, old, new in pairs if old != new}


def test_every_example_has_its_own():
    assert PLANTED.keys() == {model.name for model in MODELS}


def test_every_monitor_has_something_to_find(model, table):
    assert {one.found_by for one in planted_in(model, table.rows)} == set(KINDS)


def test_what_the_labels_alone_tell_changes_nothing_the_model_sees(model, table):
    pairs = sent(model, table, MODEL_QUALITY)
    assert all(before.row == after.row for before, after in pairs)
    low, high = RELABELLED[model.name]
    assert low < sum(before.label != after.label for before, after in pairs) / len(pairs) < high


def test_only_the_first_facets_people_are_sent_differently(model, table):
    facet = model.facets[0]
    at = model.schema.names.index(facet.column)
    group = {str(value) for value in facet.values}
    touched = set()
    for before, after in sent(model, table, BIAS):
        columns = changed_columns(model, before, after)
        assert before.row[at] in group or not columns
        touched |= columns
    assert touched == OF_THE_GROUP[model.name]


def test_the_features_of_one_service_change_and_no_label(model, table):
    touched = set()
    for before, after in sent(model, table, EXPLAINABILITY):
        touched |= changed_columns(model, before, after)
        assert before.label == after.label
    assert touched == TOUCHED[model.name]


def test_any_other_table_gets_columns_only():
    schema = Schema((Column("amount", "numeric"), Column("shop", "categorical")))
    model = Model("sales", schema, "y", "1", "this test")
    planted = planted_in(model, [[str(at), "a"] for at in range(10)])
    assert [one.subject for one in planted] == ["amount", "shop"]
