"""Labels and answers as text → sums from which every model-quality metric follows.

Needs     Observations whose label is known, and what kind of problem the model solves
Gives     a state per problem type; states of partitions add up to the whole's

Counts are as small as there are classes. The scores of a classifier are kept, nine bytes
a row: the area under a curve needs every one of them, and sorts them once, at the end. So
are the rows of a regression, sixteen bytes each, for its subsamples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, Self, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from monitoring.errors import UsageError
from monitoring.measures.confusion import ConfusionCounts
from monitoring.measures.curves import ScoreCounts
from monitoring.measures.labels import Coded, Codes, canonical, classes_of, recode
from monitoring.measures.regression import Floats, RegressionMoments
from monitoring.measures.resampling import ResampledMoments
from monitoring.monitors.base import Observations
from monitoring.monitors.quality_extras_settings import Extras

ProblemType = Literal["BinaryClassification", "MulticlassClassification", "Regression"]

THRESHOLD: Final = 0.5
"""AWS's default; a probability above it, not at it, is positive."""
MOST_CLASSES: Final = 1_000
REPEATS: Final = 30
"""Subsamples by which the noise of a regression's metrics is judged; AWS writes five."""
TOSSED_AT_ONCE: Final = 1 << 14
"""Rows; bounds the memory of a toss for each of them and each subsample."""


