"""A step in a processing container: the archive unpacked, the reason of a failure told."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from monitoring.errors import UsageError
from pipelines.processing_job import ARCHIVE_FILE, STEPS, run, unpack
from serving.model import DESCRIPTION_FILE, Predictor


@pytest.fixture
def packed(build: Path, tmp_path: Path) -> Path:
    """A directory as SageMaker stages it: model.tar.gz, made by another packer, and nothing."""
    with tarfile.open(tmp_path / ARCHIVE_FILE, "w:gz") as made:
        for path in sorted((build / "model").iterdir(), reverse=True):
            if path.name != ARCHIVE_FILE:
                made.add(path, path.name)
    return tmp_path


def test_a_model_that_came_as_an_archive_loads_and_is_packed_as_training_packs_it(build, packed):
    unpack(packed)
    assert Predictor.load(packed).version == Predictor.load(build / "model").version
    ours = (build / "model" / ARCHIVE_FILE).read_bytes()
    assert (packed / ARCHIVE_FILE).read_bytes() == ours


def test_a_directory_with_a_models_files_is_left_as_it_is(build, tmp_path):
    directory = Path(shutil.copytree(build / "model", tmp_path / "model"))
    (directory / ARCHIVE_FILE).write_bytes(b"not looked at")
    unpack(directory)
    assert (directory / ARCHIVE_FILE).read_bytes() == b"not looked at"


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08broken"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / ARCHIVE_FILE).write_bytes(content)
    with pytest.raises(UsageError, match=r"model\.tar\.gz: cannot be unpacked"):
        unpack(tmp_path)


def test_an_archive_that_leads_out_of_its_directory_is_refused(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret").write_text("x")
    with tarfile.open(inner / ARCHIVE_FILE, "w:gz") as made:
        made.add(tmp_path / "secret", "../outside")
    with pytest.raises(UsageError, match="cannot be unpacked"):
        unpack(inner)
    assert not (tmp_path / "outside").exists()


def test_the_reason_of_a_failure_is_the_jobs_exit_message(tmp_path, capsys):
    empty, message = tmp_path / "empty", tmp_path / "output" / "message"
    empty.mkdir()
    asked = ["process", "--model", "fraud", "--input", str(empty), "--output", str(tmp_path / "o")]
    assert run(asked, message) == 2
    assert "holds 0 files" in message.read_text()
    assert message.read_text() in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["deploy"], ["check", "no-such-check"]])
def test_a_wrong_command_line_says_what_there_is(tmp_path, arguments):
    message = tmp_path / "message"
    assert run(arguments, message) == 2
    assert "process" in message.read_text() or "data-quality" in message.read_text()


def test_every_step_is_a_module_with_a_command():
    for step in STEPS:
        with pytest.raises(SystemExit) as ended:
            __import__("importlib").import_module(f"pipelines.{step}").main(["--help"])
        assert ended.value.code == 0


def test_the_names_it_does_not_import_are_those_of_training():
    from pipelines import train

    assert (ARCHIVE_FILE, DESCRIPTION_FILE) == (train.ARCHIVE_FILE, train.DESCRIPTION_FILE)
