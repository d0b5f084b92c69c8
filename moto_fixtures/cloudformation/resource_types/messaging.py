"""AWS::SNS and AWS::SQS: topics, subscriptions, queues, and the policies on them."""

# ruff: noqa: ARG002  (every type has the same four methods; few need all of their arguments)

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from moto.moto_api._internal import mock_random

from moto_fixtures.cloudformation.intrinsics import text
from moto_fixtures.cloudformation.resource_types.base import (
    Properties,
    ResourceType,
    Scope,
    differ,
    retag,
    tag_list,
    tags_of,
)


def attribute(value: Any) -> str:
    """A property as an SNS or SQS attribute: always text, documents as JSON."""
    return json.dumps(value) if isinstance(value, dict | list) else text(value)


@dataclass(frozen=True, kw_only=True)
class Topic(ResourceType):
    """An SNS topic, with the subscriptions written into it."""

    type_name: str = "AWS::SNS::Topic"
    name_property: str | None = "TopicName"
    name_limit: int = 256

    ATTRIBUTES = frozenset({"ContentBasedDeduplication", "DisplayName", "KmsMasterKeyId"})
    """Those moto keeps; it would take any other, and forget it."""

    @property
    def simulated(self) -> frozenset[str]:
        return self.ATTRIBUTES | {"TopicName", "FifoTopic", "Tags", "Subscription"}

    def make(self, scope: Scope, properties: Properties) -> str:
        own = {"FifoTopic": "true"} if properties.get("FifoTopic") else {}
        made = scope.call(
            "sns", "create_topic", Name=properties["TopicName"], Attributes=own,
            Tags=tag_list(properties),
        )  # fmt: skip
        return str(made["TopicArn"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        for name in sorted(self.ATTRIBUTES):
            if before.get(name) != after.get(name):
                value = attribute(after.get(name, ""))
                scope.call(
                    "sns", "set_topic_attributes",
                    TopicArn=physical_id, AttributeName=name, AttributeValue=value,
                )  # fmt: skip
        self._subscribe(scope, physical_id, before, after)
        if before:
            retag(scope, "sns", physical_id, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        self._subscribe(scope, physical_id, properties, {})
        scope.call("sns", "delete_topic", TopicArn=physical_id)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"TopicArn": physical_id, "TopicName": physical_id.rsplit(":", 1)[-1]}

    def _subscribe(self, scope: Scope, topic: str, before: Properties, after: Properties) -> None:
        old, new = before.get("Subscription") or [], after.get("Subscription") or []
        gone = [(item["Protocol"], item["Endpoint"]) for item in old if item not in new]
        if gone:
            found = scope.call("sns", "list_subscriptions_by_topic", TopicArn=topic)
            for item in found["Subscriptions"]:
                if (item["Protocol"], item["Endpoint"]) in gone:
                    scope.call("sns", "unsubscribe", SubscriptionArn=item["SubscriptionArn"])
        for item in new:
            if item not in old:
                scope.call("sns", "subscribe", TopicArn=topic, **item)


@dataclass(frozen=True, kw_only=True)
class Subscription(ResourceType):
    """An SNS subscription."""

    type_name: str = "AWS::SNS::Subscription"

    ATTRIBUTES = frozenset({
        "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery",
        "RedrivePolicy", "SubscriptionRoleArn",
    })  # fmt: skip

    @property
    def simulated(self) -> frozenset[str]:
        return self.ATTRIBUTES | {"TopicArn", "Protocol", "Endpoint"}

    def make(self, scope: Scope, properties: Properties) -> str:
        request = {key: properties[key] for key in ("Protocol", "Endpoint") if key in properties}
        made = scope.call(
            "sns", "subscribe",
            TopicArn=properties["TopicArn"], ReturnSubscriptionArn=True, **request,
        )  # fmt: skip
        return str(made["SubscriptionArn"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        changed = differ(before, after) & self.ATTRIBUTES
        if "FilterPolicy" in changed and "FilterPolicy" not in after:
            changed |= {"FilterPolicyScope"}
        # A policy is held against the scope it has by then, so the scope goes first.
        for name in sorted(changed, key=lambda name: (name != "FilterPolicyScope", name)):
            scope.call(
                "sns", "set_subscription_attributes", SubscriptionArn=physical_id,
                AttributeName=name, AttributeValue=attribute(after.get(name, "")),
            )  # fmt: skip

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call("sns", "unsubscribe", SubscriptionArn=physical_id)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"Arn": physical_id}


@dataclass(frozen=True, kw_only=True)
class Queue(ResourceType):
    """An SQS queue."""

    type_name: str = "AWS::SQS::Queue"
    name_property: str | None = "QueueName"
    name_limit: int = 80

    ATTRIBUTES = frozenset({
        "ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "MaximumMessageSize",
        "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds",
        "RedrivePolicy", "SqsManagedSseEnabled", "VisibilityTimeout",
    })  # fmt: skip

    UNSET: ClassVar[Mapping[str, str]] = {
        "DelaySeconds": "0",
        "KmsDataKeyReusePeriodSeconds": "300",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    }
    """What SQS takes for what is not set; every other attribute is empty then."""

    @property
    def simulated(self) -> frozenset[str]:
        return self.ATTRIBUTES | {"QueueName", "FifoQueue", "Tags"}

    def make(self, scope: Scope, properties: Properties) -> str:
        own = {"FifoQueue": "true"} if properties.get("FifoQueue") else {}
        made = scope.call(
            "sqs", "create_queue",
            QueueName=properties["QueueName"], Attributes=own, tags=tags_of(properties),
        )  # fmt: skip
        return str(made["QueueUrl"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        changed = {
            name: attribute(after.get(name, self.UNSET.get(name, "")))
            for name in self.ATTRIBUTES
            if before.get(name) != after.get(name)
        }
        if changed:
            scope.call("sqs", "set_queue_attributes", QueueUrl=physical_id, Attributes=changed)
        if before:
            retag(scope, "sqs", physical_id, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call("sqs", "delete_queue", QueueUrl=physical_id)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        found = scope.call(
            "sqs", "get_queue_attributes", QueueUrl=physical_id, AttributeNames=["QueueArn"]
        )
        return {
            "Arn": found["Attributes"]["QueueArn"],
            "QueueName": physical_id.rsplit("/", 1)[-1],
            "QueueUrl": physical_id,
        }


@dataclass(frozen=True, kw_only=True)
class AttachedPolicy(ResourceType):
    """A policy document laid on several topics or queues; it has no existence of its own."""

    service: str
    targets: str
    """The property that lists what the policy is laid on."""

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({"PolicyDocument", self.targets})

    def make(self, scope: Scope, properties: Properties) -> str:
        return f"{self.type_name.rsplit('::', 1)[-1]}-{mock_random.get_random_hex(12)}"

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        for target in before.get(self.targets) or ():
            if target not in (after.get(self.targets) or ()):
                self._lay(scope, target, None)
        for target in after.get(self.targets) or ():
            self._lay(scope, target, attribute(after["PolicyDocument"]))

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        for target in properties.get(self.targets) or ():
            self._lay(scope, target, None)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"Id": physical_id}

    def _lay(self, scope: Scope, target: str, policy: str | None) -> None:
        if self.service == "sqs":
            scope.call(
                "sqs", "set_queue_attributes",
                QueueUrl=target, Attributes={"Policy": policy or ""},
            )  # fmt: skip
        else:
            scope.call(
                "sns", "set_topic_attributes", TopicArn=target, AttributeName="Policy",
                AttributeValue=policy or owner_only(target),
            )  # fmt: skip


def owner_only(topic: str) -> str:
    """The policy a topic has when nobody has set one: its owner may do everything."""
    actions = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission",
               "DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish")  # fmt: skip
    return json.dumps({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Effect": "Allow",
            "Sid": "__default_statement_ID",
            "Principal": {"AWS": "*"},
            "Action": [f"SNS:{action}" for action in actions],
            "Resource": topic,
            "Condition": {"StringEquals": {"AWS:SourceOwner": topic.split(":")[4]}},
        }],
    })  # fmt: skip


TYPES: tuple[ResourceType, ...] = (
    Topic(),
    Subscription(),
    Queue(),
    AttachedPolicy(type_name="AWS::SNS::TopicPolicy", service="sns", targets="Topics"),
    AttachedPolicy(type_name="AWS::SQS::QueuePolicy", service="sqs", targets="Queues"),
)
