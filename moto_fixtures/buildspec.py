"""A buildspec, read and checked whole before any of its commands runs.

Needs the file's text. What it says beyond what `moto_fixtures.codebuild` simulates is an error
that names the key: a build that silently skips half of its file proves nothing. The one thing a
reader gets wrong: a command with a colon and a space in it is a mapping in YAML; it must be
quoted, here as in CodeBuild.

    >>> load(Path("buildspec.yml"))["version"]
    '0.2'
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
SHELLS = ("bash", "sh", "/bin/sh")
ON_FAILURE = ("ABORT", "CONTINUE")
LOOKED_UP = ("parameter-store", "secrets-manager")
"""Sections of `env` whose values are kept elsewhere."""
ARTIFACT_KEYS = ("files", "base-directory", "discard-paths", "exclude-paths", "name")
KEYS: Mapping[str, tuple[str, ...]] = {
    "buildspec": ("version", "env", "phases", "artifacts", "cache"),
    "env": ("shell", "variables", *LOOKED_UP, "exported-variables"),
    "phases": PHASES,
    "phase": ("commands", "finally", "on-failure", "runtime-versions"),
    "runtime-versions": ("python",),
    "artifacts": (*ARTIFACT_KEYS, "secondary-artifacts"),
    "secondary-artifacts": ARTIFACT_KEYS,
    "cache": ("paths", "key", "fallback-keys"),
}
"""What is simulated, by where it stands. A cache is never filled: each build is the first."""


class BuildspecError(Exception):
    """The buildspec is not valid, or asks for what is not simulated."""


def load(path: Path) -> dict[str, Any]:
    """The buildspec at `path`, with `env`, `phases` and `artifacts` always there.

    Raises BuildspecError, beginning with the path and CodeBuild's YAML_FILE_ERROR.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildspecError(f"{path}: YAML_FILE_ERROR: {error}") from error
    return parse(text, str(path))


def parse(text: str, where: str) -> dict[str, Any]:
    """As `load`, from the text itself; `where` begins its errors."""
    try:
        spec = yaml.safe_load(text)
        _check(spec)
    except (yaml.YAMLError, BuildspecError) as error:
        raise BuildspecError(f"{where}: YAML_FILE_ERROR: {error}") from error
    return {"env": {}, "artifacts": {}, **spec}


def _check(spec: Any) -> None:
    _check_keys("buildspec", spec)
    if str(spec.get("version")) != "0.2":
        raise BuildspecError(f"version is {spec.get('version')!r}; only 0.2 is simulated")
    environment = spec.get("env", {})
    _check_keys("env", environment)
    _check_value("shell", environment.get("shell", "bash"), SHELLS)
    if not spec.get("phases"):
        raise BuildspecError("no phases: there is nothing to run")
    _check_keys("phases", spec["phases"])
    for name, phase in spec["phases"].items():
        _check_phase(name, phase)
    artifacts = spec.get("artifacts", {})
    _check_keys("artifacts", artifacts)
    _check_keys("cache", spec.get("cache", {}))
    for secondary in artifacts.get("secondary-artifacts", {}).values():
        _check_keys("secondary-artifacts", secondary)


def _check_phase(name: str, phase: Any) -> None:
    _check_keys("phase", phase)
    _check_value(f"on-failure of {name}", phase.get("on-failure", "ABORT"), ON_FAILURE)
    if "runtime-versions" in phase:
        _check_keys("runtime-versions", phase["runtime-versions"])
        if name != "install":
            raise BuildspecError(f"{name}: runtime-versions belong to the install phase")
    for key in ("commands", "finally"):
        commands = phase.get(key, [])
        if not isinstance(commands, list):
            raise BuildspecError(f"{key} of {name} must be a list")
        for command in commands:
            if not isinstance(command, str):
                raise BuildspecError(f"{name}: the command {command!r} is not text; quote it")


def _check_keys(where: str, found: Any) -> None:
    if not isinstance(found, dict):
        raise BuildspecError(f"{where} must be a mapping, not {type(found).__name__}")
    if unknown := sorted(str(key) for key in found if key not in KEYS[where]):
        raise BuildspecError(
            f"{', '.join(unknown)} under {where} is not simulated; {', '.join(KEYS[where])} are"
        )


def _check_value(what: str, found: Any, allowed: tuple[str, ...]) -> None:
    if found not in allowed:
        raise BuildspecError(f"{what} is {found!r}; simulated are {', '.join(allowed)}")
