"""S3 objects into a job's directory: a prefix or a manifest, whole or this host's share of it.

Needs     the members that processing inputs, training channels and transform inputs share
Gives     the objects, each with the name it has below its directory; files

A prefix is one of names, as S3's is: "s3://bucket/data" is "data.csv" too. An object lies in
the directory by what its key has behind the prefix, or behind the last slash of it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from monitoring.batch_transform import Manifest
from monitoring.errors import CaptureError
from moto_fixtures import buckets
from moto_fixtures.jobs.background import JobError


class StagingError(JobError):
    """An input cannot be fetched or an output not stored; the message is the failure reason."""


class Found(NamedTuple):
    """An object of S3, and its name below the directory it is staged in."""

    bucket: str
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """What is read from S3."""

    uri: str
    data_type: str = "S3Prefix"
    distribution: str = "FullyReplicated"
    compression: str = "None"
    is_hour: bool = False
    """Whether it is a directory in which nothing need lie."""

    @classmethod
    def of(cls, given: Mapping[str, Any], *, is_hour: bool = False) -> Source:
        """From a request's S3Input or S3DataSource."""
        return cls(
            given["S3Uri"],
            given.get("S3DataType", "S3Prefix"),
            given.get("S3DataDistributionType", "FullyReplicated"),
            given.get("S3CompressionType", "None"),
            is_hour,
        )


@dataclass(frozen=True, slots=True)
class Host:
    """One instance of a job, by the name it has there.

    >>> Host("algo-2", ("algo-1", "algo-2")).share(["a", "b", "c", "d"])
    ['b', 'd']
    """

    name: str = "algo-1"
    names: tuple[str, ...] = ("algo-1",)

    @classmethod
    def all_of(cls, count: int) -> list[Host]:
        """The hosts of a job of so many instances."""
        names = tuple(f"algo-{number}" for number in range(1, count + 1))
        return [cls(name, names) for name in names]

    def share(self, found: Sequence[Any]) -> list[Any]:
        """This host's part of what is sharded by key; which part it is on AWS is UNCONFIRMED."""
        return list(found[self.names.index(self.name) :: len(self.names)])


def objects(s3: Any, source: Source, host: Host | None = None) -> list[Found]:
    """The objects of a source, in the order of their keys.

    Raises:
        StagingError: there are none, or they cannot be listed.
    """
    host = host or Host()
    try:
        if source.data_type == "ManifestFile":
            found = list(_manifest(s3, source.uri))
        else:
            found = list(_prefix(s3, source))
    except ClientError as error:
        raise StagingError(
            f"ClientError: Failed to download data. Cannot list {source.uri}: {error}"
        ) from error
    if not found and not source.is_hour:
        raise StagingError(
            f"ClientError: Failed to download data. No S3 objects found under S3 URL "
            f"{source.uri!r}."
        )
    return host.share(found) if source.distribution == "ShardedByS3Key" else found


def read(s3: Any, found: Found, compression: str = "None") -> bytes:
    """An object's bytes, unpacked when it is said to be packed."""
    try:
        body = _body(s3, found.bucket, found.key)
        return gzip.decompress(body) if compression == "Gzip" else body
    except (ClientError, gzip.BadGzipFile, EOFError) as error:
        raise StagingError(
            f"ClientError: Failed to download data. s3://{found.bucket}/{found.key}: {error}"
        ) from error


def download(s3: Any, source: Source, directory: Path, host: Host | None = None) -> None:
    """Put a source's objects below a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    for found in objects(s3, source, host):
        path = (directory / found.name).resolve()
        if not path.is_relative_to(directory.resolve()):
            raise StagingError(f"ClientError: S3 key {found.key!r} leads out of {directory.name}.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(read(s3, found, source.compression))


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI.

    >>> split("s3://bucket/a/b/")
    ('bucket', 'a/b/')
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """The keys below a prefix, but those of the directories that consoles make."""
    for key in _listed(s3, bucket, prefix):
        if not key.endswith("/"):
            yield key


def _listed(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    if (held := buckets.free(bucket)) is not None:
        yield from buckets.keys(held, prefix)
        return
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (found["Key"] for found in page.get("Contents", []))


def _body(s3: Any, bucket: str, key: str) -> bytes:
    held = buckets.free(bucket)
    found = None if held is None else buckets.body(held, key)
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read() if found is None else found


def _prefix(s3: Any, source: Source) -> Iterator[Found]:
    bucket, prefix = split(source.uri)
    if source.is_hour:
        prefix = prefix.rstrip("/") + "/"
    for key in keys(s3, bucket, prefix):
        yield Found(bucket, key, _name(key, prefix))


def _name(key: str, prefix: str) -> str:
    """What a key is called below its directory.

    >>> _name("a/b/c.csv", "a"), _name("a/b.csv", "a/b.csv"), _name("a/b.csv", "a/b")
    ('b/c.csv', 'b.csv', 'b.csv')
    """
    behind = key.removeprefix(prefix)
    if behind and (not prefix or prefix.endswith("/") or behind.startswith("/")):
        return behind.lstrip("/")
    return key[prefix.rfind("/") + 1 :]


def _manifest(s3: Any, uri: str) -> Iterator[Found]:
    bucket, key = split(uri)
    body = _body(s3, bucket, key)
    try:
        document = json.loads(body)
        listed = Manifest.of(document, uri)
        prefix = document[0]["prefix"]
    except (ValueError, CaptureError) as error:
        raise StagingError(f"ClientError: Failed to download data. {error}") from error
    for one in listed.uris:
        yield Found(*split(one), one.removeprefix(prefix).lstrip("/") or one.rsplit("/", 1)[-1])
