"""Type inference: what each cell's text looks like, and what that makes of the column.

Needs     a utf8 array without nulls
Gives     `inferred_type`, the shares behind data_type_check, and the numbers themselves

The rules are Deequ's, on text: `1.0` is Fractional, `1` Integral, `.5`, `nan` and `1,5`
are Strings. One String, or true/false beside a number, makes the whole column String.
Nearly all cells are decided by counting bytes; only what is left meets the patterns.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from monitoring.measures.cells import Cells, Mask, without

InferredType = Literal["Fractional", "Integral", "String", "Unknown"]

INTEGRAL = r"^(-|\+)? ?\d+$"
FRACTIONAL = r"^(-|\+)? ?\d+((\.\d+)|((?:\.\d+)?[Ee][-+]?\d+))$"
BOOLEANS = pa.array(["true", "false"])
_INTEGRAL, _FRACTIONAL = (re.compile(p.encode()).fullmatch for p in (INTEGRAL, FRACTIONAL))
FEW = 200
"""Cells up to which compiling a pattern in arrow costs more than matching them in Python."""

Repeats: TypeAlias = npt.NDArray[np.int64] | None
"""How often each text occurs; None where each occurs once."""


@dataclass(frozen=True, slots=True)
class TypeCounts:
    """How many non-null cells look like what.

    >>> (TypeCounts(integral=3) + TypeCounts(fractional=1)).inferred
    'Fractional'
    >>> TypeCounts(integral=3, boolean=1).inferred
    'String'
    >>> TypeCounts().inferred
    'Unknown'
    """

    fractional: int = 0
    integral: int = 0
    boolean: int = 0
    string: int = 0

    @property
    def present(self) -> int:
        """All non-null cells."""
        return self.fractional + self.integral + self.boolean + self.string

    @property
    def inferred(self) -> InferredType:
        """The column's type. An all-boolean column is String: AWS documents no Boolean."""
        if not self.present:
            return "Unknown"
        if self.string or self.boolean:
            return "String"
        return "Fractional" if self.fractional else "Integral"

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.fractional + other.fractional,
            self.integral + other.integral,
            self.boolean + other.boolean,
            self.string + other.string,
        )


Classified: TypeAlias = tuple[TypeCounts, npt.NDArray[np.float64]]


def classify(texts: pa.StringArray, repeats: Repeats = None) -> Classified:
    """Counts by type of `texts`, none of them null, and each one's value: NaN for no number.

    `repeats` says how often each text occurs, at least once (the default). A number too large
    for a float64 (`1e400`) is still Fractional; its value is infinite, and the caller
    keeps it out of the arithmetic.

    >>> classify(pa.array(["1", "2.5", "x", "true", "1e400"]))
    (TypeCounts(fractional=2, integral=1, boolean=1, string=1), array([1. , 2.5, nan, nan, inf]))
    >>> classify(pa.array(["1", "2"]), np.array([10, 5]))[0]
    TypeCounts(fractional=0, integral=15, boolean=0, string=0)
    """
    likely = Cells.of(texts).maybe_numbers()
    if likely.all():
        return _candidates(texts, repeats)
    counts = _words(texts.filter(pa.array(~likely)), _of(repeats, ~likely))
    return _beside(counts, texts, repeats, likely)


def _beside(counts: TypeCounts, texts: pa.StringArray, repeats: Repeats, rest: Mask) -> Classified:
    """`counts`, of cells that are no numbers, and what the `rest` is."""
    values = np.full(len(texts), np.nan)
    numeric, values[rest] = _candidates(texts.filter(pa.array(rest)), _of(repeats, rest))
    return counts + numeric, values


def _words(texts: pa.StringArray, repeats: Repeats) -> TypeCounts:
    """Of cells that cannot be numbers."""
    booleans = pc.is_in(texts, BOOLEANS).to_numpy(zero_copy_only=False)
    return TypeCounts(
        boolean=count_where(booleans, repeats), string=count_where(~booleans, repeats)
    )


def _candidates(texts: pa.StringArray, repeats: Repeats) -> Classified:
    """Of cells that begin and end like numbers: most are plain decimals, a few must be matched."""
    if not len(texts):
        return TypeCounts(), np.empty(0)
    cells = Cells.of(texts)
    odd = cells.not_plain()
    try:
        values = _floats(texts if odd is None else without(texts, odd))
    except pa.ArrowInvalid:
        never = cells.never_numbers()
        if not never.any():
            raise
        return _beside(TypeCounts(string=count_where(never, repeats)), texts, repeats, ~never)
    if odd is None:
        return _decimals(cells, repeats), values
    apart = texts.filter(pa.array(odd))
    matched, values[odd] = _matched(apart, _of(repeats, odd))
    return matched + _decimals(cells, repeats, odd, Cells.of(apart).dots), values


def _decimals(
    cells: Cells, repeats: Repeats, odd: Mask | None = None, odd_dots: int = 0
) -> TypeCounts:
    """Of all cells but the odd ones: a dot makes a fraction, and none of them has two."""
    if repeats is None:
        total = cells.starts.size - (0 if odd is None else int(np.count_nonzero(odd)))
        fractions = cells.dots - odd_dots
    else:
        plain = np.ones(cells.starts.size, dtype=np.bool_) if odd is None else ~odd
        total, fractions = int(repeats[plain].sum()), int(repeats[plain & cells.with_dot()].sum())
    return TypeCounts(fractions, total - fractions)


def _matched(texts: pa.StringArray, repeats: Repeats) -> Classified:
    """Of any cells, by Deequ's patterns."""
    integral, fractional, values = (_few if len(texts) <= FEW else _many)(texts)
    strings = count_where(~(integral | fractional), repeats)
    fractions, integers = count_where(fractional, repeats), count_where(integral, repeats)
    return TypeCounts(fractions, integers, string=strings), values


def _few(texts: pa.StringArray) -> tuple[Mask, Mask, npt.NDArray[np.float64]]:
    """What is integral, what fractional, and the values, cell by cell."""
    cells = texts.cast(pa.binary()).to_pylist()
    integers = [_INTEGRAL(cell) is not None for cell in cells]
    fractions = [_FRACTIONAL(cell) is not None for cell in cells]
    values = [
        float(cell.replace(b" ", b"")) if integer or fraction else math.nan
        for cell, integer, fraction in zip(cells, integers, fractions, strict=True)
    ]
    return np.array(integers, dtype=np.bool_), np.array(fractions, dtype=np.bool_), np.array(values)


def _many(texts: pa.StringArray) -> tuple[Mask, Mask, npt.NDArray[np.float64]]:
    """The same by arrow, all cells at once. The one space Deequ allows is dropped."""
    integral, fractional = (
        pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
        for pattern in (INTEGRAL, FRACTIONAL)
    )
    numeric = integral | fractional
    values = np.full(len(texts), np.nan)
    values[numeric] = _floats(pc.replace_substring(texts.filter(pa.array(numeric)), " ", ""))
    return integral, fractional, values


def count_where(mask: Mask, repeats: Repeats) -> int:
    """Cells for which `mask` is true, `repeats` of each."""
    return int(np.count_nonzero(mask) if repeats is None else repeats[mask].sum())


def _of(repeats: Repeats, mask: Mask) -> Repeats:
    return None if repeats is None else repeats[mask]


def _floats(texts: pa.StringArray) -> npt.NDArray[np.float64]:
    """float64 of texts; NaN for null. The array may be written to where it holds a null."""
    values: npt.NDArray[np.float64] = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    return values
