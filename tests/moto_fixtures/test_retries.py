"""What an SDK sends again is carried out once, whenever the second attempt comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from werkzeug.serving import make_server

from moto_fixtures import retries
from moto_fixtures.retries import HEADER, Retries
from tests.patience import PATIENCE


class Service:
    """Answers each call with its number, when it is let; counts what it carries out."""

    def __init__(self, *statuses: str, body: bytes = b"") -> None:
        self.statuses = list(statuses) or ["200 OK"]
        self.body = body
        self.begun = threading.Event()
        self.let = threading.Event()
        self.calls = 0

    def __call__(self, _: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.calls += 1
        number = self.calls
        self.begun.set()
        assert self.let.wait(PATIENCE)
        start(self.statuses[min(number, len(self.statuses)) - 1], [("X-Call", str(number))])
        return [self.body or b"%d" % number]


def call(application: Retries, name: str | None = "one", method: str = "POST") -> tuple[str, bytes]:
    """One attempt: the status and the body of its answer."""
    told: list[str] = []
    environ = {"REQUEST_METHOD": method} | ({HEADER: name} if name else {})
    body = application(environ, lambda status, *_: told.append(status))
    return told[0], b"".join(body)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every answer: nothing here takes as long as a client waits."""
    monkeypatch.setattr(retries, "LEAST_PATIENCE", 0)


def test_an_attempt_after_the_answer_gets_the_same_answer() -> None:
    service = Service()
    service.let.set()
    application = Retries(service)
    assert [call(application), call(application)] == [("200 OK", b"1")] * 2
    assert service.calls == 1


def test_an_attempt_while_the_first_is_under_way_waits_for_it() -> None:
    service = Service()
    application = Retries(service)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(call, application)
        assert service.begun.wait(PATIENCE)
        second = pool.submit(call, application)
        service.let.set()
        assert first.result(PATIENCE) == second.result(PATIENCE) == ("200 OK", b"1")
    assert service.calls == 1


def test_an_attempt_makes_room_for_the_next() -> None:
    """Waiting attempts would take all of the server's threads."""
    service = Service()
    application = Retries(service)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(call, application)
        assert service.begun.wait(PATIENCE)
        waiting = [pool.submit(call, application) for _ in range(2)]
        done = next(as_completed(waiting, timeout=PATIENCE))
        assert done.result() == ("503 Service Unavailable", b"")
        service.let.set()
        (last,) = [one for one in waiting if one is not done]
        assert first.result(PATIENCE) == last.result(PATIENCE) == ("200 OK", b"1")


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Slow Down"])
def test_a_failure_is_tried_again(status: str) -> None:
    service = Service(status, "200 OK")
    service.let.set()
    application = Retries(service)
    assert [call(application), call(application)] == [(status, b"1"), ("200 OK", b"2")]


def test_a_throttled_call_is_tried_again() -> None:
    service = Service("400 Bad Request", "200 OK", body=b"<Code>Throttling</Code>")
    service.let.set()
    application = Retries(service)
    assert [call(application)[0], call(application)[0]] == ["400 Bad Request", "200 OK"]


def test_a_refusal_is_the_answer_to_every_attempt() -> None:
    service = Service("400 Bad Request", "200 OK")
    service.let.set()
    application = Retries(service)
    assert call(application) == call(application) == ("400 Bad Request", b"1")


def test_a_call_that_breaks_the_server_is_tried_again_by_who_waits() -> None:
    service = Service()

    def breaks_once(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        answer = service(environ, start)
        if service.calls == 1:
            raise OSError
        return answer

    application = Retries(breaks_once)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(call, application)
        assert service.begun.wait(PATIENCE)
        second = pool.submit(call, application)
        service.let.set()
        with pytest.raises(OSError):
            first.result(PATIENCE)
        assert second.result(PATIENCE) == ("200 OK", b"2")


@pytest.mark.parametrize(("name", "method"), [(None, "POST"), ("one", "GET"), ("one", "HEAD")])
def test_reading_and_clients_that_say_nothing_pass(name: str | None, method: str) -> None:
    service = Service()
    service.let.set()
    application = Retries(service)
    for _ in range(2):
        call(application, name, method)
    assert service.calls == 2


def test_only_the_newest_answers_are_kept() -> None:
    service = Service()
    service.let.set()
    application = Retries(service)
    for number in range(retries.KEPT + 2):
        call(application, f"call {number}")
    call(application, f"call {retries.KEPT + 1}")
    assert service.calls == retries.KEPT + 2
    call(application, "call 0")
    assert service.calls == retries.KEPT + 3


def test_a_large_answer_is_not_kept() -> None:
    service = Service(body=b"x" * (retries.LARGEST + 1))
    service.let.set()
    application = Retries(service)
    call(application)
    call(application)
    assert service.calls == 2


@contextmanager
def listening(application: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()


def test_boto3_that_has_lost_patience_gets_the_first_attempts_answer() -> None:
    service = Service(body=b'{"EndpointArn": "arn"}')
    seen: list[str] = []
    application = Retries(service)

    def until_the_second_attempt(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        seen.append(environ[HEADER])
        if len(seen) == 2:
            service.let.set()
        return application(environ, start)

    config = Config(read_timeout=1, retries={"total_max_attempts": 9, "mode": "standard"})
    with listening(until_the_second_attempt) as url:
        client = boto3.client("sagemaker", "us-east-1", endpoint_url=url, config=config,
                              aws_access_key_id="test", aws_secret_access_key="test")  # fmt: skip
        answer = client.create_endpoint(EndpointName="fraud", EndpointConfigName="fraud")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-call"] == "1"
    assert (len(set(seen)), service.calls) == (1, 1)
