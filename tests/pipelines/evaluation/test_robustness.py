"""Sensitivity, stress and adversarial changes, of models whose answers are worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipelines.evaluation import adversarial, sensitivity, stress
from pipelines.evaluation.plausible import changes
from pipelines.evaluation.spread import Spread
from pipelines.models import fraud
from pipelines.models.base import Facet, Model
from serving.schema import Column, Schema

SCHEMA = Schema(
    (
        Column("x", "numeric", minimum=0, maximum=100),
        Column("idle", "numeric"),
        Column("group", "categorical"),
    )
)
MODEL = Model("by hand", SCHEMA, "y", "1", "this test", facets=(Facet("group", ("a",)),))
ROWS = [[str(at), str(at % 7), "ab"[at % 2]] for at in range(101)]
SPREADS = tuple(
    Spread.of(column, [row[at] for row in ROWS]) for at, column in enumerate(SCHEMA.columns)
)


def by_x(row):
    """A hundredth of x; a missing x is 0."""
    return min(max(float(row[0] or 0.0) / 100, 0.0), 1.0)


def test_a_step_moves_the_answer_by_a_tenth_of_the_spread(rule, answers):
    model = rule(by_x)
    found = sensitivity.measure(model, answers(model, ROWS), SPREADS)
    first, *others = found["features"]
    assert first["feature"] == "x"
    assert first["mean_change"] == pytest.approx(0.1, abs=0.01)
    assert first["mean_rise"] == pytest.approx(0.2, abs=0.02)
    assert first["decisions_flipped"] == pytest.approx(0.2, abs=0.02)
    assert [each["mean_change"] for each in others] == [0.0, 0.0]


def test_a_category_becomes_another_one(rule, answers):
    model = rule(lambda row: 1.0 if row[2] == "a" else 0.0)
    found = sensitivity.measure(model, answers(model, ROWS), SPREADS)["features"][0]
    assert (found["feature"], found["mean_change"], found["decisions_flipped"]) == ("group", 1, 1)
    assert "mean_rise" not in found


def test_missing_cells_stay_missing_when_the_rest_moves(rule, answers):
    rows = [[None, "1", None]] * 20
    model = rule(by_x)
    found = sensitivity.measure(model, answers(model, rows), SPREADS)["features"]
    assert all(each["mean_change"] == 0.0 for each in found)


def test_every_cell_is_missing_extreme_and_unseen_once_and_all_are_together(rule, answers):
    model = rule(by_x)
    found = stress.measure(model, answers(model, ROWS), SPREADS)
    told = {(each["scenario"], each["column"]) for each in found["scenarios"]}
    for name, columns in (
        ("missing", {"x", "idle", "group", None}),
        ("lowest", {"x", "idle", None}),
        ("beyond any range", {"x", "idle", None}),
        ("unseen category", {"group", None}),
    ):
        assert {column for scenario, column in told if scenario == name} == columns
    assert found["answers"] == len(ROWS) * len(found["scenarios"])
    assert found["invalid"] == 0


def test_extremes_are_those_of_the_schema_else_of_the_training_rows(rule, answers):
    seen = []
    model = rule(lambda row: seen.append(tuple(row)) or 0.5)
    stress.measure(model, answers(model, [["50", "3", "a"]]), SPREADS)
    assert {("0", "3", "a"), ("100", "3", "a"), ("50", "0", "a"), ("50", "6", "a")} <= set(seen)


@pytest.mark.parametrize("wrong", [float("nan"), -0.1, 1.5, float("inf")])
def test_an_answer_that_is_no_probability_is_counted_and_the_report_stays_json(
    rule, answers, wrong
):
    model = rule(lambda row: 0.5 if row[0] else wrong)
    found = stress.measure(model, answers(model, ROWS), SPREADS)
    assert found["invalid"] == 2 * len(ROWS)
    json.dumps(found, allow_nan=False)


def test_the_smallest_change_that_flips_is_found(rule, answers):
    """From 30 to the first value on the other side of 50 that is tried, and by x alone."""
    model = rule(by_x)
    (found,) = adversarial.search(model, answers(model, [["30", "3", "a"]]), 0, SPREADS)
    assert found.columns == (0,)
    assert found.alone == {0}
    assert found.size == pytest.approx(0.2, abs=0.01)


def test_where_one_change_is_not_enough_two_are_tried(rule, answers):
    model = rule(lambda row: 0.4 * (float(row[0]) > 50) + 0.4 * (row[2] == "b"))
    (found,) = adversarial.search(model, answers(model, [["10", "3", "a"]]), 0, SPREADS)
    assert found.columns == (0, 2)
    assert found.alone == frozenset()
    assert found.size > 1.0


def test_what_no_plausible_change_flips_is_said_to_stand(rule, answers):
    model = rule(lambda _: 0.1)
    block = adversarial.measure(model, MODEL, answers(model, ROWS), SPREADS)["by_decision"]
    assert (block["0"]["rows"], block["0"]["not_flipped"]) == (100, 100)
    assert block["0"]["median_change"] is None
    assert block["1"]["rows"] == 0


def test_a_decision_that_hangs_on_a_facet_alone_is_counted_as_that(rule, answers):
    model = rule(lambda row: 1.0 if row[2] == "a" else 0.0)
    blocks = adversarial.measure(model, MODEL, answers(model, ROWS), SPREADS)["by_decision"]
    for block in blocks.values():
        assert block["flipped_by_a_facet_alone"] == block["rows"] > 0
        assert [each["feature"] for each in block["features"]] == ["group"]


def test_no_plausible_change_is_free_or_leaves_the_training_rows():
    for row, own in zip(ROWS, changes(ROWS, SPREADS), strict=True):
        for change in own:
            assert change.cell != row[change.at]
            assert change.cell in SPREADS[change.at].cells
            assert 0.0 < change.size <= 1.0


def test_every_flip_of_a_real_model_is_one(built):
    """Each row's smallest change is made again, one cell at a time."""
    test = built.parts["test"]
    refused = test.take(np.flatnonzero(test.predictions == 1))
    found = adversarial.search(built.predictor, refused, 1, built.spreads)
    assert any(each.columns for each in found)
    for row, own, each in zip(
        refused.rows, changes(refused.rows, built.spreads), found, strict=True
    ):
        if len(each.columns) == 1:
            same = [c for c in own if (c.at, c.size) == (each.columns[0], each.size)]
            answers = built.predictor.predict([change.of(row) for change in same])
            assert 0 in {answer.prediction for answer in answers}


def test_the_fraud_models_inputs_that_say_nothing_move_it_least(built):
    found = sensitivity.measure(built.predictor, built.parts["test"], built.spreads)
    order = [each["feature"] for each in found["features"]]
    assert set(order) == set(fraud.SCHEMA.names)
    assert order.index("transactions_24h") < order.index("basket_items")
