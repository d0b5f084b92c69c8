"""A run that EventBridge Scheduler started: from one moment to the execution AWS would have made.

Needs     the variables of scheduled.py; documents and scripts as s3:// URIs; AWS
Writes    below the output: the documents under {endpoint}/{schedule}/yyyy/mm/dd/hh, merged
          records under merge/{endpoint}/{variant}/yyyy/mm/dd/hh; CloudWatch metrics

A managed schedule stages files, starts one job or two, and files what they leave. Here the job
does these steps itself, and each execution inside is the very one the managed engine runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from monitoring.aws import hours
from monitoring.aws.clients import Aws
from monitoring.aws.storage import download
from monitoring.capture import INPUT, OUTPUT
from monitoring.errors import UsageError
from monitoring.kinds import BIAS, Kind
from monitoring.scheduled import SCHEDULED_TIME, Due
from monitoring.variables import kind_in

Execute = Callable[[Mapping[str, str]], str]
"""Runs one execution by its environment; answers its message, or raises MonitoringError."""

RESULT = "/opt/ml/processing/output"
"""The job's one output: everything below it is uploaded under the reports' prefix."""
RECORDS = "/opt/ml/processing/input_data"
LABELS = "/opt/ml/processing/groundtruth"
MERGED = f"{RESULT}/merge"
DOCUMENTS: Mapping[str, str] = {
    "baseline_constraints": "/opt/ml/processing/baseline/constraints",
    "baseline_statistics": "/opt/ml/processing/baseline/stats",
    "analysis_config": "/opt/ml/processing/input/config",
    "additional_baseline": "/opt/ml/processing/baseline/additional",
    "additional_measures": "/opt/ml/processing/input/measures",
    "additional_tests": "/opt/ml/processing/input/tests",
    "record_preprocessor_script": "/opt/ml/processing/code/preprocessing",
    "post_analytics_processor_script": "/opt/ml/processing/code/postprocessing",
}
"""Variables that may name an S3 object, and where it is put."""


@dataclass(frozen=True, slots=True)
class SelfHosted:
    """One scheduled run."""

    kind: Kind
    environment: Mapping[str, str]
    root: Path
    aws: Aws
    metrics: Path
    """The file that an execution leaves its metrics in."""

    def run(self, execute: Execute) -> str:
        """Fetch, merge where labels are needed, evaluate; answer the evaluation's message.

        Raises MonitoringError. Metrics are put though it raises: no data is one of them.
        """
        due = Due.of(self.environment)
        told = {
            **due.variables(self.kind, self.environment),
            "output_path": f"{RESULT}/{due.place}",
        }
        told.update(self._documents(told))
        labels = told.pop("ground_truth_source", "")
        self._bring_captured(due)
        if self.kind.needs_labels:
            hours.bring(self.aws, labels, due.labels, self._local(LABELS))
            execute(_merge(told))
        told["dataset_source"] = MERGED if self.kind.needs_labels else RECORDS
        told["dataset_format"] = json.dumps(_format(self.kind))
        try:
            return execute(told)
        finally:
            if self.metrics.is_file():
                lines = self.metrics.read_text(encoding="utf-8").splitlines()
                hours.put_metrics(self.aws, self.kind.namespace, lines)

    def _documents(self, told: Mapping[str, str]) -> dict[str, str]:
        """Fetch what variables name in S3; where each lies in the container."""
        found = {}
        for name, directory in DOCUMENTS.items():
            uri = told.get(name, "")
            if uri.startswith("s3://"):
                found[name] = f"{directory}/{uri.rpartition('/')[2]}"
                path = self._local(found[name])
                path.parent.mkdir(parents=True, exist_ok=True)
                download(self.aws.s3, uri, path)
        return found

    def _bring_captured(self, due: Due) -> None:
        source = hours.captured(self.aws, due.endpoint)
        places = [
            f"{due.endpoint}/{variant}/{hour}"
            for variant in source.variants
            for hour in due.captured
        ]
        directory = self._local(RECORDS)
        directory.mkdir(parents=True, exist_ok=True)
        hours.bring(self.aws, source.uri, places, directory)

    def _local(self, path: str) -> Path:
        return self.root / path.lstrip("/")


def scheduled(
    environment: Mapping[str, str], root: Path, aws: Callable[[], Aws] | None, metrics: Path
) -> SelfHosted:
    """The run that a container's environment describes; raises UsageError."""
    kind = kind_in(environment)
    if aws is None:
        raise UsageError(f"{SCHEDULED_TIME} is set, but there is no AWS to fetch its hours from.")
    return SelfHosted(kind, environment, root, aws(), metrics)


def _merge(told: Mapping[str, str]) -> dict[str, str]:
    """AWS's merge job, which is told no more than this."""
    return {
        "dataset_source": RECORDS,
        "ground_truth_source": LABELS,
        "output_path": MERGED,
        "start_time": told["start_time"],
        "end_time": told["end_time"],
    }


def _format(kind: Kind) -> dict[str, object]:
    """Model quality reads answers; bias needs the features with them, and so the requests."""
    sides = [INPUT, OUTPUT]
    if kind.needs_labels:
        names = sides if kind == BIAS else [OUTPUT]
        return {"sagemakerMergeJson": {"captureIndexNames": names, "originalDatasetFormat": None}}
    return {"sagemakerCaptureJson": {"captureIndexNames": sides}}
