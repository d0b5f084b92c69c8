"""The challenge: a new model on the snapshot's rows, and whether it may ask for approval.

Needs     a snapshot and the champion's model directory
Writes    {output}/data, model, report and, where the challenger clears, baseline: the
          directories of the steps, so that `register` finds what it needs

A challenger clears when it passes its own evaluation gate *and* the interval of its gain over
the champion lies above the policy's `minimum_gain`. Either alone would let a model through
that is good and worse, or better and bad.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines import data
from pipelines.baseline import baseline
from pipelines.evaluate import evaluate
from pipelines.models.base import Table
from pipelines.retraining.comparison import Comparison, compare
from pipelines.retraining.policy import Policy
from pipelines.retraining.snapshot import HELD_OUT, LEARNT, Snapshot
from pipelines.train import train
from serving.model import Predictor


@dataclass(frozen=True, slots=True)
class Challenge:
    """How the challenger did."""

    champion: str
    """Version."""
    challenger: str
    comparison: Comparison
    gate: Mapping[str, Any]
    failures: tuple[str, ...]
    """Why it does not clear; none where it does."""

    @property
    def clears(self) -> bool:
        """Whether it may be registered."""
        return not self.failures

    def to_json(self) -> dict[str, Any]:
        """For the audit record."""
        return {
            "champion": self.champion,
            "challenger": self.challenger,
            "comparison": self.comparison.to_json(),
            "gate": dict(self.gate),
            "clears": self.clears,
            "failures": list(self.failures),
        }


def challenge(policy: Policy, snapshot: Snapshot, champion_dir: Path, output: Path) -> Challenge:
    """Train, evaluate and compare; the same arguments give the same bytes and numbers.

    Raises UsageError when the rows hold one class only, and ModelError for a champion that
    cannot be loaded.
    """
    champion = Predictor.load(champion_dir)
    parts = {name: snapshot.part(name) for name in LEARNT}
    held_out = snapshot.part(HELD_OUT)
    data.write(output / "data", snapshot.model, {**parts, "traffic": held_out})
    challenger = train(output / "data", output / "model")
    report = evaluate(output / "data", output / "model", output / "report")
    compared = compare(
        snapshot.model.targets(held_out),
        _scores(champion, held_out),
        _scores(challenger, held_out),
        confidence=policy.confidence,
        resamples=policy.resamples,
    )
    gate: Mapping[str, Any] = report["gate"]
    failures = (*gate["failures"], *shortfall(policy, compared))
    found = Challenge(champion.version, challenger.version, compared, gate, failures)
    if found.clears:
        baseline(output / "data", output / "model", output / "baseline")
    return found


def shortfall(policy: Policy, compared: Comparison) -> tuple[str, ...]:
    """Why the comparison is not won; nothing where it is."""
    if compared.lower > policy.minimum_gain:
        return ()
    return (
        f"gain in ROC-AUC over the champion is {compared.difference:+.4f}, by chance between "
        f"{compared.lower:+.4f} and {compared.upper:+.4f}; all of it must lie above "
        f"{policy.minimum_gain:+.4f} (minimum_gain)",
    )


def _scores(predictor: Predictor, table: Table) -> list[float]:
    return [answer.probability for answer in predictor.predict(table.rows)]
