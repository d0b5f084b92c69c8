"""Who may ask: with the token, not too often, under this server's name."""

from __future__ import annotations

import logging

import pytest

from serving.app import create_app
from serving.guard import HEADERS, NOTHING, POLICY
from serving.payloads import LARGEST_BODY
from serving.settings import LOOPBACK, Settings

TOKEN = "s3cret-s3cret-s3cret"
CLOSED = [
    ("POST", "/invocations"),
    ("POST", "/predict"),
    ("POST", "/feedback"),
    ("GET", "/feedback"),
    ("GET", "/metrics"),
    ("GET", "/nowhere"),
    ("POST", "/"),
]


def client(built, **settings):
    return create_app(built / "model", Settings(**settings)).test_client()


@pytest.fixture(scope="module")
def closed(built):
    return client(built, token=TOKEN)


@pytest.mark.parametrize(("method", "path"), CLOSED)
@pytest.mark.parametrize(
    "sent",
    [None, TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer \xff"],
)
def test_without_the_token_nothing_is_answered(closed, method, path, sent):
    headers = {} if sent is None else {"Authorization": sent}
    answered = closed.open(path, method=method, headers=headers)
    assert (answered.status_code, answered.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert TOKEN not in answered.text


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_with_the_token_the_route_answers(closed, method, path):
    answered = closed.open(path, method=method, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answered.status_code != 401


def test_the_health_check_is_open(closed):
    assert closed.get("/ping").status_code == 200


def test_a_client_that_asks_too_often_is_told_how_long_to_wait(built):
    limited = client(built, rate=0.01, burst=3)
    answers = [limited.get("/nowhere") for _ in range(5)]
    assert [each.status_code for each in answers] == [404] * 3 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 100
    assert limited.get("/ping").status_code == 200


def test_guesses_of_the_token_are_limited_too(built):
    limited = client(built, token=TOKEN, rate=0.01, burst=2)
    assert [limited.get("/metrics").status_code for _ in range(4)] == [401, 401, 429, 429]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:80"])
def test_its_own_names_are_answered(built, host):
    assert client(built, hosts=LOOPBACK).get("/ping", headers={"Host": host}).status_code == 200


def test_where_names_are_given_they_and_the_loopback_ones_are_answered(built):
    named = client(built, hosts=("model.example",))
    for host in ("model.example:443", "localhost:8080"):
        assert named.get("/ping", headers={"Host": host}).status_code == 200
    assert named.get("/ping", headers={"Host": "other.example"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil"])
def test_another_name_is_refused(built, host):
    """A page whose name was pointed at this address (DNS rebinding)."""
    assert client(built, hosts=LOOPBACK).get("/ping", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("path", ["/ping", "/metrics", "/nowhere"])
def test_every_answer_has_the_security_headers(closed, path):
    answered = closed.get(path)
    wanted = {**HEADERS, POLICY: NOTHING}
    assert {name: answered.headers.getlist(name) for name in wanted} == {
        name: [value] for name, value in wanted.items()
    }


def test_a_body_over_the_limit_is_refused_before_the_model_is_asked(built):
    answered = client(built).post(
        "/invocations", data=b"1" * (LARGEST_BODY + 1), content_type="text/csv"
    )
    assert answered.status_code == 413


def test_the_token_is_in_no_representation_of_the_settings(caplog):
    settings = Settings(token=TOKEN)
    logging.getLogger("test").error("%s %r", settings, settings)
    assert TOKEN not in caplog.text
