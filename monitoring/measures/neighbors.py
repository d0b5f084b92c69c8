"""The flip test: does the model treat d as it treats the people of a most like them?

Needs     the feature columns of every row as numbers, facet membership, predicted labels
Gives     FT of `post_training_bias_metrics`

Neighbours are the five nearest rows of the advantaged facet by Euclidean distance over the
columns as they stand: unscaled, so income in cents outweighs everything else. Fewer than ten
advantaged rows: the one nearest. Both as Clarify does it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from monitoring.measures.disparity import NO_ADVANTAGED, NO_DISADVANTAGED
from monitoring.measures.outcome import Outcome, Uncomputable

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NEIGHBORS = 5
FEW_ROWS = 10
"""Advantaged rows below which the nearest one alone decides."""

LARGEST = 1e150
"""Beyond it a squared difference may overflow."""


class Flips(NamedTuple):
    """Members of the disadvantaged facet, by how their neighbours fared."""

    favoured: int
    """Accepted where most of their neighbours are rejected."""
    passed_over: int
    """Rejected where most of their neighbours are accepted."""
    rows: int

    @property
    def value(self) -> float:
        """FT."""
        return (self.favoured - self.passed_over) / self.rows


def flip_test(features: Floats, disadvantaged: Bools, predicted: Bools) -> Outcome:
    """FT: (accepted though neighbours are rejected - rejected though accepted) / rows of d.

    `features` has one row per row and neither label nor facet among its columns.
    -1 to 1. Negative: members of d are rejected where most people like them in a are
    accepted. 0: they are treated alike, or as many flip either way.

    Equally distant neighbours share the last places by their share of acceptances, so the
    order of the rows decides nothing; where Clarify meets such ties, its order does. The
    sign is the one Clarify's published code computes.
    Source: clarify-post-training-bias-metric-ft.html

    >>> features = np.array([[1.0], [2.0], [1.1], [2.1]])
    >>> facet = np.array([False, False, True, True])
    >>> flip_test(features, facet, predicted=np.array([True, False, False, False]))
    -0.5
    """
    found = flips(features, disadvantaged, predicted)
    return found if isinstance(found, Uncomputable) else found.value


def flips(features: Floats, disadvantaged: Bools, predicted: Bools) -> Flips | Uncomputable:
    """The counts behind `flip_test`, with the same arguments."""
    if not disadvantaged.any():
        return NO_DISADVANTAGED
    if disadvantaged.all():
        return NO_ADVANTAGED
    if not features.shape[1]:
        return Uncomputable("there are no feature columns to find neighbours by")
    if not np.isfinite(features).all():
        return Uncomputable("a feature has missing or infinite values, which have no distance")
    if np.abs(features).max() > LARGEST:
        return Uncomputable("a feature has values too large for a distance")
    people, targets = features[~disadvantaged], features[disadvantaged]
    wanted = NEIGHBORS if len(people) >= FEW_ROWS else 1
    close = _tree(targets).indices  # asked one after the other, near targets share the cache
    expected = _vote(people, predicted[~disadvantaged], targets[close], wanted)
    own = predicted[disadvantaged][close]
    favoured, passed_over = np.count_nonzero(own & ~expected), np.count_nonzero(~own & expected)
    return Flips(int(favoured), int(passed_over), own.size)


def _tree(points: Floats) -> Any:
    # Loading it takes a third of a second, and nothing but the flip test needs it.
    from scipy.spatial import cKDTree

    return cKDTree(points)


def _vote(people: Floats, accepted: Bools, targets: Floats, wanted: int) -> Bools:
    """Whether most of the `wanted` nearest people of each target are accepted."""
    size = min(wanted + 1, len(people))
    distances, nearest = _tree(people).query(targets, k=np.arange(1, size + 1), workers=-1)
    won: Bools = 2 * accepted[nearest[:, :wanted]].sum(axis=1) > wanted
    if size > wanted:
        tied = distances[:, wanted] == distances[:, wanted - 1]
        if tied.any():
            won[tied] = _vote_with_ties(people, accepted, targets[tied], wanted)
    return won


def _vote_with_ties(people: Floats, accepted: Bools, targets: Floats, wanted: int) -> Bools:
    """The same vote, the last places shared among all who are equally far.

    Equal people are put together first: then a tie is a matter of geometry and small,
    however many people there are.
    """
    places, member = np.unique(people, axis=0, return_inverse=True)
    crowd = np.bincount(member.ravel(), minlength=len(places))
    yes = np.bincount(member.ravel(), accepted, len(places))
    tree = _tree(places)
    won = np.zeros(len(targets), dtype=np.bool_)
    open_rows, size = np.arange(len(targets)), 2 * wanted
    while open_rows.size:
        size = min(size, len(places))
        distances, nearest = tree.query(targets[open_rows], k=np.arange(1, size + 1), workers=-1)
        reached = np.cumsum(crowd[nearest], axis=1)
        last = np.argmax(reached >= wanted, axis=1)
        limit = np.take_along_axis(distances, last[:, None], axis=1)
        enough = reached[:, -1] >= wanted
        done = enough & ((distances[:, -1] > limit[:, 0]) | (size == len(places)))
        inside, shell = distances < limit, distances == limit
        votes = (yes[nearest] * inside).sum(axis=1)
        room = wanted - (crowd[nearest] * inside).sum(axis=1)
        tied_yes, tied = ((count[nearest] * shell).sum(axis=1) for count in (yes, crowd))
        won[open_rows[done]] = (2 * (votes * tied + room * tied_yes) > wanted * tied)[done]
        open_rows, size = open_rows[~done], size * 2
    return won
