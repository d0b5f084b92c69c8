"""Where a build's source comes from: S3, a checkout of this machine, or nowhere.

A repository of GitHub, CodeCommit and the like is not reached. It is built where a checkout of
it on this machine is registered under its address (checkout.register); else it is refused.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from moto_fixtures import checkout, clients
from moto_fixtures.codebuild.errors import NotSimulatedError


class SourceError(Exception):
    """The source could not be downloaded; the message says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `location` is `bucket/key`, `bucket/prefix/`, or a repository's address."""

    kind: str
    location: str = ""
    version: str = ""

    @classmethod
    def of(cls, described: Mapping[str, str], version: str) -> Source:
        """From a project's `source`.

        >>> Source.of({"type": "S3", "location": "arn:aws:s3:::bucket/source.zip"}, "").location
        'bucket/source.zip'
        """
        location = described.get("location", "")
        if described["type"] == "S3":
            location = location.rpartition(":::")[2].removeprefix("s3://")
        return cls(described["type"], location, version)

    def check(self) -> None:
        """Refuse by name what cannot be reached from here."""
        if self.kind in ("S3", "NO_SOURCE") or checkout.registered(self.location):
            return
        raise NotSimulatedError(
            f"source {self.kind} {self.location}",
            "Register a checkout of it on this machine, or upload it to S3.",
        )

    def fetch(self, into: Path, region: str, account: str) -> str:
        """Lay the source out below `into`; the version it resolved to, where it has one.

        Raises SourceError when it is not there, or is no archive.
        """
        try:
            if self.kind == "S3":
                return self._from_s3(into, region, account)
            if repository := checkout.registered(self.location):
                revision = self.version.removeprefix("refs/heads/") or "HEAD"
                return checkout.checkout(repository, revision, into)
        except ClientError as error:
            raise SourceError(f"{self.location}: {error}") from error
        except (LookupError, zipfile.BadZipFile) as error:
            raise SourceError(str(error) or f"{self.location} is no zip archive") from error
        return ""

    def _from_s3(self, into: Path, region: str, account: str) -> str:
        s3 = clients.client("s3", region, account)
        bucket, _, key = self.location.partition("/")
        if not key.endswith("/"):
            version = {"VersionId": self.version} if self.version else {}
            found = s3.get_object(Bucket=bucket, Key=key, **version)
            unpack(found["Body"].read(), into)
            return str(found.get("VersionId") or "")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            for one in page.get("Contents", []):
                path = (into / one["Key"].removeprefix(key)).resolve()
                if one["Key"].endswith("/") or not path.is_relative_to(into.resolve()):
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read())
        return ""


def unpack(archive: bytes, into: Path) -> None:
    """Unpack a zip archive, with the permissions its members have. Nothing lands outside `into`."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for member in opened.infolist():
            path = Path(opened.extract(member, into))
            if not member.is_dir() and (mode := member.external_attr >> 16 & 0o777):
                path.chmod(mode | 0o600)


def pack(files: Mapping[str, Path]) -> bytes:
    """Files as a zip archive, by their names in it; the same files, the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = path.stat().st_mode << 16
            archive.writestr(member, path.read_bytes())
    return made.getvalue()


def below(directory: Path) -> dict[str, Path]:
    """Every file below a directory, by its path in it."""
    found = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path for path in found}
