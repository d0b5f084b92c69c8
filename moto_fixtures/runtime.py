"""InvokeEndpoint: the real model through the real serving code, captured as configured.

Needs     an endpoint in service; the request's body and headers
Writes    an event for data capture, once the model has answered
Errors    ValidationError (no such endpoint or variant, too large), ModelError 424 with the
          model's own status and message

`send_traffic` is the same call many times over: the records go to the model in batches and
each is captured as an event of its own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from moto.core.utils import get_service_model, utcnow
from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime import urls
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from moto_fixtures.data_capture import Invocation, Payload
from moto_fixtures.hosting import Answer, ModelHost
from moto_fixtures.sagemaker.backend import Backend

MAXIMUM_BODY = 6 * 1024 * 1024
BATCH = 500
REFUSED = ("InvokeEndpointAsync", "InvokeEndpointWithResponseStream")
"""Actions refused by name: answers come at once and whole."""
MEMBERS = {
    "EndpointName", "Body", "ContentType", "Accept", "CustomAttributes", "TargetVariant",
    "InferenceId",
}  # fmt: skip
"""What InvokeEndpoint understands; any other member of botocore's model is refused by name."""
STREAM_PATH = "{0}/endpoints/(?P<name>[^/]+)/invocations-response-stream$"
"""Where moto has nothing, and a client would read "Not yet implemented"."""
_JSON = "application/json"


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
    variant: str
    host: ModelHost


@dataclass(frozen=True, slots=True)
class Record:
    """One request of bulk traffic."""

    body: bytes
    content_type: str
    time: datetime
    inference_id: str | None = None


@dataclass(slots=True)
class TrafficReport:
    """How bulk traffic fared."""

    invocations: int = 0
    model_errors: list[tuple[int, int]] = field(default_factory=list)
    """(index of the record, status the model answered)"""


def target(backend: Backend, endpoint_name: str, variant: str | None = None) -> Target:
    """The variant that answers: the one asked for, else one drawn by weight."""
    endpoint = backend.endpoints.get(endpoint_name)
    if endpoint is None:
        raise InvocationError(
            "ValidationError",
            400,
            f"Endpoint {endpoint_name} of account {backend.account_id} not found.",
        )
    if endpoint.endpoint_status != "InService":
        raise InvocationError(
            "ValidationError",
            400,
            f"Endpoint {endpoint_name} of account {backend.account_id} is "
            f"{endpoint.endpoint_status}, not InService.",
        )
    if variant is not None and variant not in endpoint.hosts:
        raise InvocationError(
            "ValidationError", 400, f"Variant {variant} of endpoint {endpoint_name} not found."
        )
    weights = {one["VariantName"]: one["CurrentWeight"] for one in endpoint.production_variants}
    drawn = random.choices(list(weights), list(weights.values()))[0]  # noqa: S311
    chosen = variant or drawn
    return Target(endpoint, chosen, endpoint.hosts[chosen])


def invoke(
    backend: Backend, to: Target, record: Record, headers: dict[str, str] | None = None
) -> Answer:
    """Call the model once and capture the call.

    Raises:
        InvocationError: ModelError, with the status and message of the model.
    """
    if len(record.body) > MAXIMUM_BODY:
        raise InvocationError("413", 413, f"HTTP content length exceeded {MAXIMUM_BODY} bytes.")
    headers = {"Content-Type": record.content_type, **(headers or {})}
    answer = to.host.invoke(record.body, headers)
    if answer.status != 200:
        raise _model_error(answer)
    _capture(backend, to, record, answer, headers.get("X-Amzn-SageMaker-Custom-Attributes"))
    return answer


def send_traffic(backend: Backend, endpoint_name: str, records: Sequence[Record]) -> TrafficReport:
    """Send many records; a batch the model refuses is sent again record by record."""
    to = target(backend, endpoint_name)
    report = TrafficReport()
    for start, batch in _batches(records):
        answers = _invoke_batch(to, batch)
        if answers is not None:
            for record, answer in zip(batch, answers, strict=True):
                _capture(backend, to, record, answer)
            report.invocations += len(batch)
            continue
        for index, record in enumerate(batch, start):
            try:
                invoke(backend, to, record)
            except InvocationError as error:
                report.model_errors.append((index, error.body.get("OriginalStatusCode", 0)))
            else:
                report.invocations += 1
    return report


