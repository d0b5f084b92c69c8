"""An endpoint's variant as a scalable target: how many instances it has, and should have."""

from __future__ import annotations

import re

from botocore.exceptions import ClientError
from moto.sagemaker.models import sagemaker_backends

from moto_fixtures.clients import client

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_RESOURCE = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")


class VariantError(Exception):
    """The variant is not there, or cannot be scaled; the message says why."""


def names(resource_id: str) -> tuple[str, str]:
    """The endpoint and the variant in a resource ID.

    Raises:
        VariantError: the ID is of another form.

    >>> names("endpoint/fraud/variant/AllTraffic")
    ('fraud', 'AllTraffic')
    """
    found = _RESOURCE.fullmatch(resource_id)
    if found is None:
        raise VariantError(f"{resource_id!r} is not endpoint/…/variant/….")
    return found["endpoint"], found["variant"]


def count(account: str, region: str, resource_id: str) -> int:
    """How many instances a variant has.

    Raises:
        VariantError: there is no such variant in service, or it has no instances.
    """
    endpoint_name, variant_name = names(resource_id)
    endpoint = sagemaker_backends[account][region].endpoints.get(endpoint_name)
    variants = endpoint.production_variants if endpoint is not None else []
    for variant in variants:
        if variant["VariantName"] == variant_name:
            if "CurrentInstanceCount" not in variant:
                raise VariantError(f"Variant {variant_name} is serverless; it has no instances.")
            return int(variant["CurrentInstanceCount"])
    raise VariantError(f"The endpoint {endpoint_name} has no variant {variant_name}.")


def resize(account: str, region: str, resource_id: str, instances: int) -> None:
    """Give a variant so many instances, as UpdateEndpointWeightsAndCapacities does.

    Raises:
        VariantError: SageMaker refuses, in its words.
    """
    endpoint_name, variant_name = names(resource_id)
    wanted = [{"VariantName": variant_name, "DesiredInstanceCount": instances}]
    try:
        client("sagemaker", region, account).update_endpoint_weights_and_capacities(
            EndpointName=endpoint_name, DesiredWeightsAndCapacities=wanted
        )
    except ClientError as error:
        raise VariantError(error.response["Error"]["Message"]) from error
