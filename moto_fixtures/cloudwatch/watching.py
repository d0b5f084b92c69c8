"""When alarms are evaluated, as the clock moves.

Needs     the alarms and metric data of every account and region, and the clock
Writes    the alarms' states, and all that follows a change of one

CloudWatch looks at an alarm every minute (every 10 seconds for a shorter period, every hour for
one of more than a day), at the periods that end there. Here only at those minutes at which
something can have changed: new data, a datapoint that slides from one period into the next, a
new configuration. A composite alarm follows the alarms of its rule at once.

The one thing a reader gets wrong: periods slide. At 11:06 an hourly alarm looks at 10:06 to
11:06, and a datapoint of 10:00 that came at 11:05 lies in the period before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow

from moto_fixtures import clock
from moto_fixtures.cloudwatch import actions, reasons
from moto_fixtures.cloudwatch.alarms import DAY, Alarm, Transition
from moto_fixtures.cloudwatch.backend import Backend
from moto_fixtures.cloudwatch.evaluation import ALARM, OK, state_of
from moto_fixtures.cloudwatch.series import Series, size

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1)


def install() -> None:
    """Let alarms be evaluated as the clock is wound."""
    clock.register("alarms", clock.Source(next_event, run_due, jumped))


def next_event() -> datetime | None:
    """When the next alarm is evaluated, or the next held action is carried out."""
    return min((due for _, alarm in _alarms() for due in _dues(alarm)), default=None)


def run_due() -> list[Transition]:
    """Evaluate every alarm that is due by now; answer the changes of state."""
    now = utcnow()
    changed: list[Transition] = []
    for backend, alarm in _alarms():
        if alarm.due is not None and alarm.due <= now:
            changed += evaluate(backend, alarm)
        if alarm.held is not None and alarm.held.due is not None and alarm.held.due <= now:
            held, alarm.held = alarm.held, None
            actions.carry_out(backend, held.transition)
    return changed


def jumped() -> None:
    """Time jumped: every alarm is looked at anew."""
    for _, alarm in _alarms():
        alarm.evaluated = None
        plan(alarm)


def plan(alarm: Alarm) -> None:
    """Have an alarm evaluated at the next minute: it is new, or was changed."""
    if alarm.rule is None:
        alarm.due = _next(utcnow(), _step(alarm))


def evaluate(backend: Backend, alarm: Alarm) -> list[Transition]:
    """Evaluate one metric alarm now; answer its change and those of composite alarms above it."""
    step, query, criteria = _step(alarm), alarm.query, alarm.criteria
    series = backend.filed()
    end = _floor(utcnow(), step)
    points = query.points(series, end, criteria.range)
    alarm.evaluated, alarm.seen = end, size(series, query.keys)
    alarm.due = _next_slide(alarm, series)
    state = state_of(points, criteria)
    if state is None or state == alarm.state_value:
        return []
    reason, data = reasons.of_metric(state, points, criteria, end, query.period)
    made = actions.change(backend, alarm, state, reason, data)
    return [*([made] if made else []), *follow(backend, alarm)]


def follow(backend: Backend, alarm: Alarm) -> Iterator[Transition]:
    """Let the composite alarms whose rules name an alarm take their states from it."""
    for parent in list(backend.alarms.values()):
        if parent.rule is not None and alarm.name in parent.parsed_rule.alarms:
            yield from settle(backend, parent, because_of=alarm)


def settle(backend: Backend, alarm: Alarm, because_of: Alarm | None = None) -> Iterator[Transition]:
    """Give a composite alarm the state its rule has now, and those above it theirs."""
    states = {one.name: one.state_value for one in backend.alarms.values()}
    state = ALARM if alarm.parsed_rule.holds(states) else OK
    if state == alarm.state_value:
        return
    reason = f"{alarm.alarm_arn} was created and its alarm rule evaluates to {state}"
    if because_of is not None:
        reason = (
            f"{because_of.alarm_arn} transitioned to {because_of.state_value} at "
            f"{because_of.state_transitioned:%A %d %B, %Y %H:%M:%S} UTC"
        )
    made = actions.change(backend, alarm, state, reason, None)
    if made is not None:
        yield made
        yield from follow(backend, alarm)


def _alarms() -> Iterator[tuple[Backend, Alarm]]:
    """Every metric alarm, new data noticed; then every composite one, for what it holds back."""
    for _, _, backend in list(cloudwatch_backends.iter_backends()):
        if not isinstance(backend, Backend) or not backend.alarms:
            continue
        series = backend.filed()
        for alarm in list(backend.alarms.values()):
            if alarm.rule is None and size(series, alarm.query.keys) != alarm.seen:
                alarm.seen = size(series, alarm.query.keys)
                due = _next(utcnow(), _step(alarm))
                alarm.due = min(alarm.due or due, due)
            yield backend, alarm


def _dues(alarm: Alarm) -> Iterable[datetime]:
    held = alarm.held.due if alarm.held is not None else None
    return [due for due in (alarm.due, held) if due is not None]


def _next_slide(alarm: Alarm, series: Series) -> datetime | None:
    """The next moment at which a datapoint slides into another period, or out of the range."""
    assert alarm.evaluated is not None
    step, query = _step(alarm), alarm.query
    period, count = timedelta(seconds=query.period), alarm.criteria.range
    soonest, found = alarm.evaluated + step, None
    for key in query.keys:
        for datum in series.window(key, soonest - (count + 1) * period, datetime.max):
            behind = max(0, -((datum.time - alarm.evaluated) // period))
            for periods in range(min(behind, count), count + 1):
                slides = _next(datum.time + periods * period, step)
                if slides > alarm.evaluated:
                    found = min(found or slides, slides)
                    break
            if found == soonest:
                break
    return found


def _step(alarm: Alarm) -> timedelta:
    """How often CloudWatch looks at an alarm."""
    query = alarm.query
    if query.period < MINUTE.total_seconds():
        return timedelta(seconds=10)
    return 60 * MINUTE if query.period * alarm.criteria.periods > DAY else MINUTE


def _floor(moment: datetime, step: timedelta) -> datetime:
    return EPOCH + (moment - EPOCH) // step * step


def _next(moment: datetime, step: timedelta) -> datetime:
    """The first whole step after a moment.

    >>> _next(datetime(2026, 1, 5, 11, 5), MINUTE).minute
    6
    """
    return _floor(moment, step) + step
