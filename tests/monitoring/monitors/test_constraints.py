"""constraints.json: every generation is read, every unusable field is listed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from monitoring.errors import DocumentError
from monitoring.measures.table import TableState
from monitoring.monitors.constraints import Constraints, MonitoringConfig, suggested


def document(feature: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    feature = {"name": "city", "inferred_type": "String", "completeness": 1.0, **(feature or {})}
    return {"version": 0.0, "features": [feature], "monitoring_config": config}


def only_feature(**feature: Any) -> Any:
    return Constraints.of(document(feature)).features[0]


def test_what_is_suggested_is_read_back():
    table = TableState.of([pa.record_batch({"n": ["1", "-2"], "t": ["b", "a"]})])
    constraints = Constraints.of(suggested(table))
    assert constraints.names == ("n", "t")
    assert constraints.config == MonitoringConfig()
    assert constraints.features[1].domains == ("a", "b")


def test_is_non_negative_stands_on_numeric_features_only():
    table = TableState.of([pa.record_batch({"n": ["1", "-2"], "p": ["0", "1.5"], "t": ["a", "b"]})])
    features = suggested(table)["features"]
    assert [f.get("num_constraints", {}).get("is_non_negative") for f in features] == [
        False,
        True,
        None,
    ]


def test_a_2021_file_without_the_categorical_keys_gets_aws_defaults():
    config = Constraints.of(document(distribution_constraints={"comparison_threshold": 0.3})).config
    assert config.comparison_threshold == 0.3
    assert config.categorical_drift_method == "LInfinity"
    assert config.categorical_comparison_threshold == 0.1


def test_a_file_without_monitoring_config_gets_aws_defaults():
    assert Constraints.of({"features": []}).config == MonitoringConfig()


def test_an_undefined_threshold_falls_back():
    config = Constraints.of(document(datatype_check_threshold="NaN")).config
    assert config.datatype_check_threshold == 1.0


@pytest.mark.parametrize("key", ["monitoring_config_overrides", "monitoringConfigOverrides"])
@pytest.mark.parametrize("block", [None, "string_constraints", "num_constraints"])
def test_overrides_are_read_under_both_names_in_every_place(key, block):
    override = {
        key: {
            "evaluate_constraints": "Disabled",
            "distribution_constraints": {"comparison_threshold": 0.4},
        }
    }
    feature = only_feature(**(override if block is None else {block: override}))
    assert not feature.config.evaluate_constraints
    assert feature.config.comparison_threshold == 0.4
    assert feature.config.comparison_method == "Robust"


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"evaluate_constraints": "enabled"}, "evaluate_constraints is 'enabled'"),
        ({"emit_metrics": True}, "emit_metrics is True, not one of Enabled, Disabled"),
        ({"datatype_check_threshold": 1.5}, "datatype_check_threshold is 1.5, outside 0 to 1"),
        ({"domain_content_threshold": "0.5"}, "domain_content_threshold: holds a str"),
        (
            {"distribution_constraints": {"comparison_threshold": 1.1}},
            "comparison_threshold is 1.1",
        ),
        (
            {"distribution_constraints": {"comparison_threshold": -0.1}},
            "comparison_threshold is -0.1",
        ),
        (
            {"distribution_constraints": {"comparison_method": "KS"}},
            "comparison_method is 'KS', not one of Robust, Simple",
        ),
        (
            {"distribution_constraints": {"categorical_drift_method": "PSI"}},
            "categorical_drift_method is 'PSI', not one of LInfinity, ChiSquared",
        ),
        ({"distribution_constraints": []}, "distribution_constraints is not an object"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(config, complaint):
    with pytest.raises(DocumentError, match=complaint):
        Constraints.of(document(**config))


@pytest.mark.parametrize(
    ("feature", "complaint"),
    [
        ({"name": 3}, r"features\[0\]\.name"),
        ({"inferred_type": "Integer"}, "'city'.inferred_type is 'Integer'"),
        ({"completeness": 2}, "'city'.completeness is 2.0"),
        ({"string_constraints": {"domains": "a"}}, "domains is not a list"),
        ({"string_constraints": {"domains": [1]}}, "domains holds other than text"),
        ({"num_constraints": []}, "num_constraints is not an object"),
    ],
)
def test_a_feature_that_cannot_be_used_is_named(feature, complaint):
    with pytest.raises(DocumentError, match=complaint):
        Constraints.of(document(feature))


def test_all_problems_are_listed_at_once_with_the_file():
    wrong = document({"completeness": -1}, evaluate_constraints="on")
    with pytest.raises(DocumentError) as raised:
        Constraints.of(wrong, "s3://bucket/constraints.json")
    assert str(raised.value).startswith("s3://bucket/constraints.json: ")
    assert "evaluate_constraints" in str(raised.value)
    assert "completeness" in str(raised.value)


def test_a_feature_that_stands_twice_is_refused():
    with pytest.raises(DocumentError, match="'a' stands twice"):
        Constraints.of({"features": [{"name": "a"}, {"name": "b"}, {"name": "a"}]})


def test_another_monitors_constraints_are_refused():
    with pytest.raises(DocumentError, match="model quality"):
        Constraints.of({"regression_constraints": {}})
