"""Kernel SHAP: what each feature adds to the model's answer for a row.

Needs     rows to explain, baseline rows, and a model that answers rows
Gives     Shapley values per row, feature and label; over many rows, global values

The game is the interventional one: features outside a coalition have the baseline's
values, however unlikely beside the others. A feature that equals the baseline in a row
has value 0 there, and is no player: the rest share the budget of coalitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import (
    Any,
    Literal,
    NamedTuple,
    Protocol,
    Self,
    TypeAlias,
    get_args,
    runtime_checkable,
)

import numpy as np
import numpy.typing as npt

from monitoring.measures.coalitions import Bools, Coalitions, Floats, coalitions
from monitoring.measures.outcome import Uncomputable

Rows: TypeAlias = npt.NDArray[Any]
"""(n, features): cells of text with None where empty, or numbers."""
Predict: TypeAlias = Callable[[Rows], Floats]
"""A model: rows to answers (n, labels). A row it refuses is NaN in its answer."""

AggregationMethod = Literal["mean_abs", "median", "mean_sq"]
AGGREGATION_METHODS: tuple[AggregationMethod, ...] = get_args(AggregationMethod)

PREDICTED_AT_ONCE = 1 << 16
"""Made-up rows a model is handed in one call, at least one coalition's: bounds the memory."""
SMALLEST_PROBABILITY = 1e-12
"""Probabilities are kept this far from 0 and 1 before their logit is taken."""


class NotExplainableError(ValueError):
    """The model answers so that there is nothing to explain; the message says how."""


class Explained(NamedTuple):
    """Some rows' local values."""

    values: Floats
    """(rows, features, labels); NaN in a row the model refused."""
    refused: int
    """How many rows those are."""


class Explainer(Protocol):
    """What gives the values of one model against its baseline rows."""

    @property
    def expected(self) -> Floats:
        """(labels): the answer without any of a row's values."""

    def explain(self, rows: Rows) -> Explained:
        """Local values of the rows."""


@runtime_checkable
class Exact(Protocol):
    """A model that knows its own values, without being asked coalition by coalition."""

    def exact(self, baseline: Rows, use_logit: bool) -> Explainer | None:
        """Its explainer; None where the values of this scale have no closed form."""


