"""AWS::KMS: keys and aliases. A deleted key is a key waiting to be deleted, as on AWS."""

# ruff: noqa: ARG002  (every type has the same four methods; few need all of their arguments)

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from moto_fixtures.cloudformation.resource_types.base import (
    Properties,
    ResourceType,
    Scope,
    retag,
    tag_list,
)


@dataclass(frozen=True, kw_only=True)
class Key(ResourceType):
    """A KMS key."""

    type_name: str = "AWS::KMS::Key"

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({
            "KeyPolicy", "Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin", "Tags",
            "EnableKeyRotation", "Enabled", "PendingWindowInDays",
        })  # fmt: skip

    def make(self, scope: Scope, properties: Properties) -> str:
        plain = ("Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin")
        request = {key: properties[key] for key in plain if key in properties}
        if "KeyPolicy" in properties:
            request["Policy"] = _document(properties["KeyPolicy"])
        tags = tag_list(properties, "TagKey", "TagValue")
        made = scope.call("kms", "create_key", **request, Tags=tags)
        return str(made["KeyMetadata"]["KeyId"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        key = {"KeyId": physical_id}
        if bool(before.get("EnableKeyRotation")) != bool(after.get("EnableKeyRotation")):
            verb = "enable" if after.get("EnableKeyRotation") else "disable"
            scope.call("kms", f"{verb}_key_rotation", **key)
        if before.get("Enabled", True) != after.get("Enabled", True):
            scope.call("kms", "enable_key" if after.get("Enabled", True) else "disable_key", **key)
        if not before:
            return
        if before.get("Description") != after.get("Description"):
            description = after.get("Description", "")
            scope.call("kms", "update_key_description", **key, Description=description)
        if before.get("KeyPolicy") != after.get("KeyPolicy") and "KeyPolicy" in after:
            policy = _document(after["KeyPolicy"])
            scope.call("kms", "put_key_policy", **key, PolicyName="default", Policy=policy)
        retag(scope, "kms", physical_id, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        days = int(properties.get("PendingWindowInDays", 30))
        scope.call("kms", "schedule_key_deletion", KeyId=physical_id, PendingWindowInDays=days)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        found = scope.call("kms", "describe_key", KeyId=physical_id)["KeyMetadata"]
        return {"Arn": found["Arn"], "KeyId": physical_id}


@dataclass(frozen=True, kw_only=True)
class Alias(ResourceType):
    """A second name for a key."""

    type_name: str = "AWS::KMS::Alias"
    name_property: str | None = "AliasName"

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({"AliasName", "TargetKeyId"})

    def make(self, scope: Scope, properties: Properties) -> str:
        scope.call("kms", "create_alias", **properties)
        return str(properties["AliasName"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if before:
            scope.call("kms", "update_alias", **after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call("kms", "delete_alias", AliasName=physical_id)


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


TYPES: tuple[ResourceType, ...] = (Key(), Alias())
