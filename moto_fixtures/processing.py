"""From a due schedule to the processing jobs that run it: inputs, outputs, environment.

Needs     the schedule, its job definition, the endpoint's capture destination, the window
Gives     requests in CreateProcessingJob's shape, as the service makes them for itself

Model quality and bias are two jobs: a merge of the captured records with their labels, then
the analysis of what was merged. The names, paths and variables are those Amazon's own jobs
show (the container contract).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitoring import kinds
from moto_fixtures import job_inputs
from moto_fixtures.sagemaker import schedules
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.job_definitions import JobDefinition
from moto_fixtures.sagemaker.schedules import MonitoringSchedule
from moto_fixtures.timing import Window, window_of

DEFAULT_MAX_RUNTIME = 3600
LONGEST_JOB_NAME = 63
ANALYSIS_TYPES = {
    kinds.MODEL_QUALITY: "MODEL_QUALITY",
    kinds.BIAS: "MODEL_BIAS",
    kinds.EXPLAINABILITY: "MODEL_EXPLAINABILITY",
}
"""`analysis_type`; data quality has none. Clarify's two are ours: AWS publishes no sample."""
MERGER = "sagemaker-model-monitor-groundtruth-merger"
"""Image of a merge job. AWS publishes no registry of it, and it cannot be replaced."""
MERGE_RECORDS = "/opt/ml/processing/input_data"
MERGE_LABELS = "/opt/ml/processing/groundtruth"
MERGE_OUTPUT = "/opt/ml/processing/output"
BATCH_SIDE = "batchTransformOutput"
ENDPOINT_INPUT, BATCH_INPUT = "ENDPOINT_INPUT", "BATCH_TRANSFORM_INPUT"
"""`monitoring_input_type`; that of batch transform jobs is UNCONFIRMED."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution about to begin."""

    schedule: MonitoringSchedule
    definition: JobDefinition
    scheduled: datetime
    window: Window
    request: dict[str, Any]
    """CreateProcessingJob's request for the analysis."""
    merge: dict[str, Any] | None = None
    """That of the merge job which goes before it."""

    @property
    def max_runtime(self) -> int:
        """Seconds, which the jobs of an execution share."""
        return int(self.request["StoppingCondition"]["MaxRuntimeInSeconds"])

    @property
    def namespace(self) -> str:
        """Where the metrics go; those of batch transform jobs are no endpoint's."""
        namespace = self.schedule.kind.namespace
        if self.definition.endpoint_name is None:
            return namespace.replace("/Endpoints/", "/ModelMonitoring/")
        return namespace


def prepare(backend: Backend, schedule: MonitoringSchedule, scheduled: datetime) -> Run:
    """The jobs that a schedule starts for one scheduled moment."""
    definition = schedules.definition_of(backend, schedule.config)
    window = window_of(schedule.schedule_config, definition.source, scheduled)
    merge = None
    if schedule.kind.needs_labels:
        merge = _merge(backend, schedule, definition, window, scheduled)
        records = _merged(backend, definition, window, output_of(merge)["S3Uri"])
    else:
        records = _captured(backend, definition, window, definition.source["LocalPath"])
    inputs = [*job_inputs.documents(definition), *records]
    output = _output(definition, schedule, scheduled)
    request = _request(definition, f"{schedule.kind.slug}-monitoring", scheduled, inputs, output)
    request["AppSpecification"] = {
        member: definition.app[member]
        for member in ("ImageUri", "ContainerEntrypoint", "ContainerArguments")
        if member in definition.app
    }
    request["Environment"] = {
        **definition.app.get("Environment", {}),
        **_environment(definition, schedule, window, job_inputs.local_files(inputs)),
    }
    return Run(schedule, definition, scheduled, window, request, merge)


def output_of(request: Mapping[str, Any]) -> dict[str, str]:
    """The `S3Output` of a job, which has one."""
    return dict(request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"])


def _captured(
    backend: Backend, definition: JobDefinition, window: Window, local: str
) -> Iterator[dict[str, Any]]:
    """What was captured in the window: an endpoint's traffic, or batch transform's manifests."""
    if definition.endpoint_name is None:
        destination = definition.source["DataCapturedDestinationS3Uri"]
        return job_inputs.manifests(destination, window, local)
    return job_inputs.captured(backend, definition.endpoint_name, window, local)


def _merged(
    backend: Backend, definition: JobDefinition, window: Window, merge_uri: str
) -> Iterator[dict[str, Any]]:
    """What the merge job leaves under `merge_uri` for the analysis."""
    local = definition.source["LocalPath"]
    if definition.endpoint_name is None:
        return job_inputs.merged_batch(merge_uri, local)
    return job_inputs.merged(backend, definition.endpoint_name, window, merge_uri, local)


def _merge(
    backend: Backend,
    schedule: MonitoringSchedule,
    definition: JobDefinition,
    window: Window,
    scheduled: datetime,
) -> dict[str, Any]:
    """The job that joins captured records with their labels, below `merge/` of the output.

    An endpoint's merged records are filed by the hour they happened in. A batch transform's
    have no time: each run has a prefix of its own (UNCONFIRMED).
    """
    labels = definition.job_input["GroundTruthS3Input"]["S3Uri"]
    inputs = [
        *job_inputs.labels(labels, window, scheduled, MERGE_LABELS),
        *_captured(backend, definition, window, MERGE_RECORDS),
    ]
    merged = [_wanted_output(definition)["S3Uri"].rstrip("/"), "merge"]
    of_batch = {}
    if definition.endpoint_name is None:
        merged += [schedule.name, f"{scheduled:%Y/%m/%d/%H}"]
        of_batch = {
            "dataset_format": json.dumps(_batch_format(definition)),
            "monitoring_input_type": BATCH_INPUT,
        }
    output = {"S3Uri": "/".join(merged), "LocalPath": MERGE_OUTPUT}
    return {
        **_request(definition, "groundtruth-merge", scheduled, inputs, output),
        "AppSpecification": {"ImageUri": MERGER},
        "Environment": {
            "dataset_source": MERGE_RECORDS,
            "ground_truth_source": MERGE_LABELS,
            "output_path": MERGE_OUTPUT,
            "start_time": _time(window.start),
            "end_time": _time(window.end),
            **of_batch,
        },
    }


def _request(
    definition: JobDefinition,
    name: str,
    scheduled: datetime,
    inputs: list[dict[str, Any]],
    s3_output: dict[str, str],
) -> dict[str, Any]:
    """What both jobs of an execution have: the definition's resources, role and network."""
    output = {
        "OutputName": "result",
        "AppManaged": False,
        "S3Output": {"S3UploadMode": "Continuous", **s3_output},
    }
    request = {
        "ProcessingJobName": _job_name(name, scheduled),
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [output]},
        "ProcessingResources": {
            "ClusterConfig": definition.request["JobResources"]["ClusterConfig"]
        },
        "StoppingCondition": definition.request.get("StoppingCondition")
        or {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME},
        "RoleArn": definition.request["RoleArn"],
    }
    if "NetworkConfig" in definition.request:
        request["NetworkConfig"] = definition.request["NetworkConfig"]
    key = definition.output_config.get("KmsKeyId")
    if key:
        request["ProcessingOutputConfig"]["KmsKeyId"] = key
    return request


