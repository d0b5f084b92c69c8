"""From a package's entries to the files a monitor reads."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring import baselines
from monitoring.baselines import DerivedFile
from monitoring.errors import DocumentError
from monitoring.kinds import BIAS, EXPLAINABILITY, KINDS

PRE = {"version": "1.0", "pre_training_bias_metrics": {"label": "y", "facets": {}}}
POST = {"version": "1.0", "post_training_bias_metrics": {"label": "y", "facets": {}}}
WHOLE = {
    monitor: {member: {"S3Uri": f"s3://drift/{monitor}/{member}"} for member in members}
    for monitor, members in baselines.MEMBERS.items()
}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.text(max_size=5), JSON, max_size=3)
FEW = settings(max_examples=40, deadline=None)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_whole_package_supplies_every_need(kind) -> None:
    for need in baselines.needs(kind):
        assert [part["S3Uri"] for part in need.found_in(WHOLE)] == [
            f"s3://drift/{kind.drift_check}/{member}" for member in need.members
        ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_empty_package_supplies_none(kind) -> None:
    found, notes = baselines.complete({}, {})
    assert not notes
    assert not any(need.found_in(found) for need in baselines.needs(kind))


def test_drift_check_baselines_win_over_model_metrics() -> None:
    spare = {m: {x: {"S3Uri": "s3://metrics/x"} for x in WHOLE[m]} for m in WHOLE}
    assert baselines.complete(WHOLE, spare) == (WHOLE, {})


def test_every_gap_that_is_filled_is_said() -> None:
    spare = {"Bias": {"PostTrainingReport": {"S3Uri": "s3://metrics/post"}}}
    only_pre = {"Bias": {"PreTrainingConstraints": {"S3Uri": "s3://drift/pre"}}}
    found, filled_from = baselines.complete(only_pre, spare)
    assert found["Bias"]["PostTrainingConstraints"] == {"S3Uri": "s3://metrics/post"}
    assert filled_from == {"Bias.PostTrainingConstraints": "ModelMetrics.Bias.PostTrainingReport"}


def test_one_combined_bias_report_stands_for_both() -> None:
    report = {"Bias": {"Report": {"S3Uri": "s3://metrics/all"}}}
    found, filled_from = baselines.complete({}, report)
    assert {part["S3Uri"] for part in found["Bias"].values()} == {"s3://metrics/all"}
    assert len(filled_from) == 2


def test_a_combined_report_does_not_displace_a_registered_half() -> None:
    registered = {"Bias": {"PreTrainingConstraints": {"S3Uri": "s3://drift/pre"}}}
    found, _ = baselines.complete(registered, {"Bias": {"Report": {"S3Uri": "s3://metrics/all"}}})
    assert found == registered


def test_either_half_of_the_bias_constraints_is_enough() -> None:
    constraints = baselines.needs(BIAS)[0]
    assert constraints.found_in({"Bias": {"PostTrainingConstraints": {"S3Uri": "s3://b/k"}}})


def test_merging_keeps_both_sections_whole() -> None:
    assert baselines.merge_bias([("pre", PRE), ("post", POST)]) == {**PRE, **POST}


def test_merging_a_whole_analysis_with_itself_changes_nothing() -> None:
    whole = {**PRE, **POST}
    assert baselines.merge_bias([("a", whole), ("a", whole)]) == whole


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        pytest.param([("s3://b/a.json", {"version": "1.0"})], "holds neither", id="no section"),
        pytest.param([("s3://b/a.json", [])], "is a list", id="no object"),
        pytest.param(
            [("pre", PRE), ("s3://b/a.json", {"pre_training_bias_metrics": {"label": "z"}})],
            "differ from those of the other",
            id="contradiction",
        ),
    ],
)
def test_what_is_no_bias_analysis_is_refused_by_name(documents, said: str) -> None:
    with pytest.raises(DocumentError, match=rf"s3://b/a\.json: .*{said}"):
        baselines.merge_bias(documents)


@FEW
@given(OBJECTS, OBJECTS)
def test_naming_the_model_changes_nothing_else(config: dict, predictor: dict) -> None:
    named = baselines.name_model("c.json", {**config, "predictor": predictor}, "new")
    assert named["predictor"]["model_name"] == "new"
    assert "endpoint_name" not in named["predictor"]
    untouched = predictor.keys() - {"model_name", "endpoint_name"}
    assert {key: named["predictor"][key] for key in untouched} == {
        key: predictor[key] for key in untouched
    }
    assert {k: v for k, v in named.items() if k != "predictor"} == {
        k: v for k, v in config.items() if k != "predictor"
    }


def test_a_predictor_that_is_no_object_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"c\.json: predictor: must be a JSON object"):
        baselines.name_model("c.json", {"predictor": "model"}, "new")


@FEW
@given(OBJECTS, OBJECTS)
def test_two_files_share_a_key_only_if_they_share_their_content(one: dict, other: dict) -> None:
    files = [DerivedFile("c.json", baselines.to_bytes(d), "s3://b/p") for d in (one, other)]
    assert (files[0].uri == files[1].uri) == (files[0].content == files[1].content)


@FEW
@given(JSON)
def test_bytes_are_the_document_again(document) -> None:
    assert json.loads(baselines.to_bytes(document)) == document


def test_only_the_rewritten_files_are_derived() -> None:
    derived = {need.parameter for kind in KINDS for need in baselines.needs(kind) if need.derived}
    assert derived == {"ModelBiasConstraintsS3Uri", f"{EXPLAINABILITY.name}ConfigS3Uri"}
