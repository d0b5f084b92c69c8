"""Model quality at one million rows: our metrics beside scikit-learn's, in one run.

    python benchmarks/model_quality.py [rows]

Both sides start from the same arrays (scores, labels, predicted labels) and give confusion
matrix, recall, precision, accuracy, F0.5, F1, F2, ROC and PR curves and both areas. Runs are
interleaved and medians compared: a machine that slows down slows both. `au_prc` is not the
peer's number (Spark's curve starts elsewhere); every other one is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sklearn import metrics as peer

from monitoring.measures.classification import binary_metrics
from monitoring.measures.confusion import ConfusionCounts
from monitoring.measures.curves import (
    ScoreCounts,
    area_under_precision_recall,
    area_under_roc,
    precision_recall_curve,
    roc_curve,
)
from monitoring.measures.regression import RegressionMoments, regression_metrics
from monitoring.measures.resampling import standard_deviations

REPEATS = 7


def main(rows: int) -> None:
    generator = np.random.default_rng(1)
    labels = generator.random(rows) < 0.1
    scores = 1 / (1 + np.exp(-generator.normal(2.0 * labels - 2.5, 1.2)))
    predicted = scores > 0.5
    truth = generator.normal(size=rows)
    guess = truth + generator.normal(size=rows)
    codes, guessed = labels.astype(np.int64), predicted.astype(np.int64)
    report(
        f"{rows:,} rows, {np.unique(scores).size:,} distinct scores",
        {
            "binary metrics, ours": lambda: ours(codes, guessed, scores, labels),
            "binary metrics, scikit-learn": lambda: theirs(codes, guessed, scores),
        },
    )
    agree(ours(codes, guessed, scores, labels), theirs(codes, guessed, scores))
    matrix = ConfusionCounts.of(codes, guessed, ("0", "1"))
    counts = ScoreCounts.of(scores, labels)
    report(
        "standard deviations (five subsamples of 80 %), from the counts",
        {
            "of the point metrics": lambda: standard_deviations(binary_metrics, matrix, 1),
            "of both areas": lambda: standard_deviations(areas, counts, 1),
        },
    )
    report(
        "regression",
        {
            "ours": lambda: regression_metrics(RegressionMoments.of(truth, guess)),
            "scikit-learn": lambda: (
                peer.mean_absolute_error(truth, guess),
                peer.mean_squared_error(truth, guess),
                peer.root_mean_squared_error(truth, guess),
                peer.r2_score(truth, guess),
            ),
        },
    )


def areas(counts: ScoreCounts) -> dict[str, object]:
    return {"auc": area_under_roc(counts), "au_prc": area_under_precision_recall(counts)}


def ours(codes, guessed, scores, labels):
    counts = ScoreCounts.of(scores, labels)
    roc, precision_recall = roc_curve(counts), precision_recall_curve(counts)
    found = binary_metrics(ConfusionCounts.of(codes, guessed, ("0", "1")))
    return {**found, "auc": roc.area, "au_prc": precision_recall.area}


def theirs(codes, guessed, scores):
    peer.confusion_matrix(codes, guessed)
    peer.roc_curve(codes, scores)
    peer.precision_recall_curve(codes, scores)
    betas = {"f0_5": 0.5, "f1": 1, "f2": 2}
    return {
        "recall": peer.recall_score(codes, guessed),
        "precision": peer.precision_score(codes, guessed),
        "accuracy": peer.accuracy_score(codes, guessed),
        **{name: peer.fbeta_score(codes, guessed, beta=beta) for name, beta in betas.items()},
        "auc": peer.roc_auc_score(codes, scores),
        "au_prc": peer.average_precision_score(codes, scores),
    }


def agree(left, right):
    for name in right.keys() - {"au_prc"}:
        assert abs(left[name] - right[name]) < 1e-12, (name, left[name], right[name])


def report(title: str, runs: Mapping[str, Callable[[], object]]) -> None:
    """Median seconds of every run, and each over the first."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(REPEATS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    medians = {name: median(times) for name, times in taken.items()}
    first = next(iter(medians.values()))
    print(f"\n{title}\n")
    print("| | seconds | times the first |\n|---|---|---|")
    for name, seconds in medians.items():
        print(f"| {name} | {seconds:.4f} | {seconds / first:.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
