"""Retrain: by a policy, not by a wire from an alarm to a training job.

Needs     a policy, the monitors' evidence, captures with ground truth, the historical data
          and the champion's model directory
Writes    a snapshot of the training rows, the challenger's build, an audit record of what was
          decided; and a model package that waits for approval, where the challenger clears

Nothing here deploys: the package is PendingManualApproval, and its audit record says on what
numbers. A run that was stopped half-way is run again: the same rows give the same snapshot,
model and package, so nothing is made twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitoring.aws.clients import Aws
from monitoring.aws.folders import Folder
from monitoring.capture.ground_truth import GroundTruth
from pipelines import data
from pipelines.models.base import Model
from pipelines.register import Build, Registered, commit_of, register
from pipelines.retraining.audit import Audit, Record, digest
from pipelines.retraining.challenge import Challenge, challenge
from pipelines.retraining.decision import Decision, Facts, decide
from pipelines.retraining.evidence import Evidence
from pipelines.retraining.policy import Policy
from pipelines.retraining.production import Labelled, Production, read_production
from pipelines.retraining.snapshot import LEARNT, Snapshot, learnt_ids

NOT_DUE, REJECTED, REGISTERED = "not due", "challenger rejected", "challenger registered"
TRAINED = (REJECTED, REGISTERED)
"""Outcomes of a run that trained a model: the cooldown begins with either."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Where a challenger that clears is registered."""

    aws: Aws
    bucket: str
    group: str
    image: str


@dataclass(frozen=True, slots=True)
class Considered:
    """What is known before anything is trained."""

    model: Model
    decision: Decision
    production: Production
    earlier: Sequence[Labelled]
    """Rows that a former training has learnt from."""
    new: Sequence[Labelled]
    held_out: Sequence[Labelled]
    """The most recent; no model has seen them."""


@dataclass(frozen=True, slots=True)
class Retraining:
    """One model's retraining: what it reads, and where it keeps what it made."""

    policy: Policy
    history: Path
    """The directory `preprocess` wrote."""
    champion: Path
    captures: Path
    ground_truth: Path
    evidence: Evidence
    snapshots: Folder
    audit: Audit
    output: Path
    last_training: datetime | None = None
    """Of the champion, where no audit record says it."""

    def consider(self, now: datetime) -> Considered:
        """Ask the policy; writes nothing. Raises AuditError, CaptureError or UsageError."""
        model = data.read_model(self.history)
        known = data.read(self.history, "train", model).labels
        truth = GroundTruth.read(self.ground_truth)
        production = read_production(self.captures, truth, model, known)
        last = self._last_trained()
        learnt = learnt_ids(self.snapshots, last["snapshot"]) if last else frozenset()
        earlier = [one for one in production.rows if one.identity in learnt]
        fresh = [one for one in production.rows if one.identity not in learnt]
        kept = round(len(fresh) * (1 - self.policy.held_out_share))
        new, held_out = fresh[:kept], fresh[kept:]
        positives = sum(one.label == model.positive for one in held_out)
        facts = Facts(
            now=now,
            last_training=datetime.fromisoformat(last["time"]) if last else self.last_training,
            evidence=self.evidence,
            new_labels=len(new),
            held_out=len(held_out),
            held_out_rarer=min(positives, len(held_out) - positives),
        )
        return Considered(model, decide(self.policy, facts), production, earlier, new, held_out)

    def run(self, now: datetime, registry: Registry) -> Record:
        """Decide and act; answers the audit record. Raises what `consider` and the steps raise."""
        found = self.consider(now)
        base = {
            "model": found.model.name,
            "policy": self.policy.to_json(),
            "policy_sha256": self.policy.sha256,
            "decision": found.decision.to_json(),
        }
        if not found.decision.retrain:
            return self.audit.append(now, {**base, "outcome": NOT_DUE})
        snapshot = self._snapshot(found)
        sha256 = snapshot.store(self.snapshots)
        done = challenge(self.policy, snapshot, self.champion, self.output)
        numbers = {"snapshot": sha256, "challenge": done.to_json()}
        if not done.clears:
            return self.audit.append(now, {**base, "outcome": REJECTED, **numbers})
        package = self._register(done, sha256, registry)
        named = {"package": package.arn, "approval": package.approval}
        return self.audit.append(now, {**base, "outcome": REGISTERED, **numbers, **named})

    def _last_trained(self) -> Record | None:
        trained = (one for one in reversed(self.audit.records()) if one["outcome"] in TRAINED)
        return next(trained, None)

    def _snapshot(self, found: Considered) -> Snapshot:
        historical = {part: data.read(self.history, part, found.model) for part in LEARNT}
        learnt = [*found.earlier, *found.new]
        return Snapshot.of(found.model, historical, learnt, found.held_out)

    def _register(self, done: Challenge, snapshot: str, registry: Registry) -> Registered:
        """The package says by what it was let through: what it says is the same on every run."""
        build = Build(
            self.output / "model",
            self.output / "report",
            self.output / "baseline",
            commit_of(Path.cwd()),
            origin=origin_of(done, snapshot, self.policy),
        )
        return register(
            registry.aws, build, bucket=registry.bucket, group=registry.group, image=registry.image
        )


def origin_of(done: Challenge, snapshot: str, policy: Policy) -> dict[str, str]:
    """What the package carries of the decision, in CustomerMetadataProperties."""
    compared = done.comparison
    return {
        "retraining_snapshot_sha256": snapshot,
        "retraining_policy_sha256": policy.sha256,
        "retraining_challenge_sha256": digest(done.to_json()),
        "retraining_champion_version": done.champion,
        "retraining_champion_auc": repr(compared.champion_auc),
        "retraining_challenger_auc": repr(compared.challenger_auc),
        "retraining_gain_lower": repr(compared.lower),
        "retraining_gain_upper": repr(compared.upper),
    }


def explained(decision: Decision) -> list[tuple[str, str, str, str]]:
    """The rules as rows for people: name, value, limit, verdict.

    >>> from pipelines.retraining.decision import Rule
    >>> explained(Decision((Rule("labels", "3 new", "at least 500", False),), False, "…"))
    [('labels', '3 new', 'at least 500', 'not met')]
    """
    return [
        (rule.name, rule.value, rule.limit, "met" if rule.met else "not met")
        for rule in decision.rules
    ]


def summary(record: Record) -> dict[str, Any]:
    """What a schedule's log needs of a record."""
    names = ("number", "outcome", "snapshot", "package", "approval", "sha256")
    return {name: record[name] for name in names if name in record}


if __name__ == "__main__":
    from pipelines.retraining.command import main

    main()
