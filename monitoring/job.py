"""One execution: the container's contract, from its environment to its exit message.

Needs     the environment AWS gives its own containers, and files under /opt/ml
Writes    statistics.json, constraints.json, constraint_violations.json (with an empty list
          when clean) and findings.json; /opt/ml/output/message; CloudWatch metrics

The exit code says whether the data could be *evaluated*: it is 0 with violations too, and
the message tells the two apart. Only an execution that could not be evaluated ends
otherwise, and one without data is such: NO_DATA is not health.
"""

from __future__ import annotations

import json
import math
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, get_args

from monitoring import report
from monitoring.capture import FAULTY_SHARE, INPUT, OUTPUT, Reading, Window, read_capture
from monitoring.documents import CONSTRAINTS, STATISTICS, Documents, publish, read
from monitoring.errors import FAILED, OK, DocumentError, MonitoringError, NoDataError, UsageError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind
from monitoring.monitors import monitor_for
from monitoring.monitors.base import Batch, Mode, Monitor
from monitoring.tables import read_csv, read_parquet

MESSAGE = Path("opt/ml/output/message")
METRICS = Path("opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl")
FINDINGS = "findings.json"
LONGEST_MESSAGE = 1024
"""Bytes of an exit message that reach the execution's summary."""

ANALYSIS_TYPES = {
    "": DATA_QUALITY,
    "DATA_QUALITY": DATA_QUALITY,
    "MODEL_QUALITY": MODEL_QUALITY,
    "MODEL_BIAS": BIAS,
    "MODEL_EXPLAINABILITY": EXPLAINABILITY,
}
"""`analysis_type`; AWS leaves it out for data quality."""
NOT_BUILT = (
    "record_preprocessor_script",
    "post_analytics_processor_script",
    "exclude_features_attribute",
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Where the data lie, and how they are written (`dataset_format`)."""

    path: Path
    format: str
    options: Mapping[str, Any] = field(default_factory=dict)
    window: Window | None = None
    faulty_share: float = FAULTY_SHARE

    def open(self, names: tuple[str, ...], mode: Mode) -> tuple[Iterator[Batch], Reading | None]:
        """The data as batches; and, for captured traffic, the books of its reading."""
        if self.format == "csv":
            return read_csv(self.path, header=_truth(self.options.get("header", True))), None
        if self.format == "parquet":
            return read_parquet(self.path), None
        if self.format != "sagemakerCaptureJson":
            raise MonitoringError(
                f"dataset_format {self.format!r}: reading it is not built yet, so nothing was "
                "evaluated. Built: csv, parquet, sagemakerCaptureJson."
            )
        sides = self.options.get("captureIndexNames") or (INPUT, OUTPUT)
        reading = read_capture(
            self.path,
            self.window,
            names=names,
            sides=sides,
            like_aws=mode == "compat",
            faulty_share=self.faulty_share,
        )
        return reading.batches, reading


@dataclass(frozen=True, slots=True)
class Job:
    """One execution as its environment describes it."""

    monitor: Monitor
    dataset: Dataset
    output: Path
    mode: Mode
    baseline: Mapping[str, Path]
    """Document name → file; empty for a baselining job."""
    publishes_metrics: bool
    metric_time: str
    dimensions: Mapping[str, str]
    categorical_drift_method: str

    @classmethod
    def parse(cls, environment: Mapping[str, str], root: Path) -> Self:
        """Read the container's environment.

        Raises UsageError naming the variable, or MonitoringError naming what is not built.
        """
        monitor = monitor_for(_kind(environment.get("analysis_type", "")))
        for name in NOT_BUILT:
            if environment.get(name):
                raise MonitoringError(f"{name}: not built yet, so nothing was evaluated. Unset it.")
        variables = ((CONSTRAINTS, "baseline_constraints"), (STATISTICS, "baseline_statistics"))
        endpoint = environment.get("sagemaker_endpoint_name", "")
        schedule = environment.get("sagemaker_monitoring_schedule_name", "")
        dimensions = {"Endpoint": endpoint, "MonitoringSchedule": schedule}
        start = environment.get("start_time", "")
        return cls(
            monitor=monitor,
            dataset=_dataset(environment, root),
            output=_path(environment, "output_path", root),
            mode=mode_named(environment.get("analysis_mode", "corrected")),
            baseline={
                document: _path(environment, name, root)
                for document, name in variables
                if environment.get(name)
            },
            publishes_metrics=environment.get("publish_cloudwatch_metrics") == "Enabled",
            metric_time=environment.get("metric_time", start),
            dimensions={name: value for name, value in dimensions.items() if value},
            categorical_drift_method=environment.get("categorical_drift_method", ""),
        )


def run(environment: Mapping[str, str], root: Path = Path("/")) -> int:
    """Run one execution; every container path is resolved under `root`.

    Returns 0 when the data could be evaluated, with or without violations. Otherwise the
    outputs are untouched, and the message says why in one line.
    """
    try:
        message = _execute(Job.parse(environment, root), root)
        code = OK
    except MonitoringError as error:
        message, code = str(error), error.exit_code
    except Exception as error:
        # The text of an unforeseen error may quote data; its place in the code does not.
        traceback.print_tb(error.__traceback__)
        message = (
            f"InternalError: {type(error).__name__} in the analyzer, so nothing was evaluated. "
            "This is a defect; its place in the code is in the job's log."
        )
        code = FAILED
    _write(root / MESSAGE, _shortened(message))
    return code


def suggest(monitor: Monitor, dataset: Dataset, categorical_drift_method: str = "") -> Documents:
    """A baseline's documents from its data set."""
    batches, _ = dataset.open((), "corrected")
    documents = dict(monitor.suggest(batches))
    if categorical_drift_method:
        config = documents[CONSTRAINTS]["monitoring_config"]["distribution_constraints"]
        config["categorical_drift_method"] = categorical_drift_method
    return documents


def check(monitor: Monitor, dataset: Dataset, baseline: Documents, mode: Mode) -> report.Outcome:
    """Compare a data set with a baseline; raises NoDataError naming what was read instead."""
    names = _feature_names(baseline)
    batches, reading = dataset.open(names, mode)
    try:
        analysis = monitor.analyze(batches, baseline, mode)
    except NoDataError:
        if reading is None:
            raise
        raise NoDataError(_no_data(reading, dataset)) from None
    return report.Outcome(monitor.kind, mode, analysis, dataset.window, reading)


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


def _execute(job: Job, root: Path) -> str:
    if not job.baseline:
        publish(suggest(job.monitor, job.dataset, job.categorical_drift_method), job.output)
        return _completed(0)
    baseline = read_baseline(job.baseline)
    publishes = job.publishes_metrics and report.emits_metrics(baseline)
    try:
        outcome = check(job.monitor, job.dataset, baseline, job.mode)
    except NoDataError:
        if publishes:
            none = report.records_metric(0, job.dimensions, job.metric_time)
            _write_metrics(root, [none])
        raise
    publish(documents_of(outcome), job.output)
    if publishes:
        _write_metrics(root, report.metric_data(outcome.analysis, job.dimensions, job.metric_time))
    return _completed(len(outcome.analysis.findings))


def _completed(violations: int) -> str:
    if violations:
        return f"CompletedWithViolations: Job completed successfully with {violations} violations."
    return "Completed: Job completed successfully with no violations."


def _no_data(reading: Reading, dataset: Dataset) -> str:
    noted = {name: number for name, number in reading.counts.as_dict().items() if number}
    seen = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in noted.items())
    window = f" between {dataset.window}".replace(" to ", " and ") if dataset.window else ""
    return (
        f"NO_DATA: no captured record{window}, so nothing was evaluated (read: "
        f"{seen or 'no files'}). Check that the endpoint had traffic and that its data capture "
        "is on and started."
    )


