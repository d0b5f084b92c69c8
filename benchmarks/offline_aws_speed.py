"""The offline AWS beside stock moto's server: the same calls, turn about, in one run.

Compared is the servers' processor time, which others on the machine do not take from; the time
a client waits, which they do, stands beside it as the median. A ratio of 1 is as fast.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import EndpointConnectionError
from offline_aws_load import client
from offline_aws_processes import processor_seconds

START_UP_SECONDS = 30
RESOURCES = 30
BLOCK = 20
"""Calls made of one kind before the other server's turn."""
Call = Callable[[], Any]
ALARM = {
    "AlarmName": "speed", "Namespace": "speed", "MetricName": "Speed", "Statistic": "Sum",
    "Period": 60, "EvaluationPeriods": 1, "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip
CONTAINER = {
    "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/serving:1",
    "ModelDataUrl": "s3://speed/model.tar.gz",
}


@dataclass
class Side:
    """What one call cost one server."""

    processor: float = 0.0
    waits: list[float] = field(default_factory=list)

    def spend(self, call: Call, pid: int) -> None:
        """Make a block of calls and note what they cost."""
        before = processor_seconds(pid)
        for _ in range(BLOCK):
            began = time.perf_counter()
            call()
            self.waits.append(time.perf_counter() - began)
        self.processor += processor_seconds(pid) - before

    @property
    def each(self) -> float:
        """Milliseconds of processor time of one call."""
        return self.processor / len(self.waits) * 1000

    @property
    def wait(self) -> float:
        """Milliseconds that a client waited for one call, the median."""
        return statistics.median(self.waits) * 1000


@dataclass(frozen=True)
class Ratio:
    """One call, here and in stock moto."""

    call: str
    here: Side
    stock: Side

    @property
    def times(self) -> float:
        return self.here.each / self.stock.each


@contextmanager
def stock() -> Iterator[tuple[str, int]]:
    """The URL of stock moto's server, on a free port, and its process."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)
    )
    try:
        url, until = f"http://127.0.0.1:{port}", time.monotonic() + START_UP_SECONDS
        while True:
            try:
                client(url, "sts").get_caller_identity()
                break
            except EndpointConnectionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def calls(url: str) -> Mapping[str, Call]:
    """What is timed, over resources that are made first."""
    s3, sqs, sns = (client(url, one) for one in ("s3", "sqs", "sns"))
    cloudwatch, events = client(url, "cloudwatch"), client(url, "events")
    sagemaker = client(url, "sagemaker")
    s3.create_bucket(Bucket="speed")
    s3.put_object(Bucket="speed", Key="read", Body=b"x" * 1024)
    queue = sqs.create_queue(QueueName="speed")["QueueUrl"]
    topic = sns.create_topic(Name="speed")["TopicArn"]
    role = "arn:aws:iam::123456789012:role/speed"
    client(url, "iam").create_role(RoleName="speed", AssumeRolePolicyDocument="{}")
    model = sagemaker.create_model(
        ModelName="speed", ExecutionRoleArn=role, PrimaryContainer=CONTAINER
    )["ModelArn"]
    metric = {"MetricName": "Speed", "Value": 1.0}
    event = {"Source": "speed", "DetailType": "speed", "Detail": "{}"}
    tags = [{"Key": "team", "Value": "speed"}]
    pattern = json.dumps({"source": ["speed"]})
    return {
        "s3 PutObject": lambda: s3.put_object(Bucket="speed", Key="new", Body=b"x" * 1024),
        "s3 GetObject": lambda: s3.get_object(Bucket="speed", Key="read"),
        "s3 HeadObject": lambda: s3.head_object(Bucket="speed", Key="read"),
        "s3 ListObjectsV2": lambda: s3.list_objects_v2(Bucket="speed"),
        "sqs SendMessage": lambda: sqs.send_message(QueueUrl=queue, MessageBody="told"),
        "sqs GetQueueAttributes": lambda: sqs.get_queue_attributes(QueueUrl=queue),
        "sns Publish": lambda: sns.publish(TopicArn=topic, Message="told"),
        "sns ListTopics": sns.list_topics,
        "cloudwatch PutMetricData":
            lambda: cloudwatch.put_metric_data(Namespace="speed", MetricData=[metric]),
        "cloudwatch PutMetricAlarm": lambda: cloudwatch.put_metric_alarm(**ALARM),
        "cloudwatch DescribeAlarms": cloudwatch.describe_alarms,
        "events PutRule": lambda: events.put_rule(Name="speed", EventPattern=pattern),
        "events ListRules": events.list_rules,
        "events PutEvents": lambda: events.put_events(Entries=[event]),
        "sagemaker DescribeModel": lambda: sagemaker.describe_model(ModelName="speed"),
        "sagemaker ListModels": sagemaker.list_models,
        "sagemaker ListEndpoints": sagemaker.list_endpoints,
        "sagemaker AddTags": lambda: sagemaker.add_tags(ResourceArn=model, Tags=tags),
        "sagemaker ListTags": lambda: sagemaker.list_tags(ResourceArn=model),
    }  # fmt: skip


def beside_stock(url: str, pid: int, rounds: int) -> list[Ratio]:
    """Every call, here and there by turns."""
    with stock() as (other, other_pid):
        here, there = calls(url), calls(other)
        for name in here:  # what is made at the first call is not what is compared
            here[name](), there[name]()
        ratios = [Ratio(name, Side(), Side()) for name in here]
        for number in range(rounds):
            for one in ratios:
                sides = [(one.here, here[one.call], pid), (one.stock, there[one.call], other_pid)]
                for side, call, process in sides if number % 2 else reversed(sides):
                    side.spend(call, process)
    return ratios


def stack(url: str) -> float:
    """Seconds in which a stack of 30 resources deploys: queues, topics and alarms."""
    resources: dict[str, Any] = {}
    for number in range(RESOURCES // 3):
        resources[f"Queue{number}"] = {"Type": "AWS::SQS::Queue"}
        resources[f"Topic{number}"] = {"Type": "AWS::SNS::Topic"}
        alarm = {name: value for name, value in ALARM.items() if name != "AlarmName"}
        action = {"AlarmActions": [{"Ref": f"Topic{number}"}]}
        properties = {**alarm, **action}
        resources[f"Alarm{number}"] = {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
    cloudformation = client(url, "cloudformation")
    began = time.perf_counter()
    cloudformation.create_stack(
        StackName="speed", TemplateBody=json.dumps({"Resources": resources})
    )
    spent = time.perf_counter() - began
    (made,) = cloudformation.describe_stacks(StackName="speed")["Stacks"]
    if made["StackStatus"] != "CREATE_COMPLETE":
        raise RuntimeError(f"the stack is {made['StackStatus']}")
    return spent
