"""What a resource is now, in its template's terms: read from its service, for drift detection.

One row for each type whose description differs from its properties; the types of which the API
shows what the template says need none. Properties that a reader does not give are not compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from botocore.exceptions import ClientError

from moto_fixtures.cloudformation import resource_types
from moto_fixtures.cloudformation.resource_types.base import ApiType, Scope
from moto_fixtures.cloudformation.stack import Resource

Live = Mapping[str, Any]
Reader = Callable[[Scope, str], "Live | None"]
"""(scope, physical id) → properties, None for one that is not set; None when it is gone."""


@runtime_checkable
class Describes(Protocol):
    """A row that can show its resource."""

    def describe(
        self, scope: Scope, physical_id: str, properties: Mapping[str, Any]
    ) -> dict[str, Any] | None: ...


def is_readable(type_name: str) -> bool:
    """Whether drift of this type can be detected."""
    row = resource_types.RESOURCE_TYPES[type_name]
    return type_name in READERS or isinstance(row, ApiType | Describes)


def read(scope: Scope, resource: Resource) -> Live | None:
    """The live properties of a resource of a readable type; None when it is gone.

    Raises ClientError as the service answers, also for some that are gone.
    """
    if resource.type_name in READERS:
        return READERS[resource.type_name](scope, resource.physical_id)
    row = resource_types.of(resource.type_name, resource.logical_id)
    properties = dict(resource.properties)
    if row.name_property and resource.name is not None:
        properties[row.name_property] = resource.name
    if isinstance(row, ApiType):
        return row.attributes(scope, resource.physical_id, properties)
    assert isinstance(row, Describes)
    return row.describe(scope, resource.physical_id, properties)


def _topic(scope: Scope, physical_id: str) -> Live:
    found = scope.call("sns", "get_topic_attributes", TopicArn=physical_id)["Attributes"]
    names = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")
    return {name: found.get(name) or None for name in names}


def _queue(scope: Scope, physical_id: str) -> Live:
    everything = {"QueueUrl": physical_id, "AttributeNames": ["All"]}
    found = scope.call("sqs", "get_queue_attributes", **everything)["Attributes"]
    names = ("DelaySeconds", "KmsMasterKeyId", "MaximumMessageSize", "MessageRetentionPeriod",
             "ReceiveMessageWaitTimeSeconds", "RedrivePolicy", "VisibilityTimeout")  # fmt: skip
    return {name: found.get(name) for name in names}


def _parameter(scope: Scope, physical_id: str) -> Live:
    found = scope.call("ssm", "get_parameter", Name=physical_id)["Parameter"]
    return {"Type": found["Type"], "Value": found["Value"]}


def _alarm(scope: Scope, physical_id: str) -> Live | None:
    found = scope.call("cloudwatch", "describe_alarms", AlarmNames=[physical_id])["MetricAlarms"]
    return found[0] if found else None


def _role(scope: Scope, physical_id: str) -> Live:
    key = {"RoleName": physical_id}
    found = scope.call("iam", "get_role", **key)["Role"]
    attached = scope.call("iam", "list_attached_role_policies", **key)["AttachedPolicies"]
    inline = scope.call("iam", "list_role_policies", **key)["PolicyNames"]
    documents = {
        name: scope.call("iam", "get_role_policy", **key, PolicyName=name)["PolicyDocument"]
        for name in inline
    }
    return {
        "AssumeRolePolicyDocument": found["AssumeRolePolicyDocument"],
        "Description": found.get("Description"),
        "ManagedPolicyArns": [item["PolicyArn"] for item in attached],
        "MaxSessionDuration": found.get("MaxSessionDuration"),
        "Policies": [
            {"PolicyName": name, "PolicyDocument": document} for name, document in documents.items()
        ],
    }


def _log_group(scope: Scope, physical_id: str) -> Live | None:
    groups = scope.call("logs", "describe_log_groups", logGroupNamePrefix=physical_id)["logGroups"]
    for found in groups:
        if found["logGroupName"] == physical_id:
            return {
                "KmsKeyId": found.get("kmsKeyId"),
                "RetentionInDays": found.get("retentionInDays"),
            }
    return None


def _rule(scope: Scope, physical_id: str) -> Live:
    bus, _, name = physical_id.rpartition("|")
    where = {"EventBusName": bus} if bus else {}
    found = scope.call("events", "describe_rule", Name=name, **where)
    targets = scope.call("events", "list_targets_by_rule", Rule=name, **where)["Targets"]
    pattern = found.get("EventPattern")
    return {
        **{name: found.get(name) for name in ("Description", "ScheduleExpression", "State")},
        "EventPattern": json.loads(pattern) if pattern else None,
        "Targets": targets,
    }


def _bucket(scope: Scope, physical_id: str) -> Live:
    key = {"Bucket": physical_id}
    scope.call("s3", "head_bucket", **key)
    versioning = scope.call("s3", "get_bucket_versioning", **key).get("Status")
    return {
        "PublicAccessBlockConfiguration": _setting(
            scope, "get_public_access_block", "PublicAccessBlockConfiguration", physical_id
        ),
        "Tags": _setting(scope, "get_bucket_tagging", "TagSet", physical_id),
        "VersioningConfiguration": {"Status": versioning} if versioning else None,
    }


def _setting(scope: Scope, operation: str, member: str, bucket: str) -> Any:
    """A setting of a bucket; None where S3 answers that there is none."""
    try:
        return scope.call("s3", operation, Bucket=bucket)[member]
    except ClientError as error:
        if not error.response.get("Error", {}).get("Code", "").startswith("NoSuch"):
            raise
        return None


def _bucket_policy(scope: Scope, physical_id: str) -> Live:
    policy = scope.call("s3", "get_bucket_policy", Bucket=physical_id)["Policy"]
    return {"PolicyDocument": json.loads(policy)}


def _key(scope: Scope, physical_id: str) -> Live | None:
    found = scope.call("kms", "describe_key", KeyId=physical_id)["KeyMetadata"]
    if found["KeyState"] == "PendingDeletion":
        return None
    rotates = scope.call("kms", "get_key_rotation_status", KeyId=physical_id)
    return {
        "Description": found.get("Description"),
        "Enabled": found["Enabled"],
        "EnableKeyRotation": rotates["KeyRotationEnabled"],
    }


READERS: Mapping[str, Reader] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Key": _key,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::SSM::Parameter": _parameter,
}
