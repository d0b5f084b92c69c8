"""A fleet: the variants of an endpoint configuration, their models loaded, and who answers.

Needs     an endpoint configuration, its models, and what is retained of the fleet before
Gives     variants as DescribeEndpoint shows them; the variant that answers the next request,
          and the shadows that get a copy of it

What was loaded stays loaded: later changes in S3 or of a model reach no endpoint.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.utils import utcnow

from moto_fixtures import hosting
from moto_fixtures.hosting import ModelHost
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.models import resolved
from moto_fixtures.splitting import Split

FAILED_PING = (
    "The primary container for production variant {variant} did not pass the ping health "
    "check. Please check CloudWatch logs for this endpoint. {cause}"
)
RETAINABLE = frozenset({"DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"})
"""What UpdateEndpoint can keep of the variants that go on under their names."""


@dataclass
class Fleet:
    """The variants of one configuration, in service or about to be."""

    config_name: str
    capture: Mapping[str, Any]
    """The DataCaptureConfig of its traffic; empty without one."""
    variants: list[dict[str, Any]]
    """As DescribeEndpoint shows them."""
    shadows: list[dict[str, Any]]
    hosts: dict[str, ModelHost]
    _split: Split = field(default_factory=Split)
    _copies: dict[str, Split] = field(default_factory=dict)

    @property
    def instances(self) -> int:
        """The instances of all production variants; a serverless one counts as one."""
        return sum(variant.get("CurrentInstanceCount") or 1 for variant in self.variants)

    def variant(self, name: str) -> dict[str, Any]:
        """A variant by name, shadows included."""
        return next(one for one in (*self.variants, *self.shadows) if one["VariantName"] == name)

    def names(self) -> list[str]:
        """The variants a caller may ask for: a shadow is not among them."""
        return [variant["VariantName"] for variant in self.variants]

    def pick(self) -> str:
        """The variant that answers the next request, by weight.

        Raises:
            ValueError: every weight is zero.
        """
        return self._split.pick({one["VariantName"]: one["CurrentWeight"] for one in self.variants})

    def copied_to(self) -> Iterator[str]:
        """The shadows that get a copy of this request: the share their weight is of the other's."""
        for shadow in self.shadows:
            name, production = shadow["VariantName"], self.variants[0]["CurrentWeight"]
            share = min(1.0, shadow["CurrentWeight"] / production) if production else 1.0
            split = self._copies.setdefault(name, Split())
            if split.pick({"copy": share, "none": 1 - share}) == "copy":
                yield name


def load(backend: Backend, config: Any, kept: Fleet | None, retained: Collection[str]) -> Fleet:
    """The fleet of a configuration, once every model has answered its health check.

    Raises:
        ModelLoadError: a model does not load; the message names the variant.
    """
    request = config.request
    capture = request.get("DataCaptureConfig", {})
    if kept is not None and "DataCaptureConfig" in retained:
        capture = kept.capture
    fleet = Fleet(config.endpoint_config_name, capture, [], [], {})
    for summaries, member in (
        (fleet.variants, "ProductionVariants"),
        (fleet.shadows, "ShadowProductionVariants"),
    ):
        for variant in request.get(member, ()):
            summary, host = _hosted(backend, variant)
            fleet.hosts[variant["VariantName"]] = host
            summaries.append({**summary, **_retained(kept, variant["VariantName"], retained)})
    return fleet


def _retained(kept: Fleet | None, name: str, retained: Collection[str]) -> dict[str, Any]:
    """The weight and count of the variant of the same name, where they are to stay."""
    before = [one for one in kept.variants if one["VariantName"] == name] if kept else []
    desired = {"DesiredInstanceCount", "DesiredWeight"} & set(retained)
    found: dict[str, Any] = {}
    for variant in before:
        for member in desired:
            if variant.get(member) is not None:
                found[member] = found[member.replace("Desired", "Current")] = variant[member]
    return found


def _hosted(backend: Backend, request: Mapping[str, Any]) -> tuple[dict[str, Any], ModelHost]:
    """A variant's summary and the host behind it, once its model has answered its health check."""
    container = resolved(backend, backend.describe_model(request["ModelName"]).container)
    try:
        host = hosting.host(container, backend.region_name, backend.account_id)
    except hosting.ModelLoadError as error:
        reason = FAILED_PING.format(variant=request["VariantName"], cause=error)
        raise hosting.ModelLoadError(reason) from error
    weight, count = request.get("InitialVariantWeight", 1.0), request.get("InitialInstanceCount")
    summary = {
        "VariantName": request["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
        "CurrentServerlessConfig": request.get("ServerlessConfig"),
        "DesiredServerlessConfig": request.get("ServerlessConfig"),
    }
    if "Image" in container:
        summary["DeployedImages"] = [
            {"SpecifiedImage": container["Image"], "ResolutionTime": utcnow()}
        ]
    return {member: value for member, value in summary.items() if value is not None}, host
