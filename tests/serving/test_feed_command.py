"""`python -m serving.feed` as a process: it answers, and ends in good order when it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import boto3
import pytest
from click.testing import CliRunner

from monitoring.aws.clients import Aws
from monitoring.errors import UsageError
from moto_fixtures.plugin import CREDENTIALS
from serving.feed_command import main, sink_of, source_of
from tests.patience import PATIENCE


def test_the_process_answers_and_ends_on_sigterm(server, built, traffic, predictor, tmp_path):
    session = boto3.Session("offline", "offline", region_name=CREDENTIALS["AWS_DEFAULT_REGION"])
    sqs = session.client("sqs", endpoint_url=server)
    urls = [sqs.create_queue(QueueName=f"feed-{name}")["QueueUrl"] for name in ("in", "out")]
    features = dict(zip(predictor.schema.names, traffic[0], strict=True))
    body = json.dumps({"inference_id": "tx-1", "features": features})
    sqs.send_message(QueueUrl=urls[0], MessageBody=body)
    command = [sys.executable, "-m", "serving.feed", "--source", f"sqs:{urls[0]}"]
    command += ["--sink", f"sqs:{urls[1]}", "--dead-letters", str(tmp_path / "dead")]
    command += ["--model", str(built / "model")]
    environment = {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": server}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            answers, until = [], time.monotonic() + PATIENCE
            while not answers and process.poll() is None and time.monotonic() < until:
                found = sqs.receive_message(QueueUrl=urls[1], WaitTimeSeconds=1)
                answers = found.get("Messages", [])
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=PATIENCE)[1]
        finally:
            process.kill()
    assert process.returncode == 0, said
    assert json.loads(answers[0]["Body"])["inference_id"] == "tx-1"
    counts = json.loads(said.splitlines()[-1])
    assert counts == {"received": 1, "answered": 1, "repeated": 0, "dead": 0}


def pause(_: float) -> None:
    """Not asked here."""


@pytest.mark.parametrize("place", ["s3://bucket", "kinesis:", "in"])
def test_a_place_that_is_no_stream_is_wrong_usage(session, place):
    with pytest.raises(UsageError, match="is neither kinesis:NAME nor sqs:URL"):
        sink_of(place, Aws(session), pause)


def test_a_stream_without_a_checkpoint_is_wrong_usage(session):
    with pytest.raises(UsageError, match="give --checkpoint"):
        source_of("kinesis:in", Aws(session), "", False, pause)


def test_a_queue_has_no_checkpoint(session):
    with pytest.raises(UsageError, match="SQS deletes instead"):
        source_of("sqs:https://queue", Aws(session), "here", False, pause)


def test_a_stream_that_does_not_exist_is_one_line(session, built, tmp_path):
    arguments = ["--source", "kinesis:none", "--sink", "kinesis:none", "--region", "us-east-1"]
    arguments += ["--checkpoint", str(tmp_path), "--dead-letters", str(tmp_path)]
    done = CliRunner().invoke(main, [*arguments, "--model", str(built / "model")])
    assert done.exit_code == 1
    assert "stream none: kinesis:ListShards failed with ResourceNotFoundException" in done.output
