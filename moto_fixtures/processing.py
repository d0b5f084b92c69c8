"""From a due schedule to the processing job that runs it: inputs, outputs, environment.

Needs     the schedule, its job definition, the endpoint's capture destination, the window
Gives     a request in CreateProcessingJob's shape, as the service makes it for itself

The names, paths and variables are those Amazon's own jobs show (the container contract).
The merge with ground truth that goes before model quality and bias is not simulated yet:
those jobs find the captured hours, and say themselves what they lack.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from monitoring import kinds
from monitoring.kinds import Kind
from moto_fixtures.sagemaker import job_definitions
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import NotSimulatedError
from moto_fixtures.sagemaker.job_definitions import JobDefinition
from moto_fixtures.sagemaker.schedules import MonitoringSchedule
from moto_fixtures.timing import Window, window_of

BASELINE = PurePosixPath("/opt/ml/processing/baseline")
CODE = PurePosixPath("/opt/ml/processing/code")
ANALYSIS_CONFIG = PurePosixPath("/opt/ml/processing/input/config")
NEIGHBOURS = 1
"""Hours staged on either side of the window: a file may hold events of the hour next to it."""
DEFAULT_MAX_RUNTIME = 3600
LONGEST_JOB_NAME = 63
ANALYSIS_TYPES = {
    kinds.MODEL_QUALITY: "MODEL_QUALITY",
    kinds.BIAS: "MODEL_BIAS",
    kinds.EXPLAINABILITY: "MODEL_EXPLAINABILITY",
}
"""`analysis_type`; data quality has none. Clarify's two are ours: AWS publishes no sample."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution about to begin."""

    schedule: MonitoringSchedule
    definition: JobDefinition
    scheduled: datetime
    window: Window
    request: dict[str, Any]
    """CreateProcessingJob's request."""

    @property
    def max_runtime(self) -> int:
        return int(self.request["StoppingCondition"]["MaxRuntimeInSeconds"])

    @property
    def output(self) -> dict[str, str]:
        """The `S3Output` of the run."""
        return dict(self.request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"])


def prepare(backend: Backend, schedule: MonitoringSchedule, scheduled: datetime) -> Run:
    """The job that a schedule starts for one scheduled moment."""
    definition = job_definitions.get(backend, schedule.kind, schedule.job_definition_name)
    source = definition.job_input.get("EndpointInput")
    if source is None:
        raise NotSimulatedError("A monitor of batch transform jobs (BatchTransformInput)")
    window = window_of(schedule.schedule_config, source, scheduled)
    inputs = [*_captured(backend, source, window), *_documents(definition)]
    output = _output(definition, schedule, scheduled)
    resources = definition.request["JobResources"]
    request = {
        "ProcessingJobName": _job_name(schedule.kind, scheduled),
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [output]},
        "ProcessingResources": {"ClusterConfig": resources["ClusterConfig"]},
        "StoppingCondition": definition.request.get("StoppingCondition")
        or {"MaxRuntimeInSeconds": DEFAULT_MAX_RUNTIME},
        "AppSpecification": {
            member: definition.app[member]
            for member in ("ImageUri", "ContainerEntrypoint", "ContainerArguments")
            if member in definition.app
        },
        "Environment": {
            **definition.app.get("Environment", {}),
            **_environment(definition, schedule, window, inputs, output),
        },
        "RoleArn": definition.request["RoleArn"],
    }
    if "NetworkConfig" in definition.request:
        request["NetworkConfig"] = definition.request["NetworkConfig"]
    key = definition.output_config.get("KmsKeyId")
    if key:
        request["ProcessingOutputConfig"]["KmsKeyId"] = key
    return Run(schedule, definition, scheduled, window, request)


def _job_name(kind: Kind, scheduled: datetime) -> str:
    """`model-quality-monitoring-202502161600-` and 24 hexadecimal digits, or as many as fit."""
    name = f"{kind.slug}-monitoring-{scheduled:%Y%m%d%H%M}-{uuid.uuid4().hex[:24]}"
    return name[:LONGEST_JOB_NAME]


