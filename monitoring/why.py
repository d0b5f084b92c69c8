"""`monitor why DIR`: every finding of a run computed again, and told step by step.

Needs     findings.json, as a check or a job wrote it
Writes    sentences and small plots to stdout

It reads the report, not the data: nothing is downloaded and no model is asked. A finding
whose evidence leads to another number than the report says ends with exit code 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from monitoring.documents import read
from monitoring.errors import FAILED, DocumentError
from monitoring.evaluation import FINDINGS
from monitoring.measures.outcome import Uncomputable
from monitoring.monitors.bias_documents import shown
from monitoring.monitors.replay import Line, Replay, replayed
from monitoring.monitors.replay_columns import COLUMN_REPLAYS
from monitoring.monitors.replay_drift import DRIFT_REPLAYS
from monitoring.monitors.replay_groups import GROUP_REPLAYS
from monitoring.monitors.replay_quality import QUALITY_REPLAYS
from monitoring.report import clean

REPLAYS: Final = {**COLUMN_REPLAYS, **QUALITY_REPLAYS, **GROUP_REPLAYS, **DRIFT_REPLAYS}
"""Every check of the four monitors."""
BAR: Final = 24
MOST_LINES: Final = 20
NAME: Final = 28
EXIT_CODES = """\b
Exit codes:
    0  every finding follows from its evidence, or there is none
    1  one does not, or the report cannot be read
    2  wrong usage"""


@click.command("why", epilog=EXIT_CODES)
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, path_type=Path))
@click.pass_context
def why(ctx: click.Context, directory: Path) -> None:
    """Compute every finding of a run again from its evidence, and show how.

    DIR holds the run's findings.json; the file itself will do.

    \b
    Example:
        monitor why run/
    """
    path = directory / FINDINGS if directory.is_dir() else directory
    document = report_in(path)
    agreed = True
    for entry in document["findings"]:
        found = replayed(entry, REPLAYS)
        agrees = isinstance(found, Uncomputable) or found.agrees_with(entry)
        agreed &= agrees
        for line in told(entry, found, agrees):
            click.echo(line)
    for line in ending(document):
        click.echo(line)
    ctx.exit(0 if agreed else FAILED)


def report_in(path: Path) -> Mapping[str, Any]:
    """A findings.json; raises DocumentError when it is none."""
    document = read(path)
    findings = document.get("findings") if isinstance(document, Mapping) else None
    if not isinstance(findings, list):
        raise DocumentError(
            f"{path}: is no {FINDINGS} of a check, so there is nothing to explain. Give the "
            "--output directory of `monitor check`."
        )
    return {"monitor": "", "mode": "", "not_computed": {}, **document}


def told(entry: Mapping[str, Any], found: Replay | Uncomputable, agrees: bool) -> Iterator[str]:
    """One finding: its sentence, the steps to it, and the plot."""
    yield f"{_subject(entry)}: {clean(str(entry.get('description', '')), 600)}"
    if isinstance(found, Uncomputable):
        yield f"    not computed again: {clean(found.reason)}"
    else:
        yield from (f"    {clean(step, 600)}" for step in found.steps)
        yield from (f"    {line}" for line in plot(found))
        if not agrees:
            yield (
                f"    DOES NOT AGREE: the report says {entry['observed']}, its evidence leads to "
                f"{found.observed}{'' if found.crosses else ', which is no violation'}"
            )
    yield f"    {clean(str(entry.get('other_mode', '')))}"
    yield ""


def plot(found: Replay) -> Iterator[str]:
    r"""Two bars for every line, to one scale.

    >>> print("\n".join(plot(Replay(0.5, True, (), lines=(Line("up to 40", 0.75, 0.25),)))))
    up to 40                     baseline         0.75 ████████████████████████
                                      now         0.25 ████████
    """
    if not found.lines:
        return
    numbers = [abs(n) for line in found.lines for n in (line.left, line.right) if n is not None]
    largest = max(numbers, default=0.0) or 1.0
    for line in found.lines[:MOST_LINES]:
        yield from _bars(line, found.heading, largest)
    if (hidden := len(found.lines) - MOST_LINES) > 0:
        yield f"… and {hidden} more"


def _bars(line: Line, heading: tuple[str, str], largest: float) -> Iterator[str]:
    name = clean(line.name, NAME)
    for title, number in zip(heading, (line.left, line.right), strict=True):
        if number is not None:
            bar = "█" * round(BAR * abs(number) / largest)
            yield f"{name:<{NAME}} {title:>8} {number:>12.6g} {bar}".rstrip()
            name = ""


def ending(document: Mapping[str, Any]) -> Iterator[str]:
    """How many findings there were, and what was not looked at."""
    count = len(document["findings"])
    found = "no finding" if not count else f"{count} finding{'s' if count > 1 else ''}"
    yield f"{clean(str(document['monitor']))}: {found} ({clean(str(document['mode']))})"
    reasons: dict[str, list[str]] = {}
    for name, reason in document["not_computed"].items():
        reasons.setdefault(str(reason), []).append(str(name))
    for reason, names in reasons.items():
        yield f"  not computed ({clean(reason)}): {clean(', '.join(names))}"


def _subject(entry: Mapping[str, Any]) -> str:
    """What a finding is about, by the keys AWS gives its kind."""
    keys = ("feature_name", "facet", "facet_value", "label", "segment", "segment_value")
    named = [shown(str(entry[key])) for key in keys if entry.get(key)]
    metric = entry.get("metric_name")
    return clean(" ".join([*([f"{metric} of"] if metric and named else []), *named])) or clean(
        str(metric)
    )
