"""The targets there are, one row each; any other is refused by name when it is asked for.

Needs     a target's ARN and configuration, and the text for it
Writes    what the target makes of it: a message, a log event, a build, an execution, a call

    sns  sqs  logs  events (another bus)  codebuild  codepipeline  sagemaker (a pipeline)
    aws-sdk:<service>:<action>            EventBridge Scheduler's universal targets

Each is reached through its own API, in the account and region of its ARN.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.utils import unix_time_millis

from moto_fixtures import clients

UNIVERSAL = "aws-sdk"
READING = ("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select",
           "read", "lookup", "discover", "validate", "batchGet")  # fmt: skip
"""Actions with these verbs are no universal targets: they change nothing."""


class DeliveryFailed(Exception):
    """A target did not take what it was sent."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sending:
    """Something on its way to a target."""

    target: Mapping[str, Any]
    """The target's configuration."""
    text: str
    region: str
    """Where the rule or schedule is, and the account below."""
    account: str
    event: Mapping[str, Any] | None = None
    """The event a rule matched; a schedule has none."""

    @property
    def arn(self) -> str:
        return str(self.target["Arn"])

    def client(self, service: str) -> Any:
        """A client where the target is; a universal target is where its schedule is."""
        _, _, _, region, account, _ = self.arn.split(":", 5)
        return clients.client(service, region or self.region, account or self.account)

    @property
    def name(self) -> str:
        """The last part of the target's ARN."""
        return self.arn.split(":", 5)[5].rpartition("/")[2].rpartition(":")[2]

    def members(self) -> dict[str, Any]:
        """The text as a JSON object."""
        try:
            found = json.loads(self.text or "{}")
        except json.JSONDecodeError as error:
            raise DeliveryFailed("InvalidInput", f"the input is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise DeliveryFailed("InvalidInput", "the input is no JSON object")
        return found


def deliver(sending: Sending) -> Mapping[str, Any]:
    """Send, and answer what the target answered. Raises DeliveryFailed."""
    try:
        answer: Mapping[str, Any] = TARGETS[_kind(sending.arn)](sending)
    except ClientError as error:
        found = error.response["Error"]
        raise DeliveryFailed(found["Code"], found["Message"]) from error
    except BotoCoreError as error:
        raise DeliveryFailed("InvalidParameter", str(error)) from error
    return answer


def problem_of(arn: str, universal: bool = False) -> str | None:
    """Why something cannot be a target here; None when it can.

    >>> problem_of("arn:aws:lambda:us-east-1:123456789012:function:f")
    "A lambda target (arn:aws:lambda:us-east-1:123456789012:function:f) is not simulated by the \
offline AWS: the function 'f' would not run."
    """
    if arn.count(":") < 5:
        return f"Provided Arn is not in correct format: {arn}"
    kind = _kind(arn)
    if kind == UNIVERSAL and universal:
        return _universal_problem(arn)
    if kind == "lambda":
        return (
            f"A lambda target ({arn}) is not simulated by the offline AWS: the function "
            f"{_function(arn)!r} would not run."
        )
    if kind == UNIVERSAL or kind not in TARGETS:
        return f"A {arn.split(':')[2]} target ({arn}) is not simulated by the offline AWS."
    return None


def _function(arn: str) -> str:
    """The name of a Lambda function, without its version.

    >>> _function("arn:aws:lambda:us-east-1:123456789012:function:f:live")
    'f'
    """
    return arn.split(":")[6] if arn.count(":") > 5 else arn


def _kind(arn: str) -> str:
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    if service == "scheduler" and resource.startswith(f"{UNIVERSAL}:"):
        return UNIVERSAL
    if service == "sagemaker" and not resource.startswith("pipeline/"):
        return f"{service} {resource.partition('/')[0]}"
    if service == "events" and not resource.startswith("event-bus/"):
        return f"{service} {resource.partition('/')[0]}"
    return service


def _queue(sending: Sending) -> Mapping[str, Any]:
    sqs = sending.client("sqs")
    group = sending.target.get("SqsParameters", {}).get("MessageGroupId")
    url = sqs.get_queue_url(QueueName=sending.name)["QueueUrl"]
    fifo = {"MessageGroupId": group} if group else {}
    answer: Mapping[str, Any] = sqs.send_message(QueueUrl=url, MessageBody=sending.text, **fifo)
    return answer


def _topic(sending: Sending) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = sending.client("sns").publish(
        TopicArn=sending.arn, Message=sending.text
    )
    return answer


def _log_group(sending: Sending) -> Mapping[str, Any]:
    logs, stream = sending.client("logs"), str(uuid.uuid4())
    group = sending.arn.split(":log-group:", 1)[1].removesuffix(":*")
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    message = {"timestamp": int(unix_time_millis()), "message": sending.text}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[message])
    return {"logStreamName": stream}


