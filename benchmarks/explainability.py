"""SHAP of a hundred trees over thirty features: ours beside shap's, times and errors.

    python benchmarks/explainability.py [rows]

Run it in an environment of its own (`pip install shap==0.51.0 scikit-learn`): shap is no
dependency of the project. Every side asks the same model the same number of coalitions per
row (shap's default, 2 x 30 + 2048), for 1, 10 and 100 baseline rows; runs are interleaved.
Errors are mean distances from TreeExplainer's exact values of the same game, which our
exact ones must equal. shap's
penalty (`l1_reg`) is off: with it, its error is larger and its time the same.
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

from monitoring.measures.attribution import KernelShap
from monitoring.measures.coalitions import coalitions
from monitoring.measures.trees import Tree, tree_shapley_values

FEATURES, TREES = 30, 100
SAMPLES = 2 * FEATURES + 2048
BACKGROUNDS = (1, 10, 100)
REPEATS = 3
MANY = 1000
"""Rows explained at once by the exact sides, which pay for each tree before the first row."""


def main(rows: int) -> None:
    data, labels = make_classification(6000, FEATURES, n_informative=12, random_state=1)
    model = GradientBoostingClassifier(n_estimators=TREES).fit(data, labels)
    print(f"{FEATURES} features, {SAMPLES} coalitions, {TREES} trees; {rows} rows; medians of")
    print(f"{REPEATS} interleaved runs, in seconds per 1,000 rows. shap {shap.__version__}\n")
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
            start = time.perf_counter()
            answers[name] = side()
            rows = len(many) if name in ("exact", "tree") else count
            seconds[name].append((time.perf_counter() - start) * 1000 / rows)
    took = {name: median(times) for name, times in seconds.items()}
    took["model"] *= asked * count / len(mixed)
    np.testing.assert_allclose(answers["exact"], answers["tree"], atol=1e-6)
    errors = [np.abs(answers[name] - answers["tree"][:count]).mean() for name in ("ours", "kernel")]
    return [
        f"{took['ours']:.2f}",
        f"{took['kernel']:.1f}",
        f"{took['kernel'] / took['ours']:.1f}",
        f"{took['model']:.2f}",
        f"{took['ours'] / took['model']:.2f}",
        f"{took['exact']:.3f}",
        f"{took['kernel'] / took['exact']:.0f}",
        f"{took['tree']:.3f}",
        *(f"{error:.2e}" for error in errors),
    ]


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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
