"""S3 read without a request: what a request would answer, or None, and then a request is made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_fixtures import buckets
from moto_fixtures.jobs.downloads import Found, Source, StagingError, keys, objects, read
from tests.moto_fixtures.building import BUCKET, client

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
    ],
}


@pytest.fixture
def s3(session: Any) -> Any:
    made = client(session, "s3")
    made.create_bucket(Bucket=BUCKET)
    return made


def listed(s3: Any, prefix: str) -> list[str]:
    """The keys below a prefix, by requests."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [one["Key"] for page in pages for one in page.get("Contents", [])]


def free() -> Any:
    held = buckets.free(BUCKET)
    assert held is not None
    return held


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    names=st.sets(st.text("ab/é+ %", min_size=1, max_size=5), max_size=6),
    prefix=st.text("ab/é+", max_size=2),
)
def test_keys_are_those_a_request_lists(s3: Any, names: set[str], prefix: str) -> None:
    for one in listed(s3, ""):
        s3.delete_object(Bucket=BUCKET, Key=one)
    for name in names:
        s3.put_object(Bucket=BUCKET, Key=name, Body=name.encode())
    assert list(buckets.keys(free(), prefix)) == listed(s3, prefix)
    assert {name: buckets.body(free(), name) for name in names} == {
        name: name.encode() for name in names
    }


def test_a_deleted_object_is_not_listed_and_its_last_version_is_read(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=BUCKET, Key="kept", Body=body)
        s3.put_object(Bucket=BUCKET, Key="gone", Body=body)
    s3.delete_object(Bucket=BUCKET, Key="gone")
    assert list(buckets.keys(free(), "")) == ["kept"]
    assert buckets.body(free(), "kept") == b"2"
    assert buckets.body(free(), "gone") is None


def test_an_archived_object_says_why_it_cannot_be_read(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="old", Body=b"1", StorageClass="GLACIER")
    assert buckets.body(free(), "old") is None
    with pytest.raises(StagingError, match="InvalidObjectState"):
        read(s3, Found(BUCKET, "old", "old"))


def test_a_missing_object_or_bucket_says_what_is_missing(s3: Any) -> None:
    assert buckets.free("no-such-bucket") is None
    with pytest.raises(StagingError, match="NoSuchBucket"):
        objects(s3, Source("s3://no-such-bucket/a"))
    with pytest.raises(StagingError, match="NoSuchKey"):
        read(s3, Found(BUCKET, "none", "none"))


def test_a_bucket_with_a_policy_is_asked(s3: Any) -> None:
    """The policy may deny, which the state of the bucket does not tell."""
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(POLICY))
    assert buckets.free(BUCKET) is None
    with pytest.raises(StagingError, match="Forbidden"):
        read(s3, Found(BUCKET, "a", "a"))
    assert list(keys(s3, BUCKET, "a")) == ["a"]


@pytest.mark.parametrize("key", [None, "alias/monitoring"])
@pytest.mark.parametrize("by_default", [None, "aws:kms"])
def test_an_object_is_the_one_a_request_makes(
    s3: Any, key: str | None, by_default: str | None
) -> None:
    if by_default:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": by_default}}
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    given = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
    s3.put_object(Bucket=BUCKET, Key="asked", Body=b"{}", **given)
    buckets.put(free(), "put", b"{}", key)
    asked, put = (facts(s3, name) for name in ("asked", "put"))
    assert put == asked
    assert asked["ChecksumCRC32"]


def facts(s3: Any, key: str) -> dict[str, Any]:
    """What is known of an object, but when it was made."""
    found = s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    access = s3.get_object_acl(Bucket=BUCKET, Key=key)
    return {
        name: value
        for name, value in {**found, **access}.items()
        if name not in {"ResponseMetadata", "LastModified"}
    }


def test_a_bucket_that_locks_its_objects_is_asked(s3: Any) -> None:
    s3.create_bucket(Bucket="locking", ObjectLockEnabledForBucket=True)
    assert buckets.free("locking") is None
