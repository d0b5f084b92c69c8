"""How far a metric of model quality strays by chance: this window's rows, and the baseline's.

Needs     answers, a constraint, and what is known of the baseline it came from
Gives     the standard error of (now - baseline), with what it was computed from

constraints.json holds one number per metric and not how many rows it stands on. 100 rows
know a recall to 0.09; taken as exact, a healthy model violates it in most hours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self, TypeAlias

from monitoring.documents import STATISTICS, Documents, number, require_kind
from monitoring.kinds import MODEL_QUALITY
from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.labels import canonical
from monitoring.measures.noise import of_difference, roc_area_error, share_error
from monitoring.measures.outcome import Uncomputable
from monitoring.measures.regression import regression_metrics
from monitoring.measures.resampling import SHARE
from monitoring.monitors.answers import Answers, Regressed
from monitoring.monitors.quality_documents import BLOCKS, Constraint

FEWEST_ROWS: Final = 10
"""A metric of fewer rows (of its own denominator) is given, but not judged by `corrected`."""
FROM_SUBSAMPLES: Final = (SHARE / (1 - SHARE)) ** 0.5
"""A mean's standard error over the deviation of its subsamples: leaving rows out with chance
(1 - SHARE) leaves (1 - SHARE) / SHARE of its variance."""
ROUNDING: Final = 1e-12

Matrix: TypeAlias = dict[tuple[str | None, str | None], int]


class Noise(NamedTuple):
    """What is not known exactly of a difference, and on what it stands."""

    error: float
    """Standard error of (now - baseline)."""
    rows: int
    """This window's rows that the metric is a share of."""
    baseline_rows: int
    """The baseline's; 0 where the threshold is taken as exact."""


@dataclass(frozen=True, slots=True)
class KnownBaseline:
    """What statistics.json tells of the rows behind the thresholds."""

    rows: int = 0
    """Rows with a label and an answer where a confusion matrix tells, else all."""
    cells: BinaryCounts | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    deviations: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, baseline: Documents, answers: Answers) -> Self:
        """From a baseline's documents; nothing is known without statistics.json.

        Raises DocumentError when it is another monitor's, or holds what is no number.
        """
        if STATISTICS not in baseline:
            return cls()
        document = baseline[STATISTICS]
        require_kind(document, MODEL_QUALITY, STATISTICS)
        name = f"{BLOCKS[answers.settings.problem_type]}_metrics"
        block = _object(document.get(name))
        count = _object(document.get("dataset")).get("item_count")
        items = int(number(count, f"{STATISTICS}: dataset.item_count") or 0)
        matrix = _matrix(block)
        return cls(
            sum(matrix.values()) or items,
            _cells(matrix, answers),
            _numbers(block, name, "value"),
            _numbers(block, name, "standard_deviation"),
        )

    def rows_behind(self, bound: Constraint) -> int:
        """The rows a threshold stands on; 0 where they are unknown, or somebody set it."""
        value = self.values.get(bound.metric)
        if value is None or bound.threshold is None:
            return 0
        if not math.isclose(value, bound.threshold, rel_tol=1e-9, abs_tol=ROUNDING):
            return 0
        return denominator(self.cells, self.rows, bound.metric)


def noise_of(
    answers: Answers, bound: Constraint, value: float, baseline: KnownBaseline
) -> Noise | None:
    """How exactly (value - threshold) is known; None where it stands on too few rows."""
    threshold = bound.threshold or 0.0
    cells = _decisions(answers)
    rows = denominator(cells, answers.usable, bound.metric)
    behind = baseline.rows_behind(bound)
    if rows < FEWEST_ROWS:
        return None
    if isinstance(answers, Regressed):
        error = _resampled(answers, bound.metric)
        if error is None:
            return None
        # The baseline may have had a spread of its own that these rows do not show.
        own = FROM_SUBSAMPLES * baseline.deviations.get(bound.metric, 0.0) if behind else 0.0
        both = max(of_difference(error, rows, behind), math.hypot(error, own))
    elif bound.metric == "auc" and cells is not None:
        both = roc_area_error(threshold, value, cells.positives, cells.negatives)
        if behind and baseline.cells:
            known = (baseline.cells.positives, baseline.cells.negatives)
            both = math.hypot(both, roc_area_error(threshold, value, *known))
    else:
        both = of_difference(share_error(threshold, value, rows), rows, behind)
    return Noise(both, rows, behind)


def denominator(cells: BinaryCounts | None, rows: int, metric: str) -> int:
    """Rows a metric is a share of. An F score is treated as a share of the positives.

    >>> denominator(BinaryCounts(tp=3, fp=1, fn=2, tn=4), 10, "recall")
    5
    """
    if cells is None:
        return rows
    if metric == "accuracy":
        return cells.total
    if metric == "precision":
        return cells.predicted_positives
    if metric in ("true_negative_rate", "false_positive_rate"):
        return cells.negatives
    return min(cells.positives, cells.negatives) if metric == "auc" else cells.positives


def _decisions(answers: Answers) -> BinaryCounts | None:
    if isinstance(answers, Regressed) or not answers.is_binary:
        return None
    return answers.counts.binary(answers.settings.classes[1])


def _resampled(answers: Regressed, metric: str) -> float | None:
    """Standard error of a regression's metric, from its subsamples."""
    found = answers.samples.standard_deviations(regression_metrics, answers.moments)
    deviation = found.get(metric, Uncomputable("no such metric"))
    return None if isinstance(deviation, Uncomputable) else deviation * FROM_SUBSAMPLES


def _matrix(block: Mapping[str, Any]) -> Matrix:
    """A confusion matrix by (actual, predicted) label; AWS has written 1 and 1.0."""
    counts: Matrix = {}
    for actual, row in _object(block.get("confusion_matrix")).items():
        for predicted, count in _object(row).items():
            cell = (canonical(actual), canonical(predicted))
            found = number(count, f"{STATISTICS}: confusion_matrix")
            counts[cell] = counts.get(cell, 0) + int(found or 0)
    return counts


def _cells(counts: Matrix, answers: Answers) -> BinaryCounts | None:
    """The baseline's decisions, where its matrix has this model's two classes and no other."""
    if isinstance(answers, Regressed) or not answers.is_binary:
        return None
    negative, positive = answers.settings.classes
    if {name for cell in counts for name in cell} != {negative, positive}:
        return None
    return BinaryCounts(
        tp=counts.get((positive, positive), 0),
        fp=counts.get((negative, positive), 0),
        fn=counts.get((positive, negative), 0),
        tn=counts.get((negative, negative), 0),
    )


def _numbers(block: Mapping[str, Any], name: str, part: str) -> dict[str, float]:
    """One part of every metric that has it as a finite number."""
    found = {
        metric: number(entry.get(part), f"{STATISTICS}: {name}.{metric[:80]}.{part}")
        for metric, entry in block.items()
        if isinstance(entry, Mapping) and part in entry
    }
    return {metric: value for metric, value in found.items() if value is not None}


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
