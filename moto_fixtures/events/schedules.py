"""EventBridge Scheduler: schedules that fire when the clock reaches them.

Needs     the schedules of every account and region, and the clock
Writes    what their targets make of it; the state of a schedule that has ended

A schedule with a flexible window fires at its beginning. What fell due while time jumped is not
made up for. Calls are made as the schedule's role: what its policies do not allow fails, and
goes to the dead-letter queue, as AWS would have it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.scheduler import models, urls
from moto.scheduler.exceptions import ScheduleGroupNotFound, ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule

from moto_fixtures import clock
from moto_fixtures.events import delivery, recurrence, roles, targets
from moto_fixtures.events.delivery import Delivery, Sender
from moto_fixtures.events.recurrence import RecurrenceError
from moto_fixtures.events.targets import UNIVERSAL, Sending

INSTANT = timedelta(microseconds=1)
ENABLED = "ENABLED"


def install() -> None:
    """Put our backend in moto's place, and let schedules fire as the clock is wound."""
    models.scheduler_backends.backend = Backend
    models.scheduler_backends.clear()
    clock.register("EventBridge schedules", clock.Source(next_event, run_due, jumped))


@dataclass(slots=True)
class Timing:
    """When a schedule fires."""

    began: datetime
    """From when a rate counts; itself the first time."""
    due: datetime | None
    """The next time; None when there is none any more."""


class Backend(EventBridgeSchedulerBackend):
    """moto's schedules, which fire."""

    _url_module = urls
    """moto derives this from the class's module; ours lies elsewhere."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.timings: dict[str, Timing] = {}

    def create_schedule(self, **request: Any) -> Schedule:
        if (request["group_name"] or "default") not in self.schedule_groups:
            raise ScheduleGroupNotFound(request["group_name"])
        _check(request)
        made = super().create_schedule(**request)
        self.begin(made)
        return made

    def update_schedule(self, **request: Any) -> Schedule:
        """As moto, but what is not given again falls back to its default, as AWS has it."""
        _check(request)
        made = super().update_schedule(**request)
        made.state = request["state"] or ENABLED
        self.begin(made)
        return made

    def begin(self, schedule: Schedule) -> None:
        """Count from now, or from the schedule's StartDate."""
        began = max(_moment(schedule.start_date) or utcnow(), utcnow())
        timing = self.timings[schedule.arn] = Timing(began, None)
        timing.due = _next(schedule, began, began - INSTANT)

    def end(self, schedule: Schedule) -> None:
        """The last time has passed: the schedule goes, when that was asked for."""
        if schedule.action_after_completion == "DELETE":
            self.delete_schedule(schedule.group_name, schedule.name)

    def delete_schedule(self, group_name: str | None, name: str) -> None:
        gone = self.get_schedule(group_name, name)
        super().delete_schedule(group_name, name)
        self.timings.pop(gone.arn, None)

    def fire(self, schedule: Schedule) -> Delivery:
        """Send to the schedule's target, and find the next time."""
        timing = self.timings[schedule.arn]
        scheduled = timing.due
        assert scheduled is not None
        timing.due = _next(schedule, timing.began, max(scheduled, utcnow()))
        text = _text(schedule, scheduled, self)
        sending = Sending(schedule.target, text, self.region_name, self.account_id)
        sender = Sender(
            schedule.arn,
            "SCHEDULE_ARN",
            "AWS/Scheduler",
            "TargetErrorCount",
            ("ScheduleGroup", schedule.group_name),
        )
        made = delivery.send(sender, sending, before=roles.check)
        if timing.due is None:
            self.end(schedule)
        return made


def next_event() -> datetime | None:
    """When the next schedule fires."""
    return min((due for _, _, due in _enabled()), default=None)


def run_due() -> list[Delivery]:
    """Fire every schedule that is due by now."""
    now = utcnow()
    return [backend.fire(one) for backend, one, due in list(_enabled()) if due <= now]


