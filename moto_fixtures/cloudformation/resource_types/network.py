"""AWS::EC2: the network that endpoints and jobs are put into. Nothing runs in it here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto_fixtures.cloudformation.resource_types.base import (
    Properties,
    ResourceType,
    Scope,
    tag_list,
    tags_of,
)
from moto_fixtures.cloudformation.resource_types.mapped import REF, MappedType


@dataclass(frozen=True, kw_only=True)
class Ec2Type(MappedType):
    """A type of EC2: tagged at its making by kind, and afterwards by id."""

    service: str = "ec2"
    kind: str
    """What TagSpecifications calls it."""
    switches: Mapping[str, bool] = field(default_factory=dict)
    """Properties that are on or off, set one at a time: name → as EC2 makes it."""

    def make(self, scope: Scope, properties: Properties) -> str:
        tagged = {"TagSpecifications": [{"ResourceType": self.kind, "Tags": tag_list(properties)}]}
        apart = {"Tags", *self.switches}
        rest = {name: value for name, value in properties.items() if name not in apart}
        return super().make(scope, {**rest, **(tagged if tag_list(properties) else {})})

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        for name, made in self.switches.items():
            was, wanted = before.get(name, made), after.get(name, made)
            if was != wanted:
                switch = {name: {"Value": wanted}}
                scope.call("ec2", str(self.updating), **{self.noun_id: physical_id}, **switch)
        old, new = tags_of(before), tags_of(after)
        if before and (gone := sorted(set(old) - set(new))):
            keys = [{"Key": name} for name in gone]
            scope.call("ec2", "delete_tags", Resources=[physical_id], Tags=keys)
        if before and old != new and new:
            scope.call("ec2", "create_tags", Resources=[physical_id], Tags=tag_list(after))

    @property
    def noun_id(self) -> str:
        """The member that holds one id, as in VpcId."""
        return next(member for member in self.key if not member.endswith("s"))


@dataclass(frozen=True, kw_only=True)
class Vpc(Ec2Type):
    """A VPC, with the security group and the network ACL that EC2 gives every one."""

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        own = [{"Name": "vpc-id", "Values": [physical_id]}]
        named = [*own, {"Name": "group-name", "Values": ["default"]}]
        groups = scope.call("ec2", "describe_security_groups", Filters=named)["SecurityGroups"]
        default = [*own, {"Name": "default", "Values": ["true"]}]
        lists = scope.call("ec2", "describe_network_acls", Filters=default)["NetworkAcls"]
        return {
            **super().attributes(scope, physical_id, properties),
            "DefaultSecurityGroup": groups[0]["GroupId"],
            "DefaultNetworkAcl": lists[0]["NetworkAclId"],
        }


@dataclass(frozen=True, kw_only=True)
class SecurityGroup(Ec2Type):
    """A security group. Without egress rules everything may go out, as on AWS."""

    def make(self, scope: Scope, properties: Properties) -> str:
        given = {"Description": properties["GroupDescription"], **properties}
        apart = ("GroupDescription", "SecurityGroupEgress", "SecurityGroupIngress")
        return super().make(
            scope, {name: value for name, value in given.items() if name not in apart}
        )

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        super().configure(scope, physical_id, before, after)
        for way in ("ingress", "egress"):
            old, new = _rules(before, way, made=bool(before)), _rules(after, way, made=True)
            if not before and way == "egress":
                old = [EVERYWHERE]
            for verb, rules in (
                ("revoke", [rule for rule in old if rule not in new]),
                ("authorize", [rule for rule in new if rule not in old]),
            ):
                if rules:
                    scope.call(
                        "ec2", f"{verb}_security_group_{way}",
                        GroupId=physical_id, IpPermissions=rules,
                    )  # fmt: skip


EVERYWHERE: dict[str, Any] = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _rules(properties: Properties, way: str, *, made: bool) -> list[dict[str, Any]]:
    """A group's rules as the API takes them."""
    given = properties.get(f"SecurityGroup{way.capitalize()}")
    if given is None:
        return [EVERYWHERE] if way == "egress" and made else []
    return [_permission(rule) for rule in given]


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """One rule of a template as a permission.

    >>> _permission({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"})
    {'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'IpRanges': [{'CidrIp': '10.0.0.0/8'}]}
    """
    told = {"Description": rule["Description"]} if "Description" in rule else {}
    made = {name: rule[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in rule}
    peer = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if peer:
        made["UserIdGroupPairs"] = [{"GroupId": peer, **told}]
    if "CidrIp" in rule:
        made["IpRanges"] = [{"CidrIp": rule["CidrIp"], **told}]
    if "CidrIpv6" in rule:
        made["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **told}]
    return made


TYPES: tuple[ResourceType, ...] = (
    Vpc(
        type_name="AWS::EC2::VPC",
        kind="vpc",
        creating="create_vpc",
        reading="describe_vpcs",
        updating="modify_vpc_attribute",
        deleting="delete_vpc",
        carries=frozenset(
            {"CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"}
        ),
        ref="Vpc.VpcId",
        found="Vpcs[0]",
        key={"VpcId": REF, "VpcIds": REF},
        shows={
            "VpcId": "VpcId",
            "CidrBlock": "CidrBlock",
            "CidrBlockAssociations": "CidrBlockAssociationSet[].AssociationId",
        },
        switches={"EnableDnsHostnames": False, "EnableDnsSupport": True},
    ),
    Ec2Type(
        type_name="AWS::EC2::Subnet",
        kind="subnet",
        creating="create_subnet",
        reading="describe_subnets",
        updating="modify_subnet_attribute",
        deleting="delete_subnet",
        carries=frozenset(
            {"AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"}
        ),
        ref="Subnet.SubnetId",
        found="Subnets[0]",
        key={"SubnetId": REF, "SubnetIds": REF},
        shows={
            "SubnetId": "SubnetId",
            "AvailabilityZone": "AvailabilityZone",
            "VpcId": "VpcId",
            "CidrBlock": "CidrBlock",
        },
        switches={"MapPublicIpOnLaunch": False},
    ),
    SecurityGroup(
        type_name="AWS::EC2::SecurityGroup",
        name_property="GroupName",
        name_limit=255,
        kind="security-group",
        creating="create_security_group",
        reading="describe_security_groups",
        deleting="delete_security_group",
        carries=frozenset(
            {"GroupDescription", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress",
             "Tags", "VpcId"}
        ),
        ref="GroupId",
        found="SecurityGroups[0]",
        key={"GroupId": REF, "GroupIds": REF},
        shows={"Id": "GroupId", "GroupId": "GroupId", "VpcId": "VpcId"},
    ),
)  # fmt: skip
