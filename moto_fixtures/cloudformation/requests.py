"""API parameters → an intent; the template text comes inline, from S3 or from the stack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from botocore.exceptions import ClientError

from moto_fixtures.cloudformation import template
from moto_fixtures.cloudformation.errors import ValidationError
from moto_fixtures.cloudformation.resource_types.base import Scope
from moto_fixtures.cloudformation.stack import Intent, Stack

_STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


def intent(request: Mapping[str, Any], stack: Stack | None, scope: Scope) -> Intent:
    """What the caller wants the stack to be; what is not said stays as it is.

    Raises ValidationError when the request contradicts itself.
    """
    before = stack.intent if stack else None
    tags = request.get("Tags")
    if tags is None:
        kept = dict(before.tags) if before else {}
    else:
        kept = {tag["Key"]: tag["Value"] for tag in tags}
    return Intent(
        template.load(body(request, stack, scope)),
        _parameters(request.get("Parameters") or [], before),
        kept,
        tuple(request.get("Capabilities") or ()),
        role_arn=request.get("RoleARN") or (before.role_arn if before else None),
        disable_rollback=bool(request.get("DisableRollback")),
        retain_except_on_create=bool(request.get("RetainExceptOnCreate")),
    )


def stack_name(request: Mapping[str, Any]) -> str:
    """The name of a stack to be created."""
    name = str(request["StackName"])
    if not _STACK_NAME.fullmatch(name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    return name


def body(request: Mapping[str, Any], stack: Stack | None, scope: Scope) -> str:
    """The template's text: TemplateBody, TemplateURL or the stack's own."""
    given = [
        key for key in ("TemplateBody", "TemplateURL", "UsePreviousTemplate") if request.get(key)
    ]
    if len(given) != 1:
        raise ValidationError(
            "Either Template URL or Template Body must be specified."
            if not given
            else f"You cannot specify more than one of {' and '.join(given)}"
        )
    if given == ["UsePreviousTemplate"]:
        if stack is None or stack.template is None:
            raise ValidationError("There is no previous template to use.")
        return stack.template.body
    if given == ["TemplateURL"]:
        return from_url(str(request["TemplateURL"]), scope)
    text = str(request["TemplateBody"])
    if len(text.encode()) > template.MAXIMUM_BODY:
        raise ValidationError(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {template.MAXIMUM_BODY}"
        )
    return text


def from_url(url: str, scope: Scope) -> str:
    """A template from S3, whichever way its URL is written.

    Raises ValidationError when the URL is not S3's, or the object cannot be read.
    """
    bucket, key, version = locate(url)
    request = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
    try:
        found: bytes = scope.call("s3", "get_object", **request)["Body"].read()
    except ClientError as error:
        said = error.response.get("Error", {}).get("Message", "unknown")
        raise ValidationError(f"S3 error: {said} ({url})") from None
    if len(found) > template.MAXIMUM_OBJECT:
        raise ValidationError(f"Template may not exceed {template.MAXIMUM_OBJECT} bytes in size.")
    return found.decode("utf-8")


def locate(url: str) -> tuple[str, str, str | None]:
    """Bucket, key and version of an S3 URL, virtual-hosted or path-style.

    >>> locate("https://artifacts.s3.eu-west-1.amazonaws.com/a/b.template")
    ('artifacts', 'a/b.template', None)
    >>> locate("http://127.0.0.1:5000/artifacts/a/b.template?versionId=7")
    ('artifacts', 'a/b.template', '7')
    """
    parsed = urlparse(url)
    host, path = parsed.hostname or "", unquote(parsed.path.lstrip("/"))
    version = parse_qs(parsed.query).get("versionId", [""])[0] or None
    if parsed.scheme == "s3":
        return host, path, version
    if parsed.scheme not in ("http", "https"):
        raise ValidationError(f"TemplateURL must be a supported URL. ({url})")
    hosted = re.fullmatch(r"(.+)\.s3([.-].+)?\.amazonaws\.com(\.cn)?", host)
    if hosted:
        return hosted[1], path, version
    bucket, _, key = path.partition("/")
    if not bucket or not key:
        raise ValidationError(f"TemplateURL must reference a valid S3 object. ({url})")
    return bucket, key, version


def _parameters(sent: list[Mapping[str, Any]], before: Intent | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in sent:
        name = item["ParameterKey"]
        if not item.get("UsePreviousValue"):
            found[name] = str(item.get("ParameterValue", ""))
        elif item.get("ParameterValue"):
            raise ValidationError(
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as "
                "true and non empty value for a parameter"
            )
        elif before is None or name not in before.template.section("Parameters"):
            raise ValidationError(
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as "
                "true for a parameter key not in the previous template"
            )
        elif name in before.parameters:
            found[name] = before.parameters[name]
    return found
