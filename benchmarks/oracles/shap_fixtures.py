"""Record what shap answers, so that the tests need not install it.

Needs     an environment of its own: `pip install shap==0.51.0 scikit-learn`
Writes    tests/fixtures/shap/kernel.json: games, seeds, and shap's values for them

    python benchmarks/oracles/shap_fixtures.py

Games are small enough to be written down: weights of a logistic model with two products of
features. `complete` are values with every coalition asked (no sampling, no penalty).
`sampled` are values at a budget below that, from several seeds, with the penalty off: what
our estimates are compared with, both against exact values.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shap

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "fixtures" / "shap" / "kernel.json"
Floats = npt.NDArray[np.float64]

COMPLETE = ((1, 1), (2, 1), (3, 4), (5, 1), (7, 3), (9, 1))
"""Features and baseline rows."""
SAMPLED = ((9, 40), (12, 60), (12, 400), (14, 150))
"""Features and budget; one baseline row."""
ROWS, SEEDS = 4, 12


class Game:
    """A logistic model of standard-normal features; the tests build it from `parameters`."""

    def __init__(self, features: int, baselines: int, seed: int) -> None:
        generator = np.random.default_rng(seed)
        self.weights = generator.normal(0, 0.8, features).round(3)
        self.products = generator.integers(0, features, (4, 2))
        self.factors = generator.normal(0, 0.8, 4).round(3)
        self.rows = generator.normal(size=(ROWS, features)).round(3)
        self.baseline = generator.normal(size=(baselines, features)).round(3)

    def predict(self, rows: Floats) -> Floats:
        score = rows @ self.weights
        for (one, other), factor in zip(self.products, self.factors, strict=True):
            score = score + factor * rows[:, one] * rows[:, other]
        return 1 / (1 + np.exp(-score))

    def parameters(self) -> dict[str, Any]:
        names = ("weights", "products", "factors", "rows", "baseline")
        return {name: getattr(self, name).tolist() for name in names}


def values(game: Game, samples: int, seed: int, link: str = "identity") -> list[list[float]]:
    np.random.seed(seed)
    explainer = shap.KernelExplainer(game.predict, game.baseline, link=link)
    found = explainer.shap_values(game.rows, nsamples=samples, l1_reg=False, silent=True)
    return np.asarray(found).round(12).tolist()


def main() -> None:
    complete, sampled = [], []
    for seed, (features, baselines) in enumerate(COMPLETE):
        game = Game(features, baselines, seed)
        for link in ("identity", "logit"):
            shapley = values(game, 2**features, 0, link)
            complete.append({**game.parameters(), "link": link, "values": shapley})
    for seed, (features, budget) in enumerate(SAMPLED, 100):
        game = Game(features, 1, seed)
        estimates = [values(game, budget, each) for each in range(SEEDS)]
        exact = values(game, 2**features, 0)
        sampled.append(
            {**game.parameters(), "num_samples": budget, "exact": exact, "estimates": estimates}
        )
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    recorded = {"shap": shap.__version__, "complete": complete, "sampled": sampled}
    OUTPUT.write_text(json.dumps(recorded, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
