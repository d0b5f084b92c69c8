"""Bias: are two groups of people treated differently, and more so than when approved?

Needs     Observations with a label, predictions where there are any, and facets among the
          features; settings from analysis_config.json
Reads     constraints.json: the baseline's analysis.json
Writes    analysis.json; constraints.json, the same document (of a baseline only);
          constraint_violations.json (with an empty list when clean)

The facet value that is named is the *disadvantaged* one, everybody else the advantaged:
nothing else says so, and naming the other value turns every sign around. A metric that has
no number in this window is not clean: `Analysis.distances` has its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from monitoring.documents import ANALYSIS, CONSTRAINTS, VIOLATIONS, Documents
from monitoring.errors import DocumentError, NoDataError, UsageError
from monitoring.kinds import BIAS
from monitoring.measures.facets import SMALL_GROUP, cautions
from monitoring.measures.fairness import FLIP_TEST, POST_TRAINING, PRE_TRAINING
from monitoring.measures.fairness_limits import meaningful, too_small
from monitoring.measures.neighbors import Flips
from monitoring.measures.noise import critical
from monitoring.measures.outcome import Outcome, Uncomputable
from monitoring.monitors.alignment import require_distinct
from monitoring.monitors.base import Analysis, Mode, Monitor, Observations
from monitoring.monitors.bias_counts import BiasTally, Entry, Shape, require_columns
from monitoring.monitors.bias_documents import (
    LONG_LIST,
    POST,
    PRE,
    STAGES,
    VERSION,
    BiasBaseline,
    Measured,
    analysis,
    shown,
)
from monitoring.monitors.bias_drift import Window, check, missing_facet
from monitoring.monitors.bias_settings import BiasSettings

NOT_IN_BASELINE = Uncomputable("the baseline has no such number")

_MEASURES = {
    PRE: {metric.name: metric.measure for metric in PRE_TRAINING},
    POST: {metric.name: metric.measure for metric in POST_TRAINING},
}


def suggest(
    data: Iterable[Observations],
    settings: BiasSettings | None = None,
    mode: Mode = "corrected",
) -> Documents:
    """Bias of the data as they are: the analysis that later windows are compared with.

    Raises NoDataError when there is nothing to measure, CaptureError when the data have
    none of the facets, UsageError without settings.
    """
    return suggest_from(gather(data, settings, mode), mode)


def analyze(
    data: Iterable[Observations],
    baseline: Documents,
    mode: Mode = "corrected",
    settings: BiasSettings | None = None,
) -> Analysis:
    """Compare a window with the baseline's analysis.

    Raises NoDataError when not one metric of the baseline can be compared, DocumentError
    when the baseline is unusable, UsageError without settings.
    """
    return analyze_from(gather(data, settings, mode, baseline), baseline, mode)


def gather(
    data: Iterable[Observations],
    settings: BiasSettings | None = None,
    mode: Mode = "corrected",  # noqa: ARG001
    baseline: Documents | None = None,
) -> BiasTally:
    """The counts of a part of the data; with a baseline its columns are read as that's were.

    Raises UsageError without settings, DocumentError when the baseline is unusable.
    """
    asked = _required(settings)
    if baseline is None:
        return tallied(data, asked)
    known = _baseline(baseline)
    flips = any(numbers.get(FLIP_TEST) is not None for numbers in known.metrics.values())
    return tallied(data, asked, known.shape(asked), flips)


def suggest_from(state: BiasTally, mode: Mode = "corrected") -> Documents:
    """The analysis of all rows; raises what `suggest` does."""
    tally = _usable(state)
    document, measured = described(tally, tally.settings, mode)
    _require_numbers(measured, tally)
    return {ANALYSIS: document, CONSTRAINTS: document}


def analyze_from(state: BiasTally, baseline: Documents, mode: Mode = "corrected") -> Analysis:
    """All rows against the baseline; raises what `analyze` does."""
    return judge(_usable(state), _baseline(baseline), mode)


def tallied(
    data: Iterable[Observations],
    settings: BiasSettings,
    shape: Shape | None = None,
    wants_flips: bool = True,
) -> BiasTally:
    """The counts of a stream of rows; tallies of partitions add up to the whole's."""
    wants_flips = wants_flips and FLIP_TEST in settings.post_training
    tally = BiasTally(settings, shape, wants_flips)
    for at, seen in enumerate(data):
        if not at:
            require_distinct(tuple(seen.features.schema.names))
        tally.update(seen)
    return tally


