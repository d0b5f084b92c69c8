"""Gather: the baselines that AWS's check steps hand on, laid out as `register` reads them.

Needs     a directory for each document: <check>/constraints, <check>/statistics, and the
          monitors' analysis configurations in <monitor>/config; one file in each
Writes    <monitor>/constraints.json, statistics.json and analysis_config.json

Clarify calls its constraints analysis.json, and a baseline in force is a file of an earlier
package, so a file is known by its directory. The two checks of bias become one document, of
which each gives the section that is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from monitoring import documents
from monitoring.baselines import merge_bias
from monitoring.documents import CONSTRAINTS, STATISTICS, Documents
from monitoring.errors import UsageError
from monitoring.kinds import BIAS, Kind
from pipelines.baseline import CONFIG_FILE
from pipelines.in_force import CHECKS
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors

SOURCES = {"constraints": CONSTRAINTS, "statistics": STATISTICS}
CONFIG = "config"
"""Directory of a monitor's analysis configuration."""


def gather(source: Path, output: Path) -> tuple[Kind, ...]:
    """Write the baselines to `output`; the monitors that have one.

    Raises UsageError when there is none at all, DocumentError for a file that is no document.
    """
    kinds = tuple(dict.fromkeys(check.kind for check in CHECKS.values()))
    found = {kind: made for kind in kinds if (made := _baseline(source, kind))}
    if not found:
        raise UsageError(f"{source}: holds no baseline of any check, so there is none to register")
    for kind, made in found.items():
        documents.publish(made, output / kind.slug)
    return tuple(found)


def _baseline(source: Path, kind: Kind) -> Documents:
    """A monitor's documents; none where it was not checked."""
    made: dict[str, Any] = {}
    sections = []
    for name in (name for name, check in CHECKS.items() if check.kind == kind):
        for directory, document in SOURCES.items():
            for path in _files(source / name / directory):
                made[document] = CHECKS[name].own(documents.read(path))
                sections += [(str(path), made[document])] if kind == BIAS else []
    if sections:
        made[CONSTRAINTS] = merge_bias(sections)
    for path in _files(source / kind.slug / CONFIG) if made else ():
        made[CONFIG_FILE] = documents.read(path)
    return made


def _files(directory: Path) -> Iterator[Path]:
    """The one file in a directory; nothing where there is no such directory."""
    if not directory.is_dir():
        return
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    if len(files) != 1:
        raise UsageError(
            f"{directory}: holds {len(files)} files, and a check step hands one document on; "
            "give each its own directory"
        )
    yield files[0]


@click.command()
@click.option("--checks", "source", required=True, type=EXISTING_DIRECTORY, help="Of the checks.")
@click.option("--output", required=True, type=DIRECTORY, help="Directory for the baselines.")
@one_line_errors
def main(source: Path, output: Path) -> None:
    """Lay out the baselines of check steps for `register`.

    Exits 1 when a document cannot be read, 2 when there is none.

    \b
    Example:
        python -m pipelines.gather --checks build/checks --output build/baseline
    """
    for kind in gather(source, output):
        click.echo(f"{output / kind.slug}: {kind.title}")


if __name__ == "__main__":
    main()
