"""Drift tests beyond AWS's: what has moved, how far, and how surely.

Needs     the result of every test of one execution
Gives     `additional.drift_tests` of findings.json, and findings where they are asked for

All p-values of one execution are one family: they are adjusted together, so that of what
is called drift at most the configured share is chance, over columns and tests alike.
Drift is a violation, with exit code 3 and an entry in constraint_violations.json, only
where the configuration says so. AWS's other documents stay as they are in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.measures.classifier_test import ClassifierTest
from monitoring.measures.divergence import Binned
from monitoring.measures.false_discovery import adjusted
from monitoring.measures.state import Uncomputable
from monitoring.measures.two_sample import KolmogorovSmirnov, TwoSample, Wasserstein
from monitoring.monitors.base import Finding, Mode
from monitoring.monitors.drift_measures import NO_ORDER, Measured
from monitoring.monitors.drift_test_settings import CLASSIFIER, DriftTests

ADDITIONAL_DRIFT_CHECK = "additional_drift_check"
TITLES = {
    "ks": "Kolmogorov-Smirnov distance",
    "jensen_shannon": "Jensen-Shannon distance",
    "psi": "Population Stability Index",
    "wasserstein": "Wasserstein distance in standard deviations",
    CLASSIFIER: "AUC of telling current rows from the baseline's",
}
MOST_NAMED = 3
"""Columns that the classifier's sentence names."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A test that gave a number, judged among all the others."""

    measured: Measured
    result: TwoSample | ClassifierTest
    threshold: float
    adjusted_p_value: float
    drifted: bool
    effect: float
    """What is compared with the threshold."""


def judged(results: Sequence[Measured], asked: DriftTests) -> tuple[Verdict, ...]:
    """Every test that gave a number: drift where chance and its threshold are both exceeded."""
    made = [(one, one.result) for one in results if not isinstance(one.result, Uncomputable)]
    p_values = adjusted([result.p_value for _, result in made], asked.procedure)
    verdicts = []
    for (one, result), p_value in zip(made, p_values, strict=True):
        threshold = asked.thresholds[one.test]
        effect = result.auc if isinstance(result, ClassifierTest) else result.effect_size
        drifted = p_value <= asked.false_discovery_rate and effect > threshold
        verdicts.append(Verdict(one, result, threshold, p_value, drifted, effect))
    return tuple(verdicts)


def block(results: Sequence[Measured], asked: DriftTests) -> dict[str, Any]:
    """`additional.drift_tests`: every test with its numbers, or why there are none."""
    verdicts = judged(results, asked)
    by_test = {(v.measured.column, v.measured.test): v for v in verdicts}
    columns: dict[str, dict[str, Any]] = {}
    for one in results:
        entry = columns.setdefault(one.column, {"role": one.role, "tests": {}})
        verdict = by_test.get((one.column, one.test))
        entry["tests"][one.test] = _numbers(verdict) if verdict else {"not_computed": _reason(one)}
        if one.bins is not None:
            entry["bins"] = _bins(one.bins)
    return {
        "summary": list(_summary(results, verdicts, asked)),
        "tests": len(verdicts),
        "false_discovery_rate": asked.false_discovery_rate,
        "procedure": asked.procedure,
        "drifted": list(dict.fromkeys(v.measured.column for v in verdicts if v.drifted)),
        "columns": columns,
    }


def findings(results: Sequence[Measured], asked: DriftTests, mode: Mode) -> Iterator[Finding]:
    """One finding for each test that found drift, where drift is a violation."""
    if not asked.violation:
        return
    other = "compat" if mode == "corrected" else "corrected"
    for verdict in judged(results, asked):
        if not verdict.drifted:
            continue
        yield Finding(
            feature=verdict.measured.column,
            check=ADDITIONAL_DRIFT_CHECK,
            description=(
                f"{TITLES[verdict.measured.test]}: {verdict.effect:.6g} exceeds threshold: "
                f"{verdict.threshold:g} (adjusted p-value {verdict.adjusted_p_value:.2g}, "
                f"false-discovery rate {asked.false_discovery_rate:g})"
            ),
            observed=verdict.effect,
            expected=0.5 if verdict.measured.test == CLASSIFIER else 0.0,
            threshold=verdict.threshold,
            mode=mode,
            other_mode=f"{other}: the same; the test is of additional_tests.json, not AWS's",
            evidence=_evidence(verdict, asked),
        )


