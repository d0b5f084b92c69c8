"""The container behind an endpoint: model.tar.gz from S3, in the real serving app.

Needs     a container definition (ModelDataUrl or ModelDataSource), S3
Gives     a host that answers /ping and /invocations as the container would

Models are kept by bucket, key and ETag: a new object under the same key is another model.
Extraction trusts nothing: no absolute paths, links or devices, and no more than a model is.
"""

from __future__ import annotations

import atexit
import io
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from werkzeug.test import Client

from moto_fixtures.clients import client

MAXIMUM_MEMBERS = 1_000
MAXIMUM_BYTES = 2 * 1024**3
_lock = threading.Lock()


class ModelLoadError(Exception):
    """The container would not pass its health check; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the container answered."""

    status: int
    content_type: str
    body: bytes
    custom_attributes: str | None = None


@dataclass(frozen=True, slots=True)
class ModelHost:
    """One loaded model behind the serving app."""

    app: Any
    directory: Path
    """Its files: a host that was put away (state.py) is loaded from them again."""

    def __reduce__(self) -> tuple[Any, ...]:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.add(self.directory, ".")
        return _unpacked, (packed.getvalue(),)

    def invoke(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST to /invocations."""
        response = Client(self.app).post("/invocations", data=body, headers=dict(headers))
        return Answer(
            status=response.status_code,
            content_type=response.headers.get("Content-Type", "application/octet-stream"),
            body=response.data,
            custom_attributes=response.headers.get("X-Amzn-SageMaker-Custom-Attributes"),
        )


def host(container: Mapping[str, Any], region: str, account: str) -> ModelHost:
    """The host of a container, loaded at first use.

    Raises:
        ModelLoadError: the model data is missing, is no model, or the app does not start.
    """
    url = _model_data_url(container)
    bucket, _, key = url.removeprefix("s3://").partition("/")
    s3 = client("s3", region, account)
    try:
        etag = s3.head_object(Bucket=bucket, Key=key)["ETag"]
    except ClientError as error:
        raise ModelLoadError(f"Failed to download model data from {url}: {error}") from error
    with _lock:
        return _load(url, etag, region, account)


def _model_data_url(container: Mapping[str, Any]) -> str:
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    url = container.get("ModelDataUrl") or source.get("S3Uri")
    if not url:
        raise ModelLoadError("The container has no model data (ModelDataUrl).")
    if source.get("S3DataType", "S3Object") != "S3Object":
        raise ModelLoadError(f"Model data {url} is a prefix; only model.tar.gz is simulated.")
    return str(url)


@lru_cache(maxsize=16)
def _load(url: str, etag: str, region: str, account: str) -> ModelHost:
    """Extract and start; `etag` is in the key of the cache, not used otherwise."""
    del etag
    bucket, _, key = url.removeprefix("s3://").partition("/")
    archive = client("s3", region, account).get_object(Bucket=bucket, Key=key)["Body"].read()
    return _unpacked(archive, url)


def _unpacked(archive: bytes, url: str = "a kept model") -> ModelHost:
    model_dir = Path(tempfile.mkdtemp(dir=_scratch()))
    try:
        extract(archive, model_dir)
        made = ModelHost(_create_app(model_dir), model_dir)
        _check_health(made, url)
    except ModelLoadError:
        shutil.rmtree(model_dir, ignore_errors=True)
        raise
    return made


def extract(archive: bytes, into: Path) -> None:
    """Unpack model.tar.gz; refuse what is larger than a model or points elsewhere."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as tar:
            members = total = 0
            for member in tar:
                members, total = members + 1, total + member.size
                if members > MAXIMUM_MEMBERS or total > MAXIMUM_BYTES:
                    raise ModelLoadError(
                        f"model.tar.gz holds more than {MAXIMUM_MEMBERS} files or "
                        f"{MAXIMUM_BYTES} bytes."
                    )
                if not (member.isfile() or member.isdir()):
                    raise ModelLoadError(
                        f"model.tar.gz holds {member.name!r}, which is neither file nor directory."
                    )
                tar.extract(member, into, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        why = str(error).partition(":\n")[0]
        raise ModelLoadError(f"model.tar.gz cannot be unpacked: {why}") from error


def _create_app(model_dir: Path) -> Any:
    from serving.app import create_app

    try:
        return create_app(model_dir)
    except Exception as error:
        raise ModelLoadError(f"{type(error).__name__}: {error}") from error


def _check_health(made: ModelHost, url: str) -> None:
    status = Client(made.app).get("/ping").status_code
    if status != 200:
        raise ModelLoadError(f"The container with {url} answered {status} to /ping.")


@lru_cache(maxsize=1)
def _scratch() -> str:
    path = tempfile.mkdtemp(prefix="offline-models-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
