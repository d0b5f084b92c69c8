"""Model quality: are the model's answers still as right as when it was approved?

Needs     answers whose truth has become known: predicted label or probability, and label
Reads     constraints.json; statistics.json too, to know how large the baseline was
Writes    statistics.json, constraints.json (suggested for this very data),
          constraint_violations.json (`{"violations": []}` when clean)

AWS compares two numbers, so a healthy model violates its own baseline every other hour.
`corrected` raises a violation only past what so few rows can do by chance; `compat`
raises every one. Neither judges rows whose label has not come yet: fraud that is found
late makes an hour look better than it was.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from monitoring.documents import (
    CONSTRAINTS,
    STATISTICS,
    VIOLATIONS,
    Documents,
    java_double,
)
from monitoring.errors import DocumentError, NoDataError, UsageError
from monitoring.kinds import MODEL_QUALITY
from monitoring.measures.noise import critical
from monitoring.measures.outcome import Outcome, Uncomputable
from monitoring.measures.score_groups import score_groups
from monitoring.monitors.answers import Answers, ModelQuality, ProblemType, Regressed
from monitoring.monitors.base import Analysis, Finding, Mode, Monitor, Observations
from monitoring.monitors.quality_documents import (
    LESS,
    Constraint,
    constraints,
    deviations,
    metrics,
    read_constraints,
    statistics,
    written,
)
from monitoring.monitors.quality_extras import additional
from monitoring.monitors.quality_limits import limit_findings
from monitoring.monitors.quality_noise import (
    FEWEST_ROWS,
    ROUNDING,
    KnownBaseline,
    Noise,
    noise_of,
)
from monitoring.monitors.segments import Divided

NEVER_VIOLATES: Final = frozenset({"f0_5"})
"""Constrained by AWS, and never found in its violations (4 of 4 runs)."""
ORDER: Final = (
    "auc",
    "precision",
    "true_positive_rate",
    "f1",
    "accuracy",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
    "recall",
    "f2",
    "f0_5",
)
"""Of violations in AWS's file, for a binary classification."""


def suggest(
    data: Iterable[Observations],
    settings: ModelQuality | None = None,
    mode: Mode = "corrected",
) -> Documents:
    """Statistics of `data`, and the constraints it just meets; the same in both modes.

    Raises NoDataError when no row has both a label and an answer, UsageError without
    settings: the problem type cannot be told from the data.
    """
    return suggest_from(gather(data, settings, mode), mode)


def analyze(
    data: Iterable[Observations],
    baseline: Documents,
    mode: Mode = "corrected",
    settings: ModelQuality | None = None,
) -> Analysis:
    """Compare the metrics of `data` with the baseline's constraints.

    Without settings the problem type is the baseline's. Raises NoDataError when no row has
    both a label and an answer, DocumentError when the baseline is unusable.
    """
    return analyze_from(gather(data, settings, mode, baseline), baseline, mode)


def gather(
    data: Iterable[Observations],
    settings: ModelQuality | None = None,
    mode: Mode = "corrected",  # noqa: ARG001
    baseline: Documents | None = None,
) -> Divided:
    """The answers of a part of the data, and for a check those of its segments too.

    Raises UsageError with neither settings nor a baseline, DocumentError when the baseline
    is unusable.
    """
    if baseline is not None:
        by_problem = _by_problem(baseline)
        settings = settings or ModelQuality(next(iter(by_problem)))
        _bounds(by_problem, settings)
    if settings is None:
        raise UsageError("problem_type is not given; whether labels are classes is unknown.")
    if baseline is None:
        settings = replace(settings, extras=None)
    state = Divided.nothing(settings)
    for observations in data:
        state.update(observations)
    return state


def suggest_from(state: Divided, mode: Mode = "corrected") -> Documents:  # noqa: ARG001
    """Statistics and constraints of all answers; raises NoDataError when none is usable."""
    answers = _usable(state.whole)
    return _described(answers, metrics(answers), deviations(answers))


def analyze_from(state: Divided, baseline: Documents, mode: Mode = "corrected") -> Analysis:
    """All answers against the baseline; raises NoDataError when none is usable."""
    bounds = _bounds(_by_problem(baseline), state.settings)
    answers = _usable(state.whole)
    analysis = judge(answers, bounds, KnownBaseline.of(baseline, answers), mode)
    limits = limit_findings(state, mode)
    block = additional(state)
    return replace(analysis.also(limits), additional={"model_quality": block} if block else {})


