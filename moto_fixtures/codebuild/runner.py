"""A buildspec's commands, run on this machine as CodeBuild runs them in its container.

Needs     a buildspec, a source directory, and the project's variables
Writes    the artifacts the buildspec names; everything a command prints goes to one output

The tools are those of the running interpreter's environment, which stands in for the build
image. The one thing a reader gets wrong: the working directory and *exported* variables last
from command to command and from phase to phase; shell functions, options and unexported
variables end with the command that made them.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from moto_fixtures.buildspec import PHASES, load
from moto_fixtures.checkout import head
from moto_fixtures.codebuild.attendant import Attendant, UploadError

DEFAULT_REGION = "us-east-1"
ACCOUNT = "123456789012"
VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
# One command, and then what the next one inherits from it, even after `exit` or `set -e`.
WRAPPER = """
trap 'status=$?; "$CODEBUILD_OFFLINE_PYTHON" -c "$CODEBUILD_OFFLINE_SAVE"; exit $status' EXIT
. "$CODEBUILD_OFFLINE_STATE/command"
"""
SAVE = """
import json, os, pathlib
state = pathlib.Path(os.environ["CODEBUILD_OFFLINE_STATE"], "after.json")
state.write_text(json.dumps([os.getcwd(), dict(os.environ)]))
"""


@dataclass(frozen=True, slots=True)
class Phase:
    """How one phase ended: SUCCEEDED, FAILED, STOPPED, TIMED_OUT or SKIPPED, and after how long."""

    name: str
    status: str
    seconds: float = 0.0
    reason: str = ""
    """What failed in it."""


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build: its status (a phase's, but SKIPPED), phases, variables and files."""

    status: str
    phases: tuple[Phase, ...]
    exported: Mapping[str, str]
    artifacts: tuple[Path, ...]

    @property
    def succeeded(self) -> bool:
        return self.status == "SUCCEEDED"


def run(
    buildspec: Path,
    source: Path,
    environment: Mapping[str, str],
    artifacts: Path,
    output: TextIO,
    attendant: Attendant | None = None,
) -> Build:
    """Execute a buildspec in `source` and copy its artifacts below `artifacts`.

    `environment` is all that the commands see besides CODEBUILD_*; it wins over the buildspec's
    own `env.variables`, as a project's variables do. Primary artifacts land in `artifacts`
    itself, secondary ones in a directory named by their identifier. `attendant` is told of each
    phase, looks values up, takes the artifacts, and may end the build at any moment.

    Raises BuildspecError before any command runs. A command that fails is no error here: the
    build's status says so.
    """
    return execute(load(buildspec), source, environment, artifacts, output, attendant)


def execute(
    spec: Mapping[str, Any],
    source: Path,
    environment: Mapping[str, str],
    artifacts: Path,
    output: TextIO,
    attendant: Attendant | None = None,
) -> Build:
    """As `run`, with a buildspec that was read."""
    with tempfile.TemporaryDirectory(prefix="codebuild-") as state:
        attendant = attendant or Attendant()
        session = _Session(spec, source.resolve(), environment, Path(state), output, attendant)
        phases = list(session.phases())
        copied: tuple[Path, ...] = ()
        if session.goes_on:
            upload, copied = session.upload(artifacts)
            phases.append(upload)
        ended = "SUCCEEDED" if session.succeeding else "FAILED"
        status = attendant.halted or ended
        session.say(f"Build {status}")
        return Build(status, tuple(phases), session.exported(), copied)


