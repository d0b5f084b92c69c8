"""baseline_drift_check: is a column still distributed as in the baseline?

Needs     a feature's baseline distribution, and the current column's state
Gives     the distance in either mode, and a Finding where it crosses the threshold

AWS counts *distinct values*, by a defect in Deequ's rank map: a yes/no column can hardly
ever drift there, and a fresh decimal in every row drifts early. `compat` repeats it to
the last bit; `corrected` counts rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from monitoring.documents import java_double
from monitoring.measures.column import ColumnState
from monitoring.measures.distance import (
    ChiSquared,
    Distance,
    categorical_distance,
    chi_squared,
    numeric_distance,
)
from monitoring.measures.kll import BUCKETS, QuantileSketch, Ranked
from monitoring.measures.state import Uncomputable
from monitoring.monitors.base import Finding, Mode
from monitoring.monitors.constraints import Feature, MonitoringConfig
from monitoring.monitors.statistics import Distribution
from monitoring.monitors.unconfirmed import chi_squared_description, has_histogram

BASELINE_DRIFT_CHECK = "baseline_drift_check"

Drift = Distance | ChiSquared | Uncomputable


def measure(feature: Feature, baseline: Distribution, column: ColumnState, mode: Mode) -> Drift:
    """How far the column is from its baseline, by the method its configuration names."""
    if not feature.config.perform_comparison:
        return Uncomputable("perform_comparison is Disabled")
    if baseline.sketch is not None:
        return _numeric(feature.config, baseline.sketch, column, mode)
    if baseline.histogram is not None:
        return _categorical(feature.config, baseline.histogram, column, mode)
    return Uncomputable("the baseline statistics hold no distribution of this feature")


def value_of(drift: Drift) -> float | Uncomputable:
    """The one number a metric publishes: the distance, or chi-squared's statistic."""
    if isinstance(drift, Uncomputable):
        return drift
    value = drift.statistic if isinstance(drift, ChiSquared) else drift.value
    return value if np.isfinite(value) else Uncomputable("an unseen category expects no rows")


def check_drift(
    feature: Feature, baseline: Distribution, column: ColumnState, mode: Mode
) -> tuple[Finding | None, Drift]:
    """The finding, if the distance crosses the threshold, and the distance in any case."""
    drift = measure(feature, baseline, column, mode)
    description = _violation(feature, baseline, drift)
    if description is None or isinstance(drift, Uncomputable):
        return None, drift
    is_p_value = isinstance(drift, ChiSquared)
    finding = Finding(
        feature=feature.name,
        check=BASELINE_DRIFT_CHECK,
        description=description,
        observed=drift.p_value if isinstance(drift, ChiSquared) else drift.value,
        expected=1.0 if is_p_value else 0.0,
        threshold=_threshold(feature.config, baseline),
        mode=mode,
        other_mode=_other_mode(feature, baseline, column, mode),
        evidence=_evidence(drift, baseline, column),
    )
    return finding, drift


def _numeric(
    config: MonitoringConfig, baseline: QuantileSketch, column: ColumnState, mode: Mode
) -> Distance | Uncomputable:
    if mode == "compat":
        if column.types.inferred not in ("Integral", "Fractional"):
            return Uncomputable(f"the column is {column.types.inferred} now, not numeric")
        ranked = (baseline.ranked_as_deequ(), column.sketch.as_kll().ranked_as_deequ())
        return numeric_distance(*ranked, config.comparison_method)
    distance = numeric_distance(baseline.ranked(), column.sketch.ranked(), config.comparison_method)
    return _decidable(distance, config.comparison_threshold)


