"""Every worked example: what the steps, the endpoint and the demo rely on."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from monitoring.errors import UsageError
from pipelines.models import MODELS, model_for
from pipelines.models.base import Costs, Facet, Model
from serving.encoder import NotANumber, RowEncoder
from serving.schema import ANSWER_COLUMNS


@pytest.fixture(params=MODELS, ids=lambda model: model.name)
def model(request) -> Model:
    return request.param


def test_the_models_are_these():
    assert [model.name for model in MODELS] == ["fraud", "loan_default"]


def test_a_model_is_found_by_its_name(model):
    assert model_for(model.name) is model


def test_an_unknown_model_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="choose one of: fraud, loan_default"):
        model_for("frauds")


def test_a_description_is_read_as_it_was_written(model):
    read = Model.from_json(model.to_json())
    assert read.to_json() == model.to_json()


def test_names_differ_and_leave_room_for_the_answers(model):
    names = (*model.schema.names, model.label)
    assert len(set(names)) == len(names)
    assert not set(names) & set(ANSWER_COLUMNS)


def test_every_column_says_what_it_is(model):
    assert all(column.description for column in model.schema.columns)


def test_made_up_rows_fit_the_schema(model):
    table = model.generate(500, 1)
    assert {len(row) for row in table.rows} == {len(model.schema.columns)}
    encoder = RowEncoder(model.schema.numeric, model.schema.categorical)
    try:
        encoder.fit(table.rows)
    except NotANumber as error:
        pytest.fail(f"{model.schema.names[error.column]}: {error}")


def test_a_numeric_column_has_one_type_of_text(model):
    rows = model.generate(3000, 2).rows
    for at in model.schema.numeric:
        assert len({"." in row[at] for row in rows}) == 1, model.schema.names[at]


def test_no_cell_is_missing(model):
    """A clean hour must hold nothing that a baseline has not seen."""
    assert all(cell for row in model.generate(10_000, 3).rows for cell in row)


def test_made_up_cells_are_within_what_the_schema_says(model):
    table = model.generate(10_000, 3)
    for at, column in enumerate(model.schema.columns):
        cells = [row[at] for row in table.rows]
        if column.kind == "categorical":
            assert set(cells) == set(column.categories), column.name
        else:
            values = [float(cell) for cell in cells]
            assert column.minimum is None or column.minimum <= min(values), column.name
            assert column.maximum is None or max(values) <= column.maximum, column.name


def test_every_numeric_column_has_a_least_value_and_every_categorical_one_its_categories(model):
    for column in model.schema.columns:
        known = column.categories if column.kind == "categorical" else column.minimum is not None
        assert known, column.name


def test_the_owner_has_said_what_errors_cost_and_what_a_candidate_must_reach(model):
    assert model.costs.false_negative > model.costs.false_positive
    assert None not in asdict(model.limits).values()
    assert 0 < model.capacity < 0.5
    assert model.facets
    assert {facet.column for facet in model.facets} <= set(model.segments)


def test_a_description_of_an_older_build_gets_the_usual_costs(model):
    document = model.to_json()
    for later in ("costs", "capacity", "segments", "limits"):
        del document[later]
    assert Model.from_json(document).costs == Costs(1.0, 1.0)


@pytest.mark.parametrize(
    "wrong,words",
    [
        ({"capacity": 0.0}, "capacity is 0.0"),
        ({"segments": ("agee",)}, "no column agee"),
        ({"facets": (Facet("agee", (1,)),)}, "no column agee"),
    ],
)
def test_a_model_that_contradicts_itself_is_refused(model, wrong, words):
    with pytest.raises(ValueError, match=words):
        replace(model, **wrong)
