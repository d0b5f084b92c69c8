"""The drift tests of one column, and of whole rows: from two distributions to test results.

Needs     a column's distribution on both sides, as statistics.json holds it; rows of both sides
Gives     one result for each test asked for, or the reason why there is none

A column of numbers is tested by its order, and in bins; a column of text in bins only. What
a column is, the baseline says: one that holds text now has no distance, and a type violation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitoring.measures.classifier_test import ClassifierTest, classifier_test
from monitoring.measures.divergence import (
    Binned,
    category_bins,
    jensen_shannon_distance,
    numeric_bins,
    population_stability_index,
)
from monitoring.measures.kll import QuantileSketch
from monitoring.measures.state import Uncomputable
from monitoring.measures.two_sample import (
    TwoSample,
    kolmogorov_smirnov,
    sampling_error,
    standard_deviation,
    wasserstein,
)
from monitoring.monitors.drift_baseline import Sampled
from monitoring.monitors.drift_test_settings import CLASSIFIER, DriftTests
from monitoring.monitors.statistics import Distribution

ROWS = "(whole rows)"
"""What stands for a column's name in the test that looks at all of them."""
NO_ORDER = "text has no order"
IN_BINS = {"jensen_shannon": jensen_shannon_distance, "psi": population_stability_index}


@dataclass(frozen=True, slots=True)
class Measured:
    """One test's result, before it is known what other tests were made."""

    test: str
    column: str
    role: str
    result: TwoSample | ClassifierTest | Uncomputable
    bins: Binned | None = None


def column_tests(
    column: str, role: str, baseline: Distribution, current: Distribution | None, asked: DriftTests
) -> Iterator[Measured]:
    """Every test of one column that is asked for."""
    wanted = [test for test in asked.thresholds if test != CLASSIFIER]
    known = baseline.sketch is not None or baseline.histogram is not None
    if current is None or not known:
        where = "the current data" if known else "the baseline statistics"
        reason = Uncomputable(f"{where} hold no distribution of this column")
        yield from (Measured(test, column, role, reason) for test in wanted)
    elif baseline.sketch is not None:
        yield from _numeric(column, role, baseline.sketch, current.sketch, wanted)
    else:
        yield from _text(column, role, baseline, current, wanted)


def row_test(
    baseline: Sampled | None, current: Sampled | None, columns: tuple[str, ...]
) -> Measured:
    """The classifier, on the columns that both sides have; those in `columns` where it is given."""

    def reason(text: str) -> Measured:
        return Measured(CLASSIFIER, ROWS, "rows", Uncomputable(text))

    if baseline is None or current is None:
        return reason(
            "the baseline holds no sample of its rows; suggest it again with the same tests"
        )
    names = [
        name
        for name in baseline.table.column_names
        if name in current.table.column_names and (not columns or name in columns)
    ]
    if not names:
        return reason("the two sides have no column in common")
    sides = [side.table.select(names) for side in (baseline, current)]
    if not (baseline.counts_repeats and current.counts_repeats):
        sides = [side.group_by(names).aggregate([]) for side in sides]
    return Measured(CLASSIFIER, ROWS, "rows", classifier_test(*sides))


def _numeric(
    column: str,
    role: str,
    before: QuantileSketch,
    after: QuantileSketch | None,
    wanted: list[str],
) -> Iterator[Measured]:
    if after is None:
        reason = Uncomputable("the column holds no numbers now, or text beside them")
        yield from (Measured(test, column, role, reason) for test in wanted)
        return
    baseline, current = before.ranked(), after.ranked()
    error = sampling_error(before) + sampling_error(after)
    for test in wanted:
        if test == "ks":
            yield Measured(test, column, role, kolmogorov_smirnov(baseline, current, error))
        elif test == "wasserstein":
            scale = standard_deviation(baseline) if baseline.total else 0.0
            yield Measured(test, column, role, wasserstein(baseline, current, scale, error))
        else:
            yield _in_bins(test, column, role, numeric_bins(baseline, current, error))


def _text(
    column: str, role: str, baseline: Distribution, current: Distribution, wanted: list[str]
) -> Iterator[Measured]:
    for test in wanted:
        if test not in IN_BINS:
            yield Measured(test, column, role, Uncomputable(NO_ORDER))
        elif current.histogram is None:
            reason = "the column has too many distinct values now, or holds numbers only"
            yield Measured(test, column, role, Uncomputable(reason))
        else:
            bins = category_bins(baseline.histogram or {}, current.histogram)
            yield _in_bins(test, column, role, bins)


def _in_bins(test: str, column: str, role: str, bins: Binned | Uncomputable) -> Measured:
    if isinstance(bins, Uncomputable):
        return Measured(test, column, role, bins)
    return Measured(test, column, role, IN_BINS[test](bins), bins)
