"""Rows → the few that stand for them: k-means, and k-prototypes where columns hold words.

Needs     numbers without gaps, and words as codes, a row per row; how many clusters, and a seed
Gives     Clusters: each one's mean of every number and its most frequent word

A number's distance is counted in standard deviations of its column, a word that differs
counts as half of one squared (Huang's gamma for columns of that scale). Without words it
is k-means. Starts are drawn, and the best of several kept; one seed gives one answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

MOST_CLUSTERS = 12
"""Tried where nobody says how many. UNCONFIRMED: the SDK does not say Clarify's default."""
STARTS = 3
MOST_ROUNDS = 100
ROUNDING = 1e-12
"""A column that varies by less, beside its largest value, is constant."""
LARGEST = 1e150
"""Beyond it a squared number may overflow."""
WORD_WEIGHT = 0.5
"""Half the standard deviation of the numbers, which is 1 here: gamma, after Huang (1997)."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """What the rows were put together by, the largest cluster first."""

    numbers: Floats
    """(clusters, columns): means."""
    words: Codes
    """(clusters, columns): the most frequent codes, the lower of two that are equally so."""
    sizes: Codes
    """Rows of each."""
    cost: float
    """Distances of all rows from their cluster's centre, added up."""


def prototypes(numbers: Floats, words: Codes, clusters: int, seed: int = 0) -> Clusters:
    """At most so many clusters: there are no more than distinct rows.

    `numbers` is (rows, columns), finite and within LARGEST, `words` (rows, columns) of codes
    from 0; one of the two may have no columns. Raises ValueError without rows.
    Source: Huang, "Clustering large data sets with mixed numeric and categorical values"
    (PAKDD 1997); starts after Arthur & Vassilvitskii, "k-means++" (SODA 2007).

    >>> found = prototypes(np.array([[1.0], [1.2], [9.0]]), np.array([[0], [0], [1]]), 2)
    >>> found.numbers.round(1).tolist(), found.words.tolist(), found.sizes.tolist()
    ([[1.1], [9.0]], [[0], [1]], [2, 1])
    """
    rows = _Rows.of(numbers, words)
    best = min((rows.settled(clusters, draw) for draw in _draws(seed)), key=lambda found: found[1])
    return rows.clusters(*best)


def prototypes_by_elbow(
    numbers: Floats, words: Codes, most: int = MOST_CLUSTERS, seed: int = 0
) -> Clusters:
    """As many clusters as pay: where the curve of their cost bends most.

    The bend is the point farthest below the line from one cluster to `most`; one where there
    is none. Source: Satopaa et al., "Finding a 'Kneedle' in a haystack" (ICDCSW 2011).

    >>> rows = np.repeat([[0.0], [50.0], [100.0]], 20, axis=0)
    >>> prototypes_by_elbow(rows, np.empty((60, 0), dtype=np.int64)).numbers.ravel().tolist()
    [0.0, 50.0, 100.0]
    """
    tried = [prototypes(numbers, words, number, seed) for number in range(1, most + 1)]
    return tried[elbow([found.cost for found in tried])]


def elbow(costs: list[float]) -> int:
    """The place in falling costs after which more buys little.

    >>> elbow([10, 2, 1.5, 1.2, 1]), elbow([4, 3, 2, 1]), elbow([0, 0])
    (1, 0, 0)
    """
    falling = np.minimum.accumulate(np.array(costs, dtype=np.float64))
    drop = falling[0] - falling[-1]
    if len(costs) < 2 or not drop > 0:
        return 0
    below = (falling[0] - falling) / drop - np.linspace(0, 1, falling.size)
    # Rounding must not make an elbow of a straight line.
    return int(np.argmax(below.round(9)))


