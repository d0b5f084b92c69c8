"""AWS::S3: buckets, whose every setting is a call of its own, and bucket policies."""

# ruff: noqa: ARG002  (every type has the same four methods; few need all of their arguments)

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto_fixtures.cloudformation.resource_types.base import (
    Properties,
    ResourceType,
    Scope,
    tag_list,
)


@dataclass(frozen=True)
class Setting:
    """One property of a bucket: the call that sets it, the one that takes it away."""

    put: str
    delete: str | None
    member: str
    convert: Callable[[Any], Any] = lambda value: value
    off: Any = None
    """What to put where AWS has no delete call."""


def _encryption(value: Mapping[str, Any]) -> dict[str, Any]:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        made = {}
        if "ServerSideEncryptionByDefault" in rule:
            made["ApplyServerSideEncryptionByDefault"] = rule["ServerSideEncryptionByDefault"]
        if "BucketKeyEnabled" in rule:
            made["BucketKeyEnabled"] = rule["BucketKeyEnabled"]
        rules.append(made)
    return {"Rules": rules}


def _lifecycle(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A lifecycle rule as the API has it.

    >>> rule = {"Status": "Enabled", "Prefix": "a/", "ExpirationInDays": 30}
    >>> _lifecycle_rule(rule)["Expiration"], _lifecycle_rule(rule)["Filter"]
    ({'Days': 30}, {'Prefix': 'a/'})
    """
    made: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "NoncurrentVersionExpiration" in rule:
        made["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
    if "Transitions" in rule:
        made["Transitions"] = [
            {"Days": item["TransitionInDays"], "StorageClass": item["StorageClass"]}
            for item in rule["Transitions"]
        ]
    if "AbortIncompleteMultipartUpload" in rule:
        made["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    known = {
        "Status", "Prefix", "Id", "ExpirationInDays", "NoncurrentVersionExpiration",
        "Transitions", "AbortIncompleteMultipartUpload",
    }  # fmt: skip
    if unknown := sorted(set(rule) - known):
        raise NotImplementedError(
            f"Lifecycle rule member {unknown[0]} is not simulated by the offline AWS"
        )
    return made


def _logging(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "LoggingEnabled": {
            "TargetBucket": value["DestinationBucketName"],
            "TargetPrefix": value.get("LogFilePrefix", ""),
        }
    }


SETTINGS: Mapping[str, Setting] = {
    "OwnershipControls": Setting(
        "put_bucket_ownership_controls", "delete_bucket_ownership_controls", "OwnershipControls"
    ),
    "PublicAccessBlockConfiguration": Setting(
        "put_public_access_block", "delete_public_access_block", "PublicAccessBlockConfiguration"
    ),
    "BucketEncryption": Setting(
        "put_bucket_encryption", "delete_bucket_encryption",
        "ServerSideEncryptionConfiguration", _encryption,
    ),
    "VersioningConfiguration": Setting(
        "put_bucket_versioning", None, "VersioningConfiguration", off={"Status": "Suspended"}
    ),
    "LifecycleConfiguration": Setting(
        "put_bucket_lifecycle_configuration", "delete_bucket_lifecycle",
        "LifecycleConfiguration", _lifecycle,
    ),
    "LoggingConfiguration": Setting(
        "put_bucket_logging", None, "BucketLoggingStatus", _logging, off={}
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Bucket(ResourceType):
    """A bucket. Deleting one that holds objects fails, as on AWS."""

    type_name: str = "AWS::S3::Bucket"
    name_property: str | None = "BucketName"
    name_case: str = "lower"
    fixed: frozenset[str] = frozenset({"ObjectLockEnabled"})

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({"BucketName", "ObjectLockEnabled", "Tags", *SETTINGS})

    def make(self, scope: Scope, properties: Properties) -> str:
        name = str(properties["BucketName"])
        request: dict[str, Any] = {"Bucket": name}
        if properties.get("ObjectLockEnabled"):
            request["ObjectLockEnabledForBucket"] = True
        if scope.region != "us-east-1":
            request["CreateBucketConfiguration"] = {"LocationConstraint": scope.region}
        scope.call("s3", "create_bucket", **request)
        return name

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        self.refuse_fixed(before, after)
        for name, setting in SETTINGS.items():
            if before.get(name) == after.get(name):
                continue
            if name in after:
                value = setting.convert(after[name])
                scope.call("s3", setting.put, Bucket=physical_id, **{setting.member: value})
            elif setting.delete:
                scope.call("s3", setting.delete, Bucket=physical_id)
            else:
                scope.call("s3", setting.put, Bucket=physical_id, **{setting.member: setting.off})
        if before.get("Tags") != after.get("Tags"):
            if tags := tag_list(after):
                scope.call("s3", "put_bucket_tagging", Bucket=physical_id, Tagging={"TagSet": tags})
            else:
                scope.call("s3", "delete_bucket_tagging", Bucket=physical_id)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call("s3", "delete_bucket", Bucket=physical_id)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        suffix = "amazonaws.com.cn" if scope.partition == "aws-cn" else "amazonaws.com"
        return {
            "Arn": f"arn:{scope.partition}:s3:::{physical_id}",
            "DomainName": f"{physical_id}.s3.{suffix}",
            "DualStackDomainName": f"{physical_id}.s3.dualstack.{scope.region}.{suffix}",
            "RegionalDomainName": f"{physical_id}.s3.{scope.region}.{suffix}",
            "WebsiteURL": f"http://{physical_id}.s3-website-{scope.region}.{suffix}",
        }


@dataclass(frozen=True, kw_only=True)
class BucketPolicy(ResourceType):
    """The one policy of a bucket."""

    type_name: str = "AWS::S3::BucketPolicy"

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset({"Bucket", "PolicyDocument"})

    def make(self, scope: Scope, properties: Properties) -> str:
        return str(properties["Bucket"])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        policy = after["PolicyDocument"]
        text = policy if isinstance(policy, str) else json.dumps(policy)
        scope.call("s3", "put_bucket_policy", Bucket=physical_id, Policy=text)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call("s3", "delete_bucket_policy", Bucket=physical_id)


TYPES: tuple[ResourceType, ...] = (Bucket(), BucketPolicy())
