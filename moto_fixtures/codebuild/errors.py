"""CodeBuild's errors, as the client sees them."""

from __future__ import annotations

from moto.codebuild.exceptions import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)

from moto_fixtures.checked_actions import NotSimulatedError

__all__ = [
    "InvalidInputException",
    "NotSimulatedError",
    "ResourceAlreadyExistsException",
    "ResourceNotFoundException",
]
