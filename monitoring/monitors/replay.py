"""A finding computed again from its own evidence: what it says, and whether that is so.

Needs     an entry of findings.json
Gives     the number and the verdict that its evidence leads to, as steps and rows to read

Only the evidence is read, never the data: what stands in the report must carry the report.
Standard errors that come from resamples, and AUC's, are taken as they stand; all else is redone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from monitoring.errors import DocumentError
from monitoring.measures.outcome import Uncomputable

Entry: TypeAlias = Mapping[str, Any]
"""One of `findings` in findings.json."""
NEAR: Final = 1e-9
"""Relative difference at which two numbers are the same: sums in another order."""


class Line(NamedTuple):
    """One row of the table that is drawn: a name, and two numbers beside each other."""

    name: str
    left: float | None
    right: float | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What the evidence leads to."""

    observed: float | None
    """None where there is no finite number, as in the report."""
    crosses: bool
    """Whether that is a violation."""
    steps: tuple[str, ...]
    """The arithmetic, one sentence each."""
    heading: tuple[str, str] = ("baseline", "now")
    lines: tuple[Line, ...] = ()

    def agrees_with(self, entry: Entry) -> bool:
        """Whether the report says the same.

        >>> Replay(0.5, True, ()).agrees_with({"observed": 0.5})
        True
        >>> Replay(0.5, False, ()).agrees_with({"observed": 0.5})
        False
        """
        return self.crosses and same(self.observed, entry["observed"])


def same(one: float | None, other: float | None) -> bool:
    """Whether two numbers are the same but for rounding."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=NEAR, abs_tol=NEAR)


Replaying: TypeAlias = Callable[[Entry], Replay | Uncomputable]


def replayed(entry: Any, by_check: Mapping[str, Replaying]) -> Replay | Uncomputable:
    """The replay of one finding, by the function for its check.

    A reason where there is none: a check that is not known here, or evidence that was
    withheld. Raises DocumentError when the evidence is damaged.
    """
    check = entry.get("constraint_check_type") if isinstance(entry, Mapping) else None
    if not isinstance(check, str):
        raise DocumentError("a finding has no constraint_check_type; this is no findings.json.")
    if check not in by_check:
        return Uncomputable(f"nothing here computes a {check[:80]} again")
    try:
        return by_check[check](entry)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise DocumentError(
            f"the evidence of a {check} is damaged or of another version "
            f"({type(error).__name__}), so it cannot be computed again. Run the check again."
        ) from None


def verdict(crosses: bool, than: str) -> str:
    """The last step of a replay.

    >>> verdict(True, "0.2 > 0.1")
    '0.2 > 0.1: a violation'
    """
    return f"{than}: a violation" if crosses else f"not {than}: no violation"
