"""Rules, by their API: events that come, schedules that fall due, targets that fail."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.building import client

TEN = datetime(2026, 1, 31, 10)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PATTERN = json.dumps({"source": ["team"], "detail": {"kind": ["drift"]}})
ACCOUNT = "arn:aws:{}:us-east-1:123456789012:{}"


class Queue:
    """A queue that a test reads."""

    def __init__(self, session: boto3.Session, name: str) -> None:
        self.sqs = client(session, "sqs")
        self.url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        self.arn = ACCOUNT.format("sqs", name)

    def read(self) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return list(found.get("Messages", []))

    def bodies(self) -> list[Any]:
        return [json.loads(message["Body"]) for message in self.read()]


def hearing(session: boto3.Session, source: str) -> Queue:
    """A queue that hears every event of a source."""
    queue, events = Queue(session, "heard"), client(session, "events")
    events.put_rule(Name="heard", EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule="heard", Targets=[{"Id": "q", "Arn": queue.arn}])
    return queue


@pytest.fixture
def queue(session: boto3.Session, clock: ModuleType) -> Queue:
    clock.travel(TEN)
    return Queue(session, "target")


@pytest.fixture
def events(session: boto3.Session, clock: ModuleType) -> Any:
    return client(session, "events")


def put_rule(events: Any, *targets: dict[str, Any], **rule: Any) -> None:
    events.put_rule(Name="drift", **(rule or {"EventPattern": PATTERN}))
    numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    events.put_targets(Rule="drift", Targets=numbered)


def put_event(events: Any, kind: str = "drift", **entry: Any) -> None:
    detail = json.dumps({"kind": kind, "count": 2})
    sent = {"Source": "team", "DetailType": "found", "Detail": detail, "Resources": ["r"], **entry}
    assert events.put_events(Entries=[sent])["FailedEntryCount"] == 0


def test_an_event_reaches_the_targets_of_the_rules_it_matches(events, queue):
    part = {"Arn": queue.arn, "InputPath": "$.detail.count"}
    put_rule(events, {"Arn": queue.arn}, part)
    put_event(events)
    put_event(events, kind="quiet")
    whole, count = sorted(queue.bodies(), key=str, reverse=True)
    assert count == 2
    assert whole["time"] == "2026-01-31T10:00:00Z"
    assert {whole["source"], *whole["resources"]} == {"team", "r"}
    assert set(whole) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources",
        "detail",
    }  # fmt: skip


def test_a_disabled_rule_and_a_deleted_one_are_silent(events, queue):
    put_rule(events, {"Arn": queue.arn})
    events.disable_rule(Name="drift")
    put_event(events)
    assert queue.bodies() == []
    events.enable_rule(Name="drift")
    put_event(events)
    assert len(queue.bodies()) == 1


def test_topics_logs_and_other_buses_are_targets(session, events, queue):
    sns, logs = client(session, "sns"), client(session, "logs")
    topic = sns.create_topic(Name="found")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    logs.create_log_group(logGroupName="/events/found")
    events.create_event_bus(Name="second")
    events.put_rule(Name="onward", EventBusName="second", EventPattern=PATTERN)
    events.put_targets(
        Rule="onward", EventBusName="second", Targets=[{"Id": "q", "Arn": queue.arn}]
    )
    put_rule(
        events,
        {"Arn": topic, "InputPath": "$.detail"},
        {"Arn": ACCOUNT.format("logs", "log-group:/events/found")},
        {"Arn": ACCOUNT.format("events", "event-bus/second"), "RoleArn": "arn:aws:iam::1:role/r"},
    )
    put_event(events)
    told, onward = sorted(queue.bodies(), key=lambda body: "detail" in body)
    assert json.loads(told["Message"]) == {"kind": "drift", "count": 2}
    assert (onward["source"], onward["resources"]) == ("team", ["r"])
    written = logs.filter_log_events(logGroupName="/events/found")["events"]
    assert [json.loads(one["message"])["detail"]["kind"] for one in written] == ["drift"]


def test_a_scheduled_rule_fires_when_the_clock_reaches_it(events, queue, clock):
    put_rule(events, {"Arn": queue.arn}, ScheduleExpression="cron(0/30 * * * ? *)")
    fired = clock.advance(TEN + HOUR + MINUTE)
    assert [one.summary()["Time"] for one in fired] == [
        "2026-01-31T10:30:00Z",
        "2026-01-31T11:00:00Z",
    ]
    first, _ = queue.bodies()
    assert (first["detail-type"], first["source"]) == ("Scheduled Event", "aws.events")
    assert first["resources"] == [ACCOUNT.format("events", "rule/drift")]
    put_event(events)
    assert queue.bodies() == [], "a rule without a pattern matches no event"


def test_a_rate_counts_from_when_its_rule_was_enabled(events, queue, clock):
    put_rule(events, {"Arn": queue.arn}, ScheduleExpression="rate(20 minutes)")
    events.disable_rule(Name="drift")
    assert clock.advance(TEN + HOUR) == []
    events.enable_rule(Name="drift")
    clock.advance(TEN + HOUR + 19 * MINUTE)
    assert queue.bodies() == []
    clock.advance(TEN + HOUR + 21 * MINUTE)
    assert len(queue.bodies()) == 1


def test_a_jump_makes_up_for_nothing(events, queue, clock):
    put_rule(events, {"Arn": queue.arn}, ScheduleExpression="rate(1 hour)")
    clock.travel(TEN + 5 * HOUR)
    assert clock.advance(TEN + 5 * HOUR + 59 * MINUTE) == []
    assert len(clock.advance(TEN + 6 * HOUR + MINUTE)) == 1


def test_what_a_target_does_not_take_goes_to_the_dead_letters(session, events, queue):
    dead = Queue(session, "dead")
    gone = ACCOUNT.format("sqs", "gone")
    put_rule(events, {"Arn": gone, "DeadLetterConfig": {"Arn": dead.arn}}, {"Arn": queue.arn})
    put_event(events)
    assert len(queue.bodies()) == 1, "one target's failure is not another's"
    (letter,) = dead.read()
    told = {name: one["StringValue"] for name, one in letter["MessageAttributes"].items()}
    assert told["RULE_ARN"] == ACCOUNT.format("events", "rule/drift")
    assert told["TARGET_ARN"] == gone
    assert "NonExistentQueue" in told["ERROR_CODE"]
    assert json.loads(letter["Body"])["detail"]["kind"] == "drift"
    metrics = client(session, "cloudwatch").list_metrics(Namespace="AWS/Events")["Metrics"]
    assert [one["MetricName"] for one in metrics] == ["FailedInvocations"]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"Arn": ACCOUNT.format("lambda", "function:f")}, "lambda target .* is not simulated"),
        ({"Arn": ACCOUNT.format("states", "stateMachine:s")}, "states target .* not simulated"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"}, "not simulated"),
        ({"Arn": ACCOUNT.format("sqs", "q"), "InputPath": "x"}, "Invalid JSON path"),
        ({"Arn": ACCOUNT.format("sqs", "q"), "InputPath": "$", "Input": "{}"}, "Only one of"),
    ],
)
def test_what_cannot_be_a_target_is_refused_when_it_is_put(events, target, why):
    events.put_rule(Name="drift", EventPattern=PATTERN)
    with pytest.raises(ClientError, match=why):
        events.put_targets(Rule="drift", Targets=[{"Id": "1", **target}])
    assert events.list_targets_by_rule(Rule="drift")["Targets"] == []


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"EventPattern": '{"source": "team"}'}, "must be an object or an array"),
        ({"ScheduleExpression": "cron(0 * * * * *)"}, "exactly one of"),
        ({"ScheduleExpression": "at(2026-02-01T00:00:00)"}, "not valid"),
    ],
)
def test_a_rule_that_could_not_fire_is_refused(events, rule, why):
    with pytest.raises(ClientError, match=why):
        events.put_rule(Name="drift", **rule)


def test_a_pattern_can_be_tried_out(events):
    event = dict.fromkeys(("id", "account", "time", "region", "detail-type"), "x")
    event |= {"source": "team", "resources": [], "detail": {"kind": "drift"}}
    asked = {"EventPattern": PATTERN, "Event": json.dumps(event)}
    assert events.test_event_pattern(**asked)["Result"] is True
    with pytest.raises(ClientError, match="Event lacks account"):
        events.test_event_pattern(EventPattern=PATTERN, Event='{"id": "1"}')


def test_an_archive_keeps_what_it_is_asked_to(events, queue):
    bus = ACCOUNT.format("events", "event-bus/default")
    events.create_archive(ArchiveName="all", EventSourceArn=bus)
    put_event(events)
    assert events.describe_archive(ArchiveName="all")["EventCount"] == 1
