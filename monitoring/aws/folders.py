"""A folder, on this machine or under an S3 prefix: the same verbs for both.

Needs     a path or an s3:// URI; for S3 s3:ListBucket, s3:GetObject and s3:PutObject
Writes    whole files: each appears complete under its name, or not at all

The one thing a reader gets wrong: `create` never overwrites. It answers whether the file is
new, and of two writers at one moment exactly one is told so.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from botocore.exceptions import ClientError

from monitoring.aws.clients import Aws, asking, code_of, is_missing
from monitoring.aws.storage import download, split
from monitoring.errors import StorageError

ALREADY_THERE = {"PreconditionFailed", "ConditionalRequestConflict"}
"""S3's refusals of a second object under one key; 409 while another writer is at it."""


class Folder(Protocol):
    """Files by name; a name may hold slashes."""

    def names(self) -> list[str]:
        """Every file's name, sorted; none where the folder does not exist. Raises StorageError."""

    def read(self, name: str) -> bytes:
        """A file's content. Raises StorageError when it is not there."""

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that is not there yet; False, and nothing written, where one is."""

    def replace(self, name: str, content: bytes) -> None:
        """Write a file, whatever is there."""

    def brought(self, wanted: Callable[[str], bool]) -> AbstractContextManager[Path]:
        """A directory with the wanted files; of S3 a copy that is gone afterwards."""

    def private(self) -> Folder:
        """The same folder; what is written here only its owner reads. S3 has policies for it."""


def folder(place: str, aws: Aws) -> Folder:
    """The folder at a path or an s3:// URI. No client is made for a path.

    >>> folder("s3://labels/fraud/", Aws(None))
    s3://labels/fraud
    """
    if place.startswith("s3://"):
        bucket, prefix = split(place)
        return S3Folder(aws, bucket, prefix.strip("/"))
    return LocalFolder(Path(place))


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A directory; made when the first file is written."""

    path: Path
    mode: int = 0o666
    """Of new files, less the process's umask."""

    def __repr__(self) -> str:
        return str(self.path)

    def private(self) -> LocalFolder:
        """See `Folder`."""
        return LocalFolder(self.path, 0o600)

    def names(self) -> list[str]:
        """See `Folder`. Hidden files are drafts, or nobody's."""
        found = (path for path in self.path.rglob("*") if path.is_file())
        inside = (path.relative_to(self.path) for path in found)
        return sorted(
            path.as_posix()
            for path in inside
            if not any(part.startswith(".") for part in path.parts)
        )

    def read(self, name: str) -> bytes:
        """See `Folder`."""
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise self._refused(name, "read", error) from error

    def create(self, name: str, content: bytes) -> bool:
        """See `Folder`."""
        target = self.path / name
        try:
            with _draft(target, content, self.mode) as draft:
                return _linked(draft, target)
        except OSError as error:
            raise self._refused(name, "written", error) from error

    def replace(self, name: str, content: bytes) -> None:
        """See `Folder`."""
        target = self.path / name
        try:
            with _draft(target, content, self.mode) as draft:
                draft.replace(target)
                _sync(target.parent)
        except OSError as error:
            raise self._refused(name, "written", error) from error

    def brought(self, wanted: Callable[[str], bool]) -> AbstractContextManager[Path]:
        """The directory itself, with all its files: nothing is copied."""
        del wanted
        return nullcontext(self.path)

    def _refused(self, name: str, done: str, error: OSError) -> StorageError:
        return StorageError(
            f"{self.path / name}: cannot be {done} ({error.strerror}). Check the path, its "
            "permissions and the free space, then run again"
        )


def _linked(draft: Path, target: Path) -> bool:
    """Give the draft its name; False where another file has it. Either is then on the disk."""
    try:
        os.link(draft, target)
        return True
    except FileExistsError:
        return False
    finally:
        _sync(target.parent)


@contextmanager
def _draft(target: Path, content: bytes, mode: int) -> Iterator[Path]:
    """The content in a hidden file beside the target, on the disk, gone afterwards.

    Its name is nobody else's: two threads may write to one target at once.
    """
    _made(target.parent)
    draft = target.with_name(f".{uuid.uuid4()}.new")
    try:
        with open(draft, "xb", opener=partial(os.open, mode=mode)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _made(directory: Path) -> None:
    """Make a directory and those above it, each entered on the disk in the one above."""
    if directory.is_dir():
        return
    _made(directory.parent)
    directory.mkdir(exist_ok=True)
    _sync(directory.parent)


def _sync(directory: Path) -> None:
    """Put a directory's entries on the disk: a file without its entry is lost with the power."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class S3Folder:
    """The objects under a prefix."""

    aws: Aws
    bucket: str
    prefix: str

    def __repr__(self) -> str:
        return self._uri("").rstrip("/")

    def private(self) -> S3Folder:
        """See `Folder`."""
        return self

    def names(self) -> list[str]:
        """See `Folder`; all pages are read."""
        start = self._key("")
        with asking("s3:ListBucket", str(self)):
            pages = self.aws.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=start
            )
            keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return sorted(key.removeprefix(start) for key in keys if not key.endswith("/"))

    def read(self, name: str) -> bytes:
        """See `Folder`."""
        uri = self._uri(name)
        with asking("s3:GetObject", uri):
            try:
                found = self.aws.s3.get_object(Bucket=self.bucket, Key=self._key(name))
            except ClientError as error:
                if is_missing(error) or code_of(error) == "NoSuchBucket":
                    raise StorageError(f"{uri}: is not there; check the URI") from error
                raise
            return bytes(found["Body"].read())

    def create(self, name: str, content: bytes) -> bool:
        """See `Folder`."""
        with asking("s3:PutObject", self._uri(name)):
            try:
                self._put(name, content, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) in ALREADY_THERE:
                    return False
                raise
        return True

    def replace(self, name: str, content: bytes) -> None:
        """See `Folder`."""
        with asking("s3:PutObject", self._uri(name)):
            self._put(name, content)

    @contextmanager
    def brought(self, wanted: Callable[[str], bool]) -> Iterator[Path]:
        """See `Folder`."""
        with TemporaryDirectory() as here:
            for name in filter(wanted, self.names()):
                path = Path(here, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                download(self.aws.s3, self._uri(name), path)
            yield Path(here)

    def _put(self, name: str, content: bytes, **condition: Any) -> None:
        self.aws.s3.put_object(Bucket=self.bucket, Key=self._key(name), Body=content, **condition)

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _uri(self, name: str) -> str:
        return f"s3://{self.bucket}/{self._key(name)}"


def everything(_: str) -> bool:
    """All of a folder's files are wanted."""
    return True
