"""What follows a change of an alarm's state: its history, its actions, its event, its parents.

Needs     the change
Writes    the alarm's history; messages to SNS topics; an event to the account's default bus

An action is an ARN. SNS is here; whatever else carries actions out (a scaling policy, say)
registers under the service in its ARN, and PutMetricAlarm refuses the rest by name. A composite
alarm with a suppressor holds its actions back; its state changes all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.exceptions import ClientError
from moto.core.utils import utcnow

from moto_fixtures import clients, events
from moto_fixtures.cloudwatch.alarms import ACTIONS, Alarm, Held, HistoryItem, Transition
from moto_fixtures.cloudwatch.evaluation import ALARM, INSUFFICIENT_DATA, OK

if TYPE_CHECKING:
    from moto_fixtures.cloudwatch.backend import Backend

Handler = Callable[[str, Transition], None]
"""Carries out one action, given its ARN; raises ActionFailed."""
ZONE = "+0000"
LONGEST_SUBJECT = 100


class ActionFailed(Exception):
    """The action could not be carried out; the message says why."""


def register(service: str, handler: Handler) -> None:
    """Let alarms carry out actions whose ARNs name a service."""
    _handlers[service] = handler


def is_known(arn: str) -> bool:
    """Whether an action can be carried out here.

    >>> is_known("arn:aws:sns:us-east-1:123456789012:alarms")
    True
    """
    return _service(arn) in _handlers


def change(
    backend: Backend, alarm: Alarm, state: str, reason: str, data: str | None
) -> Transition | None:
    """Put an alarm in a state; if it was in another, all that follows. Answers the change."""
    now, old = utcnow(), alarm.state()
    alarm.state_value, alarm.state_reason, alarm.state_reason_data = state, reason, data
    alarm.state_updated = now
    if state == old["StateValue"]:
        return None
    alarm.state_transitioned = now
    made = Transition(alarm, old, alarm.state(), now)
    record(
        backend,
        alarm,
        "StateUpdate",
        f"Alarm updated from {old['StateValue']} to {state}",
        {"oldState": _state(made.old), "newState": _state(made.new)},
    )
    _emit(backend, made)
    if not _held_back(backend, made):
        carry_out(backend, made)
    _suppress(backend, made)
    return made


def carry_out(backend: Backend, made: Transition) -> None:
    """Carry out the actions of a change, each told in the alarm's history."""
    alarm = made.alarm
    if not alarm.actions_enabled:
        return
    for arn in alarm.actions(made.new["StateValue"]):
        try:
            handler = _handlers.get(_service(arn), _refuse)
            handler(arn, made)
        except ActionFailed as error:
            outcome, state = f"Failed to execute action {arn}. {error}", "Failed"
        else:
            outcome, state = f"Successfully executed action {arn}", "Succeeded"
        data = {"actionState": state, "notificationResource": arn}
        record(backend, alarm, "Action", outcome, data)


def record(backend: Backend, alarm: Alarm, kind: str, text: str, data: Mapping[str, Any]) -> None:
    """Add to the history."""
    item = HistoryItem(alarm.name, alarm.type, utcnow(), kind, text, data)
    backend.alarm_history.append(item)


def publish(arn: str, made: Transition) -> None:
    """Tell an SNS topic, in CloudWatch's message."""
    _, _, _, region, account, _ = arn.split(":", 5)
    message = notification(made)
    subject = f'{message["NewStateValue"]}: "{made.alarm.name}" in {message["Region"]}'
    try:
        clients.client("sns", region, account).publish(
            TopicArn=arn, Subject=subject[:LONGEST_SUBJECT], Message=json.dumps(message)
        )
    except ClientError as error:
        raise ActionFailed(str(error)) from error


def _refuse(arn: str, made: Transition) -> None:  # noqa: ARG001 (as every handler)
    raise ActionFailed("It is not simulated by the offline AWS.")


