"""The control path: the clock and bulk traffic, over HTTP as JSON.

    GET  /offline/clock                     {"now", "frozen"}
    POST /offline/clock    {"to"?, "frozen"?}  travel: jump; nothing in between happens. A
                                            frozen clock does not tick
    POST /offline/advance  {"to"}|{"hours"} wind: what falls due runs, in order. Answers the
                                            executions, the alarms that changed state, and
                                            what rules and schedules delivered
    POST /offline/traffic  {"EndpointName", "Records": [{"Body", "ContentType"?,
                            "InferenceId"?, "Time"?}], "Region"?, "AccountId"?}
    POST /offline/throttle {"Action", "Times", "Region"?, "AccountId"?}  the next calls of this
                            action of CloudFormation are answered "Rate exceeded"
    GET  /offline/checkouts {location: directory}
    POST /offline/checkouts {"Location", "Directory"}  a checkout of this machine stands for a
                            repository elsewhere

It is no AWS API: nothing here exists there. Answers carry `error` when they are refused.
Only a request addressed to this machine by a loopback name is answered, so that a web page
cannot reach it through a name of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from moto.cloudformation.models import cloudformation_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.utils import get_service_model, utcnow
from moto.sagemaker.models import sagemaker_backends
from werkzeug.wrappers import Request, Response

from moto_fixtures import checkout, clock, runtime, scheduler
from moto_fixtures.cloudwatch.alarms import Transition
from moto_fixtures.events.delivery import Delivery
from moto_fixtures.runtime import InvocationError, Record
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.executions import MonitoringExecution

PREFIX = "/offline/"
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
CONTENT_TYPE = "text/csv"
DEFAULT_REGION = "us-east-1"
LATE = timedelta(hours=1)
"""How far before this clock hour bulk traffic may lie: an endpoint does not capture yesterday's."""


class ControlError(Exception):
    """The request cannot be carried out; the message says why."""


def answer(request: Request) -> Response:
    """Carry out one control request."""
    if request.host.rpartition(":")[0] not in LOOPBACK and request.host not in LOOPBACK:
        return _json({"error": f"the control path is not served to host {request.host!r}"}, 403)
    action = ACTIONS.get((request.method, request.path.removeprefix(PREFIX)))
    if action is None:
        known = ", ".join(f"{method} {PREFIX}{name}" for method, name in ACTIONS)
        return _json({"error": f"{request.method} {request.path} is not known; {known}"}, 404)
    try:
        return _json(action(_body(request)), 200)
    except InvocationError as error:
        return _json({"error": str(error), "code": error.code}, error.status)
    except (ControlError, ValueError, LookupError) as error:
        return _json({"error": str(error)}, 400)


def read_clock(_: Mapping[str, Any]) -> dict[str, Any]:
    """What time it is."""
    return {"now": _iso(clock.now()), "frozen": clock.is_frozen()}


