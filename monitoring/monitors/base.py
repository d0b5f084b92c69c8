"""What a monitor is: two pure verbs, and the findings the second one returns.

`suggest` turns baseline data into documents; `analyze` compares one execution's data
with them. Each is two steps, for data that are read in parts: `gather` a state of every
part, add the states up, and conclude once from the sum (`suggest_from`, `analyze_from`).
No clock, no S3, no logging: `job.py` does those. What cannot be evaluated at
all raises a MonitoringError; what one column cannot answer is an `Uncomputable`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from monitoring.documents import VIOLATIONS, Documents
from monitoring.kinds import Kind
from monitoring.measures import state
from monitoring.measures.state import Uncomputable

Batch: TypeAlias = pa.RecordBatch
"""Rows of text: every column utf8, null where the cell was empty."""


@dataclass(frozen=True, slots=True)
class Observations:
    """Some rows as a model saw and answered them, with what turned out to be true.

    Needed by the monitors that know which column is the answer and which the label. Every
    array is utf8, of the same length, null where the cell was empty.
    """

    features: Batch
    label: pa.Array | None = None
    """Ground truth."""
    predicted: pa.Array | None = None
    """The predicted label (or value, in a regression)."""
    probability: pa.Array | None = None
    """Of the positive class."""

    @property
    def rows(self) -> int:
        """How many rows, also where no features were read."""
        for column in (self.label, self.predicted, self.probability):
            if column is not None:
                return len(column)
        return int(self.features.num_rows)


Mode: TypeAlias = state.Mode
"""`compat` gives AWS's numbers, defects included; `corrected` counts rows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation, with the arithmetic that led to it."""

    feature: str
    """What is named: a column, AWS's "Missing columns" and "Extra columns", or a metric."""
    check: str
    """AWS's `constraint_check_type`."""
    description: str
    """AWS's sentence, as it stands in constraint_violations.json."""
    observed: float | None
    expected: float | None
    threshold: float | None
    """Expected holds the baseline's value, threshold the bound that was crossed."""
    mode: Mode
    """The mode that found it."""
    other_mode: str
    """What the other mode says of the same data."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """JSON values from which the numbers above can be computed again."""
    identity: Mapping[str, str] = field(default_factory=dict)
    """The entry's keys where they are not `feature_name`: `metric_name`, `facet`, `label`, …"""

    def violation(self) -> dict[str, str]:
        """This finding as an entry of constraint_violations.json."""
        return {
            **(self.identity or {"feature_name": self.feature}),
            "constraint_check_type": self.check,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class Analysis:
    """One execution's result. Complete even when clean: `findings` is then empty."""

    documents: Documents
    findings: tuple[Finding, ...]
    item_count: int
    """Rows that were analyzed."""
    distances: Mapping[str, float | Uncomputable] = field(default_factory=dict)
    """What was measured, found or not, by name: drift by feature (what
    `feature_baseline_drift_*` publishes), or a metric. A reason where there is no number."""
    warnings: tuple[str, ...] = ()
    """What a reader of the numbers must know, without values of the data."""
    additional: Mapping[str, Any] = field(default_factory=dict)
    """What was measured beyond AWS because it was asked for: blocks of JSON, by name."""

    def also(self, findings: Iterable[Finding]) -> Analysis:
        """With more findings, which constraint_violations.json names behind AWS's own.

        What is a violation only by the user's own configuration counts like any other: the
        file, the exit message and the metric name the same number.
        """
        more = tuple(findings)
        there = self.documents[VIOLATIONS]
        entries = [*there["violations"], *(finding.violation() for finding in more)]
        documents = {**self.documents, VIOLATIONS: {**there, "violations": entries}}
        return replace(self, documents=documents, findings=(*self.findings, *more))


class Suggest(Protocol):
    """Describe data and what it meets: a baseline's documents."""

    def __call__(
        self, data: Iterable[Any], settings: Any = None, mode: Mode = "corrected"
    ) -> Documents: ...


class Analyze(Protocol):
    """Compare data with a baseline's documents."""

    def __call__(
        self,
        data: Iterable[Any],
        baseline: Documents,
        mode: Mode = "corrected",
        settings: Any = None,
    ) -> Analysis: ...


class Gather(Protocol):
    """The state of a part of the data: picklable, and `a + b` is the state of both parts.

    A part without rows has an empty state, which is no error: only the whole can be told to
    hold no data. With a baseline the state is one that can be compared with it.
    """

    def __call__(
        self,
        data: Iterable[Any],
        settings: Any = None,
        mode: Mode = "corrected",
        baseline: Documents | None = None,
    ) -> Any: ...


class SuggestFrom(Protocol):
    """What `suggest` says, from the state of all the data."""

    def __call__(self, state: Any, mode: Mode = "corrected") -> Documents: ...


class AnalyzeFrom(Protocol):
    """What `analyze` says, from the state of all the data."""

    def __call__(self, state: Any, baseline: Documents, mode: Mode = "corrected") -> Analysis: ...


@dataclass(frozen=True, slots=True)
class Monitor:
    """One of the four: its names, its two verbs, and the steps they are made of.

    Data quality reads `Batch`es and needs no settings; the others read `Observations`, and
    each names the type of its settings in its own file.
    """

    kind: Kind
    suggest: Suggest
    analyze: Analyze
    gather: Gather
    suggest_from: SuggestFrom
    analyze_from: AnalyzeFrom
