"""What is done with each part of the data: read it, and gather the monitor's state.

Needs     a monitor, its instructions, the data set, and a baseline where there is one
Gives     a `Partial`; partials of all parts add up to that of the whole

Everything here can be sent to another process. The faulty records of a part are counted,
not judged: one bad file must not end an hour of good ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np

from monitoring.capture import Counts, Coverage, Problem, Reading, Seen
from monitoring.capture.layout import Layout
from monitoring.capture.seen import Keys
from monitoring.capture.tally import MOST_PROBLEMS, Tally
from monitoring.compute.parts import Part
from monitoring.datasets import Dataset, Opened
from monitoring.documents import CONSTRAINTS, Documents
from monitoring.errors import MonitoringError
from monitoring.instructions import Instructions
from monitoring.monitors.base import Mode, Monitor, Observations
from monitoring.monitors.computed_baseline import computed, kept, with_rows


@dataclass(frozen=True, slots=True)
class Books:
    """What became of the records of a part. Adds up, in the order of the parts."""

    counts: Counts
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()

    def __add__(self, other: Self) -> Self:
        both = (
            getattr(self.counts, count.name) + getattr(other.counts, count.name)
            for count in fields(Counts)
        )
        return type(self)(
            Counts(*both),
            (*self.problems, *other.problems)[:MOST_PROBLEMS],
            tuple(dict.fromkeys((*self.warnings, *other.warnings))),
        )

    def judge(self, faulty_share: float) -> None:
        """Raise CaptureError when more than this share of the records is faulty."""
        Tally(self.counts, list(self.problems), list(self.warnings)).judge(faulty_share)

    def reading(self) -> Reading[Any]:
        """The books as one pass leaves them."""
        return Reading(iter(()), self.counts, self.problems, self.warnings)


@dataclass(frozen=True, slots=True)
class Partial:
    """What a part of the data comes to."""

    state: Any
    """The monitor's; of no type this package knows."""
    columns: tuple[str, ...] = ()
    """As its reader named them; empty without rows."""
    layouts: tuple[Layout, ...] = ()
    """Which columns were answered and which sent, of captured traffic."""
    books: Books | None = None
    """None for tables, of which every row is read or none."""
    coverage: Coverage | None = None
    keys: Keys = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """Of the events of captured traffic, in order; a sum has none."""
    hashing: int = field(default_factory=lambda: hash("monitoring"))
    """Keys of two partials can be compared where this is the same: see capture/seen.py."""

    def __add__(self, other: Self) -> Self:
        """Both parts, `self`'s rows first. Both have the same columns, or one of them none."""
        books = None
        if self.books is not None and other.books is not None:
            books = self.books + other.books
        coverage = self.coverage or other.coverage
        if self.coverage is not None and other.coverage is not None:
            coverage = self.coverage + other.coverage
        known = self if self.columns else other
        both = self.state + other.state
        return type(self)(both, known.columns, known.layouts, books, coverage)


@dataclass(frozen=True, slots=True)
class Work:
    """One analysis, up to its conclusion."""

    monitor: Monitor
    dataset: Dataset
    told: Instructions
    mode: Mode = "corrected"
    baseline: Documents | None = None

    @property
    def can_be_split(self) -> bool:
        """Whether parts can be read apart from each other.

        Labels are joined to all records at once; a user's script may remember earlier
        records; a file of local values has the order of the rows; and a model that is put
        behind an endpoint for this analysis shall not be put behind one per part.
        """
        config = self.told.config
        shadow = config is not None and config.predictor.model_name
        return (
            self.dataset.ground_truth is None
            and self.dataset.preprocessor is None
            and (config is None or not (config.save_local_shap_values or shadow))
        )

    @property
    def reads_columns(self) -> bool:
        """Whether the monitor reads all columns alike, or there are no labels to be counted."""
        return self.told.wanted is None or self.dataset.is_table

    @property
    def computes_baseline(self) -> bool:
        """Whether SHAP's baseline rows are still to be computed, from all the data at once."""
        config = self.told.config
        return config is not None and config.computes_baseline and config.computed is None

    def settled(self) -> Self:
        """With SHAP's baseline rows: those of the baseline's documents, else of these data.

        Raises MonitoringError when the data cannot be read.
        """
        config = self.told.config
        if config is None or not self.computes_baseline:
            return self
        rows = kept(self.baseline or {})
        if rows is None:
            with self._opened(replace(self.dataset, seen=Seen())) as opened:
                rows = computed(opened.batches, config)
        return replace(self, told=replace(self.told, config=with_rows(config, rows)))

    def on(self, part: Part) -> Partial | MonitoringError:
        """What one part comes to, or why it cannot be read."""
        try:
            with part.directory() as path:
                part_of = replace(self.dataset, path=path, faulty_share=1.0, label_coverage=0.0)
                return self._gathered(part_of, part.known)
        except MonitoringError as error:
            return error

    def over(self, files: tuple[str, ...]) -> Partial:
        """What these files of the data set come to, none of them too; raises MonitoringError."""
        if not files:
            with self.told.ready() as settings:
                nothing = self.monitor.gather((), settings, self.mode, self.baseline)
            return Partial(nothing, books=None if self.dataset.is_table else Books(Counts()))
        found = self.on(Part(self.dataset.path.resolve(), files))
        if isinstance(found, MonitoringError):
            raise found
        return found

    def whole(self) -> Partial:
        """What all of it comes to, in one pass; raises MonitoringError."""
        return self._gathered(self.dataset)

    def _gathered(self, dataset: Dataset, known: Keys | None = None) -> Partial:
        seen = Seen() if known is None else Seen([known])
        dataset = replace(dataset, seen=seen)
        with self.told.ready() as settings, self._opened(dataset) as opened:
            batches = _Watched(opened.batches)
            state = self.monitor.gather(batches, settings, self.mode, self.baseline)
        reading = opened.reading
        layouts = () if reading is None else tuple(reading.layouts)
        books = _books(reading)
        return Partial(state, batches.columns, layouts, books, opened.coverage, seen.keys())

    def _opened(self, dataset: Dataset) -> AbstractContextManager[Opened[Any]]:
        if self.told.wanted is None:
            return nullcontext(dataset.batches(feature_names(self.baseline or {}), self.mode))
        return dataset.observations(self.told.wanted, self.mode)


@dataclass(slots=True)
class _Watched:
    """Batches on their way to a monitor."""

    batches: Iterable[Any]
    columns: tuple[str, ...] = field(default=())

    def __iter__(self) -> Iterator[Any]:
        for batch in self.batches:
            rows = batch.features if isinstance(batch, Observations) else batch
            self.columns = self.columns or tuple(rows.schema.names)
            yield batch


def _books(reading: Reading[Any] | None) -> Books | None:
    if reading is None:
        return None
    return Books(reading.counts, tuple(reading.problems), tuple(reading.warnings))


def feature_names(baseline: Documents) -> tuple[str, ...]:
    """The columns a baseline of data quality knows; none of other documents.

    >>> feature_names({"constraints.json": {"features": [{"name": "age"}]}})
    ('age',)
    """
    constraints = baseline.get(CONSTRAINTS)
    features = constraints.get("features") if isinstance(constraints, Mapping) else None
    listed = features if isinstance(features, list) else []
    return tuple(
        str(entry["name"]) for entry in listed if isinstance(entry, Mapping) and "name" in entry
    )