def travel(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Jump to a moment, freeze the clock, let it tick again, or two of these."""
    frozen = asked.get("frozen")
    if frozen not in {None, True, False} or (frozen is None and "to" not in asked):
        raise ControlError('give "to" (ISO 8601), "frozen" (true or false), or both')
    to = _moment(asked, "to") if "to" in asked else None
    if frozen is not None:
        (clock.freeze if frozen else clock.thaw)()
    if to is not None:
        clock.travel(to)
    return read_clock(asked)


def advance(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Wind the clock on; answer what happened on the way."""
    if ("to" in asked) == ("hours" in asked):
        raise ControlError('give one of "to" (ISO 8601) and "hours" (a number)')
    to = _moment(asked, "to") if "to" in asked else clock.now() + _hours(asked["hours"])
    happened = clock.advance(to)
    return {
        "now": _iso(clock.now()),
        "executions": [
            scheduler.outcome(one) for one in happened if isinstance(one, MonitoringExecution)
        ],
        "alarms": [one.summary() for one in happened if isinstance(one, Transition)],
        "deliveries": [one.summary() for one in happened if isinstance(one, Delivery)],
    }


def traffic(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Send many records to an endpoint, each captured as its own event."""
    missing = {"EndpointName", "Records"} - set(asked)
    if missing:
        raise ControlError(f"{', '.join(sorted(missing))} missing")
    records = [_record(index, sent) for index, sent in enumerate(asked["Records"])]
    backend = _backend_of(asked["EndpointName"], asked.get("Region"), asked.get("AccountId"))
    report = runtime.send_traffic(backend, asked["EndpointName"], records)
    return {
        "EndpointName": asked["EndpointName"],
        "Invocations": report.invocations,
        "ModelErrors": [
            {"Index": index, "OriginalStatusCode": status} for index, status in report.model_errors
        ],
    }


def throttle(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Have the next calls of an action of CloudFormation refused; 0 times takes that back."""
    action, times = _text(asked, "Action"), asked.get("Times")
    known = get_service_model("cloudformation").operation_names
    if action not in known:
        raise ControlError(f"'Action' is {action!r}; CloudFormation has no such action")
    if not isinstance(times, int) or isinstance(times, bool) or times < 0:
        raise ControlError(f"'Times' is {times!r}; it must be a whole number, 0 or more")
    account = asked.get("AccountId", DEFAULT_ACCOUNT_ID)
    region = asked.get("Region", DEFAULT_REGION)
    engine: Any = cloudformation_backends[account][region]
    engine.throttle.refuse(action, times)
    return {"Action": action, "Times": times, "Region": region, "AccountId": account}


def register_checkout(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Let a checkout of this machine stand for a repository elsewhere."""
    checkout.register(_text(asked, "Location"), Path(_text(asked, "Directory")))
    return read_checkouts(asked)


def read_checkouts(_: Mapping[str, Any]) -> dict[str, Any]:
    """Every checkout that stands for a repository."""
    return {location: str(where) for location, where in checkout.all_registered().items()}


ACTIONS: dict[tuple[str, str], Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    ("GET", "clock"): read_clock,
    ("POST", "clock"): travel,
    ("POST", "advance"): advance,
    ("POST", "traffic"): traffic,
    ("POST", "throttle"): throttle,
    ("GET", "checkouts"): read_checkouts,
    ("POST", "checkouts"): register_checkout,
}


def _record(index: int, sent: Mapping[str, Any]) -> Record:
    if not isinstance(sent, dict) or not isinstance(sent.get("Body"), str):
        raise ControlError(f"Records[{index}] has no Body (text)")
    time, now = (_moment(sent, "Time") if "Time" in sent else utcnow()), utcnow()
    earliest = now.replace(minute=0, second=0, microsecond=0) - LATE
    if not earliest <= time <= now:
        raise ControlError(
            f"Records[{index}].Time {_iso(time)} lies outside {_iso(earliest)} to now ({_iso(now)})"
        )
    return Record(
        body=sent["Body"].encode(),
        content_type=sent.get("ContentType", CONTENT_TYPE),
        time=time,
        inference_id=sent.get("InferenceId"),
    )


def _backend_of(endpoint: str, region: str | None, account: str | None) -> Backend:
    """The account and region that have an endpoint; asked for by name where several do."""
    found = [
        (owner, where, backend)
        for owner, where, backend in list(sagemaker_backends.iter_backends())
        if endpoint in backend.endpoints and region in {None, where} and account in {None, owner}
    ]
    if len(found) == 1:
        return found[0][2]
    places = ", ".join(f"{owner} in {where}" for owner, where, _ in found) or "no account"
    raise ControlError(
        f"endpoint {endpoint!r} exists in {places}"
        + ('; say which with "Region" and "AccountId"' if found else "; create it first")
    )


def _body(request: Request) -> Mapping[str, Any]:
    if request.method == "GET":
        return {}
    try:
        asked = json.loads(request.get_data() or b"{}")
    except json.JSONDecodeError as error:
        raise ControlError(f"the body is no JSON: {error}") from error
    if not isinstance(asked, dict):
        raise ControlError("the body is no JSON object")
    return asked


def _text(asked: Mapping[str, Any], member: str) -> str:
    found = asked.get(member)
    if not isinstance(found, str) or not found:
        raise ControlError(f"{member!r} is missing, or no text")
    return found


def _moment(asked: Mapping[str, Any], member: str) -> datetime:
    try:
        moment = datetime.fromisoformat(asked[member])
    except (KeyError, TypeError, ValueError) as error:
        raise ControlError(
            f"{member!r} is no time in ISO 8601, such as 2026-01-31T10:00:00Z"
        ) from error
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _hours(asked: Any) -> timedelta:
    try:
        return timedelta(hours=float(asked))
    except (TypeError, ValueError, OverflowError) as error:
        raise ControlError(f"'hours' is {asked!r}; it must be a number, such as 1.5") from error


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _json(document: Mapping[str, Any], status: int) -> Response:
    return Response(json.dumps(document) + "\n", status, mimetype="application/json")
