"""What the demo plants: where it says, of the kind it says, and nowhere else."""

from __future__ import annotations

import random

import pytest

from moto_fixtures.traffic import (
    UNSEEN_CATEGORY,
    Request,
    number,
    plant,
    shifted,
)
from serving.schema import Column, Schema

SCHEMA = Schema(
    (
        Column("age", "numeric"),
        Column("channel", "categorical"),
        Column("flag", "numeric"),
    )
)
ROWS = [[str(20 + index % 50), "web", str(index % 2)] for index in range(1000)]


def disturbed(planted):
    chance = random.Random(7)  # noqa: S311 (seeded on purpose)
    for row in ROWS:
        changed = Request(row, "0")
        for disturbance in planted:
            changed = disturbance.change(changed, chance)
        yield changed.row


def test_each_disturbance_touches_its_own_column_only():
    planted = plant(SCHEMA, ROWS)
    assert [one.subject for one in planted] == ["age", "flag", "channel"]
    for one in planted:
        others = [i for i in range(3) if SCHEMA.names[i] != one.subject]
        assert all(
            [new[i] for i in others] == [old[i] for i in others]
            for new, old in zip(disturbed([one]), ROWS, strict=True)
        )


def test_what_is_planted_is_there():
    rows = list(disturbed(plant(SCHEMA, ROWS)))
    assert min(int(row[0]) for row in rows) > 50
    assert 0.2 < sum(row[2] is None for row in rows) / len(rows) < 0.3
    assert 0.05 < sum(row[1] == UNSEEN_CATEGORY for row in rows) / len(rows) < 0.15


def test_named_columns_are_taken_as_they_are():
    planted = plant(SCHEMA, ROWS, ("flag", "age", "channel"))
    assert [one.subject for one in planted] == ["flag", "age", "channel"]


@pytest.mark.parametrize(
    ("kinds", "planted"),
    [
        pytest.param(["numeric"], ["a"], id="one numeric column"),
        pytest.param(["categorical"], ["a"], id="one categorical column"),
        pytest.param(["numeric", "numeric"], ["a", "b"], id="no categorical column"),
    ],
)
def test_a_table_without_a_fitting_column_loses_that_disturbance_only(kinds, planted):
    schema = Schema(tuple(Column(n, k) for n, k in zip("abc", kinds, strict=False)))
    rows = [[str(index)] * len(kinds) for index in range(10)]
    assert [one.subject for one in plant(schema, rows)] == planted


def test_a_whole_number_stays_one_and_a_gap_stays_a_gap():
    one = shifted("x", 0, [["1"], ["3"], [None], ["?"]])
    chance = random.Random(0)  # noqa: S311 (seeded on purpose)
    cells = [one.change(Request([cell], "0"), chance).row[0] for cell in ("1", "2.5", None, "?")]
    assert cells == ["4", "5.5", None, "?"]
    assert number("4") == 4.0
