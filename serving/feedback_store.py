"""Feedback on disk or in S3: what was acknowledged is there, whatever happens to the server.

Needs     a folder, and a label for an inference id
Writes    ground-truth/yyyy/mm/dd/hh/MM-SS-{key}.jsonl   SageMaker's layout, a label a file
          received/{key}.json                            the first label of an id, and when
          comments/{key}-{hash}.json                     free text; personal data, mode 0600
          disputed/{key}.json                            a person contests the decision
          conflicts/{key}-{hash}.json                    another label than the first; kept out

Each file appears whole or not at all and none is ever written twice, so any number of
workers and hosts need no lock between them: of two first labels one creates the file. A
worker killed half-way has acknowledged nothing, and the caller's second try finishes it.

The one thing a reader gets wrong: the first label counts. A correction is an import
(pipelines.labels), where somebody decides it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from monitoring.aws.folders import Folder
from monitoring.errors import DocumentError

GROUND_TRUTH = "ground-truth"
RECEIVED, COMMENTS, DISPUTED, CONFLICTS = "received", "comments", "disputed", "conflicts"
COUNTED = (RECEIVED, DISPUTED, COMMENTS, CONFLICTS)


class Outcome(StrEnum):
    """What came of one feedback."""

    STORED = "stored"
    KNOWN = "known"
    """The same label was there already."""
    CONFLICT = "conflict"
    """Another label was there, and stays."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody says of one answer."""

    inference_id: str
    label: str
    comment: str = ""
    disputed: bool = False


class FeedbackStore:
    """Opinions in a folder. `private` is the same place for what only the owner may read."""

    def __init__(self, folder: Folder, private: Folder, now: Callable[[], datetime]) -> None:
        self._folder, self._private, self._now = folder, private, now

    def add(self, opinion: Opinion) -> Outcome:
        """Keep an opinion; when this returns, it is on the disk or in S3.

        Raises StorageError where it cannot be kept: nothing was acknowledged then.
        """
        key = hashlib.sha256(opinion.inference_id.encode()).hexdigest()
        first = {
            "eventId": opinion.inference_id,
            "label": opinion.label,
            "time": self._now().astimezone(UTC).isoformat(timespec="seconds"),
        }
        name = f"{RECEIVED}/{key}.json"
        is_new = self._private.create(name, _json(first))
        kept = first if is_new else self._kept(name)
        self._add_remarks(key, opinion, first["time"])
        if kept["label"] != opinion.label:
            other = f"{CONFLICTS}/{key}-{_short(opinion.label)}.json"
            self._private.create(other, _json(first))
            return Outcome.CONFLICT
        # Its name follows from what was kept, so a second try writes the same file or none.
        hour = datetime.fromisoformat(kept["time"])
        truth = f"{GROUND_TRUTH}/{hour:%Y/%m/%d/%H/%M-%S}-{key}.jsonl"
        self._folder.create(truth, ground_truth_line(opinion.inference_id, opinion.label))
        return Outcome.STORED if is_new else Outcome.KNOWN

    def summary(self) -> dict[str, int]:
        """How many labels, disputed decisions, comments and conflicts there are.

        Counted by the files' names: nothing that somebody wrote is read.
        """
        found = Counter(name.partition("/")[0] for name in self._folder.names())
        return {kind: found[kind] for kind in COUNTED}

    def _add_remarks(self, key: str, opinion: Opinion, time: str) -> None:
        if opinion.disputed:
            said: dict[str, Any] = {"eventId": opinion.inference_id, "time": time}
            self._private.create(f"{DISPUTED}/{key}.json", _json(said))
        if opinion.comment:
            said = {"eventId": opinion.inference_id, "comment": opinion.comment, "time": time}
            name = f"{COMMENTS}/{key}-{_short(opinion.comment)}.json"
            self._private.create(name, _json(said))

    def _kept(self, name: str) -> Mapping[str, str]:
        try:
            kept = json.loads(self._private.read(name))
            return {"label": str(kept["label"]), "time": str(kept["time"])}
        except (ValueError, KeyError, TypeError) as error:
            raise DocumentError(
                f"{self._private}/{name}: not what was written there ({type(error).__name__}); "
                "put it back from a copy, or remove it and its label under ground-truth/"
            ) from error


def ground_truth_line(inference_id: str, label: str) -> bytes:
    """A label as SageMaker reads it.

    >>> sorted(json.loads(ground_truth_line("tx-1", "1")))
    ['eventMetadata', 'eventVersion', 'groundTruthData']
    """
    return _json(
        {
            "groundTruthData": {"data": label, "encoding": "CSV"},
            "eventMetadata": {"eventId": inference_id},
            "eventVersion": "0",
        }
    )


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