def notification(made: Transition) -> dict[str, Any]:
    """The message that CloudWatch publishes of a change."""
    alarm = made.alarm
    _, _, _, region, account, _ = alarm.alarm_arn.split(":", 5)
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.request.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": _time(alarm.configured),
        "NewStateValue": made.new["StateValue"],
        "NewStateReason": made.new["StateReason"],
        "StateChangeTime": _time(made.at),
        "Region": region_name(region),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": made.old["StateValue"],
        **{ACTIONS[state]: alarm.actions(state) for state in (OK, ALARM, INSUFFICIENT_DATA)},
    }
    if alarm.rule is None:
        return {**message, "Trigger": _trigger(alarm)}
    return {**message, "AlarmRule": alarm.rule}


def _trigger(alarm: Alarm) -> dict[str, Any]:
    """What a metric alarm compares, as its notification says it."""
    request, criteria = alarm.request, alarm.criteria
    trigger = {
        "Period": alarm.query.period,
        "EvaluationPeriods": criteria.periods,
        "DatapointsToAlarm": criteria.datapoints,
        "ComparisonOperator": criteria.comparison,
        "Threshold": criteria.threshold,
        "TreatMissingData": criteria.missing,
        "EvaluateLowSampleCountPercentile": request.get("EvaluateLowSampleCountPercentile", ""),
    }
    if request.get("Metrics"):
        return {**trigger, "Metrics": request["Metrics"]}
    dimensions = request.get("Dimensions") or ()
    named = request.get("Statistic")
    return {
        **trigger,
        "MetricName": request["MetricName"],
        "Namespace": request["Namespace"],
        "StatisticType": "Statistic" if named else "ExtendedStatistic",
        **(
            {"Statistic": named.upper()}
            if named
            else {"ExtendedStatistic": request["ExtendedStatistic"]}
        ),
        "Unit": request.get("Unit"),
        "Dimensions": [{"value": one["Value"], "name": one["Name"]} for one in dimensions],
    }


@cache
def region_name(region: str) -> str:
    """A region as people call it.

    >>> region_name("us-east-1")
    'US East (N. Virginia)'
    """
    known = botocore.session.get_session().get_data("endpoints")["partitions"]
    for partition in known:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return region


def _emit(backend: Backend, made: Transition) -> None:
    alarm = made.alarm
    detail = {
        "alarmName": alarm.name,
        "state": {**_state(made.new), "timestamp": _time(made.at)},
        "previousState": _state(made.old),
        "configuration": {"description": alarm.request.get("AlarmDescription")},
    }
    if alarm.rule is not None:
        detail["configuration"] = {**detail["configuration"], "alarmRule": alarm.rule}
    events.emit(
        "CloudWatch Alarm State Change",
        detail,
        [alarm.alarm_arn],
        source="aws.cloudwatch",
        region=backend.region_name,
        account=backend.account_id,
    )


def _held_back(backend: Backend, made: Transition) -> bool:
    """Whether the actions of a composite alarm wait for what its suppressor does."""
    alarm = made.alarm
    if alarm.suppressor is None:
        return False
    suppressor = backend.alarms.get(alarm.suppressor)
    if suppressor is not None and suppressor.state_value == ALARM:
        alarm.held = Held(made, None, "Alarm")
    else:
        wait = timedelta(seconds=int(alarm.request["ActionsSuppressorWaitPeriod"]))
        alarm.held = Held(made, made.at + wait, "WaitPeriod")
    return True


def _suppress(backend: Backend, made: Transition) -> None:
    """What a change of one alarm means for the actions that others hold back because of it."""
    for alarm in backend.alarms.values():
        if alarm.held is None or alarm.suppressor != made.alarm.name:
            continue
        if made.new["StateValue"] == ALARM:
            alarm.held.due, alarm.held.by = None, "Alarm"
        elif alarm.held.due is None:
            longer = timedelta(seconds=int(alarm.request["ActionsSuppressorExtensionPeriod"]))
            alarm.held.due, alarm.held.by = made.at + longer, "ExtensionPeriod"


def _state(state: Mapping[str, Any]) -> dict[str, Any]:
    """`StateValue` as histories and events spell it: value, reason, reasonData."""
    names = {"StateValue": "value", "StateReason": "reason", "StateReasonData": "reasonData"}
    return {names[member]: value for member, value in state.items()}


def _service(arn: str) -> str:
    return arn.split(":")[2] if arn.count(":") >= 5 else arn


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}{ZONE}"


_handlers: dict[str, Handler] = {"sns": publish}
