"""Explainability: does the model still decide for the reasons it was approved for?

Needs     the features of captured requests, and the model itself: it is asked again, with
          features replaced by a baseline's, `num_samples` times per row and baseline row
Reads     the baseline's analysis.json (as constraints.json)
Writes    analysis.json (one value per feature and label), constraint_violations.json
          (`"violations": []` when clean); explanations_shap/ where local values are wanted

A violation says that the ranking of the features changed, and only that: it is blind to
attributions that grew or shrank together, and to which way a feature pushes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from monitoring.documents import CONSTRAINTS, VIOLATIONS, Documents, number, require_kind
from monitoring.errors import DocumentError, UsageError
from monitoring.kinds import EXPLAINABILITY
from monitoring.measures.coalitions import Floats
from monitoring.measures.outcome import Uncomputable
from monitoring.measures.ranking import normalized_discounted_gain
from monitoring.monitors.base import Analysis, Finding, Mode, Monitor, Observations
from monitoring.monitors.explainability_settings import ExplainabilitySettings
from monitoring.monitors.explanation import Attributions, Explanation, Label, attributions

ANALYSIS: Final = "analysis.json"
DRIFT_CHECK: Final = "feature_attribution_drift_check"
LEAST_SCORE: Final = 0.9
"""A score below it, not at it, is a violation."""


def suggest(
    data: Iterable[Observations],
    settings: ExplainabilitySettings | None = None,
    mode: Mode = "corrected",
) -> Documents:
    """Global values of `data`; they are the analysis and the constraints of later runs alike.

    Both modes say the same.

    Raises NoDataError without rows, CaptureError when the columns do not fit or the model
    refuses too many rows, UsageError when the settings do not fit the model.
    """
    return suggest_from(gather(data, settings, mode), mode)


def analyze(
    data: Iterable[Observations],
    baseline: Documents,
    mode: Mode = "corrected",
    settings: ExplainabilitySettings | None = None,
) -> Analysis:
    """Explain `data` and compare the ranking of the features with the baseline's.

    Raises what `suggest` does, and DocumentError when the baseline is unusable or of
    other features or labels. Both modes find the same.
    """
    return analyze_from(gather(data, settings, mode, baseline), baseline, mode)


def gather(
    data: Iterable[Observations],
    settings: ExplainabilitySettings | None = None,
    mode: Mode = "corrected",  # noqa: ARG001
    baseline: Documents | None = None,
) -> Attributions:
    """What the model owes to each feature in a part of the data.

    Raises UsageError without settings, DocumentError when the baseline is unusable.
    """
    if baseline is not None:
        _baseline(baseline)
    return attributions(data, _required(settings))


def suggest_from(state: Attributions, mode: Mode = "corrected") -> Documents:  # noqa: ARG001
    """Global values over all rows; raises what `suggest` does."""
    explanation = state.explanation()
    document = explanation.document()
    return {ANALYSIS: document, CONSTRAINTS: document, **explanation.local}


def analyze_from(state: Attributions, baseline: Documents, mode: Mode = "corrected") -> Analysis:
    """The ranking over all rows against the baseline's; raises what `analyze` does."""
    known = _baseline(baseline)
    explanation = state.explanation()
    findings: list[Finding] = []
    scores: dict[str, float | Uncomputable] = {}
    for label, before in _matched(explanation.labels, known):
        values = _in_order(before, label)
        score = normalized_discounted_gain(values, np.array(list(label.values.values())))
        scores[label.name] = score
        if not isinstance(score, Uncomputable) and score < LEAST_SCORE:
            findings.append(_finding(label, before, score, mode))
    violations = {"version": "1.0", "violations": [finding.violation() for finding in findings]}
    return Analysis(
        documents={
            ANALYSIS: explanation.document(),
            VIOLATIONS: violations,
            **explanation.local,
        },
        findings=tuple(findings),
        item_count=explanation.rows,
        distances=scores,
        warnings=tuple(_warnings(explanation)),
    )


def _required(settings: ExplainabilitySettings | None) -> ExplainabilitySettings:
    if settings is None:
        raise UsageError(
            "explainability asks the model itself: give an analysis configuration and a model "
            "(a directory or an endpoint's name)."
        )
    return settings


