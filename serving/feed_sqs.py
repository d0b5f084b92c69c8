"""SQS: messages read, answered, and only then deleted; answers sent to a queue.

Needs     sqs:ReceiveMessage and DeleteMessage, or SendMessage
Writes    nothing beside the queues: a message that is not deleted comes back by itself

The queue's visibility timeout must be longer than a batch takes, or its messages are read
again while they are being answered. A FIFO queue drops repeats of an inference id by itself,
for five minutes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from monitoring.aws.clients import asking
from serving.feed_delivery import Pause, deliver
from serving.feed_records import Incoming, Scored

AT_ONCE = 10
"""Messages of one call, the service's limit."""
WAIT_SECONDS = 5
"""A long poll: how long an empty queue is waited at. A stop is heeded after that."""


@dataclass(slots=True)
class SqsSource:
    """One queue; `client` is a boto3 SQS client."""

    client: Any
    url: str
    pause: Pause
    wait_seconds: int = WAIT_SECONDS
    receipts: list[str] = field(default_factory=list)
    """Of the messages received and not answered yet."""

    def receive(self, most: int) -> list[Incoming]:
        """Up to `most` messages; waits for the first, not for more."""
        found: list[Incoming] = []
        while len(found) < most:
            wait = 0 if found else self.wait_seconds
            with asking("sqs:ReceiveMessage", self.url):
                answer = self.client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=min(AT_ONCE, most - len(found)),
                    WaitTimeSeconds=wait,
                )
            messages = answer.get("Messages", [])
            if not messages:
                break
            found += [Incoming(each["Body"].encode(), each["MessageId"]) for each in messages]
            self.receipts += [each["ReceiptHandle"] for each in messages]
        return found

    def done(self) -> None:
        """What was received is answered: delete it."""
        deliver(self.receipts, self._delete, at_once=AT_ONCE, pause=self.pause, what=self.url)
        self.receipts.clear()

    def _delete(self, receipts: Sequence[str]) -> list[int]:
        entries = [{"Id": str(at), "ReceiptHandle": one} for at, one in enumerate(receipts)]
        with asking("sqs:DeleteMessage", self.url):
            answer = self.client.delete_message_batch(QueueUrl=self.url, Entries=entries)
        return refused(answer)


@dataclass(frozen=True, slots=True)
class SqsSink:
    """Answers into a queue."""

    client: Any
    url: str
    pause: Pause

    def send(self, answers: Sequence[Scored]) -> None:
        """Send all of them; raises AwsError."""
        deliver(answers, self._send, at_once=AT_ONCE, pause=self.pause, what=self.url)

    def _send(self, answers: Sequence[Scored]) -> list[int]:
        entries = [
            {"Id": str(at), "MessageBody": each.line, **self._fifo(each)}
            for at, each in enumerate(answers)
        ]
        with asking("sqs:SendMessage", self.url):
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
        return refused(answer)

    def _fifo(self, answer: Scored) -> dict[str, str]:
        if not self.url.endswith(".fifo"):
            return {}
        digest = hashlib.sha256(answer.inference_id.encode()).hexdigest()
        return {"MessageGroupId": digest, "MessageDeduplicationId": digest}


def refused(answer: dict[str, Any]) -> list[int]:
    """The positions of the entries that a batch call of SQS did not take.

    >>> refused({"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", "Code": "Busy"}]})
    [1]
    """
    return [int(one["Id"]) for one in answer.get("Failed", ())]
