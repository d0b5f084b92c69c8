"""Model archives are unpacked without trusting them."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from moto_fixtures import hosting
from moto_fixtures.hosting import ModelLoadError, extract


def archive(*members: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"\0" * member.size))
    return buffer.getvalue()


def member(
    name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = ""
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


def test_files_and_directories_are_unpacked(tmp_path: Path) -> None:
    extract(archive(member("code", tarfile.DIRTYPE), member("code/model.json", size=3)), tmp_path)
    assert (tmp_path / "code" / "model.json").read_bytes() == b"\0\0\0"


@pytest.mark.parametrize(
    "bad",
    [
        member("../outside"),
        member("/tmp/../../outside"),
        member("link", tarfile.SYMTYPE, link="/etc/passwd"),
        member("hard", tarfile.LNKTYPE, link="../outside"),
        member("device", tarfile.CHRTYPE),
        member("pipe", tarfile.FIFOTYPE),
    ],
    ids=["parent", "absolute", "symlink", "hard link", "device", "fifo"],
)
def test_what_points_elsewhere_is_refused(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(ModelLoadError):
        extract(archive(bad), into)
    assert [path.name for path in tmp_path.rglob("*")] == ["into"]


@pytest.mark.parametrize(
    ("limit", "content"),
    [
        ("MAXIMUM_MEMBERS", [member(f"f{n}") for n in range(12)]),
        ("MAXIMUM_BYTES", [member("big", size=4096)]),
    ],
)
def test_an_archive_larger_than_a_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, content: list[tarfile.TarInfo]
) -> None:
    monkeypatch.setattr(hosting, limit, 10)
    with pytest.raises(ModelLoadError, match="holds more than"):
        extract(archive(*content), tmp_path)


@pytest.mark.parametrize("kept", [0, 40, 0.5], ids=["nothing", "a header's start", "half"])
def test_what_is_no_whole_archive_is_refused(tmp_path: Path, kept: float) -> None:
    whole = archive(member("a", size=50_000))
    part = whole[: kept if isinstance(kept, int) else int(len(whole) * kept)]
    with pytest.raises(ModelLoadError, match="cannot be unpacked"):
        extract(part, tmp_path)
