"""The decision: every rule of the policy with its value, its limit, and whether it is met.

Needs     the policy and the facts; no clock, no files
Gives     a `Decision` that explains itself, met or not: a dry run prints it, the audit keeps it
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pipelines.retraining.evidence import DRIFT, PERFORMANCE, Evidence
from pipelines.retraining.policy import Policy, Windows

DAY = timedelta(days=1)


class Rule(NamedTuple):
    """One rule as it stood."""

    name: str
    value: str
    limit: str
    met: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when the policy is asked."""

    now: datetime
    last_training: datetime | None
    """By this policy's audit records, or as the caller says; None where none is known."""
    evidence: Evidence
    new_labels: int
    """Labelled production rows to train on that no training has used."""
    held_out: int
    """Labelled production rows kept for the comparison."""
    held_out_rarer: int
    """Those of the rarer class among them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to retrain, and why."""

    rules: tuple[Rule, ...]
    retrain: bool
    why: str

    def to_json(self) -> dict[str, Any]:
        """For the audit record."""
        rules = [rule._asdict() for rule in self.rules]
        return {"retrain": self.retrain, "why": self.why, "rules": rules}


def decide(policy: Policy, facts: Facts) -> Decision:
    """(schedule, or drift and performance) and cooldown and labels and a comparison."""
    schedule, cooldown = _schedule(policy, facts), _cooldown(policy, facts)
    drift = _violated("drift", policy.drift, DRIFT, facts)
    performance = _violated("performance", policy.performance, PERFORMANCE, facts)
    labels = Rule(
        "labels",
        f"{facts.new_labels:,} new labelled rows to train on",
        f"at least {policy.minimum_labels:,}",
        facts.new_labels >= policy.minimum_labels,
    )
    comparison = Rule(
        "comparison",
        f"{facts.held_out_rarer:,} of the rarer class in {facts.held_out:,} rows held out",
        f"at least {policy.minimum_held_out:,}",
        facts.held_out_rarer >= policy.minimum_held_out,
    )
    occasion = schedule.met or (drift.met and performance.met)
    missing = [rule.name for rule in (cooldown, labels, comparison) if not rule.met]
    why = _why(schedule, drift, performance, missing)
    rules = (schedule, drift, performance, cooldown, labels, comparison)
    return Decision(rules, occasion and not missing, why)


def _why(schedule: Rule, drift: Rule, performance: Rule, missing: list[str]) -> str:
    if schedule.met:
        occasion = "the schedule is due"
    elif drift.met and performance.met:
        occasion = "inputs drift and performance suffers"
    elif drift.met or performance.met:
        there, absent = ("drift", "performance") if drift.met else ("performance", "drift")
        return f"no occasion: there is evidence of {there}, and none of {absent}"
    else:
        return "no occasion: the schedule is not due, and there is no evidence"
    if not missing:
        return f"{occasion}, and nothing stands against it"
    reasons = {
        "cooldown": "the last training is too recent",
        "labels": "there are not enough labels",
        "comparison": "the held-out rows are too few to compare on",
    }
    return f"{occasion}, but {' and '.join(reasons[name] for name in missing)}"


def _schedule(policy: Policy, facts: Facts) -> Rule:
    if policy.every_days is None:
        return Rule("schedule", "not asked for", "never", False)
    limit = f"every {policy.every_days:g} days"
    if facts.last_training is None:
        return Rule("schedule", "no training is on record", limit, True)
    days = (facts.now - facts.last_training) / DAY
    return Rule("schedule", f"{days:.1f} days since training", limit, days >= policy.every_days)


def _cooldown(policy: Policy, facts: Facts) -> Rule:
    limit = f"at least {policy.cooldown_days:g} days"
    if facts.last_training is None:
        return Rule("cooldown", "no training is on record", limit, True)
    days = (facts.now - facts.last_training) / DAY
    return Rule("cooldown", f"{days:.1f} days since training", limit, days >= policy.cooldown_days)


def _violated(name: str, asked: Windows, kinds: Any, facts: Facts) -> Rule:
    tally = facts.evidence.latest(kinds, asked.windows, facts.last_training)
    return Rule(
        name,
        f"{tally.violated} of the latest {tally.windows} windows of {tally.kind.slug} violated",
        f"at least {asked.violated} of {asked.windows}",
        tally.windows >= asked.windows and tally.violated >= asked.violated,
    )
