"""Rules: of a pattern, which fire as events come; of a schedule, as the clock moves.

Needs     the rules of every account and region, and the clock
Writes    what their targets make of it

moto's rules ignore that they are disabled, match every event when they have a schedule and no
pattern, and fail at most targets; these take their place. A schedule counts from when its rule
was put or enabled; a rate fires first after its time has passed once (UNCONFIRMED).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import utcnow
from moto.events import models, urls
from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, Rule
from moto.events.responses import EventsHandler
from moto.events.utils import EventMessageType

from moto_fixtures import clock
from moto_fixtures.events import delivery, inputs, patterns, recurrence, targets
from moto_fixtures.events.delivery import Delivery, Sender
from moto_fixtures.events.recurrence import RecurrenceError
from moto_fixtures.events.targets import Sending

ARCHIVES = "prod.vhs.events.aws.internal"
"""Who manages the rules of archives, which stay moto's."""
MOST_TARGETS = 5


def install() -> None:
    """Put our rules in moto's place, and let scheduled ones fire as the clock is wound."""
    models.events_backends.backend = Backend
    models.events_backends.clear()
    urls.url_paths["{0}/"] = Response.dispatch
    clock.register("EventBridge rules", clock.Source(next_event, run_due, jumped))


class ManagedRule(Rule):
    """A rule that fires."""

    due: datetime | None = None
    """When its schedule fires next."""
    began: datetime
    """From when its schedule counts."""

    def begin(self) -> None:
        """Count from now: the rule is new, or was changed or enabled."""
        self.began, self.due = utcnow(), None
        if self.scheduled_expression and self.state != "DISABLED":
            found = recurrence.parse(self.scheduled_expression)
            self.due = found.next_after(self.began, self.began)

    def enable(self) -> None:
        super().enable()
        self.begin()

    def disable(self) -> None:
        super().disable()
        self.begin()

    def fire(self) -> list[Delivery]:
        """Send the event of a scheduled rule; what was missed is not made up for."""
        assert self.scheduled_expression is not None
        found = recurrence.parse(self.scheduled_expression)
        self.due = found.next_after(utcnow(), self.began)
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self.account_id,
            "time": _iso(utcnow()),
            "region": self.region_name,
            "resources": [self.arn],
            "detail": {},
        }
        return [self._send(target, event) for target in self.targets]

    def send_to_targets(
        self, original_event: EventMessageType, transform_input: bool = True
    ) -> None:
        """Called by moto for each event on the rule's bus."""
        if self.managed_by == ARCHIVES:
            super().send_to_targets(original_event, transform_input)
            return
        pattern = self.event_pattern.dump()
        event = _as_sent(original_event)
        if self.state == "DISABLED" or not pattern or not patterns.matches(pattern, event):
            return
        for target in list(self.targets):
            self._send(target, event)

    def _send(self, target: Mapping[str, Any], event: Mapping[str, Any]) -> Delivery:
        text = inputs.text_for(target, event, self.arn)
        sender = Sender(
            self.arn, "RULE_ARN", "AWS/Events", "FailedInvocations", ("RuleName", self.name)
        )
        return delivery.send(
            sender, Sending(target, text, self.region_name, self.account_id, event)
        )


class Backend(EventsBackend):
    """moto's EventBridge with rules that fire, and targets that are refused when put."""

    _url_module = urls
    """moto derives this from the class's module; ours lies elsewhere."""

    def put_rule(self, name: str, *given: Any, **named: Any) -> Rule:
        pattern, expression = named.get("event_pattern"), named.get("scheduled_expression")
        if pattern:
            patterns.check(pattern)
        if expression:
            _check_schedule(expression)
        made = super().put_rule(name, *given, **named)
        ours = ManagedRule(
            made.name, made.account_id, made.region_name, made.description,
            made.event_pattern.dump(), made.scheduled_expression, made.role_arn,
            made.event_bus_name, made.state, made.managed_by, made.targets,
        )  # fmt: skip
        ours.begin()
        self.event_buses[made.event_bus_name].rules[name] = ours
        return ours

    def put_targets(
        self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
    ) -> None:
        """As moto, but what cannot be a target here is refused now, not when the rule fires."""
        for target in targets:
            problem = _problem_of(target)
            if problem is not None:
                raise ValidationException(problem)
        super().put_targets(name, event_bus_arn, targets)
        rule = self.describe_rule(name, event_bus_arn)
        if len(rule.targets) > MOST_TARGETS:
            rule.remove_targets([target["Id"] for target in targets])
            raise ValidationException(f"A rule has at most {MOST_TARGETS} targets.")


class Response(EventsHandler):
    """moto's actions, and those it lacks."""

    def test_event_pattern(self) -> tuple[str, dict[str, Any]]:
        """Whether an event, which must be complete, matches a pattern."""
        pattern, text = self._get_param("EventPattern"), self._get_param("Event")
        patterns.check(pattern)
        try:
            event = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValidationException(f"Event is not valid JSON: {error}") from error
        wanted = ("id", "account", "source", "time", "region", "resources", "detail-type")
        missing = [name for name in wanted if name not in event]
        if missing:
            raise ValidationException(f"Event lacks {', '.join(missing)}.")
        return self._create_response({"Result": patterns.matches(pattern, event)})


def next_event() -> datetime | None:
    """When the next rule fires."""
    return min((rule.due for rule in _scheduled() if rule.due is not None), default=None)


def run_due() -> list[Delivery]:
    """Fire every rule that is due by now."""
    now = utcnow()
    due = [rule for rule in _scheduled() if rule.due is not None and rule.due <= now]
    return [made for rule in due for made in rule.fire()]


def jumped() -> None:
    """Time jumped: every schedule counts from now."""
    for rule in _scheduled():
        rule.begin()


def _scheduled() -> Iterator[ManagedRule]:
    for _, _, backend in list(models.events_backends.iter_backends()):
        for rule in list(backend.event_buses["default"].rules.values()):
            if isinstance(rule, ManagedRule) and rule.scheduled_expression:
                yield rule


def _problem_of(target: Mapping[str, Any]) -> str | None:
    arn = str(target["Arn"])
    if arn.startswith("arn:aws:events:") and arn.endswith(":::"):
        return None
    return targets.problem_of(arn) or inputs.problem_of(target)


def _check_schedule(expression: str) -> None:
    if expression.startswith("at("):
        raise ValidationException("Parameter ScheduleExpression is not valid.")
    try:
        recurrence.parse(expression)
    except RecurrenceError as error:
        message = f"Parameter ScheduleExpression is not valid. {error}"
        raise ValidationException(message) from error


def _as_sent(event: EventMessageType) -> dict[str, Any]:
    """moto's event in EventBridge's form: the time as text, nothing of moto's own."""
    sent: dict[str, Any] = {**event}
    sent.pop("ingestion-time", None)
    if isinstance(sent.get("time"), int | float):
        sent["time"] = _iso(datetime.fromtimestamp(sent["time"], UTC))
    return sent


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