def _job_name(name: str, scheduled: datetime) -> str:
    """`groundtruth-merge-202502161600-` and 24 hexadecimal digits, or as many as fit."""
    return f"{name}-{scheduled:%Y%m%d%H%M}-{uuid.uuid4().hex[:24]}"[:LONGEST_JOB_NAME]


def _wanted_output(definition: JobDefinition) -> dict[str, str]:
    return dict(definition.output_config["MonitoringOutputs"][0]["S3Output"])


def _output(
    definition: JobDefinition, schedule: MonitoringSchedule, scheduled: datetime
) -> dict[str, str]:
    """Where the run's documents go: below the definition's URI, by endpoint, schedule and hour.

    Without an endpoint by schedule and hour (UNCONFIRMED).
    """
    wanted = _wanted_output(definition)
    parts = (
        wanted["S3Uri"].rstrip("/"),
        schedule.endpoint_name,
        schedule.name,
        f"{scheduled:%Y/%m/%d/%H}",
    )
    return {**wanted, "S3Uri": "/".join(part for part in parts if part)}


def _environment(
    definition: JobDefinition,
    schedule: MonitoringSchedule,
    window: Window,
    local: Mapping[str, str],
) -> dict[str, str]:
    """The container's variables. What a definition does not say is absent, not empty."""
    source, app, kind = definition.source, definition.app, definition.kind
    is_batch = definition.endpoint_name is None
    start = _time(window.start)
    threshold = source.get("ProbabilityThresholdAttribute")
    variables = {
        "analysis_config": local.get("analysis_config"),
        "analysis_type": ANALYSIS_TYPES.get(kind),
        "baseline_constraints": local.get("constraints"),
        "baseline_statistics": local.get("baseline"),
        "dataset_format": json.dumps(_dataset_format(definition)),
        "dataset_source": source["LocalPath"],
        "end_time": _time(window.end),
        "exclude_features_attribute": source.get("ExcludeFeaturesAttribute"),
        "features_attribute": source.get("FeaturesAttribute"),
        "inference_attribute": source.get("InferenceAttribute"),
        "metric_time": start,
        "monitoring_input_type": BATCH_INPUT if is_batch else ENDPOINT_INPUT,
        "output_path": _wanted_output(definition)["LocalPath"],
        "post_analytics_processor_script": local.get("post_processor_script"),
        "probability_attribute": source.get("ProbabilityAttribute"),
        "probability_threshold_attribute": None if threshold is None else f"{threshold:.6f}",
        "problem_type": app.get("ProblemType"),
        "publish_cloudwatch_metrics": "Enabled",
        "record_preprocessor_script": local.get("pre_processor_script"),
        "sagemaker_endpoint_name": schedule.endpoint_name,
        "sagemaker_monitoring_schedule_name": schedule.name,
        "start_time": start,
    }
    return {name: str(value) for name, value in variables.items() if value is not None}


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _dataset_format(definition: JobDefinition) -> dict[str, Any]:
    """Model quality reads answers; bias needs the features with them, and so the requests.

    A batch transform's records have one side, in which both are.
    """
    kind, is_batch = definition.kind, definition.endpoint_name is None
    sides = ["endpointInput", "endpointOutput"]
    if kind.needs_labels:
        merged_sides = sides if kind == kinds.BIAS else ["endpointOutput"]
        return {
            "sagemakerMergeJson": {
                "captureIndexNames": [BATCH_SIDE] if is_batch else merged_sides,
                "originalDatasetFormat": _batch_format(definition) if is_batch else None,
            }
        }
    if is_batch:
        return _batch_format(definition)
    return {"sagemakerCaptureJson": {"captureIndexNames": sides}}


def _batch_format(definition: JobDefinition) -> dict[str, Any]:
    """`DatasetFormat` as the container is told it: `{"csv": {"header": true}}`."""
    ((name, options),) = definition.source["DatasetFormat"].items()
    return {name.lower(): {option.lower(): value for option, value in options.items()}}
