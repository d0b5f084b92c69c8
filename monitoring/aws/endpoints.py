"""Endpoints: ask one, or start one for a model and remove it again.

Needs     sagemaker:InvokeEndpoint; for a model also Create/Describe/DeleteEndpoint and
          Create/DeleteEndpointConfig
Writes    a temporary endpoint and its configuration, gone when the asking ends

The one thing a reader gets wrong: an endpoint that captures data captures these questions
too, and the monitors then watch themselves. A model is therefore given an endpoint of its
own, without capture, as AWS's Clarify does (it calls it the shadow endpoint).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import ClientError

from monitoring.aws.clients import Aws, asking, code_of
from monitoring.errors import AwsError

PREFIX = "sm-clarify"
"""Of an endpoint that lives as long as a job; Clarify's own prefix."""
PATIENCE = 30 * 60
"""Seconds until an endpoint that does not come into service is given up."""
PAUSE = 15
"""Seconds between two looks at it."""


def invoke(
    aws: Aws,
    endpoint_name: str,
    body: bytes,
    content_type: str,
    accept: str,
    target_model: str = "",
    custom_attributes: str = "",
) -> bytes | None:
    """The model's answer; None when it refuses the body (status 4xx of its own).

    Raises AwsError for every other failure.
    """
    optional = {"TargetModel": target_model, "CustomAttributes": custom_attributes}
    with asking("sagemaker:InvokeEndpoint", f"endpoint {endpoint_name}"):
        try:
            answer = aws.runtime.invoke_endpoint(
                EndpointName=endpoint_name,
                Body=body,
                ContentType=content_type,
                Accept=accept,
                **{name: value for name, value in optional.items() if value},
            )
        except ClientError as error:
            if code_of(error) != "ModelError":
                raise
            response: dict[str, Any] = {**error.response}
            status = int(response.get("OriginalStatusCode", 0))
            if 400 <= status < 500:
                return None
            raise AwsError(
                f"endpoint {endpoint_name}: the model failed with status {status}. The cause is "
                "in the endpoint's CloudWatch log; what it was sent is not repeated here"
            ) from None
        content: bytes = answer["Body"].read()
        return content


@contextmanager
def shadow_endpoint(
    aws: Aws,
    model_name: str,
    instance_type: str,
    instance_count: int = 1,
    prefix: str = "",
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """An endpoint for a model while the block runs; gives its name, which begins with `prefix`.

    It is removed however the block ends. Raises AwsError when it does not come into
    service within PATIENCE seconds.
    """
    name = f"{prefix or PREFIX}-{uuid.uuid4().hex}"
    with asking("sagemaker:CreateEndpointConfig", name):
        aws.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "AllTraffic",
                    "ModelName": model_name,
                    "InstanceType": instance_type,
                    "InitialInstanceCount": instance_count,
                }
            ],
        )
    try:
        with asking("sagemaker:CreateEndpoint", name):
            aws.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        try:
            _wait(aws, name, model_name, sleep)
            yield name
        finally:
            with asking("sagemaker:DeleteEndpoint", name):
                aws.sagemaker.delete_endpoint(EndpointName=name)
    finally:
        with suppress(ClientError):
            aws.sagemaker.delete_endpoint_config(EndpointConfigName=name)


def _wait(aws: Aws, name: str, model_name: str, sleep: Callable[[float], None]) -> None:
    for _ in range(PATIENCE // PAUSE):
        with asking("sagemaker:DescribeEndpoint", name):
            found: dict[str, Any] = aws.sagemaker.describe_endpoint(EndpointName=name)
        if found["EndpointStatus"] == "InService":
            return
        if found["EndpointStatus"] == "Failed":
            raise AwsError(
                f"model {model_name}: its temporary endpoint {name} failed "
                f"({found.get('FailureReason', 'no reason given')}). Check the model's image, "
                "its role and the account's quota for the instance type"
            )
        sleep(PAUSE)
    raise AwsError(
        f"model {model_name}: its temporary endpoint {name} was not in service after "
        f"{PATIENCE // 60} minutes and is removed. Look at its events in the console, then run "
        "again"
    )
