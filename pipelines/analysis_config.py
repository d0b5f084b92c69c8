"""The analysis configurations of a model: whom to compare, and what an absent feature is.

Needs     a model's description; typical rows for what stands in for an absent feature
Gives     analysis_config.json for bias and for explainability, as Clarify reads it

One file serves the baseline and every later hour, so the two cannot differ. The model to ask
is not named in it: that is another one in each stage, and rendering fills it in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from pipelines.models.base import Model, Table
from serving.encoder import numbers
from serving.schema import ANSWER_COLUMNS, Cell

SAMPLES_PER_FEATURE: Final = 3
"""Coalitions asked for each row. The models of this build are sums on the scale of log-odds,
and of a sum these give the exact values; with two for each feature some stay untold apart."""
INSTANCE_TYPE: Final = "ml.m5.large"
"""Of the endpoint that Clarify makes to ask the model, for as long as it asks."""


def bias(model: Model) -> dict[str, Any]:
    """Which groups to compare, and which label is good for those who are judged.

    >>> from pipelines.models import model_for
    >>> config = bias(model_for("fraud"))
    >>> config["label"], config["label_values_or_threshold"], config["facet"][0]["name_or_index"]
    ('is_fraud', [0], 'customer_age')
    """
    return {
        "version": "1.0",
        "headers": [model.label, *model.schema.names],
        "label": model.label,
        "label_values_or_threshold": [model.favourable],
        "facet": [
            {"name_or_index": facet.column, "value_or_threshold": list(facet.values)}
            for facet in model.facets
        ],
    }


def explainability(model: Model, table: Table) -> dict[str, Any]:
    """How SHAP values are computed; the table's typical row stands in for absent features.

    On log-odds: a probability near 0 hardly moves, whatever the features say, so the few
    rows far from it would decide the ranking of all the others.
    """
    names = model.schema.names
    return {
        "version": "1.0",
        "headers": list(names),
        "methods": {
            "shap": {
                "baseline": [typical(model, table)],
                "num_samples": SAMPLES_PER_FEATURE * len(names),
                "agg_method": "mean_abs",
                "use_logit": True,
                "save_local_shap_values": False,
                "seed": 0,
            }
        },
        "predictor": {
            "instance_type": INSTANCE_TYPE,
            "initial_instance_count": 1,
            "content_type": "text/csv",
            "accept_type": "text/csv",
            "probability": ANSWER_COLUMNS.index("probability"),
            "label_headers": [model.label],
        },
    }


def typical(model: Model, table: Table) -> list[Any]:
    """The median of each numeric column and the most frequent value of every other.

    A value that occurs, not one between two; None where a column is empty.
    """
    numeric = set(model.schema.numeric)
    columns = ([row[at] for row in table.rows] for at in range(len(model.schema.columns)))
    return [
        _median(column) if at in numeric else _most_frequent(column)
        for at, column in enumerate(columns)
    ]


def _median(cells: Sequence[Cell]) -> int | float | None:
    """
    >>> _median(["7", "1.5", None, "3"]), _median([None])
    (3, None)
    """
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    values = numbers(column)
    known = np.flatnonzero(~np.isnan(values))
    if not known.size:
        return None
    middle = known[np.argsort(values[known], kind="stable")[(known.size - 1) // 2]]
    text = str(cells[middle]).strip()
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _most_frequent(cells: Sequence[Cell]) -> Cell:
    counts = Counter(cell for cell in cells if cell is not None)
    return counts.most_common(1)[0][0] if counts else None
