"""What Clarify's container reads in its configuration and ours in its environment.

Needs     a job with Clarify's image, its inputs staged
Gives     the variables of `monitoring/job.py` that say the same; none for any other image

A scheduled execution is told by its environment. A job that a user starts with Clarify's
image, as the SDK's `suggest_baseline` does, has only analysis_config.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto_fixtures.jobs import images
from moto_fixtures.jobs.background import JobError
from moto_fixtures.staging import Staging

CONFIG = "/opt/ml/processing/input/config"
DATA = "/opt/ml/processing/input/data"
OUTPUT = "/opt/ml/processing/output"
FORMATS: Mapping[str, str] = {
    "text/csv": "csv",
    "application/x-csv": "csv",
    "application/jsonlines": "json",
    "application/json": "json",
    "application/x-parquet": "parquet",
}
"""`dataset_type` → the name of a format in `dataset_format`."""
BIAS = {"pre_training_bias", "post_training_bias"}


def variables(request: Mapping[str, Any], staging: Staging) -> dict[str, str]:
    """The environment that a configuration of Clarify's comes to."""
    environment = request.get("Environment", {})
    repository = images.repository(request["AppSpecification"]["ImageUri"])
    if repository != images.CLARIFY or "dataset_format" in environment:
        return {}
    config = _config(staging)
    methods = {name for name in config.get("methods", {}) if name != "report"}
    if methods & BIAS and methods - BIAS:
        raise JobError(
            "ClientError: an analysis of both bias and explanations is not simulated by the "
            "offline AWS: start one job for each."
        )
    return {
        "analysis_type": "MODEL_BIAS" if methods & BIAS else "MODEL_EXPLAINABILITY",
        "analysis_config": f"{CONFIG}/analysis_config.json",
        "dataset_format": json.dumps(_format(config)),
        "dataset_source": DATA,
        "output_path": _output(request),
    }


def _config(staging: Staging) -> dict[str, Any]:
    path = staging.local(f"{CONFIG}/analysis_config.json")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JobError(
            f"ClientError: {CONFIG}/analysis_config.json cannot be read: {type(error).__name__}."
        ) from error
    return dict(found)


def _format(config: Mapping[str, Any]) -> dict[str, Any]:
    """How the data are read; `headers` of a configuration mean that the file has none."""
    kind = config.get("dataset_type", "text/csv")
    if kind not in FORMATS:
        raise JobError(f"ClientError: dataset_type {kind!r} is not simulated by the offline AWS.")
    options: dict[str, dict[str, Any]] = {
        "csv": {"header": "headers" not in config},
        "json": {"lines": kind == "application/jsonlines"},
        "parquet": {},
    }
    return {FORMATS[kind]: options[FORMATS[kind]]}


def _output(request: Mapping[str, Any]) -> str:
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", ())
    return str(outputs[0]["S3Output"]["LocalPath"]) if outputs else OUTPUT