def jumped() -> None:
    """Time jumped: what fell due in between is not made up for."""
    for backend, schedule in _schedules():
        timing = backend.timings[schedule.arn]
        timing.due = _next(schedule, timing.began, utcnow())


def _schedules() -> Iterator[tuple[Backend, Schedule]]:
    for _, _, backend in list(models.scheduler_backends.iter_backends()):
        for group in list(backend.schedule_groups.values()):
            for schedule in list(group.schedules.values()):
                yield backend, schedule


def _enabled() -> Iterator[tuple[Backend, Schedule, datetime]]:
    for backend, schedule in _schedules():
        due = backend.timings[schedule.arn].due
        if due is not None and schedule.state == ENABLED:
            yield backend, schedule, due


def _next(schedule: Schedule, began: datetime, moment: datetime) -> datetime | None:
    """The next time after a moment that lies within StartDate and EndDate."""
    found = recurrence.parse(schedule.schedule_expression, schedule.schedule_expression_timezone)
    due = found.next_after(moment, began)
    end = _moment(schedule.end_date)
    return None if due is None or (end is not None and due > end) else due


def _text(schedule: Schedule, scheduled: datetime, backend: Backend) -> str:
    """The input, its context attributes filled in; without one, Scheduler's own notification."""
    told = {
        "aws.scheduler.schedule-arn": schedule.arn,
        "aws.scheduler.scheduled-time": _iso(scheduled),
        "aws.scheduler.execution-id": str(uuid.uuid4()),
        "aws.scheduler.attempt-number": "1",
    }
    given = schedule.target.get("Input")
    if given:
        return _filled(given, told)
    if f":{UNIVERSAL}:" in schedule.target["Arn"]:
        return "{}"
    return json.dumps(
        {
            "version": "0",
            "id": told["aws.scheduler.execution-id"],
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": backend.account_id,
            "time": _iso(scheduled),
            "region": backend.region_name,
            "resources": [schedule.arn],
            "detail": "{}",
        }
    )


def _filled(text: str, told: Mapping[str, str]) -> str:
    """The text with each `<aws.scheduler.…>` replaced, quoted or not."""
    for name, value in told.items():
        text = text.replace(f"<{name}>", value)
    return text


def _check(request: Mapping[str, Any]) -> None:
    """Refuse a schedule that could not fire."""
    expression, zone = request["schedule_expression"], request["schedule_expression_timezone"]
    try:
        recurrence.parse(expression, zone or "UTC")
    except RecurrenceError as error:
        raise ValidationException(f"Invalid Schedule Expression {expression}. {error}") from error
    window, target = request["flexible_time_window"], request["target"]
    flexible = window.get("Mode") == "FLEXIBLE"
    if flexible != (window.get("MaximumWindowInMinutes") is not None):
        raise ValidationException(
            "FlexibleTimeWindow needs MaximumWindowInMinutes in mode FLEXIBLE, and not in OFF."
        )
    start, end = _moment(request["start_date"]), _moment(request["end_date"])
    if end is not None and end <= (start or utcnow()):
        raise ValidationException(
            "The EndDate you specify must lie after StartDate, and after now."
        )
    problem = targets.problem_of(target["Arn"], universal=True)
    if problem is not None:
        raise ValidationException(problem)
    if f":{UNIVERSAL}:" in target["Arn"] and target.get("Input"):
        _check_json(target["Input"])


def _check_json(text: str) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise ValidationException(f"Target.Input is no JSON: {error}") from error


def _moment(given: Any) -> datetime | None:
    """A date of the request: seconds since 1970, or ISO 8601."""
    if given is None:
        return None
    if isinstance(given, int | float):
        return datetime.fromtimestamp(given, UTC).replace(tzinfo=None)
    return datetime.fromisoformat(str(given)).astimezone(UTC).replace(tzinfo=None)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