def judge(
    answers: Answers, bounds: Iterable[Constraint], baseline: KnownBaseline, mode: Mode
) -> Analysis:
    """Findings about AWS's metrics of a state."""
    like_aws = mode == "compat"
    values = metrics(answers, undefined_as_zero=like_aws)
    spread = deviations(answers, undefined_as_zero=like_aws)
    ordered = sorted(bounds, key=_place)
    current = {bound.metric: written(values.get(bound.metric, _ABSENT)) for bound in ordered}
    compared = [bound for bound in ordered if current[bound.metric] is not None]
    errors = critical(len(compared))
    findings, unjudged = [], []
    for bound in compared:
        value = current[bound.metric]
        if value is None or bound.threshold is None or not _beyond(value, bound.threshold, bound):
            continue
        noise = noise_of(answers, bound, value, baseline)
        compare = Compared(bound, value, spread[bound.metric], noise, errors)
        finding = _finding(compare, answers, mode)
        if finding is not None:
            findings.append(finding)
        elif noise is None:
            unjudged.append(bound.metric)
    violations = {"violations": [finding.violation() for finding in findings]}
    is_exact = mode == "corrected" and bool(findings) and not baseline.rows
    return Analysis(
        documents={**_described(answers, values, spread), VIOLATIONS: violations},
        findings=tuple(findings),
        item_count=answers.rows,
        distances={bound.metric: values.get(bound.metric, _ABSENT) for bound in ordered} | values,
        warnings=(*_warnings(answers, unjudged), *((UNKNOWN_SIZE,) if is_exact else ())),
    )


class Compared(NamedTuple):
    """A metric that is worse than its constraint."""

    bound: Constraint
    value: float
    deviation: Outcome
    noise: Noise | None
    """None where it cannot be told."""
    errors: float
    """Standard errors that are no chance."""

    @property
    def threshold(self) -> float:
        return self.bound.threshold or 0.0

    @property
    def tolerated(self) -> float | None:
        """How far chance alone moves it."""
        return self.noise and self.errors * self.noise.error

    @property
    def edge(self) -> float:
        """Where chance ends."""
        tolerated = self.tolerated or 0.0
        return self.threshold + (-tolerated if self.bound.operator == LESS else tolerated)


UNKNOWN_SIZE: Final = (
    "how many rows the baseline stands on is not known, so its numbers are taken as exact: after "
    "a small baseline these violations may be chance. Give its statistics.json too "
    "(baseline_statistics, or beside constraints.json)."
)
_ABSENT = Uncomputable("it is constrained, but neither this data nor its settings give it")


def _by_problem(baseline: Documents) -> Mapping[ProblemType, list[Constraint]]:
    if CONSTRAINTS not in baseline:
        raise DocumentError(f"{CONSTRAINTS}: the baseline has none. Suggest it again.")
    return read_constraints(baseline[CONSTRAINTS])


def _bounds(
    by_problem: Mapping[ProblemType, list[Constraint]], settings: ModelQuality
) -> list[Constraint]:
    if settings.problem_type not in by_problem:
        raise DocumentError(
            f"{CONSTRAINTS}: its constraints are for {', '.join(by_problem)}, but problem_type is "
            f"{settings.problem_type}: nothing could be compared. Use that model's own baseline."
        )
    return by_problem[settings.problem_type]


def _usable(answers: Answers) -> Answers:
    if not answers.rows:
        raise NoDataError("NO_DATA: there are no rows, so nothing was evaluated.")
    if not answers.usable:
        raise NoDataError(
            f"NO_DATA: none of {answers.rows:,} rows has both a known label and an answer "
            f"({answers.unlabelled:,} without label, {answers.unknown_labels:,} with an unknown "
            "one), so nothing was evaluated. Check which columns the labels and the answers are "
            "read from, and what the labels are called."
        )
    return answers


def _described(
    answers: Answers, values: Mapping[str, Outcome], spread: Mapping[str, Outcome]
) -> dict[str, Any]:
    return {
        STATISTICS: statistics(answers, values, spread),
        CONSTRAINTS: constraints(answers.settings.problem_type, values),
    }


def _place(bound: Constraint) -> int:
    return ORDER.index(bound.metric) if bound.metric in ORDER else len(ORDER)