def _draws(seed: int) -> list[np.random.Generator]:
    return [np.random.default_rng((seed, start)) for start in range(STARTS)]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows, in units that can be added."""

    scaled: Floats
    words: Codes
    original: Floats

    @classmethod
    def of(cls, numbers: Floats, words: Codes) -> _Rows:
        if not len(numbers):
            raise ValueError("there are no rows to put together")
        deviation = numbers.std(axis=0)
        constant = deviation <= ROUNDING * np.abs(numbers).max(axis=0, initial=0.0)
        away = (numbers - numbers.mean(axis=0)) / np.where(constant, 1.0, deviation)
        return cls(np.where(constant, 0.0, away), words, numbers)

    def settled(self, clusters: int, draw: np.random.Generator) -> tuple[Codes, float]:
        """Each row's cluster after Lloyd's rounds, and what that costs."""
        places = self._starts(clusters, draw)
        centres, modes = self.scaled[places], self.words[places]
        member = np.full(len(self.words), -1)
        for _ in range(MOST_ROUNDS):
            far = self._distances(centres, modes)
            found = far.argmin(axis=1)
            if np.array_equal(found, member):
                break
            member = self._filled(found, far)
            centres, modes = self._means(self.scaled, member), self._modes(member)
        far = self._distances(centres, modes)
        return member, float(far[np.arange(len(member)), member].sum())

    def clusters(self, member: Codes, cost: float) -> Clusters:
        numbers, words = self._means(self.original, member), self._modes(member)
        sizes = np.bincount(member)
        order = np.lexsort((*words.T[::-1], *numbers.T[::-1], -sizes))
        return Clusters(numbers[order], words[order], sizes[order], cost)

    def _starts(self, clusters: int, draw: np.random.Generator) -> Codes:
        """Rows to begin with, each drawn by its distance from those before; all differ."""
        places = [int(draw.integers(len(self.words)))]
        nearest = self._distances(self.scaled[places], self.words[places])[:, 0]
        while len(places) < clusters and nearest.any():
            reached = np.cumsum(nearest)
            at = int(np.searchsorted(reached, draw.random() * reached[-1], side="right"))
            places.append(min(at, int(np.flatnonzero(nearest)[-1])))
            last = places[-1:]
            further = self._distances(self.scaled[last], self.words[last])[:, 0]
            nearest = np.minimum(nearest, further)
        return np.array(places)

    def _distances(self, centres: Floats, modes: Codes) -> Floats:
        """(rows, clusters)."""
        far = np.empty((len(self.words), len(centres)))
        for at, (centre, mode) in enumerate(zip(centres, modes, strict=True)):
            away = self.scaled - centre
            far[:, at] = np.einsum("ij,ij->i", away, away)
            far[:, at] += WORD_WEIGHT * np.count_nonzero(self.words != mode, axis=1)
        return far

    @staticmethod
    def _filled(member: Codes, far: Floats) -> Codes:
        """Without empty clusters: each takes the row that is farthest from its centre."""
        sizes = np.bincount(member, minlength=far.shape[1])
        for empty in np.flatnonzero(sizes == 0):
            away = np.where(sizes[member] > 1, far[np.arange(len(member)), member], -1.0)
            row = int(away.argmax())
            sizes[member[row]] -= 1
            sizes[empty] += 1
            member[row] = empty
        return member

    @staticmethod
    def _means(numbers: Floats, member: Codes) -> Floats:
        sizes = np.bincount(member)
        means = np.empty((sizes.size, numbers.shape[1]))
        for at, column in enumerate(numbers.T):
            means[:, at] = np.bincount(member, column) / sizes
        return means

    def _modes(self, member: Codes) -> Codes:
        clusters = int(member.max()) + 1
        modes = np.empty((clusters, self.words.shape[1]), dtype=np.int64)
        for at, codes in enumerate(self.words.T):
            kinds = int(codes.max()) + 1
            counts = np.bincount(member * kinds + codes, minlength=clusters * kinds)
            modes[:, at] = counts.reshape(clusters, kinds).argmax(axis=1)
        return modes