def _batches(records: Sequence[Record]) -> Iterator[tuple[int, list[Record]]]:
    """Runs of neighbours of one content type, with the index of their first."""
    start = 0
    while start < len(records):
        kind = records[start].content_type
        batch = []
        for record in islice(records, start, start + BATCH):
            if record.content_type != kind:
                break
            batch.append(record)
        yield start, batch
        start += len(batch)


def _invoke_batch(to: Target, batch: list[Record]) -> list[Answer] | None:
    """One call for many CSV records of one row each, the answer cut up again; None if it cannot."""
    if batch[0].content_type.partition(";")[0].strip().lower() != "text/csv":
        return None
    rows = [record.body.rstrip(b"\r\n") for record in batch]
    if any(b"\n" in row or b"\r" in row or not row for row in rows):
        return None
    answer = to.host.invoke(b"\n".join(rows) + b"\n", {"Content-Type": batch[0].content_type})
    lines = answer.body.splitlines(keepends=True)
    if answer.status != 200 or len(lines) != len(batch):
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
        to.endpoint.data_capture_config,
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


class RuntimeResponse(SageMakerRuntimeResponse):
    """The actions of the runtime: one real, the others refused."""

    use_raw_body = True

    def call_action(self) -> Any:
        """Refuse what is not there, then answer."""
        action = self._get_action()
        if action in REFUSED:
            return _refusal(_not_simulated(action))
        return super().call_action()

    def invoke_endpoint(self) -> tuple[int, dict[str, Any], bytes | str]:
        backend = sagemaker_backends[self.current_account][self.region]
        name = self.uri_match.get("EndpointName") or self.path.split("/")[2]
        record = Record(
            body=self.raw_body if isinstance(self.raw_body, bytes) else self.raw_body.encode(),
            content_type=self.headers.get("Content-Type") or "application/octet-stream",
            time=utcnow(),
            inference_id=self.headers.get("X-Amzn-SageMaker-Inference-Id"),
        )
        passed_on = {
            header: self.headers[header]
            for header in ("Accept", "X-Amzn-SageMaker-Custom-Attributes")
            if self.headers.get(header)
        }
        try:
            _check_members(self.headers)
            to = target(backend, name, self.headers.get("X-Amzn-SageMaker-Target-Variant"))
            answer = invoke(backend, to, record, passed_on)
        except InvocationError as error:
            return _refusal(error)
        headers = {
            "Content-Type": answer.content_type,
            "x-Amzn-Invoked-Production-Variant": to.variant,
        }
        if answer.custom_attributes:
            headers["X-Amzn-SageMaker-Custom-Attributes"] = answer.custom_attributes
        return 200, headers, answer.body


@cache
def refused_members() -> dict[str, str]:
    """The members of InvokeEndpoint that are refused, each with the header it travels in."""
    shape = get_service_model("sagemaker-runtime").operation_model("InvokeEndpoint").input_shape
    return {
        name: member.serialization["name"]
        for name, member in shape.members.items()
        if name not in MEMBERS
    }


def _check_members(headers: Mapping[str, str]) -> None:
    for member, header in refused_members().items():
        if headers.get(header):
            raise _not_simulated(f"{member} of InvokeEndpoint")


def _not_simulated(what: str) -> InvocationError:
    return InvocationError("NotSimulated", 400, f"{what} is not simulated by the offline AWS.")


def _refusal(error: InvocationError) -> tuple[int, dict[str, Any], str]:
    headers = {"status": error.status, "Content-Type": _JSON, "x-amzn-errortype": error.code}
    return error.status, headers, json.dumps(error.body)


def install() -> None:
    """Put our runtime in moto's place, before the first request."""
    urls.url_paths[STREAM_PATH] = RuntimeResponse.dispatch
    for path in urls.url_paths:
        urls.url_paths[path] = RuntimeResponse.dispatch
