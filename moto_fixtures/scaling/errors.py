"""Application Auto Scaling's errors, as the client sees them."""

from __future__ import annotations

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.core.exceptions import JsonRESTError

__all__ = ["AWSValidationException", "NotSimulatedError", "ObjectNotFoundException"]


class ObjectNotFoundException(JsonRESTError):
    """What is named is not there."""

    code = 400

    def __init__(self, message: str) -> None:
        super().__init__("ObjectNotFoundException", message)


class NotSimulatedError(JsonRESTError):
    """What the offline AWS does not do. It says so, and nothing was changed."""

    code = 400

    def __init__(self, what: str) -> None:
        message = f"{what} is not simulated by the offline AWS; nothing was done."
        super().__init__("NotSimulated", message)
