"""Files to slices: no line lost, cut, doubled or misplaced, whatever the sizes are."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture.lines import read_lines, read_runs
from monitoring.capture.slices import read_slices
from monitoring.capture.tally import Counts

CONTENT = st.lists(st.sampled_from(["", " ", "a", "bc" * 9, "\ufeffd", "e\r", "f" * 50])).map(
    "\n".join
)


def places(pieces) -> list[tuple[str, int, bytes]]:
    found = [located for piece in pieces for located in piece.lines()]
    return [(origin.file, line.number, line.data) for origin, line in found]


@settings(max_examples=200, deadline=None)
@given(st.lists(CONTENT, max_size=5), st.integers(1, 80), st.data())
def test_every_line_is_in_one_slice_under_its_own_number(files, size, data):
    with TemporaryDirectory() as name:
        directory = Path(name)
        expected = []
        for number, content in enumerate(files):
            packed = data.draw(st.booleans())
            raw = content.encode()
            (directory / f"{number}.jsonl").write_bytes(gzip.compress(raw) if packed else raw)
            lines = raw.removesuffix(b"\n").split(b"\n") if raw else []
            expected += [
                (f"{number}.jsonl", at, line.strip().removeprefix(b"\xef\xbb\xbf" * (at == 1)))
                for at, line in enumerate(lines, 1)
            ]
        counts = Counts()
        pieces = list(read_slices(directory, counts, size))
    assert places(pieces) == expected
    assert counts.files == len(files)
    for piece in pieces:
        done = data.draw(st.integers(0, piece.data.count(b"\n") - 1))
        assert places([piece.after(done)]) == places([piece])[done:]


def test_small_files_share_a_slice(tmp_path: Path):
    for number in range(100):
        (tmp_path / f"{number:03}.jsonl").write_bytes(b"x" * 99 + b"\n")
    sizes = [len(piece.data) for piece in read_slices(tmp_path, Counts(), 2000)]
    assert sizes == [1000] * 10


def test_a_line_longer_than_a_run_makes_a_longer_run(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"a\n" + b"b" * 1000 + b"\nc\n")
    first, longer = read_runs(path, 10)
    assert (bytes(first.data), bytes(longer.data[-5:])) == (b"a\n", b"bb\nc\n")
    assert [line.number for line in read_lines(path)] == [1, 2, 3]


def test_what_is_wrong_with_one_file_does_not_hide_the_next(tmp_path: Path):
    packed = gzip.compress(b"a\n" * 3)
    (tmp_path / "1.gz").write_bytes(packed[:-4])
    (tmp_path / "2.jsonl").write_bytes(b"b\n")
    found = [located for piece in read_slices(tmp_path, Counts()) for located in piece.lines()]
    assert [(line.data, line.flaw is not None) for _, line in found] == [
        *[(b"a", False)] * 3,
        (b"", True),
        (b"b", False),
    ]
