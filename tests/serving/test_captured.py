"""An event is written as SageMaker writes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from serving.captured import Captured, event, name
from serving.exchange import Payload

TIME = datetime(2025, 2, 15, 21, 29, 20, 227_000, tzinfo=UTC)
HEADERS = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/jsonlines"]}


def captured(sent=b"31,2", content_type="text/csv", **more):
    answer = Payload(b"0.125\n", "text/csv; charset=utf-8")
    return Captured(TIME, "b1bfa55b", Payload(sent, content_type), answer, **more)


def test_the_line_is_the_one_aws_writes():
    assert event(captured(), HEADERS) == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "31,2",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "text/csv; charset=utf-8",
                "mode": "OUTPUT",
                "data": "0.125\n",
                "encoding": "CSV",
            },
        },
        "eventMetadata": {"eventId": "b1bfa55b", "inferenceTime": "2025-02-15T21:29:20Z"},
        "eventVersion": "0",
    }


def test_its_members_stand_in_awss_order():
    made = event(captured(inference_id="tx-1", custom_attributes="a=b"), HEADERS)
    assert list(made) == ["captureData", "eventMetadata", "eventVersion"]
    assert list(made["eventMetadata"]) == [
        "eventId",
        "inferenceId",
        "customAttributes",
        "inferenceTime",
    ]
    assert made["eventMetadata"]["customAttributes"] == ["a=b"]


@pytest.mark.parametrize(
    ("sent", "content_type", "data", "encoding"),
    [
        (b"{}\n", "application/jsonlines", "{}\n", "JSON"),
        (b"1", "text/plain", "MQ==", "BASE64"),
        (b"\xff", "text/csv", "/w==", "BASE64"),
        (b"1", "Text/CSV; charset=utf-8", "1", "CSV"),
    ],
)
def test_what_is_not_listed_or_not_text_is_base64(sent, content_type, data, encoding):
    made = event(captured(sent, content_type), HEADERS)["captureData"]["endpointInput"]
    assert (made["data"], made["encoding"]) == (data, encoding)


def test_the_objects_name_holds_the_hour_and_the_moment():
    assert re.fullmatch(
        r"fraud/AllTraffic/2025/02/15/21/29-20-227-[0-9a-f-]{36}\.jsonl",
        name("fraud", "AllTraffic", TIME),
    )
