"""The names CloudFormation gives to what a template leaves unnamed."""

from __future__ import annotations

from moto.moto_api._internal import mock_random

from moto_fixtures.cloudformation.resource_types.base import ResourceType

_SUFFIX = 12


def generate(row: ResourceType, stack_name: str, logical_id: str) -> str:
    """{stack}-{logical id}-{12 random characters}, within the type's limit.

    The suffix makes a replacement possible: the new one and the old one exist side by side.
    """
    stem = f"{stack_name}-{logical_id}" if row.name_from_stack else logical_id
    stem = stem[: row.name_limit - _SUFFIX - 1].rstrip("-")
    name = f"{stem}-{mock_random.get_random_string(length=_SUFFIX, include_digits=True)}"
    return name.lower() if row.name_case == "lower" else name
