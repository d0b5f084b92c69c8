"""Alarms, by their API, as the clock moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.moto_fixtures.building import client

TEN = datetime(2026, 1, 31, 10)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NAMESPACE = "aws/sagemaker/Endpoints/data-metrics"
METRIC = {"Namespace": NAMESPACE, "MetricName": "total_number_of_violations"}
ALARM = {
    **METRIC,
    "AlarmName": "violations",
    "Statistic": "Maximum",
    "Period": 3600,
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 0.0,
}


@pytest.fixture
def cloudwatch(session: boto3.Session, clock: ModuleType) -> Any:
    clock.travel(TEN)
    return client(session, "cloudwatch")


@pytest.fixture
def topic(session: boto3.Session) -> Callable[[], list[dict[str, Any]]]:
    """Read what an alarm tells; `topic.arn` is where it does."""
    sns, sqs = client(session, "sns"), client(session, "sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    arn = sns.create_topic(Name="alarms")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue["QueueArn"])

    def read() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    read.arn = arn  # type: ignore[attr-defined]
    return read


def put(cloudwatch: Any, value: float, at: datetime, **metric: Any) -> None:
    datum = {"MetricName": METRIC["MetricName"], "Value": value, "Timestamp": at, **metric}
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[datum])


def state(cloudwatch: Any, name: str = "violations") -> str:
    found = cloudwatch.describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    (alarm,) = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    return str(alarm["StateValue"])


def test_a_new_alarm_knows_nothing_and_one_put_again_keeps_its_state(cloudwatch, clock):
    cloudwatch.put_metric_alarm(**ALARM)
    assert state(cloudwatch) == "INSUFFICIENT_DATA"
    put(cloudwatch, 3, TEN)
    clock.advance(TEN + 2 * MINUTE)
    cloudwatch.put_metric_alarm(**{**ALARM, "AlarmDescription": "again"})
    assert state(cloudwatch) == "ALARM"


def test_an_hour_that_is_reported_when_it_has_passed_is_judged_then(cloudwatch, clock):
    """A monitor reports the hour from 10:00 at 11:05: the period before the sliding one."""
    cloudwatch.put_metric_alarm(**ALARM)
    clock.advance(TEN + HOUR + 5 * MINUTE)
    put(cloudwatch, 3, TEN)
    (changed,) = clock.advance(TEN + HOUR + 7 * MINUTE)
    assert changed.summary() == {
        "AlarmName": "violations",
        "OldStateValue": "INSUFFICIENT_DATA",
        "NewStateValue": "ALARM",
        "StateReason": changed.new["StateReason"],
        "Time": "2026-01-31T11:06:00Z",
    }
    assert (
        "[3.0 (31/01/26 09:06:00)] was greater than the threshold (0.0)"
        in (changed.new["StateReason"])
    )


def test_an_alarm_calms_down_and_forgets_as_its_metric_does(cloudwatch, clock):
    cloudwatch.put_metric_alarm(**ALARM)
    put(cloudwatch, 3, TEN)
    clock.advance(TEN + HOUR)
    put(cloudwatch, 0, TEN + HOUR)
    changes = clock.advance(TEN + 8 * HOUR)
    assert [(one.new["StateValue"], one.at.replace(microsecond=0)) for one in changes] == [
        ("OK", TEN + HOUR + MINUTE),
        ("INSUFFICIENT_DATA", TEN + 4 * HOUR + MINUTE),
    ]


@pytest.mark.parametrize(
    ("treated", "becomes"),
    [
        ("missing", "INSUFFICIENT_DATA"),
        ("ignore", "ALARM"),
        ("breaching", "ALARM"),
        ("notBreaching", "OK"),
    ],
)
def test_missing_data_are_treated_as_asked(cloudwatch, clock, treated, becomes):
    cloudwatch.put_metric_alarm(**{**ALARM, "TreatMissingData": treated})
    put(cloudwatch, 3, TEN)
    clock.advance(TEN + 2 * HOUR)
    assert state(cloudwatch) == "ALARM"
    clock.advance(TEN + 9 * HOUR)
    assert state(cloudwatch) == becomes


def test_two_of_three_minutes_make_an_alarm(cloudwatch, clock):
    minutely = {"Period": 60, "EvaluationPeriods": 3, "DatapointsToAlarm": 2, "Statistic": "Sum"}
    cloudwatch.put_metric_alarm(**{**ALARM, **minutely, "Threshold": 5.0})
    for minute, value in enumerate([9, 0, 0, 9, 0, 9]):
        put(cloudwatch, value, TEN + minute * MINUTE)
    changes = clock.advance(TEN + 6 * MINUTE)
    assert [(one.new["StateValue"], one.at.minute) for one in changes] == [("OK", 2), ("ALARM", 6)]


def test_dimensions_and_unit_are_the_metrics_own(cloudwatch, clock):
    mine = {"Dimensions": [{"Name": "Endpoint", "Value": "fraud"}], "Unit": "Count"}
    cloudwatch.put_metric_alarm(**{**ALARM, **mine})
    put(cloudwatch, 3, TEN)
    put(cloudwatch, 3, TEN, Dimensions=[{"Name": "Endpoint", "Value": "loan"}], Unit="Count")
    put(cloudwatch, 3, TEN, Dimensions=mine["Dimensions"], Unit="Percent")
    assert clock.advance(TEN + 5 * MINUTE) == []
    put(cloudwatch, 3, TEN, **mine)
    (changed,) = clock.advance(TEN + 10 * MINUTE)
    assert changed.new["StateValue"] == "ALARM"


def test_a_percentile_and_metric_math_are_alarmed_on(cloudwatch, clock):
    plain = {key: value for key, value in ALARM.items() if key not in {*METRIC, "Statistic"}}
    plain.pop("Period")
    stat = {"Metric": METRIC, "Period": 60, "Stat": "p90"}
    cloudwatch.put_metric_alarm(
        **plain,
        Metrics=[
            {"Id": "twice", "Expression": "high * 2", "ReturnData": False},
            {"Id": "rate", "Expression": "IF(twice > 15, twice, 0)"},
            {"Id": "high", "MetricStat": stat, "ReturnData": False},
        ],
    )
    for value in range(11):
        put(cloudwatch, value, TEN)
    (changed,) = clock.advance(TEN + 2 * MINUTE)
    data = json.loads(changed.new["StateReasonData"])
    assert data["recentDatapoints"] == [18.0]


def test_a_change_is_told_to_the_topic_as_cloudwatch_does(cloudwatch, clock, topic):
    actions = {"AlarmActions": [topic.arn], "OKActions": [topic.arn]}
    cloudwatch.put_metric_alarm(**{**ALARM, **actions, "AlarmDescription": "found violations"})
    put(cloudwatch, 3, TEN)
    clock.advance(TEN + 5 * MINUTE)
    (envelope,) = topic()
    assert envelope["Subject"] == 'ALARM: "violations" in US East (N. Virginia)'
    message = json.loads(envelope["Message"])
    assert message["StateChangeTime"].startswith("2026-01-31T10:01:00.")
    assert {name: message[name] for name in ("AlarmName", "NewStateValue", "OldStateValue")} == {
        "AlarmName": "violations",
        "NewStateValue": "ALARM",
        "OldStateValue": "INSUFFICIENT_DATA",
    }
    assert message["AlarmDescription"] == "found violations"
    assert message["Trigger"]["Statistic"] == "MAXIMUM"
    assert message["Trigger"]["MetricName"] == METRIC["MetricName"]


def test_nobody_is_told_while_actions_are_disabled(cloudwatch, clock, topic):
    cloudwatch.put_metric_alarm(**{**ALARM, "AlarmActions": [topic.arn]})
    cloudwatch.disable_alarm_actions(AlarmNames=["violations"])
    put(cloudwatch, 3, TEN)
    clock.advance(TEN + 5 * MINUTE)
    assert (state(cloudwatch), topic()) == ("ALARM", [])
    cloudwatch.enable_alarm_actions(AlarmNames=["violations"])
    cloudwatch.set_alarm_state(AlarmName="violations", StateValue="OK", StateReason="by hand")
    cloudwatch.set_alarm_state(AlarmName="violations", StateValue="ALARM", StateReason="by hand")
    assert [json.loads(one["Message"])["NewStateReason"] for one in topic()] == ["by hand"]


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(cloudwatch, clock):
    cloudwatch.put_metric_alarm(**ALARM)
    put(cloudwatch, 0, TEN)
    clock.advance(TEN + 2 * MINUTE)
    cloudwatch.set_alarm_state(AlarmName="violations", StateValue="ALARM", StateReason="a drill")
    assert state(cloudwatch) == "ALARM"
    clock.advance(TEN + 4 * MINUTE)
    assert state(cloudwatch) == "OK"


def test_history_tells_what_became_of_an_alarm(cloudwatch, clock, topic):
    cloudwatch.put_metric_alarm(**{**ALARM, "AlarmActions": [topic.arn, f"{topic.arn}-gone"]})
    put(cloudwatch, 3, TEN)
    clock.advance(TEN + 5 * MINUTE)
    cloudwatch.delete_alarms(AlarmNames=["violations"])
    found = cloudwatch.describe_alarm_history(AlarmName="violations")["AlarmHistoryItems"]
    assert [item["HistoryItemType"] for item in found] == [
        "ConfigurationUpdate", "Action", "Action", "StateUpdate", "ConfigurationUpdate",
    ]  # fmt: skip
    failed, told, changed = [item["HistorySummary"] for item in found[1:4]]
    assert failed.startswith(f"Failed to execute action {topic.arn}-gone")
    assert told == f"Successfully executed action {topic.arn}"
    assert changed == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    data = json.loads(found[3]["HistoryData"])
    assert data["newState"]["value"] == "ALARM"
    only = cloudwatch.describe_alarm_history(
        HistoryItemType="Action", MaxRecords=1, StartDate=TEN.replace(tzinfo=UTC)
    )
    assert (len(only["AlarmHistoryItems"]), only["NextToken"]) == (1, "1")


def test_a_composite_alarm_follows_its_rule_at_once(cloudwatch, clock, topic):
    for name in ("a", "b"):
        cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": name})
    cloudwatch.put_composite_alarm(
        AlarmName="both", AlarmRule="ALARM(a) AND ALARM(b)", AlarmActions=[topic.arn]
    )
    cloudwatch.put_composite_alarm(AlarmName="above", AlarmRule='ALARM("both")')
    assert state(cloudwatch, "both") == "OK"
    for name in ("a", "b"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    assert [state(cloudwatch, name) for name in ("both", "above")] == ["ALARM", "ALARM"]
    (told,) = [json.loads(one["Message"]) for one in topic()]
    assert told["AlarmRule"] == "ALARM(a) AND ALARM(b)"
    children = cloudwatch.describe_alarms(ChildrenOfAlarmName="both")["MetricAlarms"]
    assert [one["AlarmName"] for one in children] == ["a", "b"]
    with pytest.raises(ClientError, match="both depends on it"):
        cloudwatch.delete_alarms(AlarmNames=["a"])
    with pytest.raises(ClientError, match="lead back"):
        cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(above)")


def test_a_suppressor_holds_actions_back_and_lets_them_go(cloudwatch, clock, topic):
    for name in ("a", "maintenance"):
        cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": name, "TreatMissingData": "ignore"})
    cloudwatch.put_composite_alarm(
        AlarmName="page",
        AlarmRule="ALARM(a)",
        AlarmActions=[topic.arn],
        ActionsSuppressor="maintenance",
        ActionsSuppressorWaitPeriod=120,
        ActionsSuppressorExtensionPeriod=60,
    )
    clock.advance(TEN + 10 * MINUTE)
    topic()

    def turn(name: str, value: str) -> None:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="a drill")

    turn("maintenance", "ALARM")
    turn("a", "ALARM")
    clock.advance(TEN + 20 * MINUTE)
    assert (state(cloudwatch, "page"), topic()) == ("ALARM", [])
    turn("maintenance", "OK")
    assert topic() == []
    clock.advance(TEN + 22 * MINUTE)
    assert [json.loads(one["Message"])["AlarmName"] for one in topic()] == ["page"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"AlarmActions": ["arn:aws:lambda:us-east-1:123456789012:function:f"]}, "not simulated"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "Anomaly detection"),
        ({"Period": 90}, "multiple of 60"),
        ({"DatapointsToAlarm": 2}, "must not be larger than EvaluationPeriods"),
        ({"EvaluationPeriods": 200}, "at most 604800 seconds"),
        ({"TreatMissingData": "zero"}, "TreatMissingData must be one of"),
        ({"ExtendedStatistic": "p99"}, "Exactly one of Statistic"),
        ({"Statistic": "Median"}, "must satisfy enum value set"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_when_it_is_put(cloudwatch, change, why):
    with pytest.raises(ClientError, match=why):
        cloudwatch.put_metric_alarm(**{**ALARM, **change})
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_describe_answers_what_was_put_in_pages_and_by_filter(cloudwatch):
    for number in range(5):
        cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": f"n{number}", "AlarmDescription": "d"})
    page = cloudwatch.describe_alarms(MaxRecords=3)
    rest = cloudwatch.describe_alarms(MaxRecords=3, NextToken=page["NextToken"])
    names = [one["AlarmName"] for one in page["MetricAlarms"] + rest["MetricAlarms"]]
    assert names == [f"n{number}" for number in range(5)]
    (found,) = cloudwatch.describe_alarms(AlarmNamePrefix="n3")["MetricAlarms"]
    assert {member: found[member] for member in ALARM} == {**ALARM, "AlarmName": "n3"}
    assert cloudwatch.describe_alarms(StateValue="OK")["MetricAlarms"] == []
    assert len(cloudwatch.describe_alarms_for_metric(**METRIC)["MetricAlarms"]) == 5


def test_a_jump_of_the_clock_evaluates_anew(cloudwatch, clock):
    cloudwatch.put_metric_alarm(**ALARM)
    put(cloudwatch, 3, TEN)
    clock.travel(TEN + 10 * HOUR)
    assert state(cloudwatch) == "INSUFFICIENT_DATA"
    put(cloudwatch, 3, TEN + 10 * HOUR)
    clock.advance(TEN + 10 * HOUR + 2 * MINUTE)
    assert state(cloudwatch) == "ALARM"
