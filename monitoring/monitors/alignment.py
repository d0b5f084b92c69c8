"""Which data column stands for which baseline feature, and what to say when they differ.

Captured CSV has no header: its columns are `_c0`, `_c1`, … and match by position. A table
whose columns are named, against a baseline that is named too, matches by name in
`corrected` mode; AWS always goes by position, and stops at a different number of columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitoring.errors import CaptureError
from monitoring.monitors.base import Finding, Mode
from monitoring.monitors.unconfirmed import missing_columns_description

MISSING_COLUMN_CHECK = "missing_column_check"
EXTRA_COLUMN_CHECK = "extra_column_check"

_POSITIONAL = re.compile(r"_c\d+")


@dataclass(frozen=True, slots=True)
class Alignment:
    """Names for the data's columns, in the data's order, and what did not fit."""

    names: tuple[str, ...]
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    comparable: bool = True
    """False when nothing tells which column is which: the other checks cannot be made."""


def align(data: tuple[str, ...], baseline: tuple[str, ...], mode: Mode) -> Alignment:
    """Match the data's columns with the baseline's features.

    >>> align(("_c0", "_c1"), ("age", "city"), "corrected").names
    ('age', 'city')
    >>> align(("city", "income"), ("age", "city"), "corrected").missing
    ('age',)
    >>> align(("_c0",), ("age", "city"), "corrected").comparable
    False
    """
    if mode == "corrected" and not by_position(data, baseline):
        return Alignment(
            names=data,
            missing=tuple(name for name in baseline if name not in data),
            extra=tuple(name for name in data if name not in baseline),
        )
    if len(data) == len(baseline):
        return Alignment(baseline)
    return Alignment(data, comparable=False)


def require_distinct(names: tuple[str, ...]) -> None:
    """Refuse data in which one name stands for two columns."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CaptureError(
            f"the data name {', '.join(repr(name[:80]) for name in twice)} more than once. Which "
            "column a constraint means cannot be told; rename them."
        )


def column_findings(alignment: Alignment, baseline: tuple[str, ...], mode: Mode) -> list[Finding]:
    """missing_column_check and extra_column_check: at most one of each."""
    current, expected = len(alignment.names), len(baseline)
    findings = []
    if alignment.missing or (not alignment.comparable and current < expected):
        text = missing_columns_description(current, expected)
        check = ("Missing columns", MISSING_COLUMN_CHECK)
        findings.append(_finding(check, text, alignment.missing, current, expected, mode))
    if alignment.extra or (not alignment.comparable and current > expected):
        text = extra_columns_description(current, expected)
        check = ("Extra columns", EXTRA_COLUMN_CHECK)
        findings.append(_finding(check, text, alignment.extra, current, expected, mode))
    return findings


def extra_columns_description(current: int, baseline: int) -> str:
    """AWS's wording."""
    return (
        "There are extra columns in current dataset. "
        f"Number of columns in current dataset: {current}, "
        f"Number of columns in baseline constraints: {baseline}"
    )


def _finding(
    check: tuple[str, str],
    text: str,
    columns: tuple[str, ...],
    current: int,
    expected: int,
    mode: Mode,
) -> Finding:
    named = f". Columns: {', '.join(name[:80] for name in columns)}" if columns else ""
    return Finding(
        feature=check[0],
        check=check[1],
        description=text + named,
        observed=float(current),
        expected=float(expected),
        threshold=float(expected),
        mode=mode,
        other_mode=_other_mode(mode, current, expected),
        evidence={"columns": list(columns), "current": current, "baseline": expected},
    )


def _other_mode(mode: Mode, current: int, expected: int) -> str:
    if mode == "compat":
        return (
            "corrected: the same without column names; with names it says which columns differ "
            "and checks the others"
        )
    if current == expected:
        return "compat: no violation; it takes columns by position and only counts them"
    return "compat: one violation for the number of columns, and no other check"


def by_position(data: tuple[str, ...], baseline: tuple[str, ...]) -> bool:
    """Whether names tell nothing: they count columns, on one side at least.

    A preprocessing script that follows AWS's advice counts with zeros in front, so that its
    keys sort as numbers.

    >>> by_position(("000", "001"), ("age", "city")), by_position(("0", "1"), ("1", "0"))
    (True, False)
    """
    counted = all(map(str.isdecimal, data)) and set(data).isdisjoint(baseline)
    return counted or all_positional(data) or all_positional(baseline)


def all_positional(names: tuple[str, ...]) -> bool:
    """Whether the names only count columns, as captured CSV has them.

    >>> all_positional(("_c0", "_c1")), all_positional(("_c0", "age"))
    (True, False)
    """
    return all(_POSITIONAL.fullmatch(name) for name in names)
