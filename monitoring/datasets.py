"""Where an execution's data lie and how they are written → what its monitor reads.

Needs     a path, AWS's `dataset_format`, the window, and for captured traffic its labels
Gives     batches of text, or observations; and the books of the reading

Labels join captured traffic here when no merge job has done it, and no file is written but
for a user's script, which is handed merged records: into a directory that is gone when they
are read. How many records have a label is known, and judged, behind the last of them. A
table holds its labels in a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, Self, TypeVar

from monitoring.capture import (
    FAULTY_SHARE,
    INPUT,
    OUTPUT,
    Attributes,
    Coverage,
    Reading,
    Seen,
    Window,
    merge,
    read_capture,
    read_coverage,
    read_labelled,
    read_observed,
)
from monitoring.documents import Documents
from monitoring.errors import NoDataError, UsageError
from monitoring.excluding import Exclusion
from monitoring.json_tables import observed_json, read_json
from monitoring.monitors.base import Batch, Mode, Observations
from monitoring.scripts.preprocessing import GROUND_TRUTH, preprocess_capture, preprocess_table
from monitoring.scripts.process import Script
from monitoring.tables import read_csv, read_parquet

CAPTURED, MERGED = "sagemakerCaptureJson", "sagemakerMergeJson"
TABLES = ("csv", "json", "parquet")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened(Generic[T]):
    """Data being read; `batches` can be iterated once."""

    batches: Iterator[T]
    reading: Reading[Any] | None = None
    """The books, for captured traffic; complete after the last batch."""
    coverage: Coverage | None = None
    """How much of the traffic has labels, where that is known."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a monitor wants to have of each row, and where it is."""

    attributes: Attributes = field(default_factory=Attributes)
    labels: bool = True
    features: bool = False
    columns: tuple[str, ...] = ()
    """Of a table without a header row, where something else names them."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data at rest."""

    path: Path
    format: str
    options: Mapping[str, Any] = field(default_factory=dict)
    window: Window | None = None
    faulty_share: float = FAULTY_SHARE
    ground_truth: Path | None = None
    """Labels of captured traffic that was not merged."""
    label_coverage: float = 0.0
    """A smaller labelled share of the window's records is not evaluated."""
    seen: Seen | None = None
    """Events of captured traffic that were read before; reading adds its own."""
    preprocessor: Script | None = None
    """The user's script that makes rows of records."""
    excluded: Exclusion | None = None
    """Columns that data quality does not look at."""

    @property
    def is_table(self) -> bool:
        return self.format in TABLES

    @property
    def is_json_lines(self) -> bool:
        """`line` in the API, `lines` in the SDK; what neither says is JSON Lines."""
        return truth(self.options.get("line", self.options.get("lines", True)))

    def beside(self, baseline: Documents) -> tuple[Self, Documents]:
        """The data and the baseline to check it with, both without the excluded columns."""
        if self.excluded is None:
            return self, baseline
        excluded, documents = self.excluded.beside(baseline)
        return replace(self, excluded=excluded), documents

    def batches(self, names: tuple[str, ...], mode: Mode) -> Opened[Batch]:
        """All of it as text, for data quality. `names` are the baseline's columns."""
        if self.excluded is None:
            return self._batches(names, mode)
        opened = self._batches(self.excluded.known, mode)
        return replace(opened, batches=self.excluded.applied(opened.batches, mode))

    def _batches(self, names: tuple[str, ...], mode: Mode) -> Opened[Batch]:
        if self.preprocessor is not None:
            reading = self._preprocessed(self.path, self.preprocessor, False, mode)
            return Opened(reading.batches, reading)
        if self.is_table:
            return Opened(self._table())
        self._require(CAPTURED)
        reading = read_capture(
            self.path,
            self.window,
            names=names,
            sides=self.options.get("captureIndexNames") or (INPUT, OUTPUT),
            like_aws=mode == "compat",
            faulty_share=self.faulty_share,
            seen=self.seen,
        )
        return Opened(reading.batches, reading)

    @contextmanager
    def observations(
        self, wanted: Wanted, mode: Mode = "corrected"
    ) -> Iterator[Opened[Observations]]:
        """Rows as the model saw and answered them, for the monitors that need to know.

        Raises NoDataError (PENDING_LABELS) when too few records have a label.
        """
        if self.is_table and self.preprocessor is not None:
            reading = self._preprocessed(self.path, self.preprocessor, False, mode)
            yield Opened(observed_table(reading.batches, wanted), reading)
            return
        if self.format == "json":
            yield Opened(self._observed_json(wanted))
            return
        if self.is_table:
            yield Opened(observed_table(self._named(wanted.columns), wanted))
            return
        self._require(CAPTURED, MERGED)
        if self.ground_truth is None:
            yield self._observed(self.path, wanted, read_coverage(self.path), mode)
            return
        if self.preprocessor is None:
            yield self._labelled(self.ground_truth, wanted)
            return
        with TemporaryDirectory() as scratch:
            merged = Path(scratch)
            made = merge(
                self.path, self.ground_truth, merged, self.window, faulty_share=self.faulty_share
            )
            yield self._observed(merged, wanted, made.coverage, mode)

    def _labelled(self, ground_truth: Path, wanted: Wanted) -> Opened[Observations]:
        """Captured records joined with their labels while both are read."""
        reading, coverage = read_labelled(
            self.path,
            ground_truth,
            wanted.attributes,
            self.window,
            sides=(INPUT, OUTPUT) if wanted.features else (OUTPUT,),
            faulty_share=self.faulty_share,
            seen=self.seen,
        )

        def batches() -> Iterator[Observations]:
            yield from (Observations(*rows) for rows in reading.batches)
            self._require_labels(coverage)

        return Opened(batches(), reading, coverage)

    def _require_labels(self, coverage: Coverage) -> None:
        if coverage.share < self.label_coverage:
            raise NoDataError(
                f"PENDING_LABELS: {coverage.joined:,} of {coverage.records:,} records have a "
                f"label, less than the {self.label_coverage:.0%} asked for, so nothing was "
                "evaluated. Wait for more, or lower the minimum."
            )

    def _observed(
        self, path: Path, wanted: Wanted, coverage: Coverage | None, mode: Mode
    ) -> Opened[Observations]:
        if coverage is not None:
            self._require_labels(coverage)
        if self.preprocessor is not None:
            labelled = wanted.labels and not wanted.attributes.ground_truth
            rows = self._preprocessed(path, self.preprocessor, labelled, mode)
            return Opened(observed_table(rows.batches, _of_script(wanted)), rows, coverage)
        reading = read_observed(
            path,
            wanted.attributes,
            self.window,
            sides=(INPUT, OUTPUT) if wanted.features else (OUTPUT,),
            labelled=wanted.labels,
            faulty_share=self.faulty_share,
            seen=self.seen,
        )
        return Opened((Observations(*rows) for rows in reading.batches), reading, coverage)

    def _preprocessed(
        self, path: Path, script: Script, labelled: bool, mode: Mode
    ) -> Reading[Batch]:
        """The rows the user's script makes of the data; `labelled` of merged records."""
        like_aws = mode == "compat"
        if self.format == "parquet" or (self.format == "json" and not self.is_json_lines):
            raise UsageError(
                "record_preprocessor_script is given, and the data are no lines of text: there is "
                "nothing to hand to it. Give CSV or JSON Lines, or data that need no script."
            )
        if self.is_table:
            return preprocess_table(
                path,
                script,
                csv=self.format == "csv",  # else it is JSON Lines
                header=truth(self.options.get("header", True)),
                like_aws=like_aws,
                faulty_share=self.faulty_share,
            )
        self._require(CAPTURED, MERGED)
        return preprocess_capture(
            path,
            script,
            self.window,
            labelled=labelled,
            like_aws=like_aws,
            faulty_share=self.faulty_share,
        )

    def _named(self, columns: Sequence[str]) -> Iterator[Batch]:
        """The table's rows; where it has no header row, under these names. Raises UsageError."""
        bare = self.format == "csv" and not truth(self.options.get("header", True))
        for batch in self._table():
            if bare and columns and len(columns) != batch.num_columns:
                raise UsageError(
                    f"{self.path}: has {batch.num_columns} columns and no header row, but the "
                    f"configuration's headers name {len(columns)}. Which is which cannot be told; "
                    "name every column, in the order of the file."
                )
            yield batch.rename_columns(list(columns)) if bare and columns else batch

    def _table(self) -> Iterator[Batch]:
        if self.format == "parquet":
            return read_parquet(self.path)
        if self.format == "json":
            return read_json(self.path, self.is_json_lines)
        return read_csv(self.path, header=truth(self.options.get("header", True)))

    def _observed_json(self, wanted: Wanted) -> Iterator[Observations]:
        return observed_json(
            self.path,
            wanted.attributes,
            lines=self.is_json_lines,
            labelled=wanted.labels,
            with_features=wanted.features,
        )

    def _require(self, *formats: str) -> None:
        if self.format not in formats:
            raise UsageError(
                f"dataset_format is {self.format[:80]!r}, which this monitor does not read, so "
                f"nothing was evaluated. It reads {', '.join((*TABLES, *formats))}."
            )


