"""One execution: the container's contract, from its environment to its exit message.

Needs     the environment AWS gives its own containers, and files under /opt/ml
Writes    the monitor's documents, constraint_violations.json among them (with an empty list
          when clean), and findings.json; /opt/ml/output/message; CloudWatch metrics

With `ground_truth_source` and no `analysis_type` it is AWS's merge job; with both, ours: one
job that joins the labels and evaluates. With `scheduled_time` it is a run of the self-hosted
engine, which fetches its hour itself (self_hosted.py).

The exit code says whether the data could be *evaluated*: it is 0 with violations too, and
the message tells the two apart. Only an execution that could not be evaluated ends
otherwise, and one without data is such: NO_DATA is not health.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from monitoring import metrics, report
from monitoring.aws import storage
from monitoring.aws.clients import Aws, connect
from monitoring.aws.storage import Fetch
from monitoring.batch_transform import INPUTS_FIRST, OUTPUTS_FIRST, transcribed
from monitoring.capture import FAULTY_SHARE, Reading, merge
from monitoring.compute.gathering import gathered
from monitoring.compute.hosts import Hosts, leave, merged_from
from monitoring.datasets import CAPTURED, Dataset
from monitoring.documents import CONSTRAINTS, STATISTICS, parse, publish, read
from monitoring.errors import FAILED, OK, MonitoringError, NoDataError, UsageError
from monitoring.evaluation import (
    check,
    documents_of,
    mode_named,
    read_baseline,
    suggest,
    work_on,
)
from monitoring.excluding import Exclusion
from monitoring.instructions import Given, Instructions, Model, instructions
from monitoring.kinds import DATA_QUALITY, EXPLAINABILITY, Kind
from monitoring.monitors import monitor_for
from monitoring.monitors.base import Mode, Monitor
from monitoring.monitors.drift_baseline import ADDITIONAL_BASELINE
from monitoring.monitors.drift_test_settings import DriftTests
from monitoring.monitors.quality_extras_settings import Extras
from monitoring.predictors import opened
from monitoring.scheduled import SCHEDULED_TIME
from monitoring.scripts.environment import POSTPROCESSOR, PREPROCESSOR, script_of
from monitoring.scripts.postprocessing import postprocess
from monitoring.scripts.process import Script
from monitoring.self_hosted import scheduled
from monitoring.variables import kind_in, path_at, share_in, window_in

T = TypeVar("T")

MESSAGE = Path("opt/ml/output/message")
METRICS = Path("opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl")
CONFIG = Path("opt/ml/processing/input/config")
"""Where Clarify's jobs find their analysis configuration."""
BATCH_INPUT = "BATCH_TRANSFORM_INPUT"
"""`monitoring_input_type` of a batch transform's data; UNCONFIRMED."""
PARTIALS = "partials_source"
"""Ours: where the partial states of a job's hosts lie, to be concluded from."""
LONGEST_MESSAGE = 1024
"""Bytes of an exit message that reach the execution's summary."""

ATTRIBUTES = (
    "problem_type",
    "inference_attribute",
    "probability_attribute",
    "ground_truth_attribute",
    "features_attribute",
    "probability_threshold_attribute",
    "positive_label",
    "negative_label",
)
"""Variables that say where a row's parts are. `features_attribute` is UNCONFIRMED, and
`negative_label` ours."""


