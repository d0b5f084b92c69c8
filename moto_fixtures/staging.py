"""A container's file system under a root of its own: S3 in, documents and metrics out.

Needs     a processing job's request
Writes    root/opt/ml/… before the run; the outputs' S3 prefix and CloudWatch after it

S3 keys become paths only below their input's directory; a key that would leave it is refused.
An output set appears whole or not at all: if one object cannot be written, those that were
are taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from moto_fixtures import job_inputs
from moto_fixtures.clients import client

CONFIG = "/opt/ml/config/processingjobconfig.json"
RESOURCES = "/opt/ml/config/resourceconfig.json"
MESSAGE = "/opt/ml/output/message"
METRICS = "/opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl"
METRICS_PER_CALL = 500
MESSAGE_BYTES = 1024


class StagingError(Exception):
    """An input cannot be fetched or an output not stored; the message is the failure reason."""


class Staging:
    """One job's file system, and the S3 and CloudWatch around it."""

    def __init__(self, root: Path, region: str, account: str) -> None:
        self.root = root
        self._s3 = client("s3", region, account)
        self._cloudwatch = client("cloudwatch", region, account)

    def local(self, path: str) -> Path:
        """A container's path, under the root.

        Raises:
            StagingError: the path leaves the root.
        """
        found = (self.root / path.lstrip("/")).resolve()
        if not found.is_relative_to(self.root.resolve()):
            raise StagingError(f"ClientError: {path!r} leads out of the container.")
        return found

    def fetch(self, request: Mapping[str, Any], arn: str) -> None:
        """Lay out /opt/ml: the inputs, the output directory, the job's own description."""
        for one in request["ProcessingInputs"]:
            self._fetch_input(one)
        output = request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
        self.local(output["LocalPath"]).mkdir(parents=True, exist_ok=True)
        self._write_json(CONFIG, {"ProcessingJobArn": arn, **request})
        self._write_json(RESOURCES, {"current_host": "algo-1", "hosts": ["algo-1"]})

    def publish(
        self, output: Mapping[str, str], kms_key: str | None, replaced: Sequence[str] = ()
    ) -> None:
        """Put the output directory under its S3 prefix, whole or not at all.

        `replaced` are URIs of prefixes that then hold this output and nothing older.
        """
        directory = self.local(output["LocalPath"])
        files = sorted(path for path in directory.rglob("*") if path.is_file())
        bucket, prefix = _split(output["S3Uri"])
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        written: list[str] = []
        try:
            for path in files:
                key = f"{prefix}/{path.relative_to(directory).as_posix()}"
                self._s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), **encryption)
                written.append(key)
        except ClientError as error:
            for key in written:
                self._s3.delete_object(Bucket=bucket, Key=key)
            raise StagingError(
                f"ClientError: Failed to upload output to {output['S3Uri']}: {error}"
            ) from error
        for uri in replaced:
            _, old = _split(uri)
            for key in {*self._keys(bucket, f"{old}/")} - {*written}:
                self._s3.delete_object(Bucket=bucket, Key=key)

    def publish_metrics(self, namespace: str) -> int:
        """Put the container's metrics file into CloudWatch; answer how many metrics it held."""
        path = self.local(METRICS)
        if not path.is_file():
            return 0
        data = [_datum(line) for line in path.read_text().splitlines() if line.strip()]
        for start in range(0, len(data), METRICS_PER_CALL):
            self._cloudwatch.put_metric_data(
                Namespace=namespace, MetricData=data[start : start + METRICS_PER_CALL]
            )
        return len(data)

    def message(self) -> str:
        """The exit message, as much of it as the service keeps, in the container's own paths."""
        path = self.local(MESSAGE)
        if not path.is_file():
            return ""
        said = path.read_bytes()[:MESSAGE_BYTES].decode("utf-8", "ignore").strip()
        return said.replace(str(self.root), "")

    def _fetch_input(self, one: Mapping[str, Any]) -> None:
        """One object under its own name, or all objects below a prefix."""
        source = one["S3Input"]
        bucket, prefix = _split(source["S3Uri"])
        directory = self.local(source["LocalPath"])
        directory.mkdir(parents=True, exist_ok=True)
        is_hour = job_inputs.may_be_empty(one)
        try:
            keys = list(self._keys(bucket, f"{prefix}/" if is_hour else prefix))
        except ClientError as error:
            raise StagingError(
                f"ClientError: Failed to download data. Cannot list {source['S3Uri']}: {error}"
            ) from error
        if not keys and not is_hour:
            raise StagingError(
                f"ClientError: Failed to download data. No S3 objects found under S3 URL "
                f"{source['S3Uri']!r}."
            )
        for key in keys:
            name = key.removeprefix(prefix).lstrip("/") or key.rsplit("/", 1)[-1]
            path = (directory / name).resolve()
            if not path.is_relative_to(directory):
                raise StagingError(f"ClientError: S3 key {key!r} leads out of {directory.name}.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix
        ):
            for found in page.get("Contents", []):
                if not found["Key"].endswith("/"):
                    yield found["Key"]

    def _write_json(self, path: str, document: Mapping[str, Any]) -> None:
        local = self.local(path)
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_text(json.dumps(document, indent=2, default=str))


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key.rstrip("/")


def _datum(line: str) -> dict[str, Any]:
    """One line of the metrics file as PutMetricData takes it."""
    datum = json.loads(line)
    return {**datum, "Timestamp": datetime.fromisoformat(datum["Timestamp"])}
