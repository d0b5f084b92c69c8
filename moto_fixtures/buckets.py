"""S3's buckets, read and written in this process without a request.

Needs     moto's S3
Gives     the keys below a prefix; an object's bytes
Writes    objects such as boto3's put_object makes

A request through botocore takes milliseconds of processor time, and one hour of eight monitoring
executions makes a hundred and more. What a request would answer in another way than the
state tells is not read here but answered None, and its caller asks: a bucket that is not there,
has a policy or locks its objects, an object that is missing, deleted or archived.
"""

from __future__ import annotations

import base64
import zlib
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


def free(name: str) -> FakeBucket | None:
    """A bucket that everybody here may read and write; None where that has to be asked."""
    found = s3_backends.bucket_accounts.get(name)
    if found is None or not others_may():
        return None
    partition, account = found
    bucket = s3_backends[account][partition].buckets.get(name)
    if not isinstance(bucket, FakeBucket) or bucket.policy or bucket.object_lock_enabled:
        return None
    return bucket


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


def put(bucket: FakeBucket, key: str, content: bytes, kms_key: str | None = None) -> None:
    """Make an object, encrypted with a key of KMS if one is given."""
    partition, account = s3_backends.bucket_accounts[bucket.name]
    made = s3_backends[account][partition].put_object(
        bucket.name,
        key,
        content,
        storage="STANDARD",
        encryption="aws:kms" if kms_key else None,
        kms_key_id=kms_key,
        checksum_value=base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode(),
    )
    made.checksum_algorithm = "CRC32"
    made.set_acl(bucket.acl)
