"""Every worked example: what the steps, the endpoint and the demo rely on."""

from __future__ import annotations

import pytest

from monitoring.errors import UsageError
from pipelines.models import MODELS, model_for
from pipelines.models.base import Model
from serving.encoder import NotANumber, RowEncoder
from serving.schema import ANSWER_COLUMNS


@pytest.fixture(params=MODELS, ids=lambda model: model.name)
def model(request) -> Model:
    return request.param


def test_the_models_are_these():
    assert [model.name for model in MODELS] == ["fraud"]


def test_a_model_is_found_by_its_name(model):
    assert model_for(model.name) is model


def test_an_unknown_model_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="choose one of: fraud"):
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


def test_no_cell_is_missing_and_no_category_is_rare(model):
    """A clean hour must hold nothing that a baseline has not seen."""
    rows = model.generate(10_000, 3).rows
    assert all(cell for row in rows for cell in row)
    for at in model.schema.categorical:
        cells = [row[at] for row in rows]
        assert min(cells.count(value) for value in set(cells)) > 100, model.schema.names[at]
