"""What model quality measures beyond AWS: additional_measures.json, read once and whole.

Needs     the file's JSON
Gives     Extras, or one ConfigError that lists every problem of the file

Everything in it is off until it is named. A measure without a limit is only reported; with
one (`max_…`, `min_…`) it can be a violation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final, Self, TypeGuard

from monitoring.errors import ConfigError
from monitoring.measures.decisions import CALIBRATION_BINS

FEW_ROWS: Final = 100
"""A segment of fewer rows is marked: its intervals are wide."""
MOST_BINS: Final = 1_000
DEAREST: Final = 1e12
KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "calibration": ("bins", "max_error"),
    "cost": ("false_positive", "false_negative", "max_mean"),
    "capacity": ("rows", "share", "min_precision"),
    "segments": ("columns", "headers", "few_rows", "max_gap"),
}
"""Blocks of the file, and the keys of each."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether probabilities come true."""

    bins: int = CALIBRATION_BINS
    max_error: float | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a wrong decision costs, in whatever unit both are given."""

    false_positive: float
    false_negative: float
    max_mean: float | None = None
    """Per row."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many rows of a run a team can look at: a number, or a share of them."""

    rows: int | None = None
    share: float | None = None
    min_precision: float | None = None

    def of(self, rows: int) -> int:
        """How many of so many rows: at least one, as there is somebody to look.

        >>> Capacity(share=0.02).of(120), Capacity(rows=50).of(120)
        (3, 50)
        """
        return max(1, math.ceil((self.share or 0.0) * rows)) if self.rows is None else self.rows


@dataclass(frozen=True, slots=True)
class SegmentColumn:
    """A column whose values divide the rows; with edges, a column of numbers in ranges."""

    column: str
    edges: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentsAsked:
    """By what to divide the rows."""

    columns: tuple[SegmentColumn, ...]
    headers: tuple[str, ...] = ()
    """Names of captured features that come without, in their order."""
    few_rows: int = FEW_ROWS
    max_gap: float | None = None
    """By how much a segment may be worse than the other rows: in accuracy; for a
    regression in mae, the label's unit."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What is asked for beyond AWS's metrics; None is not asked."""

    calibration: Calibration | None = None
    cost: Cost | None = None
    capacity: Capacity | None = None
    segments: SegmentsAsked | None = None

    @classmethod
    def of(cls, document: Any, where: str = "additional_measures.json") -> Self:
        """The measures a document asks for. Raises ConfigError listing all problems.

        >>> asked = Extras.of({"cost": {"false_positive": 5, "false_negative": 90}})
        >>> asked.cost.false_negative, asked.calibration
        (90.0, None)
        >>> Extras.of({"calibation": {}})
        Traceback (most recent call last):
        monitoring.errors.ConfigError: additional_measures.json: 'calibation' is not known; did \
you mean 'calibration'. What is to be measured cannot be told; correct the file.
        """
        reader = _Reader()
        given = reader.block(document, "the file", tuple(KNOWN))
        made = cls(
            **{
                name: read(reader, reader.block(given[name], name, KNOWN[name]))
                for name, read in _READERS.items()
                if name in given
            }
        )
        if not reader.problems and not given:
            reader.problems.append(f"asks for nothing; it may hold {', '.join(KNOWN)}")
        if reader.problems:
            raise ConfigError(
                f"{where}: {'; '.join(reader.problems)}. What is to be measured cannot be told; "
                "correct the file."
            )
        return made


