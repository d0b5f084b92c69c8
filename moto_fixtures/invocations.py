"""One request to an endpoint: who answers it, what is captured, measured and copied.

Needs     an endpoint in service; the request's body and headers
Writes    events for data capture, metrics, and the same for the shadows that got a copy
Errors    ValidationError (no such endpoint or variant, too large), ModelError 424 with the
          model's own status and message

A shadow's answer is captured under its own name and never returned; nor is its failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from time import perf_counter
from typing import Any

from moto_fixtures import deployments
from moto_fixtures.data_capture import Invocation, Payload
from moto_fixtures.endpoint_metrics import Measured
from moto_fixtures.hosting import Answer, ModelHost
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.fleets import Fleet

MAXIMUM_BODY = 6 * 1024 * 1024
ANSWERING = {"InService", "Updating", "SystemUpdating", "RollingBack"}
"""The statuses in which requests are answered."""


class InvocationError(Exception):
    """The service refuses the call, or the model failed: an error code, a status and a body."""

    def __init__(self, code: str, status: int, message: str, **members: Any) -> None:
        super().__init__(message)
        self.code, self.status = code, status
        self.body = {"Message": message, **members}


@dataclass(frozen=True, slots=True)
class Target:
    """A variant of an endpoint, ready to be called."""

    endpoint: Any
    fleet: Fleet
    variant: str

    @property
    def host(self) -> ModelHost:
        return self.fleet.hosts[self.variant]


@dataclass(frozen=True, slots=True)
class Record:
    """One request of bulk traffic."""

    body: bytes
    content_type: str
    time: datetime
    inference_id: str | None = None


def endpoint_of(backend: Backend, name: str) -> Any:
    """An endpoint that answers requests.

    Raises:
        InvocationError: there is none of that name, or it is not in service.
    """
    endpoint = backend.endpoints.get(name)
    which = f"Endpoint {name} of account {backend.account_id}"
    if endpoint is None:
        raise InvocationError("ValidationError", 400, f"{which} not found.")
    if endpoint.deployment is not None:
        deployments.progress(backend, endpoint)
    if endpoint.endpoint_status not in ANSWERING:
        status = endpoint.endpoint_status
        raise InvocationError("ValidationError", 400, f"{which} is {status}, not InService.")
    return endpoint


def target(endpoint: Any, variant: str | None = None) -> Target:
    """The variant that answers: the one asked for, else the next by weight.

    Raises:
        InvocationError: the variant is not there, or no variant has a weight.
    """
    fleet = deployments.route(endpoint)
    if variant is not None:
        if variant not in fleet.names():
            fleet = endpoint.fleet
        if variant not in fleet.names():
            name = endpoint.endpoint_name
            raise InvocationError(
                "ValidationError", 400, f"Variant {variant} of endpoint {name} not found."
            )
        return Target(endpoint, fleet, variant)
    try:
        return Target(endpoint, fleet, fleet.pick())
    except ValueError as error:
        raise InvocationError(
            "ValidationError",
            400,
            f"Endpoint {endpoint.endpoint_name} has no variant to answer: {error}.",
        ) from error


def invoke(
    backend: Backend, to: Target, record: Record, headers: dict[str, str] | None = None
) -> Answer:
    """Call the model once, capture and count the call, and copy it to the shadows.

    Raises:
        InvocationError: ModelError, with the status and message of the model.
    """
    if len(record.body) > MAXIMUM_BODY:
        raise InvocationError("413", 413, f"HTTP content length exceeded {MAXIMUM_BODY} bytes.")
    for shadow in to.fleet.copied_to():
        _call(backend, Target(to.endpoint, to.fleet, shadow), record, headers)
    answer = _call(backend, to, record, headers)
    if answer.status != 200:
        raise _model_error(answer)
    return answer


def invoke_many(backend: Backend, to: Target, records: Sequence[Record]) -> bool:
    """One call for many CSV records of a row each, as if they came one by one; False if it cannot.

    Nothing has happened then: one bad record fails them all, and each is to be sent by itself.
    """
    if not _call_many(backend, to, records):
        return False
    copies: dict[str, list[Record]] = {}
    for record in records if to.fleet.shadows else ():
        for shadow in to.fleet.copied_to():
            copies.setdefault(shadow, []).append(record)
    for shadow, copied in copies.items():
        copied_to = Target(to.endpoint, to.fleet, shadow)
        if not _call_many(backend, copied_to, copied):
            for record in copied:
                _call(backend, copied_to, record)
    return True


def _call_many(backend: Backend, to: Target, records: Sequence[Record]) -> bool:
    """One call of one variant for many records; False, and nothing done, if it cannot."""
    started = perf_counter()
    answers = _answers(to.host, records)
    if answers is None:
        return False
    taken = (perf_counter() - started) / len(records)
    for record, answer in zip(records, answers, strict=True):
        _capture(backend, to, record, answer)
    _measure_many(backend, to, records, taken)
    return True


def _call(
    backend: Backend, to: Target, record: Record, headers: dict[str, str] | None = None
) -> Answer:
    """One call of one variant, captured where it succeeded, counted in any case."""
    started = perf_counter()
    headers = {"Content-Type": record.content_type, **(headers or {})}
    sent = perf_counter()
    answer = to.host.invoke(record.body, headers)
    model = perf_counter() - sent
    if answer.status == 200:
        custom_attributes = headers.get("X-Amzn-SageMaker-Custom-Attributes")
        _capture(backend, to, record, answer, custom_attributes)
    overhead = perf_counter() - started - model
    measured = Measured(record.time, answer.status, _instances(to), model, overhead)
    backend.metrics.add(to.endpoint.endpoint_name, to.variant, measured)
    return answer


def _measure_many(backend: Backend, to: Target, records: Sequence[Record], taken: float) -> None:
    """Count calls that succeeded together, minute by minute; each took its part of the time."""
    for minute, together in groupby(records, key=_minute):
        measured = Measured(minute, 200, _instances(to), taken, 0.0, sum(1 for _ in together))
        backend.metrics.add(to.endpoint.endpoint_name, to.variant, measured)


def _minute(record: Record) -> datetime:
    return record.time.replace(second=0, microsecond=0)


def _instances(to: Target) -> int:
    """How many instances share the variant's requests; 0 where it is serverless."""
    return int(to.fleet.variant(to.variant).get("CurrentInstanceCount", 0))


