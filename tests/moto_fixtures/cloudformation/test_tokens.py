"""ClientRequestToken: a request that is sent twice is one operation."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.patience import PATIENCE

TOPIC = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
CHANGED = {
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "second"}}}
}
TOKEN = {"ClientRequestToken": "deploy-1"}


def create(stacks: Any, **asked: Any) -> str:
    made = stacks.client.create_stack(StackName="it", TemplateBody=json.dumps(TOPIC), **asked)
    return str(made["StackId"])


def update(stacks: Any, **asked: Any) -> str:
    made = stacks.client.update_stack(StackName="it", TemplateBody=json.dumps(CHANGED), **asked)
    return str(made["StackId"])


def test_a_stack_is_created_once(stacks: Any) -> None:
    assert create(stacks, **TOKEN) == create(stacks, **TOKEN)
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        create(stacks)


def test_a_stack_is_updated_once(stacks: Any) -> None:
    create(stacks)
    update(stacks, **TOKEN)
    events = stacks.events("it")
    update(stacks, **TOKEN)
    assert stacks.events("it") == events
    with pytest.raises(ClientError, match="No updates are to be performed"):
        update(stacks)


def test_a_change_set_is_executed_once(stacks: Any) -> None:
    stacks.create("it", TOPIC)
    made = stacks.plan("it", CHANGED)["ChangeSetId"]
    for _ in range(2):
        stacks.client.execute_change_set(ChangeSetName=made, **TOKEN)
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        stacks.client.execute_change_set(ChangeSetName=made)


def test_a_change_set_is_created_once(stacks: Any) -> None:
    stacks.create("it", TOPIC)

    def plan(body: Any) -> str:
        found = stacks.client.create_change_set(
            StackName="it",
            ChangeSetName="change",
            TemplateBody=json.dumps(body),
            ClientToken="plan-1",
        )
        return str(found["Id"])

    assert plan(CHANGED) == plan(CHANGED)
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        plan(TOPIC)


def test_a_stack_made_anew_is_not_deleted_by_the_old_request(stacks: Any) -> None:
    create(stacks)
    stacks.client.delete_stack(StackName="it", **TOKEN)
    create(stacks)
    stacks.client.delete_stack(StackName="it", **TOKEN)
    assert stacks.describe("it")["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    "other", [update, lambda stacks, **asked: create(stacks, Tags=[], **asked)]
)
def test_another_request_with_the_token_is_refused(stacks: Any, other: Callable[..., Any]) -> None:
    create(stacks, **TOKEN)
    with pytest.raises(ClientError, match="TokenAlreadyExistsException"):
        other(stacks, **TOKEN)


def test_a_request_that_was_refused_may_be_sent_again(stacks: Any) -> None:
    for _ in range(2):
        with pytest.raises(ClientError, match="does not exist"):
            update(stacks, **TOKEN)
    create(stacks)
    update(stacks, **TOKEN)
    assert stacks.status("it") == "UPDATE_COMPLETE"


def test_the_second_waits_while_the_first_is_under_way(stacks: Any) -> None:
    """Both are answered alike, and the topic is made once."""
    again: list[Any] = []
    events = stacks.service("sns").meta.events
    with ThreadPoolExecutor(1) as pool:

        def send_again(**_: Any) -> None:
            again.append(pool.submit(create, stacks, **TOKEN))

        events.register("before-call.sns.CreateTopic", send_again)
        try:
            first = create(stacks, **TOKEN)
        finally:
            events.unregister("before-call.sns.CreateTopic", send_again)
        assert [one.result(PATIENCE) for one in again] == [first]


def test_every_event_of_an_operation_has_its_token(stacks: Any) -> None:
    create(stacks, **TOKEN)
    update(stacks)
    events = stacks.client.describe_stack_events(StackName="it")["StackEvents"]
    found = {(one["ResourceStatus"].split("_")[0], one.get("ClientRequestToken")) for one in events}
    assert found == {("CREATE", "deploy-1"), ("UPDATE", None)}
