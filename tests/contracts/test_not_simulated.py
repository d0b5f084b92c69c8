"""Whatever is not simulated says so: a typed error that names it, in process and over HTTP."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

MISSING: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("application-autoscaling", "get_predictive_scaling_forecast", {
        "ServiceNamespace": "ecs", "ResourceId": "a", "PolicyName": "b",
        "ScalableDimension": "ecs:service:DesiredCount", "StartTime": 0, "EndTime": 1,
    }),
    ("cloudformation", "list_stack_refactors", {}),
    ("cloudwatch", "list_metric_streams", {}),
    ("codebuild", "list_sandboxes", {}),
    ("codepipeline", "list_webhooks", {}),
    ("events", "list_endpoints", {}),
    ("iam", "get_mfa_device", {"SerialNumber": "123456789"}),
    ("kms", "connect_custom_key_store", {"CustomKeyStoreId": "a"}),
    ("logs", "list_anomalies", {}),
    ("sagemaker", "list_workteams", {}),
    ("secretsmanager", "validate_resource_policy", {"ResourcePolicy": "{}"}),
    ("sns", "get_sms_sandbox_account_status", {}),
    ("sqs", "list_message_move_tasks", {"SourceArn": "a"}),
    ("ssm", "list_nodes", {}),
    ("sts", "decode_authorization_message", {"EncodedMessage": "a"}),
)  # fmt: skip
"""An action of every service we touch that nobody wrote: service, action, request."""


@pytest.fixture(params=["in process", "over HTTP"])
def url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "over HTTP":
        return str(request.getfixturevalue("server"))
    request.getfixturevalue("aws")
    return None


@pytest.mark.parametrize(
    ("service", "action", "given"), MISSING, ids=[f"{one[0]}:{one[1]}" for one in MISSING]
)
def test_an_action_nobody_wrote_is_a_typed_error_that_names_it(
    url: str | None, service: str, action: str, given: dict[str, Any]
) -> None:
    client = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="offline",
        aws_secret_access_key="offline",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ClientError, match="not simulated by the offline AWS") as refused:
        getattr(client, action)(**given)
    error = refused.value.response
    named = str(error["Error"]["Message"]).lower().replace("_", "")
    assert action.replace("_", "") in named
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
