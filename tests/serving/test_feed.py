"""The feed on the offline AWS: nothing is lost, an id is answered once, poison is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from monitoring.aws.folders import LocalFolder
from monitoring.capture import read_capture
from monitoring.errors import AwsError
from serving.feed import Feed
from serving.feed_capture import FeedCapture
from serving.feed_kinesis import Checkpoint, KinesisSink, KinesisSource
from serving.feed_records import Scored
from serving.feed_sqs import SqsSink, SqsSource
from serving.seen_ids import SeenIds

IN, OUT = "transactions", "scores"
NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def no_pause(_: float) -> None:
    """Time does not pass here."""


@dataclass
class Kinesis:
    """Two streams of the offline AWS, and a feed between them."""

    client: object
    tmp_path: object
    predictor: object
    names: tuple[str, ...] = (IN, OUT)
    letters: LocalFolder = field(init=False)

    def __post_init__(self):
        for name in self.names:
            self.client.create_stream(StreamName=name, ShardCount=2)
        self.letters = LocalFolder(self.tmp_path / "dead")

    def put(self, *records: bytes):
        for at, data in enumerate(records):
            self.client.put_record(StreamName=IN, Data=data, PartitionKey=f"key-{at}")

    def feed(self, sink=None, **settings):
        checkpoint = Checkpoint.opened(LocalFolder(self.tmp_path / "checkpoint"), IN)
        source = KinesisSource(self.client, IN, checkpoint, no_pause)
        sink = sink or KinesisSink(self.client, OUT, no_pause)
        return self.made(source, sink, f"kinesis:{IN}", settings)

    def made(self, source, sink, name, settings):
        settings = {"now": lambda: NOW, **settings}
        return Feed(self.predictor, source, sink, self.letters, name, **settings)

    def answers(self):
        found = []
        for shard in self.client.list_shards(StreamName=OUT)["Shards"]:
            iterator = self.client.get_shard_iterator(
                StreamName=OUT, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            records = self.client.get_records(ShardIterator=iterator)["Records"]
            assert all(
                json.loads(each["Data"])["inference_id"] == each["PartitionKey"] for each in records
            )
            found += [json.loads(each["Data"]) for each in records]
        return found

    def later(self, feed):
        """A stream gives its records at any time."""

    def waiting(self):
        """Records that another run would read."""
        return self.feed().source.receive(1000)


@dataclass
class Sqs(Kinesis):
    """The same between two queues."""

    def __post_init__(self):
        made = [self.client.create_queue(QueueName=name)["QueueUrl"] for name in self.names]
        self.source_url, self.sink_url = made
        self.letters = LocalFolder(self.tmp_path / "dead")

    def put(self, *records: bytes):
        for data in records:
            self.client.send_message(QueueUrl=self.source_url, MessageBody=data.decode())

    def feed(self, sink=None, **settings):
        source = SqsSource(self.client, self.source_url, no_pause, wait_seconds=0)
        sink = sink or SqsSink(self.client, self.sink_url, no_pause)
        return self.made(source, sink, "q", settings)

    def later(self, feed):
        """The visibility timeout of what the feed received has passed."""
        for receipt in feed.source.receipts:
            self.client.change_message_visibility(
                QueueUrl=self.source_url, ReceiptHandle=receipt, VisibilityTimeout=0
            )

    def answers(self):
        found = []
        while messages := self.client.receive_message(
            QueueUrl=self.sink_url, MaxNumberOfMessages=10
        ).get("Messages"):
            found += [json.loads(each["Body"]) for each in messages]
        return found


@pytest.fixture(params=["kinesis", "sqs"])
def streams(request, session, tmp_path, predictor):
    kind = {"kinesis": Kinesis, "sqs": Sqs}[request.param]
    return kind(session.client(request.param), tmp_path, predictor)


@pytest.fixture
def requests(predictor, traffic):
    """Forty requests of held-out rows."""
    names = predictor.schema.names
    return [
        json.dumps({"inference_id": f"tx-{at}", "features": dict(zip(names, row, strict=True))})
        for at, row in enumerate(traffic[:40])
    ]


def encoded(requests):
    return [each.encode() for each in requests]


def ids(answers):
    return sorted(each["inference_id"] for each in answers)


def letters(streams):
    return [
        json.loads(line)
        for name in streams.letters.names()
        for line in streams.letters.read(name).splitlines()
    ]


def test_every_request_is_answered_as_the_model_answers(streams, requests, predictor, traffic):
    streams.put(*encoded(requests))
    feed = streams.feed()
    while feed.step():
        pass
    answers = {each["inference_id"]: each for each in streams.answers()}
    assert len(answers) == feed.counts.answered == 40
    for at, expected in enumerate(predictor.predict(traffic[:40])):
        answer = answers[f"tx-{at}"]
        assert answer["prediction"] == expected.prediction
        assert answer["probability"] == pytest.approx(expected.probability, abs=1e-12)
        assert answer["model_version"] == predictor.version
    assert streams.waiting() == []


def test_a_request_that_comes_again_is_answered_once(streams, requests):
    feed = streams.feed()
    streams.put(*encoded(requests[:3]), *encoded(requests[:2]))
    feed.step()
    streams.put(*encoded(requests[1:4]))
    while feed.step():
        pass
    assert ids(streams.answers()) == ["tx-0", "tx-1", "tx-2", "tx-3"]
    assert feed.counts.repeated == 4


def test_an_id_of_two_requests_is_poison(streams, requests):
    other = json.loads(requests[1])
    streams.put(requests[0].encode(), json.dumps({**other, "inference_id": "tx-0"}).encode())
    streams.feed().step()
    assert len(streams.answers()) == 1
    (letter,) = letters(streams)
    assert letter["reason"] == "the id was used for another request"


def test_poison_is_kept_whole_and_the_others_are_answered(streams, requests):
    unreadable = json.loads(requests[1])
    unreadable["features"]["amount"] = "much"
    streams.put(requests[0].encode(), b"not json", json.dumps(unreadable).encode())
    feed = streams.feed()
    while feed.step():
        pass
    assert ids(streams.answers()) == ["tx-0"]
    found = {letter["reason"]: letter["data"] for letter in letters(streams)}
    assert found == {
        "is not JSON": "not json",
        "column 'amount': not a finite number": json.dumps(unreadable),
    }
    assert all(name.startswith("2026/01/05/09/") for name in streams.letters.names())
    assert streams.waiting() == []


def test_a_batch_of_poison_alone_does_not_hold_up_the_stream(streams, requests):
    streams.put(*[b"poison"] * 5)
    feed = streams.feed(batch=2)
    while feed.step():
        pass
    assert feed.counts.dead == 5
    assert streams.waiting() == []


class Crash(Exception):
    """The process dies."""


@dataclass
class DyingSink:
    """Delivers, then dies before anything is checkpointed."""

    sink: object

    def send(self, answers):
        self.sink.send(answers)
        raise Crash


def test_a_crash_between_answer_and_checkpoint_loses_nothing(streams, requests):
    streams.put(*encoded(requests[:6]))
    feed = streams.feed()
    feed.sink = DyingSink(feed.sink)
    with pytest.raises(Crash):
        feed.step()
    streams.later(feed)
    restarted = streams.feed()
    while restarted.step():
        pass
    sent = ids(streams.answers())
    assert set(sent) == {f"tx-{at}" for at in range(6)}
    assert len(sent) > 6, "what was sent before the crash is sent again, with the same ids"


@dataclass
class RefusingSink:
    """Takes nothing."""

    def send(self, answers):
        raise AwsError(f"{len(answers)} answers were throttled")


def test_what_the_sink_refuses_is_read_again(streams, requests):
    streams.put(*encoded(requests[:4]))
    feed = streams.feed(RefusingSink())
    with pytest.raises(AwsError):
        feed.step()
    assert feed.counts.answered == 0
    assert len(feed.seen) == 0
    streams.later(feed)
    restarted = streams.feed()
    while restarted.step():
        pass
    assert ids(streams.answers()) == ["tx-0", "tx-1", "tx-2", "tx-3"]


def test_a_stop_is_heeded_between_batches(streams, requests):
    streams.put(*encoded(requests[:6]))
    asked = iter([False, False, True])
    counts = streams.feed(batch=2).run(lambda: next(asked))
    assert counts.answered == len(streams.answers()) == 4


def test_the_memory_of_ids_is_bounded(streams, requests):
    feed = streams.feed(seen=SeenIds(most=5))
    streams.put(*encoded(requests))
    while feed.step():
        pass
    assert len(feed.seen) == 5


class DyingCapture(FeedCapture):
    """Captures, then dies before anything is checkpointed."""

    def keep(self, answers, time):
        FeedCapture.keep(self, answers, time)
        raise Crash


def test_what_was_answered_is_captured_once_though_it_is_read_again(streams, requests, tmp_path):
    capture = FeedCapture(LocalFolder(tmp_path / "capture"), "fraud-feed")
    streams.put(*encoded(requests[:5]))
    feed = streams.feed(capture=DyingCapture(capture.folder, capture.endpoint))
    with pytest.raises(Crash):
        feed.step()
    streams.later(feed)
    restarted = streams.feed(capture=capture)
    while restarted.step():
        pass
    names = capture.folder.names()
    assert all(name.startswith("fraud-feed/AllTraffic/2026/01/05/09/30-00-000-") for name in names)
    reading = read_capture(tmp_path / "capture")
    rows = sum(batch.num_rows for batch in reading.batches)
    assert (rows, reading.counts.duplicates, reading.counts.faulty) == (5, 5, 0)


def test_a_fifo_queue_drops_repeats_by_the_inference_id(session, predictor):
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName="scores.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for _ in range(2):
        SqsSink(sqs, url, no_pause).send([Scored("tx-1", "{}"), Scored("tx-2", "{}")])
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 2
