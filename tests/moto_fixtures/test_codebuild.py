"""The buildspec runner: what lasts, what ends a build, what is uploaded, what is refused."""

from __future__ import annotations

import io
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from moto_fixtures.buildspec import BuildspecError, load
from moto_fixtures.checkout import checkout, head, working_copy
from moto_fixtures.codebuild import Build, run
from moto_fixtures.codebuild.__main__ import main

FRAME = """
version: "0.2"
env:
  variables: {COLOUR: green}
  exported-variables: [RESULT]
"""
RESOLVED = "commit $CODEBUILD_RESOLVED_SOURCE_VERSION"
Builder = Callable[..., "Finished"]


@dataclass(frozen=True)
class Finished:
    """A build and all it printed."""

    build: Build
    printed: str
    artifacts: Path

    @property
    def phases(self) -> dict[str, str]:
        return {phase.name: phase.status for phase in self.build.phases}


@pytest.fixture
def build(tmp_path: Path) -> Builder:
    """Run a buildspec whose `phases` and `artifacts` are given as YAML."""

    def execute(body: str, environment: Mapping[str, str] | None = None) -> Finished:
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        (source / "buildspec.yml").write_text(FRAME + body)
        output = io.StringIO()
        artifacts = tmp_path / "artifacts"
        built = run(source / "buildspec.yml", source, environment or {}, artifacts, output)
        return Finished(built, output.getvalue(), artifacts)

    return execute


def phases(**commands: str) -> str:
    """YAML of phases with one command each."""
    lines = [f"  {name}:\n    commands:\n      - {command}" for name, command in commands.items()]
    return "phases:\n" + "\n".join(lines)


def test_directory_and_exports_last_from_command_to_command_and_phase_to_phase(build):
    done = build("""
phases:
  install:
    commands:
      - mkdir -p inner && cd inner
      - export RESULT="two words"; PRIVATE=gone
  build:
    commands:
      - echo "in $(basename "$PWD"), $RESULT, ${PRIVATE:-not exported}"
""")
    assert "in inner, two words, not exported" in done.printed
    assert done.build.exported == {"RESULT": "two words"}


def test_options_and_functions_end_with_their_command(build):
    done = build("""
phases:
  build:
    commands:
      - "set -e; helper() { echo called; }; helper"
      - "false; type helper >/dev/null 2>&1 || echo alone"
""")
    assert done.build.succeeded
    assert "alone" in done.printed


def test_what_is_exported_before_an_exit_lasts(build):
    done = build("""
phases:
  build:
    commands: [export RESULT=early; exit 0]
""")
    assert done.build.exported == {"RESULT": "early"}


def test_the_given_environment_wins_over_the_buildspecs(build):
    body = phases(build="echo it is $COLOUR")
    assert "it is green" in build(body).printed
    assert "it is blue" in build(body, {"COLOUR": "blue"}).printed


def test_commands_see_codebuilds_variables_and_this_interpreters_tools(build):
    command = 'echo "$CODEBUILD_SRC_DIR $CODEBUILD_BUILD_ID $AWS_REGION $CI"; command -v python'
    done = build(
        phases(build=command), {"AWS_DEFAULT_REGION": "eu-west-1", "PATH": "/usr/bin:/bin"}
    )
    assert "/source offline:" in done.printed
    assert " eu-west-1 true" in done.printed
    assert f"{Path(sys.executable).parent}/python" in done.printed


def test_this_interpreter_stands_in_for_the_runtime_and_says_so(build):
    done = build("""
phases:
  install:
    runtime-versions: {python: "3.11"}
    commands: [python --version]
""")
    version = platform.python_version()
    assert f"{version} stands in for python 3.11" in done.printed
    assert f"\nPython {version}\n" in done.printed


def test_both_streams_arrive_in_order(build):
    done = build(phases(build="echo one; echo two >&2; echo three"))
    assert "one\ntwo\nthree\n" in done.printed


def test_a_failed_command_ends_its_phase_and_the_build(build):
    done = build("""
phases:
  install: {commands: [exit 3, echo never]}
  build: {commands: [echo never]}
  post_build: {commands: [echo never]}
artifacts: {files: [buildspec.yml]}
""")
    assert not done.build.succeeded
    assert done.phases == {"install": "FAILED", "build": "SKIPPED", "post_build": "SKIPPED"}
    assert "exit status 3" in done.printed
    assert "never\n" not in done.printed
    assert not done.artifacts.exists()


