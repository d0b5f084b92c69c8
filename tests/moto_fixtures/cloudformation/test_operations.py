"""Two operations on one stack at once: the second is refused, as AWS refuses it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.patience import PATIENCE


def template(title: str = "first", queue: bool = True) -> dict[str, Any]:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": title}}
    waiting = {"Queue": {"Type": "AWS::SQS::Queue", "DependsOn": "Topic"}} if queue else {}
    return {"Resources": {"Topic": topic, **waiting}}


@contextmanager
def while_the_queue_is_made(stacks: Any, action: Callable[[], Any]) -> Iterator[list[Any]]:
    """Do something from another thread just before the engine makes a queue."""
    seen: list[Any] = []
    events = stacks.service("sqs").meta.events

    def act(**_: Any) -> None:
        with ThreadPoolExecutor(1) as pool:
            try:
                seen.append(pool.submit(action).result(timeout=PATIENCE))
            except ClientError as error:
                seen.append(str(error))

    events.register("before-call.sqs.CreateQueue", act)
    try:
        yield seen
    finally:
        events.unregister("before-call.sqs.CreateQueue", act)


def refused(stacks: Any, action: Callable[[], Any]) -> str:
    """What a second operation is told during an update."""
    stacks.create("it", template(queue=False))
    with while_the_queue_is_made(stacks, action) as seen:
        assert stacks.update("it", template("second")) == "UPDATE_COMPLETE"
    (said,) = seen
    return str(said)


def test_an_update_is_refused_while_another_is_in_progress(stacks: Any) -> None:
    said = refused(stacks, lambda: stacks.update("it", template("third")))
    assert "is in UPDATE_IN_PROGRESS state and can not be updated" in said
    arn = stacks.resources("it")["Topic"]
    found = stacks.service("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    assert found["DisplayName"] == "second"


def test_a_change_set_is_refused_while_an_update_is_in_progress(stacks: Any) -> None:
    said = refused(stacks, lambda: stacks.plan("it", template("third")))
    assert "is in UPDATE_IN_PROGRESS state and can not be updated" in said


def test_a_deletion_is_refused_while_an_update_is_in_progress(stacks: Any) -> None:
    said = refused(stacks, lambda: stacks.client.delete_stack(StackName="it"))
    assert "cannot be deleted while in status UPDATE_IN_PROGRESS" in said


def test_a_change_set_is_executed_once_at_a_time(stacks: Any) -> None:
    stacks.create("it", template(queue=False))
    made = stacks.plan("it", template("second"))["ChangeSetId"]

    def execute() -> None:
        stacks.client.execute_change_set(ChangeSetName=made)

    with while_the_queue_is_made(stacks, execute) as seen:
        execute()
    assert "InvalidChangeSetStatus" in seen[0]
    assert "EXECUTE_IN_PROGRESS" in seen[0]
    assert stacks.status("it") == "UPDATE_COMPLETE"


def test_a_name_is_taken_while_its_stack_is_being_created(stacks: Any) -> None:
    body = json.dumps(template())

    def create() -> None:
        stacks.client.create_stack(StackName="it", TemplateBody=body)

    with while_the_queue_is_made(stacks, create) as seen:
        create()
    assert "AlreadyExistsException" in seen[0]
    assert stacks.status("it") == "CREATE_COMPLETE"


def test_a_deletion_is_refused_while_a_creation_is_in_progress(stacks: Any) -> None:
    with while_the_queue_is_made(
        stacks, lambda: stacks.client.delete_stack(StackName="it")
    ) as seen:
        assert stacks.create("it", template()) == "CREATE_COMPLETE"
    assert "cannot be deleted while in status CREATE_IN_PROGRESS" in seen[0]


def test_a_deployment_is_watched_while_it_runs(stacks: Any) -> None:
    with while_the_queue_is_made(stacks, lambda: stacks.events("it")) as seen:
        stacks.create("it", template())
    assert seen[0][-2:] == [("Topic", "CREATE_COMPLETE"), ("Queue", "CREATE_IN_PROGRESS")]


def test_a_refused_operation_holds_nothing_back(stacks: Any) -> None:
    stacks.create("it", template())
    with pytest.raises(ClientError, match="No updates"):
        stacks.update("it", template())
    assert stacks.update("it", template("second")) == "UPDATE_COMPLETE"
