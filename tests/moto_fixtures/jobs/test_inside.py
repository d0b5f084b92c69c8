"""Inside a job's process: the container's paths, its tools and its time."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from moto_fixtures.jobs import container, images
from moto_fixtures.jobs.container import NOT_FOUND, Container, Exit
from moto_fixtures.jobs.inside import pip
from moto_fixtures.jobs.logs import Log
from moto_fixtures.sagemaker.errors import NotSimulatedError
from tests.moto_fixtures.building import client

GROUP = "/aws/sagemaker/ProcessingJobs"


@pytest.fixture
def log(aws: None) -> Log:
    del aws
    return Log(GROUP, "job/algo-1", "us-east-1", "123456789012")


def run(log: Log, root: Path, *command: str, **variables: str) -> Exit:
    (root / "opt/ml/model").mkdir(parents=True, exist_ok=True)
    return container.run(Container(root, command, variables), log, threading.Event(), 60)


FUNCTIONS = """
import glob, io, os, pathlib, shutil, tempfile
base = "/opt/ml/model"
os.makedirs(base + "/a/b")
with open(base + "/a/one.txt", "w") as f: f.write("1")
os.rename(base + "/a/one.txt", base + "/a/two.txt")
assert os.path.exists(base + "/a/two.txt") and not os.path.exists(base + "/a/one.txt")
assert sorted(os.listdir(base + "/a")) == ["b", "two.txt"]
shutil.copy2(base + "/a/two.txt", base + "/a/b")
assert glob.glob(base + "/**/*.txt", recursive=True) == [base + "/a/two.txt", base + "/a/b/two.txt"]
assert [d for d, _, _ in os.walk(base)] == [base, base + "/a", base + "/a/b"]
path = pathlib.Path(base) / "a" / "b" / "two.txt"
assert path.read_text() == "1" and path.stat().st_size == 1 and path.is_file()
shutil.rmtree(base + "/a/b")
with tempfile.NamedTemporaryFile(dir=base) as f: assert os.path.dirname(f.name)
os.chdir(base)
assert io.open("a/two.txt").read() == "1"
fd = os.open(b"/opt/ml/model/a/two.txt", os.O_RDONLY); os.close(fd)
assert open("/dev/null").read() == ""
"""


def test_pythons_functions_find_the_containers_paths(log: Log, tmp_path: Path) -> None:
    assert run(log, tmp_path, "python3", "-c", FUNCTIONS) == Exit(0), log.last
    assert [path.name for path in (tmp_path / "opt/ml/model/a").iterdir()] == ["two.txt"]


def test_a_python_that_a_shell_script_starts_is_the_same_one(log: Log, tmp_path: Path) -> None:
    (tmp_path / "opt/ml/model").mkdir(parents=True)
    script = tmp_path / "opt/ml/model/run.sh"
    script.write_text("cd /opt/ml/model\npython3 -c \"open('/opt/ml/model/x', 'w')\" && ls x\n")
    assert run(log, tmp_path, "/bin/bash", "/opt/ml/model/run.sh") == Exit(0), log.last
    assert list(log.last) == ["x"]


def test_its_variables_are_few_and_its_own(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET_OF_THE_USER", "x")
    asked = "import os; print(os.environ.get('A_SECRET_OF_THE_USER'), os.environ['EPOCHS'])"
    assert run(log, tmp_path, "python", "-c", asked, EPOCHS="3") == Exit(0)
    assert list(log.last) == ["None 3"]


def test_its_time_is_the_offline_clocks(log: Log, clock: ModuleType, tmp_path: Path) -> None:
    clock.travel(datetime(2031, 5, 1, 12))
    asked = "import datetime; print(datetime.datetime.now().year)"
    assert run(log, tmp_path, "python", "-c", asked) == Exit(0)
    assert list(log.last) == ["2031"]


def test_a_command_that_is_not_there_ends_as_in_a_container(log: Log, tmp_path: Path) -> None:
    assert run(log, tmp_path, "/opt/ml/nothing") == Exit(NOT_FOUND)
    assert "No such file" in log.last[-1]


def test_it_ends_with_all_that_it_started(log: Log, tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "sleep 60 & echo started; wait"]
    told = Container(tmp_path, command, {})
    assert container.run(told, log, threading.Event(), 0.3) == Exit(None, "MaxRuntimeExceeded")


def test_every_line_is_an_event_of_its_stream(log: Log, session: Any, tmp_path: Path) -> None:
    run(log, tmp_path, "python", "-c", "for n in range(3): print('line', n)")
    events = client(session, "logs").get_log_events(
        logGroupName=GROUP, logStreamName="job/algo-1", startFromHead=True
    )["events"]
    assert [one["message"] for one in events] == ["line 0", "line 1", "line 2"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param("install numpy", 0, id="there"),
        pytest.param("install numpy>=1000", 1, id="too old"),
        pytest.param("install --quiet -c limits.txt numpy", 0, id="options"),
        pytest.param("install no-such-thing;python_version<'3'", 0, id="for another python"),
        pytest.param("install no-such-thing", 1, id="missing"),
        pytest.param("uninstall --yes numpy", 0, id="uninstall"),
        pytest.param("download numpy", 1, id="another command"),
    ],
)
def test_pip_says_whether_a_requirement_is_met(command: str, code: int) -> None:
    assert pip.main(command.split()) == code


@pytest.mark.parametrize("command", ["python3 -m pip", "pip", "python -m pip"])
def test_no_pip_of_a_job_changes_the_interpreter(log: Log, tmp_path: Path, command: str) -> None:
    assert run(log, tmp_path, "/bin/sh", "-c", f"{command} install no-such-thing") == Exit(1)
    assert "no-such-thing is not installed" in log.last[-1]


def test_an_image_is_known_registered_or_refused() -> None:
    uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/scorer:3"
    with pytest.raises(NotSimulatedError, match="team/scorer"):
        images.image(uri)
    images.register("team/scorer", ["python", "score.py"])
    try:
        assert images.image(uri).command == ("python", "score.py")
    finally:
        images.forget()
    with pytest.raises(NotSimulatedError):
        images.image(uri)


def test_a_server_reads_registered_images_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "images.json"
    listed.write_text('{"team/scorer": ["python", "score.py"]}')
    monkeypatch.setenv(images.OFFLINE_IMAGES, str(listed))
    assert images.image("team/scorer:1").command == ("python", "score.py")


def test_the_interpreter_is_left_as_it_is_outside_of_a_job() -> None:
    """Its start-up file does nothing where no root is named."""
    asked = "import io, os; print(open is io.open, type(os.stat).__name__)"
    command = [sys.executable, "-c", asked]
    variables = {"PYTHONPATH": str(container.INSIDE)}
    said = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["True", "builtin_function_or_method"]
