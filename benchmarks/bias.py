"""Bias at one million rows, three facets: counting rows beside smclarify, in one run.

    python benchmarks/bias.py [rows] [rows for the flip test]

Ours alone where smclarify is not installed. For the ratio, run it in the oracle's
environment (see oracles/smclarify_fixtures.py), which has all that the measures need, numpy
and scipy; with pyarrow in it the monitor is measured too. The measures start from columns in
dictionary form, the monitor from text, as it is read; the peer is spared its report and gets
each metric's boolean columns ready made. The results are compared, and processor time.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from monitoring.measures.facets import FacetCounts, above
from monitoring.measures.fairness import POST_TRAINING, PRE_TRAINING, bias_metrics
from monitoring.measures.labels import Coded
from monitoring.measures.neighbors import flip_test

try:
    import pandas as pd
    import smclarify.bias.metrics as peer
except ImportError:
    peer = None
try:
    import pyarrow as pa

    from monitoring.monitors.base import Observations
    from monitoring.monitors.bias_counts import BiasTally
    from monitoring.monitors.bias_settings import BiasSettings
except ImportError:
    pa = None

REPEATS = 3
PEER_REPEATS = 1
"""smclarify takes minutes: once is enough for a ratio of three digits."""
BATCH_ROWS = 32_768
SEXES, REGIONS = ("f", "m"), ("north", "east", "south", "west", "islands")


def main(rows: int, flips: int) -> None:
    logging.disable(logging.CRITICAL)
    table = columns(rows)
    medians = {"ours": timed(lambda: ours(table))}
    if pa:
        batches = list(observed(table))
        medians["our monitor, from text"] = timed(lambda: monitored(batches))
        agree(monitored(batches), ours(table))
    if peer:
        answers: list[dict[str, dict[str, float]]] = []
        medians["smclarify"] = timed(lambda: answers.append(theirs(table)), PEER_REPEATS)
        agree(ours(table), answers[0])
    show(f"{rows:,} rows, three facets (7 entries), 20 metrics", medians)

    generator = np.random.default_rng(2)
    features, facet = generator.normal(size=(flips, 5)), generator.random(flips) < 0.4
    predicted = generator.random(flips) < 0.3
    medians = {"ours": timed(lambda: flip_test(features, facet, predicted))}
    if peer:
        given = (pd.DataFrame(features), pd.Series(facet), pd.Series(predicted))
        medians["smclarify"] = timed(lambda: peer.FT(*given))
        assert peer.FT(*given) == flip_test(features, facet, predicted)
    show(f"flip test, {flips:,} rows x 5 features", medians)


def columns(rows: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(1)
    sex, region = generator.integers(0, 2, rows), generator.integers(0, 5, rows)
    age = generator.integers(18_000, 90_000, rows) / 1000
    label = generator.random(rows) < 0.2 + 0.1 * sex
    predicted = np.where(generator.random(rows) < 0.8, label, ~label)
    group = generator.integers(0, 10, rows)
    return {
        "sex": sex,
        "region": region,
        "age": age,
        "label": label,
        "predicted": predicted,
        "group": group,
    }


def ours(table: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    group = Coded(table["group"], tuple(map(str, range(10))))
    facets = {
        "sex": (Coded(table["sex"], SEXES), SEXES[:1]),
        "region": (Coded(table["region"], REGIONS), REGIONS),
        "age": (above(table["age"], 40.0), ("above",)),
    }
    found = {}
    for name, (facet, values) in facets.items():
        counts = FacetCounts.of(facet, table["label"], table["predicted"], group)
        for value in values:
            sides = counts.against_rest([value])
            found[f"{name} {value}"] = bias_metrics((*PRE_TRAINING, *POST_TRAINING), sides)
    return found


def observed(table: dict[str, np.ndarray]) -> Iterator[Observations]:
    """The table as a monitor reads it: batches of text."""
    names = {"sex": SEXES, "region": REGIONS}
    texts = {
        name: pa.array((np.array(names[name])[column] if name in names else column).tolist())
        for name, column in table.items()
        if name not in ("label", "predicted")
    }
    features = pa.record_batch({name: text.cast(pa.utf8()) for name, text in texts.items()})
    answers = [
        pa.array(table[name].astype(np.int64)).cast(pa.utf8()) for name in ("label", "predicted")
    ]
    for start in range(0, features.num_rows, BATCH_ROWS):
        parts = (part.slice(start, BATCH_ROWS) for part in (features, *answers))
        yield Observations(*parts)


def monitored(batches: Iterable[Observations]) -> dict[str, dict[str, float]]:
    facets = (("sex", SEXES[:1]), ("region", None), ("age", (40.0,)))
    config = {
        "headers": ["sex", "region", "age", "group", "label"],
        "label": "label",
        "label_values_or_threshold": [1],
        "facet": [
            {"name_or_index": name} | ({"value_or_threshold": list(values)} if values else {})
            for name, values in facets
        ],
        "group_variable": "group",
        "methods": {"pre_training_bias": {"methods": "all"}},
    }
    tally = BiasTally(BiasSettings.of(config, "benchmark"), wants_flips=False)
    for batch in batches:
        tally.update(batch)
    return {
        f"{entry.facet} {'above' if entry.facet == 'age' else entry.value}": bias_metrics(
            (*PRE_TRAINING, *POST_TRAINING), entry.comparison
        )
        for entry in tally.entries()
    }


def theirs(table: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    members = {
        "sex f": table["sex"] == 0,
        **{f"region {name}": table["region"] == code for code, name in enumerate(REGIONS)},
        "age above": table["age"] > 40.0,
    }
    label, predicted = pd.Series(table["label"]), pd.Series(table["predicted"])
    found: dict[str, dict[str, float]] = {}
    for name, inside in members.items():
        known = {
            "feature": pd.Series(inside),
            "sensitive_facet_index": pd.Series(inside),
            "label": label,
            "positive_label_index": label,
            "positive_predicted_label_index": predicted,
            "group_variable": pd.Series(table["group"]),
        }
        found[name] = {
            metric.name: peer.call_metric(getattr(peer, metric.name), **known)
            for metric in (*PRE_TRAINING, *POST_TRAINING)
        }
    return found


def agree(left: dict[str, dict[str, float]], right: dict[str, dict[str, float]]) -> None:
    assert left.keys() == right.keys()
    for facet, metrics in right.items():
        for name, value in metrics.items():
            assert abs(left[facet][name] - value) < 1e-12, (facet, name, left[facet][name], value)


def timed(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median processor seconds."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return median(taken)


def show(title: str, medians: dict[str, float]) -> None:
    print(f"\n{title}\n\n| | seconds | of the last |\n|---|---|---|")
    slowest = list(medians.values())[-1]
    for name, seconds in medians.items():
        print(f"| {name} | {seconds:.4f} | 1/{slowest / seconds:.1f} |")


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]]
    main(*(sizes + [1_000_000, 100_000][len(sizes) :]))