@dataclass(frozen=True, slots=True)
class Job:
    """One execution as its environment describes it."""

    monitor: Monitor
    instructions: Instructions
    dataset: Dataset
    output: Path
    mode: Mode
    baseline: Mapping[str, Path]
    """Document name → file; empty for a baselining job."""
    publishes_metrics: bool
    metric_time: str
    dimensions: Mapping[str, str]
    categorical_drift_method: str
    postprocessor: Script | None = None
    """The user's script that is called once the documents are published."""
    is_batch: bool = False
    """Whether the data are what batch transform jobs captured."""
    hosts: Hosts = field(default_factory=Hosts)
    partials: Path | None = None
    """What the hosts of another job left, in the place of data."""

    @classmethod
    def parse(
        cls,
        environment: Mapping[str, str],
        root: Path,
        model: Model | None = None,
        fetch: Fetch | None = None,
    ) -> Self:
        """Read the container's environment.

        Raises UsageError naming the variable.
        """
        monitor = monitor_for(kind_in(environment))
        variables = (
            (CONSTRAINTS, "baseline_constraints"),
            (STATISTICS, "baseline_statistics"),
            (ADDITIONAL_BASELINE, "additional_baseline"),
        )
        endpoint = environment.get("sagemaker_endpoint_name", "")
        schedule = environment.get("sagemaker_monitoring_schedule_name", "")
        dimensions = {"Endpoint": endpoint, "MonitoringSchedule": schedule}
        start = environment.get("start_time", "")
        preprocessor = script_of(environment, root, PREPROCESSOR, monitor.kind)
        excluded = _excluded(environment, monitor.kind)
        dataset = _dataset(environment, root)
        dataset = replace(dataset, preprocessor=preprocessor, excluded=excluded)
        return cls(
            monitor=monitor,
            instructions=instructions(
                monitor.kind,
                _given(environment, root),
                is_table=dataset.is_table and not _is_batch(environment),
                model=model,
                fetch=fetch,
            ),
            dataset=dataset,
            output=path_at(environment, "output_path", root),
            mode=mode_named(environment.get("analysis_mode", "corrected")),
            baseline={
                document: path_at(environment, name, root)
                for document, name in variables
                if environment.get(name)
            },
            publishes_metrics=environment.get("publish_cloudwatch_metrics") == "Enabled",
            metric_time=environment.get("metric_time", start),
            dimensions={name: value for name, value in dimensions.items() if value},
            categorical_drift_method=environment.get("categorical_drift_method", ""),
            postprocessor=script_of(environment, root, POSTPROCESSOR, monitor.kind),
            is_batch=_is_batch(environment),
            hosts=Hosts.read(root),
            partials=path_at(environment, PARTIALS, root) if environment.get(PARTIALS) else None,
        )


def run(
    environment: Mapping[str, str],
    root: Path = Path("/"),
    model: Model | None = None,
    fetch: Fetch | None = None,
    aws: Callable[[], Aws] | None = None,
) -> int:
    """Run one execution; every container path is resolved under `root`.

    `model` opens the model that explainability asks; `fetch` gets the objects that the
    manifests of batch transform jobs list, and SHAP's baseline rows that lie in S3; `aws`
    connects a scheduled run. Returns 0 when the data could be evaluated, with or without
    violations. Otherwise the outputs are untouched, and the message says why in one line.
    """
    execute = partial(_carry_out, root=root, model=model, fetch=fetch)
    try:
        if environment.get(SCHEDULED_TIME):
            message = scheduled(environment, root, aws, root / METRICS).run(execute)
        else:
            message = execute(environment)
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


def _carry_out(
    environment: Mapping[str, str], root: Path, model: Model | None, fetch: Fetch | None
) -> str:
    if environment.get("ground_truth_source") and not environment.get("analysis_type"):
        return _merge(environment, root, fetch)
    return _execute(Job.parse(environment, root, model, fetch), root, fetch)


def _execute(job: Job, root: Path, fetch: Fetch | None) -> str:
    if job.partials is None and len(job.hosts.names) > 1:
        baseline = read_baseline(job.baseline) if job.baseline else None
        work = work_on(job.monitor, job.dataset, baseline, job.mode, job.instructions)
        return str(leave(work, job.hosts, job.output))
    sides = INPUTS_FIRST if job.monitor.kind == EXPLAINABILITY else OUTPUTS_FIRST
    data_set = transcribed(job.dataset, fetch, sides) if job.is_batch else nullcontext(job.dataset)
    with data_set as data:
        violations = _evaluate(replace(job, dataset=data), root)
    if job.postprocessor is not None:
        postprocess(job.postprocessor)
    return _completed(violations)


def _evaluate(job: Job, root: Path) -> int:
    """Publish the documents and metrics; answer how many violations there are."""
    told = job.instructions
    gather = gathered if job.partials is None else partial(merged_from, job.partials)
    if not job.baseline:
        method = job.categorical_drift_method
        documents = suggest(job.monitor, job.dataset, told, method, job.mode, _said, gather)
        publish(documents, job.output)
        return 0
    baseline = read_baseline(job.baseline)
    publishes = job.publishes_metrics and metrics.emits_metrics(baseline)
    try:
        outcome = check(job.monitor, job.dataset, baseline, job.mode, told, gather)
    except NoDataError:
        if publishes:
            none = metrics.records_metric(0, job.dimensions, job.metric_time)
            _write_metrics(root, [none])
        raise
    publish(documents_of(outcome), job.output)
    if publishes:
        found = (job.monitor.kind, outcome.analysis, job.dimensions, job.metric_time)
        _write_metrics(root, metrics.metric_data(*found))
    return len(outcome.analysis.findings)


