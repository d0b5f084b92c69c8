"""Type inference: what each cell's text looks like, and what that makes of the column.

Needs     a utf8 array, null where the cell was empty
Gives     `inferred_type`, the shares behind data_type_check, and the numbers themselves

The rules are Deequ's, on text: `1.0` is Fractional, `1` Integral, `.5`, `nan` and `1,5`
are Strings. One String, or true/false beside a number, makes the whole column String.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

InferredType = Literal["Fractional", "Integral", "String", "Unknown"]

INTEGRAL = r"^(-|\+)? ?\d+$"
FRACTIONAL = r"^(-|\+)? ?\d+((\.\d+)|((?:\.\d+)?[Ee][-+]?\d+))$"
BOOLEANS = pa.array(["true", "false"])


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


def classify(
    texts: pa.StringArray, repeats: npt.NDArray[np.int64] | None = None
) -> tuple[TypeCounts, npt.NDArray[np.float64]]:
    """Counts by type of non-null `texts`, and each one's value: NaN where it is no number.

    `repeats` says how often each text occurs, at least once (the default). A number too large
    for a float64 (`1e400`) is still Fractional; its value is infinite, and the caller
    keeps it out of the arithmetic.

    >>> classify(pa.array(["1", "2.5", "x", "true", "1e400"]))
    (TypeCounts(fractional=2, integral=1, boolean=1, string=1), array([1. , 2.5, nan, nan, inf]))
    >>> classify(pa.array(["1", "2"]), np.array([10, 5]))[0]
    TypeCounts(fractional=0, integral=15, boolean=0, string=0)
    """
    total = len(texts) if repeats is None else int(repeats.sum())
    integral = _matches(texts, INTEGRAL)
    integers = _count(integral, repeats)
    if integers == total:
        return TypeCounts(integral=total), _numbers(texts)
    fractional = _matches(texts, FRACTIONAL)
    fractions = _count(fractional, repeats)
    if integers + fractions == total:
        return TypeCounts(fractions, integers), _numbers(texts)
    booleans = _count(pc.is_in(texts, BOOLEANS).to_numpy(zero_copy_only=False), repeats)
    numeric = integral | fractional
    values = np.full(len(texts), np.nan)
    values[numeric] = _numbers(texts.filter(pa.array(numeric)))
    strings = total - integers - fractions - booleans
    return TypeCounts(fractions, integers, booleans, strings), values


def _matches(texts: pa.StringArray, pattern: str) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = pc.match_substring_regex(texts, pattern).to_numpy(
        zero_copy_only=False
    )
    return mask


def _count(mask: npt.NDArray[np.bool_], repeats: npt.NDArray[np.int64] | None) -> int:
    return int(np.count_nonzero(mask) if repeats is None else repeats[mask].sum())


def _numbers(texts: pa.StringArray) -> npt.NDArray[np.float64]:
    """float64 of numeric texts; the one space Deequ allows after a sign is dropped."""
    try:
        numbers = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        numbers = pc.cast(pc.replace_substring(texts, " ", ""), pa.float64())
    values: npt.NDArray[np.float64] = numbers.to_numpy(zero_copy_only=False)
    return values
