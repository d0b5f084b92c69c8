"""Shards: checkpointed each by itself, read parents first, opened anew when they expire.

Closed shards are of a stand-in: the offline AWS moves their records into their children and
never ends them, as Kinesis does not.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from monitoring.aws.folders import LocalFolder
from monitoring.errors import AwsError, MonitoringError
from serving.feed_delivery import ATTEMPTS
from serving.feed_kinesis import ENDED, Checkpoint, KinesisSink, KinesisSource
from serving.feed_records import Scored


class Expired(Exception):
    """As `client.exceptions.ExpiredIteratorException`."""


class Exceptions:
    ExpiredIteratorException = Expired


class Shards:
    """A Kinesis client whose shards close when they are split or merged."""

    exceptions = Exceptions

    def __init__(self):
        self.shards, self.records, self.expire, self.asked = {}, {}, False, []

    def add(self, name, *records, parents=(), is_closed=False):
        keys = ("ParentShardId", "AdjacentParentShardId")
        self.shards[name] = {"ShardId": name, **dict(zip(keys, parents, strict=False))}
        self.records[name] = (list(records), is_closed)

    def list_shards(self, StreamName=None, NextToken=None):
        assert (StreamName is None) != (NextToken is None), "Kinesis takes one of them"
        names, at = list(self.shards), int(NextToken or 0)
        page = {"Shards": [self.shards[name] for name in names[at : at + 2]]}
        return {**page, "NextToken": str(at + 2)} if at + 2 < len(names) else page

    def get_shard_iterator(self, StreamName, ShardId, ShardIteratorType, **where):
        assert StreamName == "in"
        self.asked.append((ShardId, ShardIteratorType))
        after = where.get("StartingSequenceNumber")
        return {"ShardIterator": f"{ShardId}/{int(after) + 1 if after else 0}"}

    def get_records(self, ShardIterator, Limit):
        if self.expire:
            self.expire = False
            raise Expired
        shard, _, start = ShardIterator.rpartition("/")
        records, is_closed = self.records[shard]
        end = min(int(start) + Limit, len(records))
        found = [{"Data": records[at], "SequenceNumber": str(at)} for at in range(int(start), end)]
        if is_closed and end == len(records):
            return {"Records": found}
        return {"Records": found, "NextShardIterator": f"{shard}/{end}"}


@pytest.fixture
def client():
    return Shards()


@pytest.fixture
def open_source(client, tmp_path):
    def opened(**checkpoint):
        held = Checkpoint.opened(LocalFolder(tmp_path), "in", **checkpoint)
        return KinesisSource(client, "in", held, lambda _: None)

    return opened


def read(source, most=10):
    found = [record.data for record in source.receive(most)]
    source.done()
    return found


def test_children_are_read_after_their_parents(client, open_source):
    client.add("0", b"a", b"b", is_closed=True)
    client.add("1", b"c", parents=("0",))
    client.add("2", b"d", parents=("0",))
    source = open_source()
    assert read(source) == [b"a", b"b"]
    assert read(source) == [b"c", b"d"]


def test_a_merged_shard_waits_for_both_parents(client, open_source):
    client.add("0", b"a", is_closed=True)
    client.add("1", b"b")
    client.add("2", b"c", parents=("0", "1"))
    source = open_source()
    assert read(source) == [b"a", b"b"]
    assert read(source) == []
    client.add("1", b"b", is_closed=True)
    assert [read(source), read(source)] == [[], [b"c"]]


def test_a_stream_split_while_it_is_read_is_read_on(client, open_source):
    client.add("0", b"a")
    source = open_source()
    assert read(source) == [b"a"]
    client.add("0", b"a", b"b", is_closed=True)
    client.add("1", b"c", parents=("0",))
    assert [read(source), read(source)] == [[b"b"], [b"c"]]


def test_a_child_whose_parent_is_past_retention_is_read(client, open_source):
    client.add("7", b"a", parents=("3",))
    assert read(open_source()) == [b"a"]


def test_another_run_reads_on_behind_the_checkpoint(client, open_source):
    client.add("0", b"a", b"b", b"c")
    source = open_source()
    assert read(source, most=2) == [b"a", b"b"]
    assert source.receive(10)[0].position == "0:2"
    assert read(open_source()) == [b"c"], "it was received, but never said to be done"
    assert read(open_source()) == []


def test_an_ended_shard_stays_ended(client, open_source, tmp_path):
    client.add("0", b"a", is_closed=True)
    read(open_source())
    assert json.loads((tmp_path / "checkpoint.json").read_bytes())["shards"] == {"0": ENDED}
    assert read(open_source()) == []
    assert len(client.asked) == 1


def test_an_iterator_that_expired_is_made_anew(client, open_source):
    client.add("0", b"a", b"b")
    source = open_source()
    assert read(source, most=1) == [b"a"]
    client.expire = True
    assert read(source) == [b"b"]


def test_a_feed_that_begins_now_reads_later_shards_from_then_too(client, open_source):
    client.add("0", b"a", is_closed=True)
    client.add("1", b"b", parents=("0",))
    source = open_source(from_now=datetime(2026, 1, 5, tzinfo=UTC))
    assert [read(source), read(source)] == [[b"a"], [b"b"]]
    assert [kind for _, kind in client.asked] == ["AT_TIMESTAMP", "AT_TIMESTAMP"]


@pytest.mark.parametrize("content", ["{", "[]", '{"stream": "in", "shards": 1, "started": ""}'])
def test_a_damaged_checkpoint_is_no_fresh_start(tmp_path, content):
    (tmp_path / "checkpoint.json").write_text(content)
    with pytest.raises(MonitoringError, match="is no checkpoint"):
        Checkpoint.opened(LocalFolder(tmp_path), "in")


def test_a_checkpoint_of_another_stream_is_refused(tmp_path):
    Checkpoint.opened(LocalFolder(tmp_path), "in")
    with pytest.raises(MonitoringError, match="is of stream 'in', not of 'other'"):
        Checkpoint.opened(LocalFolder(tmp_path), "other")


class Throttled:
    """A client that takes every other record, or none."""

    def __init__(self, takes_any=True):
        self.takes_any, self.taken, self.calls = takes_any, [], 0

    def put_records(self, StreamName, Records):
        assert StreamName == "out"
        self.calls += 1
        answers = []
        for at, record in enumerate(Records):
            if self.takes_any and at % 2 == 0:
                self.taken.append(record["PartitionKey"])
                answers.append({"SequenceNumber": "1", "ShardId": "0"})
            else:
                answers.append({"ErrorCode": "ProvisionedThroughputExceededException"})
        return {"Records": answers}


def test_only_what_was_refused_is_put_again():
    client, pauses = Throttled(), []
    KinesisSink(client, "out", pauses.append).send([Scored(f"tx-{at}", "{}") for at in range(20)])
    assert sorted(client.taken) == sorted(f"tx-{at}" for at in range(20))
    assert pauses == sorted(pauses) != []


def test_a_sink_that_takes_nothing_ends_the_feed():
    client = Throttled(takes_any=False)
    with pytest.raises(AwsError, match="stream out: refused 1 entries 8 times"):
        KinesisSink(client, "out", lambda _: None).send([Scored("tx-1", "{}")])
    assert client.calls == ATTEMPTS
