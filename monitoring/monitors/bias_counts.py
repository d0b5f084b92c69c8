"""Labelled rows → counts of who was treated how: all that the bias metrics need.

Needs     Observations, and the settings that say whom to compare
Gives     BiasTally, which adds up over batches and partitions; Entry, one comparison each

Whether `[40]` means the value 40 or everybody above 40 depends on the whole column, so a
baseline counts both ways and decides at its end. A monitoring run does not decide again:
it reads the column as its baseline did, or a quiet hour would turn the facet around.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np

from monitoring.errors import CaptureError
from monitoring.measures.facets import Bools, Comparison, FacetCounts
from monitoring.measures.labels import Coded, class_order
from monitoring.measures.neighbors import Flips, flips
from monitoring.measures.outcome import Uncomputable
from monitoring.monitors.answers import coded
from monitoring.monitors.base import Observations
from monitoring.monitors.bias_columns import (
    CHOSEN,
    Scale,
    Sort,
    answers_of,
    categories,
    chosen,
    kept,
    named,
    split,
)
from monitoring.monitors.bias_features import FlipRows
from monitoring.monitors.bias_settings import BiasSettings, Rule

MOST_VALUES = 200
"""Facet values compared one by one where the configuration lists none."""
MOST_GROUPS = 10_000

NO_GROUP = ""
"""Stands for a missing group value: such rows count, but in no group."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a baseline read the columns: what a monitoring run keeps to."""

    label: Sort
    facets: Mapping[str, Sort]


class Entry(NamedTuple):
    """One facet value against all others."""

    facet: str
    value: str
    """`value_or_threshold` of analysis.json."""
    comparison: Comparison
    left_out: int
    """Rows without a facet value."""
    flips: Flips | Uncomputable


