"""analysis.json as Clarify writes it, and as a baseline is read from it.

Needs     metrics by facet entry; or the file of a baseline, ours or Clarify's
Gives     the document; or the baseline's numbers by facet, value and metric

The constraints *are* the baseline's analysis.json. Clarify writes an unbounded metric as a
bare `Infinity`, which is no JSON; here it is the text "Infinity", and both are read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from monitoring.documents import number, require_kind
from monitoring.errors import DocumentError
from monitoring.kinds import BIAS
from monitoring.measures.fairness import DESCRIPTIONS
from monitoring.measures.outcome import Outcome, Uncomputable
from monitoring.monitors.bias_columns import Sort
from monitoring.monitors.bias_counts import Entry, Shape
from monitoring.monitors.bias_settings import BiasSettings, Rule

VERSION = "1.0"
POST, PRE = "post_training_bias_metrics", "pre_training_bias_metrics"
STAGES = (POST, PRE)
"""In the order of the file."""

LONG_LIST = 6
"""Values from which on they are not all named in a sentence."""

_INTERVAL = re.compile(r"\((?P<lower>[^,\s]+), (?P<upper>[^,\s]+)\]")


class Measured(NamedTuple):
    """One facet value's metrics, by stage."""

    entry: Entry
    stages: Mapping[str, Mapping[str, Outcome]]


def analysis(
    label: str, label_text: str, stages: Iterable[str], measured: Iterable[Measured]
) -> dict[str, Any]:
    """The document of one run. Every facet has a list, one object for each of its values."""
    found = list(measured)
    sections = {}
    for stage in STAGES:
        if stage not in stages:
            continue
        facets: dict[str, list[dict[str, Any]]] = {}
        for entry, by_stage in found:
            metrics = [_metric(name, value) for name, value in by_stage[stage].items()]
            listed = {"value_or_threshold": entry.value, "metrics": metrics}
            facets.setdefault(entry.facet, []).append(listed)
        sections[stage] = {
            "label": label,
            "facets": facets,
            "label_value_or_threshold": label_text,
        }
    return {"version": VERSION, **sections}


def written(value: float) -> str:
    """A number as Clarify's sentences have it.

    >>> written(0.25), written(float("-inf"))
    ('0.25', '-Infinity')
    """
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def shown(value: str) -> str:
    """A facet value for people: of a long list its ends, and how many values there are.

    >>> shown("60,61,62,63,64,65"), shown("(40, 75]")
    ('60,61,…,65 (6 values)', '(40, 75]')
    """
    listed = value.split(",")
    if len(listed) < LONG_LIST:
        return value
    return f"{listed[0]},{listed[1]},…,{listed[-1]} ({len(listed)} values)"


def lower_bound(text: str) -> float | None:
    """Where an interval begins; None for a category.

    >>> lower_bound("(40, 75]"), lower_bound("0")
    (40.0, None)
    """
    match = _INTERVAL.fullmatch(text)
    if match is None:
        return None
    try:
        return float(match["lower"])
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class BiasBaseline:
    """A baseline's numbers."""

    metrics: Mapping[tuple[str, str], Mapping[str, float | None]]
    """By facet and value, then by metric; None where there was no number."""
    label_text: str

    @classmethod
    def of(cls, document: Any, where: str) -> Self:
        """Read an analysis.json; raises DocumentError where it is none.

        >>> facets = {"Sex": [{"value_or_threshold": "0", "metrics": [
        ...     {"name": "DI", "description": "Disparate Impact (DI)", "value": 0.5}]}]}
        >>> section = {"label": "y", "label_value_or_threshold": "1", "facets": facets}
        >>> BiasBaseline.of({"post_training_bias_metrics": section}, "c.json").metrics
        {('Sex', '0'): {'DI': 0.5}}
        """
        require_kind(document, BIAS, where)
        metrics: dict[tuple[str, str], dict[str, float | None]] = {}
        labels = set()
        for stage in STAGES:
            if stage not in document:
                continue
            section = _mapping(document[stage], f"{where}: {stage}")
            labels.add(str(section.get("label_value_or_threshold", "")))
            facets = _mapping(section.get("facets"), f"{where}: {stage}.facets")
            for facet, entries in facets.items():
                place = f"{where}: {stage}.facets.{str(facet)[:80]}"
                for entry in _list(entries, place):
                    value = str(_mapping(entry, place).get("value_or_threshold", ""))
                    known = metrics.setdefault((str(facet), value), {})
                    known.update(_numbers(entry.get("metrics"), place))
        if len(labels) > 1:
            raise DocumentError(
                f"{where}: its two sections are about different positive labels "
                f"({', '.join(sorted(labels))}). They are from different runs; suggest it again."
            )
        return cls(metrics, labels.pop())

    def shape(self, settings: BiasSettings) -> Shape:
        """How this baseline read the columns that are named with one number."""
        label: Sort = "categories" if lower_bound(self.label_text) is None else "threshold"
        facets: dict[str, Sort] = {}
        for facet in settings.facets:
            values = [value for name, value in self.metrics if name == facet.column]
            if self._interval(facet) is not None:
                facets[facet.column] = "threshold"
            elif values:
                facets[facet.column] = "categories"
        return Shape(label, facets)

    def named(self, entry: Entry, settings: BiasSettings) -> Entry:
        """An entry under the baseline's name: an interval ends where each hour's data do."""
        for facet in settings.facets:
            interval = self._interval(facet)
            if facet.column == entry.facet and interval and lower_bound(entry.value) is not None:
                return entry._replace(value=interval)
        return entry

    def require_same_label(self, label_text: str, where: str) -> None:
        """Refuse a baseline about another outcome: every sign could be the other way round."""
        mine, other = lower_bound(label_text), lower_bound(self.label_text)
        same = self.label_text == label_text if mine is None else mine == other
        if not same:
            raise DocumentError(
                f"{where}: is about the positive label {self.label_text[:80]!r}, but the analysis "
                f"configuration names {label_text[:80]!r}. The metrics would be of opposite "
                "people; give the baseline that was made with this configuration."
            )

    def _interval(self, facet: Rule) -> str | None:
        """The name of the interval above a facet's threshold."""
        for name, value in self.metrics:
            lower = lower_bound(value)
            if name == facet.column and lower is not None and lower == facet.threshold:
                return value
        return None


def _metric(name: str, value: Outcome) -> dict[str, Any]:
    described = {"name": name, "description": DESCRIPTIONS[name]}
    if isinstance(value, Uncomputable):
        return {**described, "value": None, "error": value.reason}
    return {**described, "value": written(value) if math.isinf(value) else value}


def _numbers(metrics: Any, where: str) -> dict[str, float | None]:
    found = {}
    for metric in _list(metrics, f"{where}: metrics"):
        name = _mapping(metric, where).get("name")
        if not isinstance(name, str):
            raise DocumentError(f"{where}: a metric has no name. Suggest the baseline again.")
        found[name] = number(metric.get("value"), f"{where}: {name[:80]}")
    return found


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DocumentError(
            f"{where}: holds a {type(value).__name__} where an object belongs. It is no "
            "analysis.json of a bias analysis; suggest the baseline again."
        )
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise DocumentError(
            f"{where}: holds a {type(value).__name__} where a list belongs. It is no "
            "analysis.json of a bias analysis; suggest the baseline again."
        )
    return value
