"""Files to lines, against limits: long lines, gzip bombs, files that break off."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from monitoring.capture.lines import read_lines


def packed(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_line_over_the_limit_is_dropped_and_the_next_one_is_whole(tmp_path: Path, name: str):
    limit = 1 << 20
    path = packed(tmp_path / name, b"x" * (3 * limit) + b"\nshort\n")
    long, short = read_lines(path, line_limit=limit)
    assert (long.number, long.data) == (1, b"")
    assert long.flaw is not None
    assert (long.flaw.count, long.flaw.cause) == ("oversize", "the line is longer than 1 MiB")
    assert (short.number, short.data, short.flaw) == (2, b"short", None)


def test_a_line_of_exactly_the_limit_is_read(tmp_path: Path):
    path = packed(tmp_path / "a.jsonl", b"x" * 100 + b"\n" + b"y" * 100)
    assert [len(line.data) for line in read_lines(path, line_limit=100)] == [100, 100]


@pytest.mark.parametrize(
    "content", [b"x\n" * (1 << 20), b"x" * (4 << 20)], ids=["many lines", "one line"]
)
def test_a_gzip_bomb_ends_at_the_limit(tmp_path: Path, content: bytes):
    path = packed(tmp_path / "bomb.gz", content)
    *_, last = read_lines(path, line_limit=1 << 16, unpacked_limit=1 << 20)
    assert last.flaw is not None
    assert (last.flaw.count, last.flaw.cause) == (
        "unreadable",
        "the file unpacks to more than 1 MiB",
    )


def test_the_limit_on_unpacking_is_not_for_plain_files(tmp_path: Path):
    path = packed(tmp_path / "a.jsonl", b"x\n" * 1000)
    assert len(list(read_lines(path, unpacked_limit=10))) == 1000


def test_a_file_that_vanished_is_a_flaw_not_a_crash(tmp_path: Path):
    (line,) = read_lines(tmp_path / "gone.jsonl")
    assert line.flaw is not None
    assert line.flaw.count == "unreadable"