def test_post_build_and_the_upload_follow_a_failed_build(build):
    done = build("""
phases:
  build: {commands: ["false"]}
  post_build: {commands: ["echo succeeding=$CODEBUILD_BUILD_SUCCEEDING"]}
artifacts: {files: [buildspec.yml]}
""")
    assert not done.build.succeeded
    assert done.phases == {
        "build": "FAILED",
        "post_build": "SUCCEEDED",
        "upload_artifacts": "SUCCEEDED",
    }
    assert "succeeding=0" in done.printed


def test_a_build_that_aborts_on_failure_skips_post_build_and_the_upload(build):
    done = build("""
phases:
  build: {on-failure: ABORT, commands: ["false"]}
  post_build: {commands: [echo never]}
artifacts: {files: [buildspec.yml]}
""")
    assert done.phases == {"build": "FAILED", "post_build": "SKIPPED"}


def test_a_phase_that_continues_on_failure_does_not_fail_the_build(build):
    done = build("""
phases:
  install: {on-failure: CONTINUE, commands: ["false"]}
  build: {commands: [echo "succeeding=$CODEBUILD_BUILD_SUCCEEDING"]}
artifacts: {files: [buildspec.yml]}
""")
    assert done.phases["install"] == "FAILED"
    assert done.phases["upload_artifacts"] == "SUCCEEDED"
    assert done.build.succeeded
    assert "succeeding=1" in done.printed


def test_finally_runs_after_a_failure_and_knows_of_it(build):
    done = build("""
phases:
  build:
    commands: ["false"]
    finally: ["echo tidied, succeeding=$CODEBUILD_BUILD_SUCCEEDING"]
""")
    assert "tidied, succeeding=0" in done.printed


def test_a_failing_finally_fails_its_phase(build):
    done = build("""
phases:
  build:
    commands: ["true"]
    finally: ["false"]
""")
    assert done.phases["build"] == "FAILED"


def test_artifacts_are_copied_under_expanded_names(build):
    done = build("""
phases:
  build:
    commands:
      - mkdir -p out/deep && touch out/a.txt out/deep/b.txt out/deep/c.log
      - export RESULT=out
artifacts:
  files: ["$RESULT/a.txt"]
  secondary-artifacts:
    logs: {base-directory: "${RESULT}", files: ["**/*"], exclude-paths: ["**/*.txt"]}
    flat: {files: ["out/**/*.txt"], discard-paths: yes}
""")
    found = sorted(str(path.relative_to(done.artifacts)) for path in done.build.artifacts)
    assert found == ["flat/a.txt", "flat/b.txt", "logs/deep/c.log", "out/a.txt"]
    assert all(path.is_file() for path in done.build.artifacts)


@pytest.mark.parametrize("named", ["absent.txt", "$UNSET", "../outside", "/etc/hostname"])
def test_an_artifact_that_is_not_in_the_source_fails_the_build(build, named):
    done = build(phases(build="'true'") + f'\nartifacts: {{files: ["{named}"]}}')
    assert not done.build.succeeded
    assert done.phases["upload_artifacts"] == "FAILED"
    assert "no matching artifact paths found" in done.printed


BAD = {
    "no phases: there is nothing to run": 'version: "0.2"',
    "version is 0.1; only 0.2 is simulated": "version: 0.1\nphases: {build: {commands: []}}",
    "reports under buildspec is not simulated": (
        'version: "0.2"\nphases: {build: {commands: []}}\nreports: {}'
    ),
    "git-credential-helper under env is not simulated": (
        'version: "0.2"\nenv: {git-credential-helper: yes}\nphases: {build: {commands: []}}'
    ),
    "run-as under phase is not simulated": (
        'version: "0.2"\nphases: {build: {run-as: builder, commands: []}}'
    ),
    "deploy under phases is not simulated": 'version: "0.2"\nphases: {deploy: {commands: []}}',
    "nodejs under runtime-versions is not simulated": (
        'version: "0.2"\nphases: {install: {runtime-versions: {nodejs: 20}}}'
    ),
    "build: runtime-versions belong to the install phase": (
        'version: "0.2"\nphases: {build: {runtime-versions: {python: 3.11}}}'
    ),
    "on-failure of build is 'RETRY'; simulated are ABORT, CONTINUE": (
        'version: "0.2"\nphases: {build: {on-failure: RETRY}}'
    ),
    "shell is 'zsh'; simulated are bash": (
        'version: "0.2"\nenv: {shell: zsh}\nphases: {build: {commands: []}}'
    ),
    "build: the command {'echo a': 'b'} is not text; quote it": (
        'version: "0.2"\nphases:\n  build:\n    commands:\n      - echo a: b'
    ),
    "buildspec must be a mapping, not list": "- version",
    "mapping values are not allowed here": "version: a: b",
}


