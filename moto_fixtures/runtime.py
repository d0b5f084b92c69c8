"""InvokeEndpoint over HTTP, and bulk traffic: invocations.py, once or many times over.

Needs     the request's headers and body, or records
Gives     the model's answer in the service's headers, or how the records fared

`send_traffic` routes each record as a request of its own; those that meet at one variant go to
its model in batches, and each is captured as an event of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from moto.core.utils import get_service_model, utcnow
from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime import urls
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from moto_fixtures.invocations import (
    InvocationError,
    Record,
    Target,
    endpoint_of,
    invoke,
    invoke_many,
    target,
)
from moto_fixtures.sagemaker.backend import Backend

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


@dataclass(slots=True)
class TrafficReport:
    """How bulk traffic fared."""

    invocations: int = 0
    model_errors: list[tuple[int, int]] = field(default_factory=list)
    """(index of the record, status the model answered)"""


def send_traffic(backend: Backend, endpoint_name: str, records: Sequence[Record]) -> TrafficReport:
    """Send many records; a batch the model refuses is sent again record by record."""
    endpoint = endpoint_of(backend, endpoint_name)
    report = TrafficReport()
    for start, batch in _batches(records):
        for to, indices in _routed(endpoint, start, batch):
            together = [records[index] for index in indices]
            if invoke_many(backend, to, together):
                report.invocations += len(together)
                continue
            for index, record in zip(indices, together, strict=True):
                try:
                    invoke(backend, to, record)
                except InvocationError as error:
                    report.model_errors.append((index, error.body.get("OriginalStatusCode", 0)))
                else:
                    report.invocations += 1
    report.model_errors.sort()
    return report


def _routed(
    endpoint: Any, start: int, batch: Sequence[Record]
) -> Iterable[tuple[Target, list[int]]]:
    """A batch by the variant that answers each record, with the records' indices."""
    indices = range(start, start + len(batch))
    if endpoint.deployment is None and len(endpoint.production_variants) == 1:
        return [(target(endpoint), list(indices))]
    routed: dict[tuple[int, str], tuple[Target, list[int]]] = {}
    for index in indices:
        to = target(endpoint)
        routed.setdefault((id(to.fleet), to.variant), (to, []))[1].append(index)
    return routed.values()


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
            endpoint = endpoint_of(backend, name)
            to = target(endpoint, self.headers.get("X-Amzn-SageMaker-Target-Variant"))
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