def observed_table(batches: Iterator[Batch], wanted: Wanted) -> Iterator[Observations]:
    """A table's rows, its label and answers taken out of the features.

    Raises UsageError when an attribute names no column, by name or index.

    >>> import pyarrow as pa
    >>> table = pa.record_batch({"label": ["1"], "score": ["0.9"], "age": ["31"]})
    >>> wanted = Wanted(Attributes(probability="1", ground_truth="label"))
    >>> (rows,) = observed_table(iter([table]), wanted)
    >>> rows.features.schema.names, rows.probability.to_pylist()
    (['age'], ['0.9'])
    """
    attributes = wanted.attributes
    for batch in batches:
        taken = {
            column: _column(batch, text, attribute)
            for column, text, attribute in (
                ("label", attributes.ground_truth, "ground_truth_attribute"),
                ("predicted", attributes.inference, "inference_attribute"),
                ("probability", attributes.probability, "probability_attribute"),
            )
            if text
        }
        if wanted.labels and "label" not in taken:
            raise UsageError("ground_truth_attribute is not given: which column is the label?")
        others = [name for at, name in enumerate(batch.schema.names) if at not in taken.values()]
        columns = {column: batch.column(at) for column, at in taken.items()}
        yield Observations(batch.select(others), **columns)


def _of_script(wanted: Wanted) -> Wanted:
    """What is wanted, where a script made the rows: they hold the label too, or it is behind."""
    label = wanted.attributes.ground_truth or (GROUND_TRUTH if wanted.labels else "")
    return replace(wanted, attributes=replace(wanted.attributes, ground_truth=label))


def _column(batch: Batch, text: str, attribute: str) -> int:
    names = batch.schema.names
    if text in names:
        return int(names.index(text))
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    shown = ", ".join(name[:40] for name in names[:20])
    raise UsageError(
        f"{attribute} is {text[:80]!r}, and the table has no such column. Its columns: {shown}."
    )


def truth(value: Any) -> bool:
    """A boolean of `dataset_format`, which may arrive as text.

    >>> truth("True"), truth(False)
    (True, False)
    """
    return value if isinstance(value, bool) else str(value).lower() == "true"
