"""What drift tests need of the rows beside a monitor's own documents; on both sides.

Needs     batches on their way to a monitor
Writes    additional_baseline.json, when a baseline is suggested with drift tests switched on

**The document may hold rows of the baseline data**, up to 5,000 of them, cell by cell: only
where the classifier is asked for, but then it deserves the protection the data have.

Of data quality's columns statistics.json says enough. The other monitors' documents do not
say how labels and answers were distributed; here it stands, in the shape of statistics.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa

from monitoring.errors import DocumentError
from monitoring.kinds import DATA_QUALITY, Kind
from monitoring.measures.row_sample import RowSample
from monitoring.measures.table import TableState
from monitoring.monitors.base import Batch, Observations
from monitoring.monitors.drift_test_settings import CLASSIFIER, DriftTests
from monitoring.monitors.statistics import statistics

ADDITIONAL_BASELINE = "additional_baseline.json"
VERSION = 1
ROLES = {"label": "label", "prediction": "predicted", "probability": "probability"}
"""Columns of labels and answers, and the part of `Observations` that each one is."""
BASELINE_SEED, CURRENT_SEED = 1, 2
"""Of the samples; two, so that a row of both sides is drawn for each on its own."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Some rows of one side."""

    table: pa.Table
    counts_repeats: bool
    """Whether a row that stood there twice was twice as likely."""


class Watched:
    """The state the tests add to a monitor's own: it is updated and adds up like any other."""

    def __init__(self, kind: Kind, tests: DriftTests, is_baseline: bool) -> None:
        self.sample: RowSample | None = None
        self.answers: TableState | None = None
        if kind == DATA_QUALITY and CLASSIFIER in tests.thresholds:
            self.sample = RowSample(
                tests.sample_rows, BASELINE_SEED if is_baseline else CURRENT_SEED
            )

    def update(self, rows: Batch | Observations) -> None:
        """Take in one batch."""
        if self.sample is not None and isinstance(rows, pa.RecordBatch):
            self.sample.update(rows)
        if isinstance(rows, Observations):
            batch = answers_of(rows)
            if self.answers is None:
                self.answers = TableState(batch.schema.names, {})
            self.answers.update(batch)

    def __add__(self, other: Self) -> Self:
        """Both parts. Neither operand changes."""
        merged = object.__new__(type(self))
        merged.sample = self.sample
        if self.sample is not None and other.sample is not None:
            merged.sample = self.sample + other.sample
        merged.answers = self.answers or other.answers
        if self.answers is not None and other.answers is not None:
            merged.answers = self.answers + other.answers
        return merged

    @property
    def sampled(self) -> Sampled | None:
        """The rows of this side, where they were wanted."""
        if self.sample is None:
            return None
        return Sampled(self.sample.table, self.sample.counts_repeats)

    @property
    def statistics(self) -> dict[str, Any] | None:
        """How labels and answers are distributed, where the monitor reads any."""
        return None if self.answers is None else statistics(self.answers)

    def document(self) -> dict[str, Any]:
        """additional_baseline.json."""
        made: dict[str, Any] = {"version": VERSION}
        if self.answers is not None:
            made["statistics"] = self.statistics
        if self.sample is not None:
            table = self.sample.table
            columns = [table[name].to_pylist() for name in table.column_names]
            made["sample"] = {
                "holds": "rows of the baseline data",
                "drawn_from": self.sample.rows,
                "counts_repeats": self.sample.counts_repeats,
                "columns": table.column_names,
                "rows": [list(row) for row in zip(*columns, strict=True)],
            }
        return made


def answers_of(observations: Observations) -> Batch:
    """Labels and answers as a table of their own; what is not there has no column.

    >>> rows = Observations(pa.record_batch({"age": ["31"]}), label=pa.array(["1"]))
    >>> answers_of(rows).to_pylist()
    [{'label': '1'}]
    """
    columns = {name: getattr(observations, part) for name, part in ROLES.items()}
    return pa.record_batch({name: cells for name, cells in columns.items() if cells is not None})


def baseline_sample(document: Any) -> Sampled | None:
    """The rows in an additional_baseline.json; None where it holds none.

    Raises DocumentError when it is damaged.
    """
    given = _object(document).get("sample")
    if given is None:
        return None
    try:
        names, rows = given["columns"], given["rows"]
        columns = [list(cells) for cells in zip(*rows, strict=True)] or [[] for _ in names]
        arrays = [pa.array(cells, pa.utf8()) for cells in columns]
        table = pa.Table.from_arrays(arrays, names=names)
        return Sampled(table, given["counts_repeats"] is True)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(f"its sample is no table ({type(error).__name__})") from None


def baseline_statistics(document: Any) -> Any:
    """The statistics in an additional_baseline.json; None where it holds none."""
    return _object(document).get("statistics")


def _object(document: Any) -> Mapping[str, Any]:
    if isinstance(document, Mapping) and document.get("version") == VERSION:
        return document
    raise _damaged(f"it has no 'version' {VERSION}")


def _damaged(what: str) -> DocumentError:
    return DocumentError(
        f"{ADDITIONAL_BASELINE}: cannot be used, as {what}. Suggest the baseline again with "
        "--additional-tests."
    )
