"""Can a classifier tell the baseline's rows from the current ones? A two-sample test of rows.

Needs     rows of text of both sides, with the same columns
Gives     how well a linear discriminant tells them apart on rows it has not seen (AUC), a
          p-value, and the columns it goes by

It sees what no test of single columns can: columns that are distributed as before and no
longer go together as before. The AUC is of *unseen* rows, so 0.5 is "cannot be told apart"
however many columns there are; below 0.5 is chance, not the opposite of drift.

Source: Lopez-Paz & Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitoring.measures.state import Uncomputable
from monitoring.measures.two_sample import normal_tail
from monitoring.measures.types import classify

FEWEST_ROWS = 50
"""On a side; half of them are learnt from."""
MOST_TERMS = 600
"""What the discriminant weighs: columns, their squares, categories, products of two."""
MOST_CATEGORIES = 20
"""Of a column of text; rarer ones count as one."""
FARTHEST = 4.0
"""Standard deviations at which a number is cut off, so that one outlier rules no fold."""
RIDGE = 1.0
"""Rows' worth of shrinkage: two columns that say the same share their weight."""

Floats = npt.NDArray[np.float64]
Term = tuple[Floats, tuple[str, ...]]
"""A number of every row, and the column it comes from (or two)."""


@dataclass(frozen=True, slots=True)
class ClassifierTest:
    """How well the two sides can be told apart."""

    auc: float
    """Of unseen rows, the mean of two folds: the chance that of a baseline and a current
    row the discriminant calls the right one current."""
    p_value: float
    baseline_size: int
    current_size: int
    folds: tuple[tuple[float, float], ...]
    """AUC of each fold, and how many standard errors it is above 0.5."""
    terms: int
    interactions: bool
    """Whether products of two columns were among the terms; not where there are too many."""
    told_by: tuple[tuple[str, float], ...]
    """Columns by their share in the difference of the two sides' scores, largest first."""
    left_out: tuple[str, ...]
    """Columns it did not see, as there were too many."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Rows as numbers, and the column (or two) each number comes from."""

    matrix: Floats
    columns: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...] = ()
    """Columns there was no room for."""


def classifier_test(
    baseline: pa.Table, current: pa.Table, seed: int = 0
) -> ClassifierTest | Uncomputable:
    """Learn on one half of the rows, try on the other, and the other way round.

    The p-value is Mann-Whitney's, one-sided, of the mean of both folds' z. The folds depend on
    each other, at worst wholly: their mean has then a normal's variance, else less.

    >>> chance = np.random.default_rng(0)
    >>> a, b = (pa.table({"x": chance.normal(m, 1, 300).astype(str)}) for m in (0, 1))
    >>> found = classifier_test(a, b)
    >>> round(found.auc, 1), found.p_value < 1e-6, found.told_by[0][0]
    (0.8, True, 'x')
    """
    n, m = baseline.num_rows, current.num_rows
    for rows, side in ((n, "baseline sample"), (m, "current sample")):
        if rows < FEWEST_ROWS:
            return Uncomputable(f"the {side} holds {rows} rows; the classifier needs {FEWEST_ROWS}")
    terms = encoded(pa.concat_tables([baseline, current]))
    if not terms.columns:
        return Uncomputable("no column has two values, so nothing tells rows apart")
    is_current = np.repeat([False, True], [n, m])
    folds = _folds(n, m, np.random.default_rng(seed))
    aucs, scores, shares = [], [], np.zeros(len(terms.columns))
    for fold in (0, 1):
        learnt, tried = folds == fold, folds != fold
        weights = _discriminant(terms.matrix[learnt], is_current[learnt])
        auc, z = _mann_whitney(terms.matrix[tried] @ weights, is_current[tried])
        aucs.append(auc)
        scores.append(z)
        unseen, answers = terms.matrix[tried], is_current[tried]
        shares += weights * (unseen[answers].mean(axis=0) - unseen[~answers].mean(axis=0))
    return ClassifierTest(
        auc=float(np.mean(aucs)),
        p_value=normal_tail(float(np.mean(scores))),
        baseline_size=n,
        current_size=m,
        folds=tuple(zip(aucs, scores, strict=True)),
        terms=len(terms.columns),
        interactions=any(len(names) > 1 for names in terms.columns),
        told_by=_by_column(terms.columns, shares),
        left_out=terms.left_out,
    )


