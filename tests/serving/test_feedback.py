"""POST and GET /feedback: acknowledged when kept, refused with the field named."""

from __future__ import annotations

import json

import pytest

from pipelines.data import lines
from serving.app import create_app
from serving.exchange import INFERENCE_ID
from serving.settings import Settings

COMMENT = "s3cret words about a person"


@pytest.fixture
def client(built, tmp_path):
    return create_app(built / "model", Settings(feedback=str(tmp_path / "kept"))).test_client()


def send(client, **body):
    return client.post("/feedback", json=body)


def test_new_known_and_contradicting_labels_are_told_apart(client):
    answers = [send(client, inference_id="tx-1", label=label) for label in (1, 1, 0)]
    assert [each.status_code for each in answers] == [201, 200, 409]
    assert [each.json["outcome"] for each in answers] == ["stored", "known", "conflict"]
    assert {each.json["inference_id"] for each in answers} == {"tx-1"}


def test_the_label_of_an_answer_is_sent_under_the_id_it_carried(client, tmp_path, traffic):
    (row,) = lines(traffic[:1])
    answered = client.post("/invocations", data=row, content_type="text/csv")
    assert send(client, inference_id=answered.headers[INFERENCE_ID], label=0).status_code == 201
    (path,) = (tmp_path / "kept" / "ground-truth").rglob("*.jsonl")
    event = json.loads(path.read_text())
    assert event["eventMetadata"]["eventId"] == answered.headers[INFERENCE_ID]


def test_the_summary_counts(client):
    send(client, inference_id="tx-1", label=1, comment=COMMENT, disputed=True)
    send(client, inference_id="tx-2", label=1)
    send(client, inference_id="tx-2", label=0)
    assert client.get("/feedback").json == {
        "received": 2,
        "disputed": 1,
        "comments": 1,
        "conflicts": 1,
    }


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"label": 1}, 422, "inference_id"),
        ({"inference_id": "", "label": 1}, 422, "inference_id"),
        ({"inference_id": "x" * 65, "label": 1}, 422, "inference_id"),
        ({"inference_id": "a\nb", "label": 1}, 422, "inference_id"),
        ({"inference_id": "naïve", "label": 1}, 422, "inference_id"),
        ({"inference_id": 7, "label": 1}, 422, "inference_id"),
        ({"inference_id": "a"}, 422, "label"),
        ({"inference_id": "a", "label": 2}, 422, "label"),
        ({"inference_id": "a", "label": "1"}, 422, "label"),
        ({"inference_id": "a", "label": True}, 422, "label"),
        ({"inference_id": "a", "label": 1.0}, 422, "label"),
        ({"inference_id": "a", "label": 1, "comment": "x" * 2001}, 422, "comment"),
        ({"inference_id": "a", "label": 1, "disputed": "yes"}, 422, "disputed"),
        ({"inference_id": "a", "label": 1, "s3cret": 1}, 422, "no field of feedback"),
        ([], 400, "no feedback"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(client, tmp_path, body, status, field):
    answered = client.post("/feedback", json=body)
    assert answered.status_code == status, answered.text
    assert field in answered.text
    assert "s3cret" not in answered.text
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 10_000, "application/json", 400),
        (b'{"inference_id": "a", "label": NaN}', "application/json", 400),
        (b'{"inference_id": "a", "label": 1, "label": 0}', "application/json", 400),
        (b'{"inference_id": "a", "label": ' + b"1" * 5000 + b"}", "application/json", 422),
        (b"inference_id=a", "application/x-www-form-urlencoded", 415),
        (b" " * 20_000, "application/json", 413),
    ],
)
def test_what_is_no_feedback_is_refused(client, body, content_type, status):
    answered = client.post("/feedback", data=body, content_type=content_type)
    assert answered.status_code == status, answered.text


def test_without_a_place_to_keep_it_feedback_is_refused_with_the_setting_named(built):
    client = create_app(built / "model").test_client()
    for answered in (send(client, inference_id="a", label=1), client.get("/feedback")):
        assert answered.status_code == 501
        assert "SERVING_FEEDBACK" in answered.text


def test_what_cannot_be_kept_is_not_acknowledged_and_its_comment_is_told_nobody(
    client, tmp_path, caplog, capfd
):
    (tmp_path / "kept").write_text("a file where the directory belongs")
    answered = send(client, inference_id="tx-1", label=1, comment=COMMENT)
    assert (answered.status_code, COMMENT in answered.text) == (503, False)
    assert 'serving_feedback_total{outcome="failed"} 1.0' in client.get("/metrics").text
    assert COMMENT not in caplog.text + "".join(capfd.readouterr())