@dataclass
class _Session:
    """One build while it runs: what the next command inherits, and how well it goes."""

    spec: Mapping[str, Any]
    source: Path
    environment: Mapping[str, str]
    state: Path
    output: TextIO
    attendant: Attendant
    reason: str = ""
    succeeding: bool = True
    goes_on: bool = True
    directory: Path = field(init=False)
    variables: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.directory = self.source
        declared = self.spec["env"].get("variables", {})
        self.variables = {
            **{name: str(value) for name, value in declared.items()},
            **self.attendant.look_up(self.spec["env"], self.environment),
            **_codebuild_variables(self.source, self.environment),
            **self.environment,
        }
        tools = str(Path(sys.executable).parent)
        self.variables["PATH"] = f"{tools}{os.pathsep}{self.variables.get('PATH', os.defpath)}"

    def say(self, line: str) -> None:
        self.output.write(f"[Container] {line}\n")
        self.output.flush()

    def phases(self) -> Iterator[Phase]:
        """Run the phases in order; a failed BUILD is still followed by POST_BUILD and the upload.

        With `on-failure: CONTINUE` a failed phase does not fail the build (AWS's documentation
        says only that the next phase follows).
        """
        for name in PHASES:
            if name not in self.spec["phases"]:
                continue
            if not self.goes_on:
                yield Phase(name, "SKIPPED")
                continue
            phase, self.reason = self.spec["phases"][name], ""
            began = time.monotonic()
            self.attendant.enter(name)
            self.say(f"Entering phase {name.upper()}")
            for runtime, asked in phase.get("runtime-versions", {}).items():
                self.say(f"{platform.python_version()} stands in for {runtime} {asked}")
            done = self.execute_phase(phase)
            status = self.attendant.halted or ("SUCCEEDED" if done else "FAILED")
            self.say(f"Phase complete: {name.upper()} State: {status}")
            on_failure = phase.get("on-failure")
            if status == "FAILED" and on_failure != "CONTINUE":
                self.succeeding = False
                self.goes_on = name in ("build", "post_build") and on_failure is None
            if self.attendant.halted:
                self.succeeding = self.goes_on = False
            ended = Phase(name, status, time.monotonic() - began, self.reason)
            self.attendant.leave(ended.name, ended.status, ended.reason)
            yield ended

    def execute_phase(self, phase: Mapping[str, Any]) -> bool:
        """Run `commands` up to the first that fails, then `finally` in any case."""
        before = self.succeeding
        done = self.execute_all(phase.get("commands", []))
        self.succeeding = before and done
        tidied = self.execute_all(phase.get("finally", []))
        self.succeeding = before
        return done and tidied

    def execute_all(self, commands: Sequence[str]) -> bool:
        for command in commands:
            lines = command.strip().splitlines() or [""]
            title = lines[0] + (" …" if len(lines) > 1 else "")
            self.say(f"Running command {title}")
            if self.attendant.halted:
                return False
            if status := self.execute(command):
                self.reason = self.reason or (
                    f"Error while executing command: {title}. Reason: exit status {status}"
                )
                self.say(f"Command did not exit successfully {title} exit status {status}")
                return False
        return True

    def execute(self, command: str) -> int:
        """Run one command in the build's shell, streaming what it prints; its exit status."""
        (self.state / "command").write_text(f"{command}\n", encoding="utf-8")
        own = {
            "CODEBUILD_OFFLINE_PYTHON": sys.executable,
            "CODEBUILD_OFFLINE_SAVE": SAVE,
            "CODEBUILD_OFFLINE_STATE": str(self.state),
            "CODEBUILD_BUILD_SUCCEEDING": str(int(self.succeeding)),
        }
        process = subprocess.Popen(  # noqa: S603 (a buildspec is a program; this runs it)
            [self.spec["env"].get("shell", "bash"), "-c", WRAPPER],
            cwd=self.directory,
            env={**self.variables, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with process, self.attendant.watching(process):
            for line in process.stdout or ():
                self.output.write(line)
                self.output.flush()
        if (after := self.state / "after.json").exists():
            directory, variables = json.loads(after.read_text())
            self.directory = Path(directory)
            self.variables = {k: v for k, v in variables.items() if k not in own}
            after.unlink()
        return process.returncode

    def upload(self, destination: Path) -> tuple[Phase, tuple[Path, ...]]:
        """Copy every artifact; one that matches no file fails the build."""
        began = time.monotonic()
        primary = self.spec["artifacts"]
        copied: list[Path] = []
        status, reason, name = "SUCCEEDED", "", "upload_artifacts"
        self.attendant.enter(name)
        try:
            copied += self._copy(primary, destination)
            for identifier, secondary in primary.get("secondary-artifacts", {}).items():
                copied += self._copy(secondary, destination / identifier)
            self.attendant.publish(self.expand(str(primary.get("name", ""))))
        except (FileNotFoundError, UploadError) as error:
            status, self.succeeding, reason = "FAILED", False, str(error)
            self.say(reason)
        self.say(f"Phase complete: UPLOAD_ARTIFACTS State: {status}")
        self.attendant.leave(name, status, reason)
        return Phase(name, status, time.monotonic() - began, reason), tuple(copied)

    def _copy(self, artifacts: Mapping[str, Any], destination: Path) -> Iterator[Path]:
        base = self.source / self.expand(artifacts.get("base-directory", "."))
        flat = str(artifacts.get("discard-paths", "no")).lower() in ("yes", "true")
        excluded = [
            path for p in artifacts.get("exclude-paths", []) for path in base.glob(self.expand(p))
        ]
        for pattern in map(self.expand, artifacts.get("files", [])):
            inside = pattern and not Path(pattern).is_absolute() and ".." not in Path(pattern).parts
            found = [p for p in sorted(base.glob(pattern)) if p.is_file()] if inside else []
            if not found:
                raise FileNotFoundError(f"no matching artifact paths found: {pattern!r} in {base}")
            for path in (path for path in found if path not in excluded):
                to = destination / (path.name if flat else path.relative_to(base))
                to.parent.mkdir(parents=True, exist_ok=True)
                yield Path(shutil.copy2(path, to))

    def expand(self, text: str) -> str:
        """Replace $NAME and ${NAME} as the last command left them; unset ones by nothing."""
        return VARIABLE.sub(lambda found: self.variables.get(found[1] or found[2], ""), text)

    def exported(self) -> dict[str, str]:
        names = self.spec["env"].get("exported-variables", [])
        return {name: self.variables.get(name, "") for name in names}


def _codebuild_variables(source: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What CodeBuild itself sets; the version only where `source` is a git checkout."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION", DEFAULT_REGION)
    build = f"offline:{uuid.uuid4()}"
    commit = head(source)
    return {
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "CI": "true",
        "CODEBUILD_BUILD_ARN": f"arn:aws:codebuild:{region}:{ACCOUNT}:build/{build}",
        "CODEBUILD_BUILD_ID": build,
        "CODEBUILD_BUILD_NUMBER": "1",
        "CODEBUILD_INITIATOR": "offline",
        "CODEBUILD_SRC_DIR": str(source),
        "CODEBUILD_START_TIME": str(int(time.time() * 1000)),
        **({"CODEBUILD_RESOLVED_SOURCE_VERSION": commit} if commit else {}),
    }
