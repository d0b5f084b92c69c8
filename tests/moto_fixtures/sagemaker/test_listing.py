"""Filters, sort order and pages, for every List action alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_fixtures.sagemaker.errors import AWSValidationException
from moto_fixtures.sagemaker.listing import Listing

START = datetime(2026, 1, 1)
LISTING = Listing(
    result="Things",
    sort={"CreationTime": "CreationTime", "Name": "ThingName"},
    equal={"StatusEquals": "Status"},
    contains={"NameContains": "ThingName"},
)


def things(count: int) -> list[dict[str, Any]]:
    return [
        {
            "ThingName": f"Thing-{n:03d}",
            "Status": "even" if n % 2 == 0 else "odd",
            "CreationTime": START + timedelta(hours=n),
        }
        for n in range(count)
    ]


def names(answer: dict[str, Any]) -> list[str]:
    return [thing["ThingName"] for thing in answer["Things"]]


@given(count=st.integers(0, 60), size=st.integers(1, 25))
def test_the_pages_together_are_the_whole_list_once(count: int, size: int) -> None:
    request: dict[str, Any] = {"MaxResults": size, "SortOrder": "Ascending"}
    seen: list[str] = []
    while True:
        answer = LISTING.answer(things(count), request)
        assert len(answer["Things"]) <= size
        seen += names(answer)
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert seen == [thing["ThingName"] for thing in things(count)]


def test_the_newest_comes_first_and_ten_make_a_page() -> None:
    answer = LISTING.answer(things(12), {})
    assert names(answer)[0] == "Thing-011"
    assert len(answer["Things"]) == 10


def test_a_name_is_found_by_a_part_of_it_in_any_case() -> None:
    assert names(LISTING.answer(things(12), {"NameContains": "THING-011"})) == ["Thing-011"]


def test_filters_by_time_are_strict_and_take_either_kind_of_time() -> None:
    answer = LISTING.answer(
        things(5),
        {
            "CreationTimeAfter": START.replace(tzinfo=UTC),
            "CreationTimeBefore": START + timedelta(hours=3),
            "SortOrder": "Ascending",
        },
    )
    assert names(answer) == ["Thing-001", "Thing-002"]


def test_filters_add_up() -> None:
    answer = LISTING.answer(things(4), {"StatusEquals": "odd", "NameContains": "3"})
    assert names(answer) == ["Thing-003"]


@pytest.mark.parametrize("token", ["not base64!", "bm8="], ids=["no base64", "no number"])
def test_a_token_that_is_none_of_ours_is_refused(token: str) -> None:
    with pytest.raises(AWSValidationException, match="Invalid NextToken"):
        LISTING.answer(things(1), {"NextToken": token})
