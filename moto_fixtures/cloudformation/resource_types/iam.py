"""AWS::IAM: roles, instance profiles, managed policies and inline policies."""

# ruff: noqa: ARG002  (every type has the same four methods; few need all of their arguments)

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto_fixtures.cloudformation.resource_types.base import (
    Properties,
    ResourceType,
    Scope,
    differ,
    retag,
    tag_list,
)
from moto_fixtures.cloudformation.resource_types.mapped import MappedType

_HOLDERS: Mapping[str, tuple[str, str]] = {
    "Roles": ("role", "RoleName"),
    "Users": ("user", "UserName"),
    "Groups": ("group", "GroupName"),
}


def document(value: Any) -> str:
    """A policy as the API takes it: JSON text."""
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, kw_only=True)
class Role(ResourceType):
    """A role with its inline and attached policies."""

    type_name: str = "AWS::IAM::Role"
    name_property: str | None = "RoleName"
    name_limit: int = 64

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({
            "RoleName", "AssumeRolePolicyDocument", "Description", "ManagedPolicyArns",
            "MaxSessionDuration", "Path", "PermissionsBoundary", "Policies", "Tags",
        })  # fmt: skip

    def make(self, scope: Scope, properties: Properties) -> str:
        plain = ("RoleName", "Description", "MaxSessionDuration", "Path", "PermissionsBoundary")
        scope.call(
            "iam", "create_role",
            **{key: properties[key] for key in plain if key in properties},
            AssumeRolePolicyDocument=document(properties["AssumeRolePolicyDocument"]),
            Tags=tag_list(properties),
        )  # fmt: skip
        return str(properties["RoleName"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if before:
            self._change(scope, physical_id, before, after)
            retag(scope, "iam", physical_id, before, after)
        old = set(before.get("ManagedPolicyArns") or ())
        new = set(after.get("ManagedPolicyArns") or ())
        for arn in sorted(old - new):
            scope.call("iam", "detach_role_policy", RoleName=physical_id, PolicyArn=arn)
        for arn in sorted(new - old):
            scope.call("iam", "attach_role_policy", RoleName=physical_id, PolicyArn=arn)
        had, has = _by_name(before), _by_name(after)
        for name in sorted(set(had) - set(has)):
            scope.call("iam", "delete_role_policy", RoleName=physical_id, PolicyName=name)
        for name in sorted(has):
            if has[name] != had.get(name):
                scope.call(
                    "iam", "put_role_policy",
                    RoleName=physical_id, PolicyName=name, PolicyDocument=has[name],
                )  # fmt: skip

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        role = {"RoleName": physical_id}
        for item in scope.call("iam", "list_attached_role_policies", **role)["AttachedPolicies"]:
            if item["PolicyArn"] in (properties.get("ManagedPolicyArns") or ()):
                scope.call("iam", "detach_role_policy", **role, PolicyArn=item["PolicyArn"])
        for name in scope.call("iam", "list_role_policies", **role)["PolicyNames"]:
            if name in _by_name(properties):
                scope.call("iam", "delete_role_policy", **role, PolicyName=name)
        scope.call("iam", "delete_role", **role)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        role = scope.call("iam", "get_role", RoleName=physical_id)["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    def _change(self, scope: Scope, name: str, before: Properties, after: Properties) -> None:
        changed = differ(before, after)
        if "AssumeRolePolicyDocument" in changed:
            policy = document(after["AssumeRolePolicyDocument"])
            scope.call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=policy)
        if changed & {"Description", "MaxSessionDuration"}:
            scope.call(
                "iam", "update_role", RoleName=name, Description=after.get("Description", ""),
                MaxSessionDuration=after.get("MaxSessionDuration", 3600),
            )  # fmt: skip
        if "PermissionsBoundary" in changed and "PermissionsBoundary" in after:
            scope.call(
                "iam", "put_role_permissions_boundary", RoleName=name,
                PermissionsBoundary=after["PermissionsBoundary"],
            )  # fmt: skip
        elif "PermissionsBoundary" in changed:
            scope.call("iam", "delete_role_permissions_boundary", RoleName=name)


@dataclass(frozen=True, kw_only=True)
class InlinePolicy(ResourceType):
    """AWS::IAM::Policy: one document embedded in roles, users and groups."""

    type_name: str = "AWS::IAM::Policy"

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({"PolicyName", "PolicyDocument", *_HOLDERS})

    def make(self, scope: Scope, properties: Properties) -> str:
        return str(properties["PolicyName"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        for holders, (noun, key) in _HOLDERS.items():
            old, new = before.get(holders) or (), after.get(holders) or ()
            renamed = before.get("PolicyName") != after["PolicyName"]
            for name in old:
                if name not in new or renamed:
                    self._take(scope, noun, key, name, str(before["PolicyName"]))
            for name in new:
                scope.call(
                    "iam", f"put_{noun}_policy", **{key: name},
                    PolicyName=after["PolicyName"],
                    PolicyDocument=document(after["PolicyDocument"]),
                )  # fmt: skip

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        for holders, (noun, key) in _HOLDERS.items():
            for name in properties.get(holders) or ():
                self._take(scope, noun, key, name, str(properties["PolicyName"]))

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"Id": physical_id}

    def _take(self, scope: Scope, noun: str, key: str, name: str, policy: str) -> None:
        scope.call("iam", f"delete_{noun}_policy", **{key: name}, PolicyName=policy)


@dataclass(frozen=True, kw_only=True)
class ManagedPolicy(ResourceType):
    """A managed policy and what it is attached to. A changed document is a new version."""

    type_name: str = "AWS::IAM::ManagedPolicy"
    name_property: str | None = "ManagedPolicyName"
    name_limit: int = 128

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({"ManagedPolicyName", "PolicyDocument", "Description", "Path", *_HOLDERS})

    def make(self, scope: Scope, properties: Properties) -> str:
        made = scope.call(
            "iam", "create_policy",
            PolicyName=properties["ManagedPolicyName"],
            PolicyDocument=document(properties["PolicyDocument"]),
            **{key: properties[key] for key in ("Description", "Path") if key in properties},
        )  # fmt: skip
        return str(made["Policy"]["Arn"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if before and before["PolicyDocument"] != after["PolicyDocument"]:
            self._replace_document(scope, physical_id, after)
        for holders, (noun, key) in _HOLDERS.items():
            old, new = set(before.get(holders) or ()), set(after.get(holders) or ())
            for name in sorted(old - new):
                scope.call("iam", f"detach_{noun}_policy", **{key: name}, PolicyArn=physical_id)
            for name in sorted(new - old):
                scope.call("iam", f"attach_{noun}_policy", **{key: name}, PolicyArn=physical_id)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        for holders, (noun, key) in _HOLDERS.items():
            for name in properties.get(holders) or ():
                scope.call("iam", f"detach_{noun}_policy", **{key: name}, PolicyArn=physical_id)
        self._drop_old_versions(scope, physical_id)
        scope.call("iam", "delete_policy", PolicyArn=physical_id)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        policy = scope.call("iam", "get_policy", PolicyArn=physical_id)["Policy"]
        return {**policy, "PolicyArn": physical_id}

    def _replace_document(self, scope: Scope, arn: str, after: Properties) -> None:
        # IAM keeps five versions at most, so the one before last goes first.
        self._drop_old_versions(scope, arn)
        scope.call(
            "iam", "create_policy_version",
            PolicyArn=arn, PolicyDocument=document(after["PolicyDocument"]), SetAsDefault=True,
        )  # fmt: skip

    def _drop_old_versions(self, scope: Scope, arn: str) -> None:
        for version in scope.call("iam", "list_policy_versions", PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                scope.call(
                    "iam", "delete_policy_version", PolicyArn=arn, VersionId=version["VersionId"]
                )


def _by_name(properties: Properties) -> dict[str, str]:
    policies = properties.get("Policies") or ()
    return {item["PolicyName"]: document(item["PolicyDocument"]) for item in policies}


@dataclass(frozen=True, kw_only=True)
class InstanceProfile(MappedType):
    """An instance profile with the one role it may have."""

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        name = {"InstanceProfileName": physical_id}
        old, new = before.get("Roles") or [], after.get("Roles") or []
        for role in old:
            if role not in new:
                scope.call("iam", "remove_role_from_instance_profile", **name, RoleName=role)
        for role in new:
            if role not in old:
                scope.call("iam", "add_role_to_instance_profile", **name, RoleName=role)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        self.configure(scope, physical_id, properties, {})
        super().destroy(scope, physical_id, properties)


TYPES: tuple[ResourceType, ...] = (
    Role(),
    InlinePolicy(),
    ManagedPolicy(),
    InstanceProfile(
        type_name="AWS::IAM::InstanceProfile",
        name_property="InstanceProfileName",
        name_limit=128,
        service="iam",
        creating="create_instance_profile",
        reading="get_instance_profile",
        deleting="delete_instance_profile",
        carries=frozenset({"InstanceProfileName", "Path", "Roles"}),
        ref="InstanceProfileName",
        found="InstanceProfile",
        key={"InstanceProfileName": "InstanceProfileName"},
        shows={"Arn": "Arn"},
    ),
)
