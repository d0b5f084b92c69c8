"""AWS::CloudWatch: alarms, composite alarms and dashboards. One call makes and changes them.

moto calls a new alarm OK, and one that was changed too. In AWS nothing is known of a new one
before it is evaluated, and a change leaves its state as it was.
"""

# ruff: noqa: ARG002  (every type has the same four methods; few need all of their arguments)

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto_fixtures.cloudformation.resource_types.base import (
    Properties,
    ResourceType,
    Scope,
    differ,
    members,
    retag,
    tag_list,
)
from moto_fixtures.cloudformation.resource_types.mapped import MappedType


@dataclass(frozen=True, kw_only=True)
class Alarm(ResourceType):
    """A metric alarm."""

    type_name: str = "AWS::CloudWatch::Alarm"
    name_property: str | None = "AlarmName"
    name_limit: int = 255

    @property
    def simulated(self) -> frozenset[str]:
        return members("cloudwatch", "put_metric_alarm")

    def make(self, scope: Scope, properties: Properties) -> str:
        request = {**properties, "Tags": tag_list(properties)}
        self._put(scope, request, "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
        return str(properties["AlarmName"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if not before:
            return
        if differ(before, after, ignoring={"Tags"}):
            request = {key: value for key, value in after.items() if key != "Tags"}
            was = self._describe(scope, physical_id)
            self._put(scope, request, was["StateValue"], was["StateReason"])
        retag(scope, "cloudwatch", self._describe(scope, physical_id)["AlarmArn"], before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call("cloudwatch", "delete_alarms", AlarmNames=[physical_id])

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"Arn": self._describe(scope, physical_id)["AlarmArn"]}

    def _put(self, scope: Scope, request: Properties, state: str, reason: str) -> None:
        scope.call("cloudwatch", "put_metric_alarm", **request)
        name = request["AlarmName"]
        given = {"AlarmName": name, "StateValue": state, "StateReason": reason}
        scope.call("cloudwatch", "set_alarm_state", **given)

    def _describe(self, scope: Scope, name: str) -> dict[str, Any]:
        found = scope.call("cloudwatch", "describe_alarms", AlarmNames=[name])
        alarm: dict[str, Any] = found["MetricAlarms"][0]
        return alarm


TYPES: tuple[ResourceType, ...] = (
    Alarm(),
    MappedType(
        type_name="AWS::CloudWatch::CompositeAlarm",
        name_property="AlarmName",
        name_limit=255,
        service="cloudwatch",
        creating="put_composite_alarm",
        reading="describe_alarms",
        updating="put_composite_alarm",
        deleting="delete_alarms",
        carries=frozenset({
            "ActionsEnabled", "ActionsSuppressor", "ActionsSuppressorExtensionPeriod",
            "ActionsSuppressorWaitPeriod", "AlarmActions", "AlarmDescription", "AlarmName",
            "AlarmRule", "InsufficientDataActions", "OKActions", "Tags",
        }),
        ref="AlarmName",
        found="CompositeAlarms[0]",
        key={"AlarmNames": "AlarmName"},
        asking={"AlarmTypes": ["CompositeAlarm"]},
        shows={"Arn": "AlarmArn"},
        arn="AlarmArn",
    ),
    MappedType(
        type_name="AWS::CloudWatch::Dashboard",
        name_property="DashboardName",
        name_limit=255,
        service="cloudwatch",
        creating="put_dashboard",
        reading="get_dashboard",
        updating="put_dashboard",
        deleting="delete_dashboards",
        carries=frozenset({"DashboardBody", "DashboardName"}),
        ref="DashboardName",
        found="@",
        key={"DashboardName": "DashboardName", "DashboardNames": "DashboardName"},
    ),
)  # fmt: skip
