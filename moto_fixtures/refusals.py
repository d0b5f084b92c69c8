"""An action that nobody wrote, refused the same way in process and over HTTP.

moto raises NotImplementedError: a test sees Python's exception, a client of the server an HTML
page that it retries. Here both see a client error of the service's own protocol that names the
action. Nothing was done.
"""

from __future__ import annotations

import warnings
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

CODE = "NotSimulated"


def install() -> None:
    """Put our way of refusing before moto's. Idempotent; call before the first request."""
    theirs = BaseResponse.call_action
    if getattr(theirs, "refuses", False):
        return

    def call_action(self: BaseResponse) -> Any:
        try:
            return theirs(self)
        except NotImplementedError as error:
            return _refusal(self, error)

    call_action.refuses = True  # type: ignore[attr-defined]
    BaseResponse.call_action = call_action  # type: ignore[method-assign]


def _refusal(response: BaseResponse, error: NotImplementedError) -> Any:
    what = f"{response.service_name}:{response._get_action()}"
    said = str(error)
    because = f" ({said})" if said and "has not been implemented" not in said else ""
    service = response.boto3_service_name  # moto looks there for the error's protocol
    kind = type(CODE, (ServiceException,), {"code": CODE, "__module__": f"moto.{service}.errors"})
    refused = kind(f"{what} is not simulated by the offline AWS; nothing was done{because}.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # AWS's model of the service has no such error
        status, headers, body = response.serialized(ActionResult(refused))
    return status, {**headers, "status": status}, body
