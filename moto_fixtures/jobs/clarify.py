"""What Clarify's container reads in its configuration and ours in its environment.

Needs     a job with Clarify's image, its inputs staged
Gives     the variables of `monitoring/job.py` that say the same; none for any other image

A scheduled execution is told by its environment. A job that a user starts with Clarify's
image, as the SDK's `suggest_baseline` does, has only analysis_config.json.
"""

from __future__ import annotations

import csv
import io
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
    if "headers" in config:
        _name_columns(staging, config)
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
    """How the data are read."""
    options: dict[str, dict[str, Any]] = {
        "csv": {"header": True},
        "json": {"lines": _type(config) == "application/jsonlines"},
        "parquet": {},
    }
    name = FORMATS[_type(config)]
    return {name: options[name]}


def _type(config: Mapping[str, Any]) -> str:
    kind = str(config.get("dataset_type", "text/csv"))
    if kind not in FORMATS:
        raise JobError(f"ClientError: dataset_type {kind!r} is not simulated by the offline AWS.")
    return kind


def _name_columns(staging: Staging, config: Mapping[str, Any]) -> None:
    """Write a configuration's `headers` over CSV files that begin with a row of data."""
    if FORMATS[_type(config)] != "csv":
        return
    row = io.StringIO(newline="")
    csv.writer(row, lineterminator="\n").writerow(config["headers"])
    for path in sorted(staging.local(DATA).rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        first = data.partition(b"\n")[0].decode("utf-8-sig", "replace")
        if next(csv.reader([first]), []) != list(config["headers"]):
            path.write_bytes(row.getvalue().encode() + data)


def _output(request: Mapping[str, Any]) -> str:
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", ())
    return str(outputs[0]["S3Output"]["LocalPath"]) if outputs else OUTPUT
