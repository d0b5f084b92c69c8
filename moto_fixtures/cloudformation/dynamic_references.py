"""Dynamic references: {{resolve:ssm:…}} and {{resolve:secretsmanager:…}} in property values.

A parameter's value is plain text and is read when a template is evaluated, so an update of the
stack sees its latest version. A secret is read only for the call that carries it: the stack
keeps the reference, and compares references, so a rotated secret alone is no change.
Source: "Get values stored in other services using dynamic references", CloudFormation user guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from moto_fixtures.cloudformation.errors import (
    NotSimulated,
    ResourceFailed,
    ValidationError,
    is_absent,
)
from moto_fixtures.cloudformation.resource_types.base import Scope

SERVICES = ("ssm", "secretsmanager")
_ANY = re.compile(r"\{\{resolve:([^:{}]+):?([^{}]*)\}\}")
_SSM = re.compile(r"([a-zA-Z0-9_.\-/]+)(?::(\d+))?")
_SECRET = re.compile(r"(arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:[^:]+|[^:]+)(?::(.*))?")


def found_in(value: Any) -> Iterator[str]:
    """Every dynamic reference in a value, as it is written.

    >>> list(found_in({"Value": ["x-{{resolve:ssm:/fraud/image:3}}"]}))
    ['{{resolve:ssm:/fraud/image:3}}']
    """
    if isinstance(value, str):
        yield from (match[0] for match in _ANY.finditer(value))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from found_in(item)


def refuse(value: Any, section: str) -> None:
    """Raise NotSimulated for a reference where AWS does not promise to read one."""
    for found in found_in(value):
        raise NotSimulated(f"Dynamic reference {found} in the {section} section")


def read_parameters(value: Any, scope: Scope, type_name: str) -> Any:
    """The value with every reference to a parameter read.

    Raises ValidationError when there is no such parameter or version, when it is a SecureString,
    and for ssm-secure, which AWS takes in none of the types of this offline AWS.
    """

    def read(service: str, reference: str, whole: str) -> str:
        if service == "secretsmanager":
            return whole
        if service == "ssm-secure":
            raise ValidationError(f"SSM Secure reference is not supported in: [{type_name}]")
        if service != "ssm":
            raise ValidationError(f"Invalid dynamic reference: no service {service} in {whole}")
        return _parameter(reference, scope, whole)

    return _replaced(value, read)


def read_secrets(value: Any, scope: Scope) -> Any:
    """The value with every secret read: for the service alone, never to be kept.

    Raises ResourceFailed, naming the reference and nothing of the secret.
    """

    def read(service: str, reference: str, whole: str) -> str:
        return _secret(reference, scope, whole) if service == "secretsmanager" else whole

    return _replaced(value, read)


def _replaced(value: Any, read: Callable[[str, str, str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, read) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, read) for item in value]
    if isinstance(value, str):
        return _ANY.sub(lambda match: read(match[1], match[2], match[0]), value)
    return value


def _parameter(reference: str, scope: Scope, whole: str) -> str:
    match = _SSM.fullmatch(reference)
    if not match:
        raise ValidationError(f"Incorrect format is used in the following SSM reference: [{whole}]")
    try:
        found = scope.call("ssm", "get_parameter", Name=reference)["Parameter"]
    except ClientError as error:
        if not is_absent(error):
            raise
        raise ValidationError(f"Parameters: [ssm:{reference}] cannot be found.") from None
    if found["Type"] == "SecureString":
        raise ValidationError(
            f"Parameters [{match[1]}] referenced by template have types not supported by "
            "CloudFormation: a SecureString is not plain text."
        )
    return str(found["Value"])


def _secret(reference: str, scope: Scope, whole: str) -> str:
    match = _SECRET.fullmatch(reference)
    kind, key, stage, version = _parts(match[2] or "") if match else ("", "", "", "")
    if not match or kind not in ("", "SecretString") or (stage and version):
        raise ResourceFailed(f"Invalid dynamic reference to a secret: {whole}")
    request = {"SecretId": match[1]}
    request |= {"VersionStage": stage} if stage else {}
    request |= {"VersionId": version} if version else {}
    try:
        text: str | None = scope.call("secretsmanager", "get_secret_value", **request).get(
            "SecretString"
        )
    except ClientError as error:
        said = error.response.get("Error", {}).get("Message", "unknown")
        raise ResourceFailed(f"{said} ({whole})") from None
    if text is None:
        raise ResourceFailed(f"The secret of {whole} is binary: it has no SecretString.")
    return _member(text, key, whole) if key else text


def _parts(rest: str) -> tuple[str, str, str, str]:
    """secret-string, json-key, version-stage and version-id; each may be left out."""
    parts = [*rest.split(":"), "", "", "", ""]
    return parts[0], parts[1], parts[2], parts[3]


def _member(text: str, key: str, whole: str) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or key not in document:
        raise ResourceFailed(
            f"Could not find a value associated with JSONKey in SecretString ({whole})"
        )
    found = document[key]
    return found if isinstance(found, str) else json.dumps(found)
