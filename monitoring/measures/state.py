"""What every measure's state promises: it adds up, and says so when it has no answer.

A state holds sufficient statistics. `update` takes one batch of values, `a + b` is the
state of both inputs together, and an empty state changes nothing but the last bits: so
an hour can be read in slices, by several processes, or on Spark, and reduced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, Self, TypeVar

Mode = Literal["corrected", "compat"]
"""`compat` gives AWS's numbers, defects included; `corrected` counts rows, in any order."""

T_contra = TypeVar("T_contra", contravariant=True)


class State(Protocol[T_contra]):
    """Sufficient statistics that merge."""

    def update(self, values: T_contra) -> None:
        """Take in one batch. Earlier batches are not looked at again."""

    def __add__(self, other: Self) -> Self:
        """The state of both inputs. Neither operand changes."""


@dataclass(frozen=True, slots=True)
class Uncomputable:
    """The answer to a question that has none, and why: never 0, never NaN.

    >>> str(Uncomputable("the baseline has no numeric values"))
    'not computed: the baseline has no numeric values'
    """

    reason: str

    def __str__(self) -> str:
        return f"not computed: {self.reason}"
