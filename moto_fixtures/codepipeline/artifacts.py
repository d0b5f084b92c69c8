"""Artifacts: zip archives in the pipeline's store, passed from one action to the next."""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto_fixtures import clients

NAME_LENGTH = 20
ARTIFACT_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Artifact:
    """One archive, and which revision of its source it was made from."""

    name: str
    bucket: str
    key: str

    @property
    def described(self) -> dict[str, Any]:
        return {"name": self.name, "s3location": {"bucket": self.bucket, "key": self.key}}


@dataclass(frozen=True, slots=True)
class Store:
    """Where a pipeline keeps its artifacts."""

    bucket: str
    pipeline: str
    region: str
    account: str

    def new(self, name: str) -> Artifact:
        """A place for an artifact, laid out as the service lays it out."""
        key = f"{self.pipeline[:NAME_LENGTH]}/{name[:ARTIFACT_LENGTH]}/{secrets.token_hex(4)}.zip"
        return Artifact(name, self.bucket, key)

    def write(self, artifact: Artifact, archive: bytes) -> None:
        self._s3.put_object(Bucket=artifact.bucket, Key=artifact.key, Body=archive)

    def read(self, artifact: Artifact) -> bytes:
        found = self._s3.get_object(Bucket=artifact.bucket, Key=artifact.key)
        return bytes(found["Body"].read())

    def file(self, artifacts: Mapping[str, Artifact], path: str) -> str:
        """The text of `Artifact::path/in/it`.

        Raises LookupError when there is no such artifact among the inputs, or no such file in it.
        """
        name, _, inner = path.partition("::")
        if name not in artifacts:
            raise LookupError(f"{path}: the action has no input artifact {name!r}")
        with zipfile.ZipFile(io.BytesIO(self.read(artifacts[name]))) as archive:
            try:
                return archive.read(inner).decode("utf-8")
            except KeyError as error:
                raise LookupError(f"File [{inner}] does not exist in artifact [{name}]") from error

    @property
    def _s3(self) -> Any:
        return clients.client("s3", self.region, self.account)


def single(name: str, text: str) -> bytes:
    """An archive of one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return made.getvalue()
