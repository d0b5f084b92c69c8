"""constraints.json of data quality: what a baseline demands, read, checked and suggested.

Needs     the document, of any of AWS's three generations
Gives     typed constraints per feature, with that feature's own monitoring_config

A feature may override the file's monitoring_config. AWS's guide calls the key
`monitoringConfigOverrides`; its SDK writes `monitoring_config_overrides`, and inside
string_constraints: both names are read in every place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from monitoring.documents import number, require_kind
from monitoring.errors import ConstraintsError, DocumentError
from monitoring.kinds import DATA_QUALITY
from monitoring.measures.distance import Method
from monitoring.measures.table import TableState
from monitoring.measures.types import InferredType
from monitoring.monitors.unconfirmed import has_histogram

CategoricalMethod = Literal["LInfinity", "ChiSquared"]

_OVERRIDES = ("monitoring_config_overrides", "monitoringConfigOverrides")
_BLOCKS = ("string_constraints", "num_constraints")
_NESTED = "distribution_constraints"
_NESTED_KEYS = frozenset(
    {
        "perform_comparison",
        "comparison_threshold",
        "comparison_method",
        "categorical_comparison_threshold",
        "categorical_drift_method",
    }
)
_SWITCH = ("Enabled", "Disabled")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "evaluate_constraints": _SWITCH,
    "emit_metrics": _SWITCH,
    "perform_comparison": _SWITCH,
    "comparison_method": get_args(Method),
    "categorical_drift_method": get_args(CategoricalMethod),
}
"""Settings with named values; every other one is a share from 0 to 1."""


@dataclass(frozen=True, slots=True)
class MonitoringConfig:
    """`monitoring_config`: which checks run, and how strictly. Defaults are what AWS writes."""

    evaluate_constraints: bool = True
    emit_metrics: bool = True
    datatype_check_threshold: float = 1.0
    domain_content_threshold: float = 1.0
    perform_comparison: bool = True
    comparison_threshold: float = 0.1
    comparison_method: Method = "Robust"
    categorical_comparison_threshold: float = 0.1
    categorical_drift_method: CategoricalMethod = "LInfinity"

    def document(self) -> dict[str, Any]:
        """As constraints.json holds it.

        >>> MonitoringConfig().document()["distribution_constraints"]["comparison_method"]
        'Robust'
        """
        return {
            "evaluate_constraints": _switch(self.evaluate_constraints),
            "emit_metrics": _switch(self.emit_metrics),
            "datatype_check_threshold": self.datatype_check_threshold,
            "domain_content_threshold": self.domain_content_threshold,
            "distribution_constraints": {
                "perform_comparison": _switch(self.perform_comparison),
                "comparison_threshold": self.comparison_threshold,
                "comparison_method": self.comparison_method,
                "categorical_comparison_threshold": self.categorical_comparison_threshold,
                "categorical_drift_method": self.categorical_drift_method,
            },
        }


@dataclass(frozen=True, slots=True)
class Feature:
    """What the baseline demands of one column."""

    name: str
    inferred_type: InferredType
    completeness: float | None
    domains: tuple[str, ...] | None
    config: MonitoringConfig


@dataclass(frozen=True, slots=True)
class Constraints:
    """A data-quality constraints.json."""

    features: tuple[Feature, ...]
    config: MonitoringConfig

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the baseline."""
        return tuple(feature.name for feature in self.features)

    @classmethod
    def of(cls, document: Any, where: str = "constraints.json") -> Constraints:
        """The constraints in a document.

        Raises ConstraintsError that lists every field that cannot be used.
        """
        require_kind(document, DATA_QUALITY, where)
        reader = _Reader(where)
        config = reader.config(MonitoringConfig(), document.get("monitoring_config"), "")
        features = tuple(
            reader.feature(entry, i, config)
            for i, entry in enumerate(reader.items(document.get("features"), "features"))
        )
        names = [feature.name for feature in features]
        reader.problems += [f"feature {n!r} stands twice" for n in dict.fromkeys(_twice(names))]
        reader.raise_problems()
        return cls(features, config)