def _usable(tally: BiasTally) -> BiasTally:
    if not tally.rows:
        raise NoDataError(
            "NO_DATA: the data hold no rows, so nothing was evaluated. Check that the endpoint had "
            "traffic, that data capture is on, and that labels arrive."
        )
    if not tally.usable:
        raise NoDataError(
            f"NO_DATA: none of {tally.rows} rows has a label and a prediction, so bias could not "
            "be evaluated. Check that labels arrive, and which columns they are read from."
        )
    require_columns(tally)
    return tally


def judge(tally: BiasTally, baseline: BiasBaseline, mode: Mode) -> Analysis:
    """Findings about a tally whose columns were read as the baseline's were."""
    settings = tally.settings
    baseline.require_same_label(tally.label_text, CONSTRAINTS)
    document, measured = described(tally, settings, mode, baseline)
    compared = list(_compared(measured, baseline))
    errors = critical(len(compared))
    windows = {entry[:2]: Window.of(entry, errors, settings) for entry, _ in measured}
    absent = [facet.column for facet in settings.facets if facet.column in tally.absent]
    findings = [missing_facet(column, mode) for column in absent]
    distances: dict[str, float | Uncomputable] = dict(_not_compared(measured, baseline))
    for entry, name, value, expected in compared:
        finding, change = check(name, value, expected, windows[entry[:2]], mode)
        distances[_called(entry.facet, entry.value, name)] = change
        if finding:
            findings.append(finding)
    if not compared:
        reasons = sorted({str(value) for value in distances.values()})
        raise NoDataError(
            f"NO_DATA: {tally.usable} rows, but not one metric of the baseline could be compared "
            f"({'; '.join(reasons[:3])})."
        )
    violations = [finding.violation() for finding in findings]
    documents = {ANALYSIS: document, VIOLATIONS: {"version": VERSION, "violations": violations}}
    warnings = tuple(_warnings(tally, measured))
    return Analysis(documents, tuple(findings), tally.usable, distances, warnings)


def described(
    tally: BiasTally, settings: BiasSettings, mode: Mode, baseline: BiasBaseline | None = None
) -> tuple[Documents, list[Measured]]:
    """analysis.json, and the numbers in it. `compat`: also rates over nobody, as Clarify has."""
    wanted = {PRE: settings.pre_training, POST: settings.post_training}
    measured = []
    for entry in tally.entries():
        named = baseline.named(entry, settings) if baseline else entry
        if baseline and mode == "corrected" and _is_rare(named, baseline, settings):
            continue
        stages = {stage: _outcomes(named, stage, wanted[stage], settings, mode) for stage in STAGES}
        measured.append(Measured(named, stages))
    asked = [stage for stage in STAGES if wanted[stage]]
    return analysis(settings.label.column, tally.label_text, asked, measured), measured


def _is_rare(entry: Entry, baseline: BiasBaseline, settings: BiasSettings) -> bool:
    """A value of few rows that the baseline does not have: its very name may be personal."""
    unseen = entry[:2] not in baseline.metrics
    return unseen and entry.comparison.disadvantaged.total < settings.smallest_group


def _outcomes(
    entry: Entry, stage: str, wanted: tuple[str, ...], settings: BiasSettings, mode: Mode
) -> dict[str, Outcome]:
    withheld = too_small(entry.comparison, settings.smallest_group) if mode == "corrected" else None
    found: dict[str, Outcome] = {}
    for name in wanted:
        if name == FLIP_TEST:
            value = entry.flips.value if isinstance(entry.flips, Flips) else entry.flips
        else:
            value = _MEASURES[stage][name](entry.comparison)
        if mode == "corrected":
            value = withheld or meaningful(name, value, entry.comparison)
        found[name] = value
    return found


