"""The shape of a template's sections: what must be an object, a list or text before it is read.

Raises ValidationError naming the place, as /Section/Name. What a function does with its arguments
is `intrinsics`' question, and what a property may be is its schema's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto_fixtures.cloudformation.errors import ValidationError

_OBJECTS = ("Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs")
_NUMBERS = ("MinLength", "MaxLength", "MinValue", "MaxValue")


def check(document: Mapping[str, Any]) -> None:
    """Check every section that is there."""
    for section in _OBJECTS:
        for name, member in _object(document.get(section, {}), section).items():
            where = f"{section}/{name}"
            _object(member, where)
            if section == "Parameters":
                _check_parameter(member, where)
            elif section == "Mappings":
                for key, values in member.items():
                    _object(values, f"{where}/{key}")
            elif section == "Conditions":
                _need(len(member) == 1, where, "must be one function")
            elif section == "Rules":
                _check_rule(member, where)
            elif section == "Resources":
                _check_resource(member, where)
            else:
                _check_output(member, where)


def _check_parameter(rules: Mapping[str, Any], where: str) -> None:
    _need(isinstance(rules.get("Type"), str), where, "must contain a Type member")
    for key in _NUMBERS:
        number = re.fullmatch(r"[+-]?\d+(\.\d+)?", str(rules.get(key, 0)))
        _need(number is not None, f"{where}/{key}", "must be a number")
    allowed = rules.get("AllowedValues", [])
    listed = isinstance(allowed, list) and all(map(_is_scalar, allowed))
    _need(listed, f"{where}/AllowedValues", "must be a list of values")
    default = rules.get("Default", "")
    plain = all(map(_is_scalar, default if isinstance(default, list) else [default]))
    _need(plain, f"{where}/Default", "must be text or a number")
    pattern = rules.get("AllowedPattern", "")
    _need(_is_pattern(pattern), f"{where}/AllowedPattern", "must be a regular expression")


def _check_rule(rule: Mapping[str, Any], where: str) -> None:
    assertions = rule.get("Assertions")
    _need(isinstance(assertions, list), where, "must contain a list of Assertions")
    for index, assertion in enumerate(assertions or ()):
        _object(assertion, f"{where}/Assertions/{index}")
        _need("Assert" in assertion, f"{where}/Assertions/{index}", "must contain an Assert")


def _check_resource(resource: Mapping[str, Any], where: str) -> None:
    _object(resource.get("Properties", {}), f"{where}/Properties")
    needs = resource.get("DependsOn", [])
    needs = [needs] if isinstance(needs, str) else needs
    named = isinstance(needs, list) and all(isinstance(name, str) for name in needs)
    _need(named, f"{where}/DependsOn", "must be a logical id or a list of them")
    _need(isinstance(resource.get("Condition", ""), str), f"{where}/Condition", "must be text")


def _check_output(output: Mapping[str, Any], where: str) -> None:
    _need("Value" in output, where, "must contain a Value object")
    _need(isinstance(output.get("Condition", ""), str), f"{where}/Condition", "must be text")
    if "Export" in output:
        exported = _object(output["Export"], f"{where}/Export")
        _need("Name" in exported, f"{where}/Export", "must contain a Name")


def _object(value: Any, where: str) -> Mapping[str, Any]:
    _need(isinstance(value, dict), where, "must be an object")
    found: Mapping[str, Any] = value
    return found


def _need(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise ValidationError(f"Template format error: [/{where}] {what}.")


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError):
        return False
    return isinstance(value, str)
