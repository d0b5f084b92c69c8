"""Parameter types whose value must exist in the account, one row each: how to look it up.

Source: "Supported AWS-specific parameter types", CloudFormation user guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from moto_fixtures.cloudformation.resource_types.base import Scope


class Lookup(NamedTuple):
    """The call that finds it, and what says that it did."""

    service: str
    operation: str
    request: Callable[[str], dict[str, Any]]
    found: str
    """The member of the answer that is not empty then."""


def _ec2(operation: str, member: str, found: str) -> Lookup:
    return Lookup("ec2", operation, lambda value: {member: [value]}, found)


ACCOUNT_TYPES: Mapping[str, Lookup] = {
    "AWS::EC2::AvailabilityZone::Name": _ec2(
        "describe_availability_zones", "ZoneNames", "AvailabilityZones"
    ),
    "AWS::EC2::Image::Id": _ec2("describe_images", "ImageIds", "Images"),
    "AWS::EC2::Instance::Id": _ec2("describe_instances", "InstanceIds", "Reservations"),
    "AWS::EC2::KeyPair::KeyName": _ec2("describe_key_pairs", "KeyNames", "KeyPairs"),
    "AWS::EC2::SecurityGroup::GroupName": _ec2(
        "describe_security_groups", "GroupNames", "SecurityGroups"
    ),
    "AWS::EC2::SecurityGroup::Id": _ec2("describe_security_groups", "GroupIds", "SecurityGroups"),
    "AWS::EC2::Subnet::Id": _ec2("describe_subnets", "SubnetIds", "Subnets"),
    "AWS::EC2::Volume::Id": _ec2("describe_volumes", "VolumeIds", "Volumes"),
    "AWS::EC2::VPC::Id": _ec2("describe_vpcs", "VpcIds", "Vpcs"),
    "AWS::Route53::HostedZone::Id": Lookup(
        "route53", "get_hosted_zone", lambda value: {"Id": value}, "HostedZone"
    ),
}


def look_up(scope: Scope) -> Callable[[str, str], bool]:
    """Whether a value of a type of the table exists in an account and region."""

    def exists(type_name: str, value: str) -> bool:
        row = ACCOUNT_TYPES[type_name]
        try:
            answer = scope.call(row.service, row.operation, **row.request(value))
        except ClientError:
            # EC2 has an error of its own for each kind of id, malformed or unknown.
            return False
        return bool(answer[row.found])

    return exists
