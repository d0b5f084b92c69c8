"""Kinesis: shards read in order of birth, from where the last run stopped; answers put back.

Needs     kinesis:ListShards, GetShardIterator and GetRecords, or PutRecords; a folder for the
          checkpoint, a directory or an s3:// prefix
Writes    checkpoint.json: the last sequence number of each shard whose records are answered

One process reads all shards: start no second one on the same checkpoint. A shard that was
split or merged is read to its end before its children are opened, so the order within a
key is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from monitoring.aws.clients import asking
from monitoring.aws.folders import Folder
from monitoring.errors import MonitoringError
from serving.feed_delivery import Pause, deliver
from serving.feed_records import Incoming, Scored

CHECKPOINT = "checkpoint.json"
ENDED = "SHARD_END"
"""The position of a shard that is closed and read to its end."""
MOST_PUT, MOST_GOT = 500, 10_000
"""Records of one PutRecords and one GetRecords, the service's limits."""
IDLE_SECONDS = 1.0
"""Between two looks at empty shards; a shard may be asked five times a second."""


@dataclass(slots=True)
class Checkpoint:
    """Where each shard is to be read on; stored after its records were answered."""

    folder: Folder
    stream: str
    shards: dict[str, str] = field(default_factory=dict)
    started: str = ""
    """ISO 8601: shards without a position are read from then on; "" for from their beginning."""

    @classmethod
    def opened(cls, folder: Folder, stream: str, from_now: datetime | None = None) -> Checkpoint:
        """The stored one, or a new one; raises MonitoringError when it cannot be read.

        A checkpoint is never replaced by a fresh start: that would answer everything again.
        """
        if CHECKPOINT not in folder.names():
            started = from_now.astimezone(UTC).isoformat() if from_now else ""
            fresh = cls(folder, stream, started=started)
            fresh.store()
            return fresh
        try:
            held = json.loads(folder.read(CHECKPOINT))
            stored, shards, started = held["stream"], dict(held["shards"]), str(held["started"])
        except (ValueError, KeyError, TypeError) as error:
            raise MonitoringError(
                f"{folder}/{CHECKPOINT}: is no checkpoint ({type(error).__name__}), so where to "
                "read on is unknown. Restore it, or remove it to read the stream from its start"
            ) from error
        if stored != stream:
            raise MonitoringError(
                f"{folder}/{CHECKPOINT}: is of stream {stored!r}, not of {stream!r}; give every "
                "stream a --checkpoint of its own"
            )
        return cls(folder, stream, shards, started)

    def store(self) -> None:
        """Write it, whole."""
        document = {"stream": self.stream, "shards": self.shards, "started": self.started}
        self.folder.replace(CHECKPOINT, json.dumps(document, indent=2).encode())


@dataclass(slots=True)
class KinesisSource:
    """All shards of one stream; `client` is a boto3 Kinesis client."""

    client: Any
    stream: str
    checkpoint: Checkpoint
    pause: Pause
    iterators: dict[str, str] = field(default_factory=dict)
    shards: dict[str, dict[str, Any]] = field(default_factory=dict)
    """As listed when the last one ended: children are born when their parents close."""
    pending: dict[str, str] = field(default_factory=dict)
    """Positions behind what was received, to be stored once it is answered."""

    def receive(self, most: int) -> list[Incoming]:
        """Up to `most` records, in order within their shard; none after a pause."""
        found: list[Incoming] = []
        for shard in self._readable():
            if len(found) < most:
                found += self._records(shard, most - len(found))
        if not found:
            self.done()
            self.pause(IDLE_SECONDS)
        return found

    def done(self) -> None:
        """What was received is answered: store where to read on."""
        if self.pending:
            self.checkpoint.shards.update(self.pending)
            self.checkpoint.store()
            self.pending.clear()

    def _readable(self) -> list[str]:
        """The shards to read: not ended, and none of their parents still to be read."""
        if not self.shards:
            self.shards = {shard["ShardId"]: shard for shard in self._listed()}
        unread = {name for name in self.shards if self._position(name) != ENDED}
        return sorted(name for name in unread if not unread & self._parents(name))

    def _parents(self, shard: str) -> set[str]:
        found = self.shards[shard]
        return {found.get("ParentShardId", ""), found.get("AdjacentParentShardId", "")}

    def _position(self, shard: str) -> str:
        return self.pending.get(shard) or self.checkpoint.shards.get(shard, "")

    def _listed(self) -> Iterator[dict[str, Any]]:
        # botocore's paginator names the stream beside the token, which Kinesis refuses.
        asked = {"StreamName": self.stream}
        while asked:
            with asking("kinesis:ListShards", f"stream {self.stream}"):
                page = self.client.list_shards(**asked)
            yield from page["Shards"]
            asked = {"NextToken": page["NextToken"]} if page.get("NextToken") else {}

    def _records(self, shard: str, most: int) -> list[Incoming]:
        answer = self._asked(shard, min(most, MOST_GOT))
        records = answer["Records"]
        if following := answer.get("NextShardIterator"):
            self.iterators[shard] = following
        else:
            self.iterators.pop(shard, None)
            self.pending[shard] = ENDED
            self.shards = {}
        if records and following:
            self.pending[shard] = records[-1]["SequenceNumber"]
        return [
            Incoming(record["Data"], f"{shard}:{record['SequenceNumber']}") for record in records
        ]

    def _asked(self, shard: str, most: int) -> Any:
        """GetRecords; an iterator that expired while the sink was slow is made anew."""
        with asking("kinesis:GetRecords", f"stream {self.stream}"):
            try:
                return self.client.get_records(ShardIterator=self._iterator(shard), Limit=most)
            except self.client.exceptions.ExpiredIteratorException:
                self.iterators.pop(shard, None)
                return self.client.get_records(ShardIterator=self._iterator(shard), Limit=most)

    def _iterator(self, shard: str) -> str:
        if shard not in self.iterators:
            self.iterators[shard] = self.client.get_shard_iterator(
                StreamName=self.stream, ShardId=shard, **self._start(shard)
            )["ShardIterator"]
        return self.iterators[shard]

    def _start(self, shard: str) -> dict[str, Any]:
        if position := self._position(shard):
            kind = "AFTER_SEQUENCE_NUMBER"
            return {"ShardIteratorType": kind, "StartingSequenceNumber": position}
        if started := self.checkpoint.started:
            time = datetime.fromisoformat(started)
            return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": time}
        return {"ShardIteratorType": "TRIM_HORIZON"}


@dataclass(frozen=True, slots=True)
class KinesisSink:
    """Answers into a stream, partitioned by their inference id."""

    client: Any
    stream: str
    pause: Pause

    def send(self, answers: Sequence[Scored]) -> None:
        """Put all of them; raises AwsError."""
        what = f"stream {self.stream}"
        deliver(answers, self._put, at_once=MOST_PUT, pause=self.pause, what=what)

    def _put(self, answers: Sequence[Scored]) -> list[int]:
        with asking("kinesis:PutRecords", f"stream {self.stream}"):
            answer = self.client.put_records(
                StreamName=self.stream,
                Records=[
                    {"Data": each.line.encode(), "PartitionKey": each.inference_id}
                    for each in answers
                ],
            )
        return [at for at, one in enumerate(answer["Records"]) if one.get("ErrorCode")]
