"""The real server, several processes: killed, stopped and asked by many at once."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitoring.capture.ground_truth import GroundTruth
from monitoring.errors import UsageError
from pipelines.data import lines
from serving.settings import LOOPBACK, Settings
from serving.workers import Address, guarded, hosts

JSON = "application/json"
PATIENCE = 60
EVERYWHERE = "0.0.0.0"  # noqa: S104 - refused
TOKEN = "s3cret-s3cret-s3cret"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, method, path, body=None, **headers):
    """Status and body; raises OSError or HTTPException where the server went away."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, headers)
        answered = connection.getresponse()
        return answered.status, answered.read().decode()
    finally:
        connection.close()


@contextmanager
def server(*command, port: int, **settings: str) -> Iterator[subprocess.Popen]:
    started = subprocess.Popen(
        [sys.executable, "-m", *map(str, command)],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        wait_for(port, started)
        yield started
    finally:
        started.terminate()
        started.communicate(timeout=PATIENCE)


def wait_for(port, started) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and started.poll() is None:
        try:
            assert ask(port, "GET", "/ping")[0] == 200
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"nothing answers on port {port}")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def plain(built, place):
    """Two workers on a plain host, with everything on."""
    port = free_port()
    options = ("serving", "--model", built / "model", "--port", port, "--workers", 2)
    with server(
        *options,
        port=port,
        SERVING_FEEDBACK=str(place / "feedback"),
        SERVING_CAPTURE=str(place / "capture"),
        SERVING_REQUEST_LOG=str(place / "requests.jsonl"),
        SERVING_ENDPOINT="plain",
    ) as started:
        yield port, started


def children(process) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def test_killed_workers_lose_no_acknowledged_feedback(plain, place):
    port, started = plain
    acknowledged: dict[str, str] = {}
    numbers = itertools.count()
    enough = threading.Event()

    def send() -> None:
        while not enough.is_set():
            number = next(numbers)
            identity, label = f"tx-{number}", number % 2
            body = json.dumps({"inference_id": identity, "label": label})
            try:
                status, _ = ask(port, "POST", "/feedback", body, **{"Content-Type": JSON})
            except (OSError, http.client.HTTPException):
                continue
            if status in (200, 201):
                acknowledged[identity] = str(label)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    try:
        for killed in range(1, 4):
            reach(lambda: len(acknowledged) >= 30 * killed)  # noqa: B023 - asked before it moves
            before = children(started)
            os.kill(before[0], signal.SIGKILL)
            reach(lambda: len(children(started)) == 2 and before[0] not in children(started))  # noqa: B023
    finally:
        enough.set()
        for sender in senders:
            sender.join(PATIENCE)
    truth = GroundTruth.read(place / "feedback" / "ground-truth")
    kept = dict(zip(truth.ids.to_pylist(), truth.data.to_pylist(), strict=True))
    assert len(acknowledged) >= 90
    assert {identity: kept.get(identity.encode(), b"").decode() for identity in acknowledged} == (
        acknowledged
    )
    assert truth.tally.counts.records == len(kept)


def reach(state) -> None:
    until = time.monotonic() + PATIENCE
    while not state():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_metrics_are_those_of_all_workers(plain, traffic):
    port, started = plain
    before = scored(port)
    (row,) = lines(traffic[:1])
    for _ in range(20):
        assert ask(port, "POST", "/invocations", row, **{"Content-Type": "text/csv"})[0] == 200
    assert scored(port) - before == 20
    assert len(children(started)) == 2


def scored(port):
    found = re.search(r'^serving_rows_total\{route="/invocations"\} (\S+)$', metrics(port), re.M)
    return float(found[1]) if found else 0


def metrics(port):
    return ask(port, "GET", "/metrics")[1]


def test_a_page_of_another_name_is_refused(plain):
    assert ask(plain[0], "GET", "/ping", Host="evil.example")[0] == 403


def test_at_term_what_is_held_is_written(built, tmp_path, traffic):
    """In a container as SageMaker starts it."""
    port = free_port()
    (row,) = lines(traffic[:1])
    with server(
        "serving.container",
        port=port,
        SAGEMAKER_BASE_DIR=str(built),
        SAGEMAKER_BIND_TO_PORT=str(port),
        SAGEMAKER_MODEL_SERVER_WORKERS="2",
        SERVING_CAPTURE=str(tmp_path),
    ) as started:
        for _ in range(10):
            assert ask(port, "POST", "/invocations", row, **{"Content-Type": "text/csv"})[0] == 200
        started.terminate()
        log, _ = started.communicate(timeout=PATIENCE)
    assert started.returncode == 0
    assert [json.loads(line)["route"] for line in log.splitlines()] == ["/invocations"] * 10
    captured = [line for path in tmp_path.rglob("*.jsonl") for line in path.open()]
    assert len([json.loads(line) for line in captured]) == 10


@pytest.mark.parametrize("host", [EVERYWHERE, "192.0.2.1", "::", "model.example"])
def test_other_addresses_than_loopback_need_a_token(host):
    with pytest.raises(UsageError, match="SERVING_TOKEN_FILE"):
        guarded(Settings(), Address(host, 8080))
    guarded(Settings(token=TOKEN), Address(host, 8080))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_on_loopback_its_names_alone_are_answered(host):
    guarded(Settings(), Address(host, 8080))
    assert hosts(Settings(), Address(host, 8080)) == LOOPBACK
    assert hosts(Settings(hosts=("model.example",)), Address(host, 8080)) == ("model.example",)


def test_what_is_wrong_is_one_line_and_wrong_usage(built):
    command = [sys.executable, "-m", "serving", "--model", built / "model", "--host", EVERYWHERE]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "SERVING_TOKEN_FILE" in ended.stderr


def test_a_model_that_is_missing_is_one_line(tmp_path):
    command = [sys.executable, "-m", "serving", "--model", tmp_path]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "model.json" in ended.stderr
