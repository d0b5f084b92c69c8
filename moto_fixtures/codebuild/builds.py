"""One build: from its request to its end, described as AWS describes it.

Needs     a project, what the request overrides, the project's source
Leaves    SUCCEEDED, FAILED, STOPPED or TIMED_OUT; phases with times and reasons; logs; artifacts

Its phases move while it runs, in a thread beside its callers. The one thing a reader gets
wrong: what fails before the first command (no source, a wrong buildspec, a missing parameter)
fails DOWNLOAD_SOURCE, and no log says more than that phase's context.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.core.utils import utcnow

from moto_fixtures import work
from moto_fixtures.buildspec import LOOKED_UP, BuildspecError, load, parse
from moto_fixtures.codebuild import announcing, runner, sources, variables
from moto_fixtures.codebuild.attendant import Attendant
from moto_fixtures.codebuild.outputs import Destination, LogWriter
from moto_fixtures.codebuild.sources import Source, SourceError
from moto_fixtures.codebuild.variables import LookUpError
from moto_fixtures.jobs.logs import Log

IN_PROGRESS, SUCCEEDED, FAILED, STOPPED = "IN_PROGRESS", "SUCCEEDED", "FAILED", "STOPPED"
BUILDSPEC = "buildspec.yml"
SECONDS_A_MINUTE = 60


@dataclass
class Build:
    """A build. `document` is what BatchGetBuilds answers."""

    document: dict[str, Any]
    region: str
    account: str
    sources: Mapping[str, Source]
    """By identifier; the primary one's is empty."""
    outputs: Mapping[str, Destination]
    """By identifier; the primary one's is empty."""
    seconds: float = field(init=False)

    def __post_init__(self) -> None:
        self.seconds = self.document["timeoutInMinutes"] * SECONDS_A_MINUTE
        self.document["phases"] = []
        for phase in ("SUBMITTED", "QUEUED"):
            self.enter(phase)
            self.leave(phase, SUCCEEDED)

    @property
    def arn(self) -> str:
        return str(self.document["arn"])

    @property
    def is_complete(self) -> bool:
        return bool(self.document["buildComplete"])

    def enter(self, phase: str) -> None:
        """A phase begins."""
        self.document["currentPhase"] = phase
        self.document["phases"].append({"phaseType": phase, "startTime": utcnow()})

    def leave(self, phase: str, status: str, code: str = "", reason: str = "") -> None:
        """A phase has ended."""
        entered = self.document["phases"][-1]
        assert entered["phaseType"] == phase, f"{phase} was not entered"
        now = utcnow()
        entered |= {
            "phaseStatus": status,
            "endTime": now,
            "durationInSeconds": int((now - entered["startTime"]).total_seconds()),
            "contexts": [{"statusCode": code, "message": reason}],
        }

    def start(self) -> None:
        """Let it run; it is over when `work.wait(arn)` returns."""
        attendant = _Attendant(self)
        announcing.state_changed(self.document, self.region, self.account)
        work.start(self.arn, lambda: self._run(attendant), lambda: attendant.halt(STOPPED))

    def _run(self, attendant: _Attendant) -> None:
        timer = threading.Timer(self.seconds, attendant.halt, ("TIMED_OUT",))
        timer.daemon = True
        timer.start()
        status = FAILED
        try:
            with tempfile.TemporaryDirectory(prefix="codebuild-build-") as root:
                status = self._build(Path(root), attendant)
        finally:
            timer.cancel()
            self._end(status)

    def _build(self, root: Path, attendant: _Attendant) -> str:
        """All that CodeBuild does between PROVISIONING and FINALIZING; the build's status."""
        self.enter("PROVISIONING")
        self.leave("PROVISIONING", SUCCEEDED)
        attendant.artifacts = root / "artifacts"
        attendant.artifacts.mkdir()
        output = LogWriter(self._log())
        try:
            self.enter("DOWNLOAD_SOURCE")
            environment = self._environment(root)
            spec = self._buildspec(root / "source")
            attendant.waiting = "DOWNLOAD_SOURCE"
            ended = runner.execute(
                spec, root / "source", environment, attendant.artifacts, output, attendant
            )
        except (SourceError, LookUpError, BuildspecError) as error:
            code = {SourceError: "CLIENT_ERROR", BuildspecError: "YAML_FILE_ERROR"}.get(
                type(error), getattr(error, "code", "")
            )
            output.write(f"[Container] {error}\n")
            self.leave("DOWNLOAD_SOURCE", FAILED, code, str(error))
            return FAILED
        finally:
            output.close()
        self.document["exportedEnvironmentVariables"] = [
            {"name": name, "value": value} for name, value in ended.exported.items()
        ]
        return attendant.halted or ended.status

    def _environment(self, root: Path) -> dict[str, str]:
        """Lay out the sources; what the commands are to see."""
        found = variables.environment(self.document, self.region, self.account)
        for identifier, source in self.sources.items():
            directory = root / (f"source-{identifier}" if identifier else "source")
            directory.mkdir()
            version = source.fetch(directory, self.region, self.account)
            suffix = f"_{identifier}" if identifier else ""
            found[f"CODEBUILD_SRC_DIR{suffix}"] = str(directory)
            if version:
                found[f"CODEBUILD_RESOLVED_SOURCE_VERSION{suffix}"] = version
            if version and not identifier:
                self.document["resolvedSourceVersion"] = version
        return found

    def _buildspec(self, source: Path) -> dict[str, Any]:
        given = self.document["source"].get("buildspec") or BUILDSPEC
        if "\n" in given:
            spec = parse(given, "buildspec")
        elif (source / given).resolve().is_relative_to(source.resolve()):
            spec = load(source / given)
        else:
            raise BuildspecError(f"{given}: YAML_FILE_ERROR: it lies outside the source")
        if not self.outputs:
            return {**spec, "artifacts": {}}
        primary = spec["artifacts"]
        secondary = primary.get("secondary-artifacts", {})
        if missing := sorted(set(self.outputs) - {""} - set(secondary)):
            raise BuildspecError(f"{given}: YAML_FILE_ERROR: no secondary-artifacts {missing}")
        kept = {name: secondary[name] for name in self.outputs if name}
        if "" not in self.outputs:
            primary = {}
        return {**spec, "artifacts": {**primary, "secondary-artifacts": kept}}

    def _log(self) -> Log | None:
        logs = self.document["logs"]
        if logs["cloudWatchLogs"]["status"] == "DISABLED":
            return None
        return Log(logs["groupName"], logs["streamName"], self.region, self.account)

    def _end(self, status: str) -> None:
        if status in (SUCCEEDED, FAILED):
            self.enter("FINALIZING")
            self.leave("FINALIZING", SUCCEEDED)
        self.enter("COMPLETED")
        self.document |= {"buildStatus": status, "endTime": utcnow(), "buildComplete": True}
        announcing.state_changed(self.document, self.region, self.account)


