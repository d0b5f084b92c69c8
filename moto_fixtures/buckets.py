"""S3's buckets, read in this process without a request.

Needs     moto's S3
Gives     the keys below a prefix; an object's bytes

A request through botocore takes milliseconds of processor time, and one hour of eight monitoring
executions lists and reads a hundred times. What a request would answer in another way than the
state tells is not read here but answered None, and its caller asks: a bucket that is not there
or has a policy, an object that is missing, deleted or archived.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.s3.models import (
    ARCHIVE_STORAGE_CLASSES,
    FakeBucket,
    FakeDeleteMarker,
    FakeKey,
    s3_backends,
)
from moto.s3.models import s3_allow_crossdomain_access as others_may


def readable(name: str) -> FakeBucket | None:
    """A bucket that everybody here may read; None where that has to be asked."""
    found = s3_backends.bucket_accounts.get(name)
    if found is None or not others_may():
        return None
    partition, account = found
    bucket = s3_backends[account][partition].buckets.get(name)
    return bucket if isinstance(bucket, FakeBucket) and bucket.policy is None else None


def keys(bucket: FakeBucket, prefix: str) -> Iterator[str]:
    """The keys of a bucket below a prefix, in their order."""
    held: Any = bucket.keys
    for key in sorted(key for key in list(held) if key.startswith(prefix)):
        if not isinstance(held.get(key), FakeDeleteMarker | None):
            yield key


def body(bucket: FakeBucket, key: str) -> bytes | None:
    """An object's bytes; None where a request has to say why there are none."""
    held: Any = bucket.keys
    found = held.get(key)
    if not isinstance(found, FakeKey) or found.storage_class in ARCHIVE_STORAGE_CLASSES:
        return None
    return bytes(found.value)
