"""A saved model of trees as its Shapley values see it: scikit-learn's ensembles → arrays.

Needs     a fitted pipeline of RowEncoder and a tree ensemble, and baseline rows of text
Gives     an explainer, or None where the answer is no sum of trees

The trees ask about what the encoder made of a column: several numbers of one column are one
player. scikit-learn compares 32-bit numbers with its thresholds, and so must we.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from monitoring.measures.attribution import Explained, logit
from monitoring.measures.trees import Tree, tree_shapley_values
from serving.encoder import RowEncoder, Rows
from serving.schema import Row

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Cells = npt.NDArray[np.object_]
Scale = Literal["log_odds", "probability"]


@dataclass(frozen=True, slots=True, eq=False)
class TreeExplainer:
    """Exact values of one model against its baseline rows, on one scale."""

    answers: Callable[[Cells], Floats]
    """The model; NaN for a row it refuses."""
    encoder: RowEncoder
    trees: tuple[Tree, ...]
    players: Ints
    """For each number the encoder makes, the place of its column in the rows."""
    places: Ints
    """Where the rows have the columns that the encoder reads."""
    baseline: Floats
    expected: Floats

    @classmethod
    def of(
        cls,
        answers: Callable[[Cells], Floats],
        pipeline: Pipeline,
        places: Ints,
        baseline: Cells,
        use_logit: bool,
    ) -> Self | None:
        """The explainer of a pipeline; None where its answer is no sum of trees.

        With the logit a mean over several baseline rows would be taken before it, and is no
        sum either.
        """
        encoder, model = pipeline[0], pipeline[-1]
        trees = _boosted(model) if use_logit else _forest(model)
        if len(pipeline) != 2 or not isinstance(encoder, RowEncoder) or not trees:
            return None
        answered = answers(baseline)
        if (use_logit and len(baseline) > 1) or not np.isfinite(answered).all():
            return None
        expected = logit(answered) if use_logit else answered
        return cls(
            answers,
            encoder,
            trees,
            players=places[_columns(encoder)],
            places=places,
            baseline=_encoded(encoder, baseline[:, places]),
            expected=expected.mean(axis=0),
        )

    def explain(self, rows: Cells) -> Explained:
        """Local values; NaN in a row the model refuses."""
        values = np.full((*rows.shape, 1), np.nan)
        answered = np.isfinite(self.answers(rows)).all(axis=1)
        if answered.any():
            values[answered] = 0.0
            encoded = _encoded(self.encoder, rows[answered][:, self.places])
            found = tree_shapley_values(self.trees, encoded, self.baseline, self.players)
            values[answered, : found.shape[1]] = found
        return Explained(values, int(np.count_nonzero(~answered)))


def tree_values(
    pipeline: Pipeline, background: Sequence[Row]
) -> tuple[Scale, Callable[[Row], Floats]] | None:
    """What each column adds to the model's own sum, against the mean over background rows.

    The sum is a probability for a forest and log-odds for boosted trees. The values of a row
    are (columns of the row). None where the model is no sum of trees.
    """
    encoder, model = pipeline[0], pipeline[-1]
    forest = _forest(model)
    trees = forest or _boosted(model)
    if len(pipeline) != 2 or not isinstance(encoder, RowEncoder) or not trees:
        return None
    players = np.array(_columns(encoder))
    baseline = _encoded(encoder, background)

    def values(row: Row) -> Floats:
        found = np.zeros(len(row))
        told = tree_shapley_values(trees, _encoded(encoder, [row]), baseline, players)[0, :, 0]
        found[: len(told)] = told
        return found

    return "probability" if forest else "log_odds", values


def _encoded(encoder: RowEncoder, rows: Rows) -> Floats:
    return encoder.transform(list(rows)).astype(np.float32).astype(np.float64)


def _columns(encoder: RowEncoder) -> Ints:
    """The column, in the encoder's order of columns, of each number it makes."""
    blocks = [
        *(
            (at, max(len(edges), 1))
            for at, edges in zip(encoder.numeric, encoder.edges_, strict=True)
        ),
        *(
            (at, len(categories) + 2)
            for at, categories in zip(encoder.categorical, encoder.categories_, strict=True)
        ),
    ]
    return np.repeat([at for at, _ in blocks], [width for _, width in blocks])


def _forest(model: Any) -> tuple[Tree, ...]:
    """The trees whose sum is the probability of the second class."""
    if isinstance(model, DecisionTreeClassifier):
        members = [model]
    elif isinstance(model, RandomForestClassifier | ExtraTreesClassifier):
        members = list(model.estimators_)
    else:
        return ()
    if len(model.classes_) != 2:
        return ()
    return tuple(_tree(one.tree_, _share(one.tree_) / len(members)) for one in members)


def _share(tree: Any) -> Floats:
    counts: Floats = tree.value[:, 0, :]
    shares: Floats = counts[:, 1:2] / counts.sum(axis=1, keepdims=True)
    return shares


def _boosted(model: Any) -> tuple[Tree, ...]:
    """The trees whose sum, and a constant, is the logit of the probability."""
    if not isinstance(model, GradientBoostingClassifier) or len(model.classes_) != 2:
        return ()
    if model.loss != "log_loss" or model.init not in (None, "zero"):
        return ()
    return tuple(
        _tree(one.tree_, one.tree_.value[:, :, 0] * model.learning_rate)
        for one in model.estimators_[:, 0]
    )


def _tree(tree: Any, value: Floats) -> Tree:
    return Tree(
        left=tree.children_left,
        right=tree.children_right,
        feature=np.maximum(tree.feature, 0),
        threshold=tree.threshold,
        value=value,
    )