def _evidence(verdict: Verdict, asked: DriftTests) -> dict[str, Any]:
    """What the effect can be computed from again. A p-value was adjusted among all the others,
    and stands as it is."""
    result, bins = verdict.result, verdict.measured.bins
    evidence: dict[str, Any] = {"test": verdict.measured.test, **_numbers(verdict)}
    evidence["false_discovery_rate"] = asked.false_discovery_rate
    if bins is not None:
        evidence["bins"] = _bins(bins)
    if isinstance(result, Wasserstein):
        evidence |= {"edges": list(result.edges), "areas": list(result.areas)}
    return evidence


def _numbers(verdict: Verdict) -> dict[str, Any]:
    result = verdict.result
    numbers: dict[str, Any] = {
        "statistic": result.auc if isinstance(result, ClassifierTest) else result.statistic,
        "effect_size": verdict.effect,
        "threshold": verdict.threshold,
        "p_value": result.p_value,
        "adjusted_p_value": verdict.adjusted_p_value,
        "baseline_size": result.baseline_size,
        "current_size": result.current_size,
        "drifted": verdict.drifted,
    }
    if isinstance(result, KolmogorovSmirnov):
        numbers |= {
            "at": result.at,
            "baseline_share": result.baseline_share,
            "current_share": result.current_share,
            "exact": result.exact,
        }
    if isinstance(result, Wasserstein):
        numbers["standard_deviation"] = result.scale
    if isinstance(result, ClassifierTest):
        numbers |= {
            "folds": [{"auc": auc, "standard_errors": errors} for auc, errors in result.folds],
            "told_by": dict(result.told_by),
            "terms": result.terms,
            "interactions": result.interactions,
            "left_out": list(result.left_out),
        }
    return numbers


def _bins(bins: Binned) -> dict[str, Any]:
    """Numbers by edge, or by value; categories the baseline does not hold have no name."""
    where = {"edges": list(bins.edges)} if bins.edges else {"values": list(bins.labels)}
    counts = {"baseline": bins.baseline.tolist(), "current": bins.current.tolist()}
    return {**where, **counts}


def _summary(
    results: Sequence[Measured], verdicts: Iterable[Verdict], asked: DriftTests
) -> Iterator[str]:
    """The block in sentences."""
    drifted: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.drifted:
            drifted.setdefault(_named(verdict.measured), []).append(_said(verdict))
    tested = len({one.column for one in results})
    found = f"{len(drifted)} of {tested} drifted" if drifted else f"none of {tested} drifted"
    rate = f"false-discovery rate {asked.false_discovery_rate:g}"
    yield f"drift tests of columns and rows: {found} ({rate})"
    for name, said in drifted.items():
        yield f"  {name}: {', '.join(said)}"
    reasons: dict[str, Mapping[str, None]] = {}
    for one in results:
        if (reason := _reason(one)) not in ("", NO_ORDER):
            reasons[reason] = {**reasons.get(reason, {}), f"{one.test} of {one.column}": None}
    for reason, names in reasons.items():
        yield f"  not tested ({reason}): {', '.join(names)}"


def _named(one: Measured) -> str:
    return one.column if one.role in ("feature", "rows") else f"{one.column} ({one.role})"


def _said(verdict: Verdict) -> str:
    result = verdict.result
    told = ""
    if isinstance(result, ClassifierTest):
        told = f", told by {', '.join(name for name, _ in result.told_by[:MOST_NAMED])}"
    return f"{verdict.measured.test} {verdict.effect:.3g}{told}"


def _reason(one: Measured) -> str:
    return one.result.reason if isinstance(one.result, Uncomputable) else ""
