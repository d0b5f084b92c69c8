"""Model cards: versions of a content, and the status of the newest."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.building import client

CARD = {"ModelCardName": "fraud"}
FIRST, SECOND = (json.dumps({"model_overview": {"model_name": name}}) for name in ("a", "b"))


@pytest.fixture
def sagemaker(session: boto3.Session) -> Any:
    made = client(session, "sagemaker")
    made.create_model_card(**CARD, Content=FIRST, ModelCardStatus="Draft")
    return made


def versions(sagemaker: Any, **asked: Any) -> list[tuple[int, str]]:
    pages = sagemaker.get_paginator("list_model_card_versions").paginate(
        **CARD, **asked, PaginationConfig={"PageSize": 1}
    )
    found = [one for page in pages for one in page["ModelCardVersionSummaryList"]]
    return [(one["ModelCardVersion"], one["ModelCardStatus"]) for one in found]


def test_another_content_is_another_version(sagemaker: Any) -> None:
    sagemaker.update_model_card(**CARD, Content=SECOND)
    assert versions(sagemaker, SortOrder="Ascending") == [(1, "Draft"), (2, "Draft")]
    contents = [
        sagemaker.describe_model_card(**CARD, ModelCardVersion=number)["Content"]
        for number in (1, 2)
    ]
    assert contents == [FIRST, SECOND]
    assert sagemaker.describe_model_card(**CARD)["ModelCardVersion"] == 2


def test_a_status_is_the_newest_versions_and_keeps_its_content(sagemaker: Any) -> None:
    sagemaker.update_model_card(**CARD, ModelCardStatus="Approved")
    found = sagemaker.describe_model_card(**CARD)
    assert (found["ModelCardVersion"], found["ModelCardStatus"]) == (1, "Approved")
    assert found["Content"] == FIRST
    assert versions(sagemaker, ModelCardStatus="Draft") == []


def test_cards_are_listed_by_name_and_status(sagemaker: Any) -> None:
    sagemaker.create_model_card(ModelCardName="loan", Content=FIRST, ModelCardStatus="Approved")
    listed = sagemaker.list_model_cards(SortBy="Name", SortOrder="Ascending")["ModelCardSummaries"]
    assert [one["ModelCardName"] for one in listed] == ["fraud", "loan"]
    (approved,) = sagemaker.list_model_cards(ModelCardStatus="Approved")["ModelCardSummaries"]
    assert approved["ModelCardName"] == "loan"


def test_a_card_has_tags(sagemaker: Any) -> None:
    arn = sagemaker.describe_model_card(**CARD)["ModelCardArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "risk"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "risk"}]


def test_a_deleted_card_is_gone_with_its_versions(sagemaker: Any) -> None:
    sagemaker.delete_model_card(**CARD)
    with pytest.raises(ClientError, match="does not exist") as refused:
        versions(sagemaker)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("action", "asked", "why"),
    [
        ("create", {**CARD, "Content": FIRST, "ModelCardStatus": "Draft"}, "already exists"),
        ("update", {**CARD, "Content": "a letter"}, "is no JSON"),
        ("describe", {**CARD, "ModelCardVersion": 7}, "has no version 7"),
        ("describe", {**CARD, "IncludedData": "MetadataOnly"}, "is not simulated"),
    ],
)
def test_what_cannot_be_done_is_refused(
    sagemaker: Any, action: str, asked: dict[str, Any], why: str
) -> None:
    with pytest.raises(ClientError, match=why):
        getattr(sagemaker, f"{action}_model_card")(**asked)
    assert versions(sagemaker) == [(1, "Draft")]
