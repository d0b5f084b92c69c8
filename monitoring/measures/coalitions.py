"""Which coalitions of features a model is asked about, and what each answer weighs.

Needs     the number of features, and how many coalitions may be asked for
Gives     coalitions and Shapley kernel weights; from their answers, Shapley values

Coalitions depend on the number of features alone, so every row shares them, and so does
the matrix that solves for the values. Where all 2^M - 2 coalitions fit the budget, the
values are exact; below that they are estimates, and another seed gives others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

LEAST_SINGULAR = 1e-10
"""Of the largest singular value: directions below it were not asked about."""
SPARSE = 4
"""Draws are looked up in the list of all coalitions unless it is this many times as long."""


@dataclass(frozen=True, slots=True, eq=False)
class Coalitions:
    """Coalitions of M features, neither the empty one nor the whole among them."""

    members: Bools
    """(coalitions, M): whether the feature has the row's value, not the baseline's."""
    projection: Floats
    """(M, coalitions): from answers, less each coalition's even share, to Shapley values."""
    exact: bool
    """Whether these are all coalitions there are."""

    @property
    def features(self) -> int:
        """M."""
        return int(self.members.shape[1])

    def shapley_values(self, empty: Floats, answers: Floats, whole: Floats) -> Floats:
        """The values of M features for many rows and labels.

        `answers` is (rows, coalitions, labels); `empty` (labels) is the model's answer
        without any of the row's values, `whole` (rows, labels) with all of them. Gives
        (rows, M, labels); over the features it sums up to `whole - empty`.

        This is the weighted least-squares problem of Lundberg and Lee (NeurIPS 2017,
        theorem 2) with its constraint put in, and no penalty: all rows are one product.

        >>> both = coalitions(2, num_samples=2)
        >>> answers = np.where(both.members[:, 0], 3.0, 1.0)[None, :, None]
        >>> both.shapley_values(np.zeros(1), answers, np.array([[6.0]])).ravel()
        array([4., 2.])
        """
        share = (whole - empty) / self.features
        size = self.members.sum(axis=1)
        rest = answers - empty - size[:, None] * share[:, None, :]
        values: Floats = share[:, None, :] + np.einsum("kn,rnl->rkl", self.projection, rest)
        return values


@lru_cache(maxsize=512)
def coalitions(features: int, num_samples: int, seed: int = 0) -> Coalitions:
    """At most `num_samples` coalitions of `features` features; all there are, if they fit.

    A coalition is always drawn with its complement, which cancels every interaction of an
    even order. Sizes have fixed numbers of draws, without replacement: only which
    coalitions of a size are asked about is left to chance, and to the seed.

    >>> coalitions(3, num_samples=6).exact, len(coalitions(20, num_samples=100).members)
    (True, 100)
    """
    if features < 1 or num_samples < 2:
        raise ValueError("it takes one feature and a coalition with its complement")
    if features == 1:
        return Coalitions(np.empty((0, 1), np.bool_), np.empty((1, 0)), exact=True)
    generator = np.random.default_rng((seed, features))
    members, weights, exact = [], [], True
    for size, pairs in _pairs_by_size(features, num_samples // 2).items():
        drawn = _drawn(features, size, pairs, generator)
        exact = exact and pairs == _all_pairs(features, size)
        both = np.concatenate([drawn, ~drawn])
        members.append(both)
        weights.append(np.full(len(both), _kernel_weight(features, size) / max(len(both), 1)))
    chosen = np.concatenate(members)
    return Coalitions(chosen, _projection(chosen, np.concatenate(weights)), exact)


def _kernel_weight(features: int, size: int) -> float:
    """Of all coalitions of a size and of its complement's, relative to other sizes."""
    both = 1 if 2 * size == features else 2
    return both / (size * (features - size))


def _all_pairs(features: int, size: int) -> int:
    """Coalitions of a size, each together with its complement."""
    number = math.comb(features, size)
    return number // 2 if 2 * size == features else number


def _pairs_by_size(features: int, pairs: int) -> dict[int, int]:
    """How many pairs to draw of each size up to the half.

    In proportion to the root of the size's kernel weight, between the usual choice (the
    weight itself, which asks the middle sizes rarely) and an even one (which leaves too few
    draws for single features when there are few in all). A size that would get more pairs
    than it has gets all, and the others share what is left.
    """
    wanted = {size: math.sqrt(_kernel_weight(features, size)) for size in _sizes(features)}
    found: dict[int, int] = {}
    while wanted:
        unit = (pairs - sum(found.values())) / sum(wanted.values())
        full = [size for size in wanted if unit * wanted[size] >= _all_pairs(features, size)]
        if not full:
            return dict(sorted({**found, **_rounded(wanted, unit)}.items()))
        for size in full:
            found[size] = _all_pairs(features, size)
            del wanted[size]
    return dict(sorted(found.items()))


def _rounded(wanted: dict[int, float], unit: float) -> dict[int, int]:
    """Shares as whole numbers with the same sum (largest remainders first)."""
    found = {size: int(unit * weight) for size, weight in wanted.items()}
    missing = round(unit * sum(wanted.values())) - sum(found.values())
    by_remainder = sorted(wanted, key=lambda size: found[size] - unit * wanted[size])
    for size in by_remainder[:missing]:
        found[size] += 1
    return found


def _sizes(features: int) -> range:
    return range(1, features // 2 + 1)


def _drawn(features: int, size: int, pairs: int, generator: np.random.Generator) -> Bools:
    """`pairs` different coalitions of a size, no one another's complement."""
    every = _all_pairs(features, size)
    if every > SPARSE * pairs:
        return _picked(features, size, pairs, generator)
    listed = np.array(list(_combinations(features, size)))
    chosen = generator.choice(every, pairs, replace=False) if pairs < every else np.arange(every)
    members = np.zeros((pairs, features), np.bool_)
    np.put_along_axis(members, listed[chosen], True, axis=1)
    return members


def _picked(features: int, size: int, pairs: int, generator: np.random.Generator) -> Bools:
    """The same, drawn until enough of them differ."""
    members = np.empty((0, features), np.bool_)
    while len(members) < pairs:
        order = generator.random((2 * (pairs - len(members)), features)).argsort(axis=1)
        more = order < size
        if 2 * size == features:
            more ^= ~more[:, :1]
        members = np.concatenate([members, more])
        _, first = np.unique(np.packbits(members, axis=1), axis=0, return_index=True)
        members = members[np.sort(first)]
    return members[:pairs]


def _combinations(features: int, size: int) -> Iterator[tuple[int, ...]]:
    """Every coalition of a size; of a half of the features, those with the first one."""
    every = combinations(range(features), size)
    return (each for each in every if each[0] == 0) if 2 * size == features else every


def _projection(members: Bools, weights: Floats) -> Floats:
    """The matrix that solves the weighted least squares, its values summing up to 0.

    Taking the row means off makes the constraint part of the problem and treats every
    feature alike, also where there are fewer coalitions than features: what was not asked
    about is then shared evenly.
    """
    centred = members - members.mean(axis=1, keepdims=True)
    scaled = centred * weights[:, None]
    inverse = np.linalg.pinv(centred.T @ scaled, rcond=LEAST_SINGULAR, hermitian=True)
    projection: Floats = inverse @ scaled.T
    return projection