@dataclass(frozen=True, slots=True)
class ModelQuality:
    """What the model answers, and how its answers are to be read.

    >>> ModelQuality("BinaryClassification").classes
    ('0', '1')
    """

    problem_type: ProblemType
    threshold: float = THRESHOLD
    """Used where there is a probability and no predicted label."""
    positive_label: str = "1"
    negative_label: str = ""
    """Known without being named where the positive one is 1, 0, true or false."""
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Spellings of a label that are to count as another: `{"fraud": "1"}`."""
    seed: int = 0
    """Of the subsamples behind `standard_deviation`."""
    extras: Extras | None = None
    """What to measure beyond AWS; nothing in its documents."""

    def __post_init__(self) -> None:
        known = get_args(ProblemType)
        if self.problem_type not in known:
            raise UsageError(f"problem_type is {self.problem_type!r}; one of {', '.join(known)}.")
        if not 0.0 <= self.threshold <= 1.0:
            raise UsageError(f"the probability threshold is {self.threshold}; it is from 0 to 1.")
        if self.problem_type == "BinaryClassification" and len({*self.classes}) < 2:
            raise UsageError(
                f"positive_label is {self.positive_label!r}; what the negative one is called is "
                "not known. Give negative_label too: a third label is rejected, not negative."
            )

    @property
    def classes(self) -> tuple[str, str]:
        """Negative and positive label, as they are spelt after `synonyms`."""
        positive = canonical(self.positive_label) or ""
        opposite = {"1": "0", "0": "1"}.get(positive, positive)
        return canonical(self.negative_label) or opposite, positive


@dataclass(eq=False)
class Classified:
    """Rows of a classifier, counted by label and answer."""

    settings: ModelQuality
    counts: ConfusionCounts
    rows: int = 0
    unlabelled: int = 0
    unknown_labels: int = 0
    """Rows whose label is neither the positive nor the negative one."""
    _scores: list[Floats] = field(default_factory=list)
    _positive: list[npt.NDArray[np.bool_]] = field(default_factory=list)

    @classmethod
    def nothing(cls, settings: ModelQuality) -> Self:
        classes = settings.classes if settings.problem_type == "BinaryClassification" else ()
        size = len(classes)
        return cls(settings, ConfusionCounts(classes, np.zeros((size, size), dtype=np.int64)))

    def update(self, observations: Observations) -> None:
        """Take in some rows."""
        truth = coded(observations.label, observations.rows)
        scores = None if observations.probability is None else numbers(observations.probability)
        if observations.predicted is not None:
            answers = coded(observations.predicted, observations.rows)
        else:
            answers = self._by_threshold(scores, observations.rows)
        classes = self._classes(truth, answers)
        actual = recode(truth, classes, self.settings.synonyms)
        predicted = recode(answers, classes, self.settings.synonyms)
        self.counts += ConfusionCounts.of(actual, predicted, classes)
        self.rows += actual.size
        missing = int(np.count_nonzero(truth.codes < 0))
        self.unlabelled += missing
        self.unknown_labels += int(np.count_nonzero(actual < 0)) - missing
        if scores is not None and self.is_binary:
            known = actual >= 0
            self._scores.append(scores[known])
            self._positive.append(actual[known] == 1)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.settings,
            self.counts + other.counts,
            self.rows + other.rows,
            self.unlabelled + other.unlabelled,
            self.unknown_labels + other.unknown_labels,
            self._scores + other._scores,
            self._positive + other._positive,
        )

    @property
    def is_binary(self) -> bool:
        return self.settings.problem_type == "BinaryClassification"

    @property
    def usable(self) -> int:
        """Rows that have both a label and an answer."""
        return self.counts.total

    @cached_property
    def scores(self) -> ScoreCounts | None:
        """Rows by score; None when there is no probability. Read it after the last update."""
        if not self._scores:
            return None
        return ScoreCounts.of(np.concatenate(self._scores), np.concatenate(self._positive))

    def _by_threshold(self, scores: Floats | None, rows: int) -> Coded:
        if scores is None or not self.is_binary:
            return Coded(np.full(rows, -1, dtype=np.int64), ())
        codes = np.where(np.isnan(scores), -1, scores > self.settings.threshold).astype(np.int64)
        return Coded(codes, self.settings.classes)

    def _classes(self, truth: Coded, answers: Coded) -> tuple[str, ...]:
        if self.is_binary:
            return self.settings.classes
        classes = classes_of((truth, answers), self.settings.synonyms)
        if len({*classes, *self.counts.classes}) > MOST_CLASSES:
            raise UsageError(
                f"labels and answers have more than {MOST_CLASSES:,} distinct values, so they are "
                "no classes. Check which columns they were read from, or use Regression."
            )
        return classes


@dataclass(eq=False)
class Regressed:
    """Rows of a regression, as sums of their errors.

    The rows are kept beside: whether one is in a subsample depends on all of them, and not
    on the order or the part they came in.
    """

    settings: ModelQuality
    moments: RegressionMoments = field(default_factory=RegressionMoments)
    rows: int = 0
    unlabelled: int = 0
    unknown_labels: int = 0
    """Rows whose label is no finite number."""
    _truth: list[Floats] = field(default_factory=list)
    _predicted: list[Floats] = field(default_factory=list)

    @classmethod
    def nothing(cls, settings: ModelQuality) -> Self:
        return cls(settings)

    def update(self, observations: Observations) -> None:
        """Take in some rows."""
        if observations.label is None or observations.predicted is None:
            self.rows += observations.rows
            self.unlabelled += observations.rows * (observations.label is None)
            return
        truth, predicted = numbers(observations.label), numbers(observations.predicted)
        self.moments += RegressionMoments.of(truth, predicted)
        usable = np.isfinite(truth) & np.isfinite(predicted)
        self._truth.append(truth[usable])
        self._predicted.append(predicted[usable])
        self.rows += truth.size
        missing = observations.label.null_count
        self.unlabelled += missing
        self.unknown_labels += int(np.count_nonzero(~np.isfinite(truth))) - missing

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.settings,
            self.moments + other.moments,
            self.rows + other.rows,
            self.unlabelled + other.unlabelled,
            self.unknown_labels + other.unknown_labels,
            self._truth + other._truth,
            self._predicted + other._predicted,
        )

    @cached_property
    def samples(self) -> ResampledMoments:
        """Subsamples of all rows. Read it after the last update."""
        drawn = ResampledMoments.nothing(REPEATS)
        if not self._truth:
            return drawn
        truth, predicted = np.concatenate(self._truth), np.concatenate(self._predicted)
        order = np.lexsort((predicted, truth))
        generator = np.random.default_rng(self.settings.seed)
        for start in range(0, order.size, TOSSED_AT_ONCE):
            rows = order[start : start + TOSSED_AT_ONCE]
            drawn += ResampledMoments.of(truth[rows], predicted[rows], generator, REPEATS)
        return drawn

    @property
    def usable(self) -> int:
        """Rows that have both a label and an answer."""
        return self.moments.total


Answers = Classified | Regressed


def nothing(settings: ModelQuality) -> Answers:
    """The empty state of a problem type."""
    return (Regressed if settings.problem_type == "Regression" else Classified).nothing(settings)


def added(one: Answers, other: Answers) -> Answers:
    """The state of both parts, which are of one problem type."""
    return one + other  # type: ignore[operator]


def coded(column: pa.Array | None, rows: int = 0) -> Coded:
    """A column of text in dictionary form; `rows` times unknown where there is none.

    >>> coded(pa.array(["1", None, "0", "1"]))
    Coded(codes=array([ 0, -1,  1,  0]), names=('1', '0'))
    """
    if column is None:
        return Coded(np.full(rows, -1, dtype=np.int64), ())
    encoded = column.dictionary_encode()
    codes: Codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Coded(codes, tuple(encoded.dictionary.to_pylist()))


def numbers(column: pa.Array) -> Floats:
    """A column of text as numbers; NaN where a cell is none.

    >>> numbers(pa.array(["0.5", None, " 1", "high"]))
    array([0.5, nan, 1. , nan])
    """
    try:
        cast = pc.cast(column, pa.float64())
        return np.asarray(cast.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
    except pa.ArrowInvalid:
        return np.array([_number(cell) for cell in column.to_pylist()], dtype=np.float64)


def _number(cell: str | None) -> float:
    try:
        return float(cell) if cell is not None and "_" not in cell else np.nan
    except ValueError:
        return np.nan
