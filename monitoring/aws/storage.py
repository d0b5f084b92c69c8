"""Storage: read, write and look for S3 objects.

Needs     s3:GetObject on baselines; s3:PutObject and s3:ListBucket on the outputs bucket
Writes    derived baselines, each once: a key that exists is left as it is

The one thing a reader gets wrong: S3 answers 403, not 404, for a missing object when the caller
may not list the bucket. "Denied" may therefore mean "not there"; the message says both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from monitoring.aws.clients import DENIED, asking, code_of, is_missing
from monitoring.baselines import DerivedFile
from monitoring.errors import DocumentError, StorageError

Fetch: TypeAlias = Callable[[str, Path], None]
"""Puts the object of an S3 URI into a file, as `download` does; raises StorageError."""

LARGEST_DOCUMENT = 64 * 1024 * 1024
"""Bytes. A baseline document is far smaller; more is not one."""


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI.

    >>> split("s3://outputs/fraud/prod/constraints.json")
    ('outputs', 'fraud/prod/constraints.json')

    Raises StorageError when it is none.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise StorageError(f"{uri!r} is no S3 URI; it must look like s3://bucket/key")
    return bucket, key


def check_bucket(s3: Any, bucket: str, region: str, owner: str) -> None:
    """Raise StorageError unless the bucket exists, in this region and in this account.

    A bucket of the same name in someone else's account would receive captured personal data.
    """
    with asking("s3:ListBucket", bucket):
        try:
            found = s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=owner)
        except ClientError as error:
            if is_missing(error):
                raise StorageError(
                    f"s3://{bucket}: there is no such bucket; monitors would have nowhere to "
                    f"write. Create it (aws s3 mb s3://{bucket} --region {region}), "
                    "or correct --monitor-outputs-bucket"
                ) from error
            if code_of(error) in DENIED:
                raise StorageError(
                    f"s3://{bucket}: S3 refuses it (403): either it is not owned by account "
                    f"{owner}, the account of --model-monitor-role, or this role lacks "
                    "s3:ListBucket on it. Name a bucket of that account, or allow the action"
                ) from error
            if code_of(error) == "301":
                headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
                raise _elsewhere(bucket, headers.get("x-amz-bucket-region"), region) from error
            raise
    if found.get("BucketRegion", region) != region:
        raise _elsewhere(bucket, found["BucketRegion"], region)


def _elsewhere(bucket: str, there: str | None, here: str) -> StorageError:
    return StorageError(
        f"s3://{bucket}: is in region {there or 'unknown'}, but this run is for {here}; SageMaker "
        "writes only to a bucket of its own region. Correct --monitor-outputs-bucket or --region"
    )


def exists(s3: Any, uri: str) -> bool | None:
    """Whether an object is there; None when this role may not know."""
    bucket, key = split(uri)
    with asking("s3:GetObject", uri):
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing(error) or code_of(error) == "NoSuchBucket":
                return False
            if code_of(error) in DENIED:
                return None
            raise
        return True


def read_json(s3: Any, uri: str, digest: str = "") -> Any:
    """The JSON document at `uri`.

    `digest` is a package's `ContentDigest` (`sha256:<64 hex>`); where it is given, the content
    must match it. Raises StorageError, or DocumentError when it is not the document registered.
    """
    bucket, key = split(uri)
    with asking("s3:GetObject", uri):
        try:
            answer = s3.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing(error) or code_of(error) == "NoSuchBucket":
                raise StorageError(
                    f"{uri}: is not there, though the model package names it. "
                    "Restore it, or register a version with new baselines"
                ) from error
            raise
        content = answer["Body"].read(LARGEST_DOCUMENT + 1)
    if len(content) > LARGEST_DOCUMENT:
        raise DocumentError(f"{uri}: has more than {LARGEST_DOCUMENT} bytes; no baseline has")
    if digest and digest != f"sha256:{hashlib.sha256(content).hexdigest()}":
        raise DocumentError(
            f"{uri}: was changed since it was registered (its SHA-256 is not the package's "
            "ContentDigest). Restore that version of the object, or register a new package"
        )
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{uri}: is not JSON ({error})") from error


def download(s3: Any, uri: str, path: Path) -> None:
    """Put an object into a file. Raises StorageError when it is not there, AwsError otherwise."""
    bucket, key = split(uri)
    with asking("s3:GetObject", uri):
        try:
            s3.download_file(bucket, key, str(path))
        except ClientError as error:
            if is_missing(error) or code_of(error) == "NoSuchBucket":
                raise StorageError(
                    f"{uri}: is not there, though a manifest lists it or a configuration "
                    "names it, so nothing was evaluated. Restore it, or correct what names it"
                ) from error
            raise


def put_once(s3: Any, file: DerivedFile, owner: str = "", kms_key: str = "") -> bool:
    """Write a content-addressed file unless it is there. Returns whether it was written."""
    bucket, key = split(file.uri)
    wanted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    if owner:
        wanted["ExpectedBucketOwner"] = owner
    with asking("s3:PutObject", file.uri):
        try:
            s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=file.content,
                ContentType="application/json",
                IfNoneMatch="*",
                **wanted,
            )
        except ClientError as error:
            # 409: another run is writing the same content at this moment.
            if code_of(error) in {"PreconditionFailed", "ConditionalRequestConflict"}:
                return False
            raise
    return True
