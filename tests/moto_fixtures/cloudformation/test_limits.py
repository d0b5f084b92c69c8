"""Request members that would be ignored are refused by name, whatever the action."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_fixtures.cloudformation import limits
from moto_fixtures.cloudformation.errors import NotSimulated

TOPIC = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


@pytest.mark.parametrize("member", limits.REFUSED)
def test_a_refused_member_is_named_with_its_reason(member: str) -> None:
    with pytest.raises(NotSimulated, match=f"Request member {member} "):
        limits.refuse({member: ["anything"]})


def test_a_trigger_inside_the_rollback_configuration_is_found() -> None:
    with pytest.raises(NotSimulated, match="RollbackTriggers"):
        limits.refuse({"RollbackConfiguration": {"RollbackTriggers": [{"Arn": "a"}]}})
    limits.refuse({"RollbackConfiguration": {"MonitoringTimeInMinutes": 5}})


def test_the_ordinary_value_of_a_refused_member_is_taken(stacks: Any) -> None:
    stacks.create("it", TOPIC)
    with pytest.raises(ClientError, match="DeletionMode"):
        stacks.client.delete_stack(StackName="it", DeletionMode="FORCE_DELETE_STACK")
    assert stacks.status("it") == "CREATE_COMPLETE"
    stacks.client.delete_stack(StackName="it", DeletionMode="STANDARD")
    assert stacks.status("it") == "DELETE_COMPLETE"


def test_a_role_is_shown_and_a_time_limit_has_no_effect(stacks: Any) -> None:
    role = "arn:aws:iam::123456789012:role/deploys"
    stacks.client.create_stack(
        StackName="it", TemplateBody=json.dumps(TOPIC), RoleARN=role, TimeoutInMinutes=1
    )
    assert stacks.status("it") == "CREATE_COMPLETE"
    assert stacks.describe("it")["RoleARN"] == role
