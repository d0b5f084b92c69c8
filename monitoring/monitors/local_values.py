"""explanations_shap/: what each feature added to each row's answer, as CSV.

Needs     local values block by block, and the baseline rows they were measured against
Writes    explanations_shap/out.csv, explanations_shap/baseline.csv

One line per row, in the order of the data and with every row, so that the file can be laid
beside them: a line without values is a row that the model refused. It holds no cell of the
data; baseline.csv does hold the baseline's.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, Self

from monitoring.documents import Documents
from monitoring.measures.coalitions import Floats
from monitoring.spools import Spool

OUT: Final = "explanations_shap/out.csv"
BASELINE: Final = "explanations_shap/baseline.csv"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""Where a spreadsheet would run a text instead of showing it."""

Row = Sequence[str | None]
"""A baseline row: cells of text, None where empty."""


class LocalValues:
    """Local values being written, a column per feature and label. Adds up, in order of rows.

    >>> import numpy as np
    >>> written = LocalValues(["age"], ["label0", "label1"], ["age"], baseline=[["38"]])
    >>> written.write(np.array([[[0.5, -0.5]]]))
    >>> list((written + written).documents())
    ['explanations_shap/out.csv', 'explanations_shap/baseline.csv']
    """

    def __init__(
        self,
        explained: Sequence[str],
        labels: Sequence[str],
        features: Sequence[str],
        baseline: Sequence[Row],
    ) -> None:
        self.explained, self.labels = tuple(explained), tuple(labels)
        self.features, self.baseline = tuple(features), tuple(baseline)
        self._lines: tuple[Spool, ...] = (Spool(),)

    def __add__(self, other: Self) -> Self:
        together = type(self)(self.explained, self.labels, self.features, self.baseline)
        together._lines = self._lines + other._lines
        return together

    def write(self, values: Floats) -> None:
        """Take in some rows (rows, features, labels); NaN in a row the model refused."""
        lines = _writer(self._lines[-1])
        flat = values.transpose(0, 2, 1).reshape(len(values), -1)
        nothing = [None] * flat.shape[1]
        for row in flat.tolist():
            lines.writerow(nothing if any(map(math.isnan, row)) else row)

    def documents(self) -> Documents:
        """Both files, to be published with the others."""
        out, absent = Spool(), Spool()
        columns = (f"{name}_{label}" for label in self.labels for name in self.explained)
        _writer(out).writerow(_shown(columns))
        for part in self._lines:
            for text in part.parts():
                out.write(text)
        _writer(absent).writerow(_shown(self.features))
        _writer(absent).writerows(self.baseline)
        return {OUT: out, BASELINE: absent}


def _writer(spool: Spool) -> Any:
    return csv.writer(spool, lineterminator="\n")


def _shown(names: Iterable[str]) -> list[str]:
    """Column names that no spreadsheet runs.

    >>> _shown(["age", "=1+1"])
    ['age', "'=1+1"]
    """
    return [f"'{name}" if name.startswith(FORMULA) else name for name in names]
