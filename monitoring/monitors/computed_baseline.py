"""SHAP's baseline rows where nobody gave any: a few rows that stand for the data.

Needs     the features of the data a baseline is suggested from
Writes    `shap_baseline` of analysis.json and constraints.json: the rows, for later runs
Reads     it there: an hour is explained against the rows its baseline was explained against

The SDK says k-means, or k-prototypes where columns are categorical, and no more of it.
Means and most frequent words of many rows are nobody's; those of a cluster of one are a row
of the data. Up to SAMPLED_ROWS are clustered, the same in whatever order the rows came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from monitoring.documents import CONSTRAINTS, Documents
from monitoring.errors import DocumentError
from monitoring.measures.prototypes import LARGEST, Floats, prototypes, prototypes_by_elbow
from monitoring.measures.row_sample import RowSample
from monitoring.monitors.alignment import all_positional, require_distinct
from monitoring.monitors.answers import coded, numbers
from monitoring.monitors.base import Observations
from monitoring.monitors.explainability_settings import (
    MOST_BASELINE_ROWS,
    Cell,
    Computed,
    ExplainabilityConfig,
    Row,
)
from monitoring.monitors.explanation import SHAP_BASELINE, no_rows, places_of

SAMPLED_ROWS: Final = 2_000


def computed(data: Iterable[Observations], config: ExplainabilityConfig) -> Computed:
    """Rows that stand for `data`: `num_clusters` of them, or as many as its elbow says.

    Raises NoDataError without rows, CaptureError when the columns do not fit.
    """
    sample = RowSample(max(SAMPLED_ROWS, config.num_clusters or 0), config.seed)
    for observed in data:
        found = tuple(observed.features.schema.names)
        require_distinct(found)
        if observed.features.num_rows:
            places = places_of(found, config.features)
            names = config.features or found
            columns = [observed.features.column(place) for place in places]
            sample.update(pa.RecordBatch.from_arrays(columns, names=list(names)))
    if not sample.rows:
        raise no_rows()
    return Computed(tuple(sample.table.column_names), _rows(sample.table, config), True)


def _rows(table: pa.Table, config: ExplainabilityConfig) -> tuple[Row, ...]:
    columns = [_Column(column.combine_chunks()) for column in table.columns]
    numeric = [column.numbers for column in columns if column.numbers is not None]
    words = [column.codes for column in columns if column.numbers is None]
    rows = (
        np.column_stack(numeric) if numeric else np.empty((table.num_rows, 0)),
        np.column_stack(words) if words else np.empty((table.num_rows, 0), dtype=np.int64),
    )
    if config.num_clusters is None:
        found = prototypes_by_elbow(*rows, seed=config.seed)
    else:
        found = prototypes(*rows, config.num_clusters, config.seed)
    means, modes = iter(found.numbers.T), iter(found.words.T)
    cells = [
        column.cells(next(means if column.numbers is not None else modes)) for column in columns
    ]
    return tuple(zip(*cells, strict=True))


class _Column:
    """A feature's cells as what can be clustered: numbers if all of them are, else words."""

    def __init__(self, texts: pa.StringArray) -> None:
        self.numbers = _finite(texts)
        """The mean where a cell is empty; None where the column is of words."""
        found = coded(texts)
        self._names: tuple[Cell, ...] = (*found.names, None)
        self.codes = np.where(found.codes < 0, len(found.names), found.codes)

    def cells(self, centres: Any) -> list[Cell]:
        """Means or codes as cells of a request."""
        if self.numbers is None:
            return [self._names[code] for code in centres]
        return [_written(value) for value in centres.tolist()]


def _finite(texts: pa.StringArray) -> Floats | None:
    values = numbers(texts)
    absent = texts.is_null().to_numpy(zero_copy_only=False)
    present = values[~absent]
    if not present.size or not (np.abs(present) <= LARGEST).all():
        return None
    return np.where(absent, present.mean(), values)


def _written(value: float) -> str:
    """
    >>> _written(38.0), _written(0.25)
    ('38', '0.25')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def kept(baseline: Documents) -> Computed | None:
    """The rows that a baseline's documents hold, if they do; raises DocumentError."""
    document = baseline.get(CONSTRAINTS)
    block = document.get(SHAP_BASELINE) if isinstance(document, Mapping) else None
    if block is None:
        return None
    features, rows = (
        (block.get("features"), block.get("rows")) if isinstance(block, Mapping) else (None, None)
    )
    if not (
        isinstance(features, list)
        and isinstance(rows, list)
        and all(isinstance(name, str) for name in features)
        and 0 < len(rows) <= MOST_BASELINE_ROWS
        and all(isinstance(row, list) and len(row) == len(features) for row in rows)
        and all(isinstance(cell, str | None) for row in rows for cell in row)
    ):
        raise DocumentError(
            f"{CONSTRAINTS}: {SHAP_BASELINE} holds no features and rows of text for them, so an "
            "absent feature has no value; suggest the baseline again, or give shap.baseline."
        )
    return Computed(tuple(features), tuple(map(tuple, rows)))


def with_rows(config: ExplainabilityConfig, rows: Computed) -> ExplainabilityConfig:
    """`config` with these baseline rows, in the order of its features.

    Raises DocumentError when they are of other features.
    """
    if config.features and set(config.features) == set(rows.features):
        at = [rows.features.index(name) for name in config.features]
        rows = replace(rows, rows=tuple(tuple(row[place] for place in at) for row in rows.rows))
    elif config.features and not (
        all_positional(rows.features) and len(rows.features) == len(config.features)
    ):
        apart = sorted(set(config.features) ^ set(rows.features))
        listed = ", ".join(repr(name[:80]) for name in apart[:10])
        raise DocumentError(
            f"{CONSTRAINTS}: {SHAP_BASELINE} has rows of other features than headers names "
            f"({listed} in only one of the two); suggest the baseline again."
        )
    rows = replace(rows, features=config.features or rows.features)
    return replace(config, features=rows.features, baseline=rows.rows, computed=rows)
