"""Actions of a JSON service, each request checked before it is answered.

Needs     botocore's model of the service; moto's response, which this goes before
Gives     a client's error for an action nobody simulates and for a request that breaks the model

`class Response(CheckedActions, CodeBuildResponse)`: its own methods are the actions.
"""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import camelcase_to_underscores, get_service_model

from moto_fixtures.sagemaker import validation


class NotSimulatedError(JsonRESTError):
    """What the offline AWS does not do. It says so, and never answers a plausible constant."""

    code = 400

    def __init__(self, what: str, instead: str = "") -> None:
        refusal = f"{what} is not simulated by the offline AWS; nothing was done."
        super().__init__("NotSimulated", f"{refusal} {instead}".rstrip())


class CheckedActions:
    """Goes before a response of moto's."""

    service_name: str
    params: dict[str, Any]

    def __init__(self) -> None:
        super().__init__()
        self.automated_parameter_parsing = True

    def call_action(self) -> Any:
        """Validate, refuse what is not there, then answer."""
        try:
            self._check(self._get_action())  # type: ignore[attr-defined]
        except JsonRESTError as error:
            sent: dict[str, Any] = self.response_headers  # type: ignore[attr-defined]
            headers = {**sent, **dict(error.get_headers()), "status": error.code}
            return error.code, headers, error.description
        return super().call_action()  # type: ignore[misc]

    def invalid(self, message: str) -> JsonRESTError:
        """The service's own error for a request that breaks its model."""
        raise NotImplementedError

    def refuse(self, action: str) -> None:
        """Raise for what the request asks and nobody carries out; by default there is nothing."""

    def _check(self, action: str) -> None:
        if not hasattr(self, camelcase_to_underscores(action)):
            raise NotSimulatedError(f"{self.service_name}:{action}")
        self.refuse(action)
        shape = get_service_model(self.service_name).operation_model(action).input_shape
        found = list(validation.broken_constraints(shape, self.params)) if shape else []
        if found:
            raise self.invalid("; ".join(found))
