"""Parameters whose value must exist in the account, and those read from SSM."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_fixtures.cloudformation.account_types import ACCOUNT_TYPES

MISSING = {
    "AWS::EC2::AvailabilityZone::Name": "us-east-1z",
    "AWS::EC2::Image::Id": "ami-00000000000000000",
    "AWS::EC2::Instance::Id": "i-00000000000000000",
    "AWS::EC2::SecurityGroup::Id": "sg-00000000000000000",
    "AWS::EC2::Subnet::Id": "subnet-00000000000000000",
    "AWS::EC2::Volume::Id": "vol-00000000000000000",
    "AWS::EC2::VPC::Id": "vpc-00000000000000000",
}


def taking(kind: str) -> dict[str, Any]:
    """A template with one parameter of a type, given out again."""
    value: Any = {"Ref": "It"}
    if "List" in kind:
        value = {"Fn::Join": [",", value]}
    return {
        "Parameters": {"It": {"Type": kind}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"It": {"Value": value}},
    }


def existing(stacks: Any) -> dict[str, str]:
    """What every new account has, by type."""
    ec2, route53 = stacks.service("ec2"), stacks.service("route53")
    zone = route53.create_hosted_zone(Name="models.example.com.", CallerReference="it")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.describe_security_groups()["SecurityGroups"][0]
    image = ec2.describe_images()["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]
    volume = ec2.create_volume(AvailabilityZone=subnet["AvailabilityZone"], Size=1)
    return {
        "AWS::EC2::AvailabilityZone::Name": subnet["AvailabilityZone"],
        "AWS::EC2::Image::Id": image,
        "AWS::EC2::Instance::Id": instance["InstanceId"],
        "AWS::EC2::KeyPair::KeyName": ec2.create_key_pair(KeyName="it")["KeyName"],
        "AWS::EC2::SecurityGroup::GroupName": group["GroupName"],
        "AWS::EC2::SecurityGroup::Id": group["GroupId"],
        "AWS::EC2::Subnet::Id": subnet["SubnetId"],
        "AWS::EC2::Volume::Id": volume["VolumeId"],
        "AWS::EC2::VPC::Id": subnet["VpcId"],
        "AWS::Route53::HostedZone::Id": zone["HostedZone"]["Id"].rsplit("/", 1)[-1],
    }


def test_what_exists_is_taken_alone_and_in_a_list(stacks: Any) -> None:
    found = existing(stacks)
    assert set(found) == set(ACCOUNT_TYPES)
    for index, (kind, value) in enumerate(found.items()):
        for name, type_ in ((f"one{index}", kind), (f"many{index}", f"List<{kind}>")):
            assert stacks.create(name, taking(type_), It=value) == "CREATE_COMPLETE", type_
            assert stacks.outputs(name) == {"It": value}


@pytest.mark.parametrize("kind", ACCOUNT_TYPES)
def test_what_does_not_exist_is_refused_by_value_and_name(stacks: Any, kind: str) -> None:
    missing = MISSING.get(kind, "none")
    said = f"parameter value {missing} for parameter name It does not exist"
    for type_ in (kind, f"List<{kind}>"):
        with pytest.raises(ClientError, match=said):
            stacks.create("it", taking(type_), It=missing)


def test_an_id_stored_in_ssm_is_looked_up_too(stacks: Any) -> None:
    subnets = [item["SubnetId"] for item in stacks.service("ec2").describe_subnets()["Subnets"]]
    ssm, listed = stacks.service("ssm"), ",".join(subnets[:2])
    ssm.put_parameter(Name="/subnets", Type="StringList", Value=listed)
    ssm.put_parameter(Name="/subnet", Type="String", Value="subnet-00000000000000000")
    kind = "AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>"
    assert stacks.create("it", taking(kind), It="/subnets") == "CREATE_COMPLETE"
    assert stacks.outputs("it") == {"It": listed}
    with pytest.raises(ClientError, match=r"subnet-00000000000000000 .* does not exist"):
        one = "AWS::SSM::Parameter::Value<AWS::EC2::Subnet::Id>"
        stacks.create("other", taking(one), It="/subnet")


def test_a_description_shows_the_name_and_what_was_read(stacks: Any) -> None:
    stacks.service("ssm").put_parameter(Name="/image", Type="String", Value="1.2.3")
    stacks.create("it", taking("AWS::SSM::Parameter::Value<String>"), It="/image")
    assert stacks.describe("it")["Parameters"] == [
        {"ParameterKey": "It", "ParameterValue": "/image", "ResolvedValue": "1.2.3"}
    ]


def test_a_secure_string_is_no_parameter_value(stacks: Any) -> None:
    stacks.service("ssm").put_parameter(Name="/hidden", Type="SecureString", Value="x")
    with pytest.raises(ClientError, match="types not supported by CloudFormation"):
        stacks.create("it", taking("AWS::SSM::Parameter::Value<String>"), It="/hidden")