class _Reader:
    """Reads one block at a time and remembers what is wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def block(self, given: Any, what: str, known: tuple[str, ...]) -> Mapping[str, Any]:
        """An object with known keys only."""
        if not isinstance(given, Mapping):
            self.problems.append(f"{what} must be an object, such as {{}}")
            return {}
        self.problems += self._unknown(given, known)
        return given

    def calibration(self, given: Mapping[str, Any]) -> Calibration:
        bins = self._whole(given, "calibration.bins", 2, MOST_BINS)
        limit = self._number(given, "calibration.max_error", 1.0)
        return Calibration(CALIBRATION_BINS if bins is None else bins, limit)

    def cost(self, given: Mapping[str, Any]) -> Cost:
        prices = [
            self._number(given, f"cost.{name}", DEAREST, required=True)
            for name in ("false_positive", "false_negative")
        ]
        if prices == [0, 0]:
            self.problems.append("cost: one of the two errors must cost something")
        limit = self._number(given, "cost.max_mean", DEAREST)
        return Cost(prices[0] or 0.0, prices[1] or 0.0, limit)

    def capacity(self, given: Mapping[str, Any]) -> Capacity:
        rows = self._whole(given, "capacity.rows", 1, 2**53)
        share = self._number(given, "capacity.share", 1.0)
        if ("rows" in given) == ("share" in given):
            self.problems.append("capacity must have either rows or share: how much is reviewed")
        if share == 0:
            self.problems.append("capacity.share must be above 0")
        return Capacity(rows, share, self._number(given, "capacity.min_precision", 1.0))

    def segments(self, given: Mapping[str, Any]) -> SegmentsAsked:
        listed = given.get("columns")
        if not isinstance(listed, list) or not listed:
            self.problems.append("segments.columns must list one column or more")
            listed = []
        columns = tuple(found for at, one in enumerate(listed) if (found := self._column(one, at)))
        names = [column.column for column in columns]
        self.problems += [
            f"segments.columns names {name[:80]!r} twice"
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        headers = given.get("headers", [])
        if not isinstance(headers, list) or not all(isinstance(name, str) for name in headers):
            self.problems.append("segments.headers must be a list of column names")
            headers = []
        self.problems += [
            f"segments.columns names {name[:80]!r}, which is not among segments.headers"
            for name in names
            if headers and name not in headers
        ]
        few = self._whole(given, "segments.few_rows", 1, 2**53)
        gap = self._number(given, "segments.max_gap", DEAREST)
        return SegmentsAsked(columns, tuple(headers), FEW_ROWS if few is None else few, gap)

    def _column(self, given: Any, at: int) -> SegmentColumn | None:
        """A name, or `{"column": …, "edges": […]}`."""
        where = f"segments.columns[{at}]"
        entry = {"column": given} if isinstance(given, str) else given
        entry = self.block(entry, where, ("column", "edges"))
        name, edges = entry.get("column"), entry.get("edges", [])
        if not isinstance(name, str) or not name:
            self.problems.append(f"{where} must be a column's name, or an object with 'column'")
            return None
        rising = isinstance(edges, list) and all(map(_is_number, edges))
        if not rising or any(low >= high for low, high in pairwise(edges)):
            self.problems.append(f"{where}.edges must be a list of rising numbers")
            return None
        return SegmentColumn(name, tuple(map(float, edges)))

    def _number(
        self, block: Mapping[str, Any], path: str, most: float, *, required: bool = False
    ) -> float | None:
        given = block.get(path.rpartition(".")[2])
        if given is None and not required:
            return None
        if not _is_number(given) or not 0 <= given <= most:
            missing = "is missing; it " if given is None else ""
            self.problems.append(f"{path} {missing}must be a number from 0 to {most:g}")
            return None
        return float(given)

    def _whole(self, block: Mapping[str, Any], path: str, least: int, most: int) -> int | None:
        given = block.get(path.rpartition(".")[2])
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
            self.problems.append(f"{path} must be a whole number from {least} to {most}")
            return None
        return given

    @staticmethod
    def _unknown(given: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[str]:
        for key in given:
            if key not in known:
                close = get_close_matches(str(key), known, n=1)
                hint = f"did you mean {close[0]!r}" if close else f"known: {', '.join(known)}"
                yield f"{str(key)[:80]!r} is not known; {hint}"


_READERS: Final[Mapping[str, Callable[[_Reader, Mapping[str, Any]], Any]]] = {
    "calibration": _Reader.calibration,
    "cost": _Reader.cost,
    "capacity": _Reader.capacity,
    "segments": _Reader.segments,
}


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
