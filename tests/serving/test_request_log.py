"""The log says what happened and nothing of whom it happened to; no sink can cost an answer."""

from __future__ import annotations

import io
import json
import os
import re

import pytest

from pipelines.data import lines
from serving.app import create_app
from serving.exchange import INFERENCE_ID
from serving.request_log import writer
from serving.settings import Settings

REQUESTS = 10_000


def logged(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "requests.jsonl"


@pytest.fixture
def app(built, place):
    return create_app(built / "model", Settings(request_log=str(place)))


def test_a_request_is_logged_with_what_it_came_to(app, place, predictor, traffic):
    answered = app.test_client().post(
        "/invocations", data="\n".join(lines(traffic[:3])), content_type="text/csv"
    )
    app.extensions["operations"].close()
    (entry,) = logged(place)
    assert entry.pop("seconds") > 0
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "request_id": answered.headers["X-Request-Id"],
        "route": "/invocations",
        "status": 200,
        "rows": 3,
        "model": predictor.name,
        "version": predictor.version,
    }


def test_nothing_that_was_sent_is_logged(app, place):
    client = app.test_client()
    headers = {INFERENCE_ID: "s3cret-id", "User-Agent": "s3cret", "Authorization": "Bearer s3cret"}
    client.post("/invocations", data="s3cret", content_type="text/csv", headers=headers)
    client.get("/s3cret?s3cret=s3cret", headers=headers)
    client.post("/feedback", json={"inference_id": "s3cret", "label": 1, "comment": "s3cret"})
    app.extensions["operations"].close()
    assert len(logged(place)) == 3
    assert "s3cret" not in place.read_text()


def test_health_checks_and_scrapes_are_not_logged(app, place):
    for path in ("/ping", "/metrics"):
        app.test_client().get(path)
    app.extensions["operations"].close()
    assert not place.exists()


def stuck(directory):
    """A pipe nobody reads from: who opens it waits."""
    os.mkfifo(directory / "pipe")
    return directory / "pipe"


def failing(directory):
    """A file in a directory that is not there."""
    return directory / "absent" / "log"


@pytest.mark.parametrize("sink", [failing, stuck])
def test_ten_thousand_requests_are_answered_while_the_sink_is_down(built, traffic, tmp_path, sink):
    """Five thousand with either sink, a few of them scored: each is one line for the log."""
    place = sink(tmp_path)
    app = create_app(built / "model", Settings(request_log=str(place)))
    client = app.test_client()
    (row,) = lines(traffic[:1])
    for at in range(REQUESTS // 2):
        body, status = (row, 200) if at % 20 == 0 else ("", 400)
        assert status_of(app, body) == status
    if sink is stuck:
        # One batch is with the sink; what has come since waits, and will not for long.
        app.extensions["operations"].close(patience=0.01)
        os.close(os.open(place, os.O_RDONLY | os.O_NONBLOCK))
    else:
        app.extensions["operations"].close()
    assert lost(client) > 0


def status_of(app, body):
    """The status of one request, without the test client's own work."""
    begun = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/invocations",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "text/csv",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body.encode()),
        "wsgi.url_scheme": "http",
    }
    b"".join(app.wsgi_app(environ, lambda status, _: begun.append(int(status[:3]))))
    return begun[0]


def lost(client):
    found = re.findall(
        r'^serving_lost_total\{what="request_log".*\} (\S+)$', client.get("/metrics").text, re.M
    )
    return sum(map(float, found))


def test_a_log_that_cannot_be_opened_fails_when_it_is_written(tmp_path):
    write = writer(str(tmp_path / "absent" / "log"))
    with pytest.raises(FileNotFoundError):
        write("line\n")


def test_a_log_that_was_moved_away_is_begun_anew(place):
    write = writer(str(place))
    write("one\n")
    place.rename(place.with_suffix(".1"))
    write("two\n")
    assert place.read_text() == "two\n"
