"""A container's clients are real; what they send is answered by the process above it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.models import botocore_stubber

from moto_fixtures import container_calls
from moto_fixtures.clients import client
from moto_fixtures.container_calls import Call, Reply

REGION, ACCOUNT = "us-east-1", "123456789012"


@pytest.fixture(autouse=True)
def container(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a worker: nobody but the process above answers a client."""
    monkeypatch.setattr(botocore_stubber, "enabled", False)


def answered(call: Call) -> Reply:
    return container_calls.answer(call, ACCOUNT)


def container_client(service: str) -> Any:
    return container_calls.session(answered, REGION).client(service)


def test_a_call_reaches_the_aws_of_everybody_else() -> None:
    container_client("s3").create_bucket(Bucket="made-by-a-container")
    listed = client("s3", REGION, ACCOUNT).list_buckets()["Buckets"]
    assert [bucket["Name"] for bucket in listed] == ["made-by-a-container"]


def test_a_container_is_not_led_to_an_address_of_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The offline AWS may run where AWS_ENDPOINT_URL names it, or another one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    container_client("s3").create_bucket(Bucket="made-by-a-container")
    assert client("s3", REGION, ACCOUNT).list_buckets()["Buckets"]


def test_bodies_arrive_whole_both_ways() -> None:
    s3 = container_client("s3")
    s3.create_bucket(Bucket="bodies")
    for body in (b"", b"x" * 3_000_000):
        s3.put_object(Bucket="bodies", Key="k", Body=io.BytesIO(body))
        assert s3.get_object(Bucket="bodies", Key="k")["Body"].read() == body


def test_an_error_of_aws_is_its_own() -> None:
    with pytest.raises(ClientError, match="Could not find model"):
        container_client("sagemaker").describe_model(ModelName="gone")


def test_another_account_is_another_aws() -> None:
    def elsewhere(call: Call) -> Reply:
        return container_calls.answer(call, "210987654321")

    container_client("s3").create_bucket(Bucket="first")
    other = container_calls.session(elsewhere, REGION).client("s3")
    assert other.list_buckets()["Buckets"] == []


@pytest.mark.parametrize("host", ["example.com", "nothing-of-ours.us-east-1.amazonaws.com"])
def test_nothing_beside_the_offline_aws_is_reached(host: str) -> None:
    reply = answered(Call("GET", f"https://{host}/", {}, b""))
    assert reply.status in {400, 404}


def test_what_breaks_while_answering_is_refused_not_raised() -> None:
    url = "https://api.sagemaker.us-east-1.amazonaws.com/"
    headers = {"X-Amz-Target": "SageMaker.DescribeModel", "Content-Type": "application/json"}
    reply = answered(Call("POST", url, headers, b"no json"))
    assert reply.status == 400
