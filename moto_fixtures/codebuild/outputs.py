"""Where a build's artifacts and log lines go."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from moto_fixtures import clients
from moto_fixtures.codebuild import sources
from moto_fixtures.codebuild.attendant import UploadError
from moto_fixtures.jobs.logs import Log


@dataclass(frozen=True, slots=True)
class Destination:
    """Where in S3 a set of artifacts goes, as one zip or file by file."""

    bucket: str
    key: str
    is_zip: bool
    names_itself: bool = False
    """The buildspec's name for the artifacts takes the place of the key's last part."""

    @classmethod
    def of(cls, artifacts: Mapping[str, Any], project: str, build_id: str) -> Destination | None:
        """From a project's `artifacts`; None when there are to be none.

        >>> to = {"type": "S3", "location": "bucket", "path": "out", "namespaceType": "BUILD_ID"}
        >>> Destination.of(to, "web", "web:1234").key
        'out/1234/web'
        """
        if artifacts["type"] != "S3":
            return None
        is_zip = artifacts.get("packaging") == "ZIP"
        name = artifacts.get("name") or project
        parts = [artifacts.get("path", "").strip("/")]
        if artifacts.get("namespaceType") == "BUILD_ID":
            parts.append(build_id.partition(":")[2])
        parts.append("" if name == "/" else name)
        key = "/".join(part for part in parts if part)
        return cls(artifacts["location"], key, is_zip, bool(artifacts.get("overrideArtifactName")))

    def publish(
        self, files: Mapping[str, Path], name: str, region: str, account: str
    ) -> dict[str, str]:
        """Put files there, by their name below the key; what the build says of them.

        Raises UploadError when S3 refuses.
        """
        key = self.key
        if self.names_itself and name:
            key = "/".join([*key.split("/")[:-1], name])
        s3 = clients.client("s3", region, account)
        told = {"location": f"arn:aws:s3:::{self.bucket}/{key}"}
        try:
            if self.is_zip:
                packed = sources.pack(files)
                s3.put_object(Bucket=self.bucket, Key=key, Body=packed)
                return {**told, "sha256sum": hashlib.sha256(packed).hexdigest()}
            for inner, path in files.items():
                whole = "/".join(filter(None, [key, inner]))
                s3.put_object(Bucket=self.bucket, Key=whole, Body=path.read_bytes())
        except ClientError as error:
            raise UploadError(f"s3://{self.bucket}/{key}: {error}") from error
        return told


class LogWriter(io.TextIOBase):
    """Text as a build writes it, line by line into CloudWatch Logs."""

    def __init__(self, log: Log | None) -> None:
        self._log = log
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines if self._log else ():
            assert self._log is not None
            self._log.write(line)
        return len(text)

    def close(self) -> None:
        """Send all that waits."""
        if self._log is not None:
            if self._begun:
                self._log.write(self._begun)
                self._begun = ""
            self._log.flush()
        super().close()
