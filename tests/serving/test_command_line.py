"""`python -m serving`: the real server on a real port."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from pipelines.data import lines
from serving.payloads import LARGEST_BODY
from tests.patience import PATIENCE


@pytest.fixture(scope="module")
def port(built) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "serving", "--model", built / "model", "--port", str(port)],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    for _ in range(int(PATIENCE) * 10):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"nothing listens on port {port}")


def post(port, body, **options):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/invocations", body, {"Content-Type": "text/csv"}, **options)
    answered = connection.getresponse()
    return answered.status, answered.read().decode()


def test_rows_sent_over_http_get_the_models_answers(port, predictor, traffic):
    rows = traffic[:10]
    expected = "".join(f"{a.prediction},{a.probability!r}\n" for a in predictor.predict(rows))
    assert post(port, "\n".join(lines(rows))) == (200, expected)


def test_a_body_of_unknown_length_is_read(port, traffic):
    chunks = (line.encode() + b"\n" for line in lines(traffic[:10]))
    status, answers = post(port, chunks, encode_chunked=True)
    assert (status, answers.count("\n")) == (200, 10)


def test_a_body_of_the_largest_size_is_read_and_a_larger_one_refused(port, traffic):
    line = lines(traffic[:1])[0] + "\n"
    body = (line * (LARGEST_BODY // len(line))).ljust(LARGEST_BODY, "\n")
    assert post(port, body)[0] == 200
    assert post(port, body + "\n")[0] == 413


def test_it_listens_on_the_loopback_address_only(port):
    """127.0.0.2 is this machine too, and would be answered by a listener on every address."""
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", port), timeout=1)
