"""How much of the traffic has labels, and what was odd about the labels.

Needs     the counts of a join
Gives     Coverage, which adds up; its warnings; and the file a merge job leaves beside its parts
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

COVERAGE = "_coverage.json"
"""Ours; a name that readers of captures skip. AWS's merge job leaves no such count."""


@dataclass(slots=True)
class Coverage:
    """How much of the traffic has labels, and what was odd about the labels. Adds up."""

    records: int = 0
    """Captured records of the window."""
    joined: int = 0
    labels: int = 0
    """Lines of ground truth that could be read."""
    orphans: int = 0
    """Labels of no record in the window: another hour's, not captured, or mistyped."""
    conflicts: int = 0
    """Labels that contradict an earlier one of the same id; the last file's counts."""
    shared_ids: int = 0
    """Records that share their id with an earlier, different one, and so its label."""
    by_event_id: int = 0
    """Joined by event id, because the client sent no inference id."""
    faulty_labels: int = 0

    @property
    def share(self) -> float:
        """Labelled share of the records, 0 without any."""
        return self.joined / self.records if self.records else 0.0

    def __add__(self, other: Self) -> Self:
        names = [part.name for part in fields(self)]
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))

    def as_dict(self) -> dict[str, int]:
        """Every count by its name."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    def warnings(self) -> Iterator[str]:
        """What a reader of the metrics must know."""
        if self.joined < self.records:
            yield f"{self.joined:,} of {self.records:,} records have a label ({self.share:.1%})"
        if self.conflicts:
            yield f"{self.conflicts:,} labels contradict an earlier one; the last file's was taken"
        if self.shared_ids:
            yield (
                f"{self.shared_ids:,} different records share an inference id, and with it one "
                "label; give every request an id of its own"
            )
        if self.faulty_labels:
            yield f"{self.faulty_labels:,} lines of ground truth could not be read"


def read_coverage(directory: Path) -> Coverage | None:
    """The counts a merge of ours left in a directory; None where there are none."""
    total = None
    for path in sorted(directory.rglob(COVERAGE)):
        try:
            found = json.loads(path.read_bytes())
            names = [part.name for part in fields(Coverage)]
            part = Coverage(*(int(found.get(name, 0)) for name in names))
        except (ValueError, TypeError, AttributeError):
            continue
        total = part if total is None else total + part
    return total