def _compared(
    measured: Iterable[Measured], baseline: BiasBaseline
) -> Iterator[tuple[Entry, str, float, float]]:
    """What both this window and the baseline have a number for, in the file's order."""
    for stage in STAGES:
        for entry, stages in measured:
            known = baseline.metrics.get((entry.facet, entry.value), {})
            for name, value in stages[stage].items():
                expected = known.get(name)
                if expected is not None and not isinstance(value, Uncomputable):
                    yield entry, name, value, expected


def _not_compared(
    measured: Iterable[Measured], baseline: BiasBaseline
) -> Iterator[tuple[str, Uncomputable]]:
    """The reason for everything that only one of the two has a number for."""
    here: dict[tuple[str, str], Mapping[str, Outcome]] = {
        (entry.facet, entry.value): {**stages[POST], **stages[PRE]} for entry, stages in measured
    }
    for (facet, text), known in baseline.metrics.items():
        missing = Uncomputable("these data have no such facet value, or it is not asked for")
        for name, expected in known.items():
            value = here.get((facet, text), {}).get(name, missing)
            if expected is not None and isinstance(value, Uncomputable):
                yield _called(facet, text, name), value
    for (facet, text), found in here.items():
        for name, value in found.items():
            known_value = baseline.metrics.get((facet, text), {}).get(name)
            if known_value is None and not isinstance(value, Uncomputable):
                yield _called(facet, text, name), NOT_IN_BASELINE


def _warnings(tally: BiasTally, measured: Iterable[Measured]) -> Iterator[str]:
    if lost := tally.rows - tally.usable:
        yield f"{lost} of {tally.rows} rows have no label or no prediction and are left out"
    for column in sorted(tally.absent):
        yield f"the data have no column {column!r}, which the analysis configuration names"
    for column in sorted(tally.too_many):
        yield f"column {column!r} has too many values to compare one by one"
    by_facet: dict[str, list[Entry]] = {}
    for entry, _ in measured:
        by_facet.setdefault(entry.facet, []).append(entry)
    for facet, entries in by_facet.items():
        yield from _cautions(facet, entries)


def _cautions(facet: str, entries: list[Entry]) -> Iterator[str]:
    """What to know of a facet's groups; in one line where there are many of them."""
    told = [(shown(entry.value), cautions(entry.comparison)) for entry in entries]
    small = [value for value, found in told if found]
    if len(small) < LONG_LIST:
        yield from (f"{facet} {value}: {caution}" for value, found in told for caution in found)
        return
    yield (
        f"{facet}: {len(small)} of {len(entries)} values have fewer than {SMALL_GROUP} rows, or no "
        f"positive or no negative label or prediction, so their rates say little: "
        f"{', '.join(small[:3])} and {len(small) - 3} more"
    )


def _require_numbers(measured: Iterable[Measured], tally: BiasTally) -> None:
    """A baseline without a single number would never find anything."""
    reasons = []
    for _, stages in measured:
        for value in (*stages[POST].values(), *stages[PRE].values()):
            if not isinstance(value, Uncomputable):
                return
            reasons.append(str(value))
    told = "; ".join(sorted({*reasons})[:3]) or "; ".join(_warnings(tally, ()))
    raise NoDataError(f"NO_DATA: {tally.usable} rows, but no metric could be computed ({told}).")


def _called(facet: str, value: str, name: str) -> str:
    return f"{name} of {facet} {shown(value)}"


def _baseline(baseline: Documents) -> BiasBaseline:
    if CONSTRAINTS not in baseline:
        raise DocumentError(
            f"{CONSTRAINTS}: is missing from the baseline. Without it there is nothing to check "
            "against; suggest one with `monitor suggest bias`."
        )
    return BiasBaseline.of(baseline[CONSTRAINTS], CONSTRAINTS)


def _required(settings: BiasSettings | None) -> BiasSettings:
    if settings is None:
        raise UsageError(
            "the bias monitor has no settings, so it does not know whom to compare. Give the "
            "analysis configuration (analysis_config.json)."
        )
    return settings


BIAS_MONITOR = Monitor(BIAS, suggest, analyze, gather, suggest_from, analyze_from)
