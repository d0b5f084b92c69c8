"""The README keeps its word: its commands run as they stand, and its files are there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from moto_fixtures import server_process
from moto_fixtures.checkout import working_copy
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh by-hand\n(.*?)^```", README, re.M | re.S)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the repository to run in, with this environment as its .venv."""
    copy = tmp_path_factory.mktemp("readme") / "repository"
    working_copy(ROOT, copy)
    (copy / ".venv").symlink_to(Path(sys.executable).parents[1], target_is_directory=True)
    return copy


@pytest.fixture(scope="module")
def transcript(checkout, tmp_path_factory):
    """What bash printed for all by-hand blocks, in order, each line stopping at its failure."""
    log = tmp_path_factory.mktemp("server") / "log"
    with server_process.running(log) as server:
        script = "\n".join(BLOCKS).replace(
            "moto_fixtures env", f"moto_fixtures env --url {server.url}"
        )
        return subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", script],
            cwd=checkout,
            env={**os.environ, "AWS_PAGER": ""},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )


def test_every_command_by_hand_runs_as_it_stands(transcript):
    assert transcript.returncode == 0, transcript.stderr[-3000:]


def test_the_stacks_deployed_by_hand_have_outputs_and_schedules(transcript):
    assert "fraud-staging-DataQuality" in transcript.stdout
    assert "OutputKey" in transcript.stdout


def test_the_model_built_by_hand_is_judged_and_registered(transcript):
    assert re.search(r"^gate +passed$", transcript.stdout, re.M)
    assert ":model-package/loans-p-offline/1\n" in transcript.stdout


def test_the_first_commands_are_targets_of_the_makefile():
    named = set(re.findall(r"^make (\w+)", README, re.M))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    assert {"demo", "test"} <= named <= targets


def test_every_file_it_points_to_is_there():
    named = re.findall(
        r"`((?:docs|monitoring|moto_fixtures|pipelines)/[\w./-]*|[\w-]+\.\w+)`", README
    )
    missing = [name for name in named if "…" not in name and not (ROOT / name).exists()]
    assert not missing


def test_nothing_in_it_waits_to_be_filled_in():
    assert not re.findall(r"TODO|TBD|_OUTPUT\b|_SIZE\b|_TIME\b", README)
