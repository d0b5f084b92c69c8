"""Data quality: does live traffic still look like the data the model was approved on?

Needs     a table of text: the baseline's data set, or captured outputs and inputs
Reads     constraints.json, and statistics.json for drift
Writes    statistics.json, constraints.json (suggested for this very data, in a monitoring
          run too), constraint_violations.json (`{"violations": []}` when clean)

A clean file does not mean that every check was made: a column with too few values, or
without a baseline distribution, has no drift distance. `Analysis.distances` says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Self

from monitoring.documents import CONSTRAINTS, STATISTICS, VIOLATIONS, Documents
from monitoring.errors import DocumentError, NoDataError
from monitoring.kinds import DATA_QUALITY
from monitoring.measures.state import Uncomputable
from monitoring.measures.table import TableState
from monitoring.monitors.alignment import Alignment, align, column_findings, require_distinct
from monitoring.monitors.base import Analysis, Batch, Finding, Mode, Monitor
from monitoring.monitors.checks import check_completeness, check_data_type, check_domain
from monitoring.monitors.constraints import Constraints, Feature, suggested
from monitoring.monitors.drift import check_drift, value_of
from monitoring.monitors.statistics import Distribution, distributions, statistics


@dataclass(frozen=True, slots=True)
class Gathered:
    """A table's state, and how its columns were matched with the baseline's."""

    table: TableState
    alignment: Alignment | None = None
    """None for a baseline's own data, and where no batch was read."""

    def __add__(self, other: Self) -> Self:
        """Both parts' rows, `self`'s first. Both have the same columns."""
        return type(self)(self.table + other.table, self.alignment or other.alignment)


def suggest(
    data: Iterable[Batch],
    settings: None = None,
    mode: Mode = "corrected",
) -> Documents:
    """Statistics of `data`, and the constraints it meets. There are no settings.

    Raises NoDataError when there are no rows.
    """
    return suggest_from(gather(data, settings, mode), mode)


def analyze(
    data: Iterable[Batch],
    baseline: Documents,
    mode: Mode = "corrected",
    settings: None = None,
) -> Analysis:
    """Compare `data` with the baseline's documents. There are no settings.

    Raises NoDataError when there are no rows, DocumentError when the baseline is unusable.
    """
    return analyze_from(gather(data, settings, mode, baseline), baseline, mode)


def gather(
    data: Iterable[Batch],
    settings: None = None,  # noqa: ARG001
    mode: Mode = "corrected",
    baseline: Documents | None = None,
) -> Gathered:
    """The state of a part of the data; with a baseline its columns have the baseline's names.

    Raises DocumentError when the baseline is unusable.
    """
    if baseline is None:
        return Gathered(_table(data, mode))
    constraints = _constraints(baseline)
    batches = iter(data)
    first = next(batches, None)
    if first is None:
        return Gathered(_table((), mode))
    alignment = align(tuple(first.schema.names), constraints.names, mode)
    renamed = _renamed(chain([first], batches), alignment)
    comparable = constraints if alignment.comparable else None
    return Gathered(_table(renamed, mode, comparable), alignment)


def suggest_from(state: Gathered, mode: Mode = "corrected") -> Documents:  # noqa: ARG001
    """Statistics and constraints of all the data; raises NoDataError without rows."""
    return describe(_with_rows(state.table))


def analyze_from(state: Gathered, baseline: Documents, mode: Mode = "corrected") -> Analysis:
    """All the data against the baseline; raises NoDataError without rows."""
    table = _with_rows(state.table)
    alignment = state.alignment or align(table.names, _constraints(baseline).names, mode)
    return judge(table, baseline, alignment, mode)


def summarize(
    data: Iterable[Batch], constraints: Constraints | None = None, mode: Mode = "corrected"
) -> TableState:
    """The state of a stream of batches; raises NoDataError without rows.

    Give the constraints the state is to be judged by: it counts cells inside their domains.
    """
    return _with_rows(_table(data, mode, constraints))


def describe(table: TableState) -> Documents:
    """The two documents every run writes about its own data."""
    return {STATISTICS: statistics(table), CONSTRAINTS: suggested(table)}


def judge(table: TableState, baseline: Documents, alignment: Alignment, mode: Mode) -> Analysis:
    """Findings about a state whose columns already have the baseline's names."""
    constraints = _constraints(baseline)
    checked = _checked_features(constraints, table) if alignment.comparable else ()
    columns = (
        column_findings(alignment, constraints.names, mode)
        if constraints.config.evaluate_constraints
        else ()
    )
    known = distributions(baseline[STATISTICS]) if STATISTICS in baseline else {}
    values = [
        finding
        for feature in checked
        for finding in _values(feature, known.get(feature.name, Distribution()), table, mode)
        if finding
    ]
    drifts, distances = _drifts(checked, table, known, mode)
    findings = (*columns, *values, *drifts)
    violations = {"violations": [finding.violation() for finding in findings]}
    documents = {**describe(table), VIOLATIONS: violations}
    return Analysis(documents, findings, table.rows, distances)


def _checked_features(constraints: Constraints, table: TableState) -> tuple[Feature, ...]:
    """Features that are there and not switched off, by the file's setting or their own."""
    return tuple(
        feature
        for feature in constraints.features
        if feature.name in table.columns and feature.config.evaluate_constraints
    )


def _values(
    feature: Feature, baseline: Distribution, table: TableState, mode: Mode
) -> Iterator[Finding | None]:
    """The checks of one column's cells."""
    column = table[feature.name]
    yield check_data_type(feature, column, mode)
    yield check_completeness(feature, baseline, column, mode)
    yield check_domain(feature, column, mode)


def _drifts(
    features: Iterable[Feature],
    table: TableState,
    known: Mapping[str, Distribution],
    mode: Mode,
) -> tuple[list[Finding], dict[str, float | Uncomputable]]:
    """Drift findings, and the distance of every feature, found or not."""
    findings: list[Finding] = []
    distances: dict[str, float | Uncomputable] = {}
    for feature in features:
        distribution = known.get(feature.name, Distribution())
        finding, drift = check_drift(feature, distribution, table[feature.name], mode)
        distances[feature.name] = value_of(drift)
        if finding:
            findings.append(finding)
    return findings, distances


def _table(data: Iterable[Batch], mode: Mode, constraints: Constraints | None = None) -> TableState:
    features = constraints.features if constraints else ()
    domains = {f.name: f.domains for f in features if f.domains is not None}
    return TableState.of(_checked(data), domains, mode)


def _with_rows(table: TableState) -> TableState:
    if not table.rows:
        raise NoDataError(_no_data())
    return table


def _constraints(baseline: Documents) -> Constraints:
    if CONSTRAINTS not in baseline:
        raise DocumentError(
            f"{CONSTRAINTS}: is missing from the baseline. Without it there is nothing to check "
            "against; suggest one with `monitor suggest data-quality`."
        )
    return Constraints.of(baseline[CONSTRAINTS])


def _renamed(batches: Iterable[Batch], alignment: Alignment) -> Iterator[Batch]:
    for batch in batches:
        yield batch.rename_columns(list(alignment.names))


def _checked(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The batches, as soon as their first one has distinct column names of text."""
    for i, batch in enumerate(batches):
        if not i:
            require_distinct(tuple(batch.schema.names))
        yield batch


def _no_data() -> str:
    return (
        "NO_DATA: the data hold no rows, so nothing was evaluated. Check that the endpoint had "
        "traffic and that data capture is on."
    )


DATA_QUALITY_MONITOR = Monitor(DATA_QUALITY, suggest, analyze, gather, suggest_from, analyze_from)