def _feature_names(baseline: Documents) -> tuple[str, ...]:
    constraints = baseline.get(CONSTRAINTS)
    features = constraints.get("features") if isinstance(constraints, Mapping) else None
    listed = features if isinstance(features, list) else []
    return tuple(
        str(entry["name"]) for entry in listed if isinstance(entry, Mapping) and "name" in entry
    )


def _kind(analysis_type: str) -> Kind:
    if analysis_type not in ANALYSIS_TYPES:
        known = ", ".join(name for name in ANALYSIS_TYPES if name)
        raise UsageError(f"analysis_type is {analysis_type!r}; it is one of {known}.")
    return ANALYSIS_TYPES[analysis_type]


def _dataset(environment: Mapping[str, str], root: Path) -> Dataset:
    text = environment.get("dataset_format", "")
    try:
        ((name, given),) = json.loads(text).items()
        options = dict(given or {})
    except (ValueError, TypeError, AttributeError):
        raise UsageError(
            "dataset_format is not a JSON object with one key, such as "
            '{"sagemakerCaptureJson": {...}}; how to read the data is unknown.'
        ) from None
    start, end = environment.get("start_time", ""), environment.get("end_time", "")
    window = Window.parse(start, end) if start or end else None
    path = _path(environment, "dataset_source", root)
    return Dataset(path, name, options, window, _faulty_share(environment))


def _faulty_share(environment: Mapping[str, str]) -> float:
    """`faulty_record_share`, ours: how much of a window may be left out as faulty."""
    text = environment.get("faulty_record_share", str(FAULTY_SHARE))
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0.0 <= share <= 1.0:
        raise UsageError(f"faulty_record_share is {text!r}; it is a share from 0 to 1.")
    return share


def _path(environment: Mapping[str, str], name: str, root: Path) -> Path:
    value = environment.get(name, "")
    path = Path(value.lstrip("/"))
    if not value or ".." in path.parts:
        raise UsageError(f"{name} is missing or no plain path; the container's paths start at /.")
    return root / path


def _truth(value: Any) -> bool:
    """A boolean of `dataset_format`, which may arrive as text."""
    return value if isinstance(value, bool) else str(value).lower() == "true"


def _write_metrics(root: Path, metrics: Iterable[Mapping[str, Any]]) -> None:
    _write(root / METRICS, "".join(json.dumps(line) + "\n" for line in metrics))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _shortened(message: str) -> str:
    """One line of at most 1 KB."""
    text = report.clean(message, LONGEST_MESSAGE).encode()
    return text[:LONGEST_MESSAGE].decode(errors="ignore")


def main() -> int:
    """The container's entry point: `python -m monitoring.job`."""
    root = Path("/")
    code = run(os.environ, root)
    sys.stdout.write((root / MESSAGE).read_text(encoding="utf-8") + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
