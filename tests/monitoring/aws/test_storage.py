"""S3: found, missing and denied are three answers; nothing is written twice."""

from __future__ import annotations

import hashlib

import pytest

from monitoring.aws import storage
from monitoring.baselines import DerivedFile
from monitoring.errors import AwsError, DocumentError, StorageError

FILE = DerivedFile("c.json", b"{}", "s3://outputs/fraud/prod/baselines/model-bias")
ACCOUNT = "123456789012"


@pytest.fixture
def s3(world):
    world.bucket("outputs")
    return world.s3


@pytest.mark.parametrize("uri", ["", "outputs/key", "https://outputs/key", "s3://", "s3:///key"])
def test_what_is_no_s3_uri_is_refused(uri: str) -> None:
    with pytest.raises(StorageError, match="is no S3 URI"):
        storage.split(uri)


def test_a_file_is_written_once(s3) -> None:
    assert storage.put_once(s3, FILE, ACCOUNT) is True
    assert storage.put_once(s3, FILE, ACCOUNT) is False
    assert storage.read_json(s3, FILE.uri) == {}


def test_a_key_of_the_users_encrypts_what_is_written(s3) -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
    storage.put_once(s3, FILE, ACCOUNT, kms_key=key)
    bucket, name = storage.split(FILE.uri)
    assert s3.head_object(Bucket=bucket, Key=name)["SSEKMSKeyId"] == key


def test_whoever_writes_names_the_owner_they_expect(world, s3) -> None:
    sent = {}
    world.answers["PutObject"] = lambda params: (sent.update(params["headers"]), (200, {}))[1]
    storage.put_once(s3, FILE, ACCOUNT)
    assert sent["x-amz-expected-bucket-owner"] == ACCOUNT
    assert sent["If-None-Match"] == "*"


def test_a_missing_object_is_named_with_what_to_do(s3) -> None:
    with pytest.raises(StorageError, match=r"s3://outputs/gone\.json: is not there"):
        storage.read_json(s3, "s3://outputs/gone.json")


def test_a_missing_bucket_is_a_missing_object(s3) -> None:
    with pytest.raises(StorageError, match="is not there"):
        storage.read_json(s3, "s3://no-such-bucket/c.json")


def test_a_denied_object_names_the_permission(world, s3) -> None:
    world.refuse("GetObject", "AccessDenied")
    with pytest.raises(AwsError, match="Allow s3:GetObject on it"):
        storage.read_json(s3, "s3://outputs/c.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused_without_showing_it(s3, content: bytes) -> None:
    s3.put_object(Bucket="outputs", Key="c.json", Body=content)
    with pytest.raises(DocumentError, match=r"s3://outputs/c\.json: is not JSON"):
        storage.read_json(s3, "s3://outputs/c.json")


def test_content_must_match_the_digest_that_was_registered(s3) -> None:
    s3.put_object(Bucket="outputs", Key="c.json", Body=b"{}")
    digest = f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
    assert storage.read_json(s3, "s3://outputs/c.json", digest) == {}
    with pytest.raises(DocumentError, match="was changed since it was registered"):
        storage.read_json(s3, "s3://outputs/c.json", f"sha256:{'0' * 64}")


def test_there_not_there_and_not_to_be_known_are_three_answers(world, s3) -> None:
    s3.put_object(Bucket="outputs", Key="c.json", Body=b"{}")
    assert storage.exists(s3, "s3://outputs/c.json") is True
    assert storage.exists(s3, "s3://outputs/gone.json") is False
    world.refuse("HeadObject", "403")
    assert storage.exists(s3, "s3://outputs/c.json") is None


@pytest.mark.parametrize(
    ("code", "metadata", "said"),
    [
        ("404", {}, "there is no such bucket"),
        ("403", {}, f"not owned by account {ACCOUNT}"),
        ("301", {"HTTPHeaders": {"x-amz-bucket-region": "us-east-1"}}, "is in region us-east-1"),
    ],
)
def test_a_bucket_that_cannot_be_used_says_why(world, s3, code, metadata, said) -> None:
    world.refuse("HeadBucket", code, **metadata)
    with pytest.raises(StorageError, match=said):
        storage.check_bucket(s3, "outputs", "eu-west-1", ACCOUNT)


def test_our_bucket_passes(s3) -> None:
    storage.check_bucket(s3, "outputs", "eu-west-1", ACCOUNT)


def test_an_object_becomes_a_file(s3, tmp_path) -> None:
    storage.put_once(s3, FILE, ACCOUNT)
    storage.download(s3, FILE.uri, tmp_path / "c.json")
    assert (tmp_path / "c.json").read_bytes() == FILE.content


@pytest.mark.parametrize("uri", ["s3://outputs/gone.csv", "s3://no-such-bucket/a.csv"])
def test_an_object_a_manifest_lists_and_that_is_gone_leaves_no_file(s3, tmp_path, uri) -> None:
    with pytest.raises(StorageError, match=r"is not there, though a manifest lists it"):
        storage.download(s3, uri, tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []
