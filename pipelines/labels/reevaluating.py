"""Hours whose labels have come: evaluated, and again when more come or one is corrected.

Needs     captures and ground truth in directories, a monitor's baseline, and what was
          evaluated before: `labels.json` in each hour's directory of the output
Writes    {output}/yyyy/mm/dd/hh: the monitor's documents and labels.json, all or none

It asks of every hour only whether its labels are those it was evaluated with, so it may be
run as often as one likes: an import of nothing new evaluates nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitoring import documents, report
from monitoring.aws.folders import Folder
from monitoring.datasets import CAPTURED, Dataset
from monitoring.errors import MonitoringError
from monitoring.evaluation import check, documents_of
from monitoring.instructions import Instructions
from monitoring.kinds import Kind
from monitoring.monitors import monitor_for
from pipelines.labels.ledger import Hour

LABELS_FILE = "labels.json"
"""Beside an hour's documents: the digest and number of the labels they were made with."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What became of one hour."""

    hour: Hour
    outcome: report.Outcome | None
    error: MonitoringError | None = None

    @property
    def violations(self) -> int:
        """How many findings; 0 where the hour could not be evaluated."""
        return len(self.outcome.analysis.findings) if self.outcome is not None else 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One monitor, its baseline, and where it reads and writes."""

    kind: Kind
    baseline: documents.Documents
    instructions: Instructions
    captures: Path
    ground_truth: Path
    output: Path

    def due(self, hours: Iterable[Hour], minimum_coverage: float = 0.0) -> list[Hour]:
        """The hours with enough labels, which are not those they were evaluated with."""
        return [
            hour
            for hour in hours
            if hour.labelled
            and hour.labelled >= minimum_coverage * hour.captured
            and labels_digest(self.directory(hour)) != hour.labels_digest
        ]

    def directory(self, hour: Hour) -> Path:
        """Where an hour's documents are."""
        return self.output / hour.name

    def run(
        self, hours: Iterable[Hour], on_hour: Callable[[Evaluated], None] = lambda _: None
    ) -> list[Evaluated]:
        """Evaluate each hour; one that cannot be evaluated does not keep the others from it."""
        evaluated = []
        for found in self._each(hours):
            on_hour(found)
            evaluated.append(found)
        return evaluated

    def _each(self, hours: Iterable[Hour]) -> Iterator[Evaluated]:
        for hour in hours:
            data = Dataset(self.captures, CAPTURED, {}, hour.window, ground_truth=self.ground_truth)
            try:
                outcome = check(
                    monitor_for(self.kind), data, self.baseline, "corrected", self.instructions
                )
                made_with = {"labels_digest": hour.labels_digest, "labelled": hour.labelled}
                publish = {**documents_of(outcome), LABELS_FILE: made_with}
                documents.publish(publish, self.directory(hour))
            except MonitoringError as error:
                yield Evaluated(hour, None, error)
            else:
                yield Evaluated(hour, outcome)


def hand_over(directory: Path, target: Folder, name: str) -> None:
    """Copy an hour's documents to a folder, under a name; raises AwsError or StorageError.

    `labels.json` goes last: an hour that was not handed over whole is due again.
    """
    files = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    for path in sorted(files, key=lambda path: path.name == LABELS_FILE):
        target.replace(f"{name}/{path.relative_to(directory).as_posix()}", path.read_bytes())


def labels_digest(directory: Path) -> str:
    """The digest of the labels that the documents in a directory were made with, or "".

    >>> labels_digest(Path("no-such-directory"))
    ''
    """
    try:
        found: Any = json.loads((directory / LABELS_FILE).read_bytes())
        return str(found["labels_digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
