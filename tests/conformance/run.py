"""What other people's clients say of the offline AWS: `make conformance`.

    python tests/conformance/run.py [--suite NAME]...

Needs     uv; the first run makes an environment for each client under .conformance/
Writes    a line per suite: how many of its tests passed and failed; exit code 1 if any failed

A suite is a file of pytest's. One that belongs to a client runs in that client's environment,
with a world of its own (world.py) and without moto; the others run in this one. What a suite
printed is kept beside its environment, in .conformance/NAME/log.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

import world  # noqa: E402 (beside this file)

WORK = ROOT / ".conformance"
OUTCOMES = ("passed", "failed", "skipped")
LIMIT_SECONDS = 3600
SWITCH = "CONFORMANCE_SUITE"
"""Variable that names the suite, for one that is too heavy to be run by `make test`."""
ISOLATED = ("-c", os.devnull, "--rootdir", str(ROOT), "--noconftest", "--import-mode=importlib")
"""Options of a suite in another environment, which has none of what this project's pytest needs."""


@dataclass(frozen=True)
class Suite:
    """Some tests, and where they run."""

    name: str
    what: str
    paths: tuple[str, ...]
    client: str = ""
    """Distribution whose environment it runs in; nothing for this one."""
    beside: str = ""
    """Another emulator, run from an environment of its own; a variable names its command."""
    options: tuple[str, ...] = ()
    """pytest's, besides the paths."""


MONITORS = ("tests/conformance/test_model_monitors.py",)
TYPES = ("tests/contracts/test_resource_types.py", "tests/contracts/test_resource_failures.py",
         "tests/contracts/test_not_simulated.py")  # fmt: skip
FAULTS = ("tests/moto_fixtures/cloudformation/test_faults.py", "tests/contracts/test_faults.py",
          "tests/contracts/test_offline_faults.py")  # fmt: skip
SUITES = (
    Suite("sagemaker", "monitoring classes", MONITORS, "sagemaker"),
    Suite("sagemaker-core", "monitoring classes", MONITORS, "sagemaker-core"),
    Suite("awscli", "both templates deployed", ("tests/conformance/test_aws_cli.py",), "awscli"),
    Suite("types", "in process", TYPES, options=("-k", "not http and not HTTP")),
    Suite("types-http", "over HTTP", TYPES, options=("-k", "http or HTTP")),
    Suite("faults", "lists D, E, G and the index", FAULTS),
    Suite("stock", "moto as it is, the same calls", ("tests/moto_fixtures/test_stock.py",)),
    Suite("ministack", "another emulator, the same templates",
          ("tests/conformance/test_ministack.py",), beside="ministack"),
    Suite("load", "eight clients at once", ("tests/conformance/test_load.py",)),
    Suite("monitors", "contracts of the four monitors", ("tests/contracts",),
          options=tuple(f"--ignore={path}" for path in (*TYPES, *FAULTS))),
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """How many tests of a suite had which outcome."""

    passed: int
    failed: int
    skipped: int

    @classmethod
    def read(cls, report: Path) -> Result:
        """From pytest's JUnit report; a suite that could not be collected has failed once.

        >>> with tempfile.NamedTemporaryFile("w") as file:
        ...     _ = file.write('<testsuites><testsuite tests="5" failures="1" errors="1" '
        ...                    'skipped="1"/></testsuites>')
        ...     file.flush()
        ...     Result.read(Path(file.name))
        Result(passed=2, failed=2, skipped=1)
        """
        if not report.is_file():
            return cls(0, 1, 0)
        suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314 (pytest's own)
        assert suite is not None
        counts = {
            name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")
        }
        failed = counts["failures"] + counts["errors"]
        return cls(counts["tests"] - failed - counts["skipped"], failed, counts["skipped"])

    @property
    def is_good(self) -> bool:
        """Nothing failed, and something was tried."""
        return self.passed > 0 and not self.failed

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def main() -> int:
    """Run the suites asked for, one after the other; a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    names = [suite.name for suite in SUITES]
    parser.add_argument("--suite", action="append", choices=names, help="only these (default all)")
    asked = parser.parse_args()
    results = [_tell(suite) for suite in SUITES if suite.name in (asked.suite or names)]
    return 0 if all(result.is_good for result in results) else 1


def _tell(suite: Suite) -> Result:
    began = time.monotonic()
    result = run(suite)
    where = f"{suite.name} {_version(suite.client or suite.beside)}".rstrip()
    print(f"{where}, {suite.what}: {result} ({time.monotonic() - began:.0f} s)", flush=True)
    if not result.is_good:
        print(f"  what it printed: {_log(suite)}", flush=True)
    return result


def run(suite: Suite) -> Result:
    """Run one suite where it belongs."""
    _log(suite).parent.mkdir(parents=True, exist_ok=True)
    python = environment(suite.client) if suite.client else Path(sys.executable)
    with tempfile.TemporaryDirectory(prefix="conformance-") as scratch:
        directory = Path(scratch)
        report = directory / "report.xml"
        options = [*(ISOLATED if suite.client else ()), "-p", "no:cacheprovider", "-q"]
        command = [str(python), "-m", "pytest", *options, f"--junitxml={report}"]
        command += [*suite.options, *suite.paths]
        surroundings = world.made(directory) if suite.client else nullcontext({})
        with surroundings as variables, _log(suite).open("w") as log:
            subprocess.run(
                command,
                cwd=ROOT,
                env=_with_tools(variables, python) if suite.client else _beside(suite),
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=LIMIT_SECONDS,
                check=False,
            )
        return Result.read(report)


def _beside(suite: Suite) -> dict[str, str]:
    """This process's variables, what the suite is switched on by, and the other's command."""
    variables = {**os.environ, SWITCH: suite.name}
    if suite.beside:
        command = environment(suite.beside).with_name(suite.beside)
        variables[f"CONFORMANCE_{suite.beside.upper()}"] = str(command)
    return variables


def _with_tools(variables: dict[str, str], python: Path) -> dict[str, str]:
    """The environment's own commands first; of this checkout what needs nothing installed."""
    path = os.pathsep.join([str(python.parent), variables.get("PATH", os.defpath)])
    return {**variables, "PATH": path, "PYTHONPATH": str(ROOT)}


def environment(client: str) -> Path:
    """The Python of a client's own environment, made when its requirements have changed."""
    home, requirements = WORK / client / "env", HERE / "requirements" / f"{client}.txt"
    python, ready = home / "bin" / "python", home / "ready"
    wanted = requirements.read_text(encoding="utf-8")
    if not ready.is_file() or ready.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.11", str(home)], check=True)
        install = ["uv", "pip", "install", "--quiet", "--require-hashes", "--python", str(python)]
        subprocess.run([*install, "-r", str(requirements)], check=True)
        ready.write_text(wanted, encoding="utf-8")
    return python


def _version(distribution: str) -> str:
    """Of an environment's own distribution; nothing where there is none."""
    if not distribution:
        return ""
    code = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
    asked = [str(environment(distribution)), "-c", code, distribution]
    return subprocess.check_output(asked, text=True).strip()


def _log(suite: Suite) -> Path:
    return WORK / suite.name / "log"


if __name__ == "__main__":
    sys.exit(main())
