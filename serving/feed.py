"""`python -m serving.feed`: a stream of requests in, a stream of answers out.

Needs     a model directory; a Kinesis stream or SQS queue of requests (feed_records.py), and
          one for the answers; a folder for what cannot be answered
Writes    each answer at least once, with its inference id; dead letters, whole; checkpoints;
          captures, where it is told where

A micro-batch is read, scored and sent, and only then checkpointed: a crash in between sends
some answers again and loses none. While this process runs, an id is answered once; across a
crash the reader of the answers drops repeats by their id. The next batch is read when the
last one is through, so a slow sink slows the reading down and nothing piles up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from monitoring.aws.folders import Folder
from serving.encoder import NotANumber
from serving.feed_capture import FeedCapture
from serving.feed_records import (
    Incoming,
    Poison,
    Request,
    Scored,
    dead_letter,
    request_of,
    scored,
)
from serving.model import Answer, Predictor
from serving.seen_ids import Met, SeenIds

BATCH = 500
"""Records scored at a time."""


class Source(Protocol):
    """Where requests come from."""

    def receive(self, most: int) -> list[Incoming]:
        """Up to `most` records; an empty list when a short wait brought none."""

    def done(self) -> None:
        """All that was received is through, and need not come again."""


class Sink(Protocol):
    """Where answers go."""

    def send(self, answers: Sequence[Scored]) -> None:
        """Deliver all of them, or raise AwsError."""


@dataclass(slots=True)
class Counts:
    """What became of the records."""

    received: int = 0
    answered: int = 0
    repeated: int = 0
    """Answered before under the same id; not answered again."""
    dead: int = 0


@dataclass(slots=True)
class Feed:
    """A model between two streams."""

    predictor: Predictor
    source: Source
    sink: Sink
    dead_letters: Folder
    name: str
    """Of the source, for dead letters."""
    seen: SeenIds = field(default_factory=SeenIds)
    capture: FeedCapture | None = None
    batch: int = BATCH
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    counts: Counts = field(default_factory=Counts)

    def run(self, stopped: Callable[[], bool]) -> Counts:
        """Until `stopped`, which is asked between batches: a batch is never left half done."""
        while not stopped():
            self.step()
        return self.counts

    def step(self) -> int:
        """One micro-batch; answers how many records it held. Raises AwsError."""
        records = self.source.receive(self.batch)
        if not records:
            return 0
        letters: list[str] = []
        requests = self._requests(records, letters)
        answers = self._answers(requests, letters)
        if answers:
            self.sink.send([self._scored(request, answer) for request, answer in answers])
        self._bury(letters)
        if self.capture is not None:
            self.capture.keep(answers, self.now())
        for request, _ in answers:
            self.seen.remember(request.inference_id, request.content)
        self.source.done()
        self.counts.received += len(records)
        self.counts.answered += len(answers)
        self.counts.dead += len(letters)
        return len(records)

    def _requests(
        self, records: Sequence[Incoming], letters: list[str]
    ) -> list[tuple[Incoming, Request]]:
        """The requests to answer: each id once, and none that was answered."""
        fresh, batch = SeenIds(len(records)), []
        for record in records:
            try:
                request = request_of(record.data, self.predictor.schema)
                met = {
                    known.met(request.inference_id, request.content) for known in (self.seen, fresh)
                }
                if Met.OTHER in met:
                    raise Poison(Met.OTHER.value)
            except Poison as poison:
                letters.append(dead_letter(record, str(poison), self.name))
                continue
            if Met.SAME in met:
                self.counts.repeated += 1
                continue
            fresh.remember(request.inference_id, request.content)
            batch.append((record, request))
        return batch

    def _answers(
        self, requests: list[tuple[Incoming, Request]], letters: list[str]
    ) -> list[tuple[Request, Answer]]:
        """Score the batch; a row that the model cannot read is taken out, the others scored."""
        while requests:
            try:
                answers = self.predictor.predict([request.row for _, request in requests])
            except NotANumber as error:
                record, _ = requests.pop(error.row)
                column = self.predictor.schema.names[error.column]
                reason = f"column {column!r}: not a finite number"
                letters.append(dead_letter(record, reason, self.name))
                continue
            pairs = zip(requests, answers, strict=True)
            return [(request, answer) for (_, request), answer in pairs]
        return []

    def _scored(self, request: Request, answer: Answer) -> Scored:
        model = self.predictor
        return scored(request.inference_id, answer, model.name, model.version)

    def _bury(self, letters: Sequence[str]) -> None:
        """One file a batch, named after its content: the same batch again leaves no second."""
        if letters:
            content = "".join(letter + "\n" for letter in letters).encode()
            name = hashlib.sha256(content).hexdigest()[:32]
            self.dead_letters.create(f"{self.now():%Y/%m/%d/%H}/{name}.jsonl", content)


if __name__ == "__main__":
    from serving.feed_command import main

    main()