def suggested(table: TableState) -> dict[str, Any]:
    """The constraints that `table` itself meets.

    >>> import pyarrow as pa
    >>> table = TableState.of([pa.record_batch({"age": ["31", None]})])
    >>> suggested(table)["features"][0]["completeness"]
    0.5
    """
    features = []
    for name, column in table.columns.items():
        kind = column.types.inferred
        feature: dict[str, Any] = {
            "name": name,
            "inferred_type": kind,
            "completeness": column.completeness,
        }
        if kind in ("Integral", "Fractional"):
            feature["num_constraints"] = {"is_non_negative": column.moments.minimum >= 0.0}
        elif kind == "String" and has_histogram(column):
            feature["string_constraints"] = {"domains": sorted(column.categories.counts or ())}
        features.append(feature)
    return {
        "version": 0.0,
        "features": features,
        "monitoring_config": MonitoringConfig().document(),
    }


@dataclass(slots=True)
class _Reader:
    """Reads one document and remembers everything wrong with it."""

    where: str
    problems: list[str] = field(default_factory=list)

    def raise_problems(self) -> None:
        if self.problems:
            raise ConstraintsError(
                f"{self.where}: {'; '.join(self.problems)}. No check can rely on it; correct "
                "these fields, or suggest the baseline again."
            )

    def feature(self, entry: Any, i: int, config: MonitoringConfig) -> Feature:
        entry = self.mapping(entry, f"features[{i}]")
        name = entry.get("name")
        if not isinstance(name, str):
            self.problems.append(f"features[{i}].name is missing or not text")
            name = f"features[{i}]"
        at = f"{name!r}."
        blocks = [entry, *(self.mapping(entry.get(b), at + b) for b in _BLOCKS if b in entry)]
        for block in blocks:
            for key in _OVERRIDES:
                config = self.config(config, block.get(key), at + f"{key}.")
        return Feature(
            name=name,
            inferred_type=self.choice(
                entry, "inferred_type", get_args(InferredType), "Unknown", at
            ),
            completeness=self.share(entry, "completeness", None, at),
            domains=self.domains(entry.get("string_constraints"), at),
            config=config,
        )

    def domains(self, block: Any, at: str) -> tuple[str, ...] | None:
        values = block.get("domains") if isinstance(block, Mapping) else None
        if values is None:
            return None
        values = self.items(values, at + "string_constraints.domains")
        if not all(isinstance(value, str) for value in values):
            self.problems.append(f"{at}string_constraints.domains holds other than text")
            return None
        return tuple(values)

    def config(self, base: MonitoringConfig, block: Any, at: str) -> MonitoringConfig:
        """`base` with what `block` sets; keys it does not know are AWS's business."""
        if block is None:
            return base
        block = self.mapping(block, at or "monitoring_config")
        nested = self.mapping(block.get(_NESTED, {}), at + _NESTED)
        settings: dict[str, Any] = {}
        for setting in fields(MonitoringConfig):
            key, inherited = setting.name, getattr(base, setting.name)
            source = nested if key in _NESTED_KEYS else block
            if key not in _CHOICES:
                settings[key] = self.share(source, key, inherited, at)
            elif isinstance(inherited, bool):
                chosen = self.choice(source, key, _CHOICES[key], _switch(inherited), at)
                settings[key] = chosen == "Enabled"
            else:
                settings[key] = self.choice(source, key, _CHOICES[key], inherited, at)
        return MonitoringConfig(**settings)

    def mapping(self, value: Any, at: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self.problems.append(f"{at.rstrip('.')} is not an object")
        return {}

    def items(self, value: Any, at: str) -> Iterable[Any]:
        if isinstance(value, list | tuple):
            return value
        self.problems.append(f"{at} is not a list")
        return ()

    def choice(
        self, block: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str, at: str
    ) -> Any:
        value = block.get(key, default)
        if value not in allowed:
            self.problems.append(f"{at}{key} is {value!r}, not one of {', '.join(allowed)}")
            return default
        return value

    def share(self, block: Mapping[str, Any], key: str, default: Any, at: str) -> Any:
        """A number from 0 to 1; None where the document leaves it undefined."""
        if key not in block:
            return default
        try:
            value = number(block[key], f"{at}{key}")
        except DocumentError as error:
            self.problems.append(str(error).rstrip("."))
            return default
        if value is None:
            return default
        if not 0.0 <= value <= 1.0:
            self.problems.append(f"{at}{key} is {value}, outside 0 to 1")
            return default
        return value


def _switch(on: bool) -> str:
    return "Enabled" if on else "Disabled"


def _twice(names: list[str]) -> Iterable[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)
