"""Model quality at one million rows: labels beside orjson and pandas, metrics beside scikit-learn.

    python benchmarks/model_quality.py [rows]

Labels: a file of ground truth is read, joined with as many captured ids, and measured. The
peers parse the same lines and nothing else (orjson, where it is installed), and merge frames
that are ready (pandas); the goal is 1.5 times the one and half of the other.
Metrics: both sides start from the same arrays (scores, labels, predicted labels) and give
confusion matrix, recall, precision, accuracy, F0.5, F1, F2, ROC and PR curves and both areas.
`au_prc` is not the peer's number (Spark's curve starts elsewhere); every other one is.
Runs are interleaved, and the medians of processor time compared: a machine that slows down
slows both, and one that is shared takes nothing away.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sklearn import metrics as peer

from monitoring.capture.ground_truth import GroundTruth
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

try:
    import orjson
except ImportError:
    orjson = None

REPEATS = 7
LABELS_GOAL = (1.5, 0.5)
"""Times the parsing of the label file, and times the merge of ready frames."""


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        labels_of(rows, Path(scratch, "labels.jsonl"))
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


def labels_of(rows: int, path: Path) -> None:
    """Label lines to metrics, beside the parsing of the lines and a merge of ready frames."""
    generator = np.random.default_rng(3)
    ids = [str(uuid.UUID(bytes=generator.bytes(16))) for _ in range(rows)]
    scores, order = generator.random(rows), generator.permutation(rows)
    truth = (generator.random(rows) < scores).astype(int)
    with path.open("w", encoding="utf-8") as file:
        for at in order.tolist():
            label = {"data": str(truth[at]), "encoding": "CSV"}
            event = {"groundTruthData": label, "eventMetadata": {"eventId": ids[at]}}
            file.write(json.dumps({**event, "eventVersion": "0"}) + "\n")
    captured, known = pa.array(ids), truth == 1
    frame = pd.DataFrame({"id": ids, "score": scores})
    right = pd.DataFrame({"id": [ids[at] for at in order], "label": truth[order]})

    def joined():
        labels = GroundTruth.read(path)
        column = labels.csv(labels.places(captured)).dictionary_encode()
        positive = (np.array(column.dictionary.to_pylist()) == "1")[column.indices.to_numpy()]
        assert (positive == known).all()
        return ours(positive.astype(np.int64), (scores > 0.5).astype(np.int64), scores, positive)

    def parsed():
        with path.open("rb") as lines:
            for line in lines:
                orjson.loads(line)

    runs = {"labels read, joined and measured": joined, "pandas, merge": lambda: frame.merge(right)}
    taken = report(f"{rows:,} labels", runs | ({"orjson.loads of each": parsed} if orjson else {}))
    if orjson:
        lines, merge = LABELS_GOAL
        allowed = lines * taken["orjson.loads of each"] + merge * taken["pandas, merge"]
        used = taken["labels read, joined and measured"] / allowed
        print(f"\nof {lines} orjson + {merge} merge: {used:.2f}")


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


def report(title: str, runs: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Median processor seconds of every run, and each over the first."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(REPEATS):
        for name, run in runs.items():
            start = time.process_time()
            run()
            taken[name].append(time.process_time() - start)
    medians = {name: median(times) for name, times in taken.items()}
    first = next(iter(medians.values()))
    print(f"\n{title}\n")
    print("| | seconds | times the first |\n|---|---|---|")
    for name, seconds in medians.items():
        print(f"| {name} | {seconds:.4f} | {seconds / first:.1f} |")
    return medians


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