@dataclass(frozen=True, slots=True, eq=False)
class KernelShap:
    """Kernel SHAP of one model against its baseline rows.

    >>> def total(rows):
    ...     return rows.sum(axis=1, keepdims=True)
    >>> shap = KernelShap.of(total, baseline=np.array([[1.0, 1.0]]), num_samples=2)
    >>> shap.expected, shap.explain(np.array([[4.0, 1.0]])).values.ravel()
    (array([2.]), array([3., 0.]))
    """

    predict: Predict
    baseline: Rows
    """(baseline rows, features)."""
    expected: Floats
    """(labels): the model's answer for the baseline rows, averaged; its logit if asked for."""
    num_samples: int
    """Coalitions per row, each asked about once per baseline row."""
    seed: int = 0
    use_logit: bool = False

    @classmethod
    def of(
        cls,
        predict: Predict,
        baseline: Rows,
        num_samples: int,
        seed: int = 0,
        use_logit: bool = False,
    ) -> Self:
        """Ask the model about its baseline rows.

        Raises NotExplainableError when it refuses one.
        """
        answers = predict(baseline)
        if not np.isfinite(answers).all():
            raise NotExplainableError("the model refuses a row of its own baseline")
        expected = answers.mean(axis=0)
        if use_logit:
            expected = logit(expected)
        return cls(predict, baseline, expected, num_samples, seed, use_logit)

    def explain(self, rows: Rows) -> Explained:
        """Local values of the rows.

        A row's values do not depend on the rows beside it, as long as the model's
        answers do not.
        """
        whole = self._link(self.predict(rows))
        values = np.full((*rows.shape, self.expected.size), np.nan)
        answered = np.flatnonzero(np.isfinite(whole).all(axis=1))
        varying = (rows[answered][:, None, :] != self.baseline).any(axis=1)
        players = varying.sum(axis=1)
        values[answered] = 0.0
        for number in np.unique(players[players > 0]):
            game = coalitions(int(number), self.num_samples, self.seed)
            alike = answered[players == number]
            places = np.nonzero(varying[players == number])[1].reshape(-1, number)
            for start, answers in self._answers(game, rows[alike], places):
                part = slice(start, start + len(answers))
                found = game.shapley_values(self.expected, answers, whole[alike[part]])
                values[alike[part][:, None], places[part]] = found
        refused = ~np.isfinite(values).all(axis=(1, 2))
        values[refused] = np.nan
        return Explained(values, int(np.count_nonzero(refused)))

    def _answers(
        self, game: Coalitions, rows: Rows, places: npt.NDArray[np.intp]
    ) -> Iterator[tuple[int, Floats]]:
        """Answers (rows, coalitions, labels) for some rows at a time, with the first one's index.

        `places` (rows, players) are the columns of each row's players.
        """
        number, backgrounds, labels = len(game.members), len(self.baseline), self.expected.size
        together = max(1, PREDICTED_AT_ONCE // max(number * backgrounds, 1))
        at_once = max(1, PREDICTED_AT_ONCE // backgrounds)
        for start in range(0, len(rows), together):
            part = slice(start, start + together)
            answers = np.empty((len(rows[part]), number, labels))
            for first in range(0, number, at_once):
                members = game.members[first : first + at_once]
                mixed = self._mixed(rows[part], places[part], members)
                raw = self.predict(mixed).reshape(len(answers), len(members), backgrounds, labels)
                answers[:, first : first + at_once] = self._link(raw.mean(axis=2))
            yield start, answers

    def _mixed(self, rows: Rows, places: npt.NDArray[np.intp], members: Bools) -> Rows:
        """A made-up row for each row, coalition and baseline row, in this order."""
        present = np.zeros((len(rows), len(members), rows.shape[1]), np.bool_)
        np.put_along_axis(present, places[:, None, :], members[None], axis=2)
        mixed = np.where(present[:, :, None, :], rows[:, None, None, :], self.baseline)
        return mixed.reshape(-1, rows.shape[1])

    def _link(self, answers: Floats) -> Floats:
        return logit(answers) if self.use_logit else answers


def logit(probabilities: Floats) -> Floats:
    """Log-odds. Raises NotExplainableError for answers that are no probabilities.

    >>> logit(np.array([0.5]))
    array([0.])
    """
    if (probabilities < 0).any() or (probabilities > 1).any():
        raise NotExplainableError("the logit was asked for, but the model answers outside 0 to 1")
    p = np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.log(p) - np.log1p(-p)


@dataclass(slots=True)
class GlobalValues:
    """Local values added up until they are aggregated, by one of Clarify's three methods.

    Two of them are sums; the median keeps every value, eight bytes each.

    >>> seen = GlobalValues("mean_abs")
    >>> seen.update(np.array([[[1.0]], [[-3.0]]]))
    >>> seen.result().ravel()
    array([2.])
    """

    method: AggregationMethod
    rows: int = 0
    total: Floats | None = None
    """(features, labels)."""
    kept: list[Floats] = field(default_factory=list)

    def update(self, values: Floats) -> None:
        """Take in local values (rows, features, labels), all of them numbers."""
        self.rows += len(values)
        if self.method == "median":
            self.kept.append(values)
            return
        taken = np.abs(values) if self.method == "mean_abs" else np.square(values)
        summed = taken.sum(axis=0)
        self.total = summed if self.total is None else self.total + summed

    def __add__(self, other: Self) -> Self:
        """Both inputs' values together."""
        if self.method != other.method:
            raise ValueError(f"values of {self.method} and {other.method} do not add up")
        totals = [total for total in (self.total, other.total) if total is not None]
        total = sum(totals[1:], totals[0]) if totals else None
        return type(self)(self.method, self.rows + other.rows, total, self.kept + other.kept)

    def result(self) -> Floats | Uncomputable:
        """(features, labels). Of `median` it is the values' own, and may be negative."""
        if not self.rows:
            return Uncomputable("no row was explained")
        if self.total is not None:
            mean: Floats = self.total / self.rows
            return mean
        medians: Floats = np.median(np.concatenate(self.kept), axis=0)
        return medians
