"""The model's files, byte for byte the same when the model is the same.

Needs     a fitted pipeline; files to pack
Writes    a skops archive, a model.tar.gz

Registering the same model twice must be seen to be the same model, so its files carry no
time, owner or memory address. skops writes addresses: as the names of its arrays and as
the `__id__` of each object (equal ids mean one object). They are numbered in order instead.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import skops.io

SCHEMA = "schema.json"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip member can bear."""


def dumps(pipeline: Any) -> bytes:
    """A fitted pipeline as a skops archive with nothing in it that differs between runs."""
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(pipeline))) as written:
        members = {name: written.read(name) for name in written.namelist()}
    ids: dict[int, int] = {}
    files: dict[str, str] = {}
    schema = _renumbered(json.loads(members[SCHEMA]), ids, files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for old, new in files.items():
            archive.writestr(zipfile.ZipInfo(new, EPOCH), members[old])
        archive.writestr(zipfile.ZipInfo(SCHEMA, EPOCH), json.dumps(schema, indent=1))
    return buffer.getvalue()


def _renumbered(node: Any, ids: dict[int, int], files: dict[str, str]) -> Any:
    """The schema with its ids and file names counted up from 0 in order of appearance.

    A dictionary of the model's own may have a key of either name: its values are nodes.
    """
    if isinstance(node, list):
        return [_renumbered(each, ids, files) for each in node]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    for key, value in node.items():
        if key == "__id__" and isinstance(value, int):
            found[key] = ids.setdefault(value, len(ids))
        elif key == "file" and isinstance(value, str):
            found[key] = files.setdefault(value, f"{len(files)}{Path(value).suffix}")
        else:
            found[key] = _renumbered(value, ids, files)
    return found


def pack(files: Sequence[Path], target: Path) -> None:
    """Pack files at the top level of a gzipped tar, as SageMaker unpacks a model."""
    contents: Mapping[str, bytes] = {path.name: path.read_bytes() for path in sorted(files)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    target.write_bytes(gzip.compress(buffer.getvalue(), mtime=0))
