"""What a topic tells its subscribers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.building import client
from tests.moto_fixtures.events.test_rules import ACCOUNT, Queue


@pytest.fixture
def sns(session) -> Any:
    return client(session, "sns")


@pytest.fixture
def topic(sns) -> str:
    return str(sns.create_topic(Name="alarms")["TopicArn"])


@pytest.fixture
def listener() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The URL of a web server on this machine, and what was posted to it."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/told", posted
        server.shutdown()


def test_a_web_server_on_this_machine_is_told(sns, topic, listener):
    url, posted = listener
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    sns.publish(TopicArn=topic, Subject="ALARM", Message="found violations")
    (told,) = posted
    assert (told["Type"], told["Subject"], told["Message"]) == (
        "Notification", "ALARM", "found violations",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("protocol", "endpoint", "why"),
    [
        ("https", "https://example.com/told", "is not on this machine"),
        ("http", "http://10.0.0.1/told", "is not on this machine"),
        ("lambda", ACCOUNT.format("lambda", "function:f"), "by lambda is not simulated"),
    ],
)
def test_what_is_elsewhere_is_refused(sns, topic, protocol, endpoint, why):
    with pytest.raises(ClientError, match=why):
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_a_subscriber_that_is_gone_fails_nobody_else_and_is_buried(session, sns, topic):
    living, dead = Queue(session, "living"), Queue(session, "dead")
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=ACCOUNT.format("sqs", "gone"),
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead.arn})},
    )
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:9/closed")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=living.arn)
    sns.publish(TopicArn=topic, Message="found violations")
    assert [one["Message"] for one in living.bodies()] == ["found violations"]
    assert [one["Body"] for one in dead.read()] == ["found violations"]


def test_raw_messages_and_filters_stay_as_they_are_in_moto(session, sns, topic):
    queue = Queue(session, "raw")
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue.arn,
        Attributes={
            "RawMessageDelivery": "true",
            "FilterPolicy": '{"state": ["ALARM"]}',
        },
    )
    for state in ("OK", "ALARM"):
        attribute = {"DataType": "String", "StringValue": state}
        sns.publish(TopicArn=topic, Message=state, MessageAttributes={"state": attribute})
    assert [one["Body"] for one in queue.read()] == ["ALARM"]
