"""The session that a definition is made with: it calls nothing, and keeps what would be uploaded.

Needs     a region
Gives     a PipelineSession of the SDK; the files that its ClarifyCheck steps would have uploaded

The SDK looks for its bucket when it needs a name, and a ClarifyCheck step uploads its analysis
configuration when it is constructed. Here both are put off: a definition is made without
network and credentials, and `upsert` writes the files that the definition names.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import boto3
from sagemaker.workflow.pipeline_context import PipelineSession

TELEMETRY_OFF: Final = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}
"""The SDK's own configuration: it would report each use to AWS."""


@functools.cache
def _unsigned(region: str) -> boto3.Session:
    """Credentials that are none: looking for some asks an instance's metadata service.

    One for all definitions, as each session reads the descriptions of AWS's APIs anew.
    """
    return boto3.Session("none", "none", region_name=region)


class DraftingSession(PipelineSession):  # type: ignore[misc]  # the SDK's types are skipped
    """Makes requests into steps, and uploads into `files`."""

    def __init__(self, region: str, bucket: str) -> None:
        self.files: dict[str, bytes] = {}
        """URI → content."""
        super().__init__(_unsigned(region), default_bucket=bucket, sagemaker_config=TELEMETRY_OFF)
        self._bucket = bucket
        # The SDK validates its configuration, and the schema of that, at each of some 190
        # looks into it: 20 s a definition. It does not look into an empty one.
        self.sagemaker_config: dict[str, Any] = {}

    @contextmanager
    def untold(self) -> Iterator[None]:
        """Where the SDK calls something that reports its use to AWS: `Estimator.fit`."""
        self.sagemaker_config = TELEMETRY_OFF
        try:
            yield
        finally:
            self.sagemaker_config = {}

    def default_bucket(self) -> str:
        return self._bucket

    def upload_data(
        self, path: str, bucket: str | None = None, key_prefix: str = "data", **_: Any
    ) -> str:
        """Keep one file; its URI, as the SDK would give it."""
        file = Path(path)
        uri = f"s3://{bucket or self._bucket}/{key_prefix}/{file.name}"
        self.files[uri] = file.read_bytes()
        return uri

    def upload_string_as_file_body(self, body: str, bucket: str, key: str, **_: Any) -> str:
        """Keep a text; its URI."""
        uri = f"s3://{bucket}/{key}"
        self.files[uri] = body.encode()
        return uri
