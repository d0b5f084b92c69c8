"""A monitor, and the drift tests beside it: the same verbs, over the same single pass.

Needs     one of the four monitors, and the tests that are switched on
Gives     a Monitor whose documents are the other's, with additional_baseline.json in a
          baseline and `additional.drift_tests` in an analysis

The monitor itself knows nothing of it. Rows are looked at on their way to it, so that an
hour is read once, and the two states add up side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

from monitoring.documents import STATISTICS, Documents
from monitoring.kinds import DATA_QUALITY
from monitoring.measures.state import Uncomputable
from monitoring.monitors import drift_tests
from monitoring.monitors.base import Analysis, Mode, Monitor
from monitoring.monitors.drift_baseline import (
    ADDITIONAL_BASELINE,
    ROLES,
    Watched,
    baseline_sample,
    baseline_statistics,
)
from monitoring.monitors.drift_measures import Measured, column_tests, row_test
from monitoring.monitors.drift_test_settings import CLASSIFIER, DriftTests
from monitoring.monitors.statistics import Distribution, distributions


def with_drift_tests(monitor: Monitor, asked: DriftTests | None) -> Monitor:
    """The monitor with these tests beside it; the monitor itself where there are none."""
    if asked is None:
        return monitor
    both = Beside(monitor, asked)
    return Monitor(
        kind=monitor.kind,
        suggest=both.suggest,
        analyze=both.analyze,
        gather=both.gather,
        suggest_from=both.suggest_from,
        analyze_from=both.analyze_from,
    )


@dataclass(frozen=True, slots=True)
class States:
    """A monitor's state, and what the tests saw of the same rows."""

    own: Any
    watched: Watched

    def __add__(self, other: Self) -> Self:
        return type(self)(self.own + other.own, self.watched + other.watched)


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """The verbs of a monitor with tests beside it."""

    monitor: Monitor
    asked: DriftTests

    def suggest(
        self, data: Iterable[Any], settings: Any = None, mode: Mode = "corrected"
    ) -> Documents:
        """The monitor's documents, and what later tests compare with."""
        return self.suggest_from(self.gather(data, settings, mode), mode)

    def analyze(
        self,
        data: Iterable[Any],
        baseline: Documents,
        mode: Mode = "corrected",
        settings: Any = None,
    ) -> Analysis:
        """The monitor's analysis, and the tests' block beside it."""
        return self.analyze_from(self.gather(data, settings, mode, baseline), baseline, mode)

    def gather(
        self,
        data: Iterable[Any],
        settings: Any = None,
        mode: Mode = "corrected",
        baseline: Documents | None = None,
    ) -> States:
        """Both states of a part of the data."""
        watched = Watched(self.monitor.kind, self.asked, is_baseline=baseline is None)
        own = self.monitor.gather(_passing(data, watched), settings, mode, baseline)
        return States(own, watched)

    def suggest_from(self, state: States, mode: Mode = "corrected") -> Documents:
        """The monitor's documents, and additional_baseline.json where the tests need one."""
        documents = self.monitor.suggest_from(state.own, mode)
        document = state.watched.document()
        if "statistics" in document or "sample" in document:
            return {**documents, ADDITIONAL_BASELINE: document}
        return documents

    def analyze_from(
        self, state: States, baseline: Documents, mode: Mode = "corrected"
    ) -> Analysis:
        """The monitor's analysis with the block; raises DocumentError for a damaged baseline."""
        analysis = self.monitor.analyze_from(state.own, baseline, mode)
        results = self._results(state.watched, baseline, analysis.documents)
        found = tuple(drift_tests.findings(results, self.asked, mode))
        block = drift_tests.block(results, self.asked)
        return replace(
            analysis.also(found), additional={**analysis.additional, "drift_tests": block}
        )

    def _results(
        self, watched: Watched, baseline: Documents, current: Documents
    ) -> tuple[Measured, ...]:
        if self.monitor.kind == DATA_QUALITY:
            return tuple(self._of_columns(watched, baseline, current))
        return tuple(self._of_answers(watched, baseline))

    def _of_columns(
        self, watched: Watched, baseline: Documents, current: Documents
    ) -> Iterator[Measured]:
        """Data quality: every column by its statistics, and rows by their samples."""
        known = distributions(baseline[STATISTICS]) if STATISTICS in baseline else {}
        now = distributions(current[STATISTICS])
        for name in known or now:
            if self.asked.includes(name):
                before = known.get(name, Distribution())
                role = self.asked.role_of(name)
                yield from column_tests(name, role, before, now.get(name), self.asked)
        for name in self.asked.columns:
            if name not in known and name not in now:
                yield from column_tests(name, "feature", Distribution(), None, self.asked)
        if CLASSIFIER in self.asked.thresholds:
            known_rows = None
            if ADDITIONAL_BASELINE in baseline:
                known_rows = baseline_sample(baseline[ADDITIONAL_BASELINE])
            yield row_test(known_rows, watched.sampled, self.asked.columns)

    def _of_answers(self, watched: Watched, baseline: Documents) -> Iterator[Measured]:
        """The other monitors: labels and answers."""
        statistics = None
        if ADDITIONAL_BASELINE in baseline:
            statistics = baseline_statistics(baseline[ADDITIONAL_BASELINE])
        known = {} if statistics is None else distributions(statistics, ADDITIONAL_BASELINE)
        now = {} if watched.statistics is None else distributions(watched.statistics)
        for name in ROLES:
            if name not in known and name not in now:
                continue
            if statistics is None:
                reason = "the baseline was suggested without these tests; suggest it again"
                for test in self.asked.thresholds:
                    if test != CLASSIFIER:
                        yield Measured(test, name, name, Uncomputable(reason))
                continue
            before = known.get(name, Distribution())
            yield from column_tests(name, name, before, now.get(name), self.asked)


def _passing(data: Iterable[Any], watched: Watched) -> Iterator[Any]:
    for rows in data:
        watched.update(rows)
        yield rows
