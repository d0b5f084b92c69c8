"""(schedule, or drift and performance), and cooldown, labels and a comparison."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from monitoring.kinds import DATA_QUALITY, MODEL_QUALITY
from pipelines.retraining.decision import Facts, decide
from pipelines.retraining.evidence import Evidence, Window
from pipelines.retraining.policy import Policy, Windows

NOW = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = Policy(every_days=30, cooldown_days=2, drift=Windows(4, 2), performance=Windows(4, 2))


def windows(kind, violated, of=4):
    return {kind: tuple(Window(NOW - timedelta(hours=of - at), at < violated) for at in range(of))}


def facts(days=10.0, drift=0, performance=0, labels=1000, rarer=100, of=4):
    evidence = {**windows(DATA_QUALITY, drift, of), **windows(MODEL_QUALITY, performance, of)}
    return Facts(
        now=NOW,
        last_training=None if days is None else NOW - timedelta(days=days),
        evidence=Evidence(evidence),
        new_labels=labels,
        held_out=labels // 2,
        held_out_rarer=rarer,
    )


@pytest.mark.parametrize(
    ("due", "drifts", "suffers", "cool", "labelled", "comparable"),
    list(product([True, False], repeat=6)),
)
def test_the_policy_is_what_it_says(due, drifts, suffers, cool, labelled, comparable):
    policy = Policy(
        every_days=5 if due else 50,
        cooldown_days=5 if cool else 50,
        drift=Windows(4, 2),
        performance=Windows(4, 2),
    )
    given = facts(
        drift=2 * drifts,
        performance=2 * suffers,
        labels=1000 if labelled else 3,
        rarer=100 if comparable else 3,
    )
    decision = decide(policy, given)
    assert [rule.met for rule in decision.rules] == [
        due,
        drifts,
        suffers,
        cool,
        labelled,
        comparable,
    ]
    occasion = due or (drifts and suffers)
    assert decision.retrain == (occasion and cool and labelled and comparable)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (facts(), "no occasion: the schedule is not due, and there is no evidence"),
        (facts(drift=4), "no occasion: there is evidence of drift, and none of performance"),
        (facts(performance=4), "no occasion: there is evidence of performance, and none of drift"),
        (facts(days=31), "the schedule is due, and nothing stands against it"),
        (facts(drift=4, performance=4), "inputs drift and performance suffers, and nothing stands"),
        (facts(days=31, labels=3), "the schedule is due, but there are not enough labels"),
        (
            facts(days=1, drift=4, performance=4, rarer=1),
            "but the last training is too recent and the held-out rows are too few",
        ),
    ],
)
def test_a_decision_says_why_in_a_sentence(given, why):
    assert why in decide(POLICY, given).why


def test_without_a_training_on_record_the_schedule_is_due_and_nothing_cools():
    schedule, _, _, cooldown, *_ = decide(POLICY, facts(days=None)).rules
    assert (schedule.met, schedule.value) == (True, "no training is on record")
    assert cooldown.met


def test_fewer_windows_than_asked_are_no_evidence():
    assert not decide(POLICY, facts(drift=3, performance=3, of=3)).retrain


def test_a_schedule_that_is_not_asked_for_is_never_due():
    assert not decide(Policy(every_days=None), facts(days=3000)).rules[0].met


def test_every_rule_says_its_value_and_its_limit():
    said = decide(POLICY, facts(drift=1)).to_json()["rules"]
    assert said[1] == {
        "name": "drift",
        "value": "1 of the latest 4 windows of data-quality violated",
        "limit": "at least 2 of 4",
        "met": False,
    }