def encoded(rows: pa.Table) -> Terms:
    """Numbers standardised, and categories as 0 and 1; then squares, then products of two.

    A column is one of numbers where every cell but the empty ones is. Empty cells are a
    category of their own, and the column's mean among its numbers. What would exceed
    MOST_TERMS is left out: products with a category first, then those of two numbers, then
    squares, then the last columns.
    """
    plain: list[Term] = []
    numbers: list[Term] = []
    squares: list[Term] = []
    left_out: tuple[str, ...] = ()
    for at, name in enumerate(rows.column_names):
        if len(plain) >= MOST_TERMS:
            left_out = tuple(rows.column_names[at:])
            break
        for term, square in _column_terms(rows[name].combine_chunks()):
            plain.append((term, (name,)))
            if square is not None:
                numbers.append((term, (name,)))
                squares.append((square, (name,)))
    used = plain
    if len(plain) + len(squares) <= MOST_TERMS:
        used = plain + squares
        pairs = [
            (_standardised(a * b), (*of_b, *of_a))
            for (a, of_a), (b, of_b) in _pairs(plain, numbers, MOST_TERMS - len(used))
        ]
        used = used + [(term, names) for term, names in pairs if term.any()]
    matrix = np.column_stack([term for term, _ in used]) if used else np.empty((rows.num_rows, 0))
    return Terms(matrix, tuple(names for _, names in used), left_out)


def _pairs(plain: Sequence[Term], numbers: Sequence[Term], room: int) -> list[tuple[Term, Term]]:
    """Every two terms of different columns; of numbers alone where there is no room for all."""
    for terms in (plain, numbers):
        found = [(a, b) for at, a in enumerate(terms) for b in terms[:at] if a[1] != b[1]]
        if len(found) <= room:
            return found
    return []


def _column_terms(cells: pa.StringArray) -> Iterator[tuple[Floats, Floats | None]]:
    """One column's terms that vary, each with its square where it is a number's."""
    missing = cells.is_null().to_numpy(zero_copy_only=False)
    if missing.any() and not missing.all():
        yield _standardised(missing.astype(np.float64)), None
    texts = cells.drop_null()
    counts, numbers = classify(texts)
    if counts.integral + counts.fractional == len(texts):
        column = np.full(len(cells), np.nan)
        column[~missing] = np.where(np.isfinite(numbers), numbers, np.nan)
        within = _standardised(column)
        if within.any():
            yield within, _standardised(within**2)
        return
    encoding = cells.dictionary_encode()
    codes = encoding.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    counted = np.bincount(codes[codes >= 0]).tolist()
    values = enumerate(encoding.dictionary.to_pylist())
    common = sorted((-counted[at], value, at) for at, value in values)
    for _, _, at in common[:MOST_CATEGORIES]:
        term = _standardised((codes == at).astype(np.float64))
        if term.any():
            yield term, None


def _standardised(column: Floats) -> Floats:
    """Mean 0 and deviation 1 of what is known, cut off far out; all 0 where nothing varies."""
    known = column[np.isfinite(column)]
    if not known.size:
        return np.zeros(column.size)
    scale = float(np.abs(known).max()) or 1.0
    deviation = float((known / scale).std())
    if deviation < 1e-12:
        return np.zeros(column.size)
    scaled = (column / scale - float((known / scale).mean())) / deviation
    return np.clip(np.nan_to_num(scaled, nan=0.0), -FARTHEST, FARTHEST)


def _discriminant(rows: Floats, is_current: npt.NDArray[np.bool_]) -> Floats:
    """Fisher's linear discriminant with a ridge: weights of the terms."""
    sides = [rows[is_current], rows[~is_current]]
    difference = sides[0].mean(axis=0) - sides[1].mean(axis=0)
    within = sum((side - side.mean(axis=0)).T @ (side - side.mean(axis=0)) for side in sides)
    covariance = (within + RIDGE * np.eye(rows.shape[1])) / rows.shape[0]
    weights: Floats = np.linalg.solve(covariance, difference)
    return weights


def _mann_whitney(scores: Floats, is_current: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """AUC, and how many standard errors it is above 0.5, ties counted as halves."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    m, total = int(is_current.sum()), scores.size
    n = total - m
    auc = (float(ranks[is_current].sum()) - m * (m + 1) / 2.0) / (n * m)
    ties = float(np.sum(counts.astype(np.float64) ** 3 - counts)) / (total * (total - 1))
    error = np.sqrt((total + 1 - ties) / (12.0 * n * m))
    return auc, (auc - 0.5) / float(error) if error > 0.0 else 0.0


def _folds(n: int, m: int, chance: np.random.Generator) -> npt.NDArray[np.int64]:
    """Two halves of each side."""
    return np.concatenate([chance.permutation(size) % 2 for size in (n, m)])


def _by_column(columns: Sequence[tuple[str, ...]], shares: Floats) -> tuple[tuple[str, float], ...]:
    """Each column's share; a product's is divided between its two."""
    summed: Counter[str] = Counter()
    for names, share in zip(columns, shares.tolist(), strict=True):
        for name in names:
            summed[name] += max(share, 0.0) / len(names)
    total = sum(summed.values())
    if total <= 0.0:
        return ()
    ordered = sorted(summed.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((name, share / total) for name, share in ordered if share > 0.0)
