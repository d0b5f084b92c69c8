"""The rows themselves, which one bias metric needs: the flip test looks for neighbours.

Needs     the feature columns as numbers, the facets, and the predicted labels
Gives     what neighbors.flips takes, or the reason why there are no neighbours to find

This is the one part of the bias monitor whose memory grows with the rows: eight bytes a
cell, up to MOST_ROWS rows and MOST_CELLS cells, after which FT is given up and said so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from monitoring.measures.facets import Bools
from monitoring.measures.labels import Coded
from monitoring.measures.outcome import Uncomputable
from monitoring.monitors.answers import numbers
from monitoring.monitors.base import Observations

MOST_ROWS = 200_000
MOST_CELLS = 20_000_000
NAMED = 5
"""Columns listed in a reason."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Part:
    """One batch: features of every row, its facets, and its predictions by reading."""

    features: Floats
    facets: Mapping[str, Coded]
    predicted: Mapping[Any, Bools]


@dataclass
class FlipRows:
    """The rows that flip tests are made of."""

    columns: tuple[str, ...] = ()
    parts: list[_Part] = field(default_factory=list)
    rows: int = 0
    unmeasurable: frozenset[str] = frozenset()
    """Columns with a cell that is no finite number."""
    given_up: str = ""

    def update(
        self,
        seen: Observations,
        known: Bools,
        facets: Mapping[str, Coded],
        predicted: Mapping[Any, Bools],
        excluded: frozenset[str],
    ) -> None:
        """Keep the usable rows of a batch; `facets` and `predicted` hold these only."""
        if self.given_up:
            return
        names = tuple(name for name in seen.features.schema.names if name not in excluded)
        self.columns = names
        features = np.empty((int(np.count_nonzero(known)), len(names)))
        for at, name in enumerate(names):
            features[:, at] = numbers(seen.features.column(name))[known]
        self.unmeasurable |= {
            name for at, name in enumerate(names) if not np.isfinite(features[:, at]).all()
        }
        self.rows += len(features)
        self.parts.append(_Part(features, dict(facets), dict(predicted)))
        self._limit()

    def __add__(self, other: Self) -> Self:
        merged = type(self)(
            self.columns or other.columns,
            [*self.parts, *other.parts],
            self.rows + other.rows,
            self.unmeasurable | other.unmeasurable,
            self.given_up or other.given_up,
        )
        merged._limit()
        return merged

    def of(
        self,
        facet: str,
        label_sort: Any,
        membership: Callable[[Coded], tuple[Bools, Bools]],
    ) -> tuple[Floats, Bools, Bools] | Uncomputable:
        """Features without the facet, who is disadvantaged, and who was accepted.

        `membership` says of a facet's cells which count at all, and which are disadvantaged.
        """
        bad = sorted(self.unmeasurable - {facet})
        if bad:
            more = f" and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
            return Uncomputable(
                f"feature columns hold cells that are no finite numbers, which have no distance: "
                f"{', '.join(bad[:NAMED])}{more}"
            )
        if self.given_up:
            return Uncomputable(self.given_up)
        if not self.parts:
            return Uncomputable("there are no predicted labels")
        keep = [at for at, name in enumerate(self.columns) if name != facet]
        features, inside, accepted = [], [], []
        for part in self.parts:
            counts, members = membership(part.facets[facet])
            features.append(part.features[:, keep][counts])
            inside.append(members[counts])
            accepted.append(part.predicted[label_sort][counts])
        return np.concatenate(features), np.concatenate(inside), np.concatenate(accepted)

    def _limit(self) -> None:
        """Give the rows up when they are too many, or can serve no facet."""
        if self.rows > MOST_ROWS or self.rows * len(self.columns) > MOST_CELLS:
            self.given_up = (
                f"the flip test is made of at most {MOST_ROWS:,} rows and {MOST_CELLS:,} cells; "
                "there are more"
            )
        if len(self.unmeasurable) > 1:
            self.given_up = self.given_up or "feature columns hold text"
        if self.given_up:
            self.parts = []
