"""What a monitoring job finds in its file system: S3 prefixes, and where each one lies.

Needs     the job's definition, the endpoint's capture destination, the window
Gives     `ProcessingInputs`, one per variant and hour or document, as the service names them

Captured hours are staged with those beside them, because a file may hold events of the next
hour. Labels are staged from there up to the run: their directory is the hour in which they
were collected, which for a late label lies long after its record's. Merged records are filed
by the hour they happened in, so the window's hours are all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.job_definitions import JobDefinition
from moto_fixtures.timing import Window

BASELINE = PurePosixPath("/opt/ml/processing/baseline")
CODE = PurePosixPath("/opt/ml/processing/code")
ANALYSIS_CONFIG = PurePosixPath("/opt/ml/processing/input/config")
NEIGHBOURS = 1
"""Hours staged on either side of the window: a file may hold events of the hour next to it."""
RECORDS, LABELS = "endpoint_input", "groundtruth_input"
"""Names of inputs, with a number behind; they may be empty."""


def captured(
    backend: Backend, endpoint_name: str, window: Window, local: str
) -> Iterator[dict[str, Any]]:
    """The hours of captured traffic, under `local`; none where the endpoint captures nothing."""
    endpoint = backend.endpoint(endpoint_name)
    destination = endpoint.data_capture_config.get("DestinationS3Uri", "").rstrip("/")
    if destination:
        paths = _places(endpoint, window.hours(NEIGHBOURS))
        yield from _hours(RECORDS, destination, local, paths)


def manifests(uri: str, window: Window, local: str) -> Iterator[dict[str, Any]]:
    """The hours in which batch transform jobs left lists of what they read and what they wrote.

    The hour is a manifest's, not an event's, so those beside the window hold nothing of it.
    """
    hours = [f"{hour:%Y/%m/%d/%H}" for hour in window.hours()]
    paths = [f"{side}/{hour}" for side in ("input", "output") for hour in hours]
    return _hours(RECORDS, uri.rstrip("/"), local, paths)


def labels(uri: str, window: Window, scheduled: datetime, local: str) -> Iterator[dict[str, Any]]:
    """The hours in which labels of the window's records were collected, as far as they can be."""
    collected = Window(window.start, max(window.end, scheduled)).hours(NEIGHBOURS)
    return _hours(LABELS, uri.rstrip("/"), local, [f"{hour:%Y/%m/%d/%H}" for hour in collected])


def merged(
    backend: Backend, endpoint_name: str, window: Window, merge_uri: str, local: str
) -> Iterator[dict[str, Any]]:
    """The hours of merged records, as the merge job left them under `merge_uri`."""
    paths = _places(backend.endpoint(endpoint_name), window.hours())
    return _hours(RECORDS, merge_uri, local, paths)


def merged_batch(merge_uri: str, local: str) -> Iterator[dict[str, Any]]:
    """The merged records of a batch transform: all of one run, under a prefix of its own."""
    yield _input(f"{RECORDS}_1", merge_uri, local)


def merged_hours(request: Mapping[str, Any]) -> list[str]:
    """The S3 prefixes of the hours that an analysis reads."""
    return [one["S3Input"]["S3Uri"] for one in request["ProcessingInputs"] if may_be_empty(one)]


def documents(definition: JobDefinition) -> Iterator[dict[str, Any]]:
    """The baseline's documents, the analysis configuration and the user's scripts."""
    baseline, app = definition.baseline, definition.app
    named: tuple[tuple[str, str | None, PurePosixPath], ...] = (
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


def local_files(inputs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Where each input that is one object lies in the container, by the input's name."""
    sources = {one["InputName"]: one["S3Input"] for one in inputs}
    return {
        name: f"{source['LocalPath']}/{source['S3Uri'].rsplit('/', 1)[-1]}"
        for name, source in sources.items()
    }


def may_be_empty(one: Mapping[str, Any]) -> bool:
    """Whether an input is a prefix in which nothing need lie: an hour, not a document."""
    return str(one["InputName"]).startswith((f"{RECORDS}_", f"{LABELS}_"))


def _places(endpoint: Any, hours: Iterable[datetime]) -> list[str]:
    """`{endpoint}/{variant}/yyyy/mm/dd/hh`, for every variant."""
    variants = [variant["VariantName"] for variant in endpoint.production_variants]
    listed = list(hours)
    return [
        f"{endpoint.endpoint_name}/{variant}/{hour:%Y/%m/%d/%H}"
        for variant in variants
        for hour in listed
    ]


def _hours(name: str, uri: str, local: str, paths: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, path in enumerate(paths, 1):
        yield _input(f"{name}_{number}", f"{uri}/{path}", f"{local}/{path}")


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
