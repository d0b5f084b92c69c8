"""The same templates through MiniStack, another emulator, and through ours.

Needs     CONFORMANCE_MINISTACK: the `ministack` command of an environment of its own
Shows     that outcomes differ exactly where moto_fixtures/ministack.py says so

`make conformance SUITES=ministack` makes the environment. MiniStack runs without Docker and
listens on this machine only. A type that it has not is no difference.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from moto_fixtures import ministack, server_process
from tests.contracts.samples import BUCKET, SAMPLES, Sample

sys.path.insert(0, str(Path(__file__).resolve().parent))
from emulator import ACCOUNT, Emulator, wait_for

COMMAND = "CONFORMANCE_MINISTACK"
if COMMAND not in os.environ:
    pytest.skip("`make conformance SUITES=ministack` runs this", allow_module_level=True)

CASES = yaml.safe_load(Path(__file__).with_name("templates.yaml").read_text(encoding="utf-8"))
START_UP_SECONDS = 60
NO_DOCKER = "tcp://127.0.0.1:1"
"""Where nothing listens."""

Outcomes = dict[str, str]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MiniStack on a free port."""
    directory = tmp_path_factory.mktemp("ministack")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "DOCKER_HOST": NO_DOCKER,
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(directory),
    }
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [os.environ[COMMAND]],
            cwd=directory,
            env={"PATH": os.environ["PATH"], "HOME": str(directory), **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, START_UP_SECONDS)
            yield url
        finally:
            process.terminate()
            process.wait(START_UP_SECONDS)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server_process.running(tmp_path_factory.mktemp("ours") / "log") as server:
        yield server.url


@pytest.fixture(scope="module")
def urls(theirs: str, ours: str) -> tuple[str, str]:
    """Both, with the bucket that samples lean on."""
    for url in (theirs, ours):
        Emulator(url).client("s3").create_bucket(Bucket=BUCKET)
    return theirs, ours


def played(url: str, case: str) -> str:
    """What becomes of a case's steps, one after the other."""
    emulator = Emulator(url, f"case-{list(CASES).index(case)}")
    said = []
    for step in CASES[case]:
        (what, given), *options = step.items()
        said.append(emulator.step(what, given, **dict(options)))
    emulator.step("delete", True)
    return "; then ".join(said)


def lived(url: str, sample: Sample) -> Outcomes:
    """What becomes of a sample: created, every attribute asked for, every property changed."""
    emulator = Emulator(url, f"type-{sample.type_name.replace('::', '-').lower()}")

    def update(properties: dict[str, Any] | None, outputs: dict[str, Any]) -> str:
        template = {"Resources": sample.template(properties)}
        return emulator.step("update", template | ({"Outputs": outputs} if outputs else {}))

    found = {"created": emulator.step("create", {"Resources": sample.template()})}
    if not found["created"].startswith("CREATE_COMPLETE"):
        emulator.step("delete", True)
        return found
    for name, output in sample.attributes.items():
        update(None, {name: output})
        attribute = name.removeprefix("Att")
        found[f"attribute {attribute}"] = "told" if emulator.outputs().get(name) else "none"
    update(None, {})
    for name in sample.changeable:
        own = sample.row.name_property
        renamed = sample.replaces(name) and own in sample.properties
        change = {**(sample.change(str(own)) if renamed else {}), **sample.change(name)}
        found[name] = _only_it(update(change, {}))
        update(None, {})
    return found | {"deleted": emulator.step("delete", True)}


def _only_it(outcome: str) -> str:
    """`UPDATE_COMPLETE with It, Topic, another It` → `UPDATE_COMPLETE, another It`."""
    status, _, rest = outcome.partition(" with ")
    _, another, replaced = rest.partition(", another ")
    return f"{status}, another It" if another and "It" in replaced.split(", ") else status


def different(theirs: Outcomes, ours: Outcomes) -> dict[str, tuple[str, str]]:
    return {
        what: (theirs.get(what, "nothing"), ours.get(what, "nothing"))
        for what in {**theirs, **ours}
        if theirs.get(what) != ours.get(what)
    }


@pytest.mark.parametrize("case", CASES)
def test_a_template_has_the_same_outcome_or_a_listed_one(urls: tuple[str, str], case: str) -> None:
    theirs, ours = (played(url, case) for url in urls)
    found = {case: (theirs, ours)} if theirs != ours else {}
    assert found == ministack.listed(case)


@pytest.mark.parametrize("type_name", sorted(SAMPLES))
def test_a_type_lives_the_same_life_or_a_listed_one(urls: tuple[str, str], type_name: str) -> None:
    theirs = lived(urls[0], SAMPLES[type_name])
    if theirs["created"].startswith("refused"):
        assert type_name in ministack.NOT_THERE
        pytest.skip("MiniStack has no such type, or one that its sample leans on")
    found = different(theirs, lived(urls[1], SAMPLES[type_name]))
    assert found == ministack.listed(type_name)


def test_every_row_is_of_a_case_or_a_type() -> None:
    assert {row.of for row in ministack.ROWS} <= {*CASES, *SAMPLES}
