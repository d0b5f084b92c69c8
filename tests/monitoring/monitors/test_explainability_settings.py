"""analysis_config.json for SHAP: what is read, and every problem at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from monitoring.errors import ConfigError, UsageError
from monitoring.monitors.explainability_settings import ExplainabilityConfig


def config(shap: Any = None, **keys: Any) -> dict[str, Any]:
    given = {"baseline": [[38, "web"]], "num_samples": 15, **(shap or {})}
    return {"version": "1.0", "headers": ["Age", "Channel"], "methods": {"shap": given}, **keys}


def ones(rows: Any) -> np.ndarray:
    return np.ones((len(rows), 1))


def test_what_is_no_feature_is_taken_out_by_name_or_place():
    document = config(
        headers=["id", "Target", "Age", "Score", "Channel"],
        label=1,
        predicted_label="Score",
        joinsource_name_or_index="id",
    )
    assert ExplainabilityConfig.of(document).features == ("Age", "Channel")


def test_a_jmespath_label_takes_no_header_out():
    assert ExplainabilityConfig.of(config(label="predictions[0].label")).features == (
        "Age",
        "Channel",
    )


def test_the_probability_is_the_score_before_the_label():
    both = config(predictor={"label": 0, "probability": 1})
    assert ExplainabilityConfig.of(both).predictor.output == "1"
    assert ExplainabilityConfig.of(config(predictor={"label": 0})).predictor.output == "0"


def test_the_files_score_wins_over_the_endpoint_inputs_attribute():
    named = ExplainabilityConfig.of(config(predictor={"probability": 1}))
    assert named.scored_by("0").predictor.output == "1"
    assert ExplainabilityConfig.of(config()).scored_by("0").predictor.output == "0"


def test_settings_take_over_what_the_file_says():
    shap = {"agg_method": "median", "use_logit": True, "seed": 7, "exact": True}
    settings = ExplainabilityConfig.of(config(shap)).settings(ones)
    assert settings.baseline == (("38", "web"),)
    assert (settings.agg_method, settings.use_logit, settings.seed) == ("median", True, 7)
    assert settings.exact


def test_without_a_number_of_samples_it_grows_with_the_features():
    settings = ExplainabilityConfig.of(config({"num_samples": None})).settings(ones)
    assert settings.num_samples == 2 * 2 + 2048


def test_local_values_are_written_only_when_asked_for():
    saved = ExplainabilityConfig.of(config({"save_local_shap_values": True}))
    assert saved.settings(ones).saves_local_values
    assert not ExplainabilityConfig.of(config()).settings(ones).saves_local_values


def test_features_to_explain_are_names_or_places_among_the_headers():
    document = config({"features_to_explain": ["Channel", 0]}, headers=["Age", "Channel", "Paid"])
    read = ExplainabilityConfig.of(
        document
        | {
            "label": "Paid",
            "methods": {"shap": {"baseline": [[38, "web"]], "features_to_explain": ["Channel", 0]}},
        }
    )
    assert read.settings(ones).explained == ("Channel", "Age")


def test_a_baseline_elsewhere_is_named_and_then_given():
    read = ExplainabilityConfig.of(config({"baseline": "s3://bucket/baseline.csv"}))
    assert read.baseline_uri == "s3://bucket/baseline.csv"
    assert read.settings(ones, [["1", None]]).baseline == (("1", None),)
    with pytest.raises(UsageError, match="no baseline rows"):
        ExplainabilityConfig.of(config({"baseline": None})).settings(ones)


def test_too_many_baseline_rows_are_refused():
    with pytest.raises(UsageError, match="1001 rows are more than 1000"):
        ExplainabilityConfig.of(config({"baseline": [[1, 2]] * 1001})).settings(ones)


WRONG: dict[str, tuple[Any, str]] = {
    "no object": ([], "must be an object"),
    "no shap": ({"methods": {"pdp": {}}}, "shap must be an object"),
    "samples": (config({"num_samples": "100"}), "num_samples must be a whole number"),
    "one sample": (config({"num_samples": 1}), "from 2 to"),
    "method": (config({"agg_method": "max"}), "one of mean_abs, median, mean_sq"),
    "logit": (config({"use_logit": "yes"}), "use_logit must be true or false"),
    "text": (config({"text_config": {}}), "text_config explains words or sentences"),
    "features to explain": (
        config({"features_to_explain": ["Age", "Shoe size", 7]}),
        "names 'Shoe size', 7, and headers does not",
    ),
    "features to explain, one": (config({"features_to_explain": "Age"}), "list of names or places"),
    "data set": (config(dataset_type="text/xml"), "dataset_type is one of"),
    "content template": (
        config(predictor={"content_type": "application/json", "content_template": "{}"}),
        r"content_template must have \$records",
    ),
    "record template": (
        config(predictor={"content_type": "application/json", "record_template": '{"x": "$f"}'}),
        r"record_template must have \$features",
    ),
    "template of a line": (
        config(predictor={"content_type": "application/jsonlines", "content_template": "[]"}),
        r"content_template must have \$features",
    ),
    "width": (config({"baseline": [[1, 2, 3]]}), "rows of 3 values, but there are 2 features"),
    "ragged": (config({"baseline": [[1], [1, 2]]}, headers=[]), "equally long"),
    "nested": (config({"baseline": [[1, [2]]]}), "in the place of a value"),
    "flat": (config({"baseline": [1, 2]}), "a list of rows"),
    "headers": (config(headers=["Age", "Age"]), "has a name twice"),
    "media type": (config(predictor={"content_type": "text/xml"}), "content_type is one of"),
    "two models": (
        config(predictor={"model_name": "a", "endpoint_name": "b", "instance_type": "c"}),
        "both model_name and endpoint_name",
    ),
    "prefix": (config(predictor={"endpoint_name_prefix": "a--b"}), "30 letters, digits and single"),
    "long prefix": (config(predictor={"endpoint_name_prefix": "a" * 31}), "takes 1 to 30"),
    "no instance": (config(predictor={"model_name": "a"}), "instance_type is missing"),
    "output": (config(predictor={"probability": [1]}), "a position or a JMESPath"),
}


@pytest.mark.parametrize(("document", "problem"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(document, problem):
    with pytest.raises(ConfigError, match=problem):
        ExplainabilityConfig.of(document)


def test_all_problems_are_listed_at_once():
    document = config({"num_samples": 0, "agg_method": "max"}, predictor={"content_type": "x"})
    with pytest.raises(ConfigError, match=r"num_samples.*agg_method.*content_type"):
        ExplainabilityConfig.of(document, "s3://bucket/analysis_config.json")
