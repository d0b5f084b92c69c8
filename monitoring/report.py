"""An execution's result → sentences for people, and `findings.json`.

Needs     an `Analysis`, and what was read to make it
Gives     text without control characters, and the evidence as a document

Column names and values come from whoever calls the endpoint. They are never trusted: a
terminal would obey an escape sequence inside a name, and a value may be personal data, so
names are cleaned and values stay out unless they are asked for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring.capture import Coverage, Reading, Window
from monitoring.kinds import DATA_QUALITY, Kind
from monitoring.measures.partly_labelled import share_bounds
from monitoring.measures.state import Uncomputable
from monitoring.monitors.base import Analysis, Finding, Mode

LONGEST_TEXT = 300
ACCURACY = "accuracy"
UNSEEN = "unseen"
HOLDS_VALUES = {UNSEEN, "at", "baseline_counts", "current_counts"}
"""What of a finding's evidence holds values of the data, and not just numbers."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One execution's analysis, with what it was made from."""

    kind: Kind
    mode: Mode
    analysis: Analysis
    window: Window | None = None
    reading: Reading[Any] | None = None
    coverage: Coverage | None = None
    """How much of the traffic had labels, where it needed any and was merged by us."""


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    r"""Text that only prints: no control characters, no escape sequences, no reordering.

    >>> clean("age\x1b[31m\nred")
    'age�[31m�red'
    """
    shown = "".join(c if unicodedata.category(c) not in _UNPRINTED else "\ufffd" for c in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


_UNPRINTED = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def sentences(outcome: Outcome, show_values: bool = False) -> Iterator[str]:
    """The result in plain sentences: the verdict, each violation, what was left out."""
    analysis = outcome.analysis
    count = len(analysis.findings)
    found = f"{count} violation{'' if count == 1 else 's'}" if count else "no violations"
    window = f", {outcome.window}" if outcome.window else ""
    yield f"{outcome.kind.title}: {found} in {analysis.item_count:,} rows{window} ({outcome.mode})"
    for finding in analysis.findings:
        yield f"  {clean(finding.feature)}: {clean(finding.description, 2 * LONGEST_TEXT)}"
        for detail in _details(finding, show_values):
            yield f"      {detail}"
    yield from _not_computed(outcome)
    for block in analysis.additional.values():
        for line in block.get("summary", ()):
            yield f"  {clean(line, 2 * LONGEST_TEXT)}"
    for warning in _warnings(outcome):
        yield f"  note: {clean(warning, 2 * LONGEST_TEXT)}"
    if outcome.reading is not None:
        yield from _reading_sentences(outcome.reading)


def _details(finding: Finding, show_values: bool) -> Iterator[str]:
    unseen = finding.evidence.get(UNSEEN)
    if isinstance(unseen, Mapping) and unseen:
        if show_values:
            shown = ", ".join(f"{clean(v)!r} in {n} rows" for v, n in unseen.items())
        else:
            shown = f"in {sum(unseen.values())} rows (values redacted)"
        yield f"not in the baseline: {shown}"
    if finding.other_mode:
        yield clean(finding.other_mode)


def _not_computed(outcome: Outcome) -> Iterator[str]:
    """What is unknown, by reason: unknown is not the same as none."""
    what = "drift not computed" if outcome.kind == DATA_QUALITY else "not computed"
    reasons: dict[str, list[str]] = {}
    for name, distance in outcome.analysis.distances.items():
        if isinstance(distance, Uncomputable):
            reasons.setdefault(distance.reason, []).append(clean(name))
    for reason, names in reasons.items():
        yield f"  {what} ({clean(reason)}): {clean(', '.join(names))}"


def _warnings(outcome: Outcome) -> list[str]:
    """What a reader must know of the numbers, the labels and the traffic."""
    labels = outcome.coverage.warnings() if outcome.coverage else ()
    traffic = outcome.reading.warnings if outcome.reading else ()
    return [*outcome.analysis.warnings, *labels, *_of_all_records(outcome), *traffic]


def _of_all_records(outcome: Outcome) -> Iterator[str]:
    """What the labelled records' accuracy says of all of them."""
    coverage, accuracy = outcome.coverage, outcome.analysis.distances.get(ACCURACY)
    if coverage is None or not isinstance(accuracy, float) or coverage.joined >= coverage.records:
        return
    bounds = share_bounds(accuracy, coverage.joined, coverage.records)
    if not isinstance(bounds, Uncomputable):
        yield (
            f"accuracy over all {coverage.records:,} records lies between {bounds.low:.3f} and "
            f"{bounds.high:.3f}, whatever the missing labels are"
        )


def _reading_sentences(reading: Reading[Any]) -> Iterator[str]:
    noted = {name: n for name, n in reading.counts.as_dict().items() if n}
    counted = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in noted.items())
    yield f"  read: {counted}"
    for problem in reading.problems:
        yield f"  skipped: {clean(str(problem))}"


def findings_document(outcome: Outcome) -> dict[str, Any]:
    """`findings.json`, ours: what AWS's files cannot hold. Sampled values are redacted."""
    window, reading, analysis = outcome.window, outcome.reading, outcome.analysis
    return {
        "monitor": outcome.kind.slug,
        "mode": outcome.mode,
        "window": str(window) if window else None,
        "item_count": analysis.item_count,
        "findings": [_finding(finding) for finding in analysis.findings],
        "not_computed": {
            name: distance.reason
            for name, distance in analysis.distances.items()
            if isinstance(distance, Uncomputable)
        },
        "additional": dict(analysis.additional),
        "capture": reading.counts.as_dict() if reading else None,
        "ground_truth": outcome.coverage.as_dict() if outcome.coverage else None,
        "warnings": _warnings(outcome),
        "problems": [str(problem) for problem in reading.problems] if reading else [],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        **finding.violation(),
        "observed": finding.observed,
        "expected": finding.expected,
        "threshold": finding.threshold,
        "mode": finding.mode,
        "other_mode": finding.other_mode,
        "evidence": redacted(finding.evidence),
    }


def redacted(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence without values the baseline does not hold; the arithmetic stays possible.

    >>> counts = {"baseline_counts": {"Rome": 3}, "current_counts": {"Rome": 1, "41-11": 2}}
    >>> redacted(counts)["current_counts"]
    {'Rome': 1, 'redacted 1 (5 characters)': 2}
    """
    known = frozenset(evidence.get("baseline_counts", ()))
    stand_ins: dict[str, str] = {}

    def shown(value: str) -> str:
        if value in known:
            return value
        stand_in = f"redacted {len(stand_ins) + 1} ({len(value)} characters)"
        return stand_ins.setdefault(value, stand_in)

    def entry(key: str, value: Any) -> Any:
        if key in HOLDS_VALUES and isinstance(value, Mapping):
            return {shown(text): number for text, number in value.items()}
        return shown(value) if key in HOLDS_VALUES and isinstance(value, str) else value

    return {key: entry(key, value) for key, value in evidence.items()}
