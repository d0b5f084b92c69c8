"""How often the bias monitor finds something where nothing changed, and where something did.

    python benchmarks/bias_false_alarms.py [SEED] [HOURS]

Simulated applicants: a third belong to one sex, ages are spread evenly, the label depends on
a score, on age and, a little, on sex. The model sees the score with noise; in the second
half of the lines it takes 0.3 off the score of that third. The baseline has 20,000 rows.
"""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa

from monitoring.monitors.base import Observations
from monitoring.monitors.bias import analyze, suggest
from monitoring.monitors.bias_settings import BiasSettings

ROWS = (60, 200, 1000)
HARM = (0.0, 0.3)
SETTINGS = BiasSettings.of(
    {
        "label": "repaid",
        "label_values_or_threshold": [1],
        "facet": [
            {"name_or_index": "sex", "value_or_threshold": ["f"]},
            {"name_or_index": "age", "value_or_threshold": [40]},
        ],
        "group_variable": "branch",
    }
)


def hour(rows: int, chance: np.random.Generator, harm: float = 0.0) -> Observations:
    """Some applicants with their answers and labels."""
    sex = np.where(chance.random(rows) < 0.35, "f", "m")
    age, branch = chance.integers(18, 80, rows), chance.integers(0, 8, rows)
    score = chance.normal(size=rows)
    probability = 1 / (1 + np.exp(-(score - 1 + 0.03 * (age - 45) - 0.3 * (sex == "f"))))
    label = (chance.random(rows) < probability).astype(int)
    seen = probability + 0.2 * chance.normal(size=rows) - harm * (sex == "f")
    columns = {"sex": sex, "age": age, "branch": branch, "score": score}
    features = pa.RecordBatch.from_pydict({name: _text(c) for name, c in columns.items()})
    return Observations(features, _text(label), _text((seen > 0.5).astype(int)))


def _text(values: np.ndarray) -> pa.Array:
    return pa.array([str(value) for value in values.tolist()])


def main(seed: int = 1, hours: int = 60) -> None:
    chance = np.random.default_rng(seed)
    baseline = suggest([hour(20_000, chance)], SETTINGS)
    print("| rows an hour | taken off | compat: violations an hour | corrected: hours with any |")
    print("|---|---|---|---|")
    for rows in ROWS:
        for harm in HARM:
            compat = corrected = 0
            for _ in range(hours):
                one = hour(rows, chance, harm)
                compat += len(analyze([one], baseline, "compat", SETTINGS).findings)
                corrected += bool(analyze([one], baseline, "corrected", SETTINGS).findings)
            print(f"| {rows} | {harm} | {compat / hours:.0f} | {corrected} of {hours} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
