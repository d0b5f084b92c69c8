"""What scales a variant: an alarm in ALARM, a scheduled action, limits it does not keep to.

Needs     policies, their alarms and metrics, scheduled actions, the clock
Writes    the variant's instance count, and an activity that says why

An alarm acts when it goes off, and every minute while it stays so, as CloudWatch does for
scaling. After a change the variant rests for the policy's cooldown; a scale-out may cut a rest
after a scale-in short, nothing else may.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from moto_fixtures import clock
from moto_fixtures.cloudwatch import actions
from moto_fixtures.cloudwatch.actions import ActionFailed
from moto_fixtures.cloudwatch.alarms import Transition
from moto_fixtures.cloudwatch.evaluation import ALARM
from moto_fixtures.events import recurrence
from moto_fixtures.scaling import capacity, policies, variants
from moto_fixtures.scaling.backend import Backend
from moto_fixtures.scaling.variants import NAMESPACE, VariantError

MINUTE = timedelta(minutes=1)
COOLDOWN = 300
"""Seconds a variant rests where a target tracking policy does not say."""
SERVICE = "autoscaling"
"""The service in a policy's ARN."""


def install() -> None:
    """Let alarms scale, and scheduled actions fall due as the clock is wound."""
    actions.register(SERVICE, on_alarm)
    clock.register("scaling", clock.Source(next_event, run_due, _jumped))


def on_alarm(arn: str, made: Transition) -> None:
    """Carry out the policy that an alarm names.

    Raises:
        ActionFailed: there is no such policy, or the variant cannot be scaled.
    """
    for backend, policy in _policies():
        if policy.policy_arn == arn:
            try:
                _carry_out(backend, policy, made.alarm)
            except VariantError as error:
                raise ActionFailed(str(error)) from error
            return
    raise ActionFailed(f"There is no scaling policy {arn}.")


def next_event() -> datetime | None:
    """When a policy is carried out again, or a scheduled action for the first time."""
    again = (due for backend, policy in _policies() if (due := _again(backend, policy)))
    scheduled = (due for _, action in _scheduled() if (due := _due(action)) is not None)
    return min((*again, *scheduled), default=None)


def run_due() -> list[Any]:
    """Carry out all that is due by now; the activities tell what was done."""
    now = utcnow()
    for backend, policy in _policies():
        due = _again(backend, policy)
        if due is not None and due <= now:
            for alarm in _ringing(policy):
                _tried(backend, policy, alarm)
    for backend, action in _scheduled():
        due = _due(action)
        if due is not None and due <= now:
            action.next = _following(action, due)
            _apply(backend, action)
    return []


def keep_limits(backend: Backend, target: Any) -> None:
    """Bring a variant within the limits of its target, if it is not."""
    current = variants.count(backend.account_id, backend.region_name, target.resource_id)
    wanted = capacity.within(current, target.min_capacity, target.max_capacity)
    if wanted != current:
        which = "minimum" if wanted > current else "maximum"
        cause = f"{which} capacity was set to {wanted}"
        _scale(backend, target, wanted, cause)


def _carry_out(backend: Backend, policy: Any, alarm: Any) -> None:
    backend.looked[policy.policy_arn] = utcnow()
    target = backend.target(NAMESPACE, policy.resource_id, policy.scalable_dimension)
    current = variants.count(backend.account_id, backend.region_name, policy.resource_id)
    wanted = _wanted(policy, alarm, current)
    if wanted is None:
        return
    wanted = capacity.within(wanted, target.min_capacity, target.max_capacity)
    if wanted == current or not _may(backend, target, wanted > current):
        return
    tracking = policy.target_tracking_scaling_policy_configuration
    if tracking and wanted < current and tracking.get("DisableScaleIn"):
        return
    cause = f"monitor alarm {alarm.name} in state ALARM triggered policy {policy.policy_name}"
    _scale(backend, target, wanted, cause)
    rest = timedelta(seconds=_cooldown(policy, wanted > current))
    backend.cooldowns[target.resource_id] = (utcnow() + rest, wanted > current)


def _tried(backend: Backend, policy: Any, alarm: Any) -> None:
    """Carry a policy out again; that its variant is gone by now is no error of the clock's."""
    try:
        _carry_out(backend, policy, alarm)
    except VariantError:
        backend.looked[policy.policy_arn] = utcnow()


def _wanted(policy: Any, alarm: Any, current: int) -> int | None:
    """The count a policy asks for; None where its metric has no value, or no step is for it."""
    value = _value(policy, alarm)
    if value is None:
        return None
    tracking = policy.target_tracking_scaling_policy_configuration
    if tracking:
        wanted = capacity.tracked(current, value, tracking["TargetValue"])
        is_high = alarm.criteria.comparison.startswith("Greater")
        return max(wanted, current) if is_high else min(wanted, current)
    breach = value - alarm.criteria.threshold
    above = alarm.criteria.comparison.startswith("Greater")
    return capacity.stepped(current, breach, above, policy.step_scaling_policy_configuration)


