"""The same answers once more, divided by the values of a column: one state per segment.

Needs     observations with the columns that additional_measures.json names
Gives     all rows and every segment's, as states that add up

A segment holds what the whole holds, so every metric can be asked of it. The values are
the data's own and stand in findings.json: divide by nothing that names a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, Self

import numpy as np
import pyarrow as pa

from monitoring.measures.labels import Coded
from monitoring.monitors.answers import Answers, ModelQuality, added, coded, nothing, numbers
from monitoring.monitors.base import Observations
from monitoring.monitors.quality_extras_settings import SegmentColumn

MOST_SEGMENTS: Final = 100
"""Of one column; one with more values divides nothing."""
MISSING: Final = "(missing)"
"""The segment of rows without a value, or with no number where there are edges."""


@dataclass(eq=False)
class Segments:
    """Answers by column and value."""

    settings: ModelQuality
    """Without what is asked for beyond AWS."""
    columns: tuple[SegmentColumn, ...] = ()
    states: dict[str, dict[str, Answers]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    """Columns that some of the data did not have."""
    too_many: frozenset[str] = frozenset()
    """Columns of more values than are told apart."""

    def update(self, observations: Observations) -> None:
        """Take in some rows."""
        names = observations.features.schema.names
        for asked in self.columns:
            column = asked.column
            if column not in names:
                self.absent |= {column}
            elif column not in self.too_many:
                values = segments_of(observations.features.column(column), asked.edges)
                self._take(column, values, observations)

    def __add__(self, other: Self) -> Self:
        merged = type(self)(
            self.settings,
            self.columns,
            absent=self.absent | other.absent,
            too_many=self.too_many | other.too_many,
        )
        for part in (self, other):
            for column, states in part.states.items():
                held = merged.states.setdefault(column, {})
                for value, state in states.items():
                    held[value] = added(held[value], state) if value in held else state
        for column, states in merged.states.items():
            merged._limit(column, states)
        return merged

    def _take(self, column: str, values: Coded, observations: Observations) -> None:
        states = self.states.setdefault(column, {})
        if not self._limit(column, {**states, **dict.fromkeys(values.names)}):
            return
        for code, rows in _by_code(values.codes):
            value = MISSING if code < 0 else values.names[code]
            state = states.setdefault(value, nothing(self.settings))
            state.update(_rows(observations, rows))

    def _limit(self, column: str, values: Mapping[str, object]) -> bool:
        """Whether the column has few enough values; otherwise it is dropped for good.

        Missing cells are no value: whether a column is dropped must not hang on where in
        the data they stand.
        """
        if len(values.keys() - {MISSING}) > MOST_SEGMENTS:
            self.too_many |= {column}
        if column in self.too_many:
            self.states[column] = {}
            return False
        return True


@dataclass(eq=False)
class Divided:
    """All answers, and the same by segment where that is asked for."""

    whole: Answers
    segments: Segments

    @classmethod
    def nothing(cls, settings: ModelQuality) -> Self:
        asked = settings.extras.segments if settings.extras else None
        plain = replace(settings, extras=None)
        return cls(nothing(settings), Segments(plain, asked.columns if asked else ()))

    @property
    def settings(self) -> ModelQuality:
        return self.whole.settings

    def update(self, observations: Observations) -> None:
        """Take in some rows."""
        self.whole.update(observations)
        self.segments.update(observations)

    def __add__(self, other: Self) -> Self:
        return type(self)(added(self.whole, other.whole), self.segments + other.segments)


def segments_of(column: pa.Array, edges: tuple[float, ...] = ()) -> Coded:
    """Which segment each cell falls in; the lower edge belongs to the range.

    >>> segments_of(pa.array(["18", "40", None, "25"]), (25.0, 40.0))
    Coded(codes=array([ 0,  2, -1,  1]), names=('below 25', '25 to below 40', '40 or more'))
    """
    if not edges:
        return coded(column)
    values = numbers(column)
    places = np.searchsorted(edges, values, side="right")
    return Coded(np.where(np.isnan(values), -1, places).astype(np.int64), range_names(edges))


def range_names(edges: tuple[float, ...]) -> tuple[str, ...]:
    """What the ranges between edges are called, from the lowest up.

    >>> range_names((0.5,))
    ('below 0.5', '0.5 or more')
    """
    shown = [f"{edge:.12g}" for edge in edges]
    between = [f"{low} to below {high}" for low, high in pairwise(shown)]
    return (f"below {shown[0]}", *between, f"{shown[-1]} or more")


def _by_code(codes: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each code with the positions of its rows, in their order."""
    order = np.argsort(codes, kind="stable")
    found, starts = np.unique(codes[order], return_index=True)
    for code, rows in zip(found.tolist(), np.split(order, starts[1:]), strict=True):
        if rows.size:
            yield code, rows


def _rows(observations: Observations, rows: np.ndarray) -> Observations:
    """Some of the rows' answers, without their features."""
    at = pa.array(rows)
    columns = {
        name: None if column is None else column.take(at)
        for name, column in (
            ("label", observations.label),
            ("predicted", observations.predicted),
            ("probability", observations.probability),
        )
    }
    return Observations(pa.record_batch([], names=[]), **columns)
