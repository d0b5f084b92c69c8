"""Parameters: what the caller gave, held against what the template declares.

A value is always text on the wire; its declared type says how to read it. A value of a type
that must exist in the account (AWS::EC2::Subnet::Id and kin) is looked up there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto_fixtures.cloudformation.account_types import ACCOUNT_TYPES
from moto_fixtures.cloudformation.errors import ValidationError
from moto_fixtures.cloudformation.intrinsics import text

LISTS = ("CommaDelimitedList", "List<Number>", "List<String>")
_SSM_VALUE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")
_LIST = re.compile(r"List<(AWS::.+)>")
SSM_NAME = "AWS::SSM::Parameter::Name"
NO_ECHO = "****"

ReadSsm = Callable[[str], str]
Exists = Callable[[str, str], bool]
"""(type, value) → whether the account has it."""


def given(declared: Mapping[str, Any], sent: Mapping[str, str]) -> dict[str, str]:
    """The text of every declared parameter: as sent, else its default.

    Raises ValidationError naming every parameter that is unknown or has no value.
    """
    if unknown := sorted(set(sent) - set(declared)):
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    for name, declaration in declared.items():
        if not isinstance(declaration, dict) or "Type" not in declaration:
            raise ValidationError(
                "Template format error: Every Parameters object must contain a Type member. "
                f"[/Parameters/{name}]"
            )
    without = [
        name for name, rules in declared.items() if name not in sent and "Default" not in rules
    ]
    if without:
        raise ValidationError(f"Parameters: [{', '.join(without)}] must have values")
    return {
        name: sent[name] if name in sent else as_text(rules["Default"])
        for name, rules in declared.items()
    }


def resolve(
    declared: Mapping[str, Any], texts: Mapping[str, str], read_ssm: ReadSsm, exists: Exists
) -> dict[str, Any]:
    """Typed values by name: lists are lists, SSM types are read, what must exist is looked up.

    >>> zones = {"Zones": {"Type": "CommaDelimitedList"}}
    >>> resolve(zones, {"Zones": "a, b"}, read_ssm=str, exists=lambda kind, value: True)
    {'Zones': ['a', 'b']}
    """
    values: dict[str, Any] = {}
    for name, rules in declared.items():
        check(name, rules, texts[name])
        values[name] = _typed(name, rules["Type"], texts[name], read_ssm)
        _check_existence(name, rules["Type"], values[name], exists)
    return values


def read_from_ssm(declared: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, str]:
    """The values that were read from SSM, by parameter."""
    return {
        name: as_text(typed[name])
        for name, rules in declared.items()
        if _SSM_VALUE.fullmatch(rules["Type"])
    }


def check(name: str, rules: Mapping[str, Any], value: str) -> None:
    """Raise ValidationError when a value breaks its parameter's own constraints."""
    members = _members(value) if rules["Type"] in LISTS else [value]
    allowed = [text(item) for item in rules.get("AllowedValues", ())]
    for member in members:
        problem = _problem(name, rules, member, allowed)
        if problem and "ConstraintDescription" in rules:
            raise ValidationError(
                f"Parameter {name} failed to satisfy constraint: {rules['ConstraintDescription']}"
            )
        if problem:
            raise ValidationError(problem)


def _problem(name: str, rules: Mapping[str, Any], value: str, allowed: list[str]) -> str | None:
    if allowed and value not in allowed:
        return f"Parameter '{name}' must be one of AllowedValues"
    if "AllowedPattern" in rules and not re.fullmatch(rules["AllowedPattern"], value):
        return f"Parameter '{name}' must match pattern {rules['AllowedPattern']}"
    if "MinLength" in rules and len(value) < int(rules["MinLength"]):
        return f"Parameter '{name}' must contain at least {rules['MinLength']} characters"
    if "MaxLength" in rules and len(value) > int(rules["MaxLength"]):
        return f"Parameter '{name}' must contain at most {rules['MaxLength']} characters"
    if "Number" not in rules["Type"]:
        return None
    try:
        number = float(value)
    except ValueError:
        return f"Parameter '{name}' must be a number"
    if "MinValue" in rules and number < float(rules["MinValue"]):
        return f"Parameter '{name}' must be a number not less than {rules['MinValue']}"
    if "MaxValue" in rules and number > float(rules["MaxValue"]):
        return f"Parameter '{name}' must be a number not greater than {rules['MaxValue']}"
    return None


def _typed(name: str, kind: str, value: str, read_ssm: ReadSsm) -> Any:
    if kind in ("String", "Number"):
        return value
    if kind in LISTS:
        return _members(value)
    if kind == SSM_NAME:
        read_ssm(value)
        return value
    if found := _SSM_VALUE.fullmatch(kind):
        return _typed(name, found[1], read_ssm(value), read_ssm)
    if kind in ACCOUNT_TYPES:
        return value
    if (found := _LIST.fullmatch(kind)) and found[1] in ACCOUNT_TYPES:
        return _members(value)
    raise ValidationError(
        f"Template format error: Unrecognized parameter type: {kind} (parameter {name})"
    )


def _check_existence(name: str, kind: str, value: Any, exists: Exists) -> None:
    """Raise ValidationError naming the first value the account does not have."""
    stored = _SSM_VALUE.fullmatch(kind)
    kind = stored[1] if stored else kind
    listed = _LIST.fullmatch(kind)
    kind = listed[1] if listed else kind
    if kind not in ACCOUNT_TYPES:
        return
    for item in value if isinstance(value, list) else [value]:
        if not exists(kind, item):
            raise ValidationError(
                f"Parameter validation failed: parameter value {item} for parameter name {name} "
                "does not exist"
            )


def _members(value: str) -> list[str]:
    return [member.strip() for member in value.split(",")] if value else []


def as_text(value: Any) -> str:
    """A default as the text it stands for; a list becomes comma-delimited."""
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)
