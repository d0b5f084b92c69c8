"""SHAP of a hundred trees over thirty features: ours beside shap's, times and errors.

    python benchmarks/explainability.py [rows]

Run it in an environment of its own (`pip install shap==0.51.0 scikit-learn`): shap is no
dependency of the project. Every side asks the same model the same number of coalitions per
row (shap's default, 2 x 30 + 2048), for 1, 10 and 100 baseline rows. Runs are interleaved, on
one thread, and measured in seconds of processor time: what else the machine does is not in them.
Each ratio stands beside its goal. At a hundred baseline rows the model's own predictions are the
limit, and what counts is the whole time over theirs. Errors are mean distances from
TreeExplainer's exact values of the same game, which our exact ones must equal. shap's penalty
(`l1_reg`) is off: with it, its error is larger and its time the same.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import shap
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from threadpoolctl import threadpool_limits

from monitoring.measures.attribution import KernelShap
from monitoring.measures.coalitions import coalitions
from monitoring.measures.trees import Tree, tree_shapley_values

FEATURES, TREES = 30, 100
SAMPLES = 2 * FEATURES + 2048
BACKGROUNDS = (1, 10, 100)
KERNEL_GOALS = {1: 5, 10: 2}
"""By baseline rows: how much faster than KernelExplainer, at equal samples."""
EXACT_GOALS = {100: 50}
"""How much faster the exact values of trees are than KernelExplainer's estimates."""
REPEATS = 3
MANY = 1000
"""Rows explained at once by the exact sides, which pay for each tree before the first row."""


def main(rows: int) -> None:
    data, labels = make_classification(6000, FEATURES, n_informative=12, random_state=1)
    model = GradientBoostingClassifier(n_estimators=TREES).fit(data, labels)
    print(f"{FEATURES} features, {SAMPLES} coalitions, {TREES} trees; {rows} rows; medians of")
    print(f"{REPEATS} interleaved runs, in CPU seconds per 1,000 rows. shap {shap.__version__}\n")
    print(
        "| baseline rows | ours | KernelExplainer | ratio | the model alone | ours / model | "
        "ours, exact | ratio | TreeExplainer | our error | shap's error |"
    )
    print("|---" * 11 + "|")
    for background in BACKGROUNDS:
        row = compared(model, data[:background], data[-MANY:], max(4, rows // background))
        print("| " + " | ".join([str(background), *row]) + " |", flush=True)


def compared(model, baseline, explained, count: int) -> list[str]:
    """Fewer rows for larger baselines: a row costs as much more as the baseline has rows."""
    many, explained = explained, explained[:count]
    asked = len(coalitions(FEATURES, SAMPLES).members) * len(baseline)
    mixed = np.resize(explained, (min(asked * count, 1 << 19), FEATURES))
    tree = shap.TreeExplainer(model, baseline, feature_perturbation="interventional")
    sides = {
        "ours": lambda: ours(model, baseline, explained),
        "kernel": lambda: theirs(model, baseline, explained),
        "model": lambda: model.decision_function(mixed),
        "exact": lambda: exact(model, baseline, many),
        "tree": lambda: tree.shap_values(many, check_additivity=False),
    }
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    answers = {}
    for _ in range(REPEATS):
        for name, side in sides.items():
            coalitions.cache_clear()
            start = time.process_time()
            answers[name] = side()
            rows = len(many) if name in ("exact", "tree") else count
            seconds[name].append((time.process_time() - start) * 1000 / rows)
    took = {name: median(times) for name, times in seconds.items()}
    took["model"] *= asked * count / len(mixed)
    np.testing.assert_allclose(answers["exact"], answers["tree"], atol=1e-6)
    errors = [np.abs(answers[name] - answers["tree"][:count]).mean() for name in ("ours", "kernel")]
    return [
        f"{took['ours']:.2f}",
        f"{took['kernel']:.1f}",
        beside(took["kernel"] / took["ours"], KERNEL_GOALS.get(len(baseline))),
        f"{took['model']:.2f}",
        f"{took['ours'] / took['model']:.2f}",
        f"{took['exact']:.3f}",
        beside(took["kernel"] / took["exact"], EXACT_GOALS.get(len(baseline))),
        f"{took['tree']:.3f}",
        *(f"{error:.2e}" for error in errors),
    ]


def beside(ratio: float, goal: int | None) -> str:
    """A ratio, and whether it is what it should be."""
    if goal is None:
        return f"{ratio:.1f}"
    return f"{ratio:.1f} (goal {goal}{'' if ratio >= goal else ', missed'})"


def ours(model, baseline, explained):
    kernel = KernelShap.of(
        lambda rows: model.decision_function(rows)[:, None], baseline, num_samples=SAMPLES
    )
    return kernel.explain(explained).values[:, :, 0]


def exact(model, baseline, explained):
    trees = [
        Tree(
            one.tree_.children_left,
            one.tree_.children_right,
            np.maximum(one.tree_.feature, 0),
            one.tree_.threshold,
            one.tree_.value[:, :, 0] * model.learning_rate,
        )
        for one in model.estimators_[:, 0]
    ]
    rows, background = (part.astype(np.float32).astype(float) for part in (explained, baseline))
    return tree_shapley_values(trees, rows, background)[:, :, 0]


def theirs(model, baseline, explained):
    explainer = shap.KernelExplainer(model.decision_function, baseline)
    return explainer.shap_values(explained, nsamples=SAMPLES, l1_reg=False, silent=True)


if __name__ == "__main__":
    with threadpool_limits(1):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