def _beyond(value: float, threshold: float, bound: Constraint) -> bool:
    """Whether the value is worse than the threshold; equality is not (UNCONFIRMED).

    Sums taken in another order differ in their last bits: that is equality.
    """
    if math.isclose(value, threshold, rel_tol=ROUNDING, abs_tol=ROUNDING):
        return False
    return value < threshold if bound.operator == LESS else value > threshold


def _finding(found: Compared, answers: Answers, mode: Mode) -> Finding | None:
    """The violation, unless the mode lets it pass."""
    bound, value, threshold, tolerated = found.bound, found.value, found.threshold, found.tolerated
    is_chance = tolerated is None or abs(value - threshold) <= tolerated
    compat_silent = bound.metric in NEVER_VIOLATES
    if is_chance if mode == "corrected" else compat_silent:
        return None
    name = camel_case(bound.metric)
    deviation = found.deviation
    plus_minus = "" if isinstance(deviation, Uncomputable) else f" +/- {java_double(deviation)}"
    return Finding(
        feature=bound.metric,
        check=bound.operator,
        description=(
            f"Metric {name} with {java_double(value)}{plus_minus} was {bound.operator} "
            f"'{java_double(threshold)}'"
        ),
        observed=value,
        expected=threshold,
        threshold=threshold if mode == "compat" else found.edge,
        mode=mode,
        other_mode=_other_mode(mode, tolerated, is_chance, compat_silent),
        evidence=_evidence(found, answers),
        identity={"metric_name": name},
    )


def _other_mode(mode: Mode, tolerated: float | None, is_chance: bool, compat_silent: bool) -> str:
    if mode == "corrected":
        return (
            "compat: no violation, AWS never raises one here"
            if compat_silent
            else ("compat: the same")
        )
    if tolerated is None:
        return f"corrected: not judged, it stands on fewer than {FEWEST_ROWS} rows"
    if is_chance:
        return f"corrected: no violation, chance alone moves it by up to {tolerated:.3g}"
    return "corrected: the same"


def _evidence(found: Compared, answers: Answers) -> dict[str, Any]:
    """The sums from which the metric, and what chance does to it, can be computed again."""
    evidence: dict[str, Any] = {
        "metric": found.bound.metric,
        "tolerated_by_chance": found.tolerated,
        "standard_errors": found.errors,
    }
    if found.noise:
        evidence |= {
            "standard_error": found.noise.error,
            "denominator": found.noise.rows,
            "baseline_rows": found.noise.baseline_rows,
        }
    if isinstance(answers, Regressed):
        sums = answers.moments
        return {
            **evidence,
            "rows": sums.total,
            "absolute_errors": written(sums.absolute_errors),
            "squared_errors": written(sums.squared_errors),
            "label_spread": written(sums.truth_spread),
        }
    evidence |= {"rows": answers.usable, "confusion_matrix": answers.counts.as_mapping()}
    if answers.is_binary:
        evidence["positive_label"] = answers.settings.classes[1]
    if found.bound.metric == "auc" and answers.scores is not None:
        evidence["score_groups"] = [list(group) for group in score_groups(answers.scores)]
    return evidence


def _warnings(answers: Answers, unjudged: list[str]) -> Iterator[str]:
    if unjudged:
        yield (
            f"beyond its threshold, but not judged: {', '.join(unjudged)}; fewer than "
            f"{FEWEST_ROWS} rows, or too few to tell chance, stand behind it"
        )
    if answers.unlabelled:
        yield f"{answers.unlabelled:,} of {answers.rows:,} rows have no label and are left out"
    if answers.unknown_labels:
        classes = answers.settings.classes
        known = (
            "a finite number" if isinstance(answers, Regressed) else f"one of {', '.join(classes)}"
        )
        yield f"{answers.unknown_labels:,} labels are not {known}; their rows are left out"


def camel_case(metric: str) -> str:
    """A metric's name in a violation; in every other place AWS writes it with underscores.

    >>> camel_case("true_positive_rate"), camel_case("f0_5"), camel_case("weighted_f1")
    ('truePositiveRate', 'f0_5', 'weightedF1')
    """
    return re.sub("_([a-z])", lambda found: found[1].upper(), metric)


MODEL_QUALITY_MONITOR = Monitor(MODEL_QUALITY, suggest, analyze, gather, suggest_from, analyze_from)
