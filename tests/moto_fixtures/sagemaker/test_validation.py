"""Requests are refused in AWS's words, constraint by constraint."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from monitoring.kinds import DATA_QUALITY
from moto_fixtures.sagemaker.errors import AWSValidationException
from moto_fixtures.sagemaker.validation import broken_constraints, check, compiled
from tests.moto_fixtures.building import client, job_definition

MODEL = get_session().get_service_model("sagemaker")
NAME = MODEL.shape_for("MonitoringJobDefinitionName")
PYTHON_CANNOT_SAY = {
    "AthenaCatalog",
    "Catalog",
    "CustomerMetadataKey",
    "CustomerMetadataValue",
    "Database",
    "TableName",
}
"""Shapes whose pattern is left unchecked: surrogates in a class, a repeated `$`."""


def create_shape() -> Any:
    return MODEL.operation_model("CreateDataQualityJobDefinition").input_shape


def test_a_good_request_breaks_nothing() -> None:
    assert list(broken_constraints(create_shape(), job_definition(DATA_QUALITY, "e"))) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"JobDefinitionName": "bad_name_"},
            "Value 'bad_name_' at 'jobDefinitionName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        ),
        (
            {"JobDefinitionName": "n" * 70},
            f"Value '{'n' * 70}' at 'jobDefinitionName' failed to satisfy constraint: "
            "Member must have length less than or equal to 63",
        ),
        (
            {"RoleArn": None},
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 86401}},
            "Value '86401' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy "
            "constraint: Member must have value less than or equal to 86400",
        ),
    ],
    ids=["pattern", "length", "required", "range"],
)
def test_each_constraint_has_its_sentence(change: dict[str, Any], sentence: str) -> None:
    request = {**job_definition(DATA_QUALITY, "e"), **change}
    assert sentence in list(broken_constraints(create_shape(), request))


def test_an_instance_type_is_looked_up_in_botocores_list_and_its_place_is_named() -> None:
    request = job_definition(DATA_QUALITY, "e")
    request["JobResources"]["ClusterConfig"]["InstanceType"] = "ml.made-up.large"
    (sentence,) = broken_constraints(create_shape(), request)
    assert sentence.startswith(
        "Value 'ml.made-up.large' at 'jobResources.clusterConfig.instanceType' failed to satisfy "
        "constraint: Member must satisfy enum value set: [ml.t3.medium, "
    )


def test_all_broken_constraints_are_told_at_once() -> None:
    request = {**job_definition(DATA_QUALITY, "e"), "JobDefinitionName": "_", "RoleArn": None}
    with pytest.raises(AWSValidationException, match="2 validation errors detected"):
        check(create_shape(), request)


def test_a_place_in_a_list_is_counted_from_one() -> None:
    shape = MODEL.operation_model("CreateEndpointConfig").input_shape
    variants = [{"VariantName": "a", "ModelName": "m"}, {"VariantName": "_", "ModelName": "m"}]
    request = {"EndpointConfigName": "c", "ProductionVariants": variants}
    (sentence,) = broken_constraints(shape, request)
    assert "at 'productionVariants.2.member.variantName'" in sentence


@given(st.from_regex(re.compile(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,30}"), fullmatch=True))
def test_letters_digits_and_single_hyphens_make_a_name(name: str) -> None:
    assert list(broken_constraints(NAME, name)) == []


@given(st.text(min_size=1, max_size=128))
def test_tags_of_any_script_are_accepted_if_they_hold_only_letters(text: str) -> None:
    letters = "".join(character for character in text if character.isalpha())
    shape = MODEL.shape_for("TagValue")
    assert list(broken_constraints(shape, letters)) == []


def test_the_patterns_python_cannot_say_are_known() -> None:
    """Whoever raises botocore's version sees which new shapes go unchecked."""
    unsaid = set()
    for name in MODEL.shape_names:
        pattern = MODEL.shape_for(name).metadata.get("pattern")
        if pattern and compiled(pattern) is None:
            unsaid.add(name)
    assert unsaid == PYTHON_CANNOT_SAY


def test_the_api_answers_a_validation_exception(session: boto3.Session) -> None:
    sagemaker = client(session, "sagemaker")
    with pytest.raises(sagemaker.exceptions.ClientError, match="1 validation error detected") as e:
        sagemaker.describe_monitoring_schedule(MonitoringScheduleName="trailing-")
    assert e.value.response["Error"]["Code"] == "ValidationException"
    assert e.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
