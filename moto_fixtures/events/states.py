"""SageMaker's state changes, as the events that SageMaker emits of them.

Needs     the resources of every account and region, looked at after each action that changes
          something, and whenever the clock moves
Writes    an event for each resource whose state is another than when it was last looked at

What lies between two looks is not seen: an endpoint that is created within one call emits one
event, not two. An event's detail is what Describe answers, its times in milliseconds; the
endpoint's status is spelt as AWS's own example does, IN_SERVICE. Monitoring schedules emit none.

Source: "Amazon EventBridge events emitted by Amazon SageMaker AI", SageMaker Developer Guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from moto.core.utils import utcnow
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures import clients, clock, events

READING = ("Describe", "List", "Get", "BatchDescribe", "Search", "Query")
"""Actions that change nothing."""
SEEN = "states_seen"
"""The attribute of a backend that keeps the states last seen."""


@dataclass(frozen=True, slots=True)
class Emitter:
    """One kind of resource that emits events."""

    detail_type: str
    kept: str
    """The backend's dictionary of them."""
    states: tuple[str, ...]
    """The attributes that make up the state."""
    describe: str
    request: Mapping[str, str]
    """The members of Describe's request, and the attributes they come from."""
    arn: str
    """The member of the description that is the event's resource."""
    change: Callable[[dict[str, Any]], dict[str, Any]] = dict
    """From the description to the event's detail."""


def _spelt(detail: dict[str, Any]) -> dict[str, Any]:
    """`InService` as the endpoint's event spells it.

    >>> _spelt({"EndpointStatus": "InService"})
    {'EndpointStatus': 'IN_SERVICE'}
    """
    status = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", detail["EndpointStatus"]).upper()
    return {**detail, "EndpointStatus": status}


def _job(noun: str, kept: str, spoken: str = "") -> Emitter:
    """A kind of job; they are alike."""
    return Emitter(
        f"SageMaker {spoken or noun} Job State Change",
        kept,
        ("status", "secondary_status"),
        xform_name(f"Describe{noun}Job"),
        {f"{noun}JobName": "name"},
        f"{noun}JobArn",
    )


EMITTERS: tuple[Emitter, ...] = (
    Emitter(
        "SageMaker Endpoint State Change", "endpoints", ("endpoint_status",),
        "describe_endpoint", {"EndpointName": "endpoint_name"}, "EndpointArn", _spelt,
    ),
    Emitter(
        "SageMaker Model Package State Change", "model_packages",
        ("model_package_status", "model_approval_status"),
        "describe_model_package", {"ModelPackageName": "arn"}, "ModelPackageArn",
    ),
    Emitter(
        "SageMaker Model Card State Change", "model_cards", ("state",),
        "describe_model_card", {"ModelCardName": "name"}, "ModelCardArn",
    ),
    _job("Processing", "processing_jobs"),
    _job("Training", "training_jobs"),
    _job("Transform", "transform_jobs"),
    _job("HyperParameterTuning", "hyper_parameter_tuning_jobs", "HyperParameter Tuning"),
)  # fmt: skip
"""A new kind of event is one row."""


def install() -> None:
    """Look whenever the clock moves."""
    clock.register("SageMaker's events", clock.Source(next_event, notice_all, _nothing))


def next_event() -> datetime | None:
    """Now, when something ended by itself since the last look; a job, say."""
    backends = [backend for _, _, backend in list(sagemaker_backends.iter_backends())]
    changed = any(True for backend in backends for _ in _changed(backend))
    return utcnow() if changed else None


def notice_all() -> list[Any]:
    """Look at every account and region; what is emitted is no event of the clock's own."""
    for _, _, backend in list(sagemaker_backends.iter_backends()):
        notice(backend)
    return []


def after(action: str, backend: Any) -> None:
    """Look after an action of the API, unless it only reads."""
    if not action.startswith(READING):
        notice(backend)


def notice(backend: Any) -> None:
    """Emit an event for each resource whose state has changed."""
    for emitter, key, resource, state in list(_changed(backend)):
        _seen(backend)[emitter.kept, key] = state
        _emit(backend, emitter, resource)


def _changed(backend: Any) -> Iterator[tuple[Emitter, str, Any, tuple[Any, ...]]]:
    seen = _seen(backend)
    for emitter in EMITTERS:
        for key, resource in list(getattr(backend, emitter.kept, {}).items()):
            state = tuple(getattr(resource, name, None) for name in emitter.states)
            if seen.get((emitter.kept, key)) != state:
                yield emitter, key, resource, state


def _seen(backend: Any) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The states when they were last looked at; kept on the backend, whose reset clears them."""
    found: dict[tuple[str, str], tuple[Any, ...]] = vars(backend).setdefault(SEEN, {})
    return found


def _emit(backend: Any, emitter: Emitter, resource: Any) -> None:
    if not events.heard(backend.region_name, backend.account_id):
        return
    client = clients.client("sagemaker", backend.region_name, backend.account_id)
    request = {member: getattr(resource, name) for member, name in emitter.request.items()}
    try:
        described = getattr(client, emitter.describe)(**request)
    except ClientError:
        return  # it is gone again
    described.pop("ResponseMetadata")
    detail = emitter.change(_plain(described))
    events.emit(
        emitter.detail_type,
        detail,
        [described[emitter.arn]],
        region=backend.region_name,
        account=backend.account_id,
    )


def _plain(value: Any) -> Any:
    """A description as an event carries it: times are milliseconds since 1970."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return int(value.astimezone(UTC).timestamp() * 1000)
    return [_plain(one) for one in value] if isinstance(value, Iterable) else value


def _nothing() -> None:
    return None