@pytest.mark.parametrize("said", BAD, ids=lambda said: said[:40])
def test_a_wrong_or_unsimulated_buildspec_is_refused_before_anything_runs(tmp_path, said):
    (tmp_path / "buildspec.yml").write_text(BAD[said])
    with pytest.raises(BuildspecError) as refused:
        load(tmp_path / "buildspec.yml")
    assert f"{tmp_path}/buildspec.yml: YAML_FILE_ERROR: " in str(refused.value)
    assert said in str(refused.value)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one commit and a change that is not committed."""
    root = tmp_path / "repository"
    root.mkdir()
    (root / "buildspec.yml").write_text(FRAME + phases(build=f"cat word; echo {RESOLVED}"))
    (root / "word").write_text("committed\n")

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    (root / "word").write_text("only here\n")
    return root


def test_a_build_of_a_commit_sees_what_was_committed_and_which_commit(
    repository, tmp_path, monkeypatch, capfd
):
    monkeypatch.chdir(repository)
    assert main(["--commit", "HEAD", "--artifacts", str(tmp_path / "a")]) == 0
    commit = head(repository)
    assert f"\ncommitted\ncommit {commit}\n" in capfd.readouterr().out


def test_a_build_of_a_directory_sees_what_is_there(repository, tmp_path, capfd):
    assert main(["--source", str(repository), "--artifacts", str(tmp_path / "a")]) == 0
    assert "\nonly here\n" in capfd.readouterr().out


def test_a_working_copy_holds_edits_and_new_files_but_nothing_ignored(repository, tmp_path):
    (repository / ".gitignore").write_text("*.log\n")
    (repository / "build.log").touch()
    (repository / "deep").mkdir()
    (repository / "deep" / "new").touch()
    working_copy(repository, tmp_path / "copy")
    found = {
        str(path.relative_to(tmp_path / "copy"))
        for path in (tmp_path / "copy").rglob("*")
        if path.is_file()
    }
    assert found == {".gitignore", "buildspec.yml", "deep/new", "word"}
    assert (tmp_path / "copy" / "word").read_text() == "only here\n"


def test_a_working_copy_without_git_leaves_hidden_and_generated_files_behind(tmp_path):
    source = tmp_path / "source"
    (source / "build").mkdir(parents=True)
    for name in ("word", ".hidden", "build/made"):
        (source / name).touch()
    working_copy(source, tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").rglob("*")] == ["word"]


def test_a_commit_that_is_not_there_is_named(repository, tmp_path):
    with pytest.raises(LookupError, match=r"no commit 'v9' here; `git log`"):
        checkout(repository, "v9", tmp_path / "unpacked")


def test_the_command_line_exits_1_for_a_failed_build_and_2_for_a_wrong_buildspec(tmp_path, capfd):
    spec = tmp_path / "buildspec.yml"
    spec.write_text(FRAME + phases(build="'false'"))
    assert main(["--source", str(tmp_path)]) == 1
    spec.write_text("version: 1")
    assert main(["--source", str(tmp_path)]) == 2
    assert capfd.readouterr().err.count("YAML_FILE_ERROR") == 1


def test_a_variable_given_on_the_command_line_reaches_the_build(tmp_path, capfd):
    (tmp_path / "buildspec.yml").write_text(FRAME + phases(build="echo it is $COLOUR"))
    assert main(["--source", str(tmp_path), "-e", "COLOUR=a=b"]) == 0
    assert "it is a=b" in capfd.readouterr().out