def _baseline(documents: Documents) -> dict[str, dict[str, float]]:
    """Global values by label and feature."""
    document = documents.get(CONSTRAINTS, documents.get(ANALYSIS))
    if document is None:
        raise DocumentError(
            f"{CONSTRAINTS}: is missing from the baseline. Without it there is no ranking to "
            "compare with; suggest one with `monitor suggest explainability`."
        )
    require_kind(document, EXPLAINABILITY, CONSTRAINTS)
    explanations = document["explanations"]
    labels = explanations.get("kernel_shap") if isinstance(explanations, Mapping) else None
    known: dict[str, dict[str, float]] = {}
    for name, entry in labels.items() if isinstance(labels, Mapping) else ():
        values = entry.get("global_shap_values") if isinstance(entry, Mapping) else None
        where = f"{CONSTRAINTS}: {name[:80]!r}"
        if not isinstance(values, Mapping) or not values:
            raise DocumentError(f"{where} has no global_shap_values; suggest the baseline again.")
        known[name] = {feature: _finite(value, where) for feature, value in values.items()}
    if not known:
        raise DocumentError(
            f"{CONSTRAINTS}: holds no kernel_shap explanation, so there is no ranking to compare "
            "with; suggest the baseline again."
        )
    return known


def _finite(value: Any, where: str) -> float:
    found = number(value, where)
    if found is None or not np.isfinite(found):
        raise DocumentError(f"{where} holds a value that is no finite number; suggest it again.")
    return found


def _matched(
    labels: tuple[Label, ...], known: Mapping[str, Mapping[str, float]]
) -> Iterator[tuple[Label, Mapping[str, float]]]:
    """Each label with its baseline: by name, else by place.

    By place, because Clarify names a label by a score when it is picked from the answer.
    """
    if {label.name for label in labels} == set(known):
        yield from ((label, known[label.name]) for label in labels)
    elif len(labels) == len(known):
        yield from zip(labels, known.values(), strict=True)
    else:
        raise DocumentError(
            f"{CONSTRAINTS}: explains {len(known)} labels, but the model answers {len(labels)}. "
            "It is another model's baseline; suggest it again for this one."
        )


def _in_order(known: Mapping[str, float], label: Label) -> Floats:
    """The baseline's values in the order of the current ones."""
    if set(known) != set(label.values):
        apart = sorted(set(known) ^ set(label.values))
        listed = ", ".join(repr(name[:80]) for name in apart[:10])
        raise DocumentError(
            f"{CONSTRAINTS}: explains other features than the current run ({listed} in only one "
            "of the two). Their rankings cannot be compared; suggest the baseline again."
        )
    return np.array([known[feature] for feature in label.values])


def _finding(label: Label, known: Mapping[str, float], score: float, mode: Mode) -> Finding:
    other = "compat" if mode == "corrected" else "corrected"
    return Finding(
        feature=label.name,
        check=DRIFT_CHECK,
        description=f"Feature attribution drift {score} exceeds threshold {LEAST_SCORE}",
        observed=score,
        expected=1.0,
        threshold=LEAST_SCORE,
        mode=mode,
        other_mode=f"{other}: the same",
        evidence={"baseline_ranking": _ranking(known), "current_ranking": _ranking(label.values)},
        identity={"label": label.name, "metric_name": "shap"},
    )


def _ranking(values: Mapping[str, float]) -> list[dict[str, Any]]:
    """Features with their values, the most important first."""
    ranked = sorted(values.items(), key=lambda item: -abs(item[1]))
    return [{"feature": feature, "value": value} for feature, value in ranked]


def _warnings(explanation: Explanation) -> Iterator[str]:
    settings = explanation.asked
    if settings.computed is not None and settings.computed.of_these_data:
        yield (
            "shap.baseline is not given and the baseline's documents hold no rows, so these data "
            "were explained against rows computed from them: a changed ranking may come from the "
            "rows. Give shap.baseline, or suggest the baseline again"
        )
    if explanation.refused:
        yield (
            f"the model refused {explanation.refused} of {explanation.rows + explanation.refused} "
            "rows; they are not explained"
        )
    features = settings.features
    if settings.exact:
        return
    if settings.num_samples < 2 * features and settings.num_samples < 2**features - 2:
        yield (
            f"num_samples is {settings.num_samples} for {features} features: single features are "
            f"hardly told apart; give {2 * features} or more"
        )


EXPLAINABILITY_MONITOR = Monitor(
    EXPLAINABILITY, suggest, analyze, gather, suggest_from, analyze_from
)
