"""Exact Shapley values of tree ensembles: the same game as Kernel SHAP's, without sampling.

Needs     the trees as arrays, rows and baseline rows as the numbers the trees compare
Gives     Shapley values per row, player and label

A leaf counts for a coalition when every feature on its path leads there, be it with the
row's value or the baseline's. So of each row and each baseline row only that much matters:
on which of the path's features it leads there. Rows that agree in it are computed once,
and a hundred baseline rows cost hardly more than one.

The model's answer must be the *sum* of its trees: a probability that is a logistic
function of a sum is not, its logit is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DEEPEST = 62
"""Different features on one path; they are bits of a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A binary tree, node by node; the first one is the root."""

    left: Ints
    """Place of the child where the feature is at most the threshold; -1 in a leaf."""
    right: Ints
    feature: Ints
    threshold: Floats
    value: Floats
    """(nodes, labels): what a leaf adds to the answer."""


class Leaf(NamedTuple):
    """A leaf, and the way to it."""

    place: int
    nodes: Ints
    lefts: Bools
    """Whether the way goes left at each of the nodes."""


def leaves(tree: Tree) -> Iterator[Leaf]:
    """Every leaf of a tree."""
    waiting: list[tuple[int, tuple[int, ...], tuple[bool, ...]]] = [(0, (), ())]
    while waiting:
        place, nodes, lefts = waiting.pop()
        if tree.left[place] < 0:
            yield Leaf(place, np.array(nodes, np.int64), np.array(lefts, np.bool_))
            continue
        path = (*nodes, place)
        waiting.append((int(tree.right[place]), path, (*lefts, False)))
        waiting.append((int(tree.left[place]), path, (*lefts, True)))


def tree_shapley_values(
    trees: Sequence[Tree], rows: Floats, baseline: Floats, players: Ints | None = None
) -> Floats:
    """Values (rows, players, labels); over the players they sum up to answer - expected.

    `players` says for each feature of the trees whose it is, where several were made of
    one column; without it each is its own. The expected answer is the baseline rows' mean.

    >>> stump = Tree(np.array([1, -1, -1]), np.array([2, -1, -1]), np.array([0, 0, 0]),
    ...     np.array([0.5, 0.0, 0.0]), np.array([[0.0], [1.0], [3.0]]))
    >>> tree_shapley_values([stump], np.array([[1.0, 7.0]]), np.array([[0.0, 0.0]])).ravel()
    array([2., 0.])
    """
    owners = np.arange(rows.shape[1]) if players is None else players
    labels = trees[0].value.shape[1]
    values = np.zeros((len(rows), int(owners.max()) + 1, labels))
    for tree in trees:
        rows_left = rows[:, tree.feature] <= tree.threshold
        baseline_left = baseline[:, tree.feature] <= tree.threshold
        for leaf in leaves(tree):
            if not leaf.nodes.size:
                continue
            of_path, bits = np.unique(owners[tree.feature[leaf.nodes]], return_inverse=True)
            if of_path.size > DEEPEST:
                raise ValueError(f"a path asks {of_path.size} features, more than {DEEPEST}")
            leading, like = np.unique(_leading(rows_left, leaf, bits), return_inverse=True)
            others, counts = np.unique(_leading(baseline_left, leaf, bits), return_counts=True)
            share = _shares(leading, others, counts / len(baseline), of_path.size)[like.ravel()]
            values[:, of_path] += share[:, :, None] * tree.value[leaf.place]
    return values


def _leading(left: Bools, leaf: Leaf, bits: Ints) -> Ints:
    """For each row a number whose bits say which of the path's features lead to the leaf."""
    found = np.full(len(left), (1 << int(bits.max() + 1)) - 1, np.int64)
    for node, goes_left, bit in zip(leaf.nodes, leaf.lefts, bits.ravel(), strict=True):
        found &= ~np.where(left[:, node] == goes_left, 0, 1 << int(bit))
    return found


def _shares(rows: Ints, baseline: Ints, weights: Floats, features: int) -> Floats:
    """(rows, features): Shapley values of a leaf worth 1, averaged over the baseline rows.

    With n features that only the row leads by, and m that only the baseline row does, the
    leaf counts for a coalition that holds all the n and none of the m.
    """
    one, other = rows[:, None], baseline[None, :]
    reached = (one | other) == (1 << features) - 1
    only_row, only_baseline = one & ~other, other & ~one
    n, m = np.bitwise_count(only_row), np.bitwise_count(only_baseline)
    gained, lost = _weights(features)
    gains = np.where(reached, gained[n, m], 0.0) * weights
    losses = np.where(reached, lost[n, m], 0.0) * weights
    shares = np.empty((len(rows), features))
    for bit in range(features):
        mask = 1 << bit
        won = np.where(only_row & mask, gains, 0.0) - np.where(only_baseline & mask, losses, 0.0)
        shares[:, bit] = won.sum(axis=1)
    return shares


@cache
def _weights(features: int) -> tuple[Floats, Floats]:
    """What each of n, and each of m, features is owed: (n-1)! m! / (n+m)!, n! (m-1)! / (n+m)!."""
    gained = np.zeros((features + 1, features + 1))
    for n in range(1, features + 1):
        for m in range(features + 1 - n):
            gained[n, m] = 1.0 / (n * math.comb(n + m, n))
    return gained, gained.T.copy()
