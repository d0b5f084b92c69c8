"""The resource types that exist here, one row each; anything else is refused by name.

To add a type whose properties are its API's members, add a row to the file of its service: an
`ApiType(...)` where the API spells them alike, a `MappedType(...)` where only the letters differ.
Where properties and calls differ more, write a `ResourceType`: `make` the bare thing, `configure`
it from one set of properties to another, `destroy` it, and name its `attributes`.
`tests/contracts/test_resource_types.py` then holds it to what every type must do.
"""

from __future__ import annotations

from collections.abc import Mapping

from moto_fixtures.cloudformation.errors import NotSimulated
from moto_fixtures.cloudformation.resource_types import (
    cloudwatch,
    delivery,
    iam,
    keys,
    messaging,
    nested,
    network,
    operations,
    sagemaker,
    sagemaker_registry,
    scheduling,
    secretsmanager,
    storage,
)
from moto_fixtures.cloudformation.resource_types.base import ResourceType

RESOURCE_TYPES: Mapping[str, ResourceType] = {
    row.type_name: row
    for module in (
        sagemaker,
        sagemaker_registry,
        cloudwatch,
        messaging,
        iam,
        storage,
        keys,
        operations,
        scheduling,
        delivery,
        secretsmanager,
        network,
        nested,
    )
    for row in module.TYPES
}


def of(type_name: str, logical_id: str) -> ResourceType:
    """The row of a type.

    Raises NotSimulated, naming the type and the resource, when there is none.
    """
    if type_name not in RESOURCE_TYPES:
        raise NotSimulated(f"Resource type {type_name} (resource {logical_id})")
    return RESOURCE_TYPES[type_name]
