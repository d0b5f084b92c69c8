"""What is read of an analysis_config.json, and how its mistakes are told."""

from __future__ import annotations

import pytest

from monitoring.errors import ConfigError
from monitoring.monitors.bias_settings import POST_NAMES, PRE_NAMES, BiasSettings, Rule

LEAST = {
    "label": "risk",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "sex", "value_or_threshold": ["f"]}],
}
HEADERS = ["risk", "sex", "age", "town"]


def problems(document: object) -> str:
    with pytest.raises(ConfigError) as caught:
        BiasSettings.of(document, "c.json")
    assert str(caught.value).startswith("c.json: ")
    return str(caught.value)


def test_the_least_that_a_monitoring_configuration_holds():
    settings = BiasSettings.of(LEAST)
    assert settings.label == Rule("risk", ("1",))
    assert settings.facets == (Rule("sex", ("f",)),)
    assert settings.probability_threshold == 0.5
    assert (settings.pre_training, settings.post_training) == (PRE_NAMES, POST_NAMES)


def test_places_are_places_in_the_headers():
    settings = BiasSettings.of(
        {
            **LEAST,
            "headers": HEADERS,
            "label": 0,
            "facet": [{"name_or_index": 2, "value_or_threshold": [40]}, {"name_or_index": "1"}],
            "group_variable": 3,
            "excluded_columns": [2],
        }
    )
    assert settings.label.column == "risk"
    assert [facet.column for facet in settings.facets] == ["age", "sex"]
    assert settings.group_variable == "town"
    assert settings.excluded == ("age",)
    assert settings.features == ("sex", "age", "town")


def test_places_without_headers_are_positions():
    settings = BiasSettings.of({**LEAST, "facet": [{"name_or_index": 9}]})
    assert settings.facets == (Rule("_c9"),)


def test_a_label_of_json_is_a_path_and_no_header():
    document = {**LEAST, "headers": ["sex"], "label": "a.b", "dataset_type": "application/json"}
    assert BiasSettings.of(document).label.column == "a.b"


def test_the_endpoints_threshold_wins():
    document = {**LEAST, "probability_threshold": 0.8}
    assert BiasSettings.of(document).probability_threshold == 0.8
    assert BiasSettings.of(document, probability_threshold=0.3).probability_threshold == 0.3


@pytest.mark.parametrize(
    ("values", "threshold"),
    [
        ([40], 40),
        ([0.5], 0.5),
        (40, 40),
        (["40"], 40),
        ([40, 50], None),
        (["f"], None),
        ([True], None),
        ([], None),
    ],
)
def test_one_number_can_be_a_threshold(values, threshold):
    settings = BiasSettings.of(
        {**LEAST, "facet": [{"name_or_index": "age", "value_or_threshold": values}]}
    )
    assert settings.facets[0].threshold == threshold


def test_methods_choose_metrics():
    settings = BiasSettings.of(
        {**LEAST, "methods": {"pre_training_bias": {"methods": ["DPL", "CI"]}, "report": {}}}
    )
    assert (settings.pre_training, settings.post_training) == (("CI", "DPL"), ())


def test_every_problem_is_told_at_once():
    text = problems(
        {
            "headers": HEADERS,
            "label": "riks",
            "facet": [{"value_or_threshold": [1]}, {"name_or_index": 12}],
            "group_varible": "town",
            "probability_threshold": 2,
            "methods": {"pre_training_bias": {"methods": ["DI"]}},
        }
    )
    for part in (
        "'label' names 'riks'",
        "'label_values_or_threshold' is missing",
        "facet[0] has no 'name_or_index'",
        "facet[1] names '12'",
        "'group_varible' is not known; did you mean 'group_variable'",
        "'probability_threshold' must be a number from 0 to 1",
        "methods.pre_training_bias.methods must be 'all' or a list of CDDL",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"facet": []}, "'facet' must list one object or more"),
        ({"facet": "sex"}, "'facet' must list one object or more"),
        ({"facet": [{"name_or_index": True}]}, "must be a column's name or place"),
        ({"facet": LEAST["facet"] * 2}, "facet 'sex' is listed twice"),
        ({"label": None}, "'label' is missing"),
        ({"label_values_or_threshold": [[1]]}, "must hold numbers and texts only"),
        ({"methods": {"shap": {}}}, "no bias is asked"),
        ({"headers": "risk,sex"}, "'headers' must be a list of column names"),
        ({"headers": ["risk"]}, "'sex', which is not among the headers"),
    ],
)
def test_a_mistake_is_named(change, message):
    assert message in problems({**LEAST, **change})


@pytest.mark.parametrize("document", [None, [], "x", 3])
def test_what_is_no_object_is_refused(document):
    assert "must be a JSON object" in problems(document)


def test_keys_of_newer_files_are_let_pass():
    assert BiasSettings.of({**LEAST, "time_series_data_config": {}}) == BiasSettings.of(LEAST)
