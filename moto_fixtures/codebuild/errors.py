"""CodeBuild's errors, as the client sees them."""

from __future__ import annotations

from moto.codebuild.exceptions import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)
from moto.core.exceptions import JsonRESTError

__all__ = [
    "InvalidInputException",
    "NotSimulatedError",
    "ResourceAlreadyExistsException",
    "ResourceNotFoundException",
]


class NotSimulatedError(JsonRESTError):
    """What the offline AWS does not do. It says so, and never answers a plausible constant."""

    code = 400

    def __init__(self, what: str, instead: str = "") -> None:
        refusal = f"{what} is not simulated by the offline AWS; nothing was done."
        super().__init__("NotSimulated", f"{refusal} {instead}".rstrip())
