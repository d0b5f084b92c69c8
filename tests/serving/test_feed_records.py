"""A record is a request or it is poison, and poison says why without quoting anything."""

from __future__ import annotations

import json

import pytest

from serving.feed_records import Incoming, Poison, dead_letter, request_of
from serving.schema import Column, Schema

SCHEMA = Schema((Column("amount", "numeric"), Column("channel", "categorical")))


def record(**changes):
    whole = {"inference_id": "tx-1", "features": {"amount": 1.50, "channel": "web"}}
    return json.dumps({**whole, **changes}).encode()


def test_numbers_keep_the_text_they_were_sent_as():
    sent = b'{"inference_id": "tx-1", "features": {"channel": null, "amount": 12.50}}'
    assert request_of(sent, SCHEMA).row == ["12.50", None]


def test_the_order_of_fields_makes_no_other_request():
    one = b'{"inference_id": "t", "features": {"channel": "web", "amount": 1}}'
    other = b'{"features": {"amount": 1, "channel": "web"}, "inference_id": "t"}'
    assert request_of(one, SCHEMA) == request_of(other, SCHEMA)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff", "is not UTF-8"),
        (b"secret", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'["secret"]', "is JSON, but no object"),
        (record(inference_id=17), "inference_id is not 1 to 64"),
        (record(inference_id=""), "inference_id is not 1 to 64"),
        (record(inference_id="x" * 65), "inference_id is not 1 to 64"),
        (record(inference_id="tx\n"), "inference_id is not 1 to 64"),
        (record(features=["secret"]), "features is not an object"),
        (record(secret=1), "has other fields"),
        (record(features={"amount": 1}), "'channel' is missing"),
        (record(features={"amount": 1, "channel": "w", "secret": 1}), "is no column of this"),
        (record(features={"amount": {"secret": 1}, "channel": "w"}), "column 'amount'"),
        (record(features={"amount": float("nan"), "channel": "w"}), "holds NaN or Infinity"),
        (b'{"inference_id": "a", "inference_id": "b"}', "the same name twice"),
    ],
)
def test_poison_names_its_reason_and_quotes_nothing(data, reason):
    with pytest.raises(Poison, match=reason) as raised:
        request_of(data, SCHEMA)
    assert "secret" not in str(raised.value)


def test_a_dead_letter_keeps_every_byte():
    letter = json.loads(dead_letter(Incoming(b"\xff\x00", "shard:1"), "is not UTF-8", "kinesis:in"))
    assert letter == {
        "reason": "is not UTF-8",
        "source": "kinesis:in",
        "position": "shard:1",
        "data_base64": "/wA=",
    }