def _answers(host: ModelHost, records: Sequence[Record]) -> list[Answer] | None:
    """One answer per record, cut from one answer to all; None if it cannot be cut."""
    if records[0].content_type.partition(";")[0].strip().lower() != "text/csv":
        return None
    rows = [record.body.rstrip(b"\r\n") for record in records]
    if any(b"\n" in row or b"\r" in row or not row for row in rows):
        return None
    answer = host.invoke(b"\n".join(rows) + b"\n", {"Content-Type": records[0].content_type})
    lines = answer.body.splitlines(keepends=True)
    if answer.status != 200 or len(lines) != len(records):
        return None
    return [Answer(200, answer.content_type, line) for line in lines]


def _capture(
    backend: Backend,
    to: Target,
    record: Record,
    answer: Answer,
    custom_attributes: str | None = None,
) -> None:
    backend.capture.add(
        to.fleet.capture,
        Invocation(
            endpoint=to.endpoint.endpoint_name,
            variant=to.variant,
            sent=Payload(record.body, record.content_type),
            answered=Payload(answer.body, answer.content_type),
            time=record.time,
            inference_id=record.inference_id,
            custom_attributes=custom_attributes,
        ),
    )


def _model_error(answer: Answer) -> InvocationError:
    """The model's failure, as the service passes it on."""
    original = answer.body.decode("utf-8", "replace")
    side = "client" if 400 <= answer.status < 500 else "server"
    return InvocationError(
        "ModelError",
        424,
        f'Received {side} error ({answer.status}) from primary with message "{original}".',
        OriginalStatusCode=answer.status,
        OriginalMessage=original,
    )
