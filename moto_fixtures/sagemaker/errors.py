"""SageMaker's errors, as the client sees them.

moto finds an error's place in the API model by the second part of its module's name:
these classes must live in a module `<anything>.sagemaker.<anything>`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.sagemaker.exceptions import (
    AWSValidationException,
    ResourceInUseException,
    ResourceNotFound,
    SagemakerClientError,
)
from moto.sagemaker.exceptions import ConflictException as ServiceConflict

__all__ = [
    "AWSValidationException",
    "NotSimulatedError",
    "ResourceInUseException",
    "ResourceNotFound",
    "ServiceConflict",
]


class NotSimulatedError(SagemakerClientError):
    """What the offline AWS does not do. It says so, and never answers a plausible constant."""

    code = "NotSimulated"

    def __init__(self, what: str, instead: str = "") -> None:
        refusal = f"{what} is not simulated by the offline AWS; nothing was done."
        super().__init__(f"{refusal} {instead}".rstrip())

    def response(self, headers: Mapping[str, Any]) -> tuple[int, dict[str, Any], str]:
        """The answer over the wire. moto would warn that AWS's model has no such error."""
        body = json.dumps({"__type": self.code, "message": self.message})
        return 400, {**headers, "X-Amzn-Errortype": self.code, "status": 400}, body
