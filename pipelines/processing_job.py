"""A step in a processing container: what stands between SageMaker's directories and a script.

Needs     the name of a step and its own arguments, with paths below /opt/ml/processing
Writes    what the step writes; the reason of a failure into /opt/ml/output/message, from
          where SageMaker shows it as the job's ExitMessage

Training leaves a model as model.tar.gz, and a step reads a directory. So wherever an argument
names a directory that holds the archive alone, it is unpacked there first; and packed again as
`pipelines.train` packs it, for SageMaker's archive of the same files differs from run to run.
"""

from __future__ import annotations

import importlib
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import click

from monitoring.errors import MonitoringError, UsageError

ARCHIVE_FILE, DESCRIPTION_FILE = "model.tar.gz", "model.json"
"""As pipelines/train.py writes them, which is not imported here: it takes seconds."""
MESSAGE = Path("/opt/ml/output/message")
STEPS = ("process", "check", "tables", "gather", "evaluate", "register")
"""The steps a pipeline runs as processing jobs: modules beside this one, each with its `main`."""
LARGEST_MODEL = 2 * 1024**3
"""Bytes unpacked."""
LONGEST_MESSAGE = 1024
"""Characters that DescribeProcessingJob shows."""


def run(arguments: Sequence[str], message: Path = MESSAGE) -> int:
    """Run a step with its arguments; the exit code, and the reason of a failure in `message`."""
    try:
        step, own = _chosen(arguments)
        for argument in own:
            unpack(Path(argument))
        step.main(list(own), standalone_mode=False)
    except MonitoringError as error:
        return _failed(message, str(error), error.exit_code)
    except click.ClickException as error:
        return _failed(message, error.format_message(), error.exit_code)
    return 0


def unpack(directory: Path) -> None:
    """Unpack the model's archive in a directory that holds it and not its files.

    Raises UsageError when it is none, or larger than a model is.
    """
    archive = directory / ARCHIVE_FILE
    if not archive.is_file() or (directory / DESCRIPTION_FILE).exists():
        return
    try:
        with tarfile.open(archive) as packed:
            size = 0
            for member in packed:
                size += member.size
                if size > LARGEST_MODEL:
                    raise UsageError(f"{archive}: unpacks to more than {LARGEST_MODEL} bytes")
                packed.extract(member, directory, filter="data")
        files = [path for path in directory.iterdir() if path.is_file() and path != archive]
        importlib.import_module("pipelines.archive").pack(files, archive)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UsageError(
            f"{archive}: cannot be unpacked ({type(error).__name__}), so there is no model to "
            "work with; train it again"
        ) from error


def _chosen(arguments: Sequence[str]) -> tuple[click.Command, Sequence[str]]:
    name = arguments[0] if arguments else ""
    if name not in STEPS:
        raise UsageError(f"{name!r} is no step; give one of {', '.join(STEPS)} and its arguments")
    # Only the step that runs: importing all of them takes longer than most of them do.
    module = importlib.import_module(f"pipelines.{name}")
    return module.main, arguments[1:]


def _failed(message: Path, reason: str, code: int) -> int:
    message.parent.mkdir(parents=True, exist_ok=True)
    message.write_text(reason[:LONGEST_MESSAGE], encoding="utf-8")
    print(reason, file=sys.stderr)
    return code


def main() -> None:
    """`python -m pipelines.processing_job STEP ARGUMENTS`."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
