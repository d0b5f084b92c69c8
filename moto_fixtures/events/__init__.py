"""EventBridge: rules and schedules that fire, targets that receive, and SageMaker's events.

    patterns.py      event patterns: what is one, and which events match
    recurrence.py    cron(), rate() and at(): the next moment
    inputs.py        what a target is sent: InputPath, InputTransformer, context attributes
    targets.py       the targets there are; all others are refused by name
    delivery.py      sending, and the dead-letter queue of what could not be sent
    rules.py         rules: of patterns, as events come; of schedules, as the clock moves
    schedules.py     EventBridge Scheduler
    states.py        SageMaker's state changes, as events

`emit` is what a service here calls when something happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

SAGEMAKER = "aws.sagemaker"


def install() -> None:
    """Put our backends in moto's place, before the first request."""
    from moto_fixtures.events import rules, schedules, states

    rules.install()
    schedules.install()
    states.install()


def emit(
    detail_type: str,
    detail: Mapping[str, Any],
    resources: Sequence[str],
    *,
    region: str,
    account: str,
    source: str = SAGEMAKER,
) -> None:
    """Put an event of a service on the default bus of an account and region."""
    from moto.events.models import events_backends

    if not heard(region, account):
        return
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": list(resources),
    }
    events_backends[account][region].put_events([entry])


def heard(region: str, account: str) -> bool:
    """Whether the default bus has a rule at all: without one an event would reach nobody."""
    from moto.events.models import events_backends

    return bool(events_backends[account][region].event_buses["default"].rules)
