"""A monitor's two verbs on data at rest: a baseline suggested, an outcome checked.

Needs     a monitor, its instructions, a dataset; for a check the baseline's documents
Gives     documents, or an `Outcome` with the books of what was read

What a job and a command line have in common. An error of the monitor that says there was
no data is told again with what was read instead: empty hours, other hours, no labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from monitoring import report
from monitoring.capture import Reading
from monitoring.compute.gathering import gathered
from monitoring.compute.work import Partial, Work
from monitoring.datasets import Dataset
from monitoring.documents import CONSTRAINTS, Documents, read
from monitoring.errors import DocumentError, NoDataError, UsageError
from monitoring.instructions import Instructions
from monitoring.monitors.base import Mode, Monitor
from monitoring.monitors.beside import with_drift_tests

FINDINGS = "findings.json"


def suggest(
    monitor: Monitor,
    dataset: Dataset,
    told: Instructions | None = None,
    categorical_drift_method: str = "",
    mode: Mode = "corrected",
    on_reading: Callable[[Reading[Any]], None] | None = None,
    gather: Callable[[Work], Partial] = gathered,
) -> Documents:
    """A baseline's documents from its data set; `gather` says how it is read.

    `on_reading` is handed the books of the reading, where there are any: what was left out
    of a baseline stands in none of its documents.
    """
    work = work_on(monitor, dataset, None, mode, told)
    found = gather(work)
    documents = dict(work.monitor.suggest_from(found.state, mode))
    if on_reading is not None and found.books is not None:
        on_reading(found.books.reading())
    if categorical_drift_method:
        config = documents[CONSTRAINTS]["monitoring_config"]["distribution_constraints"]
        config["categorical_drift_method"] = categorical_drift_method
    return documents


def check(
    monitor: Monitor,
    dataset: Dataset,
    baseline: Documents,
    mode: Mode,
    told: Instructions | None = None,
    gather: Callable[[Work], Partial] = gathered,
) -> report.Outcome:
    """Compare a data set with a baseline; raises NoDataError naming what was read instead."""
    work = work_on(monitor, dataset, baseline, mode, told)
    found = gather(work)
    monitor, dataset = work.monitor, work.dataset
    reading = found.books.reading() if found.books is not None else None
    try:
        analysis = monitor.analyze_from(found.state, work.baseline or {}, mode)
    except NoDataError:
        if reading is None or reading.counts.rows:
            raise
        raise NoDataError(_no_data(reading, dataset)) from None
    return report.Outcome(monitor.kind, mode, analysis, dataset.window, reading, found.coverage)


def work_on(
    monitor: Monitor,
    dataset: Dataset,
    baseline: Documents | None,
    mode: Mode,
    told: Instructions | None = None,
) -> Work:
    """All that has to be read for a verb, and how; without a baseline, for `suggest`."""
    told = told or Instructions()
    if baseline is not None:
        dataset, baseline = dataset.beside(baseline)
    return Work(with_drift_tests(monitor, told.drift_tests), dataset, told, mode, baseline)


def documents_of(outcome: report.Outcome) -> Documents:
    """Everything an execution writes: AWS's documents, and our findings beside them."""
    return {**outcome.analysis.documents, FINDINGS: report.findings_document(outcome)}


def read_baseline(files: Mapping[str, Path]) -> Documents:
    """A baseline's documents by name; raises DocumentError for one that is missing."""
    for name, path in files.items():
        if not path.is_file():
            raise DocumentError(
                f"{path}: the baseline's {name} is not there, so there is nothing to compare "
                "with. Check where the baseline lies, or make one with `monitor suggest`."
            )
    return {name: read(path) for name, path in files.items()}


def mode_named(text: str) -> Mode:
    """The mode called `text`; raises UsageError.

    >>> mode_named("compat")
    'compat'
    """
    for mode in get_args(Mode):
        if text == mode:
            return text  # type: ignore[return-value]
    raise UsageError(f"analysis_mode is {text!r}; it is one of {', '.join(get_args(Mode))}.")


def _no_data(reading: Reading[Any], dataset: Dataset) -> str:
    noted = {name: number for name, number in reading.counts.as_dict().items() if number}
    seen = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in noted.items())
    window = f" between {dataset.window}".replace(" to ", " and ") if dataset.window else ""
    if reading.counts.no_label:
        return (
            f"PENDING_LABELS: no record{window} has a label, so nothing was evaluated (read: "
            f"{seen}). These are captured, not merged records: run the merge with ground truth "
            "first, or name the labels in ground_truth_source."
        )
    return (
        f"NO_DATA: no captured record{window}, so nothing was evaluated (read: "
        f"{seen or 'no files'}). Check that the endpoint had traffic and that its data capture "
        "is on and started."
    )
