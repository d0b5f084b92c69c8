"""EventBridge Scheduler, by its API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.building import client
from tests.moto_fixtures.events.test_rules import ACCOUNT, HOUR, MINUTE, TEN, Queue

OFF = {"Mode": "OFF"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def make_role(session: boto3.Session, *actions: str, trust: Any = None) -> str:
    """A role that Scheduler may assume, allowed some actions; its ARN."""
    iam = client(session, "iam")
    made = iam.create_role(
        RoleName="scheduler", AssumeRolePolicyDocument=json.dumps(trust or TRUST)
    )
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="scheduler", PolicyName="send", PolicyDocument=policy)
    return str(made["Role"]["Arn"])


@pytest.fixture
def queue(session, clock) -> Queue:
    clock.travel(TEN)
    return Queue(session, "target")


@pytest.fixture
def scheduler(session, queue) -> Any:
    return client(session, "scheduler")


@pytest.fixture
def role(session) -> str:
    return make_role(session, "sqs:SendMessage", "sns:*")


def create(scheduler: Any, target: dict[str, Any], expression: str, **request: Any) -> None:
    scheduler.create_schedule(
        **{
            "Name": "hourly",
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": OFF,
            "Target": target,
            **request,
        }
    )


def test_it_fires_in_its_time_zone_with_the_context_filled_in(scheduler, queue, role, clock):
    text = '{"at": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>"}'
    create(
        scheduler,
        {"Arn": queue.arn, "RoleArn": role, "Input": text},
        "cron(0 12 * * ? *)",
        ScheduleExpressionTimezone="Europe/Berlin",
    )
    (fired,) = clock.advance(TEN + 2 * HOUR)
    assert fired.error is None
    assert queue.bodies() == [
        {
            "at": "2026-01-31T11:00:00Z",
            "by": ACCOUNT.format("scheduler", "schedule/default/hourly"),
        }
    ]


def test_without_an_input_it_says_that_it_is_a_scheduled_event(scheduler, queue, role, clock):
    create(scheduler, {"Arn": queue.arn, "RoleArn": role}, "rate(1 hour)")
    clock.advance(TEN + 2 * HOUR + MINUTE)
    found = queue.bodies()
    assert [one["time"][11:16] for one in found] == ["10:00", "11:00", "12:00"]
    assert found[0]["source"] == "aws.scheduler"


@pytest.mark.parametrize(("after", "left"), [("DELETE", []), ("NONE", ["hourly"])])
def test_one_time_is_one_time(scheduler, queue, role, clock, after, left):
    target = {"Arn": queue.arn, "RoleArn": role}
    create(scheduler, target, "at(2026-01-31T10:30:00)", ActionAfterCompletion=after)
    clock.advance(TEN + 5 * HOUR)
    assert len(queue.bodies()) == 1
    assert [one["Name"] for one in scheduler.list_schedules()["Schedules"]] == left


def test_it_fires_between_its_start_and_its_end_while_it_is_enabled(scheduler, queue, role, clock):
    target = {"Arn": queue.arn, "RoleArn": role}
    bounds = {
        "StartDate": (TEN + 2 * HOUR).replace(tzinfo=UTC),
        "EndDate": (TEN + 4 * HOUR).replace(tzinfo=UTC),
    }
    create(scheduler, target, "rate(1 hour)", **bounds)
    clock.advance(TEN + 3 * HOUR + MINUTE)
    assert [one["time"][11:16] for one in queue.bodies()] == ["12:00", "13:00"]
    scheduler.update_schedule(
        Name="hourly",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow=OFF,
        Target=target,
        State="DISABLED",
    )
    assert clock.advance(TEN + 10 * HOUR) == []


def test_it_fires_within_its_window(scheduler, queue, role, clock):
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    target = {"Arn": queue.arn, "RoleArn": role}
    create(scheduler, target, "cron(0 11 * * ? *)", FlexibleTimeWindow=window)
    clock.advance(TEN + HOUR + 15 * MINUTE)
    assert [one["time"] for one in queue.bodies()] == ["2026-01-31T11:00:00Z"]


def test_any_action_is_a_target(session, scheduler, role, clock):
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sns:createTopic",
        "RoleArn": role,
        "Input": '{"Name": "made-at-<aws.scheduler.attempt-number>"}',
    }
    create(scheduler, target, "rate(1 day)")
    (fired,) = clock.advance(TEN + MINUTE)
    assert fired.error is None
    (topic,) = client(session, "sns").list_topics()["Topics"]
    assert topic["TopicArn"].endswith(":made-at-1")


def test_what_the_role_does_not_allow_is_refused_and_buried(session, scheduler, role, clock):
    dead = Queue(session, "dead")
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob",
        "RoleArn": role,
        "Input": '{"ProcessingJobName": "x"}',
        "DeadLetterConfig": {"Arn": dead.arn},
    }
    create(scheduler, target, "rate(1 day)")
    (fired,) = clock.advance(TEN + MINUTE)
    assert "not authorized to perform: sagemaker:CreateProcessingJob" in fired.error
    (letter,) = dead.read()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AccessDeniedException"
    assert letter["Body"] == '{"ProcessingJobName": "x"}'


def test_a_role_that_scheduler_may_not_assume_sends_nothing(session, scheduler, queue, clock):
    foreign = json.loads(json.dumps(TRUST).replace("scheduler.", "ec2."))
    arn = make_role(session, "sqs:*", trust=foreign)
    create(scheduler, {"Arn": queue.arn, "RoleArn": arn}, "rate(1 day)")
    (fired,) = clock.advance(TEN + MINUTE)
    assert "must allow AWS EventBridge Scheduler to assume the role" in fired.error
    assert queue.bodies() == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ScheduleExpression": "cron(0 * * * * *)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "no time zone"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "needs MaximumWindowInMinutes"),
        ({"GroupName": "nobody"}, "Schedule group nobody does not exist"),
        ({"EndDate": TEN.replace(tzinfo=UTC) - timedelta(days=1)}, "EndDate"),
    ],
)
def test_a_schedule_that_could_not_fire_is_refused(scheduler, queue, role, change, why):
    with pytest.raises(ClientError, match=why):
        create(scheduler, {"Arn": queue.arn, "RoleArn": role}, "rate(1 hour)", **change)


@pytest.mark.parametrize(
    ("arn", "why"),
    [
        (ACCOUNT.format("lambda", "function:f"), "lambda target .* is not simulated"),
        ("arn:aws:scheduler:::aws-sdk:sagemaker:describeEndpoint", "is not supported"),
        ("arn:aws:scheduler:::aws-sdk:sagemaker:makeCoffee", "no action makeCoffee"),
        ("arn:aws:scheduler:::aws-sdk:coffee:make", "names no service"),
    ],
)
def test_what_cannot_be_a_target_is_refused(scheduler, role, arn, why):
    with pytest.raises(ClientError, match=why):
        create(scheduler, {"Arn": arn, "RoleArn": role}, "rate(1 hour)")


def test_a_jump_makes_up_for_nothing(scheduler, queue, role, clock):
    create(scheduler, {"Arn": queue.arn, "RoleArn": role}, "cron(0 * * * ? *)")
    clock.travel(datetime(2026, 2, 3, 4, 30))
    assert len(clock.advance(datetime(2026, 2, 3, 5, 1))) == 1