@dataclass
class BiasTally:
    """Counts over the rows read so far."""

    settings: BiasSettings
    shape: Shape | None = None
    """How the baseline read the columns; None while making one."""
    wants_flips: bool = True
    rows: int = 0
    usable: int = 0
    """Rows with a label and, where there are predictions, one of these too."""
    predicted: bool = False
    label: Scale = field(default_factory=Scale)
    scales: dict[str, Scale] = field(default_factory=dict)
    counts: dict[tuple[Sort, str, Sort], FacetCounts] = field(default_factory=dict)
    """By how the label was read, facet, and how the facet was read."""
    absent: frozenset[str] = frozenset()
    """Columns that the configuration names and the data do not have."""
    too_many: frozenset[str] = frozenset()
    """Columns with more values than can be compared."""
    people: FlipRows = field(default_factory=FlipRows)

    def update(self, seen: Observations) -> None:
        """Take in one batch."""
        self.rows += seen.rows
        truth = coded(seen.label)
        if seen.label is None:
            return
        known = named(truth)
        answers = answers_of(seen, self.settings)
        if answers is not None:
            self.predicted = True
            known &= named(answers)
        self.usable += int(np.count_nonzero(known))
        if not known.all():
            truth = kept(truth, known)
            answers = None if answers is None else kept(answers, known)
        self.label.update(truth)
        self._count(seen, known, truth, answers)

    def __add__(self, other: Self) -> Self:
        """Both parts' rows. Both have the same settings and shape."""
        merged = type(self)(self.settings, self.shape, self.wants_flips)
        merged.rows, merged.usable = self.rows + other.rows, self.usable + other.usable
        merged.predicted = self.predicted or other.predicted
        merged.label = self.label + other.label
        for name in {**self.scales, **other.scales}:
            scales = (part.scales.get(name, Scale()) for part in (self, other))
            merged.scales[name] = next(scales) + next(scales)
        merged.absent = self.absent | other.absent
        merged.too_many = self.too_many | other.too_many
        for part in (self, other):
            for key, counts in part.counts.items():
                merged._add(key, counts)
        merged.people = self.people + other.people
        return merged

    @property
    def label_sort(self) -> Sort:
        if self.shape:
            return self.shape.label
        return self.label.sort(self.settings.label, is_label=True)

    def facet_sort(self, facet: Rule) -> Sort:
        known = self.shape.facets.get(facet.column) if self.shape else None
        return known or self.scales.get(facet.column, Scale()).sort(facet)

    @property
    def label_text(self) -> str:
        """`label_value_or_threshold` of analysis.json."""
        threshold = self.settings.label.threshold
        if self.label_sort == "threshold" and threshold is not None:
            return self.label.interval(threshold)
        return self.settings.label.text

    def entries(self) -> Iterator[Entry]:
        """Every comparison, in the configuration's order of facets."""
        for facet in self.settings.facets:
            sort = self.facet_sort(facet)
            counts = self.counts.get((self.label_sort, facet.column, sort))
            if counts is None or facet.column in self.too_many:
                continue
            for value, members in self._compared(facet, sort, counts):
                comparison = _without_missing(counts, counts.against_rest(members))
                flipped = self._flips(facet, sort, members)
                yield Entry(facet.column, value, comparison, counts.left_out, flipped)

    def _compared(
        self, facet: Rule, sort: Sort, counts: FacetCounts
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What each entry is called, and the facet values that it stands for."""
        if not facet.values:
            yield from ((value, (value,)) for value in class_order(counts.values))
        elif sort == "threshold" and facet.threshold is not None:
            yield self.scales[facet.column].interval(facet.threshold), (CHOSEN,)
        else:
            yield facet.text, (CHOSEN,)

    def _flips(
        self, facet: Rule, sort: Sort, disadvantaged: tuple[str, ...]
    ) -> Flips | Uncomputable:
        def membership(column: Coded) -> tuple[Bools, Bools]:
            codes, names = split(facet, column, sort)
            return codes >= 0, np.array([*(name in disadvantaged for name in names), False])[codes]

        people = self.people.of(facet.column, self.label_sort, membership)
        return people if isinstance(people, Uncomputable) else flips(*people)

    def _count(self, seen: Observations, known: Bools, truth: Coded, answers: Coded | None) -> None:
        positive, predicted = {}, {}
        label = self.shape.label if self.shape else None
        for sort in self._sorts(self.settings.label, label):
            positive[sort] = chosen(self.settings.label, truth, sort)
            if answers is not None:
                predicted[sort] = chosen(self.settings.label, answers, sort)
        group = self._group(seen, known)
        facets: dict[str, Coded] = {}
        for facet in self.settings.facets:
            column = self._column(seen, facet.column, known)
            if column is None or facet.column in self.too_many:
                continue
            facets[facet.column] = column
            self.scales.setdefault(facet.column, Scale()).update(column)
            shape = self.shape.facets.get(facet.column) if self.shape else None
            for sort in self._sorts(facet, shape):
                values = split(facet, column, sort)
                if len(values.names) > MOST_VALUES:
                    self._give_up(facet.column)
                    break
                for reading, is_positive in positive.items():
                    counts = FacetCounts.of(values, is_positive, predicted.get(reading), group)
                    self._add((reading, facet.column, sort), counts)
        if self.wants_flips and predicted:
            self.people.update(seen, known, facets, predicted, self._no_features())

    def _add(self, key: tuple[Sort, str, Sort], counts: FacetCounts) -> None:
        """Merge counts; what outgrows its limit is given up."""
        column = key[1]
        if column in self.too_many:
            return
        if self.settings.group_variable in self.too_many:
            counts = _ungrouped(counts)
        total = self.counts[key] + counts if key in self.counts else counts
        self.counts[key] = total
        if len(total.values) > MOST_VALUES:
            self._give_up(column)
        elif total.groups is not None and len(total.groups) > MOST_GROUPS:
            self._give_up(str(self.settings.group_variable))

    def _give_up(self, column: str) -> None:
        self.too_many |= {column}
        if column == self.settings.group_variable:
            self.counts = {key: _ungrouped(counts) for key, counts in self.counts.items()}
        self.counts = {key: counts for key, counts in self.counts.items() if key[1] != column}

    def _group(self, seen: Observations, known: Bools) -> Coded | None:
        name = self.settings.group_variable
        if name is None or name in self.too_many:
            return None
        column = self._column(seen, name, known)
        if column is None:
            return None
        codes, names = categories(column)
        if len(names) > MOST_GROUPS:
            self._give_up(name)
            return None
        return Coded(np.where(codes < 0, len(names), codes), (*names, NO_GROUP))

    def _column(self, seen: Observations, name: str, known: Bools) -> Coded | None:
        if name not in seen.features.schema.names:
            self.absent |= {name}
            return None
        column = coded(seen.features.column(name))
        return column if known.all() else kept(column, known)

    def _no_features(self) -> frozenset[str]:
        settings = self.settings
        names = (settings.label.column, settings.predicted_label, *settings.excluded)
        return frozenset(name for name in names if name)

    @staticmethod
    def _sorts(rule: Rule, fixed: Sort | None) -> tuple[Sort, ...]:
        """The ways to read a rule that are still open."""
        if fixed is not None:
            return (fixed,)
        return ("categories",) if rule.threshold is None else ("categories", "threshold")


def _without_missing(counts: FacetCounts, comparison: Comparison) -> Comparison:
    """The comparison without the stand-in for missing groups."""
    if counts.groups is None:
        return comparison
    groups = zip(counts.groups, comparison.groups, strict=True)
    return comparison._replace(groups=tuple(pair for name, pair in groups if name != NO_GROUP))


def _ungrouped(counts: FacetCounts) -> FacetCounts:
    if counts.groups is None:
        return counts
    cells = counts.cells.sum(axis=1, keepdims=True)
    return FacetCounts(counts.values, None, cells, counts.predicted, counts.left_out)


def require_columns(tally: BiasTally) -> None:
    """Refuse data that have none of the facets."""
    facets = {facet.column for facet in tally.settings.facets}
    if facets <= tally.absent:
        raise CaptureError(
            f"the data have no column {', '.join(sorted(facets))} (facet), so nobody can be "
            "compared. Name the features in 'headers' of the analysis configuration, in order."
        )