def _categorical(
    config: MonitoringConfig, baseline: Mapping[str, int], column: ColumnState, mode: Mode
) -> Drift:
    if mode == "compat" and column.types.inferred != "String":
        return Uncomputable(f"the column is {column.types.inferred} now, not String")
    if not has_histogram(column):
        return Uncomputable("the column has too many distinct values for a histogram")
    current = column.categories.counts or {}
    if config.categorical_drift_method == "ChiSquared":
        return chi_squared(baseline, current)
    distance = categorical_distance(baseline, current, config.comparison_method)
    if mode == "compat":
        return distance
    return _decidable(distance, config.categorical_comparison_threshold)


def _decidable(distance: Distance | Uncomputable, threshold: float) -> Distance | Uncomputable:
    """No answer where even two disjoint samples of these sizes would stay below the threshold."""
    if isinstance(distance, Uncomputable) or threshold >= 1.0:
        return distance
    if 1.0 - distance.correction > threshold:
        return distance
    return Uncomputable(
        f"{distance.baseline_size:g} baseline and {distance.current_size:g} current values are "
        "too few to tell drift from chance"
    )


def _threshold(config: MonitoringConfig, baseline: Distribution) -> float:
    numeric = baseline.sketch is not None
    return config.comparison_threshold if numeric else config.categorical_comparison_threshold


def _violation(feature: Feature, baseline: Distribution, drift: Drift) -> str | None:
    """AWS's sentence when `drift` crosses the threshold."""
    if isinstance(drift, Uncomputable):
        return None
    threshold = _threshold(feature.config, baseline)
    if isinstance(drift, ChiSquared):
        below = drift.p_value < threshold
        return chi_squared_description(drift.p_value, threshold) if below else None
    if drift.value <= threshold:
        return None
    return (
        f"Baseline drift distance: {java_double(drift.value)} exceeds threshold: "
        f"{java_double(threshold)}"
    )


def _other_mode(feature: Feature, baseline: Distribution, column: ColumnState, mode: Mode) -> str:
    other: Mode = "compat" if mode == "corrected" else "corrected"
    drift = measure(feature, baseline, column, other)
    sentence = _violation(feature, baseline, drift)
    if sentence is not None:
        return f"{other}: {sentence}"
    if isinstance(drift, Uncomputable):
        return f"{other}: no violation; {drift}"
    if isinstance(drift, ChiSquared):
        return f"{other}: no violation; p-value {java_double(drift.p_value)}"
    counted = "distinct values" if other == "compat" and baseline.sketch else "rows"
    return (
        f"{other}: no violation; distance {java_double(drift.value)} over "
        f"{drift.baseline_size:g} and {drift.current_size:g} {counted}"
    )


def _evidence(
    drift: Distance | ChiSquared, baseline: Distribution, column: ColumnState
) -> dict[str, Any]:
    if isinstance(drift, ChiSquared):
        evidence: dict[str, Any] = {
            "statistic": drift.statistic if np.isfinite(drift.statistic) else None,
            "degrees_of_freedom": drift.degrees_of_freedom,
        }
    else:
        evidence = {
            "largest_difference": drift.largest,
            "at": drift.at,
            "baseline_share": drift.baseline_share,
            "current_share": drift.current_share,
            "correction": drift.correction,
            "baseline_size": drift.baseline_size,
            "current_size": drift.current_size,
        }
    if baseline.sketch is not None:
        return evidence | _shares(baseline.sketch.ranked(), column.sketch.ranked())
    return evidence | {
        "baseline_counts": dict(sorted((baseline.histogram or {}).items())),
        "current_counts": dict(sorted((column.categories.counts or {}).items())),
    }


def _shares(baseline: Ranked, current: Ranked) -> dict[str, list[float]]:
    """Shares of rows up to each edge, between edges, and above; edges are the baseline's."""
    edges = np.linspace(baseline.values[0], baseline.values[-1], BUCKETS + 1)
    return {
        "edges": edges.tolist(),
        "baseline_shares": np.diff(baseline.share_up_to(edges), prepend=0.0, append=1.0).tolist(),
        "current_shares": np.diff(current.share_up_to(edges), prepend=0.0, append=1.0).tolist(),
    }
