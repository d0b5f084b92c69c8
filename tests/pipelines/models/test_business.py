"""What the business says of a file's model: taken as it stands, refused where it says nothing."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from monitoring.errors import ConfigError
from pipelines import data, preprocess
from pipelines.models import MODELS
from pipelines.models.base import Costs, Facet, Limits, Model
from pipelines.models.business import SETTINGS, stated
from serving.schema import Column, Schema

COLUMNS = (Column("income", "numeric"), Column("sex", "categorical"))
MODEL = Model("loans", Schema(COLUMNS), "bad", "1", "loans.csv, 10 rows")


@pytest.fixture
def said(tmp_path):
    """Write a statement, and read the model with it."""

    def said(document):
        path = tmp_path / "business.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return stated(MODEL, path)

    return said


def test_what_it_says_is_the_models(said):
    found = said(
        {
            "costs": {"false_negative": 12},
            "limits": {"min_auc": 0.7},
            "capacity": 0.05,
            "facets": [{"column": "sex", "values": ["f"]}],
            "favourable": 0,
            "segments": ["sex"],
        }
    )
    assert found.costs == Costs(1.0, 12)
    assert found.limits == Limits(min_auc=0.7)
    assert (found.capacity, found.favourable, found.segments) == (0.05, 0, ("sex",))
    assert found.facets == (Facet("sex", ("f",)),)
    assert (found.schema, found.positive, found.source) == (MODEL.schema, "1", MODEL.source)


def test_what_it_leaves_out_stays(said):
    assert said({}) == MODEL


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_worked_examples_own_statement_can_be_written_so(model, tmp_path):
    document = {name: value for name, value in model.to_json().items() if name in SETTINGS}
    assert document.keys() == set(SETTINGS)
    path = tmp_path / "business.json"
    path.write_text(json.dumps(document))
    assert stated(model, path).to_json() == model.to_json()


@pytest.mark.parametrize(
    "document,reason",
    [
        ("{", r"cannot be read as JSON \(JSONDecodeError\)"),
        ([], "is no JSON object"),
        ({"cost": {}}, r"cost is no setting; did you mean costs\?"),
        ({"name": "x", "label": "y"}, "name is no setting; .*; label is no setting"),
        ({"costs": {"false_postive": 1}}, r"costs.false_postive is no setting; did you mean"),
        ({"costs": 12}, "costs is no object of false_positive, false_negative"),
        ({"costs": {"false_positive": "12"}}, "false_positive costs 12"),
        ({"costs": {"false_positive": True}}, "false_positive costs True"),
        ({"costs": {"false_positive": 0}}, "costs more than nothing"),
        ('{"limits": {"min_auc": NaN}}', "min_auc is nan; a limit is a number"),
        ({"limits": {"min_auc": "0.7"}}, "min_auc is '0.7'; a limit is a number"),
        ({"capacity": "all"}, "capacity is all; it is a share"),
        ({"favourable": 2}, "favourable is 2; an answer is 0 or 1"),
        ({"facets": [{"values": ["f"]}]}, "a facet lacks its column"),
        ({"facets": [{"column": "sex", "values": []}]}, "the facet of sex has the values"),
        ({"facets": [{"column": "age", "values": [1]}]}, "the schema has no column age"),
        ({"segments": ["age"]}, "the schema has no column age"),
    ],
)
def test_what_means_nothing_is_refused_by_name(said, document, reason):
    with pytest.raises(ConfigError, match=f"business.json: .*{reason}"):
        said(document)


def test_a_files_model_is_held_to_it_from_the_first_step_on(tmp_path):
    (tmp_path / "some.csv").write_text(
        "x,sex,y\n" + "".join(f"{i},{'fm'[i % 2]},{int(i % 3 == 0)}\n" for i in range(90, 0, -1))
    )
    (tmp_path / "business.json").write_text('{"limits": {"min_auc": 0.9}}')
    arguments = ("--data", "some.csv", "--label", "y", "--business", "business.json")
    given = [str(tmp_path / each) if "." in each else each for each in arguments]
    done = CliRunner().invoke(preprocess.main, [*given, "--output", str(tmp_path / "data")])
    assert done.exit_code == 0, done.output
    assert data.read_model(tmp_path / "data").limits == Limits(min_auc=0.9)


def test_a_worked_example_takes_no_second_statement(tmp_path):
    arguments = ("--model", "fraud", "--business", __file__, "--output", str(tmp_path))
    refused = CliRunner().invoke(preprocess.main, arguments)
    assert refused.exit_code == 2
    assert "a worked example has its own" in refused.output
