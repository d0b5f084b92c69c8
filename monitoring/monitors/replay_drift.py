"""Findings of the drift tests beyond AWS's, computed again.

Needs     the evidence of a finding: two shares, two columns of bins, areas, or two folds
Gives     its replay

A p-value is taken as it stands: it was adjusted among those of all other tests, and they
are not in the finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from monitoring.measures.divergence import (
    Binned,
    jensen_shannon_distance,
    population_stability_index,
)
from monitoring.monitors.drift_tests import ADDITIONAL_DRIFT_CHECK, TITLES
from monitoring.monitors.replay import Entry, Line, Replay, Replaying, verdict

IN_BINS: Final = {"psi": population_stability_index, "jensen_shannon": jensen_shannon_distance}


def drift_test(entry: Entry) -> Replay:
    """An effect against its threshold, and a p-value against the false-discovery rate."""
    evidence = entry["evidence"]
    test, threshold = evidence["test"], entry["threshold"]
    effect, step, lines = _EFFECTS[test](evidence)
    p_value, rate = evidence["adjusted_p_value"], evidence["false_discovery_rate"]
    crosses = effect > threshold and p_value <= rate
    return Replay(
        effect,
        crosses,
        (
            step,
            f"{TITLES[test]}: {effect:.6g}, of {evidence['baseline_size']:,g} and "
            f"{evidence['current_size']:,g} rows",
            f"by chance alone with probability {evidence['p_value']:.3g}; among all tests made, "
            f"{p_value:.3g}",
            verdict(crosses, f"{effect:.6g} > {threshold:.6g} and {p_value:.3g} <= {rate:g}"),
        ),
        lines=tuple(lines),
    )


Effect = tuple[float, str, list[Line]]


def _smirnov(evidence: Mapping[str, Any]) -> Effect:
    shares = evidence["baseline_share"], evidence["current_share"]
    at = f"up to {evidence['at']:.6g}"
    step = f"{shares[0]:.6g} of the baseline's rows are {at}, {shares[1]:.6g} of the rows now"
    return abs(shares[0] - shares[1]), step, [Line(at, *shares)]


def _area(evidence: Mapping[str, Any]) -> Effect:
    moved, deviation = sum(evidence["areas"]), evidence["standard_deviation"]
    step = f"values moved by {moved:.6g} on average; the baseline's deviation is {deviation:.6g}"
    return moved / deviation, step, []


def _in_bins(evidence: Mapping[str, Any]) -> Effect:
    bins = evidence["bins"]
    counts = np.array(bins["baseline"], dtype=float), np.array(bins["current"], dtype=float)
    effect = IN_BINS[evidence["test"]](Binned(*counts)).effect_size
    shares = [(side / side.sum()).tolist() for side in counts]
    lines = [Line(*line) for line in zip(_names(bins), *shares, strict=True)]
    return effect, f"shares of the rows in {counts[0].size} bins, the baseline's and now", lines


def _names(bins: Mapping[str, Any]) -> list[str]:
    if "values" in bins:
        return [str(value) for value in bins["values"]]
    edges = [f"{edge:.6g}" for edge in bins["edges"]]
    return [*(f"up to {edge}" for edge in edges), f"above {edges[-1]}"]


def _folds(evidence: Mapping[str, Any]) -> Effect:
    folds = [fold["auc"] for fold in evidence["folds"]]
    shares = evidence["told_by"]
    lines = [Line(f"told by {name}", None, share) for name, share in shares.items()]
    step = f"AUC of unseen rows in two folds: {' and '.join(f'{auc:.6g}' for auc in folds)}"
    return float(np.mean(folds)), step, lines


_EFFECTS: Final = {
    "ks": _smirnov,
    "wasserstein": _area,
    "psi": _in_bins,
    "jensen_shannon": _in_bins,
    "classifier": _folds,
}

DRIFT_REPLAYS: Final[Mapping[str, Replaying]] = {ADDITIONAL_DRIFT_CHECK: drift_test}
