"""CloudWatch's errors, as the client sees them.

moto finds an error's place in the API model by the second part of its module's name: these
classes live in a module `<anything>.cloudwatch.<anything>`.
"""

from __future__ import annotations

from moto.cloudwatch.exceptions import (
    InvalidFormat,
    InvalidParameterCombination,
    InvalidParameterValue,
    ResourceNotFound,
    ValidationError,
)

__all__ = [
    "InvalidFormat",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "NotSimulated",
    "ResourceNotFound",
    "ValidationError",
]


class NotSimulated(ValidationError):
    """What the offline AWS does not do. It says so, and nothing was changed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not simulated by the offline AWS; nothing was done.")
