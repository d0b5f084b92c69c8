"""Adversarial: what is the smallest plausible change to a row that flips its decision?

Needs     answered test rows; the spreads of the training rows
Gives     `adversarial` of evaluation.json

Every plausible change of one feature is tried (`plausible.py`). Where none flips the decision,
the one that comes nearest is kept and a second feature is changed: greedy, so that a smaller
pair may exist. A decision that flips by a facet alone is treatment by group, and is counted
by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from pipelines.evaluation.answered import Answered, ask
from pipelines.evaluation.plausible import RANKS, Change, changes
from pipelines.evaluation.spread import Spread
from pipelines.models.base import Model
from serving.model import Predictor
from serving.schema import Row

MOST_ROWS, SEED = 100, 17
"""Rows of each decision: a model that says yes once in a hundred times is asked of both."""


class Tried(NamedTuple):
    """A change, and what the model says then."""

    change: Change
    probability: float
    decision: int


class Found(NamedTuple):
    """What flips one row's decision."""

    columns: tuple[int, ...]
    """Of the smallest change that was found: one, two, or none."""
    size: float
    alone: frozenset[int]
    """All columns of which one change is enough."""


def measure(
    predictor: Predictor, model: Model, test: Answered, spreads: Sequence[Spread]
) -> dict[str, Any]:
    """By decision: how many rows flip, by how large a change, by which features."""
    facets = {facet.column for facet in model.facets}
    blocks = {}
    for decision in (0, 1):
        members = test.take(np.flatnonzero(test.predictions == decision))
        found = search(predictor, members.sample(MOST_ROWS, SEED), decision, spreads)
        blocks[str(decision)] = _block(found, model.schema.names, facets)
    return {"between_ranks": [RANKS[0], RANKS[-1]], "by_decision": blocks}


def search(
    predictor: Predictor, rows: Answered, decision: int, spreads: Sequence[Spread]
) -> list[Found]:
    """The smallest flip of each row, all of which have this decision now."""
    found: dict[int, Found] = {}
    nearest: dict[int, Tried] = {}
    for at, tried in enumerate(_try(predictor, rows.rows, spreads)):
        flips = [each.change for each in tried if each.decision != decision]
        if flips:
            best = min(flips, key=lambda change: (change.size, change.at))
            found[at] = Found((best.at,), best.size, frozenset(flip.at for flip in flips))
        elif tried:
            towards = 1 if decision == 0 else -1
            nearest[at] = max(tried, key=lambda each: towards * each.probability)
    changed = [first.change.of(rows.rows[at]) for at, first in nearest.items()]
    seconds = _try(predictor, changed, spreads)
    for (at, first), tried in zip(nearest.items(), seconds, strict=True):
        flips = [
            each.change
            for each in tried
            if each.decision != decision and each.change.at != first.change.at
        ]
        if flips:
            best = min(flips, key=lambda change: (change.size, change.at))
            columns = tuple(sorted((first.change.at, best.at)))
            found[at] = Found(columns, first.change.size + best.size, frozenset())
    return [found.get(at, Found((), 0.0, frozenset())) for at in range(len(rows.rows))]


def _try(predictor: Predictor, rows: Sequence[Row], spreads: Sequence[Spread]) -> list[list[Tried]]:
    """Every plausible change of one cell of each row, all asked about in one go."""
    proposed = changes(rows, spreads)
    changed = [change.of(row) for row, own in zip(rows, proposed, strict=True) for change in own]
    if not changed:
        return [[] for _ in rows]
    answers = zip(*(each.tolist() for each in ask(predictor, changed)), strict=True)
    return [
        [
            Tried(change, *answer)
            for change, answer in zip(own, islice(answers, len(own)), strict=True)
        ]
        for own in proposed
    ]


def _block(found: Sequence[Found], names: Sequence[str], facets: set[str]) -> dict[str, Any]:
    flipped = [each for each in found if each.columns]
    ones = [each for each in flipped if len(each.columns) == 1]
    of_facets = {at for at, name in enumerate(names) if name in facets}
    features = [_feature(at, name, flipped) for at, name in enumerate(names)]
    features = [each for each in features if each["flipped_alone"] or each["in_pairs"]]
    features.sort(key=lambda each: (-each["flipped_alone"], -each["in_pairs"], each["feature"]))
    return {
        "rows": len(found),
        "flipped_by_one": len(ones),
        "flipped_by_two": len(flipped) - len(ones),
        "not_flipped": len(found) - len(flipped),
        "flipped_by_a_facet_alone": sum(bool(each.alone & of_facets) for each in found),
        "median_change": _median([each.size for each in flipped]),
        "features": features,
    }


def _feature(at: int, name: str, flipped: Sequence[Found]) -> dict[str, Any]:
    smallest = [each.size for each in flipped if each.columns == (at,)]
    return {
        "feature": name,
        "flipped_alone": sum(at in each.alone for each in flipped),
        "smallest_alone": len(smallest),
        "median_change": _median(smallest),
        "in_pairs": sum(len(each.columns) == 2 and at in each.columns for each in flipped),
    }


def _median(sizes: Sequence[float]) -> float | None:
    return float(np.median(sizes)) if sizes else None
