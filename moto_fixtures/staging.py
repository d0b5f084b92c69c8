"""A container's file system under a root of its own: S3 in, documents and metrics out.

Needs     a processing job's request
Writes    root/opt/ml/… before the run; the outputs' S3 prefix and CloudWatch after it

S3 keys become paths only below their input's directory; a key that would leave it is refused.
An output set appears whole or not at all: if one object cannot be written, those that were
are taken back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends

from moto_fixtures import buckets, job_inputs
from moto_fixtures.clients import client
from moto_fixtures.jobs.downloads import Host, Source, StagingError, download, keys, split

CONFIG = "/opt/ml/config/processingjobconfig.json"
RESOURCES = "/opt/ml/config/resourceconfig.json"
MESSAGE = "/opt/ml/output/message"
METRICS = "/opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl"
MESSAGE_BYTES = 1024
__all__ = ["Staging", "StagingError"]


class Staging:
    """One job's file system, and the S3 and CloudWatch around it."""

    def __init__(self, root: Path, region: str, account: str) -> None:
        self.root = root
        self.s3 = client("s3", region, account)
        self._cloudwatch: Any = cloudwatch_backends[account][region]

    def local(self, path: str) -> Path:
        """A container's path, under the root.

        Raises:
            StagingError: the path leaves the root.
        """
        found = (self.root / path.lstrip("/")).resolve()
        if not found.is_relative_to(self.root.resolve()):
            raise StagingError(f"ClientError: {path!r} leads out of the container.")
        return found

    def fetch(self, request: Mapping[str, Any], arn: str, host: Host | None = None) -> None:
        """Lay out /opt/ml: the inputs, the output directories, the job's own description."""
        host = host or Host()
        for one in request.get("ProcessingInputs", ()):
            self._fetch_input(one, host)
        for output in request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            self.local(output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
        self.write_json(CONFIG, {"ProcessingJobArn": arn, **request})
        self.write_json(RESOURCES, {"current_host": host.name, "hosts": list(host.names)})

    def publish(
        self, output: Mapping[str, str], kms_key: str | None, replaced: Sequence[str] = ()
    ) -> None:
        """Put the output directory under its S3 prefix, whole or not at all.

        `replaced` are URIs of prefixes that then hold this output and nothing older.
        """
        directory = self.local(output["LocalPath"])
        files = sorted(path for path in directory.rglob("*") if path.is_file())
        bucket, prefix = split(output["S3Uri"].rstrip("/"))
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
        written: list[str] = []
        held = buckets.free(bucket)
        try:
            for path in files:
                key = f"{prefix}/{path.relative_to(directory).as_posix()}"
                if held is not None:
                    buckets.put(held, key, path.read_bytes(), kms_key)
                else:
                    self.s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), **encryption)
                written.append(key)
        except ClientError as error:
            for key in written:
                self.s3.delete_object(Bucket=bucket, Key=key)
            raise StagingError(
                f"ClientError: Failed to upload output to {output['S3Uri']}: {error}"
            ) from error
        for uri in replaced:
            _, old = split(uri.rstrip("/"))
            for key in {*keys(self.s3, bucket, f"{old}/")} - {*written}:
                self.s3.delete_object(Bucket=bucket, Key=key)

    def publish_metrics(self, namespace: str) -> int:
        """Put the container's metrics file into CloudWatch; answer how many metrics it held."""
        path = self.local(METRICS)
        if not path.is_file():
            return 0
        data = [_datum(line) for line in path.read_text().splitlines() if line.strip()]
        self._cloudwatch.put_metric_data(namespace, data)
        return len(data)

    def message(self) -> str:
        """The exit message, as much of it as the service keeps, in the container's own paths."""
        path = self.local(MESSAGE)
        if not path.is_file():
            return ""
        said = path.read_bytes()[:MESSAGE_BYTES].decode("utf-8", "ignore").strip()
        return said.replace(str(self.root), "")

    def _fetch_input(self, one: Mapping[str, Any], host: Host) -> None:
        """One object under its own name, or all objects below a prefix."""
        source = Source.of(one["S3Input"], is_hour=job_inputs.may_be_empty(one))
        download(self.s3, source, self.local(one["S3Input"]["LocalPath"]), host)

    def write_json(self, path: str, document: Any) -> None:
        """A document at a container's path."""
        local = self.local(path)
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_text(json.dumps(document, indent=2, default=str))


def _datum(line: str) -> dict[str, Any]:
    """One line of the metrics file as moto takes it: a time is in UTC and carries no zone."""
    datum = json.loads(line)
    reported = datetime.fromisoformat(datum["Timestamp"])
    return {**datum, "Timestamp": reported.astimezone(UTC).replace(tzinfo=None)}