def _said(reading: Reading[Any]) -> None:
    """The records that are in no baseline, into the job's log."""
    for problem in reading.problems:
        sys.stdout.write(f"skipped: {report.clean(str(problem))}\n")


def _merge(environment: Mapping[str, str], root: Path, fetch: Fetch | None) -> str:
    """AWS's merge job: labels to captured records, before model quality and bias."""
    labels, output = (
        path_at(environment, name, root) for name in ("ground_truth_source", "output_path")
    )
    captured = Dataset(path_at(environment, "dataset_source", root), CAPTURED)
    if _is_batch(environment):
        captured = _dataset(environment, root)
    share = share_in(environment, "faulty_record_share", FAULTY_SHARE)
    with transcribed(captured, fetch) as data:
        made = merge(data.path, labels, output, window_in(environment), faulty_share=share)
    coverage = made.coverage
    return (
        f"Completed: {coverage.joined:,} of {coverage.records:,} records were joined with a label "
        f"({coverage.orphans:,} labels of other records)."
    )


def _completed(violations: int) -> str:
    if violations:
        return f"CompletedWithViolations: Job completed successfully with {violations} violations."
    return "Completed: Job completed successfully with no violations."


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
    labels = "ground_truth_source"
    return Dataset(
        path_at(environment, "dataset_source", root),
        name,
        options,
        window_in(environment),
        share_in(environment, "faulty_record_share", FAULTY_SHARE),
        path_at(environment, labels, root) if environment.get(labels) else None,
        share_in(environment, "minimum_label_coverage", 0.0),
    )


def _is_batch(environment: Mapping[str, str]) -> bool:
    """Whether the input is of batch transform jobs; the value is UNCONFIRMED."""
    return environment.get("monitoring_input_type") == BATCH_INPUT


def _excluded(environment: Mapping[str, str], kind: Kind) -> Exclusion | None:
    text = environment.get("exclude_features_attribute", "")
    if text and kind != DATA_QUALITY:
        raise UsageError(
            f"exclude_features_attribute: the {kind.title} monitor has no features to leave out; "
            "AWS knows it for data quality only. Unset it."
        )
    return Exclusion.of(text)


def _given(environment: Mapping[str, str], root: Path) -> Given:
    """The attributes, and the analysis configuration where there is one."""
    texts = {name: environment.get(name, "") for name in ATTRIBUTES}
    extras = _asked(environment, root, "additional_measures", Extras.of)
    tests = _asked(environment, root, "additional_tests", DriftTests.of)
    if environment.get("analysis_config"):
        config = path_at(environment, "analysis_config", root)
        return Given(**texts, analysis_config=config, extras=extras, drift_tests=tests)
    usual = root / CONFIG / "analysis_config.json"
    # A definition's ConfigUri may name a file of any name; it is alone in its directory.
    found = [usual] if usual.is_file() else sorted((root / CONFIG).glob("*.json"))
    alone = found[0] if len(found) == 1 else None
    return Given(**texts, analysis_config=alone, extras=extras, drift_tests=tests)


def _asked(
    environment: Mapping[str, str], root: Path, name: str, of: Callable[[Any, str], T]
) -> T | None:
    """A variable of ours, `additional_…`: a file's path, or the JSON itself.

    A managed definition stages no file of ours, but passes a variable of 256 characters.
    """
    text = environment.get(name, "").strip()
    if not text:
        return None
    if text.startswith("{"):
        return of(parse(text.encode(), name), name)
    path = path_at(environment, name, root)
    return of(read(path), path.name)


def _write_metrics(root: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    _write(root / METRICS, "".join(json.dumps(line) + "\n" for line in lines))


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
    aws = connect()
    code = run(
        os.environ,
        root,
        lambda config: opened(config.predictor, aws),
        lambda uri, path: storage.download(aws.s3, uri, path),
        lambda: aws,
    )
    sys.stdout.write((root / MESSAGE).read_text(encoding="utf-8") + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
