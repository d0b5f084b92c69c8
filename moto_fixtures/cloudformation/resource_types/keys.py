"""AWS::KMS: keys and aliases. A deleted key is a key waiting to be deleted, as on AWS."""

# ruff: noqa: ARG002  (every type has the same four methods; few need all of their arguments)

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto_fixtures.cloudformation.errors import ResourceFailed
from moto_fixtures.cloudformation.resource_types.base import (
    Properties,
    ResourceType,
    Scope,
    retag,
    tag_list,
)

UNSET: Mapping[str, Any] = {
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "MultiRegion": False,
    "Origin": "AWS_KMS",
}
"""What a key is for and made of, where the template does not say."""


@dataclass(frozen=True, kw_only=True)
class Key(ResourceType):
    """A KMS key. What it is for and made of cannot be changed, as KMS has no call for it."""

    type_name: str = "AWS::KMS::Key"
    fixed: frozenset[str] = frozenset(UNSET)

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({
            "KeyPolicy", "Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin", "Tags",
            "EnableKeyRotation", "Enabled", "PendingWindowInDays",
        })  # fmt: skip

    def make(self, scope: Scope, properties: Properties) -> str:
        plain = ("Description", *sorted(self.fixed))
        request = {key: properties[key] for key in plain if key in properties}
        if "KeyPolicy" in properties:
            request["Policy"] = _document(properties["KeyPolicy"])
        tags = tag_list(properties, "TagKey", "TagValue")
        made = scope.call("kms", "create_key", **request, Tags=tags)
        return str(made["KeyMetadata"]["KeyId"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        # A key may have no properties at all, so what it is like is asked of the key.
        key = {"KeyId": physical_id}
        made = scope.call("kms", "describe_key", **key)["KeyMetadata"]
        made["MultiRegion"] = physical_id.startswith("mrk-")
        kept = {name: made.get(name) or default for name, default in UNSET.items()}
        if changed := sorted(name for name in UNSET if after.get(name, UNSET[name]) != kept[name]):
            raise ResourceFailed(
                f"You cannot change {', '.join(changed)} of KMS key {physical_id} after it was "
                "created; give the resource another logical id."
            )
        if bool(before.get("EnableKeyRotation")) != bool(after.get("EnableKeyRotation")):
            verb = "enable" if after.get("EnableKeyRotation") else "disable"
            scope.call("kms", f"{verb}_key_rotation", **key)
        if before.get("Enabled", True) != after.get("Enabled", True):
            scope.call("kms", "enable_key" if after.get("Enabled", True) else "disable_key", **key)
        if made["Description"] != (description := after.get("Description", "")):
            scope.call("kms", "update_key_description", **key, Description=description)
        if before.get("KeyPolicy") != after.get("KeyPolicy"):
            policy = _document(after.get("KeyPolicy") or owner_only(scope))
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


def owner_only(scope: Scope) -> dict[str, Any]:
    """The policy a key has when nobody has set one: its account may do everything."""
    return {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{scope.partition}:iam::{scope.account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


TYPES: tuple[ResourceType, ...] = (Key(), Alias())
