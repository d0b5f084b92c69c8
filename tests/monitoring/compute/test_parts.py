"""Parts of a data set: whole files, about equal, and nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.compute.parts import Part, even_runs, files_of, split
from monitoring.datasets import CAPTURED, Dataset

HOUR = "fraud/AllTraffic/2026/01/05/09"


@given(st.lists(st.integers(0, 10**9)), st.integers(1, 40))
def test_runs_cover_everything_once_and_in_order(sizes, number):
    runs = even_runs(sizes, number) if sizes else ()
    assert [at for run in runs for at in run] == list(range(len(sizes)))
    assert len(runs) <= number
    assert all(runs)


@given(st.lists(st.integers(1, 1000), min_size=1), st.integers(1, 10))
def test_no_run_is_longer_than_its_share_and_one_file(sizes, number):
    fair = sum(sizes) / number + max(sizes) + len(sizes)
    assert all(sum(sizes[at] for at in run) <= fair for run in even_runs(sizes, number))


@pytest.fixture
def captured(tmp_path: Path) -> Dataset:
    for name in ("b.jsonl", "a.jsonl", ".hidden", "_SUCCESS"):
        path = tmp_path / HOUR / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return Dataset(tmp_path, CAPTURED)


def test_markers_and_hidden_files_are_in_no_part(captured):
    assert files_of(captured) == (f"{HOUR}/a.jsonl", f"{HOUR}/b.jsonl")


def test_a_part_lies_where_the_whole_has_it(captured):
    first, second = split(captured, 2)
    with second.directory() as directory:
        assert (directory / HOUR / "b.jsonl").read_text() == "b.jsonl"
        assert not (directory / HOUR / "a.jsonl").exists()
    assert not directory.exists()
    assert first.files == (f"{HOUR}/a.jsonl",)


def test_reading_a_part_leaves_the_data_where_they_are(captured):
    (part,) = split(captured, 1)
    with part.directory():
        pass
    assert (captured.path / HOUR / "a.jsonl").read_text() == "a.jsonl"


def test_there_are_no_more_parts_than_files(captured):
    assert len(split(captured, 8)) == 2


def test_a_single_file_has_no_parts(captured):
    file = Dataset(captured.path / HOUR / "a.jsonl", CAPTURED)
    assert files_of(file) == ()
    assert split(file, 4) == ()


def test_a_part_is_found_from_another_directory(captured, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    relative = Dataset(Path(), CAPTURED)
    (part,) = split(relative, 1)
    assert isinstance(part, Part)
    monkeypatch.chdir(tmp_path.parent)
    with part.directory() as directory:
        assert (directory / HOUR / "b.jsonl").read_text() == "b.jsonl"
