"""Warm workers: one start-up for many jobs, and none can hold the others up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path

import pytest

from moto_fixtures.container_calls import Call, Reply
from moto_fixtures.worker import LOG, STOPPED, Job, Workers, _Outside


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(1)
    yield made
    made.stop()


def job(root: Path, max_runtime: float = 60, **environment: str) -> Job:
    return Job(environment, root, max_runtime, "us-east-1", "123456789012")


def message(root: Path) -> str:
    return (root / "opt/ml/output/message").read_text()


def test_the_containers_real_entry_point_runs(workers: Workers, tmp_path: Path) -> None:
    (ended,) = workers.run([job(tmp_path, dataset_format="nonsense")])
    assert ended.exit_code not in {0, None}
    assert "dataset_format" in message(tmp_path)


def test_its_output_is_kept_beside_its_files(workers: Workers, tmp_path: Path) -> None:
    workers.run([job(tmp_path)])
    assert (tmp_path / LOG).is_file()


def test_a_process_serves_many_jobs(workers: Workers, tmp_path: Path) -> None:
    workers.run([job(tmp_path)])
    first = workers._workers[0]._process
    workers.run([job(tmp_path)])
    assert workers._workers[0]._process is first


def test_answers_come_in_the_order_of_the_jobs(tmp_path: Path, workers: Workers) -> None:
    roots = [tmp_path / str(n) for n in range(3)]
    for root in roots:
        root.mkdir()
    kinds = ["nonsense", "rubbish", "gibberish"]
    ended = workers.run(
        [job(root, analysis_type=kind) for root, kind in zip(roots, kinds, strict=True)]
    )
    assert [one.exit_code for one in ended] == [2, 2, 2]
    assert all(kind in message(root) for root, kind in zip(roots, kinds, strict=True))
    assert all(one.seconds > 0 for one in ended)


def test_one_that_overruns_is_stopped_and_the_next_one_runs(
    workers: Workers, tmp_path: Path
) -> None:
    data = tmp_path / "opt/ml/processing/input/data.csv"
    data.parent.mkdir(parents=True)
    data.write_text("a,b,c,d,e,f,g,h\n" + "0.1,2.3,4.5,6.7,8.9,x,y,z\n" * 1_000_000)
    long = {
        "dataset_format": '{"csv": {"header": true}}',
        "dataset_source": "/opt/ml/processing/input/data.csv",
        "output_path": "/opt/ml/processing/output",
    }
    (ended,) = workers.run([job(tmp_path, max_runtime=0.1, **long)])
    assert ended.exit_code is None
    assert ended.error.startswith("MaxRuntimeExceeded")
    (after,) = workers.run([job(tmp_path)])
    assert after.exit_code is not None


def test_one_that_shall_stop_is_stopped_and_the_next_one_runs(
    workers: Workers, tmp_path: Path
) -> None:
    told = job(tmp_path)
    told.stopping.set()
    (ended,) = workers.run([told])
    assert (ended.exit_code, ended.error) == (None, STOPPED)
    (after,) = workers.run([job(tmp_path)])
    assert after.exit_code is not None


def test_the_script_above_it_is_not_run_again(tmp_path: Path) -> None:
    """As `multiprocessing` does where a script has no `if __name__ == "__main__"`."""
    script = tmp_path / "script.py"
    script.write_text(
        "import pathlib, sys\n"
        "from moto_fixtures.worker import Job, Workers\n"
        "workers = Workers(1)\n"
        "job = Job({}, pathlib.Path(sys.argv[1]), 60, 'us-east-1', '123456789012')\n"
        "print('exit code', workers.run([job])[0].exit_code)\n"
    )
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, script, tmp_path]
    said = subprocess.run(command, stdout=subprocess.PIPE, env=here, check=True)
    assert said.stdout.split() == [b"exit", b"code", b"2"]


def test_one_that_dies_is_replaced(workers: Workers, tmp_path: Path) -> None:
    workers.run([job(tmp_path)])
    process = workers._workers[0]._process
    assert process is not None
    process.kill()
    process.wait()
    (ended,) = workers.run([job(tmp_path)])
    assert ended.exit_code is not None


def test_calls_of_several_threads_get_their_own_answers() -> None:
    """A download of a large object asks for its parts at the same time."""
    above, below = Pipe()
    model = _Outside(below, "us-east-1")
    calls = [Call("GET", "https://s3/", {}, str(number).encode()) for number in range(64)]

    def answer() -> None:
        for _ in calls:
            above.send(Reply(200, {}, above.recv().body))

    with ThreadPoolExecutor(9) as threads:
        threads.submit(answer)
        replies = list(threads.map(model._ask, calls))
    assert [reply.body for reply in replies] == [call.body for call in calls]