def _bus(sending: Sending) -> Mapping[str, Any]:
    """Another bus gets the event as it was, its source and resources included."""
    event = sending.event
    if event is None:
        asked = sending.target.get("EventBridgeParameters") or {}
        entry = {"Source": asked.get("Source"), "DetailType": asked.get("DetailType")}
        detail = sending.text or "{}"
    else:
        entry = {"Source": event["source"], "DetailType": event["detail-type"]}
        entry["Resources"] = event["resources"]
        detail = json.dumps(event["detail"])
    made = {**entry, "Detail": detail, "EventBusName": sending.arn}
    answer: Mapping[str, Any] = sending.client("events").put_events(Entries=[made])
    if answer["FailedEntryCount"]:
        failed = answer["Entries"][0]
        raise DeliveryFailed(failed["ErrorCode"], failed["ErrorMessage"])
    return answer


def _build(sending: Sending) -> Mapping[str, Any]:
    """A build; what the input overrides of it, it overrides. A whole event overrides nothing."""
    codebuild = sending.client("codebuild")
    known = codebuild.meta.service_model.operation_model("StartBuild").input_shape.members
    made_for_it = sending.target.get("Input") or sending.target.get("InputTransformer")
    asked = sending.members() if made_for_it else {}
    overrides = {name: value for name, value in asked.items() if name in known}
    answer: Mapping[str, Any] = codebuild.start_build(**{**overrides, "projectName": sending.name})
    return answer


def _code_pipeline(sending: Sending) -> Mapping[str, Any]:
    codepipeline = sending.client("codepipeline")
    answer: Mapping[str, Any] = codepipeline.start_pipeline_execution(name=sending.name)
    return answer


def _pipeline(sending: Sending) -> Mapping[str, Any]:
    wanted = sending.target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", [])
    answer: Mapping[str, Any] = sending.client("sagemaker").start_pipeline_execution(
        PipelineName=sending.name, PipelineParameters=wanted
    )
    return answer


def _call(sending: Sending) -> Mapping[str, Any]:
    """Any action of any service, its request as the input's JSON."""
    service, action = _action(sending.arn)
    client = clients.client(service, sending.region, sending.account)
    shape = client.meta.service_model.operation_model(action).input_shape
    members = {name.lower(): name for name in (shape.members if shape else ())}
    request = {members.get(key.lower(), key): value for key, value in sending.members().items()}
    answer: Mapping[str, Any] = getattr(client, xform_name(action))(**request)
    return answer


def _universal_problem(arn: str) -> str | None:
    try:
        _, action = _action(arn)
    except LookupError as error:
        return str(error)
    if action[0].lower() + action[1:] != arn.rpartition(":")[2] or _reads(arn):
        return f"Invalid request provided: The target action of {arn} is not supported."
    return None


def _reads(arn: str) -> bool:
    return arn.rpartition(":")[2].startswith(READING)


def _action(arn: str) -> tuple[str, str]:
    """The service, as boto3 calls it, and the action of a universal target.

    >>> _action("arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob")
    ('sagemaker', 'CreateProcessingJob')
    """
    service, _, action = arn.partition(f":{UNIVERSAL}:")[2].partition(":")
    found = _services().get(service)
    if found is None:
        raise LookupError(f"Invalid request provided: {arn} names no service of AWS.")
    model = botocore.session.get_session().get_service_model(found)
    wanted = action[:1].upper() + action[1:]
    if wanted not in model.operation_names:
        raise LookupError(f"Invalid request provided: {service} has no action {action}.")
    return found, wanted


@cache
def _services() -> Mapping[str, str]:
    """boto3's names of services by Scheduler's, which have neither hyphens nor capitals."""
    names = botocore.session.get_session().get_available_services()
    special = {"eventbridge": "events", "cloudwatchlogs": "logs", "sfn": "stepfunctions"}
    return {**{name.replace("-", ""): name for name in names}, **special}


TARGETS: Mapping[str, Callable[[Sending], Mapping[str, Any]]] = {
    "sqs": _queue,
    "sns": _topic,
    "logs": _log_group,
    "events": _bus,
    "codebuild": _build,
    "codepipeline": _code_pipeline,
    "sagemaker": _pipeline,
    UNIVERSAL: _call,
}
