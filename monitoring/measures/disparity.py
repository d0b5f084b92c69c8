"""What pre- and post-training bias metrics share: empty facets, ratios, disparity by group.

Needs     counts of two facets (facets.py)
Gives     Clarify's division, and its conditional demographic disparity

Simpson's paradox is why the group variable exists: women were rejected more often at
Berkeley and at hardly any of its departments. Clarify divides 0 by 0 to 0 and anything else
by 0 to infinity; `facets.cautions` says where that happened.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from monitoring.measures.facets import Comparison
from monitoring.measures.outcome import Outcome, Uncomputable

NO_ADVANTAGED = Uncomputable("every row is in the disadvantaged facet")
NO_DISADVANTAGED = Uncomputable("no row is in the disadvantaged facet")
NO_GROUPS = Uncomputable("Group variable is empty or not provided")
"""AWS's own words, as its analysis.json has them."""


class Split(NamedTuple):
    """Rows of one facet by outcome, whether labelled or predicted."""

    accepted: int
    rejected: int


def empty_side(comparison: Comparison) -> Uncomputable | None:
    """The reason why two facets cannot be compared, if one of them has no rows."""
    if not comparison.disadvantaged.total:
        return NO_DISADVANTAGED
    return None if comparison.advantaged.total else NO_ADVANTAGED


def divide(numerator: float, denominator: float) -> float:
    """Clarify's quotient: 0 by 0 is 0, anything else by 0 is infinite.

    >>> divide(1, 4), divide(0, 0), divide(1, 0)
    (0.25, 0.0, inf)
    """
    if denominator:
        return numerator / denominator
    return math.inf if numerator else 0.0


def difference(left: float, right: float) -> float:
    """`left - right`; 0 between equals, two infinities among them.

    >>> difference(0.75, 0.5), difference(math.inf, math.inf)
    (0.25, 0.0)
    """
    return 0.0 if left == right else left - right


def conditional_disparity(groups: Sequence[tuple[Split, Split]]) -> Outcome:
    """Demographic disparity of d within every group, averaged with the groups' rows as weights.

    Disparity: d's share of the rejected minus its share of the accepted. Each pair is
    (a, d) of one group; a group without any rejected (or accepted) counts that share as 0.
    Undefined when nobody at all was rejected, or accepted.

    >>> conditional_disparity([(Split(accepted=3, rejected=1), Split(accepted=1, rejected=1))])
    0.25
    >>> conditional_disparity([]).reason
    'Group variable is empty or not provided'
    """
    if not groups:
        return NO_GROUPS
    total, weighted = Split(0, 0), []
    for a, d in groups:
        accepted, rejected = a.accepted + d.accepted, a.rejected + d.rejected
        total = Split(total.accepted + accepted, total.rejected + rejected)
        found = divide(d.rejected, rejected) - divide(d.accepted, accepted)
        weighted.append(found * (accepted + rejected))
    if not total.accepted or not total.rejected:
        missing = "rejected" if total.accepted else "accepted"
        return Uncomputable(f"no row is {missing}, so nobody has a share of them")
    return math.fsum(weighted) / sum(total)  # fsum: the groups' order changes no bit