def _captured(backend: Backend, source: dict[str, Any], window: Window) -> Iterator[dict[str, Any]]:
    """An input per variant and hour of the window, and of the hours next to it."""
    endpoint = backend.endpoint(source["EndpointName"])
    destination = endpoint.data_capture_config.get("DestinationS3Uri", "").rstrip("/")
    if not destination:
        return
    variants = [variant["VariantName"] for variant in endpoint.production_variants]
    paths = [
        f"{endpoint.endpoint_name}/{variant}/{hour:%Y/%m/%d/%H}"
        for variant in variants
        for hour in window.hours(NEIGHBOURS)
    ]
    for number, path in enumerate(paths, 1):
        yield _input(
            f"endpoint_input_{number}", f"{destination}/{path}", f"{source['LocalPath']}/{path}"
        )


def _documents(definition: JobDefinition) -> Iterator[dict[str, Any]]:
    """The baseline's documents, the analysis configuration and the user's scripts."""
    baseline, app = definition.baseline, definition.app
    named = (
        (
            "constraints",
            baseline.get("ConstraintsResource", {}).get("S3Uri"),
            BASELINE / "constraints",
        ),
        ("baseline", baseline.get("StatisticsResource", {}).get("S3Uri"), BASELINE / "stats"),
        ("analysis_config", app.get("ConfigUri"), ANALYSIS_CONFIG),
        ("pre_processor_script", app.get("RecordPreprocessorSourceUri"), CODE / "preprocessing"),
        (
            "post_processor_script",
            app.get("PostAnalyticsProcessorSourceUri"),
            CODE / "postprocessing",
        ),
    )
    for name, uri, directory in named:
        if uri:
            yield _input(name, uri, str(directory))


def _input(name: str, uri: str, local_path: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "AppManaged": False,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": local_path,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def _output(
    definition: JobDefinition, schedule: MonitoringSchedule, scheduled: datetime
) -> dict[str, Any]:
    """Where the run's documents go: below the definition's URI, by endpoint, schedule and hour."""
    wanted = definition.output_config["MonitoringOutputs"][0]["S3Output"]
    parts = (
        wanted["S3Uri"].rstrip("/"),
        schedule.endpoint_name,
        schedule.name,
        f"{scheduled:%Y/%m/%d/%H}",
    )
    return {
        "OutputName": "result",
        "AppManaged": False,
        "S3Output": {
            "S3Uri": "/".join(str(part) for part in parts),
            "LocalPath": wanted["LocalPath"],
            "S3UploadMode": wanted.get("S3UploadMode", "Continuous"),
        },
    }


def _environment(
    definition: JobDefinition,
    schedule: MonitoringSchedule,
    window: Window,
    inputs: list[dict[str, Any]],
    output: dict[str, Any],
) -> dict[str, str]:
    """The container's variables. What a definition does not say is absent, not empty."""
    source, app, kind = definition.job_input["EndpointInput"], definition.app, definition.kind
    local = {one["InputName"]: _local_file(one["S3Input"]) for one in inputs}
    start = f"{window.start:%Y-%m-%dT%H:%M:%SZ}"
    threshold = source.get("ProbabilityThresholdAttribute")
    variables = {
        "analysis_type": ANALYSIS_TYPES.get(kind),
        "baseline_constraints": local.get("constraints"),
        "baseline_statistics": local.get("baseline"),
        "dataset_format": json.dumps(_dataset_format(kind)),
        "dataset_source": source["LocalPath"],
        "end_time": f"{window.end:%Y-%m-%dT%H:%M:%SZ}",
        "exclude_features_attribute": source.get("ExcludeFeaturesAttribute"),
        "inference_attribute": source.get("InferenceAttribute"),
        "metric_time": start,
        "monitoring_input_type": "ENDPOINT_INPUT",
        "output_path": output["S3Output"]["LocalPath"],
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


def _dataset_format(kind: Kind) -> dict[str, Any]:
    if kind.needs_labels:
        return {
            "sagemakerMergeJson": {
                "captureIndexNames": ["endpointOutput"],
                "originalDatasetFormat": None,
            }
        }
    return {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}


def _local_file(s3_input: dict[str, str]) -> str:
    """Where an input that is one object lies in the container."""
    return f"{s3_input['LocalPath']}/{s3_input['S3Uri'].rsplit('/', 1)[-1]}"
