"""Captured events: the line, the key, the sample, and when they are written."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from moto_fixtures import data_capture
from moto_fixtures.data_capture import CaptureBuffer, Invocation, Payload, event
from tests.moto_fixtures.building import BUCKET, CAPTURE, CONTENT_TYPES, Project

TIME = datetime(2026, 1, 31, 10, 29, 20, 227000)
CONFIG: dict[str, Any] = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": CAPTURE,
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": CONTENT_TYPES,
}


def invocation(**other: Any) -> Invocation:
    given = {
        "endpoint": "fraud-staging",
        "variant": "AllTraffic",
        "sent": Payload(b"31,2,999", "text/csv"),
        "answered": Payload(b"0,0.25\n", "text/csv; charset=utf-8"),
        "time": TIME,
    }
    return Invocation(**{**given, **other})


@pytest.fixture
def buffer(project: Project) -> CaptureBuffer:
    del project
    return CaptureBuffer("123456789012", "us-east-1")


def test_the_line_is_as_aws_writes_it() -> None:
    written = event(CONFIG, invocation(inference_id="abc", custom_attributes="trace=1"))
    assert re.fullmatch(r"[0-9a-f-]{36}", written["eventMetadata"].pop("eventId"))
    assert written == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "31,2,999",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "text/csv; charset=utf-8",
                "mode": "OUTPUT",
                "data": "0,0.25\n",
                "encoding": "CSV",
            },
        },
        "eventMetadata": {
            "inferenceId": "abc",
            "customAttributes": ["trace=1"],
            "inferenceTime": "2026-01-31T10:29:20Z",
        },
        "eventVersion": "0",
    }
    assert list(written) == ["captureData", "eventMetadata", "eventVersion"]


@pytest.mark.parametrize(
    ("modes", "sides"),
    [
        (["Input"], {"endpointInput"}),
        (["Output"], {"endpointOutput"}),
        (["InputAndOutput"], {"endpointInput", "endpointOutput"}),
    ],
)
def test_only_the_sides_asked_for_are_captured(modes: list[str], sides: set[str]) -> None:
    config = {**CONFIG, "CaptureOptions": [{"CaptureMode": mode} for mode in modes]}
    assert set(event(config, invocation())["captureData"]) == sides


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/csv", "CSV"),
        ("TEXT/CSV; charset=utf-8", "CSV"),
        ("application/json", "JSON"),
        ("application/x-npy", "BASE64"),
    ],
)
def test_the_encoding_follows_the_content_type(content_type: str, encoding: str) -> None:
    captured = event(CONFIG, invocation(sent=Payload(b"[1]", content_type)))["captureData"]
    assert captured["endpointInput"]["encoding"] == encoding
    if encoding == "BASE64":
        assert base64.b64decode(captured["endpointInput"]["data"]) == b"[1]"


def test_bytes_that_are_no_text_are_never_mangled() -> None:
    captured = event(CONFIG, invocation(sent=Payload(b"\xff\xfe", "text/csv")))["captureData"]
    assert captured["endpointInput"]["encoding"] == "BASE64"
    assert base64.b64decode(captured["endpointInput"]["data"]) == b"\xff\xfe"


def test_the_key_names_endpoint_variant_hour_and_first_event(
    buffer: CaptureBuffer, project: Project
) -> None:
    buffer.add(CONFIG, invocation(time=TIME + timedelta(seconds=9)))
    buffer.add(CONFIG, invocation())
    assert buffer.flush() == 2
    ((key, events),) = project.captured().items()
    expected = r"capture/fraud-staging/AllTraffic/2026/01/31/10/29-20-227-[0-9a-f-]{36}\.jsonl"
    assert re.fullmatch(expected, key)
    assert [one["eventMetadata"]["inferenceTime"][-3:] for one in events] == ["20Z", "29Z"]


def test_every_hour_has_its_own_file(buffer: CaptureBuffer, project: Project) -> None:
    for minutes in (0, 20, 40, 80):
        buffer.add(CONFIG, invocation(time=TIME + timedelta(minutes=minutes)))
    buffer.flush()
    hours = [key.split("/")[6] for key in sorted(project.captured())]
    assert hours == ["10", "11"]


def test_an_hour_that_has_passed_is_written_when_the_next_begins(
    buffer: CaptureBuffer, project: Project
) -> None:
    buffer.add(CONFIG, invocation())
    assert project.captured() == {}
    buffer.add(CONFIG, invocation(time=TIME + timedelta(hours=1)))
    assert [key.split("/")[6] for key in project.captured()] == ["10"]


def test_a_full_file_is_closed(
    buffer: CaptureBuffer, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_capture, "FILE_BYTES", 1000)
    for second in range(10):
        buffer.add(CONFIG, invocation(time=TIME + timedelta(seconds=second)))
    buffer.flush()
    files = project.captured()
    assert len(files) > 1
    assert sum(map(len, files.values())) == 10


def test_a_sample_is_a_share_of_the_events(buffer: CaptureBuffer, project: Project) -> None:
    for _ in range(1000):
        buffer.add({**CONFIG, "InitialSamplingPercentage": 20}, invocation())
        buffer.add({**CONFIG, "InitialSamplingPercentage": 0}, invocation(endpoint="none"))
        buffer.add({**CONFIG, "EnableCapture": False}, invocation(endpoint="off"))
    assert 120 < buffer.flush() < 280
    assert {key.split("/")[1] for key in project.captured()} == {"fraud-staging"}


def test_a_trailing_slash_makes_no_empty_folder(buffer: CaptureBuffer, project: Project) -> None:
    buffer.add({**CONFIG, "DestinationS3Uri": f"{CAPTURE}/"}, invocation())
    buffer.flush()
    assert all("//" not in key for key in project.captured())


def test_events_are_encrypted_with_the_key_that_was_asked_for(
    buffer: CaptureBuffer, project: Project
) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    buffer.add({**CONFIG, "KmsKeyId": key}, invocation())
    buffer.flush()
    (name,) = project.captured()
    assert project.s3.head_object(Bucket=BUCKET, Key=name)["SSEKMSKeyId"] == key


def test_a_bucket_that_refuses_is_logged_and_stops_nothing(
    buffer: CaptureBuffer, caplog: pytest.LogCaptureFixture
) -> None:
    buffer.add({**CONFIG, "DestinationS3Uri": "s3://not-there/x"}, invocation())
    assert buffer.flush() == 0
    assert "1 events are lost" in caplog.text
    assert buffer.flush() == 0


def test_an_endpoint_captures_what_it_answered(deploy: Callable[..., Project]) -> None:
    project = deploy(CaptureOptions=[{"CaptureMode": "Output"}])
    answer = project.runtime.invoke_endpoint(
        EndpointName=project.endpoint, Body=project.model.rows[0], ContentType="text/csv"
    )["Body"].read()
    data_capture.flush_all()
    ((_, (captured,)),) = project.captured().items()
    assert set(captured["captureData"]) == {"endpointOutput"}
    assert captured["captureData"]["endpointOutput"]["data"] == answer.decode()


def test_no_event_is_lost_or_doubled_while_others_write(
    buffer: CaptureBuffer, project: Project
) -> None:
    def add(worker: int) -> int:
        for second in range(50):
            time = TIME + timedelta(seconds=second, hours=worker % 2)
            buffer.add(CONFIG, invocation(time=time, inference_id=f"{worker}-{second}"))
        return buffer.flush()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(8)))
    buffer.flush()
    events = [one for file in project.captured().values() for one in file]
    ids = [one["eventMetadata"]["inferenceId"] for one in events]
    assert len(ids) == 400
    assert len(set(ids)) == 400
