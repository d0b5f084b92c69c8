"""Asking an endpoint, and one that lives only as long as it is asked."""

from __future__ import annotations

import io
from typing import Any

import pytest

from monitoring.aws import endpoints
from monitoring.aws.clients import Aws
from monitoring.aws.endpoints import invoke, shadow_endpoint
from monitoring.errors import AwsError


def ask(world: Any, **optional: str) -> bytes | None:
    return invoke(Aws(world.session), "fraud", b"1,2\n", "text/csv", "text/csv", **optional)


def test_the_answer_comes_back_as_it_was_given(world):
    sent: list[dict[str, Any]] = []
    world.answers["InvokeEndpoint"] = lambda params: (
        sent.append(params) or (200, {"Body": io.BytesIO(b"0,0.5\n")})
    )
    assert ask(world) == b"0,0.5\n"
    assert sent[0]["body"] == b"1,2\n"
    assert sent[0]["headers"]["Content-Type"] == sent[0]["headers"]["Accept"] == "text/csv"


def test_a_body_the_model_refuses_has_no_answer(world):
    error = {"Error": {"Code": "ModelError", "Message": "no"}, "OriginalStatusCode": 400}
    world.answer("InvokeEndpoint", error, 424)
    assert ask(world) is None


def test_a_model_that_fails_is_an_error_without_its_message(world):
    """The message may quote the request."""
    error = {"Error": {"Code": "ModelError", "Message": "secret"}, "OriginalStatusCode": 500}
    world.answer("InvokeEndpoint", error, 424)
    with pytest.raises(AwsError, match="failed with status 500") as caught:
        ask(world)
    assert "secret" not in str(caught.value)


def test_a_denied_call_names_the_action_to_allow(world):
    world.refuse("InvokeEndpoint", "AccessDeniedException")
    with pytest.raises(AwsError, match="sagemaker:InvokeEndpoint"):
        ask(world)


class Service:
    """The four calls of an endpoint's short life, noted in order."""

    def __init__(self, world: Any, statuses: list[str]) -> None:
        self.calls: list[str] = []
        self.requests: dict[str, Any] = {}
        self.statuses = iter(statuses)
        answers = {
            "CreateEndpointConfig": {"EndpointConfigArn": "arn"},
            "CreateEndpoint": {"EndpointArn": "arn"},
            "DeleteEndpoint": {},
            "DeleteEndpointConfig": {},
        }
        for operation, parsed in answers.items():
            world.answers[operation] = self._noting(operation, parsed)
        world.answers["DescribeEndpoint"] = lambda _: (
            200,
            {"EndpointStatus": next(self.statuses), "FailureReason": "no capacity"},
        )

    def _noting(self, operation: str, parsed: dict[str, Any]) -> Any:
        def answer(params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            self.calls.append(operation)
            self.requests[operation] = params["body"]
            return 200, parsed

        return answer


MADE = ["CreateEndpointConfig", "CreateEndpoint"]
REMOVED = ["DeleteEndpoint", "DeleteEndpointConfig"]


def test_a_models_endpoint_is_there_while_it_is_asked_and_gone_after(world):
    service, slept = Service(world, ["Creating", "Creating", "InService"]), []
    with shadow_endpoint(Aws(world.session), "fraud-1", "ml.m5.large", sleep=slept.append) as name:
        assert name.startswith("sm-clarify-")
        assert service.calls == MADE
    assert service.calls == [*MADE, *REMOVED]
    assert len(slept) == 2
    assert b"DataCaptureConfig" not in service.requests["CreateEndpointConfig"]


def test_its_name_begins_as_it_was_asked_to(world):
    Service(world, ["InService"])
    asked = shadow_endpoint(Aws(world.session), "fraud-1", "ml.m5.large", prefix="team-a")
    with asked as name:
        assert name.startswith("team-a-")
        assert len(name) <= 63


def test_it_is_gone_when_the_asking_fails(world):
    service = Service(world, ["InService"])
    with (
        pytest.raises(ZeroDivisionError),
        shadow_endpoint(Aws(world.session), "fraud-1", "ml.m5.large", sleep=lambda _: None),
    ):
        raise ZeroDivisionError
    assert service.calls == [*MADE, *REMOVED]


@pytest.mark.parametrize(
    ("statuses", "message"),
    [
        (["Creating", "Failed"], "no capacity"),
        (["Creating"] * (endpoints.PATIENCE // endpoints.PAUSE + 1), "not in service after 30"),
    ],
)
def test_an_endpoint_that_never_serves_is_removed_and_named(world, statuses, message):
    service = Service(world, statuses)
    with (
        pytest.raises(AwsError, match=message),
        shadow_endpoint(Aws(world.session), "fraud-1", "ml.m5.large", sleep=lambda _: None),
    ):
        pytest.fail("it is not in service")
    assert service.calls == [*MADE, *REMOVED]


def test_a_configuration_without_an_endpoint_does_not_stay(world):
    service = Service(world, [])
    world.refuse("CreateEndpoint", "ResourceLimitExceeded", "0 of ml.m5.large")
    with (
        pytest.raises(AwsError, match="ResourceLimitExceeded"),
        shadow_endpoint(Aws(world.session), "fraud-1", "ml.m5.large"),
    ):
        pytest.fail("there is none")
    assert service.calls == ["CreateEndpointConfig", "DeleteEndpointConfig"]
