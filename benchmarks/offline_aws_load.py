"""The offline AWS under load: many clients at once, and bulk traffic; nothing failed or lost.

Each client puts an object of its own, reads it back, and calls what the other services have; at
the end every object put must be there. Bulk traffic is captured records: all are in S3 after.
"""

from __future__ import annotations

import gzip
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from offline_aws_processes import Watch

from moto_fixtures.server_process import ServerProcess

BUCKET = "load"
SIZE = 1024
BATCH = 5000
"""Records in one request of bulk traffic."""
CALLS = 9
"""In one round of a client."""
FLUSH_SECONDS = 6.0
"""The server writes what was captured as it ticks."""


def client(url: str, service: str) -> Any:
    """A client that shows every error: nothing is tried again."""
    return _session().client(
        service, endpoint_url=url, config=Config(retries={"total_max_attempts": 1})
    )


@cache
def _session() -> Any:
    """One for all: reading botocore's models takes longer than many calls."""
    return boto3.session.Session("offline", "offline", region_name="us-east-1")


@dataclass
class Load:
    """What many clients were answered, and what became of what they put."""

    clients: int
    seconds: float
    answered: Counter[str]
    put: int
    lost: int
    memory: Watch

    @property
    def is_good(self) -> bool:
        """No error of any kind, no object lost, none that came back changed."""
        return (
            self.put > 0
            and not self.lost
            and not any(self.answered[one] for one in ("5xx", "4xx", "wrong"))
        )


def load(server: ServerProcess, pid: int, clients: int, seconds: float) -> Load:
    """All clients at once, against one server."""
    s3 = client(server.url, "s3")
    s3.create_bucket(Bucket=BUCKET)
    tallies: list[tuple[Counter[str], set[str]]] = [(Counter(), set()) for _ in range(clients)]
    workers = [Worker(server.url, number) for number in range(clients)]
    with Watch(pid) as memory:
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=worker.work, args=(until, *tally))
            for worker, tally in zip(workers, tallies, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    answered = sum((tally for tally, _ in tallies), Counter())
    put = {key for _, keys in tallies for key in keys}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    there = {one["Key"] for page in pages for one in page.get("Contents", [])}
    return Load(clients, seconds, answered, len(put), len(put - there), memory)


class Worker:
    """One client: an object, a queue, a topic, a metric, SageMaker's lists."""

    def __init__(self, url: str, number: int) -> None:
        self.number = number
        self.s3, self.sqs, self.sns = (client(url, one) for one in ("s3", "sqs", "sns"))
        self.cloudwatch, self.sagemaker = client(url, "cloudwatch"), client(url, "sagemaker")
        self.queue = self.sqs.create_queue(QueueName=f"load-{number}")["QueueUrl"]
        self.topic = self.sns.create_topic(Name=f"load-{number}")["TopicArn"]

    def work(self, until: float, answered: Counter[str], put: set[str]) -> None:
        """Call and call again until the time is over."""
        count = 0
        while time.monotonic() < until:
            count += 1
            try:
                self._round(f"{self.number}/{count}", answered, put)
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                answered["5xx" if status >= 500 else "4xx"] += 1

    def _round(self, key: str, answered: Counter[str], put: set[str]) -> None:
        body = os.urandom(SIZE)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        put.add(key)
        answered["wrong"] += self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() != body
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=key)
        (message,) = self.sqs.receive_message(QueueUrl=self.queue)["Messages"]
        answered["wrong"] += message["Body"] != key
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        self.sns.publish(TopicArn=self.topic, Message=key)
        metric = {"MetricName": "Load", "Value": 1.0}
        self.cloudwatch.put_metric_data(Namespace=f"load-{self.number}", MetricData=[metric])
        self.sagemaker.list_monitoring_schedules()
        self.sagemaker.list_endpoints()
        answered["ok"] += CALLS


@dataclass
class Bulk:
    """Records sent to an endpoint that captures all it is sent, and what lies in S3 after."""

    records: int
    captured: int
    errors: int
    seconds: float
    memory: Watch

    @property
    def is_good(self) -> bool:
        """Every record answered, and captured once."""
        return self.captured == self.records and not self.errors


def bulk(server: ServerProcess, pid: int, endpoint: str, bodies: list[str], records: int) -> Bulk:
    """Send records in batches; count what was captured, by its inference ids."""
    errors = 0
    with Watch(pid) as memory:
        began = time.monotonic()
        for first in range(0, records, BATCH):
            batch = [
                {"Body": bodies[at % len(bodies)], "InferenceId": f"bulk-{at}"}
                for at in range(first, min(first + BATCH, records))
            ]
            errors += len(server.send(endpoint, batch)["ModelErrors"])
        seconds = time.monotonic() - began
    time.sleep(FLUSH_SECONDS)
    lines = [json.loads(line) for line in _captured(boto3.client("s3"))]
    captured = {line["eventMetadata"].get("inferenceId", "") for line in lines}
    return Bulk(records, len(captured), errors, seconds, memory)


def _captured(s3: Any) -> Iterator[str]:
    """Every captured line, of whichever bucket has a prefix of captured data."""
    for bucket in s3.list_buckets()["Buckets"]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"])
        for page in pages:
            for one in page.get("Contents", []):
                if one["Key"].endswith(".jsonl") and Path(one["Key"]).parts[0] == "capture":
                    body = s3.get_object(Bucket=bucket["Name"], Key=one["Key"])["Body"].read()
                    text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
                    yield from text.decode().splitlines()
