"""Property values held against a JSON schema: types made right, then faults named.

Templates write every scalar as text or as a number, whichever YAML made of it; the schema
says which it must be. Keywords the registry does not use, and cfn-lint's own, are skipped:
the service's API checks what the schema leaves open.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from moto_fixtures.cloudformation.intrinsics import is_secret, is_unknown

Schema = Mapping[str, Any]

_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def coerce(value: Any, schema: Schema, root: Schema) -> Any:
    """Scalars in the type the schema states, wherever that loses nothing.

    >>> coerce({"Size": "20"}, {"properties": {"Size": {"type": "integer"}}}, {})
    {'Size': 20}
    """
    schema = _resolved(schema, root)
    if isinstance(value, Mapping):
        members = schema.get("properties", {})
        return {key: coerce(item, members.get(key, {}), root) for key, item in value.items()}
    if isinstance(value, list):
        return [coerce(item, schema.get("items", {}), root) for item in value]
    return _scalar(value, _types(schema))


def _scalar(value: Any, types: tuple[str, ...]) -> Any:
    if any(_TYPES[name](value) for name in types):
        return value
    if "boolean" in types and value in ("true", "false"):
        return value == "true"
    if "integer" in types and re.fullmatch(r"[+-]?\d+(\.0+)?", str(value)):
        return int(str(value).split(".")[0])
    if "number" in types and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    if "string" in types and isinstance(value, bool | int | float):
        return json.dumps(value)
    return value


def problems(value: Any, schema: Schema, root: Schema, path: str = "#") -> list[str]:
    """Every way a value breaks its schema; parts that are not known yet are not judged.

    >>> problems({"Mode": "x"}, {"properties": {"Mode": {"enum": ["Input", "Output"]}}}, {})
    ['#/Mode: x is not a valid enum value']
    """
    return list(_problems(value, schema, root, path))


def _problems(value: Any, schema: Schema, root: Schema, path: str) -> Iterator[str]:
    schema = _resolved(schema, root)
    if isinstance(value, str) and (is_unknown(value) or is_secret(value)):
        return
    types = _types(schema)
    if types and not any(_TYPES[name](value) for name in types):
        wanted = " or ".join(name.capitalize() for name in types)
        yield f"{path}: expected type: {wanted}, found: {_type_of(value)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value} is not a valid enum value"
    if isinstance(value, str):
        yield from _string(value, schema, path)
    elif isinstance(value, dict):
        yield from _object(value, schema, root, path)
    elif isinstance(value, list):
        yield from _array(value, schema, root, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            yield f"{path}: {value} is not greater or equal to {schema['minimum']}"
        if "maximum" in schema and value > schema["maximum"]:
            yield f"{path}: {value} is not less or equal to {schema['maximum']}"
    yield from _combined(value, schema, root, path)


def _string(value: str, schema: Schema, path: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"{path}: expected minLength: {schema['minLength']}, actual: {len(value)}"
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{path}: expected maxLength: {schema['maxLength']}, actual: {len(value)}"
    pattern = _pattern(schema["pattern"]) if "pattern" in schema else None
    if pattern and not pattern.search(value):
        yield f"{path}: failed validation constraint for keyword [pattern]"


def _object(value: dict[str, Any], schema: Schema, root: Schema, path: str) -> Iterator[str]:
    members = schema.get("properties", {})
    patterns = [
        pattern for text in schema.get("patternProperties", {}) if (pattern := _pattern(text))
    ]
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{path}: required key [{key}] not found"
    # A pattern Python cannot read may allow any key, so then nothing is called extraneous.
    readable = len(patterns) == len(schema.get("patternProperties", ()))
    closed = schema.get("additionalProperties") is False and readable and (members or patterns)
    for key, item in value.items():
        if key in members:
            yield from _problems(item, members[key], root, f"{path}/{key}")
        elif closed and not any(pattern.search(key) for pattern in patterns):
            yield f"{path}: extraneous key [{key}] is not permitted"


def _array(value: list[Any], schema: Schema, root: Schema, path: str) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield f"{path}: expected minimum item count: {schema['minItems']}, found: {len(value)}"
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{path}: expected maximum item count: {schema['maxItems']}, found: {len(value)}"
    texts = [json.dumps(item, sort_keys=True) for item in value]
    if schema.get("uniqueItems") and len(set(texts)) < len(texts):
        yield f"{path}: array items are not unique"
    for index, item in enumerate(value):
        yield from _problems(item, schema.get("items", {}), root, f"{path}/{index}")


def _combined(value: Any, schema: Schema, root: Schema, path: str) -> Iterator[str]:
    for part in schema.get("allOf", ()):
        yield from _problems(value, part, root, path)
    for keyword in ("anyOf", "oneOf"):
        if keyword not in schema or is_unknown(value):
            continue
        fitting = sum(not problems(value, part, root, path) for part in schema[keyword])
        if not fitting or (keyword == "oneOf" and fitting > 1):
            yield f"{path}: #: {fitting} subschemas matched instead of one"
    exclusive = schema.get("requiredXor")
    if exclusive and isinstance(value, dict) and sum(key in value for key in exclusive) != 1:
        yield f"{path}: exactly one of the keys {sorted(exclusive)} is required"
    either = schema.get("requiredOr")
    if either and isinstance(value, dict) and not any(key in value for key in either):
        yield f"{path}: at least one of the keys {sorted(either)} is required"


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].lstrip("#/").split("/"):
            found = found[part]
        schema = {**found, **{key: item for key, item in schema.items() if key != "$ref"}}
    return schema


def _types(schema: Schema) -> tuple[str, ...]:
    declared = schema.get("type", ())
    return (declared,) if isinstance(declared, str) else tuple(declared)


def _type_of(value: Any) -> str:
    return next(name.capitalize() for name, holds in _TYPES.items() if holds(value))


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """A schema's pattern; None when it uses what Python's dialect lacks (\\p{L} for one)."""
    try:
        return re.compile(text)
    except re.error:
        return None
