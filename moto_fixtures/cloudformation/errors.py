"""What the CloudFormation API refuses, and what stops a resource.

    ServiceException (moto)
    ├── Throttled                    asked for by `throttling`; the same call succeeds later
    └── ValidationError              the request or the template; nothing was made
        ├── NotSimulated             AWS has it, this offline AWS has not; names it
        ├── AlreadyExists            a stack or change set of that name
        ├── InsufficientCapabilities IAM resources without acknowledgement
        ├── TokenAlreadyExists       another request had this ClientRequestToken
        ├── ChangeSetNotFound
        └── InvalidChangeSetStatus
    ResourceFailed                   one resource; becomes an event and a rollback
    └── HalfMade                     the same, and there is something left to delete

moto finds the wire format of an error by the *module* its class claims to live in, hence
`__module__`: it must name a service package of moto.
"""

from __future__ import annotations

from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException

_ABSENT = ("NotFound", "NoSuch", "NonExistent", "ResourceNotFoundException")
_TAKEN = ("AlreadyExists", "ResourceInUse", "BucketAlreadyOwnedByYou")


class ValidationError(ServiceException):
    """A template or request CloudFormation does not accept."""

    __module__ = "moto.cloudformation.exceptions"
    code = "ValidationError"


class NotSimulated(ValidationError):
    """Real CloudFormation would go on here; this one says so instead of pretending."""

    __module__ = "moto.cloudformation.exceptions"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not simulated by the offline AWS.")


class AlreadyExists(ValidationError):
    """The name is taken."""

    __module__ = "moto.cloudformation.exceptions"
    code = "AlreadyExistsException"


class InsufficientCapabilities(ValidationError):
    """The template makes IAM resources and the request does not acknowledge it."""

    __module__ = "moto.cloudformation.exceptions"
    code = "InsufficientCapabilitiesException"


class Throttled(ServiceException):
    """Too many calls; the same call succeeds later."""

    __module__ = "moto.cloudformation.exceptions"
    code = "Throttling"


class TokenAlreadyExists(ValidationError):
    """A ClientRequestToken belongs to one request."""

    __module__ = "moto.cloudformation.exceptions"
    code = "TokenAlreadyExistsException"


class ChangeSetNotFound(ValidationError):
    """No change set of that name or ARN."""

    __module__ = "moto.cloudformation.exceptions"
    code = "ChangeSetNotFound"


class InvalidChangeSetStatus(ValidationError):
    """The change set cannot be executed or deleted as it stands."""

    __module__ = "moto.cloudformation.exceptions"
    code = "InvalidChangeSetStatus"


class ResourceFailed(Exception):
    """One resource could not be made, changed or destroyed; the text is the event's reason."""


class HalfMade(ResourceFailed):
    """A resource that failed and exists nevertheless: a rollback has to delete it."""

    def __init__(self, why: str, physical_id: str) -> None:
        super().__init__(why)
        self.physical_id = physical_id


def reason(error: Exception) -> str:
    """An exception from a service call in the words of a stack event.

    >>> refused = ClientError(
    ...     {"Error": {"Code": "ResourceInUse", "Message": "Name is taken."},
    ...      "ResponseMetadata": {"HTTPStatusCode": 400}}, "CreateModel")
    >>> reason(refused)
    'Resource handler returned message: "Name is taken. (Status Code: 400)" (HandlerErrorCode: AlreadyExists)'
    """  # noqa: E501  (the reason is one line, as the event has it)
    if isinstance(error, ClientError):
        found = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        if status >= 500:
            return _generic(error.operation_name)
        return (
            f'Resource handler returned message: "{found.get("Message", error)} '
            f'(Status Code: {status})" (HandlerErrorCode: {_handler_code(found.get("Code", ""))})'
        )
    return str(getattr(error, "message", None) or error)


def _generic(operation: str) -> str:
    """What a handler says of a service's own failure: nothing but where it happened.

    >>> _generic("CreateMonitoringSchedule").split('"')[1]
    "Error occurred during operation 'CREATE'."
    """
    verbs = {"Update": "UPDATE", "Delete": "DELETE", "Describe": "READ"}
    verb = next((verb for word, verb in verbs.items() if operation.startswith(word)), "CREATE")
    return (
        f"Resource handler returned message: \"Error occurred during operation '{verb}'.\" "
        "(HandlerErrorCode: GeneralServiceException)"
    )


def is_absent(error: ClientError) -> bool:
    """Whether a service refused because the thing is not there (so deleting it is done)."""
    found = error.response.get("Error", {})
    code, message = found.get("Code", ""), str(found.get("Message", ""))
    return any(word in code for word in _ABSENT) or (
        code == "ValidationException"
        and any(words in message for words in ("Could not find", "does not exist"))
    )


def _handler_code(code: str) -> str:
    if any(word in code for word in _TAKEN):
        return "AlreadyExists"
    if any(word in code for word in _ABSENT):
        return "NotFound"
    if "AccessDenied" in code:
        return "AccessDenied"
    if "Throttl" in code:
        return "Throttling"
    if "LimitExceeded" in code:
        return "ServiceLimitExceeded"
    return "InvalidRequest"
