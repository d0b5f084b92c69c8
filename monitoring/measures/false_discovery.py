"""Many tests at once: p-values adjusted so that few of the rejections are false.

Needs     the p-values of one family of tests
Gives     adjusted p-values: reject those below q, and at most a share q of the rejections
          is false, on average

A family is every test whose rejection would be reported together. Thirty features tested at
5 % each give a false alarm in four hours out of five.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

Procedure = Literal["benjamini-hochberg", "benjamini-yekutieli"]


def adjusted(
    p_values: Sequence[float], procedure: Procedure = "benjamini-hochberg"
) -> tuple[float, ...]:
    """The smallest false-discovery rate at which each test would be rejected, from 0 to 1.

    Benjamini-Hochberg holds for independent tests and for such as move together (tests of
    one column, features that rise and fall with each other). Benjamini-Yekutieli holds
    whatever the tests have to do with one another, and is stricter by about log(tests).

    Sources: Benjamini & Hochberg, J. R. Stat. Soc. B 57 (1995); Benjamini & Yekutieli,
    Ann. Statist. 29 (2001).

    >>> [round(p, 3) for p in adjusted([0.01, 0.04, 0.03, 0.5])]
    [0.04, 0.053, 0.053, 0.5]
    >>> adjusted([])
    ()
    """
    values = np.asarray(p_values, dtype=np.float64)
    if not values.size:
        return ()
    if not np.all((values >= 0.0) & (values <= 1.0)):
        raise ValueError("a p-value is from 0 to 1")
    places = np.arange(1, values.size + 1)
    factor = float(np.sum(1.0 / places)) if procedure == "benjamini-yekutieli" else 1.0
    order = np.argsort(values, kind="stable")
    scaled = values[order] * np.maximum(factor * values.size / places, 1.0)
    smallest_above = np.minimum.accumulate(scaled[::-1])[::-1]
    found = np.empty(values.size)
    found[order] = np.minimum(smallest_above, 1.0)
    return tuple(found.tolist())
