"""A folder keeps the same promises on this machine and in S3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from monitoring.aws.clients import Aws
from monitoring.aws.folders import everything, folder
from monitoring.errors import StorageError

BUCKET = "folders-bucket"


@pytest.fixture(params=["local", "s3"])
def place(request, session, tmp_path):
    if request.param == "local":
        return folder(str(tmp_path / "folder"), Aws(session))
    session.client("s3").create_bucket(Bucket=BUCKET)
    return folder(f"s3://{BUCKET}/some/folder/", Aws(session))


def test_a_folder_nobody_wrote_to_holds_nothing(place):
    assert place.names() == []


def test_what_is_created_is_read_and_listed(place):
    assert place.create("2026/01/b.json", b"b")
    assert place.create("a.json", b"a")
    assert place.names() == ["2026/01/b.json", "a.json"]
    assert place.read("2026/01/b.json") == b"b"


def test_what_is_there_is_not_created_again(place):
    assert place.create("a", b"first")
    assert not place.create("a", b"second")
    assert place.read("a") == b"first"


def test_of_many_that_create_one_file_at_once_one_does(place):
    contents = [bytes([65 + at]) * 1000 for at in range(8)]
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda content: place.create("a", content), contents))
    assert created.count(True) == 1
    assert place.read("a") == contents[created.index(True)]
    assert place.names() == ["a"]


def test_what_is_private_only_its_owner_reads(tmp_path, session):
    place = folder(str(tmp_path / "folder"), Aws(session))
    place.private().create("comments/a", b"said")
    assert (tmp_path / "folder" / "comments" / "a").stat().st_mode & 0o777 == 0o600
    assert place.read("comments/a") == b"said"


def test_what_is_replaced_is_new(place):
    place.create("a", b"first")
    place.replace("a", b"second")
    assert place.read("a") == b"second"
    assert place.names() == ["a"]


def test_what_is_not_there_is_named(place):
    with pytest.raises(StorageError, match="missing"):
        place.read("missing")


def test_a_folder_can_be_read_as_a_directory(place):
    place.create("x/a", b"a")
    with place.brought(everything) as here:
        assert (here / "x" / "a").read_bytes() == b"a"


def test_of_s3_only_what_is_wanted_is_brought(session):
    session.client("s3").create_bucket(Bucket=BUCKET)
    place = folder(f"s3://{BUCKET}", Aws(session))
    place.create("a", b"a")
    place.create("b", b"b")
    with place.brought(lambda name: name == "b") as here:
        assert [path.name for path in here.iterdir()] == ["b"]


def test_a_directory_that_cannot_be_written_is_named(tmp_path, session):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        folder(str(tmp_path / "file"), Aws(session)).create("a", b"a")
