"""Rows and a model → what each feature added to the answers, aggregated.

Needs     Observations with the model's features, and settings that hold the model
Gives     Attributions, which add up; of all of them an Explanation: analysis.json, and local
          values where wanted

The features are found by name where the data have names, so a table may hold other columns
too. A row that the model refuses is left out and counted; its cells are never shown.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain
from typing import Any, Final, Self

import numpy as np

from monitoring.documents import Documents
from monitoring.errors import CaptureError, NoDataError, UsageError
from monitoring.measures.attribution import (
    Exact,
    Explainer,
    GlobalValues,
    KernelShap,
    NotExplainableError,
    Rows,
)
from monitoring.measures.outcome import Uncomputable
from monitoring.monitors.alignment import all_positional, require_distinct
from monitoring.monitors.base import Batch, Observations
from monitoring.monitors.explainability_settings import Computed, ExplainabilitySettings
from monitoring.monitors.local_values import LocalValues

SHAP_BASELINE: Final = "shap_baseline"
"""Ours, in analysis.json: the baseline rows, where they were computed."""
ROWS_AT_ONCE: Final = 256
"""Rows explained together, whatever the batches: their size then changes no digit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How the model was asked, as far as a reader of the values must know it."""

    features: int
    num_samples: int
    exact: bool
    refused_share: float
    computed: Computed | None = None
    """The baseline rows, where they were not given."""

    @classmethod
    def by(cls, settings: ExplainabilitySettings) -> Self:
        return cls(
            len(settings.baseline[0]),
            settings.num_samples,
            settings.exact,
            settings.refused_share,
            settings.computed,
        )


@dataclass(frozen=True, slots=True)
class Label:
    """What one output of the model owes to each feature, over many rows."""

    name: str
    values: Mapping[str, float]
    expected: float
    """The model's answer for the baseline rows, averaged."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All outputs of the model, and the rows it was asked about."""

    labels: tuple[Label, ...]
    rows: int
    refused: int
    asked: Asked
    local: Documents = field(default_factory=dict)
    """Files of each row's own values, where the settings want them."""

    def document(self) -> dict[str, Any]:
        """analysis.json."""
        explained = {
            label.name: {
                "global_shap_values": dict(label.values),
                "expected_value": label.expected,
            }
            for label in self.labels
        }
        document: dict[str, Any] = {"version": "1.0", "explanations": {"kernel_shap": explained}}
        if (rows := self.asked.computed) is not None:
            document[SHAP_BASELINE] = {
                "features": list(rows.features),
                "rows": [list(row) for row in rows.rows],
            }
        return document


@dataclass(frozen=True, slots=True)
class Attributions:
    """What each feature added in some of the rows. Adds up."""

    asked: Asked
    total: GlobalValues
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    """Of the features and of the model's outputs; empty without rows, when it was not asked."""
    expected: tuple[float, ...] = ()
    seen: int = 0
    """Rows the model was asked about, those it refused among them."""
    local: LocalValues | None = None
    """Each row's own values, where the settings want them; parts are added in order of rows."""

    def __add__(self, other: Self) -> Self:
        known = self if self.seen else other
        total, seen = self.total + other.total, self.seen + other.seen
        local = [part for part in (self.local, other.local) if part is not None]
        return type(self)(
            self.asked,
            total,
            known.names,
            known.labels,
            known.expected,
            seen,
            reduce(operator.add, local) if local else None,
        )

    def explanation(self) -> Explanation:
        """Of all rows. Raises NoDataError without one, CaptureError when too many were refused."""
        if not self.seen:
            raise no_rows()
        _require_answers(self.seen, self.total.rows, self.asked.refused_share)
        values = self.total.result()
        assert not isinstance(values, Uncomputable)
        return Explanation(
            tuple(
                Label(name, dict(zip(self.names, column.tolist(), strict=True)), expected)
                for name, column, expected in zip(self.labels, values.T, self.expected, strict=True)
            ),
            self.total.rows,
            self.seen - self.total.rows,
            self.asked,
            self.local.documents() if self.local else {},
        )


def no_rows() -> NoDataError:
    """What is said of data without a row."""
    return NoDataError(
        "NO_DATA: there is no row to explain. Check that the endpoint had traffic and that its "
        "inputs are captured."
    )


def attributions(data: Iterable[Observations], settings: ExplainabilitySettings) -> Attributions:
    """Ask the model about every row, and add up what each feature added."""
    asked, total = Asked.by(settings), GlobalValues(settings.agg_method)
    batches = (observed.features for observed in data if observed.features.num_rows)
    first = next(batches, None)
    if first is None:
        return Attributions(asked, total)
    names, blocks = _rows(first, batches, settings)
    width = len(settings.baseline[0])
    if len(names) != width:
        raise UsageError(
            f"the baseline rows have {width} values, but there are {len(names)} features; every "
            "feature needs a value for when it is absent. Correct shap.baseline or headers."
        )
    try:
        shap = _explainer(settings)
        labels = _label_names(shap.expected.size, settings.label_headers)
        wanted = _wanted(names, settings.explained)
        explained = tuple(names[place] for place in wanted)
        local = None
        if settings.saves_local_values:
            local = LocalValues(explained, labels, names, settings.baseline)
        seen = 0
        for block in blocks:
            values = shap.explain(block).values[:, wanted]
            seen += len(block)
            total.update(values[np.isfinite(values).all(axis=(1, 2))])
            if local is not None:
                local.write(values)
    except NotExplainableError as error:
        raise UsageError(
            f"{error}. Its values cannot be explained; check shap.baseline, use_logit, and which "
            "part of the answer is the score (predictor.probability, predictor.label)."
        ) from None
    return Attributions(asked, total, explained, labels, tuple(shap.expected.tolist()), seen, local)


def _explainer(settings: ExplainabilitySettings) -> Explainer:
    """Kernel SHAP, or the model's own exact values where the settings want those."""
    baseline = np.array([list(row) for row in settings.baseline], dtype=object)
    if not settings.exact:
        return KernelShap.of(
            settings.predict, baseline, settings.num_samples, settings.seed, settings.use_logit
        )
    model: object = settings.predict
    found = model.exact(baseline, settings.use_logit) if isinstance(model, Exact) else None
    if found is None:
        raise UsageError(
            "shap.exact: this model has no exact values. It takes a saved model of trees whose "
            "sum is the answer: a forest without use_logit, gradient boosting with it and one "
            "baseline row. Take `exact` out to have them estimated."
        )
    return found


def _rows(
    first: Batch, others: Iterable[Batch], settings: ExplainabilitySettings
) -> tuple[tuple[str, ...], Iterator[Rows]]:
    """The features' names, and rows of text in their order, ROWS_AT_ONCE at a time."""
    found = tuple(first.schema.names)
    require_distinct(found)
    places = places_of(found, settings.features)
    names = settings.features or found
    return names, _blocks(chain([first], others), places)


def places_of(found: tuple[str, ...], features: tuple[str, ...]) -> tuple[int, ...]:
    """Where each feature stands: by name, or by place where the data have no names.

    Raises CaptureError naming the features that are not there.
    """
    if not features or (all_positional(found) and len(found) == len(features)):
        return tuple(range(len(found)))
    missing = [name for name in features if name not in found]
    if missing:
        listed = ", ".join(repr(name[:80]) for name in missing[:10])
        raise CaptureError(
            f"{len(missing)} of {len(features)} features are not in the data's {len(found)} "
            f"columns: {listed}. The model cannot be asked without them, so nothing was "
            "evaluated; correct headers in the analysis configuration, or the data."
        )
    return tuple(found.index(name) for name in features)


def _blocks(batches: Iterable[Batch], places: tuple[int, ...]) -> Iterator[Rows]:
    waiting: list[Rows] = []
    held = 0
    for batch in batches:
        cells = [batch.column(place).to_numpy(zero_copy_only=False) for place in places]
        rows = np.empty((batch.num_rows, len(places)), dtype=object)
        for place, column in enumerate(cells):
            rows[:, place] = column
        waiting.append(rows)
        held += len(rows)
        if held < ROWS_AT_ONCE:
            continue
        together = np.concatenate(waiting)
        whole = held - held % ROWS_AT_ONCE
        for start in range(0, whole, ROWS_AT_ONCE):
            yield together[start : start + ROWS_AT_ONCE]
        waiting, held = [together[whole:]], held - whole
    if held:
        yield np.concatenate(waiting)


def _wanted(names: tuple[str, ...], explained: tuple[str, ...]) -> list[int]:
    """Places of the features whose values are wanted. All take part in the game all the same."""
    if not explained:
        return list(range(len(names)))
    numbered = tuple(enumerate(names))
    places = {str(place): place for place, _ in numbered} | {name: at for at, name in numbered}
    missing = [name for name in explained if name not in places]
    if missing:
        listed = ", ".join(repr(name[:80]) for name in missing[:10])
        raise UsageError(
            f"shap.features_to_explain names {listed}, which is no feature; correct it."
        )
    return sorted({places[name] for name in explained})


def _label_names(count: int, headers: tuple[str, ...]) -> tuple[str, ...]:
    if headers and len(headers) != count:
        raise UsageError(
            f"predictor.label_headers names {len(headers)} labels, but the model answers {count} "
            "values per row. Name them all, or choose with predictor.probability."
        )
    return headers or tuple(f"label{i}" for i in range(count))


def _require_answers(seen: int, explained: int, refused_share: float) -> None:
    refused = seen - explained
    if not explained or refused > refused_share * seen:
        raise CaptureError(
            f"the model refused {refused} of {seen} rows, more than {refused_share:.2%} of them: "
            "what the others say is not the whole. Check that the rows are what this model "
            "reads, in the order of its columns."
        )
