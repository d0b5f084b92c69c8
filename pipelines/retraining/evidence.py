"""Evidence: what the monitors' latest windows found.

Needs     an endpoint's monitoring executions, or a directory of documents as executions and
          `python -m pipelines.labels reevaluate` write them
Gives     per monitor its windows, oldest first, each with or without violations

A window that could not be evaluated is no evidence, neither for nor against.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from monitoring import documents
from monitoring.aws.clients import Aws
from monitoring.aws.schedules import CLEAN, VIOLATIONS, schedules
from monitoring.errors import UsageError
from monitoring.kinds import DATA_QUALITY, EXPLAINABILITY, KINDS, MODEL_QUALITY, Kind
from pipelines.labels.reading import hour_of

DRIFT = (DATA_QUALITY, EXPLAINABILITY)
PERFORMANCE = (MODEL_QUALITY,)
VIOLATIONS_FILE = documents.VIOLATIONS


class Window(NamedTuple):
    """One evaluated window."""

    time: datetime
    is_violated: bool


class Tally(NamedTuple):
    """How many of the latest windows of one monitor have violations."""

    kind: Kind
    violated: int
    windows: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evaluated windows of each monitor, oldest first."""

    windows: Mapping[Kind, tuple[Window, ...]] = field(default_factory=dict)

    def latest(self, kinds: tuple[Kind, ...], most: int, after: datetime | None) -> Tally:
        """Of these monitors the one with the most violated windows among its latest `most`.

        Windows up to `after` were of the model before; they say nothing about this one.
        """
        found = []
        for kind in kinds:
            since = [w for w in self.windows.get(kind, ()) if after is None or w.time > after]
            latest = since[-most:]
            found.append(Tally(kind, sum(w.is_violated for w in latest), len(latest)))
        return max(found, key=lambda tally: (tally.violated, tally.windows))


def from_executions(aws: Aws, endpoint: str, since: datetime | None = None) -> Evidence:
    """Of the schedules that watch an endpoint, whose names contain it; raises AwsError.

    Raises UsageError where nothing watches it: no evidence is not the same as no drift.
    """
    watched = [one for one in schedules(aws.sagemaker, endpoint, since) if one.endpoint == endpoint]
    if not watched:
        raise UsageError(
            f"no monitoring schedule of endpoint {endpoint!r} has its name in its own, so there "
            "is no evidence; check --endpoint and --region, or give --evidence a directory"
        )
    found: dict[Kind, list[Window]] = {}
    for one in watched:
        kind = next(kind for kind in KINDS if kind.name == one.monitoring_type)
        found.setdefault(kind, []).extend(
            Window(execution.scheduled, execution.status == VIOLATIONS)
            for execution in one.executions
            if execution.status in (CLEAN, VIOLATIONS)
        )
    return Evidence({kind: tuple(sorted(windows)) for kind, windows in found.items()})


def from_files(directory: Path) -> Evidence:
    """Of `{monitor}/…/yyyy/mm/dd/hh/constraint_violations.json`, the monitor by its slug.

    An hour without that file was not evaluated. Raises UsageError for one that is damaged, and
    where no monitor has a directory.
    """
    present = [kind for kind in KINDS if (directory / kind.slug).is_dir()]
    if not present:
        raise UsageError(
            f"{directory}: has no directory {' or '.join(kind.slug for kind in KINDS)}, so there "
            "is no evidence in it"
        )
    return Evidence({kind: tuple(sorted(_windows(directory / kind.slug))) for kind in present})


def _windows(directory: Path) -> list[Window]:
    found = []
    for path in directory.rglob(VIOLATIONS_FILE):
        hour = hour_of(path.relative_to(directory).as_posix())
        try:
            is_violated = bool(json.loads(path.read_bytes())["violations"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path}: cannot be read as violations ({type(error).__name__}); evaluate its "
                "hour again"
            ) from error
        if hour is not None:
            found.append(Window(hour, is_violated))
    return found
