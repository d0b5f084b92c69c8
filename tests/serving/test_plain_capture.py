"""What a plain host captured, a monitor reads as it reads SageMaker's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from monitoring.aws.clients import Aws
from monitoring.aws.folders import folder
from monitoring.cli import main
from pipelines.data import lines
from serving.app import create_app
from serving.exchange import CUSTOM_ATTRIBUTES, INFERENCE_ID, Exchange, Payload
from serving.payloads import cells
from serving.plain_capture import PlainCapture
from serving.schema import ANSWER_COLUMNS
from serving.settings import Settings

NOON = datetime(2026, 3, 1, 11, 59, 59, tzinfo=UTC)
EXCHANGE = Exchange(1, Payload(b"1,2\n", "text/csv"), Payload(b"0,0.5\n", "text/csv"))


def events(place):
    return [
        json.loads(line)
        for name in place.names()
        for line in place.read(name).decode().splitlines()
    ]


@pytest.fixture
def app(built, tmp_path):
    return create_app(built / "model", Settings(capture=str(tmp_path), endpoint="plain"))


def post(app, body, headers=None, path="/invocations"):
    return app.test_client().post(path, data=body, content_type="text/csv", headers=headers)


def captured(app, tmp_path, session):
    app.extensions["operations"].close()
    return events(folder(str(tmp_path), Aws(session)))


def test_what_was_sent_and_answered_is_captured_to_the_byte(app, tmp_path, session, traffic):
    body = "\r\n".join(lines(traffic[:3]))
    answered = post(app, body)
    (event,) = captured(app, tmp_path, session)
    data = event["captureData"]
    assert data["endpointInput"]["data"] == body
    assert data["endpointOutput"]["data"] == answered.text
    assert {each["encoding"] for each in data.values()} == {"CSV"}


def test_the_callers_inference_id_and_attributes_are_captured(app, tmp_path, session, traffic):
    headers = {INFERENCE_ID: "tx-1", CUSTOM_ATTRIBUTES: "channel=web"}
    answered = post(app, lines(traffic[:1])[0], headers)
    metadata = captured(app, tmp_path, session)[0]["eventMetadata"]
    assert answered.headers[INFERENCE_ID] == metadata["inferenceId"] == "tx-1"
    assert metadata["eventId"] != "tx-1"
    assert metadata["customAttributes"] == ["channel=web"]


def test_where_the_caller_gave_no_id_the_answer_carries_the_events(app, tmp_path, session, traffic):
    answered = post(app, lines(traffic[:1])[0])
    metadata = captured(app, tmp_path, session)[0]["eventMetadata"]
    assert metadata["eventId"] == answered.headers[INFERENCE_ID]
    assert "inferenceId" not in metadata


def test_a_refused_request_is_not_captured(app, tmp_path, session, traffic):
    assert post(app, "1,2").status_code == 400
    assert post(app, lines(traffic[:1])[0], {INFERENCE_ID: "x" * 65}).status_code == 400
    assert captured(app, tmp_path, session) == []


def test_a_named_row_is_captured_as_its_csv(app, tmp_path, session, predictor, traffic):
    row = next(row for row in traffic if None not in row)
    columns = zip(predictor.schema.columns, row, strict=True)
    named = {
        column.name: float(cell) if column.kind == "numeric" else cell for column, cell in columns
    }
    assert app.test_client().post("/predict", json=named).status_code == 200
    (event,) = captured(app, tmp_path, session)
    sent = event["captureData"]["endpointInput"]
    assert sent["encoding"] == "CSV"
    assert len(sent["data"].split(",")) == len(row)


def test_a_monitor_reads_it(app, tmp_path, predictor, traffic):
    """A baseline of the same rows and answers, and not a violation."""
    rows = traffic[:200]
    table = [(*ANSWER_COLUMNS, *predictor.schema.names)]
    table += [(*cells(each), *row) for each, row in zip(predictor.predict(rows), rows, strict=True)]
    (tmp_path / "table.csv").write_text("\n".join(lines(table)))
    for at in range(0, len(rows), 20):
        post(app, "\n".join(lines(rows[at : at + 20])))
    app.extensions["operations"].close()
    baseline = ["--baseline", str(tmp_path / "baseline")]
    suggest = ["--data", str(tmp_path / "table.csv"), "--output", str(tmp_path / "baseline")]
    check = ["--capture", str(tmp_path / "plain"), *baseline, "--output", str(tmp_path / "run")]
    for command in (["suggest", "data-quality", *suggest], ["check", "data-quality", *check]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output
    statistics = json.loads((tmp_path / "run" / "statistics.json").read_text())
    assert statistics["dataset"]["item_count"] == len(rows)


def capture_of(place, lost, percentage=100.0, now=lambda: NOON):
    return PlainCapture(place, "plain", percentage, lost, now)


def test_in_s3_it_is_the_same(session):
    session.client("s3").create_bucket(Bucket="capture")
    place = folder("s3://capture/prefix", Aws(session))
    capture = capture_of(place, lambda *_: pytest.fail("nothing is lost"))
    assert capture.add(EXCHANGE, "tx-1", True)
    capture.close(10)
    (name,) = place.names()
    assert name.startswith("plain/AllTraffic/2026/03/01/11/59-59-000-")
    assert events(place)[0]["eventMetadata"]["inferenceId"] == "tx-1"


def test_an_hour_has_files_of_its_own(tmp_path, session):
    times = iter([NOON + timedelta(seconds=at) for at in range(3)])
    place = folder(str(tmp_path), Aws(session))
    capture = capture_of(place, lambda *_: None, now=lambda: next(times))
    for at in range(3):
        capture.add(EXCHANGE, str(at), True)
    capture.close(10)
    assert [name[:31] for name in place.names()] == [
        "plain/AllTraffic/2026/03/01/11/",
        "plain/AllTraffic/2026/03/01/12/",
    ]
    assert [each["eventMetadata"]["inferenceId"] for each in events(place)] == ["0", "1", "2"]


def test_a_folder_that_refuses_loses_events_and_counts_them(tmp_path, session):
    (tmp_path / "plain").write_text("a file where the directory belongs")
    lost = []
    capture = capture_of(folder(str(tmp_path), Aws(session)), lambda *how: lost.append(how))
    capture.add(EXCHANGE, "tx-1", True)
    capture.add(EXCHANGE, "tx-2", True)
    capture.close(10)
    assert lost == [(2, "failed")]


def test_answers_do_not_depend_on_capture(built, tmp_path, traffic):
    (tmp_path / "plain").write_text("a file where the directory belongs")
    app = create_app(built / "model", Settings(capture=str(tmp_path), endpoint="plain"))
    assert post(app, lines(traffic[:1])[0]).status_code == 200
    app.extensions["operations"].close()
    metrics = app.test_client().get("/metrics").text
    assert 'serving_lost_total{what="capture",why="failed"} 1.0' in metrics


def test_only_the_share_that_is_asked_for_is_captured(tmp_path, session):
    place = folder(str(tmp_path), Aws(session))
    capture = capture_of(place, lambda *_: None, percentage=0)
    assert not any(capture.add(EXCHANGE, str(at), True) for at in range(100))
    capture.close(10)
    assert place.names() == []