def _value(policy: Any, alarm: Any) -> float | None:
    """The newest value of an alarm's metric among those it has just been judged by."""
    series = cloudwatch_backends[policy.account_id][policy.region_name].filed()
    end = utcnow().replace(second=0, microsecond=0)
    points = alarm.query.points(series, end, alarm.criteria.range)
    return next((point for point in points if point is not None), None)


def _may(backend: Backend, target: Any, out: bool) -> bool:
    """Whether scaling out or in is neither suspended nor held up by a rest."""
    suspended = target.suspended_state or {}
    if suspended.get("DynamicScalingOutSuspended" if out else "DynamicScalingInSuspended"):
        return False
    until, was_out = backend.cooldowns.get(target.resource_id, (utcnow(), False))
    return until <= utcnow() or (out and not was_out)


def _cooldown(policy: Any, out: bool) -> int:
    tracking = policy.target_tracking_scaling_policy_configuration
    if tracking is None:
        return int((policy.step_scaling_policy_configuration or {}).get("Cooldown") or 0)
    return int(tracking.get("ScaleOutCooldown" if out else "ScaleInCooldown", COOLDOWN))


def _scale(backend: Backend, target: Any, wanted: int, cause: str) -> None:
    """Set the count, and record the activity.

    Raises:
        VariantError: SageMaker refuses; the activity says so too.
    """
    activity: dict[str, Any] = {
        "ActivityId": str(mock_random.uuid4()),
        "ServiceNamespace": target.service_namespace,
        "ResourceId": target.resource_id,
        "ScalableDimension": target.scalable_dimension,
        "Description": f"Setting desired instance count to {wanted}.",
        "Cause": cause,
        "StartTime": utcnow().timestamp(),
        "EndTime": utcnow().timestamp(),
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired instance count to {wanted}. Change "
        "successfully fulfilled by sagemaker.",
    }
    backend.activities.append(activity)
    try:
        variants.resize(backend.account_id, backend.region_name, target.resource_id, wanted)
    except VariantError as error:
        activity.update(StatusCode="Failed", StatusMessage=str(error))
        raise


def _apply(backend: Backend, action: Any) -> None:
    """Set the limits that a scheduled action names, and keep to them."""
    target = backend.targets.get(action.scalable_dimension, {}).get(action.resource_id)
    if target is None or (target.suspended_state or {}).get("ScheduledScalingSuspended"):
        return
    limits = action.scalable_target_action or {}
    target.update(limits.get("MinCapacity"), limits.get("MaxCapacity"), None)
    try:
        keep_limits(backend, target)
    except VariantError:
        return  # the activity tells it, or the endpoint is gone


def _again(backend: Backend, policy: Any) -> datetime | None:
    """When a policy whose alarm stays in ALARM is carried out again; None where it cannot act."""
    looked = backend.looked.get(policy.policy_arn)
    if looked is None or not _ringing(policy):
        return None
    target = backend.targets.get(policy.scalable_dimension, {}).get(policy.resource_id)
    if target is None:
        return None
    try:
        current = variants.count(backend.account_id, backend.region_name, policy.resource_id)
    except VariantError:
        return None
    high = any(alarm.criteria.comparison.startswith("Greater") for alarm in _ringing(policy))
    tracking = policy.target_tracking_scaling_policy_configuration
    bound = target.max_capacity if high else target.min_capacity
    return None if tracking and current == bound else looked + MINUTE


def _ringing(policy: Any) -> list[Any]:
    return [
        one
        for one in policies.alarms_of(policy)
        if one.state_value == ALARM and one.rule is None and one.actions_enabled
    ]


def _due(action: Any) -> datetime | None:
    """When a scheduled action is due next; worked out when it is first looked at."""
    if not hasattr(action, "next") or action.planned != (action.schedule, action.timezone):
        action.planned = (action.schedule, action.timezone)
        action.next = _following(action, utcnow())
    found: datetime | None = action.next
    return found


def _following(action: Any, moment: datetime) -> datetime | None:
    """The next time after a moment, between the action's StartTime and EndTime."""
    start, end = (
        None if time is None else _moment(float(time))
        for time in (action.start_time, action.end_time)
    )
    recurs = recurrence.parse(action.schedule, action.timezone or "UTC")
    began = start or _moment(action.creation_time)
    due = recurs.next_after(max(moment, start or moment), began)
    return None if due is None or (end is not None and due > end) else due


def _moment(seconds: float) -> datetime:
    """Seconds since 1970 as moto's times: UTC without a zone."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _jumped() -> None:
    """Time jumped: what scheduled actions missed is not made up for."""
    for _, action in _scheduled():
        action.next = _following(action, utcnow())


def _backends() -> Iterator[Backend]:
    for _, _, backend in list(applicationautoscaling_backends.iter_backends()):
        if isinstance(backend, Backend):
            yield backend


def _policies() -> Iterator[tuple[Backend, Any]]:
    for backend in _backends():
        for policy in list(backend.policies.values()):
            if policy.service_namespace == NAMESPACE:
                yield backend, policy


def _scheduled() -> Iterator[tuple[Backend, Any]]:
    for backend in _backends():
        for action in list(backend.scheduled_actions):
            if action.service_namespace == NAMESPACE:
                yield backend, action
