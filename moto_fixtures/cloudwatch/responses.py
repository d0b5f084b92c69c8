"""The actions of alarms; CloudWatch's others are moto's.

Every request is held against botocore's model of it. A member that would change when an alarm
goes off, and has no effect here, is refused by name.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import get_service_model

from moto_fixtures.cloudwatch import actions, composite, watching
from moto_fixtures.cloudwatch.alarms import COMPOSITE, METRIC, STATES, Alarm, problem_of
from moto_fixtures.cloudwatch.backend import Backend
from moto_fixtures.cloudwatch.composite import RuleError
from moto_fixtures.cloudwatch.errors import (
    InvalidParameterValue,
    NotSimulated,
    ResourceNotFound,
    ValidationError,
)
from moto_fixtures.sagemaker.validation import broken_constraints

NOT_SIMULATED = {
    "EvaluationWindow",
    "WarmUpConfiguration",
    "EvaluationCriteria",
    "EvaluationInterval",
    "ActionConfiguration",
}
"""Members of PutMetricAlarm and PutCompositeAlarm that are refused."""
LONGEST_PAGE = 100
"""Records in an answer."""
ALL_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


class Response(CloudWatchResponse):
    """moto's CloudWatch, alarms that are evaluated in the place of its own."""

    cloudwatch_backend: Backend

    def put_metric_alarm(self) -> ActionResult:
        request = self._request("PutMetricAlarm")
        if problem := problem_of(request):
            raise ValidationError(problem)
        return self._put(request, METRIC)

    def put_composite_alarm(self) -> ActionResult:
        backend, request = self.cloudwatch_backend, self._request("PutCompositeAlarm")
        try:
            rule = composite.parse(request["AlarmRule"])
        except RuleError as error:
            raise ValidationError(str(error)) from error
        suppressor = str(request.get("ActionsSuppressor", "")).rpartition(":alarm:")[2]
        named = rule.alarms | ({suppressor} if suppressor else set())
        if missing := sorted(named - set(backend.alarms)):
            raise ValidationError(f"AlarmRule: the alarms {', '.join(missing)} do not exist.")
        if _reaches(backend, request["AlarmName"], rule.alarms):
            raise ValidationError("AlarmRule must not lead back to the alarm itself.")
        periods = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
        if suppressor and any(request.get(member) is None for member in periods):
            raise ValidationError(f"ActionsSuppressor needs {' and '.join(periods)}.")
        return self._put(request, COMPOSITE)

    def _put(self, request: dict[str, Any], type_: str) -> ActionResult:
        backend, name = self.cloudwatch_backend, request["AlarmName"]
        old = backend.alarms.get(name)
        if old is not None and old.type != type_:
            raise ValidationError(f"{name} is a {old.type} already; delete it first.")
        for arn in (arn for member in ALL_ACTIONS for arn in request.get(member) or ()):
            if not actions.is_known(arn):
                raise NotSimulated(f"An alarm action on {arn}")
        before = None if old is None else old.request
        made = backend.put_alarm(copy.deepcopy(request))
        text = f'Alarm "{name}" {"created" if old is None else "updated"}'
        data = {"type": "Create" if old is None else "Update", "updatedAlarm": made.request}
        if before is not None:
            data["originalUpdatedFields"] = before
        actions.record(backend, made, "ConfigurationUpdate", text, data)
        if type_ == COMPOSITE:
            list(watching.settle(backend, made))
        else:
            watching.plan(made)
        return EmptyResult()

    def describe_alarms(self) -> ActionResult:
        request = self._request("DescribeAlarms")
        found = [one for one in self._chosen(request) if _fits(one, request)]
        page, token = self._page(sorted(found, key=lambda one: one.name), request)
        answer: dict[str, Any] = {
            f"{type_}s": [one.describe() for one in page if one.type == type_]
            for type_ in (METRIC, COMPOSITE)
        }
        return ActionResult({**answer, **token})

    def describe_alarms_for_metric(self) -> ActionResult:
        request = self._request("DescribeAlarmsForMetric")
        wanted = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit")
        dimensions = _pairs(request)
        found = [
            alarm.describe()
            for alarm in self.cloudwatch_backend.alarms.values()
            if all(alarm.request.get(member) == request.get(member, alarm.request.get(member))
                   for member in wanted)
            and alarm.rule is None
            and _pairs(alarm.request) == dimensions
        ]  # fmt: skip
        return ActionResult({"MetricAlarms": found})

    def describe_alarm_history(self) -> ActionResult:
        request = self._request("DescribeAlarmHistory")
        found = [
            item.describe()
            for item in self.cloudwatch_backend.alarm_history
            if request.get("AlarmName") in {None, item.alarm}
            and request.get("HistoryItemType") in {None, item.kind}
            and item.type in (request.get("AlarmTypes") or [METRIC])
            and (request.get("StartDate") or item.at) <= item.at
            and item.at <= (request.get("EndDate") or item.at)
        ]
        if request.get("ScanBy") != "TimestampAscending":
            found.reverse()
        page, token = self._page(found, request)
        return ActionResult({"AlarmHistoryItems": page, **token})

    def set_alarm_state(self) -> ActionResult:
        """Put an alarm in a state by hand, until it is evaluated the next time."""
        request, backend = self._request("SetAlarmState"), self.cloudwatch_backend
        alarm = backend.alarms.get(request["AlarmName"])
        if alarm is None:
            raise ResourceNotFound("Unknown")
        reason, data = request["StateReason"], request.get("StateReasonData")
        actions.change(backend, alarm, request["StateValue"], reason, data)
        list(watching.follow(backend, alarm))
        watching.plan(alarm)
        return EmptyResult()

    def delete_alarms(self) -> ActionResult:
        request, backend = self._request("DeleteAlarms"), self.cloudwatch_backend
        names = set(request["AlarmNames"])
        for alarm in backend.alarms.values():
            used = (
                names & alarm.parsed_rule.alarms if alarm.rule and alarm.name not in names else ()
            )
            if used:
                raise ValidationError(
                    f"Cannot delete {', '.join(sorted(used))} as {alarm.name} depends on it."
                )
        for name in names & set(backend.alarms):
            gone = backend.alarms.pop(name)
            data = {"type": "Delete", "deletedAlarm": gone.request}
            text = f'Alarm "{name}" deleted'
            actions.record(backend, gone, "ConfigurationUpdate", text, data)
        return EmptyResult()

    def _request(self, action: str) -> dict[str, Any]:
        """The request, held against the API's model and without what is not simulated."""
        request = dict(self._get_params())
        shape = get_service_model("cloudwatch").operation_model(action).input_shape
        if found := list(broken_constraints(shape, request)):
            errors = "error" if len(found) == 1 else "errors"
            message = f"{len(found)} validation {errors} detected: {'; '.join(found)}"
            raise ValidationError(message)
        if refused := sorted(NOT_SIMULATED & set(request)):
            raise NotSimulated(f"{action}'s {refused[0]}")
        return request

    def _chosen(self, request: Mapping[str, Any]) -> Iterable[Alarm]:
        """The alarms that DescribeAlarms is asked for, before its filters."""
        alarms: dict[str, Alarm] = self.cloudwatch_backend.alarms
        if child := request.get("ChildrenOfAlarmName"):
            parent = alarms.get(child)
            names = parent.parsed_rule.alarms if parent is not None and parent.rule else ()
            return [alarms[name] for name in names if name in alarms]
        if name := request.get("ParentsOfAlarmName"):
            return [one for one in alarms.values() if one.rule and name in one.parsed_rule.alarms]
        types = request.get("AlarmTypes") or [METRIC]
        wanted = request.get("AlarmNames") or list(alarms)
        return [alarms[name] for name in wanted if name in alarms and alarms[name].type in types]

    def _page(
        self, found: list[Any], request: Mapping[str, Any]
    ) -> tuple[list[Any], dict[str, str]]:
        size = int(request.get("MaxRecords") or LONGEST_PAGE)
        token = str(request.get("NextToken") or "0")
        if not token.isdigit():
            raise InvalidParameterValue("Request parameter NextToken is invalid")
        end = int(token) + size
        return found[int(token) : end], {"NextToken": str(end)} if end < len(found) else {}


def _fits(alarm: Alarm, request: Mapping[str, Any]) -> bool:
    prefix, action = request.get("AlarmNamePrefix", ""), request.get("ActionPrefix")
    return (
        alarm.name.startswith(prefix)
        and request.get("StateValue") in {None, alarm.state_value}
        and (
            action is None
            or any(arn.startswith(action) for state in STATES for arn in alarm.actions(state))
        )
    )


def _pairs(request: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(one["Name"], one["Value"]) for one in request.get("Dimensions") or ()}


def _reaches(backend: Backend, name: str, alarms: Iterable[str]) -> bool:
    """Whether some alarms are, or are made of, the one of a name."""
    seen, waiting = set[str](), list(alarms)
    while waiting:
        one = waiting.pop()
        if one == name:
            return True
        if one in backend.alarms and one not in seen:
            seen.add(one)
            waiting += backend.alarms[one].parsed_rule.alarms if backend.alarms[one].rule else ()
    return False
