"""A build's source: a commit, unpacked as CodeBuild downloads it, or a copy of what is here.

Needs     git and a repository
Writes    the files a commit holds, or would hold, without history and without generated ones

What is only in the working directory is not in the build of a commit: that is the point of
building from one. A working copy is for seeing what a build will do before committing.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

_registered: dict[str, Path] = {}


def register(location: str, repository: Path) -> None:
    """Let a checkout of this machine stand for a repository elsewhere, by its address or name.

    Raises LookupError when there is no repository.
    """
    if head(repository) is None:
        raise LookupError(
            f"{repository}: no git repository with a commit; name the directory of a checkout"
        )
    _registered[location] = repository.resolve()


def registered(location: str) -> Path | None:
    """The checkout that stands for a repository, if one does.

    >>> registered("https://github.com/nobody/nothing") is None
    True
    """
    return _registered.get(location)


def all_registered() -> dict[str, Path]:
    """Every checkout that stands for a repository, by the repository's address."""
    return dict(_registered)


def head(source: Path) -> str | None:
    """The hash of the commit `source` is a checkout of, or None where it is not one."""
    answer = _git(source, "rev-parse", "HEAD")
    return answer.decode().strip() if answer else None


def checkout(repository: Path, revision: str, destination: Path) -> str:
    """Unpack a commit into `destination`; its full hash.

    Raises LookupError when the repository has no such commit.
    """
    name = f"{revision}^{{commit}}"
    commit = _git(repository, "rev-parse", "--verify", "--end-of-options", name)
    archive = commit and _git(repository, "archive", "--format=tar", commit.decode().strip())
    if not (commit and archive):
        raise LookupError(
            f"{repository.resolve()}: no commit {revision!r} here; `git log` shows those there are"
        )
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(destination, filter="data")
    return commit.decode().strip()


def working_copy(repository: Path, destination: Path) -> None:
    """Copy what a commit of everything here would hold: edits included, ignored files not.

    Without git (an unpacked archive) everything but hidden and generated files is copied.
    """
    listed = _git(repository, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed is None:
        hidden = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build")
        shutil.copytree(repository, destination, ignore=hidden)
        return
    for name in listed.decode().split("\0"):
        if name and (repository / name).is_file():
            copy = destination / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, copy)


def _git(repository: Path, *arguments: str) -> bytes | None:
    """Git's answer, or None where there is no git, no repository, or it refuses."""
    program = shutil.which("git")
    if program is None:
        return None
    done = subprocess.run(  # noqa: S603 (no shell; the revision follows --end-of-options)
        [program, "-C", str(repository), *arguments], capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else None
