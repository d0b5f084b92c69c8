"""statistics.json of data quality: a table's state written out, and a baseline read back.

Needs     a TableState, or the document of a baseline
Gives     the document; or each feature's sketch and histogram, for drift

A baseline's sketch is rebuilt from its levels. Its weights must add up to the rows it
claims to stand for: a sketch that was cut or edited would move every distance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitoring.documents import number, require_kind
from monitoring.errors import DocumentError
from monitoring.kinds import DATA_QUALITY
from monitoring.measures.column import ColumnState
from monitoring.measures.kll import QuantileSketch, level_capacity
from monitoring.measures.summaries import Sketch
from monitoring.measures.table import TableState
from monitoring.monitors.unconfirmed import has_histogram


@dataclass(frozen=True, slots=True)
class Distribution:
    """How one baseline feature was distributed: by a sketch, a histogram, or not at all."""

    sketch: QuantileSketch | None = None
    histogram: Mapping[str, int] | None = None
    present: int = 0
    missing: int = 0


def statistics(table: TableState) -> dict[str, Any]:
    """The statistics document of a table.

    >>> import pyarrow as pa
    >>> table = TableState.of([pa.record_batch({"age": ["31", "29"]})])
    >>> statistics(table)["features"][0]["numerical_statistics"]["mean"]
    30.0
    """
    return {
        "version": 0.0,
        "dataset": {"item_count": table.rows},
        "features": [_feature(name, column) for name, column in table.columns.items()],
    }


def distributions(document: Any, where: str = "statistics.json") -> dict[str, Distribution]:
    """Every feature's distribution in a statistics document, by name.

    Raises DocumentError when the document is another monitor's or a sketch is damaged.
    """
    require_kind(document, DATA_QUALITY, where)
    features: dict[str, Distribution] = {}
    try:
        for entry in document["features"]:
            name = entry["name"]
            at = f"{where}: feature {name!r}"
            numeric = entry.get("numerical_statistics") or {}
            text = entry.get("string_statistics") or {}
            kll = (numeric.get("distribution") or {}).get("kll")
            buckets = ((text.get("distribution") or {}).get("categorical") or {}).get("buckets")
            common = numeric.get("common") or text.get("common") or {}
            features[name] = Distribution(
                _sketch(kll["sketch"], numeric["common"], at) if kll else None,
                {b["value"]: int(b["count"]) for b in buckets} if buckets else None,
                int(common.get("num_present", 0)),
                int(common.get("num_missing", 0)),
            )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DocumentError(
            f"{where}: is not shaped like a data-quality statistics document "
            f"({type(error).__name__}: {error}). Suggest the baseline again."
        ) from None
    return features


def _feature(name: str, column: ColumnState) -> dict[str, Any]:
    kind = column.types.inferred
    feature: dict[str, Any] = {"name": name, "inferred_type": kind}
    if kind == "String":
        feature["string_statistics"] = _string_statistics(column)
    elif kind != "Unknown":
        feature["numerical_statistics"] = _numerical_statistics(column)
    return feature


def _common(column: ColumnState) -> dict[str, int]:
    common = {"num_present": column.present, "num_missing": column.missing}
    if column.non_finite:
        common["num_non_finite"] = column.non_finite
    return common


def _string_statistics(column: ColumnState) -> dict[str, Any]:
    block: dict[str, Any] = {
        "common": _common(column),
        "distinct_count": float(column.distinct.estimate),
        "completeness": column.completeness,
    }
    if has_histogram(column):
        counts = column.categories.counts or {}
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        buckets = [{"value": value, "count": count} for value, count in ordered]
        block["distribution"] = {"categorical": {"buckets": buckets}}
    return block


def _numerical_statistics(column: ColumnState) -> dict[str, Any]:
    moments, sketch = column.moments, column.sketch
    block: dict[str, Any] = {
        "common": _common(column),
        "mean": moments.mean,
        "sum": moments.total if math.isfinite(moments.total) else None,
        "std_dev": moments.std_dev,
        "min": moments.minimum if moments.count else None,
        "max": moments.maximum if moments.count else None,
        "approximate_num_distinct_values": column.distinct.estimate,
        "completeness": column.completeness,
    }
    if moments.count:
        block["distribution"] = {"kll": _kll(sketch, moments.minimum, moments.maximum)}
    return block


def _kll(sketch: Sketch, minimum: float, maximum: float) -> dict[str, Any]:
    written = sketch.as_kll()
    return {
        "buckets": [
            {"lower_bound": b.lower, "upper_bound": b.upper, "count": float(b.count)}
            for b in sketch.buckets(minimum, maximum)
        ],
        "sketch": {
            "parameters": {"c": written.c, "k": float(written.k)},
            "data": [level.tolist() for level in written.levels],
        },
    }


def _sketch(document: Mapping[str, Any], common: Mapping[str, Any], at: str) -> QuantileSketch:
    parameters = document["parameters"]
    k, c = int(parameters["k"]), float(parameters["c"])
    levels = [_level(level, at) for level in document["data"]]
    if not 0.0 < c < 1.0 or k < 1 or level_capacity(k, c, 0) < 1:
        raise DocumentError(f"{at}: sketch parameters k={k}, c={c} are no KLL sketch's.")
    sketch = QuantileSketch.from_levels(levels, k, c)
    expected = int(common["num_present"]) - int(common.get("num_non_finite", 0))
    if sketch.count != expected:
        raise DocumentError(
            f"{at}: its sketch stands for {sketch.count} values, but num_present says {expected}. "
            "The file was cut or edited, and every drift distance would be wrong; suggest the "
            "baseline again."
        )
    return sketch


def _level(values: list[Any], at: str) -> list[float]:
    if all(type(value) is float and math.isfinite(value) for value in values):
        return values
    return [_value(value, at) for value in values]


def _value(value: Any, at: str) -> float:
    found = number(value, f"{at}: sketch.data")
    if found is None or not math.isfinite(found):
        raise DocumentError(f"{at}: sketch.data holds a value that is no finite number.")
    return found
