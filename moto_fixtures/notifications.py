"""SNS: what a topic tells its subscribers, and what becomes of what they do not take.

Needs     moto's topics and subscriptions
Writes    messages to queues, and to HTTP servers on this machine; dead letters

A message leaves this machine on no account: an HTTP endpoint elsewhere is refused when it is
subscribed, and so is a Lambda function or a Firehose stream, which would have to run. A
subscriber that fails is no failure of Publish, as it is none on AWS; moto's would be.
"""

from __future__ import annotations

import ipaddress
import json
import logging
from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException
from moto.sns import models, urls
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Subscription

from moto_fixtures import clients

HTTP = {"http", "https"}
RUNNING = {"lambda", "firehose", "application"}
"""Protocols that would need something to run, or to reach a telephone's app."""
log = logging.getLogger(__name__)


def install() -> None:
    """Put our backend in moto's place, before the first request."""
    models.sns_backends.backend = Backend
    models.sns_backends.clear()


class Subscriber(Subscription):
    """A subscription whose failures are its own."""

    def publish(self, message: str, message_id: str, **named: Any) -> None:
        """Deliver, or bury in the dead-letter queue of the subscription's RedrivePolicy."""
        try:
            super().publish(message, message_id, **named)
        except (requests.RequestException, ServiceException) as error:
            log.warning("%s → %s: %s", self.topic.arn, self.endpoint, error)
            self._bury(message)

    def _bury(self, message: str) -> None:
        policy = json.loads(self.attributes.get("RedrivePolicy") or "{}")
        if not (queue := policy.get("deadLetterTargetArn")):
            return
        _, _, _, region, account, name = queue.split(":", 5)
        sqs = clients.client("sqs", region, account)
        try:
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=message)
        except ClientError as error:
            log.warning("%s: dead-letter queue %s: %s", self.topic.arn, queue, error)


class Backend(SNSBackend):
    """moto's topics, whose subscribers are on this machine."""

    _url_module = urls
    """moto derives this from the class's module; ours lies elsewhere."""

    def subscribe(self, topic_arn: str, endpoint: str, protocol: str) -> Subscription:
        if protocol in RUNNING:
            raise SNSInvalidParameter(
                f"Invalid parameter: a subscription by {protocol} is not simulated by the offline "
                "AWS."
            )
        if protocol in HTTP and not _is_here(endpoint):
            raise SNSInvalidParameter(
                f"Invalid parameter: {endpoint} is not on this machine, and messages of the "
                "offline AWS do not leave it; subscribe a server on 127.0.0.1."
            )
        made = super().subscribe(topic_arn, endpoint, protocol)
        if isinstance(made, Subscriber):
            return made
        ours = Subscriber(self.account_id, made.topic, endpoint, protocol)
        ours.arn, ours.attributes = made.arn, made.attributes
        self.subscriptions[made.arn] = ours
        return ours


def _is_here(url: str) -> bool:
    """Whether a URL leads to this machine.

    >>> _is_here("http://127.0.0.1:8000/told"), _is_here("https://example.com/")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
