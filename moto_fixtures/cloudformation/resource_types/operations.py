"""What stands around a service in operation: log groups, parameters, rules, scaling."""

# ruff: noqa: ARG002  (every type has the same four methods; few need all of their arguments)

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from moto_fixtures.cloudformation.errors import ResourceFailed
from moto_fixtures.cloudformation.resource_types.base import (
    Properties,
    ResourceType,
    Scope,
    differ,
    members,
    retag,
    tag_list,
    tags_of,
)
from moto_fixtures.cloudformation.resource_types.mapped import MappedType


@dataclass(frozen=True, kw_only=True)
class LogGroup(ResourceType):
    """A CloudWatch log group."""

    type_name: str = "AWS::Logs::LogGroup"
    name_property: str | None = "LogGroupName"
    name_limit: int = 512
    fixed: frozenset[str] = frozenset({"KmsKeyId"})

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({"LogGroupName", "KmsKeyId", "RetentionInDays", "Tags"})

    def make(self, scope: Scope, properties: Properties) -> str:
        request: dict[str, Any] = {"logGroupName": properties["LogGroupName"]}
        if "KmsKeyId" in properties:
            request["kmsKeyId"] = properties["KmsKeyId"]
        scope.call("logs", "create_log_group", **request, tags=tags_of(properties))
        return str(properties["LogGroupName"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        self.refuse_fixed(before, after)
        group = {"logGroupName": physical_id}
        changed = differ(before, after)
        if "RetentionInDays" in changed and "RetentionInDays" in after:
            days = after["RetentionInDays"]
            scope.call("logs", "put_retention_policy", **group, retentionInDays=days)
        elif "RetentionInDays" in changed:
            scope.call("logs", "delete_retention_policy", **group)
        if before and "Tags" in changed:
            arn = scope.arn("logs", f"log-group:{physical_id}")
            retag(scope, "logs", arn, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call("logs", "delete_log_group", logGroupName=physical_id)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"Arn": scope.arn("logs", f"log-group:{physical_id}:*")}


@dataclass(frozen=True, kw_only=True)
class Parameter(ResourceType):
    """An SSM parameter. Its tags are written as a mapping, not as a list."""

    type_name: str = "AWS::SSM::Parameter"
    name_property: str | None = "Name"
    name_limit: int = 1011

    @property
    def simulated(self) -> frozenset[str]:
        return members("ssm", "put_parameter") - {"Overwrite", "KeyId"}

    def make(self, scope: Scope, properties: Properties) -> str:
        request = {**properties, "Tags": tag_list(properties)}
        scope.call("ssm", "put_parameter", **request)
        return str(properties["Name"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if not before:
            return
        if differ(before, after, ignoring={"Tags"}):
            request = {key: value for key, value in after.items() if key != "Tags"}
            # What is left out stays as it was, so it is said to be nothing.
            unset = {key: "" for key in ("AllowedPattern", "Description") if key in before}
            scope.call("ssm", "put_parameter", **{**unset, **request}, Overwrite=True)
        retag(scope, "ssm", physical_id, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call("ssm", "delete_parameter", Name=physical_id)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        found = scope.call("ssm", "get_parameter", Name=physical_id)["Parameter"]
        return {"Arn": found["ARN"], "Type": found["Type"], "Value": found["Value"]}


@dataclass(frozen=True, kw_only=True)
class Rule(ResourceType):
    """An EventBridge rule and its targets."""

    type_name: str = "AWS::Events::Rule"
    name_property: str | None = "Name"
    name_limit: int = 64

    @property
    def simulated(self) -> frozenset[str]:
        return members("events", "put_rule") | {"Targets"}

    def make(self, scope: Scope, properties: Properties) -> str:
        self._put(scope, properties)
        bus = properties.get("EventBusName", "default")
        name = str(properties["Name"])
        return name if bus == "default" else f"{bus}|{name}"

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if before and differ(before, after, ignoring={"Targets", "Tags"}):
            self._put(scope, after)
        old, new = before.get("Targets") or [], after.get("Targets") or []
        gone = {item["Id"] for item in old} - {item["Id"] for item in new}
        if gone:
            scope.call("events", "remove_targets", **self._key(after), Ids=sorted(gone))
        if changed := [item for item in new if item not in old]:
            put = scope.call("events", "put_targets", **self._key(after), Targets=changed)
            if put["FailedEntryCount"]:
                raise ValueError(f"Targets were refused: {put['FailedEntries'][0]['ErrorMessage']}")
        if before and before.get("Tags") != after.get("Tags"):
            arn = self.attributes(scope, physical_id, after)["Arn"]
            retag(scope, "events", arn, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        if targets := properties.get("Targets"):
            ids = [item["Id"] for item in targets]
            scope.call("events", "remove_targets", **self._key(properties), Ids=ids)
        scope.call("events", "delete_rule", **self._bus(properties), Name=properties["Name"])

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        found = scope.call(
            "events", "describe_rule", **self._bus(properties), Name=properties["Name"]
        )
        return {"Arn": found["Arn"], "RuleName": found["Name"]}

    def _put(self, scope: Scope, properties: Properties) -> None:
        request = {key: value for key, value in properties.items() if key != "Targets"}
        if isinstance(request.get("EventPattern"), dict):
            request["EventPattern"] = json.dumps(request["EventPattern"])
        scope.call("events", "put_rule", **request)

    def _bus(self, properties: Properties) -> dict[str, Any]:
        return {key: properties[key] for key in ("EventBusName",) if key in properties}

    def _key(self, properties: Properties) -> dict[str, Any]:
        return {**self._bus(properties), "Rule": properties["Name"]}


@dataclass(frozen=True, kw_only=True)
class ScalableTarget(ResourceType):
    """What Application Auto Scaling may scale. Ref is its three keys joined by bars."""

    type_name: str = "AWS::ApplicationAutoScaling::ScalableTarget"

    KEYS = ("ResourceId", "ScalableDimension", "ServiceNamespace")
    SUSPENSIONS = (
        "DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended",
    )  # fmt: skip

    @property
    def simulated(self) -> frozenset[str]:
        return members("application-autoscaling", "register_scalable_target")

    def make(self, scope: Scope, properties: Properties) -> str:
        request = {**properties, "Tags": tags_of(properties)}
        scope.call("application-autoscaling", "register_scalable_target", **request)
        return "|".join(str(properties[key]) for key in self.KEYS)

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if not before:
            return
        if differ(before, after, ignoring={"Tags"}):
            request = {key: value for key, value in after.items() if key != "Tags"}
            request.setdefault("SuspendedState", dict.fromkeys(self.SUSPENSIONS, False))
            scope.call("application-autoscaling", "register_scalable_target", **request)
        if before.get("Tags") != after.get("Tags"):
            arn = self._describe(scope, after)["ScalableTargetARN"]
            retag(scope, "application-autoscaling", arn, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        key = {name: properties[name] for name in self.KEYS}
        scope.call("application-autoscaling", "deregister_scalable_target", **key)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"Id": physical_id}

    def _describe(self, scope: Scope, properties: Properties) -> dict[str, Any]:
        found = scope.call(
            "application-autoscaling", "describe_scalable_targets",
            ServiceNamespace=properties["ServiceNamespace"],
            ResourceIds=[properties["ResourceId"]],
            ScalableDimension=properties["ScalableDimension"],
        )  # fmt: skip
        target: dict[str, Any] = found["ScalableTargets"][0]
        return target


@dataclass(frozen=True, kw_only=True)
class ScalingPolicy(ResourceType):
    """How to scale a target, which is named by its keys or by the target's Ref."""

    type_name: str = "AWS::ApplicationAutoScaling::ScalingPolicy"

    @property
    def simulated(self) -> frozenset[str]:
        return members("application-autoscaling", "put_scaling_policy") | {"ScalingTargetId"}

    def make(self, scope: Scope, properties: Properties) -> str:
        made = scope.call(
            "application-autoscaling", "put_scaling_policy", **self._request(properties)
        )
        return str(made["PolicyARN"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if before:
            self.make(scope, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        request = self._request(properties)
        key = {name: request[name] for name in ("PolicyName", *ScalableTarget.KEYS)}
        scope.call("application-autoscaling", "delete_scaling_policy", **key)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"Arn": physical_id}

    def _request(self, properties: Properties) -> dict[str, Any]:
        request = {key: value for key, value in properties.items() if key != "ScalingTargetId"}
        if target := properties.get("ScalingTargetId"):
            request.update(zip(ScalableTarget.KEYS, str(target).split("|"), strict=True))
        return request


@dataclass(frozen=True, kw_only=True)
class MetricFilter(MappedType):
    """A metric filter of a log group. Ref is its name."""

    def make(self, scope: Scope, properties: Properties) -> str:
        group = properties["LogGroupName"]
        # moto would keep a filter of a group that is not there.
        found = scope.call("logs", "describe_log_groups", logGroupNamePrefix=group)["logGroups"]
        if group not in [one["logGroupName"] for one in found]:
            raise ResourceFailed(f"The specified log group {group} does not exist.")
        return super().make(scope, properties)

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if before:
            # moto would put a second filter of that name beside the first.
            self.destroy(scope, physical_id, before)
            self.make(scope, after)


TYPES: tuple[ResourceType, ...] = (
    LogGroup(),
    Parameter(),
    Rule(),
    ScalableTarget(),
    ScalingPolicy(),
    MetricFilter(
        type_name="AWS::Logs::MetricFilter",
        name_property="FilterName",
        name_limit=512,
        service="logs",
        creating="put_metric_filter",
        reading="describe_metric_filters",
        deleting="delete_metric_filter",
        carries=frozenset({"FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"}),
        ref="FilterName",
        found="metricFilters[0]",
        key={"filterName": "FilterName", "logGroupName": "LogGroupName"},
    ),
)
