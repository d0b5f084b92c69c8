"""Sending to a target, and what becomes of it when the target does not take it.

Needs     what is to be sent, and by which rule or schedule
Writes    to the target; else to its dead-letter queue; the counts in CloudWatch

AWS tries again for up to a day when a target is busy, and gives up at once when it is gone or
forbids the call. Here no target is ever busy: one attempt is made.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.core.utils import utcnow

from moto_fixtures import clients
from moto_fixtures.events import targets
from moto_fixtures.events.targets import DeliveryFailed, Sending

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that was sent, or was to be."""

    by: str
    """The ARN of the rule or schedule."""
    target: str
    at: datetime
    error: str | None = None
    answer: Mapping[str, Any] | None = None

    def summary(self) -> dict[str, Any]:
        """As the control path tells it."""
        told = {"By": self.by, "Target": self.target, "Time": f"{self.at:%Y-%m-%dT%H:%M:%SZ}"}
        return {**told, "Error": self.error} if self.error else told


@dataclass(frozen=True, slots=True)
class Sender:
    """A rule or a schedule, as its metrics and dead letters name it."""

    arn: str
    arn_attribute: str
    """RULE_ARN or SCHEDULE_ARN."""
    namespace: str
    failures: str
    """The metric that counts what was not delivered."""
    dimension: tuple[str, str]


def send(
    sender: Sender,
    sending: Sending,
    before: Callable[[Mapping[str, Any]], None] | None = None,
) -> Delivery:
    """Send once. A failure is counted, said in the log, and goes to the dead-letter queue.

    `before` is given the target's configuration and may refuse it by DeliveryFailed.
    """
    try:
        if before is not None:
            before(sending.target)
        answer = targets.deliver(sending)
    except DeliveryFailed as error:
        log.warning("%s → %s: %s: %s", sender.arn, sending.arn, error.code, error)
        _count(sender, sending)
        _bury(sender, sending, error)
        return Delivery(sender.arn, sending.arn, utcnow(), f"{error.code}: {error}")
    return Delivery(sender.arn, sending.arn, utcnow(), answer=answer)


def _count(sender: Sender, sending: Sending) -> None:
    name, value = sender.dimension
    clients.client("cloudwatch", sending.region, sending.account).put_metric_data(
        Namespace=sender.namespace,
        MetricData=[
            {
                "MetricName": sender.failures,
                "Dimensions": [{"Name": name, "Value": value}],
                "Value": 1,
                "Unit": "Count",
            }
        ],
    )


def _bury(sender: Sender, sending: Sending, error: DeliveryFailed) -> None:
    """Put what was not delivered into the dead-letter queue, if the target has one."""
    queue = (sending.target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    told = {
        sender.arn_attribute: sender.arn,
        "TARGET_ARN": sending.arn,
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": str(error)[:1024],
    }
    _, _, _, region, account, name = queue.split(":", 5)
    sqs = clients.client("sqs", region, account)
    try:
        sqs.send_message(
            QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"],
            MessageBody=sending.text or "{}",
            MessageAttributes={
                attribute: {"DataType": "String", "StringValue": value}
                for attribute, value in told.items()
            },
        )
    except ClientError as failure:
        log.warning("%s: dead-letter queue %s: %s", sender.arn, queue, failure)
