"""A request against botocore's model of it, refused in AWS's words.

Needs     an input shape and the parsed request
Gives     one message per constraint broken: required, length, range, pattern, enum

Patterns are Java's. Python lacks `\\p{…}`; it is widened to the nearest class Python has,
so a name AWS accepts is never refused here. Members the model does not know are dropped
by the service itself and are not an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from moto_fixtures.sagemaker.errors import AWSValidationException

_UNICODE_CLASSES = {
    "L": r"\w",
    "M": r"\w",
    "N": r"\d",
    "Z": r"\s",
    "S": r"\x21-\x7e",
    "P": r"\x21-\x7e",
    "Alnum": "a-zA-Z0-9",
}


def check(shape: Any, request: Mapping[str, Any]) -> None:
    """Refuse a request that breaks the model, naming every constraint it breaks."""
    found = list(broken_constraints(shape, request))
    if found:
        errors = "error" if len(found) == 1 else "errors"
        raise AWSValidationException(
            f"{len(found)} validation {errors} detected: {'; '.join(found)}"
        )


def broken_constraints(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Walk a value beside its shape; yield AWS's sentence for each constraint it breaks."""
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        yield from _size(shape, value, path)
        for index, item in enumerate(value, 1):
            yield from broken_constraints(shape.member, item, f"{path}.{index}.member")
    elif kind == "map":
        yield from _size(shape, value, path)
        for key, item in value.items():
            yield from broken_constraints(shape.key, key, f"{path}.key")
            yield from broken_constraints(shape.value, item, f"{path}.{key}.member")
    elif kind == "string":
        yield from _size(shape, value, path)
        yield from _text(shape, value, path)
    elif kind in {"integer", "long", "float", "double"}:
        yield from _range(shape, value, path)


def _structure(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield _sentence("null", f"{prefix}{_lower(name)}", "Member must not be null")
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from broken_constraints(member, value[name], f"{prefix}{_lower(name)}")


def _size(shape: Any, value: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        yield _sentence(
            f"'{value}'", path, f"Member must have length greater than or equal to {least}"
        )
    if most is not None and len(value) > most:
        yield _sentence(f"'{value}'", path, f"Member must have length less than or equal to {most}")


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _sentence(
            f"'{value}'", path, f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        )
    source = shape.metadata.get("pattern")
    pattern = source and compiled(source)
    if pattern and not pattern.fullmatch(value):
        yield _sentence(
            f"'{value}'", path, f"Member must satisfy regular expression pattern: {source}"
        )


def _range(shape: Any, value: float, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield _sentence(
            f"'{value}'", path, f"Member must have value greater than or equal to {least}"
        )
    if most is not None and value > most:
        yield _sentence(f"'{value}'", path, f"Member must have value less than or equal to {most}")


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern as Python's, or None when Python cannot say it.

    >>> bool(compiled("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}").fullmatch("bad_name_"))
    False
    """
    translated = re.sub(
        r"\\p\{(\w+)\}", lambda found: _UNICODE_CLASSES.get(found[1], found[0]), pattern
    )
    try:
        return re.compile(translated)
    except re.error:
        return None


def _sentence(value: str, path: str, constraint: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"


def _lower(name: str) -> str:
    """`JobDefinitionName` as error messages spell it: `jobDefinitionName`."""
    return name[0].lower() + name[1:]


def require_json(text: str, what: str) -> None:
    """Refuse a member that holds a document unless it is JSON."""
    try:
        json.loads(text)
    except ValueError as error:
        raise AWSValidationException(f"{what} is no JSON: {error}") from error