class _Attendant(Attendant):
    """Keeps a build's description up to date, and brings its artifacts to S3."""

    def __init__(self, build: Build) -> None:
        super().__init__()
        self._build = build
        self.artifacts = Path()
        self.waiting = ""
        """A phase that ends when the first command's begins."""

    def enter(self, phase: str) -> None:
        if self.waiting:
            self._build.leave(self.waiting, SUCCEEDED)
            self.waiting = ""
        self._build.enter(phase.upper())

    def leave(self, phase: str, status: str, reason: str) -> None:
        code = "COMMAND_EXECUTION_ERROR" if reason and phase != "upload_artifacts" else ""
        self._build.leave(phase.upper(), status, code or ("CLIENT_ERROR" if reason else ""), reason)

    def look_up(self, env: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
        wanted = [
            (section, name, reference)
            for section in LOOKED_UP
            for name, reference in (env.get(section) or {}).items()
            if name not in given
        ]
        return {
            name: variables.look_up(
                section, str(reference), self._build.region, self._build.account
            )
            for section, name, reference in wanted
        }

    def publish(self, name: str) -> None:
        described = []
        for identifier, destination in sorted(self._build.outputs.items()):
            files = sources.below(self.artifacts / identifier)
            if not identifier:
                others = tuple(f"{one}/" for one in self._build.outputs if one)
                files = {inner: files[inner] for inner in files if not inner.startswith(others)}
            told = destination.publish(files, name, self._build.region, self._build.account)
            described.append({**told, "artifactIdentifier": identifier} if identifier else told)
        first = [one for one in described if "artifactIdentifier" not in one]
        self._build.document["artifacts"] = first[0] if first else {"location": ""}
        self._build.document["secondaryArtifacts"] = [
            one for one in described if "artifactIdentifier" in one
        ]
